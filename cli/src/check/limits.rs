//! Budgets of classes that do not exist. What is wrong with a budget that there can be, the plugin says itself.

use super::routes::SectionNames;
use crate::suggest::closest;

/// Classes of lines that always exist, and what the plugin has a message for.
const KNOWN: [&str; 10] = [
    "stderr",
    "stdout",
    "other",
    "error",
    "warn",
    "stop",
    "stop.expected",
    "dead_letter",
    "router_exit",
    "default",
];

/// Whether it is `limit.<class>` or `sample.<class>`.
pub(super) fn is_key(key: &str) -> bool {
    key.starts_with("limit.") || key.starts_with("sample.")
}

/// Message and suggestion for a budget of a class that does not exist.
pub(super) fn unknown_key(names: &SectionNames, key: &str) -> Option<(String, String)> {
    let (group, class) = key.split_once('.')?;
    // Which classes there are is not known before deployment.
    let own = names.classes.as_ref()?;
    if KNOWN.contains(&class) || own.iter().any(|known| known.eq_ignore_ascii_case(class)) {
        return None;
    }
    if group == "sample" && matches!(class, "by" | "fields" | "key") {
        return Some(("unknown key".to_owned(), "did you mean sample_by?".to_owned()));
    }
    let instead = match closest(class, KNOWN.into_iter().take(5).chain(own.iter().map(String::as_str))) {
        Some(near) => format!("did you mean {group}.{near}?"),
        None => format!("add {class} to classes, or leave this line out"),
    };
    Some((format!("there is no class '{class}'"), instead))
}
