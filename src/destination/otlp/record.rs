//! What a log record says: time, severity, body and attributes. `json` and `protobuf` encode it.
//!
//! Severity numbers: <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>,
//! `log.iostream`: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/>, read 2026-11.

use super::resource;
use super::trace::TraceContext;
use crate::classify::classes::{Class, Entry};
use crate::input::decode;
use crate::input::nested::NestedReader;
use crate::input::record::{Source, Value, ValueHead};
use crate::json::Writer;
use crate::level::LogLevel;
use crate::stop::{Severity, StopEvent};

/// Number and short name of a severity.
type Level = (u8, &'static str);

const TRACE: Level = (1, "TRACE");
const DEBUG: Level = (5, "DEBUG");
const INFO: Level = (9, "INFO");
const WARN: Level = (13, "WARN");
const ERROR: Level = (17, "ERROR");
const FATAL: Level = (21, "FATAL");

/// The field that holds the application's line, unless `log_key` names another.
const LINE_FIELD: &[u8] = b"log";
/// The field that says which stream a line was written to, and the attribute it becomes.
const STREAM_FIELD: &[u8] = b"source";
const STREAM_ATTRIBUTE: &[u8] = b"log.iostream";
/// The field of a stop event that becomes the body.
const SUMMARY_FIELD: &[u8] = b"summary";

/// A log record without its attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogRecord<'v> {
    /// Nanoseconds since the epoch. It stands for the time of observation as well, which is not known.
    pub(super) unix_nanos: u64,
    /// `None` when the record does not tell.
    pub(super) level: Option<Level>,
    /// Usually text; the whole map for a record without a line.
    pub(super) body: Value<'v>,
    /// The request that the record belongs to.
    pub(super) trace: TraceContext,
}

/// A stop event, with its summary as the body.
pub(super) fn from_stop<'v>(entry: &Entry<'_, '_, '_>, stop: &'v StopEvent) -> LogRecord<'v> {
    let level = match stop.severity {
        Severity::Info => INFO,
        Severity::Warning => WARN,
        Severity::Error => ERROR,
    };
    LogRecord {
        unix_nanos: entry.record.time.unix_nanos(),
        level: Some(level),
        body: Value::Text(stop.summary.as_bytes()),
        trace: TraceContext::default(),
    }
}

/// The attributes of a stop event, given as a msgpack map: every field but the summary.
pub(super) fn stop_attributes(map: &[u8]) -> impl Iterator<Item = (Value<'_>, Value<'_>)> {
    let entries = match value(map) {
        Value::Map(_, entries) => entries,
        _ => &[],
    };
    decode::pairs(entries).filter(|(key, _)| key.text() != Some(SUMMARY_FIELD))
}

/// The first value in these bytes.
pub(super) fn value(msgpack: &[u8]) -> Value<'_> {
    decode::elements(msgpack).next().unwrap_or(Value::Nil)
}

/// The value of which `values` has read the head as JSON text, because OTLP would nest it too deeply.
pub(super) fn nested_as_text<'v>(head: ValueHead<'v>, values: &mut NestedReader<'v>) -> Vec<u8> {
    let mut json = Vec::new();
    Writer::<false>::new(&mut json).nested(head, values);
    json
}

/// A log line and its attributes. With `log_key` the stream is the only attribute; a record without a line is its own
/// body.
pub(super) fn from_line<'v>(
    entry: &Entry<'v, 'v, 'v>,
    log_key: Option<&str>,
) -> (LogRecord<'v>, impl Iterator<Item = (Value<'v>, Value<'v>)>) {
    let record = entry.record;
    let line = record.get(log_key.map_or(LINE_FIELD, str::as_bytes));
    let stream = match record.conflicting_source() {
        _ if entry.identity.lacks_stream() => None,
        // What it was classified as.
        Some(Source::Stderr) => Some(b"stderr".as_slice()),
        Some(Source::Stdout) => Some(b"stdout".as_slice()),
        None => record.text(STREAM_FIELD).filter(|source| matches!(*source, b"stdout" | b"stderr")),
    };
    let trace = if log_key.is_none() { TraceContext::read(record) } else { TraceContext::default() };
    let log_record = LogRecord {
        unix_nanos: record.time.unix_nanos(),
        level: entry.level.map(of_level).or_else(|| level(stream, entry.class)),
        body: line.unwrap_or_else(|| value(record.body)),
        trace,
    };
    // A record's own attribute of this name takes precedence, and no name may occur twice.
    let stream_attribute = stream
        .filter(|_| record.get(STREAM_ATTRIBUTE).is_none())
        .map(|stream| (Value::Text(STREAM_ATTRIBUTE), Value::Text(stream)));
    let has_stream_attribute = stream_attribute.is_some();
    let fields: &[_] = if line.is_some() && log_key.is_none() { record.fields } else { &[] };
    let cluster_known = resource::cluster_arn(entry).is_some();
    let entry = *entry;
    let attributes = fields
        .iter()
        .filter(move |field| match field.key.text() {
            Some(LINE_FIELD) => false,
            Some(STREAM_FIELD) => !has_stream_attribute,
            Some(name) => !trace.covers(name) && !resource::covers(&entry, name, field.value, cluster_known),
            None => true,
        })
        .map(|field| (field.key, field.value));
    (log_record, stream_attribute.into_iter().chain(attributes))
}

fn of_level(level: LogLevel) -> Level {
    match level {
        LogLevel::Trace => TRACE,
        LogLevel::Debug => DEBUG,
        LogLevel::Info => INFO,
        LogLevel::Warn => WARN,
        LogLevel::Error => ERROR,
        LogLevel::Fatal => FATAL,
    }
}

fn level(stream: Option<&[u8]>, class: Class) -> Option<Level> {
    match (stream, class) {
        (Some(b"stderr"), _) | (None, Class::Stderr) => Some(ERROR),
        (Some(_), _) | (None, Class::Stdout) => Some(INFO),
        (None, Class::Stop | Class::ExpectedStop | Class::Other | Class::Own(_)) => None,
        // Their lines have a level.
        (None, Class::Error | Class::Warn) => None,
    }
}
