//! The key `body`: what a record becomes, with its fields in it.
//!
//! Owns the syntax, and that a value can neither end the string that it is in nor the value that it is. Does not own
//! which field has which value (`encode::template::field`), or what is between records (`frame`).

use std::cell::OnceCell;

use serde_json::Value as Json;

use crate::classify::classes::Entry;
use crate::config::Common;
use crate::destination::alert::text;
use crate::destination::content;
use crate::destination::timestamp_field::{Rfc3339, TimestampField};
use crate::encode::template::RenderContext;
use crate::encode::template::field::FieldSource;
use crate::input::record::{Timestamp, Value};
use crate::json::Writer;

/// What is wrong with a template, and what to write instead.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("'$({0}' has no ) at its end")]
    Unclosed(String),
    #[error("$() names no field; write for example $(log:json), or $(.:json) for the whole record")]
    NoField,
    #[error(
        "$({0}): '{1}' is not a form of a value; write $({2}) or $({2}:100) inside a string, $({2}:json) for a whole value"
    )]
    UnknownForm(String, String, String),
}

/// A parsed `body`.
#[derive(Debug)]
pub(super) struct BodyTemplate {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Field { source: Source, form: Form, fallback: Option<String> },
}

/// Where a value comes from.
#[derive(Debug)]
enum Source {
    /// The whole record or report, as it is sent without a template.
    Record,
    Time(TimeUnit),
    Tag,
    Class,
    Field {
        path: String,
        field: FieldSource,
    },
}

#[derive(Debug, Clone, Copy)]
enum TimeUnit {
    /// RFC 3339
    Text,
    Seconds,
    Milliseconds,
    Nanoseconds,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As the inside of a JSON string, of at most this many characters.
    Inside(usize),
    /// As a JSON value of its own.
    Json,
}

/// The value of a field.
enum Found {
    Missing,
    Text(Vec<u8>),
    /// Anything else, as JSON.
    Json(Vec<u8>),
}

/// A record with what a template may take from it.
pub(super) struct Subject<'s> {
    pub(super) common: &'s Common,
    pub(super) timestamp: &'s TimestampField,
    pub(super) entry: &'s Entry<'s, 's, 's>,
    pub(super) context: &'s RenderContext<'s>,
    /// The report, once a field asks for it.
    report: OnceCell<Json>,
}

impl<'s> Subject<'s> {
    pub(super) fn new(
        common: &'s Common,
        timestamp: &'s TimestampField,
        entry: &'s Entry<'s, 's, 's>,
        context: &'s RenderContext<'s>,
    ) -> Self {
        Self { common, timestamp, entry, context, report: OnceCell::new() }
    }

    fn in_report(&self, path: &str) -> Option<&Json> {
        let stop = self.entry.stop?;
        let report = self.report.get_or_init(|| serde_json::to_value(stop).unwrap_or_default());
        path.split('.').try_fold(report, |value, name| value.get(name))
    }
}

impl BodyTemplate {
    /// Parses literal text with `$(field)` in it.
    pub(super) fn parse(text: &str) -> Result<Self, BodyError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, tail)) = rest.split_once("$(") {
            parts.push(Part::Literal(literal.to_owned()));
            let (field, tail) = tail.split_once(')').ok_or_else(|| BodyError::Unclosed(tail.to_owned()))?;
            parts.push(parse_field(field)?);
            rest = tail;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Ok(Self { parts })
    }

    /// The names of fields that it takes from records and reports.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Field { source: Source::Field { path, .. }, .. } => Some(path.as_str()),
            _ => None,
        })
    }

    /// Appends what the record becomes. A value of more than `limit` bytes loses its end.
    pub(super) fn render(&self, subject: &Subject<'_>, limit: usize, out: &mut Vec<u8>) {
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Part::Field { source, form, fallback } => {
                    let found = match (source.find(subject, limit), fallback) {
                        (Found::Missing, Some(fallback)) => Found::Text(fallback.clone().into_bytes()),
                        (found, _) => found,
                    };
                    found.write(*form, limit, out);
                }
            }
        }
    }
}

/// `name`, `name:json`, `name:-fallback`, `name:json:-fallback`
fn parse_field(text: &str) -> Result<Part, BodyError> {
    let written = text.split_once(":-");
    let head = written.map_or(text, |(head, _)| head).trim();
    let fallback = written.map(|(_, fallback)| fallback.to_owned());
    let (name, form) = head.rsplit_once(':').map_or((head, None), |(name, form)| (name, Some(form)));
    let unknown = |form: &str| BodyError::UnknownForm(text.to_owned(), form.to_owned(), name.to_owned());
    let (source, form) = match (name, form) {
        ("", _) => return Err(BodyError::NoField),
        ("newline", None) => return Ok(Part::Literal("\n".to_owned())),
        ("time", Some("s")) => (Source::Time(TimeUnit::Seconds), Form::Json),
        ("time", Some("ms")) => (Source::Time(TimeUnit::Milliseconds), Form::Json),
        ("time", Some("ns")) => (Source::Time(TimeUnit::Nanoseconds), Form::Json),
        (name, None) => (Source::of(name), Form::Inside(usize::MAX)),
        (name, Some("json")) => (Source::of(name), Form::Json),
        (name, Some(form)) => {
            let max = form.parse().ok().filter(|max| *max > 0).ok_or_else(|| unknown(form))?;
            (Source::of(name), Form::Inside(max))
        }
    };
    Ok(Part::Field { source, form, fallback })
}

