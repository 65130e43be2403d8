//! The keys of an output with everything in place: the environment, values given on the command line, and in a dry
//! run examples for what is still unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ecs_router::config::Lookup;
use ecs_router::config::keys::{KEYS, Key, KeyForm};

use crate::check::{Placeholder, PlaceholderLookup, is_key_of_host, problem_with_key};
use crate::config::{Location, Section, Setting, SettingValue};

#[derive(Debug)]
pub(super) struct Resolved {
    /// By key in lower case.
    values: BTreeMap<String, String>,
    /// Which values are examples or incomplete, and why. Secrets are left out: they show nowhere in the output.
    pub(super) notices: Vec<String>,
    /// What is in names for variables without a value.
    unset: UnsetVariables,
    /// Stands for every `spool_dir` that the command line does not set.
    spool: Option<PathBuf>,
    /// Keys that the command line sets, in lower case.
    set: BTreeSet<String>,
}

impl Lookup for Resolved {
    fn get(&self, key: &str) -> Option<String> {
        let key = key.to_ascii_lowercase();
        let spool = self.spool.as_ref().filter(|_| key.ends_with(".spool_dir") && !self.set.contains(&key));
        match spool {
            Some(spool) => Some(spool.display().to_string()),
            None => self.values.get(&key).cloned(),
        }
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
        reasons.extend(unknown_keys(section, &values));
        let set = values.keys().cloned().collect();
        let examples = PlaceholderLookup::new(section, Placeholder::Example);
        let mut notices = Vec::new();
        let mut unset = UnsetVariables::default();
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
                Err(error) if is_name(&key) && matches!(setting.value, SettingValue::Interpolated(_)) => {
                    notices.push(format!("{}: {error} and stands in the names below as it is", setting.key));
                    values.insert(key, unset.fill(&setting.value, variables));
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
        if reasons.is_empty() { Ok(Self { values, notices, unset, spool: None, set }) } else { Err(reasons) }
    }

    /// For a delivery: a spool of its own, and nothing but the recording comes in. Spool and queue of the configuration
    /// belong to the service that runs with it.
    pub(super) fn isolate(mut self, spool: &Path) -> Self {
        self.spool = Some(spool.to_owned());
        self.values.insert("task_metadata".to_owned(), "off".to_owned());
        if self.values.contains_key("queue.url") {
            self.values.retain(|key, _| !key.starts_with("queue."));
            self.notices.push("queue.url: is left alone; a replay sends the recording only".to_owned());
        }
        self
    }

    /// The text with `${NAME}` where a variable has no value.
    pub(super) fn shown(&self, text: String) -> String {
        self.unset.shown(text)
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

/// Why the section can have no such keys, for those of `--set`.
fn unknown_keys(section: &Section, sets: &BTreeMap<String, String>) -> Vec<String> {
    let location = Location { file: Rc::from("--set"), line: 0 };
    let settings = sets.iter().map(|(key, value)| Setting {
        location: location.clone(),
        key: key.clone(),
        value: SettingValue::Text(value.clone()),
    });
    let settings: Vec<Setting> = settings.collect();
    // Each may be right only together with another: a destination and its type.
    let mut whole = section.clone();
    whole.settings.splice(0..0, settings.iter().cloned());
    let problems = settings.iter().filter_map(|setting| {
        let (message, instead) = problem_with_key(&whole, setting)?;
        Some(format!("--set {}: {message}; {instead}", setting.key))
    });
    problems.collect()
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

/// Whether the key is the name of something that records go to; any text is as good as another there.
fn is_name(key: &str) -> bool {
    let name = key.rsplit_once('.').map_or(key, |(_, name)| name);
    let is_template = |row: &Key| row.name == name && row.form == KeyForm::Template && !row.secret;
    matches!(name, "bucket" | "delivery_stream") || (name != "path" && KEYS.iter().any(is_template))
}

/// Variables without a value, each with a text that every service takes in a name.
#[derive(Debug, Default)]
struct UnsetVariables(Vec<String>);

impl UnsetVariables {
    /// The value with that text for each of them.
    fn fill(&mut self, value: &SettingValue, variables: &BTreeMap<String, String>) -> String {
        let SettingValue::Interpolated(text) = value else { return String::new() };
        let mut known = variables.clone();
        loop {
            match interpolate(text, &known) {
                Ok(filled) => return filled,
                Err(ValueError::NotInEnvironment(name)) => {
                    known.insert(name.trim().to_owned(), self.stand_in(name.trim()));
                }
                Err(ValueError::NotInFile) => return text.clone(),
            }
        }
    }

    fn stand_in(&mut self, name: &str) -> String {
        let position = self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        stand_in(position)
    }

    fn shown(&self, text: String) -> String {
        let numbered = self.0.iter().enumerate();
        numbered.fold(text, |text, (number, name)| text.replace(&stand_in(number), &format!("${{{name}}}")))
    }
}

fn stand_in(number: usize) -> String {
    format!("ecs-router-unset-{number}x")
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
