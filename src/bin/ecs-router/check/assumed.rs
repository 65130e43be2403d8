//! A section as the plugin would see it, with something in the place of what is not known yet.

use std::collections::BTreeMap;

use out_ecs_router::config::Lookup;
use out_ecs_router::config::keys::{Form, KEYS, Kind, find};

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
    /// What the environment would give, where it may be asked.
    environment: Option<&'s BTreeMap<String, String>>,
}

impl<'s> Assumed<'s> {
    /// Without an environment.
    pub(crate) fn new(section: &'s Section, guess: Guess) -> Self {
        Self { section, guess, environment: None }
    }

    /// With these variables; what is not among them is guessed from the examples.
    pub(crate) fn within(section: &'s Section, environment: &'s BTreeMap<String, String>) -> Self {
        Self { section, guess: Guess::Example, environment: Some(environment) }
    }

    fn filled(&self, key: &str) -> Option<String> {
        match self.guess {
            Guess::Nothing => None,
            guess => example(self.section, key, guess),
        }
    }
}

impl Lookup for Assumed<'_> {
    fn get(&self, key: &str) -> Option<String> {
        match &self.section.get(key)?.value {
            Written::Text(text) => Some(text.clone()),
            Written::Environment(text) => {
                let known = self.environment.and_then(|variables| translate(text, variables));
                known.or_else(|| self.filled(key))
            }
            Written::Unknown | Written::Nested => self.filled(key),
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
    let (destination, setting) = key.rsplit_once('.').unwrap_or(("", key));
    if setting == "type" {
        // Needs no keys of its own.
        return Some(Kind::Stdout.name().to_owned());
    }
    let kind = kind_of(section, destination);
    let row = find(kind, setting).or_else(|| KEYS.iter().find(|row| row.name == setting))?;
    let text = match (row.form, guess) {
        (Form::Flag, Guess::Other) => "off",
        (Form::Flag, _) => "on",
        (Form::Choice(words), Guess::Other) => words.last().copied().unwrap_or_default(),
        (Form::Choice(words), _) if !words.contains(&row.example) => {
            words.first().copied().unwrap_or_default()
        }
        _ => row.example,
    };
    Some(text.to_owned())
}

/// The type of a destination, when it is known.
pub(super) fn kind_of(section: &Section, destination: &str) -> Option<Kind> {
    match section.get(&format!("{destination}.type")) {
        Some(setting) => setting.value.text().and_then(Kind::named),
        None => Kind::named(destination),
    }
}

/// The text with every `${NAME}` replaced; `None` when one of them is not known.
fn translate(text: &str, variables: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(variables.get(name.trim())?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}
