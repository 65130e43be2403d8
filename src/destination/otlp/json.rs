//! The messages of OTLP logs as JSON: lowerCamelCase names, numbers of 64 bits as text.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>, read 2026-11.

use serde_json::Value as Json;

use super::protobuf::{as_text, key};
use super::record::LogRecord;
use super::resource::ResourceAttributes;
use super::{MAX_DEPTH, PartialSuccess, SCOPE};
use crate::encode::batch::Batch;
use crate::encode::payload::Payload;
use crate::input::decode;
use crate::input::record::Value;
use crate::json::Writer;

/// Appends `ResourceLogs.resource`.
pub(super) fn resource(attributes: &ResourceAttributes, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"resource\":{\"attributes\":");
    key_values(attributes.iter(), MAX_DEPTH, out);
    out.push(b'}');
}

/// Appends one of `ScopeLogs.logRecords`, and a comma.
pub(super) fn record<'v>(
    record: &LogRecord<'v>,
    attributes: impl Iterator<Item = (Value<'v>, Value<'v>)>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"timeUnixNano\":");
    text(itoa::Buffer::new().format(record.at), out);
    out.extend_from_slice(b",\"observedTimeUnixNano\":");
    text(itoa::Buffer::new().format(record.at), out);
    if let Some((number, name)) = record.level {
        out.extend_from_slice(b",\"severityNumber\":");
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.extend_from_slice(b",\"severityText\":");
        text(name, out);
    }
    out.extend_from_slice(b",\"body\":");
    any(record.body, MAX_DEPTH, out);
    out.extend_from_slice(b",\"attributes\":");
    key_values(attributes, MAX_DEPTH, out);
    out.extend_from_slice(b"},");
}

/// The whole `ExportLogsServiceRequest`.
pub(super) fn request(batch: &Batch) -> Payload {
    let mut out = Vec::with_capacity(batch.target().len() + 128);
    out.extend_from_slice(b"{\"resourceLogs\":[{");
    out.extend_from_slice(batch.target());
    out.extend_from_slice(b",\"scopeLogs\":[{\"scope\":{\"name\":");
    text(SCOPE.0, &mut out);
    out.extend_from_slice(b",\"version\":");
    text(SCOPE.1, &mut out);
    out.extend_from_slice(b"},\"logRecords\":[");
    batch.payload_between(out, b"]}]}]}")
}

fn key_values<'v>(pairs: impl Iterator<Item = (Value<'v>, Value<'v>)>, depth: u8, out: &mut Vec<u8>) {
    listed(pairs, out, |(name, value), out| {
        out.extend_from_slice(b"{\"key\":");
        string(&key(name), out);
        out.extend_from_slice(b",\"value\":");
        any(value, depth, out);
        out.push(b'}');
    });
}

fn listed<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, write: impl Fn(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// An `AnyValue`; the empty object is nil.
fn any(value: Value<'_>, depth: u8, out: &mut Vec<u8>) {
    match value {
        Value::Nil => out.extend_from_slice(b"{}"),
        Value::Text(bytes) | Value::Binary(bytes) => of_kind("stringValue", out, |out| string(bytes, out)),
        Value::Bool(bool) => {
            of_kind("boolValue", out, |out| out.extend_from_slice(if bool { b"true" } else { b"false" }));
        }
        Value::Signed(number) => {
            of_kind("intValue", out, |out| text(itoa::Buffer::new().format(number), out));
        }
        Value::Unsigned(number) => {
            let kind = if i64::try_from(number).is_ok() { "intValue" } else { "stringValue" };
            of_kind(kind, out, |out| text(itoa::Buffer::new().format(number), out));
        }
        Value::Float(number) => of_kind("doubleValue", out, |out| float(number, out)),
        Value::Extension(..) => of_kind("stringValue", out, |out| string(&as_text(value), out)),
        Value::Array(..) | Value::Map(..) if depth == 0 => {
            of_kind("stringValue", out, |out| string(&as_text(value), out));
        }
        Value::Array(_, items) => of_kind("arrayValue", out, |out| {
            out.extend_from_slice(b"{\"values\":");
            listed(decode::elements(items), out, |item, out| any(item, depth - 1, out));
            out.push(b'}');
        }),
        Value::Map(_, entries) => of_kind("kvlistValue", out, |out| {
            out.extend_from_slice(b"{\"values\":");
            key_values(decode::pairs(entries), depth - 1, out);
            out.push(b'}');
        }),
    }
}

fn of_kind(kind: &str, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'{');
    text(kind, out);
    out.push(b':');
    write(out);
    out.push(b'}');
}

fn string(bytes: &[u8], out: &mut Vec<u8>) {
    Writer::<false>::new(out).string(bytes);
}

/// Text that needs no escape.
fn text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Protobuf's JSON has words for what JSON has no number for.
fn float(number: f64, out: &mut Vec<u8>) {
    match serde_json::Number::from_f64(number) {
        Some(finite) => out.extend_from_slice(finite.to_string().as_bytes()),
        None if number.is_nan() => text("NaN", out),
        None if number > 0.0 => text("Infinity", out),
        None => text("-Infinity", out),
    }
}

/// Reads `ExportLogsServiceResponse`; `None` when it is none.
pub(super) fn partial_success(body: &[u8]) -> Option<PartialSuccess> {
    let body: Json = serde_json::from_slice(body).ok().filter(Json::is_object)?;
    let partial = &body["partialSuccess"];
    let rejected = match &partial["rejectedLogRecords"] {
        Json::Null => 0,
        Json::String(digits) => digits.parse().ok()?,
        number => usize::try_from(number.as_u64()?).ok()?,
    };
    let message = partial["errorMessage"].as_str().unwrap_or_default().to_owned();
    Some(PartialSuccess { rejected, message })
}
