//! The keys about masking: which rules, for which destination, and how a match is written.

use super::keys::{self, DestinationKind};
use super::pattern;
use super::reader::KeyReader;
use crate::redact::{BuiltInRule, MaskStyle, Redaction, RedactionRule, Redactor};

/// The word for no rule at all.
const OFF: &str = "off";

/// Words that are not rules, but ask for something to be masked.
const SWITCHES_ON: [&str; 6] = ["on", "true", "yes", "all", "any", "*"];

/// Words that are not rules, but ask for nothing to be masked.
const SWITCHES_OFF: [&str; 3] = ["false", "no", "none"];

/// Fewer characters can be guessed, and with them every card.
const MIN_KEY_BYTES: usize = 16;

/// Reads what is masked for each of these destinations.
pub(super) fn read(reader: &KeyReader<'_>, destinations: &[(&str, DestinationKind)]) -> Redaction {
    let mut rules = RuleTable::default();
    let of_all = rules.read(reader, reader);
    let sets: Vec<Vec<usize>> = destinations
        .iter()
        .map(|(name, kind)| rules.read(reader, &reader.for_destination(name, *kind)))
        .map(|own| own.unwrap_or_else(|| of_all.clone().unwrap_or_default()))
        .collect();
    let style = read_style(reader, of_all.is_some() || sets.iter().any(|set| !set.is_empty()));
    let mut redaction = Redaction { rules: rules.names(), ..Redaction::default() };
    let mut known: Vec<Vec<usize>> = Vec::new();
    for set in sets {
        let position = known.iter().position(|other| *other == set);
        if position.is_none() && !set.is_empty() {
            redaction.redactors.push(Redactor::new(rules.pick(&set), style.clone()));
            known.push(set.clone());
        }
        redaction.by_destination.push(known.iter().position(|other| *other == set));
    }
    redaction
}

/// The rules that some key names.
#[derive(Debug, Default)]
struct RuleTable(Vec<RedactionRule>);

impl RuleTable {
    /// The rules that the key `redact` of `scope` names, in the order of the table; `None` when it is not set.
    fn read(&mut self, output: &KeyReader<'_>, scope: &KeyReader<'_>) -> Option<Vec<usize>> {
        let names = scope.list("redact")?;
        if names.iter().any(|name| name.eq_ignore_ascii_case(OFF)) {
            if names.len() > 1 {
                let what = format!("'{OFF}' cannot be combined with rules; choose one or the other");
                scope.problem("redact", what);
            }
            return Some(Vec::new());
        }
        let mut set: Vec<usize> =
            names.iter().filter_map(|name| self.position(output, scope, name)).collect();
        set.sort_unstable();
        set.dedup();
        Some(set)
    }

    /// The position of the rule of this name, which is added when it is new.
    fn position(&mut self, output: &KeyReader<'_>, scope: &KeyReader<'_>, name: &str) -> Option<usize> {
        let name = BuiltInRule::parse(name).map_or(name, |rule| rule.name());
        if let Some(known) = self.0.iter().position(|rule| rule.name() == name) {
            return Some(known);
        }
        let rule = match BuiltInRule::parse(name) {
            Some(rule) => {
                let key = format!("redact.{name}");
                if output.written(&key).is_some() {
                    output.problem(&key, "has no effect, for the rule is built in");
                }
                RedactionRule::built_in(rule)
            }
            None => read_pattern(output, scope, name)?,
        };
        self.0.push(rule);
        Some(self.0.len() - 1)
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|rule| rule.name().to_owned()).collect()
    }

    fn pick(&self, set: &[usize]) -> Vec<(usize, RedactionRule)> {
        set.iter().filter_map(|at| Some((*at, self.0.get(*at)?.clone()))).collect()
    }
}

/// A rule of the user's: `redact.<name> <regular expression>`.
fn read_pattern(output: &KeyReader<'_>, scope: &KeyReader<'_>, name: &str) -> Option<RedactionRule> {
    let key = format!("redact.{name}");
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if keys::find(None, &key).is_some() {
        scope.problem("redact", format!("'{name}' cannot be the name of a rule; choose another one"));
        return None;
    }
    let Some(written) = output.written(&key).filter(|_| is_plain) else {
        scope.problem("redact", no_rule(name, is_plain));
        return None;
    };
    // A pattern for text never matches a part of a character.
    match pattern::compile(&written).and_then(|_| pattern::compile_for_bytes(&written)) {
        Ok(regex) => Some(RedactionRule::pattern(name.to_owned(), regex)),
        Err(problem) => {
            let is_around = problem.contains("look-around");
            let instead = if is_around {
                "; write what stands around the value, and the value in (?P<mask>…)"
            } else {
                ""
            };
            output.problem(&key, format!("{problem}{instead}"));
            None
        }
    }
}

/// Why a name in a list is none of a rule, and what to write.
fn no_rule(name: &str, is_plain: bool) -> String {
    let known = BuiltInRule::ALL.map(BuiltInRule::name).join(", ");
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(name));
    if is_one_of(&SWITCHES_OFF) {
        return format!("'{name}' is not a rule; write off, or the rules that you want, of {known}");
    }
    if is_one_of(&SWITCHES_ON) {
        return format!("'{name}' is not a rule; write the rules that you want, of {known}");
    }
    if !is_plain {
        return format!(
            "'{name}' cannot be the name of a rule; write names of letters, digits, - and _, with commas between them \
             and without quotes"
        );
    }
    format!(
        "there is no rule '{name}'; there are {known}; for one of your own write redact.{name} and a regular expression"
    )
}

fn read_style(reader: &KeyReader<'_>, has_rules: bool) -> MaskStyle {
    let is_hash = reader.choice("redact.mode") == Some("hash");
    let key = reader.text("redact.key");
    for name in ["redact.mode", "redact.key"] {
        if !has_rules && reader.written(name).is_some() {
            reader.problem(name, "has no effect without redact");
        }
    }
    match key {
        Some(_) if !is_hash => {
            reader.problem("redact.key", "has no effect without redact.mode hash");
            MaskStyle::Name
        }
        Some(key) if key.len() < MIN_KEY_BYTES => {
            let what = format!(
                "is too short; write {MIN_KEY_BYTES} characters or more, for example what this prints: openssl rand -hex 32"
            );
            reader.problem("redact.key", what);
            MaskStyle::Name
        }
        Some(key) => MaskStyle::hash(key.as_bytes()),
        None => {
            if is_hash {
                let what =
                    "is missing, but redact.mode is hash; write what this prints: openssl rand -hex 32";
                reader.problem("redact.key", what);
            }
            MaskStyle::Name
        }
    }
}

#[cfg(test)]
mod tests;
