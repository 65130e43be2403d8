//! A section as the plugin would see it, with something in the place of what is not known yet.

use ecs_router::config::Lookup;
use ecs_router::config::keys::{DestinationKind, KEYS, KeyForm, find};

use crate::config::{Section, Written};

/// What an unknown value may turn out to be. What is wrong with every guess is wrong whatever it will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guess {
    /// As in the reference.
    Example,
    /// Another word, the other way round.
    Other,
    /// Nothing at all.
    Nothing,
}

impl Guess {
    pub(crate) const ALL: [Self; 3] = [Self::Example, Self::Other, Self::Nothing];
}

/// The keys of a section.
#[derive(Debug)]
pub(crate) struct Assumed<'s> {
    section: &'s Section,
    guess: Guess,
}

impl<'s> Assumed<'s> {
    /// The section with this guess.
    pub(crate) fn new(section: &'s Section, guess: Guess) -> Self {
        Self { section, guess }
    }
}

impl Lookup for Assumed<'_> {
    fn get(&self, key: &str) -> Option<String> {
        match &self.section.get(key)?.value {
            Written::Text(text) => Some(text.clone()),
            Written::Environment(_) | Written::Unknown | Written::Nested => match self.guess {
                Guess::Nothing => None,
                guess => example(self.section, key, guess),
            },
        }
    }
}

/// Something that fits the key's form.
fn example(section: &Section, key: &str, guess: Guess) -> Option<String> {
    if key.starts_with("route.") {
        return Some("drop".to_owned());
    }
    if key.starts_with("class.") {
        return Some("log x".to_owned());
    }
    if key == "classes" {
        return None;
    }
    let (destination, setting) = match find(None, key) {
        Some(_) => ("", key),
        None => key.rsplit_once('.').unwrap_or(("", key)),
    };
    if setting == "type" {
        // Needs no keys of its own.
        return Some(DestinationKind::Stdout.name().to_owned());
    }
    let kind = kind_of(section, destination);
    let row = find(kind, setting).or_else(|| KEYS.iter().find(|row| row.name == setting))?;
    let text = match (row.form, guess) {
        (KeyForm::Flag, Guess::Other) => "off",
        (KeyForm::Flag, _) => "on",
        (KeyForm::Choice(words), Guess::Other) => words.last().copied().unwrap_or_default(),
        (KeyForm::Choice(words), _) if !words.contains(&row.example) => {
            words.first().copied().unwrap_or_default()
        }
        // The reference shows secrets as variables.
        _ if row.example.starts_with("${") && setting.ends_with("url") => {
            "https://hooks.slack.com/services/T/B/x"
        }
        _ if row.example.starts_with("${") => "example",
        _ => row.example,
    };
    Some(text.to_owned())
}

/// The type of a destination, when it is known.
pub(super) fn kind_of(section: &Section, destination: &str) -> Option<DestinationKind> {
    match section.get(&format!("{destination}.type")) {
        Some(setting) => setting.value.text().and_then(DestinationKind::parse),
        None => DestinationKind::parse(destination),
    }
}
