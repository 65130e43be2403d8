//! `${…}` where `$(…)` was meant, or with what only a shell understands: Fluent Bit replaces it from its environment, with
//! nothing if the variable is not set.

use std::collections::BTreeMap;

use super::finding::Finding;
use crate::config::{Section, Setting, SettingValue};

/// Fields that the plugin derives from a record, besides those that begin with `ecs_`.
const RECORD_FIELDS: [&str; 6] = ["account", "container_name", "image_tag", "class", "tag", "uuid"];

/// Reports every field of a record that is written as a variable, unless the file sets that variable.
pub(super) fn check(section: &Section, variables: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let SettingValue::Interpolated(text) = &setting.value else { continue };
        findings.extend(names(text).find(|name| !is_name(name)).map(|name| not_a_name(setting, name)));
        for name in names(text).filter(|name| is_field(name) && !variables.contains_key(*name)) {
            let message = format!("${{{name}}} is a variable of the router's environment");
            let instead = format!("write $({name}) for the record's own");
            findings.push(Finding::warn_of(setting, message, instead));
        }
    }
}

/// What Fluent Bit looks up is all that is between the braces; a shell would read a default value there.
fn not_a_name(setting: &Setting, name: &str) -> Finding {
    let variable: String = name.chars().take_while(|c| is_of_name(*c)).collect();
    let message = format!(
        "'{name}' is not a variable's name: Fluent Bit knows no default values and puts nothing there"
    );
    let instead = match variable.as_str() {
        "" => "write the name of a variable between the braces".to_owned(),
        variable => format!("write ${{{variable}}}, and set it in the router container's environment"),
    };
    Finding::warn_of(setting, message, instead)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
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

/// Whether nobody fills in a part of the value later.
pub(super) fn is_final(text: &str) -> bool {
    !text.contains("${") && !text.contains("{{") && !text.contains('<')
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(value: &str) -> Vec<String> {
        of_lines(&format!("    route.default file\n    file.path /logs/{value}\n"))
    }

    #[test]
    fn what_only_a_shell_understands_is_told() {
        for value in ["${SERVICE:-web}", "${SERVICE-web}", "${SERVICE:=web}"] {
            let found = of(value);
            assert!(
                matches!(found.as_slice(), [one] if one.contains("write ${SERVICE}, and set it")),
                "{found:?}"
            );
        }
        assert!(of("${}")[0].contains("the name of a variable"));
        assert_eq!(of("${SERVICE_1}"), [""; 0]);
    }
}
