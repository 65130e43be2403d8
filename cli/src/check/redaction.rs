//! Rules of redaction that nothing uses, and patterns that do not do what is wanted.

use ecs_router::config::keys::{KEYS, find};
use ecs_router::redact::{BuiltInRule, advice};

use super::finding::Finding;
use super::routes::{list, starts_with};
use crate::config::{Section, Setting, SettingValue};
use crate::suggest::closest;

/// Warns of patterns that match nothing, or nearly everything.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let Some(pattern) = rule_of(&setting.key).and_then(|_| setting.value.text()) else { continue };
        let Some((message, instead)) = advice(pattern.trim()).and_then(|text| text.split_once("; ")) else {
            continue;
        };
        findings.push(Finding::warn_of(setting, message, instead));
    }
}

/// Message and suggestion for `redact.<name>` of a rule that no list names; `None` when one does, or may.
pub(super) fn unknown_key(section: &Section, setting: &Setting) -> Option<(String, String)> {
    let name = rule_of(&setting.key)?;
    let mut named = Vec::new();
    for setting in section.settings.iter().filter(|setting| is_list(&setting.key)) {
        match &setting.value {
            SettingValue::Text(text) => named.extend(list(text)),
            // What it names is not known before deployment.
            _ => return None,
        }
    }
    if section.open || named.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let keys =
        KEYS.iter().filter_map(|row| row.name.strip_prefix("redact.")).filter(|name| !name.contains('<'));
    let instead = match closest(name, keys.chain(named.iter().map(String::as_str))) {
        Some(near) => format!("did you mean redact.{near}?"),
        None if BuiltInRule::parse(name).is_some() => {
            format!("leave it out, and write {name} into redact: the rule is built in")
        }
        None => format!("add {name} to redact, or leave this line out"),
    };
    Some((format!("no list of rules names '{name}', so that nothing uses it"), instead))
}

/// The name in `redact.<name>`.
fn rule_of(key: &str) -> Option<&str> {
    let name = key.get("redact.".len()..).filter(|_| starts_with(key, "redact."))?;
    find(None, &key.to_ascii_lowercase()).is_none().then_some(name)
}

/// Whether the key lists rules, of the output or of a destination.
pub(super) fn is_list(key: &str) -> bool {
    let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
    name.eq_ignore_ascii_case("redact")
}
