//! Reads keys by the table and collects every problem instead of stopping at the first.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use super::error::{ConfigError, Problem};
use super::keys::{self, DestinationKind, Key, KeyForm};
use super::{Secret, parse};
use crate::encode::template::{NameKind, Template};

/// Keys of JSON, whose texts begin and end with quotation marks.
const MAY_BEGIN_WITH_QUOTES: [&str; 3] = ["body", "batch_prefix", "batch_suffix"];

/// What is between quotation marks, of which Fluent Bit's classic format knows none.
#[must_use]
pub fn within_quotes(text: &str) -> Option<&str> {
    let inside = ['"', '\''].into_iter().find_map(|mark| text.strip_prefix(mark)?.strip_suffix(mark))?;
    (!inside.is_empty() && !inside.contains(['"', '\''])).then_some(inside)
}

/// The name in the ARN of a log group or of a delivery stream, for the keys that take no ARN.
fn name_in_arn<'t>(key: &str, text: &'t str) -> Option<&'t str> {
    let before = match key {
        "log_group" => ":log-group:",
        "delivery_stream" => ":deliverystream/",
        _ => return None,
    };
    let (_, name) = text.strip_prefix("arn:")?.split_once(before)?;
    name.split(':').next().filter(|name| !name.is_empty())
}

/// Where values come from: Fluent Bit's instance, a file, or a map in tests.
pub trait Lookup {
    /// The value of this key; keys are case-insensitive on the host's side.
    fn get(&self, key: &str) -> Option<String>;
}

impl Lookup for HashMap<String, String> {
    fn get(&self, key: &str) -> Option<String> {
        HashMap::get(self, key).cloned()
    }
}

impl Lookup for BTreeMap<String, String> {
    fn get(&self, key: &str) -> Option<String> {
        BTreeMap::get(self, key).cloned()
    }
}

/// Reads the keys of the output, or of one destination.
pub struct KeyReader<'l> {
    lookup: &'l dyn Lookup,
    problems: &'l RefCell<Vec<Problem>>,
    destination: Option<(&'l str, DestinationKind)>,
}

impl fmt::Debug for KeyReader<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("KeyReader").field("destination", &self.destination).finish_non_exhaustive()
    }
}

impl<'l> KeyReader<'l> {
    /// Reads the keys of the output itself; problems are added to `problems`.
    #[must_use]
    pub fn new(lookup: &'l dyn Lookup, problems: &'l RefCell<Vec<Problem>>) -> Self {
        Self { lookup, problems, destination: None }
    }

    /// Reads the keys of one destination.
    #[must_use]
    pub fn for_destination(&self, name: &'l str, kind: DestinationKind) -> KeyReader<'l> {
        KeyReader { lookup: self.lookup, problems: self.problems, destination: Some((name, kind)) }
    }

    /// Reads the keys of the output that the destination belongs to.
    #[must_use]
    pub(super) fn output(&self) -> KeyReader<'l> {
        KeyReader { destination: None, ..*self }
    }

    /// Whether these are the keys of a destination.
    pub(super) fn is_of_destination(&self) -> bool {
        self.destination.is_some()
    }

    /// Whether the output, or this type of destination, has such a key.
    #[must_use]
    pub(super) fn has_key(&self, name: &str) -> bool {
        keys::find(self.destination.map(|(_, kind)| kind), name).is_some()
    }

