//! Secrets in clear text. Findings never show their values.

use std::collections::BTreeMap;

use ecs_router::config::keys::{DestinationKind, KEYS, Key, KeyForm, find};

use super::finding::Finding;
use super::placeholders::destination_kind;
use super::routes::{SectionNames, is_output_key};
use super::variables;
use crate::config::{Origin, Section, Setting, SettingValue};
use crate::suggest::closest;

/// Parts of a header's name that mark its value as a secret.
pub(super) const SECRET_HEADER_PARTS: [&str; 7] =
    ["auth", "key", "token", "secret", "password", "cookie", "credential"];

/// Reports every secret in clear text.
pub(super) fn check(
    section: &Section,
    names: &SectionNames,
    variables: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    for setting in &section.settings {
        let Some(row) = row(section, names, &setting.key).filter(|row| row.secret) else { continue };
        let reason = if is_clear(row, setting) {
            Some(("is a secret, in clear text", instead(section.origin, setting)))
        } else if is_set_here(setting, variables) {
            let instead = "give the container that variable from its secrets instead";
            Some(("is a secret that the file itself sets, in clear text", instead.to_owned()))
        } else {
            None
        };
        findings.extend(reason.map(|(message, instead)| Finding::warn_of(setting, message, instead)));
    }
}

fn row(section: &Section, names: &SectionNames, key: &str) -> Option<&'static Key> {
    let (destination, name) = key.rsplit_once('.')?;
    if is_output_key(key) {
        return find(None, &key.to_ascii_lowercase());
    }
    let name = name.to_ascii_lowercase();
    match destination_kind(section, destination) {
        Some(kind) => find(Some(kind), &name).or_else(|| misspelt(kind, &name)),
        None if names.is_destination(destination) => KEYS.iter().find(|row| row.name == name && row.secret),
        None => None,
    }
}

/// The secret that a key, which does not exist, was meant to be.
fn misspelt(kind: DestinationKind, name: &str) -> Option<&'static Key> {
    let names = KEYS.iter().filter(|row| row.applies_to(Some(kind))).map(|row| row.name);
    let near = closest(name, names)?;
    find(Some(kind), near).filter(|row| row.secret)
}

fn is_clear(row: &Key, setting: &Setting) -> bool {
    let Some(text) = setting.value.text().filter(|text| !text.is_empty()) else { return false };
    if row.form != KeyForm::Pairs {
        return true;
    }
    // Most headers are not secret.
    let headers = text.split(',').filter_map(|pair| pair.split_once('='));
    let mut names = headers.map(|(name, _)| name.to_ascii_lowercase());
    names.any(|name| SECRET_HEADER_PARTS.iter().any(|part| name.contains(part)))
}

/// Whether the file itself sets a variable of the value: `@SET TOKEN=…` beside `${TOKEN}` hides nothing.
pub(super) fn is_set_here(setting: &Setting, variables: &BTreeMap<String, String>) -> bool {
    let SettingValue::Interpolated(text) = &setting.value else { return false };
    variables::names(text).any(|name| variables.contains_key(name))
}

pub(super) fn instead(origin: Origin, setting: &Setting) -> String {
    match origin {
        Origin::FireLens => format!("move {} from options to secretOptions", setting.key),
        Origin::FluentBit => {
            let name: String =
                setting.key.chars().map(|c| if c == '.' { '_' } else { c.to_ascii_uppercase() }).collect();
            format!("write ${{{name}}} and give the container that variable from its secrets")
        }
    }
}
