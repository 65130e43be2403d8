//! The keys of an output with everything in place: the environment, values given on the command line, and in a dry
//! run examples for what is still unknown.

use std::collections::BTreeMap;

use ecs_router::config::Lookup;
use ecs_router::config::keys::KEYS;

use crate::check::{Assumed, Guess, is_key_of_host};
use crate::config::{Section, Written};

/// Keys in small letters and their values.
#[derive(Debug)]
pub(super) struct Resolved {
    keys: BTreeMap<String, String>,
    /// Which of them are examples, and why; secrets are not, for nobody sees them.
    pub(super) guessed: Vec<String>,
}

impl Lookup for Resolved {
    fn get(&self, key: &str) -> Option<String> {
        self.keys.get(&key.to_ascii_lowercase()).cloned()
    }
}

impl Resolved {
    /// `strict`: what is not known is an error, not an example.
    pub(super) fn new(
        section: &Section,
        variables: &BTreeMap<String, String>,
        sets: &[String],
        strict: bool,
    ) -> Result<Self, Vec<String>> {
        let (mut keys, mut reasons) = given(sets);
        let guesses = Assumed::new(section, Guess::Example);
        let mut guessed = Vec::new();
        for setting in &section.settings {
            let key = setting.key.to_ascii_lowercase();
            // The first value counts, and what the command line gives before it.
            if keys.contains_key(&key) || is_key_of_host(section.origin, &key) {
                continue;
            }
            let known = match &setting.value {
                Written::Text(text) => Ok(text.clone()),
                Written::Environment(text) => translate(text, variables),
                Written::Unknown | Written::Nested => Err("its value is not in the file".to_owned()),
            };
            match known {
                Ok(text) => drop(keys.insert(key, text)),
                Err(why) if strict => {
                    reasons.push(format!("{}: {why}; give it with --set {}=…", setting.key, setting.key));
                }
                Err(why) => {
                    let Some(example) = guesses.get(&key) else { continue };
                    if !is_secret(&key) {
                        guessed.push(format!("{}: {why}; {example} stands for it here", setting.key));
                    }
                    keys.insert(key, example);
                }
            }
        }
        if reasons.is_empty() { Ok(Self { keys, guessed }) } else { Err(reasons) }
    }
}

/// By its name alone: a secret of any type.
fn is_secret(key: &str) -> bool {
    let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
    KEYS.iter().any(|row| row.name == name && row.secret)
}

/// What the command line gives, and what of it cannot be read.
fn given(sets: &[String]) -> (BTreeMap<String, String>, Vec<String>) {
    let (mut keys, mut reasons) = (BTreeMap::new(), Vec::new());
    for set in sets {
        match set.split_once('=') {
            Some((key, value)) => drop(keys.insert(key.trim().to_ascii_lowercase(), value.to_owned())),
            None => reasons.push("--set wants KEY=VALUE".to_owned()),
        }
    }
    (keys, reasons)
}

/// The text with every `${NAME}` replaced, or which of them is not known.
fn translate(text: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        let value = variables.get(name.trim());
        out.push_str(value.ok_or_else(|| format!("${{{name}}} is not in the environment"))?);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_anywhere_in_a_text() {
        let variables =
            BTreeMap::from([("A".to_owned(), "1".to_owned()), ("B".to_owned(), "${A}".to_owned())]);
        let translated = |text| translate(text, &variables);
        assert_eq!(translated("x${A}y${ A }"), Ok("x1y1".to_owned()));
        assert_eq!(translated("${B}"), Ok("${A}".to_owned()), "a value is taken as it is");
        assert_eq!(translated("${C}"), Err("${C} is not in the environment".to_owned()));
        assert_eq!(translated("${A"), Ok("${A".to_owned()));
    }
}
