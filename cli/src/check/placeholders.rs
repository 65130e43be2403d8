//! A section as the plugin would see it, with placeholders for values that are not known before deployment.

use ecs_router::config::Lookup;
use ecs_router::config::keys::{DestinationKind, KEYS, Key, KeyForm, find};

use crate::config::{Section, SettingValue};

/// What stands for an unknown value. A problem with every placeholder is a problem with any value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// The example of the reference.
    Example,
    /// Another allowed value: `off` instead of `on`, the last word instead of the first.
    Alternative,
    /// No value.
    Absent,
}

impl Placeholder {
    pub(crate) const ALL: [Self; 3] = [Self::Example, Self::Alternative, Self::Absent];
}

/// The keys of a section, with one kind of placeholder for every unknown value.
#[derive(Debug)]
pub(crate) struct PlaceholderLookup<'s> {
    section: &'s Section,
    placeholder: Placeholder,
}

impl<'s> PlaceholderLookup<'s> {
    pub(crate) fn new(section: &'s Section, placeholder: Placeholder) -> Self {
        Self { section, placeholder }
    }
}

impl Lookup for PlaceholderLookup<'_> {
    fn get(&self, key: &str) -> Option<String> {
        match &self.section.get(key)?.value {
            SettingValue::Text(text) => Some(text.clone()),
            SettingValue::Interpolated(_) | SettingValue::Unknown | SettingValue::Nested => {
                value_for(self.section, key, self.placeholder)
            }
        }
    }
}

/// A value that the key accepts.
fn value_for(section: &Section, key: &str, placeholder: Placeholder) -> Option<String> {
    if placeholder == Placeholder::Absent || key == "classes" {
        return None;
    }
    if key.starts_with("route.") {
        return Some("drop".to_owned());
    }
    if key.starts_with("class.") {
        return Some("log x".to_owned());
    }
    let (destination, name) = match find(None, key) {
        Some(_) => ("", key),
        None => key.rsplit_once('.').unwrap_or(("", key)),
    };
    if name == "type" {
        // The one type that needs no keys of its own.
        return Some(DestinationKind::Stdout.name().to_owned());
    }
    let kind = destination_kind(section, destination);
    let row = find(kind, name).or_else(|| KEYS.iter().find(|row| row.name == name))?;
    Some(example(row, name, placeholder).to_owned())
}

fn example(row: &Key, name: &str, placeholder: Placeholder) -> &'static str {
    match (row.form, placeholder) {
        (KeyForm::Flag, Placeholder::Alternative) => "off",
        (KeyForm::Flag, _) => "on",
        (KeyForm::Choice(words), Placeholder::Alternative) => words.last().copied().unwrap_or_default(),
        (KeyForm::Choice(words), _) if !words.contains(&row.example) => {
            words.first().copied().unwrap_or_default()
        }
        // The reference shows secrets as variables.
        _ if row.example.starts_with("${") && name.ends_with("url") => {
            "https://hooks.slack.com/services/T/B/x"
        }
        _ if name == "integration_key" => "0123456789abcdef0123456789abcdef",
        _ if row.example.starts_with("${") => "example",
        _ => row.example,
    }
}

/// The type of a destination, when it is known.
pub(super) fn destination_kind(section: &Section, destination: &str) -> Option<DestinationKind> {
    match section.get(&format!("{destination}.type")) {
        Some(setting) => setting.value.text().and_then(DestinationKind::parse),
        None => DestinationKind::parse(destination),
    }
}
