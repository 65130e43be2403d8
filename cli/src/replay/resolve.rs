//! The keys of an output with everything in place: the environment, values given on the command line, and in a dry
//! run examples for what is still unknown.

use std::collections::BTreeMap;
use std::fmt;

use ecs_router::config::Lookup;
use ecs_router::config::keys::KEYS;

use crate::check::{Placeholder, PlaceholderLookup, is_key_of_host};
use crate::config::{Section, SettingValue};

#[derive(Debug)]
pub(super) struct Resolved {
    /// By key in lower case.
    values: BTreeMap<String, String>,
    /// Which values are examples, and why. Secrets are left out: they show nowhere in the output.
    pub(super) notices: Vec<String>,
}

impl Lookup for Resolved {
    fn get(&self, key: &str) -> Option<String> {
        self.values.get(&key.to_ascii_lowercase()).cloned()
    }
}

/// Why the value of a setting is not known.
#[derive(Debug, PartialEq, Eq)]
enum ValueError {
    NotInFile,
    /// The name of an environment variable.
    NotInEnvironment(String),
}

impl fmt::Display for ValueError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInFile => formatter.write_str("its value is not in the file"),
            Self::NotInEnvironment(name) => write!(formatter, "${{{name}}} is not in the environment"),
        }
    }
}

impl Resolved {
    /// Resolves every setting. With `strict`, an unknown value is an error instead of an example.
    pub(super) fn new(
        section: &Section,
        variables: &BTreeMap<String, String>,
        sets: &[String],
        strict: bool,
    ) -> Result<Self, Vec<String>> {
        let (mut values, mut reasons) = parse_sets(sets);
        let examples = PlaceholderLookup::new(section, Placeholder::Example);
        let mut notices = Vec::new();
        for setting in &section.settings {
            let key = setting.key.to_ascii_lowercase();
            // The command line takes precedence, then the first line of a key.
            if values.contains_key(&key) || is_key_of_host(section.origin, &key) {
                continue;
            }
            match resolve(&setting.value, variables) {
                Ok(text) => drop(values.insert(key, text)),
                Err(error) if strict => {
                    reasons.push(format!("{}: {error}; give it with --set {}=…", setting.key, setting.key));
                }
                Err(error) => {
                    let Some(example) = examples.get(&key) else { continue };
                    if !is_secret(&key) {
                        notices.push(format!("{}: {error}; {example} stands for it here", setting.key));
                    }
                    values.insert(key, example);
                }
            }
        }
        if reasons.is_empty() { Ok(Self { values, notices }) } else { Err(reasons) }
    }

    /// Trusts one more tag than the configuration does.
    pub(super) fn trust(mut self, tag: &str) -> Self {
        let tags = self.values.entry("stop.trusted_tags".to_owned()).or_default();
        *tags = match tags.is_empty() {
            true => tag.to_owned(),
            false => format!("{tags}, {tag}"),
        };
        self
    }
}

fn resolve(value: &SettingValue, variables: &BTreeMap<String, String>) -> Result<String, ValueError> {
    match value {
        SettingValue::Text(text) => Ok(text.clone()),
        SettingValue::Interpolated(text) => interpolate(text, variables),
        SettingValue::Unknown | SettingValue::Nested => Err(ValueError::NotInFile),
    }
}

/// Whether any destination type has a secret of this name.
fn is_secret(key: &str) -> bool {
    let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
    KEYS.iter().any(|row| row.name == name && row.secret)
}

/// The values of `--set` by key in lower case, and the reasons why some cannot be read.
fn parse_sets(sets: &[String]) -> (BTreeMap<String, String>, Vec<String>) {
    let mut values = BTreeMap::new();
    let mut reasons = Vec::new();
    for set in sets {
        match set.split_once('=') {
            Some((key, value)) => drop(values.insert(key.trim().to_ascii_lowercase(), value.to_owned())),
            None => reasons.push("--set wants KEY=VALUE".to_owned()),
        }
    }
    (values, reasons)
}

/// Replaces every `${NAME}`.
fn interpolate(text: &str, variables: &BTreeMap<String, String>) -> Result<String, ValueError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, tail)) = after.split_once('}') else { break };
        out.push_str(before);
        let value = variables.get(name.trim());
        out.push_str(value.ok_or_else(|| ValueError::NotInEnvironment(name.to_owned()))?);
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
        let interpolated = |text| interpolate(text, &variables).map_err(|error| error.to_string());
        assert_eq!(interpolated("x${A}y${ A }"), Ok("x1y1".to_owned()));
        assert_eq!(interpolated("${B}"), Ok("${A}".to_owned()), "a value is taken as it is");
        assert_eq!(interpolated("${C}"), Err("${C} is not in the environment".to_owned()));
        assert_eq!(interpolated("${A"), Ok("${A".to_owned()));
    }
}
