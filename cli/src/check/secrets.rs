//! Secrets that stand in the file for everybody to read. Their values are never shown.

use std::collections::BTreeMap;

use ecs_router::config::keys::{KEYS, Key, KeyForm, find};

use super::assumed::kind_of;
use super::finding::{Finding, Severity};
use super::routes::Routes;
use super::variables::variables as names_in;
use crate::config::{Origin, Section, Setting, Written};

/// Pieces of a header's name that tell that its value is a secret.
const TELLING: [&str; 7] = ["auth", "key", "token", "secret", "password", "cookie", "credential"];

/// Names every secret in clear text.
pub(super) fn judge(
    section: &Section,
    routes: &Routes,
    variables: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) {
    for setting in &section.settings {
        let Some(row) = row(section, routes, &setting.key).filter(|row| row.secret) else { continue };
        let told = if is_clear(row, setting) {
            Some(("is a secret, in clear text", instead(section.origin, setting)))
        } else if is_set_here(setting, variables) {
            let instead = "give the container that variable from its secrets instead";
            Some(("is a secret that the file itself sets, in clear text", instead.to_owned()))
        } else {
            None
        };
        findings.extend(told.map(|(message, instead)| {
            Finding::new(Severity::Warning, &setting.place, &setting.key, message, instead)
        }));
    }
}

fn row(section: &Section, routes: &Routes, key: &str) -> Option<&'static Key> {
    let (destination, name) = key.rsplit_once('.')?;
    let name = name.to_ascii_lowercase();
    match kind_of(section, destination) {
        Some(kind) => find(Some(kind), &name),
        None if routes.knows(destination) => KEYS.iter().find(|row| row.name == name && row.secret),
        None => None,
    }
}

fn is_clear(row: &Key, setting: &Setting) -> bool {
    let Some(text) = setting.value.text().filter(|text| !text.is_empty()) else { return false };
    if row.form != KeyForm::Pairs {
        return true;
    }
    // Most headers are no secrets.
    let names =
        text.split(',').filter_map(|pair| pair.split_once('=')).map(|(name, _)| name.to_ascii_lowercase());
    names.into_iter().any(|name| TELLING.iter().any(|part| name.contains(part)))
}

/// `@SET TOKEN=…` and `${TOKEN}` in one file hide nothing.
fn is_set_here(setting: &Setting, variables: &BTreeMap<String, String>) -> bool {
    let Written::Environment(text) = &setting.value else { return false };
    names_in(text).any(|name| variables.contains_key(name))
}

fn instead(origin: Origin, setting: &Setting) -> String {
    match origin {
        Origin::FireLens => format!("move {} from options to secretOptions", setting.key),
        Origin::FluentBit => {
            let name: String =
                setting.key.chars().map(|c| if c == '.' { '_' } else { c.to_ascii_uppercase() }).collect();
            format!("write ${{{name}}} and give the container that variable from its secrets")
        }
    }
}
