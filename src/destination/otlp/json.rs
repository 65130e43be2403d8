//! OTLP's log messages as JSON: lowerCamelCase names, 64-bit numbers as text.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>, read 2026-11.

use serde_json::Value as Json;

use super::protobuf::{as_text, key};
use super::record::LogRecord;
use super::resource::ResourceAttributes;
use super::trace::TraceContext;
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

/// Appends an element of `ScopeLogs.logRecords` and a comma.
pub(super) fn record<'v>(
    record: &LogRecord<'v>,
    attributes: impl Iterator<Item = (Value<'v>, Value<'v>)>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"timeUnixNano\":");
    plain_text(itoa::Buffer::new().format(record.unix_nanos), out);
    out.extend_from_slice(b",\"observedTimeUnixNano\":");
    plain_text(itoa::Buffer::new().format(record.unix_nanos), out);
    if let Some((number, name)) = record.level {
        out.extend_from_slice(b",\"severityNumber\":");
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.extend_from_slice(b",\"severityText\":");
        plain_text(name, out);
    }
    out.extend_from_slice(b",\"body\":");
    any(record.body, MAX_DEPTH, out);
    out.extend_from_slice(b",\"attributes\":");
    key_values(attributes, MAX_DEPTH, out);
    trace(&record.trace, out);
    out.extend_from_slice(b"},");
}

/// Ids are hexadecimal here, other than bytes elsewhere in JSON.
fn trace(trace: &TraceContext, out: &mut Vec<u8>) {
    if let Some(id) = trace.trace_id {
        out.extend_from_slice(b",\"traceId\":");
        plain_text(&hex::encode(id), out);
    }
    if let Some(id) = trace.span_id {
        out.extend_from_slice(b",\"spanId\":");
        plain_text(&hex::encode(id), out);
    }
    if let Some(flags) = trace.flags {
        out.extend_from_slice(b",\"flags\":");
        out.extend_from_slice(itoa::Buffer::new().format(flags).as_bytes());
    }
}

/// The whole `ExportLogsServiceRequest`.
pub(super) fn request(batch: &Batch) -> Payload {
    let batches = batch.by_target();
    if let [one] = batches.as_slice() {
        let mut out = b"{\"resourceLogs\":[".to_vec();
        resource_logs_head(one, &mut out);
        return one.payload_between(out, b"]}]}]}");
    }
    let mut out = b"{\"resourceLogs\":[".to_vec();
    array_items(&batches, &mut out, |one, out| {
        resource_logs_head(one, out);
        one.payload_between("", b"]}]}").parts().for_each(|part| out.extend_from_slice(part));
    });
    out.extend_from_slice(b"]}");
    out.into()
}

/// `ResourceLogs` as far as its records.
fn resource_logs_head(batch: &Batch, out: &mut Vec<u8>) {
    out.push(b'{');
    out.extend_from_slice(batch.target());
    out.extend_from_slice(b",\"scopeLogs\":[{\"scope\":{\"name\":");
    plain_text(SCOPE.0, out);
    out.extend_from_slice(b",\"version\":");
    plain_text(SCOPE.1, out);
    out.extend_from_slice(b"},\"logRecords\":[");
}

fn key_values<'v>(pairs: impl Iterator<Item = (Value<'v>, Value<'v>)>, depth: u8, out: &mut Vec<u8>) {
    array(pairs, out, |(name, value), out| {
        out.extend_from_slice(b"{\"key\":");
        string(&key(name), out);
        out.extend_from_slice(b",\"value\":");
        any(value, depth, out);
        out.push(b'}');
    });
}

fn array<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, write: impl Fn(T, &mut Vec<u8>)) {
    out.push(b'[');
    array_items(items, out, write);
    out.push(b']');
}

fn array_items<T>(items: impl IntoIterator<Item = T>, out: &mut Vec<u8>, write: impl Fn(T, &mut Vec<u8>)) {
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(item, out);
    }
}

/// An `AnyValue`; nil is the empty object.
fn any(value: Value<'_>, depth: u8, out: &mut Vec<u8>) {
    match value {
        Value::Nil => out.extend_from_slice(b"{}"),
        Value::Text(bytes) | Value::Binary(bytes) => typed("stringValue", out, |out| string(bytes, out)),
        Value::Bool(bool) => {
            typed("boolValue", out, |out| out.extend_from_slice(if bool { b"true" } else { b"false" }));
        }
        Value::Signed(number) => {
            typed("intValue", out, |out| plain_text(itoa::Buffer::new().format(number), out));
        }
        Value::Unsigned(number) => {
            let kind = if i64::try_from(number).is_ok() { "intValue" } else { "stringValue" };
            typed(kind, out, |out| plain_text(itoa::Buffer::new().format(number), out));
        }
        Value::Float(number) => typed("doubleValue", out, |out| float(number, out)),
        Value::Extension(..) => typed("stringValue", out, |out| string(&as_text(value), out)),
        Value::Array(..) | Value::Map(..) if depth == 0 => {
            typed("stringValue", out, |out| string(&as_text(value), out));
        }
        Value::Array(_, items) => typed("arrayValue", out, |out| {
            out.extend_from_slice(b"{\"values\":");
            array(decode::elements(items), out, |item, out| any(item, depth - 1, out));
            out.push(b'}');
        }),
        Value::Map(_, entries) => typed("kvlistValue", out, |out| {
            out.extend_from_slice(b"{\"values\":");
            key_values(decode::pairs(entries), depth - 1, out);
            out.push(b'}');
        }),
    }
}

/// `{"kind":value}`
fn typed(kind: &str, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'{');
    plain_text(kind, out);
    out.push(b':');
    write(out);
    out.push(b'}');
}

fn string(bytes: &[u8], out: &mut Vec<u8>) {
    Writer::<false>::new(out).string(bytes);
}

/// A string that needs no escapes.
fn plain_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Protobuf's JSON mapping has strings for numbers that JSON lacks.
fn float(number: f64, out: &mut Vec<u8>) {
    match serde_json::Number::from_f64(number) {
        Some(finite) => out.extend_from_slice(finite.to_string().as_bytes()),
        None if number.is_nan() => plain_text("NaN", out),
        None if number > 0.0 => plain_text("Infinity", out),
        None => plain_text("-Infinity", out),
    }
}

/// Reads `ExportLogsServiceResponse`; `None` when the body is none.
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
