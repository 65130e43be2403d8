//! The keys about masking: which rules, for which destination, and how a match is written.

use super::keys::{self, DestinationKind};
use super::pattern;
use super::reader::KeyReader;
use crate::redact::{BuiltInRule, MaskStyle, Redaction, RedactionRule, Redactor};

/// The word for no rule at all.
const OFF: &str = "off";

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
        if names.iter().any(|name| name == OFF) {
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
        if let Some(known) = self.0.iter().position(|rule| rule.name() == name) {
            return Some(known);
        }
        let rule = match BuiltInRule::parse(name) {
            Some(rule) => {
                let key = format!("redact.{name}");
                if output.written(&key).is_some() {
                    output.problem(&key, "has no effect, for the rule is built in".to_owned());
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
    if keys::find(None, &key).is_some() || !is_plain {
        let what =
            format!("'{name}' cannot be the name of a rule; choose another one, of letters, digits, - and _");
        scope.problem("redact", what);
        return None;
    }
    let Some(written) = output.written(&key) else {
        let known = BuiltInRule::ALL.map(BuiltInRule::name).join(", ");
        let what = format!(
            "there is no rule '{name}'; there are {known}; for one of your own write {key} and a regular expression"
        );
        scope.problem("redact", what);
        return None;
    };
    // A pattern for text never matches a part of a character.
    match pattern::compile(&written).and_then(|_| pattern::compile_for_bytes(&written)) {
        Ok(regex) => Some(RedactionRule::pattern(name.to_owned(), regex)),
        Err(problem) => {
            output.problem(&key, problem);
            None
        }
    }
}

fn read_style(reader: &KeyReader<'_>, has_rules: bool) -> MaskStyle {
    let is_hash = reader.choice("redact.mode") == Some("hash");
    let key = reader.text("redact.key");
    for name in ["redact.mode", "redact.key"] {
        if !has_rules && reader.written(name).is_some() {
            reader.problem(name, "has no effect without redact".to_owned());
        }
    }
    match key {
        Some(_) if !is_hash => {
            reader.problem("redact.key", "has no effect without redact.mode hash".to_owned());
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
                reader.problem("redact.key", what.to_owned());
            }
            MaskStyle::Name
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use crate::config::Settings;

    fn read(keys: &[(&str, &str)]) -> (Settings, Vec<String>) {
        let usual = [("route.default", "file, stdout"), ("file.path", "/x")];
        let keys = usual.iter().chain(keys).map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(&keys.collect::<BTreeMap<_, _>>(), &problems);
        (settings, problems.into_inner().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn destinations_have_the_rules_of_the_output_or_their_own() {
        for (keys, by_destination, redactors) in [
            (&[][..], [None, None], 0),
            (&[("redact", "email, card")], [Some(0), Some(0)], 1),
            (&[("redact", "email"), ("stdout.redact", "off")], [Some(0), None], 1),
            (&[("redact", "email"), ("stdout.redact", "email, card")], [Some(0), Some(1)], 2),
            (&[("redact", "card, email"), ("stdout.redact", "email, card, email")], [Some(0), Some(0)], 1),
            (&[("stdout.redact", "order"), ("redact.order", "ORD-[0-9]+")], [None, Some(0)], 1),
        ] {
            let (settings, problems) = read(keys);
            assert_eq!(problems, [""; 0], "{keys:?}");
            assert_eq!(settings.redaction.by_destination, by_destination, "{keys:?}");
            assert_eq!(settings.redaction.redactors.len(), redactors, "{keys:?}");
        }
    }

    #[test]
    fn mistakes_are_told_with_what_to_write() {
        let hash = ("redact.mode", "hash");
        for (keys, expected) in [
            (&[("redact", "emial")][..], "redact: there is no rule 'emial'; there are email, card, ipv4, "),
            (&[("stdout.redact", "emial")], "stdout.redact: there is no rule 'emial'; there are email, "),
            (
                &[("redact", "off, email")],
                "redact: 'off' cannot be combined with rules; choose one or the other",
            ),
            (&[("redact", "mode")], "redact: 'mode' cannot be the name of a rule; choose another one"),
            (&[("redact", "a b")], "redact: 'a b' cannot be the name of a rule"),
            (
                &[("redact", "order"), ("redact.order", "ORD-(")],
                "redact.order: 'ORD-(' is not a regular expression: unclosed group at character 5",
            ),
            (
                &[("redact", "x"), ("redact.x", r"(?-u:\xFF)")],
                "redact.x: '(?-u:\\xFF)' is not a regular expression: ",
            ),
            (
                &[("redact", "email"), hash],
                "redact.key: is missing, but redact.mode is hash; write what this prints",
            ),
            (
                &[("redact", "email"), hash, ("redact.key", "short")],
                "redact.key: is too short; write 16 characters",
            ),
            (
                &[("redact", "email"), ("redact.key", "0123456789abcdef")],
                "redact.key: has no effect without redact.mode",
            ),
            (
                &[("redact", "email"), ("redact.email", "x")],
                "redact.email: has no effect, for the rule is built in; leave",
            ),
            (&[hash], "redact.mode: has no effect without redact; leave redact.mode out"),
        ] {
            let (_, problems) = read(keys);
            assert!(
                problems.iter().any(|problem| problem.starts_with(expected)),
                "{expected}\nin {problems:#?}"
            );
        }
    }
}
