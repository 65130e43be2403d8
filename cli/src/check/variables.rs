//! `${…}` where `$(…)` was meant: Fluent Bit reads its environment there, and puts nothing where there is nothing.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity};
use crate::config::{Section, Written};

/// Names that the plugin makes of a record, besides those that begin with `ecs_`.
const OF_RECORDS: [&str; 5] = ["container_name", "image_tag", "class", "tag", "uuid"];

/// Names every field of a record that is written as a variable, unless the file sets it.
pub(super) fn judge(section: &Section, set: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let Written::Environment(text) = &setting.value else { continue };
        let is_field = |name: &&str| name.starts_with("ecs_") || OF_RECORDS.contains(name);
        findings.extend(variables(text).filter(is_field).filter(|name| !set.contains_key(*name)).map(
            |name| {
                let message = format!("${{{name}}} is a variable of the router's environment");
                let instead = format!("write $({name}) for the record's own");
                Finding::new(Severity::Warning, &setting.place, &setting.key, message, instead)
            },
        ));
    }
}

/// The names in `${…}`.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split('}').next()).map(str::trim)
}
