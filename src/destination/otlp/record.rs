//! What a log record says: severity, body and attributes. How that is written is the notations' business.
//!
//! Severity numbers: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>,
//! `log.iostream`: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/>, read 2026-11.

use super::resource;
use crate::classify::classes::{Class, Entry};
use crate::input::decode;
use crate::input::record::Value;
use crate::stop::{Severity, StopEvent};

/// Number and short name of a severity.
type Level = (u8, &'static str);

const INFO: Level = (9, "INFO");
const WARN: Level = (13, "WARN");
const ERROR: Level = (17, "ERROR");

/// The field that is the application's line, unless `log_key` names another.
const LINE: &[u8] = b"log";
/// The field that says which stream a line was written to, and the attribute it becomes.
const SOURCE: &[u8] = b"source";
const IOSTREAM: &[u8] = b"log.iostream";
/// The field of a stop event that is its body.
const SUMMARY: &[u8] = b"summary";

/// A record but for its attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogRecord<'v> {
    /// When it was made. It was observed then, too, as far as anybody here knows.
    pub(super) at: u64,
    /// `None` when nothing tells.
    pub(super) level: Option<Level>,
    /// Text for most, a whole map for records that hold no line.
    pub(super) body: Value<'v>,
}

/// A stop in one sentence.
pub(super) fn of_stop<'v>(entry: &Entry<'_, '_, '_>, stop: &'v StopEvent) -> LogRecord<'v> {
    let level = match stop.severity {
        Severity::Info => INFO,
        Severity::Warning => WARN,
        Severity::Error => ERROR,
    };
    LogRecord {
        at: entry.record.time.unix_nanos(),
        level: Some(level),
        body: Value::Text(stop.summary.as_bytes()),
    }
}

/// The other fields of a stop, which comes as a msgpack map.
pub(super) fn fields_of_stop(map: &[u8]) -> impl Iterator<Item = (Value<'_>, Value<'_>)> {
    let entries = match whole(map) {
        Value::Map(_, entries) => entries,
        _ => &[],
    };
    decode::pairs(entries).filter(|(key, _)| key.text() != Some(SUMMARY))
}

/// The only value of these bytes.
pub(super) fn whole(msgpack: &[u8]) -> Value<'_> {
    decode::elements(msgpack).next().unwrap_or(Value::Nil)
}

/// A line, and what else its record says; with `log_key` that is only the stream, and a record without any line is
/// its own body.
pub(super) fn of_line<'v>(
    entry: &Entry<'v, 'v, 'v>,
    log_key: Option<&str>,
) -> (LogRecord<'v>, impl Iterator<Item = (Value<'v>, Value<'v>)>) {
    let record = entry.record;
    let key = log_key.map_or(LINE, str::as_bytes);
    let line = record.get(key);
    let stream = record.text(SOURCE).filter(|source| matches!(*source, b"stdout" | b"stderr"));
    let level = match (stream, entry.class) {
        (Some(b"stderr"), _) | (None, Class::Stderr) => Some(ERROR),
        (Some(_), _) | (None, Class::Stdout) => Some(INFO),
        (None, Class::Stop | Class::ExpectedStop | Class::Other | Class::Own(_)) => None,
    };
    let body = line.unwrap_or_else(|| whole(record.body));
    // A record that has the attribute already is not overruled, and no name may stand twice.
    let iostream = stream
        .filter(|_| record.get(IOSTREAM).is_none())
        .map(|stream| (Value::Text(IOSTREAM), Value::Text(stream)));
    let fields: &[_] = if line.is_some() && log_key.is_none() { record.fields } else { &[] };
    let cluster_known = resource::cluster_arn(entry).is_some();
    let said_elsewhere = move |key: Option<&[u8]>, value: Value<'_>| match key {
        Some(LINE) => true,
        Some(SOURCE) => iostream.is_some(),
        Some(name) => resource::says(name, value, cluster_known),
        None => false,
    };
    let others = fields
        .iter()
        .filter(move |field| !said_elsewhere(field.key.text(), field.value))
        .map(|field| (field.key, field.value));
    (LogRecord { at: record.time.unix_nanos(), level, body }, iostream.into_iter().chain(others))
}