impl Source {
    fn of(name: &str) -> Self {
        match name {
            "." => Self::Record,
            "time" => Self::Time(TimeUnit::Text),
            "tag" => Self::Tag,
            "class" => Self::Class,
            path => Self::Field { path: path.to_owned(), field: FieldSource::parse(path) },
        }
    }

    fn find(&self, subject: &Subject<'_>, limit: usize) -> Found {
        match self {
            Self::Record => whole_record(subject, limit),
            Self::Time(unit) => unit.of(subject.entry.record.time),
            Self::Tag => Found::Text(subject.context.tag.to_vec()),
            Self::Class => Found::Text(subject.entry.class_name.as_bytes().to_vec()),
            Self::Field { path, field } => match subject.in_report(path) {
                Some(value) => Found::of_report(value),
                None => find_field(field, subject),
            },
        }
    }
}

fn find_field(field: &FieldSource, subject: &Subject<'_>) -> Found {
    if let Some(found) = field.find(subject.entry, subject.context.task) {
        return match found.raw.text() {
            Some(text) => Found::Text((found.part)(text).to_vec()),
            None => Found::of_record(found.raw),
        };
    }
    // A list or a map, an empty text, or nothing.
    field.record_value(subject.entry.record).map_or(Found::Missing, Found::of_record)
}

impl TimeUnit {
    fn of(self, time: Timestamp) -> Found {
        Found::Json(match self {
            Self::Text => return Found::Text(Rfc3339::new(time).text().to_vec()),
            Self::Seconds => format!("{}.{:03}", time.seconds, time.nanos / 1_000_000).into_bytes(),
            Self::Milliseconds => time.millis().to_string().into_bytes(),
            Self::Nanoseconds => time.unix_nanos().to_string().into_bytes(),
        })
    }
}

impl Found {
    fn of_record(value: Value<'_>) -> Self {
        match value {
            Value::Nil => Self::Missing,
            Value::Text(text) | Value::Binary(text) => Self::Text(text.to_vec()),
            other => {
                let mut json = Vec::new();
                Writer::<false>::new(&mut json).value(other);
                Self::Json(json)
            }
        }
    }

    fn of_report(value: &Json) -> Self {
        match value {
            Json::Null => Self::Missing,
            Json::String(text) => Self::Text(text.clone().into_bytes()),
            other => Self::Json(other.to_string().into_bytes()),
        }
    }

    fn write(&self, form: Form, limit: usize, out: &mut Vec<u8>) {
        match (self, form) {
            (Self::Missing, Form::Json) => out.extend_from_slice(b"null"),
            (Self::Missing, Form::Inside(_)) => {}
            (Self::Json(json), Form::Json) if json.len() <= limit => out.extend_from_slice(json),
            (Self::Text(text) | Self::Json(text), Form::Json) => {
                out.push(b'"');
                write_inside(text, limit, out);
                out.push(b'"');
            }
            (Self::Text(text) | Self::Json(text), Form::Inside(usize::MAX)) => write_inside(text, limit, out),
            (Self::Text(text) | Self::Json(text), Form::Inside(max)) => {
                let text = text::lines(&String::from_utf8_lossy(text), max, char::len_utf16);
                write_inside(text.as_bytes(), limit, out);
            }
        }
    }
}

/// Writes the inside of a string of at most `limit` bytes.
fn write_inside(text: &[u8], limit: usize, out: &mut Vec<u8>) {
    let start = out.len();
    Writer::<false>::new(out).contents(text);
    if out.len() - start <= limit {
        return;
    }
    out.truncate(start);
    if limit >= content::MAX_MARKER_BYTES {
        Writer::<false>::new(out).contents(&content::cut_for_string(text, limit));
    }
}

/// The whole record or report, as it is sent without a template.
fn whole_record(subject: &Subject<'_>, limit: usize) -> Found {
    let Subject { common, timestamp, entry, .. } = subject;
    let mut whole = Vec::new();
    if content::is_text(common, entry) {
        content::write(common, &timestamp.runs, entry, &mut Writer::<false>::new(&mut whole));
        return Found::Text(whole);
    }
    timestamp.write(common, entry, &mut Writer::<false>::new(&mut whole));
    if whole.len() > limit {
        let cut = timestamp.cut(common, entry, limit);
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&cut).is_ok();
        whole = if is_json { cut } else { whole };
    }
    Found::Json(whole)
}