    /// The text as written, or the key's default; blank counts as not set.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.written(name).or_else(|| self.default(name).map(str::to_owned))
    }

    /// A text that must be set unless it has a default.
    #[must_use]
    pub fn required(&self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| {
            let example = self.key(name).map_or("", |key| key.example);
            self.problem(name, format!("is missing; for example: {} {example}", self.full_name(name)));
            String::new()
        })
    }

    /// A secret that must be set.
    #[must_use]
    pub fn secret(&self, name: &str) -> Secret {
        Secret::new(self.required(name))
    }

    /// A flag, on or off.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.parsed(name, parse::flag).unwrap_or_default()
    }

    /// A duration, of a key that has a default.
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        self.parsed(name, parse::duration).unwrap_or_default()
    }

    /// A size in bytes, of a key that has a default.
    #[must_use]
    pub fn size(&self, name: &str) -> u64 {
        self.parsed(name, parse::size).unwrap_or_default()
    }

    /// A whole number, of a key that has a default.
    #[must_use]
    pub fn number(&self, name: &str) -> u64 {
        self.parsed(name, parse::number).unwrap_or_default()
    }

    /// A whole number of 1 or more, of a key that has a default.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.parsed(name, parse::count).unwrap_or(1)
    }

    /// A comma-separated list; `None` when the key is not set at all.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        self.text(name).map(|text| parse::list(&text))
    }

    /// name=value pairs; empty when not set.
    #[must_use]
    pub fn pairs(&self, name: &str) -> Vec<(String, String)> {
        self.parsed(name, parse::pairs).unwrap_or_default()
    }

    /// One of the words the table allows, in the table's spelling.
    #[must_use]
    pub fn choice(&self, name: &str) -> Option<&'static str> {
        let Some(Key { form: KeyForm::Choice(words), .. }) = self.key(name) else { return None };
        self.parsed(name, |text| parse::choice(text, words))
    }

    /// A template whose values are made safe for `names`; it must be set unless it has a default.
    #[must_use]
    pub fn template(&self, name: &str, names: NameKind) -> Template {
        let text = self.required(name);
        Template::parse(&text, names).unwrap_or_else(|error| {
            self.problem(name, error.to_string());
            Template::default()
        })
    }

    /// Notes something wrong with a key: once, in one line, and with what to write instead where `what` does not say
    /// so itself after a semicolon.
    pub fn problem(&self, name: &str, what: impl AsRef<str>) {
        self.note_problem(name, what.as_ref());
    }

    fn note_problem(&self, name: &str, what: &str) {
        // An error of a regular expression is drawn over several lines.
        let mut what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        if !what.starts_with("has no effect")
            && let Some(mistaken) = self.mistaken(name)
        {
            what = mistaken;
        }
        if !what.contains("; ")
            && let Some(suggestion) = self.suggestion(name, &what)
        {
            what.push_str("; ");
            what.push_str(&suggestion);
        }
        let problem = Problem { key: self.full_name(name), what };
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// What is wrong with a value whatever its key makes of it: quotation marks, or an ARN where a name is wanted.
    fn mistaken(&self, name: &str) -> Option<String> {
        let text = self.written(name).filter(|_| !MAY_BEGIN_WITH_QUOTES.contains(&name))?;
        let key = self.full_name(name);
        if let Some(inside) = within_quotes(&text) {
            let key_row = keys::find(self.destination.map(|(_, kind)| kind), name);
            let is_secret = key_row.is_some_and(|row| row.secret);
            let inside = if is_secret { "it without them".to_owned() } else { format!("{key} {inside}") };
            return Some(format!("has quotation marks, which become a part of the value; write {inside}"));
        }
        let resource = name_in_arn(name, &text)?;
        Some(format!("is an ARN, but only the name is wanted; write {key} {resource}"))
    }

    fn suggestion(&self, name: &str, what: &str) -> Option<String> {
        let key = self.full_name(name);
        if what.starts_with("has no effect") {
            return Some(format!("leave {key} out"));
        }
        let example = keys::find(self.destination.map(|(_, kind)| kind), name)?.example;
        Some(format!("for example: {key} {example}"))
    }

    /// The text if the user wrote one.
    #[must_use]
    pub fn written(&self, name: &str) -> Option<String> {
        let text = self.lookup.get(&self.full_name(name))?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Notes a value that cannot be read as a problem, and goes on with its default so that no other problem follows
    /// from it.
    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Result<T, ConfigError>) -> Option<T> {
        match parse(&self.text(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                // Other errors quote the value.
                let secret = self.key(name).is_some_and(|key| key.secret);
                let error = if secret { ConfigError::MalformedSecret } else { error };
                self.problem(name, error.to_string());
                parse(self.default(name)?).ok()
            }
        }
    }

    fn default(&self, name: &str) -> Option<&'static str> {
        self.key(name)?.default_value(self.destination.map(|(_, kind)| kind))
    }

    fn key(&self, name: &str) -> Option<&'static Key> {
        let key = keys::find(self.destination.map(|(_, kind)| kind), name);
        debug_assert!(
            key.is_some()
                || name.starts_with("class.")
                || name.starts_with("route.")
                || name.starts_with("redact.")
                || name.starts_with("limit.")
                || name.starts_with("sample.")
                || name.ends_with(".type"),
            "{name} is not in the table of keys"
        );
        key
    }

    /// The key as the user writes it.
    pub(crate) fn full_name(&self, name: &str) -> String {
        match self.destination {
            Some((destination, _)) => format!("{destination}.{name}"),
            None => name.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a value that its key cannot read.
    fn said(kind: DestinationKind, key: &str, value: &str) -> String {
        let map = BTreeMap::from([(format!("d.{key}"), value.to_owned())]);
        let problems = RefCell::default();
        let lookup: &dyn Lookup = &map;
        KeyReader::new(lookup, &problems).for_destination("d", kind).problem(key, "is wrong; mend it");
        problems.into_inner().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn quotation_marks_and_arns_are_named_as_what_is_wrong() {
        let log_group = |value| said(DestinationKind::Cloudwatch, "log_group", value);
        let marks = "has quotation marks, which become a part of the value; write";
        assert_eq!(log_group("\"/ecs/web\""), format!("d.log_group: {marks} d.log_group /ecs/web"));
        assert_eq!(log_group("'/ecs/web'"), format!("d.log_group: {marks} d.log_group /ecs/web"));
        let arn = "is an ARN, but only the name is wanted; write";
        for value in [
            "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/web:*",
            "arn:aws-cn:logs:::log-group:/ecs/web",
        ] {
            assert_eq!(log_group(value), format!("d.log_group: {arn} d.log_group /ecs/web"));
        }
        let stream = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/audit";
        let found = said(DestinationKind::Firehose, "delivery_stream", stream);
        assert_eq!(found, format!("d.delivery_stream: {arn} d.delivery_stream audit"));
        let found = said(DestinationKind::Slack, "webhook_url", "\"hunter2\"");
        assert_eq!(found, format!("d.webhook_url: {marks} it without them"));
        for (kind, key, value) in [
            (DestinationKind::Cloudwatch, "log_group", "/ecs/a b"),
            (DestinationKind::Http, "body", "\"$(log)\""),
            (DestinationKind::Kinesis, "stream", "arn:aws:kinesis:eu-west-1:111122223333:stream/audit"),
        ] {
            assert_eq!(said(kind, key, value), format!("d.{key}: is wrong; mend it"));
        }
    }
}
