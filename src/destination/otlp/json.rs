//! OTLP's log messages as JSON: lowerCamelCase names, 64-bit numbers as text.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>, read 2026-11.

use serde_json::Value as Json;

use super::record::{LogRecord, nested_as_text};
use super::resource::ResourceAttributes;
use super::trace::TraceContext;
use super::{MAX_DEPTH, PartialSuccess, SCOPE};
use crate::encode::batch::Batch;
use crate::encode::payload::Payload;
use crate::input::key_name::key_name;
use crate::input::nested::NestedReader;
use crate::input::record::{Value, ValueHead};
use crate::json::Writer;

/// Appends `ResourceLogs.resource`.
pub(super) fn resource(attributes: &ResourceAttributes, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"resource\":{\"attributes\":");
    key_values(attributes.iter(), out);
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
    any(record.body, out);
    out.extend_from_slice(b",\"attributes\":");
    key_values(attributes, out);
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
        return one.payload_between(out, "]}]}]}");
    }
    let mut out = b"{\"resourceLogs\":[".to_vec();
    array_items(&batches, &mut out, |one, out| {
        resource_logs_head(one, out);
        one.payload_between("", "]}]}").parts().for_each(|part| out.extend_from_slice(part));
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

fn key_values<'v>(pairs: impl Iterator<Item = (Value<'v>, Value<'v>)>, out: &mut Vec<u8>) {
    out.push(b'[');
    array_items(pairs, out, |(name, value), out| key_value(name, out, |out| any(value, out)));
    out.push(b']');
}

fn key_value(name: Value<'_>, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(b"{\"key\":");
    string(&key_name(name), out);
    out.extend_from_slice(b",\"value\":");
    write(out);
    out.push(b'}');
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
fn any(value: Value<'_>, out: &mut Vec<u8>) {
    let (head, mut values) = NestedReader::open(value);
    nested(head, &mut values, MAX_DEPTH, out);
}

/// The `AnyValue` of which `values` has read the head.
fn nested<'v>(head: ValueHead<'v>, values: &mut NestedReader<'v>, depth: u8, out: &mut Vec<u8>) {
    match head {
        ValueHead::Scalar(value) => scalar(value, out),
        ValueHead::Array(_) | ValueHead::Map(_) if depth == 0 => {
            typed("stringValue", out, |out| string(&nested_as_text(head, values), out));
        }
        ValueHead::Array(count) => typed("arrayValue", out, |out| elements(count, values, depth - 1, out)),
        ValueHead::Map(count) => typed("kvlistValue", out, |out| pairs(count, values, depth - 1, out)),
    }
}

fn elements(count: u32, values: &mut NestedReader<'_>, depth: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"values\":[");
    for _ in 0..count {
        let Some(item) = values.head() else { break };
        nested(item, values, depth, out);
        out.push(b',');
    }
    close_list(out);
}

fn pairs(count: u32, values: &mut NestedReader<'_>, depth: u8, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"values\":[");
    let map = values.open_map(count);
    for _ in 0..count {
        let Some((name, value)) = values.pair() else { break };
        values.note_pair(&map, name, out.len(), 0);
        key_value(name, out, |out| nested(value, values, depth, out));
        out.push(b',');
    }
    values.close_map(&map, out, 0);
    close_list(out);
}

/// Ends a list of values, without the comma after the last.
fn close_list(out: &mut Vec<u8>) {
    out.pop_if(|last| *last == b',');
    out.extend_from_slice(b"]}");
}

fn scalar(value: Value<'_>, out: &mut Vec<u8>) {
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
        Value::Extension(..) | Value::Array(..) | Value::Map(..) => {
            typed("stringValue", out, |out| string(&key_name(value), out));
        }
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
