//! How grave a record is, by its own word: `level auto`.
//!
//! Owns: where a level is looked for, and in which order: a field of the record, the JSON in its line, the head of its
//! line. `words` knows the names and numbers of levels, `object` reads JSON as far as needed, `head` the beginnings of
//! lines that runtimes write, `message` those of errors that nobody logged. Does not own the class that follows from a
//! level (`classify::levels`). Allocates nothing, and reads no more than the beginning of a line.

mod head;
mod message;
mod object;
mod words;

pub(crate) use self::object::{JsonValue, Pairs as JsonPairs};
use crate::input::decode;
use crate::input::record::{Field, Record, Value};
use words::{LevelKey, LevelReading, Scalar};

/// How grave a record is; the names are those of OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// More than a debugger usually wants to see.
    Trace,
    /// For debugging.
    Debug,
    /// What happens; also notices.
    Info,
    /// Something unexpected that was coped with.
    Warn,
    /// Something failed.
    Error,
    /// Something failed that ends the process or should wake somebody: critical, alert, emergency, panic.
    Fatal,
}

impl LogLevel {
    /// The name in `$(level)`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// Fields that hold an application's line; the first is preferred.
const LOG: &[u8] = b"log";
const MESSAGE: &[u8] = b"message";

/// The key by which a GELF message is known, in which a number is a syslog severity.
const GELF_MESSAGE: &[u8] = b"short_message";

/// Reads the level that a record tells itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LevelReader {
    /// `level.field` as it is written, and step by step; empty when it is not set.
    name: String,
    steps: Vec<String>,
}

impl LevelReader {
    /// `field` is where to look first: a field of the record or of the JSON in its line, with dots between nested names.
    #[must_use]
    pub fn new(field: Option<&str>) -> Self {
        let name = field.unwrap_or_default().to_owned();
        let steps = name.split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect();
        Self { name, steps }
    }

    /// The level that the record tells; `None` when it tells none.
    #[must_use]
    pub fn read(&self, record: &Record<'_, '_>) -> Option<LogLevel> {
        if !self.steps.is_empty()
            && let Some(level) = self.read_named(record)
        {
            return Some(level);
        }
        match of_fields(record) {
            FieldsReading::Level(level) => Some(level),
            FieldsReading::Line(line) => of_line(line),
            FieldsReading::Nothing => None,
        }
    }

    /// What is in the field that the user names.
    #[cold]
    fn read_named(&self, record: &Record<'_, '_>) -> Option<LogLevel> {
        let in_record = || scalar(nested(record.fields, &self.name, &self.steps)?);
        let in_json = || object::scalar(line(record)?, &self.name, &self.steps);
        in_record().and_then(words::of_named).or_else(|| in_json().and_then(words::of_named))
    }
}

/// What a record's fields have to say.
#[derive(Debug, Clone, Copy)]
enum FieldsReading<'a> {
    /// This level.
    Level(LogLevel),
    /// No level, but a line that may tell one.
    Line(&'a [u8]),
    Nothing,
}

/// The level in a field that is known to hold one, or else the line; in one pass, for this is done for every record.
fn of_fields<'a>(record: &Record<'a, '_>) -> FieldsReading<'a> {
    let mut log = None;
    let mut message = None;
    for field in record.fields {
        let Value::Text(key) = field.key else { continue };
        let level = match key {
            // FireLens's own names, most of a record's.
            [b'c' | b'e', ..] => continue,
            LOG => {
                log = field.value.text();
                if log.is_some() { None } else { of_nested(field.value, record) }
            }
            MESSAGE => {
                message = field.value.text();
                None
            }
            key => LevelKey::find(key).and_then(|key| of_field(key, field.value, record)),
        };
        if let Some(level) = level {
            return FieldsReading::Level(level);
        }
    }
    log.or(message).map_or(FieldsReading::Nothing, FieldsReading::Line)
}

/// The level in a `log` that a parser has taken apart.
#[cold]
fn of_nested(log: Value<'_>, record: &Record<'_, '_>) -> Option<LogLevel> {
    let Value::Map(_, entries) = log else { return None };
    decode::pairs(entries).find_map(|(key, value)| of_field(LevelKey::find(key.text()?)?, value, record))
}

fn of_field(key: LevelKey, value: Value<'_>, record: &Record<'_, '_>) -> Option<LogLevel> {
    match key.read(scalar(value)?)? {
        LevelReading::Certain(level) => Some(level),
        LevelReading::InGelf(level) => record.get(GELF_MESSAGE).map(|_| level),
    }
}

/// The level in a line, be it JSON or text.
fn of_line(line: &[u8]) -> Option<LogLevel> {
    match object::Pairs::of_object(line) {
        Some(pairs) => object::level(pairs),
        None => head::level(line),
    }
}

fn line<'a>(record: &Record<'a, '_>) -> Option<&'a [u8]> {
    record.text(LOG).or_else(|| record.text(MESSAGE))
}

/// The value of the field of this name, or of the one that its steps lead to.
fn nested<'a>(fields: &[Field<'a>], name: &str, steps: &[String]) -> Option<Value<'a>> {
    let at_top = |name: &str| {
        fields.iter().find(|field| field.key.text() == Some(name.as_bytes())).map(|field| field.value)
    };
    at_top(name).or_else(|| {
        let (first, inside) = steps.split_first()?;
        inside.iter().try_fold(at_top(first)?, |value, step| {
            let Value::Map(_, entries) = value else { return None };
            decode::pairs(entries)
                .find(|(key, _)| key.text() == Some(step.as_bytes()))
                .map(|(_, value)| value)
        })
    })
}

fn scalar(value: Value<'_>) -> Option<Scalar<'_>> {
    match value {
        Value::Text(text) | Value::Binary(text) => Some(Scalar::Text(text)),
        Value::Unsigned(number) => Some(Scalar::Number(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
