//! `${…}` where `$(…)` was meant: Fluent Bit replaces it from its environment, with nothing if the variable is not set.

use std::collections::BTreeMap;

use super::finding::{Finding, FindingSeverity};
use crate::config::{Section, SettingValue};

/// Fields that the plugin derives from a record, besides those that begin with `ecs_`.
const RECORD_FIELDS: [&str; 5] = ["container_name", "image_tag", "class", "tag", "uuid"];

/// Reports every field of a record that is written as a variable, unless the file sets that variable.
pub(super) fn check(section: &Section, variables: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let SettingValue::Interpolated(text) = &setting.value else { continue };
        for name in names(text).filter(|name| is_field(name) && !variables.contains_key(*name)) {
            let message = format!("${{{name}}} is a variable of the router's environment");
            let instead = format!("write $({name}) for the record's own");
            findings.push(Finding::new(
                FindingSeverity::Warning,
                &setting.location,
                &setting.key,
                message,
                instead,
            ));
        }
    }
}

fn is_field(name: &str) -> bool {
    name.starts_with("ecs_") || RECORD_FIELDS.contains(&name)
}

/// The value, when it is known before deployment: also where the file itself sets all of its variables.
pub(super) fn known(value: &SettingValue, variables: &BTreeMap<String, String>) -> Option<String> {
    match value {
        SettingValue::Text(text) => Some(text.clone()),
        SettingValue::Interpolated(text) => filled(text, variables).ok(),
        SettingValue::Unknown | SettingValue::Nested => None,
    }
}

/// The text with every variable replaced; otherwise the name of the first that is not known.
pub(super) fn filled<'t>(text: &'t str, variables: &BTreeMap<String, String>) -> Result<String, &'t str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(variables.get(name.trim()).ok_or(name)?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

/// The names of the variables in a text: those inside `${…}`.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(str::trim)
}
