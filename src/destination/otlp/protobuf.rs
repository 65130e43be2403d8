//! OTLP's log messages as protobuf.
//!
//! Written by hand instead of with `prost`: records go from msgpack straight into the request, while generated types
//! would first need every text as a `String` and every attribute in a list. The messages are few, and their field
//! numbers never change. Wire format: <https://protobuf.dev/programming-guides/encoding/>, read 2026-11.

use super::record::{LogRecord, nested_as_text};
use super::resource::ResourceAttributes;
use super::trace::TraceContext;
use super::{MAX_DEPTH, PartialSuccess, SCOPE};
use crate::encode::batch::Batch;
use crate::encode::payload::Payload;
use crate::input::key_name::key_name;
use crate::input::nested::NestedReader;
use crate::input::record::{Value, ValueHead};

/// Wire types.
const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const FIXED32: u8 = 5;

/// Appends `ResourceLogs.resource`.
pub(super) fn resource(attributes: &ResourceAttributes, out: &mut Vec<u8>) {
    message(1, out, |out| {
        attributes.iter().for_each(|(name, value)| key_value(1, name, out, |out| any(value, out)))
    });
}

/// Appends an element of `ScopeLogs.log_records`.
pub(super) fn record<'v>(
    record: &LogRecord<'v>,
    attributes: impl Iterator<Item = (Value<'v>, Value<'v>)>,
    out: &mut Vec<u8>,
) {
    message(2, out, |out| {
        fixed64(1, record.unix_nanos, out);
        if let Some((number, name)) = record.level {
            tag(2, VARINT, out);
            varint(number.into(), out);
            bytes(3, name.as_bytes(), out);
        }
        message(5, out, |out| any(record.body, out));
        attributes.for_each(|(name, value)| key_value(6, name, out, |out| any(value, out)));
        trace(&record.trace, out);
        fixed64(11, record.unix_nanos, out);
    });
}

fn trace(trace: &TraceContext, out: &mut Vec<u8>) {
    if let Some(flags) = trace.flags {
        tag(8, FIXED32, out);
        out.extend_from_slice(&u32::from(flags).to_le_bytes());
    }
    if let Some(id) = trace.trace_id {
        bytes(9, &id, out);
    }
    if let Some(id) = trace.span_id {
        bytes(10, &id, out);
    }
}

/// The whole `ExportLogsServiceRequest`. All lengths are known beforehand, so nothing is moved.
pub(super) fn request(batch: &Batch) -> Payload {
    let mut scope = Vec::new();
    message(1, &mut scope, |out| {
        bytes(1, SCOPE.0.as_bytes(), out);
        bytes(2, SCOPE.1.as_bytes(), out);
    });
    let batches = batch.by_target();
    let mut out = Vec::new();
    if let [one] = batches.as_slice() {
        resource_logs_head(one, &scope, &mut out);
        return one.payload_after(out);
    }
    for one in &batches {
        resource_logs_head(one, &scope, &mut out);
        one.payload().parts().for_each(|part| out.extend_from_slice(part));
    }
    out.into()
}

/// `ResourceLogs` as far as its records.
fn resource_logs_head(batch: &Batch, scope: &[u8], out: &mut Vec<u8>) {
    let scope_logs_len = scope.len() + batch.wire_len();
    let mut head = batch.target().to_vec();
    length(2, scope_logs_len, &mut head);
    length(1, head.len() + scope_logs_len, out);
    out.extend_from_slice(&head);
    out.extend_from_slice(scope);
}

fn key_value(field: u8, name: Value<'_>, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    message(field, out, |out| {
        bytes(1, &key_name(name), out);
        message(2, out, write);
    });
}

/// The fields of an `AnyValue`; nil has none.
fn any(value: Value<'_>, out: &mut Vec<u8>) {
    let (head, mut values) = NestedReader::open(value);
    nested(head, &mut values, MAX_DEPTH, out);
}

/// The fields of the `AnyValue` of which `values` has read the head.
fn nested<'v>(head: ValueHead<'v>, values: &mut NestedReader<'v>, depth: u8, out: &mut Vec<u8>) {
    match head {
        ValueHead::Scalar(value) => scalar(value, out),
        ValueHead::Array(_) | ValueHead::Map(_) if depth == 0 => {
            string(1, &nested_as_text(head, values), out);
        }
        ValueHead::Array(count) => message(5, out, |out| elements(count, values, depth - 1, out)),
        ValueHead::Map(count) => message(6, out, |out| pairs(count, values, depth - 1, out)),
    }
}

fn elements(count: u32, values: &mut NestedReader<'_>, depth: u8, out: &mut Vec<u8>) {
    for _ in 0..count {
        let Some(item) = values.head() else { break };
        message(1, out, |out| nested(item, values, depth, out));
    }
}

fn pairs(count: u32, values: &mut NestedReader<'_>, depth: u8, out: &mut Vec<u8>) {
    let map = values.open_map(count);
    for _ in 0..count {
        let Some((name, value)) = values.pair() else { break };
        values.note_pair(&map, name, out.len(), 0);
        key_value(1, name, out, |out| nested(value, values, depth, out));
    }
    values.close_map(&map, out, 0);
}

fn scalar(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Nil => {}
        Value::Text(text) | Value::Binary(text) => string(1, text, out),
        Value::Bool(bool) => {
            tag(2, VARINT, out);
            out.push(u8::from(bool));
        }
        Value::Signed(number) => integer(number, out),
        Value::Unsigned(number) => match i64::try_from(number) {
            Ok(number) => integer(number, out),
            Err(_) => bytes(1, number.to_string().as_bytes(), out),
        },
        Value::Float(number) => fixed64(4, number.to_bits(), out),
        Value::Extension(..) | Value::Array(..) | Value::Map(..) => bytes(1, &key_name(value), out),
    }
}

fn integer(number: i64, out: &mut Vec<u8>) {
    tag(3, VARINT, out);
    varint(number.cast_unsigned(), out);
}

/// Strings must be UTF-8.
fn string(field: u8, text: &[u8], out: &mut Vec<u8>) {
    bytes(field, String::from_utf8_lossy(text).as_bytes(), out);
}

fn bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
    length(field, bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn fixed64(field: u8, number: u64, out: &mut Vec<u8>) {
    tag(field, FIXED64, out);
    out.extend_from_slice(&number.to_le_bytes());
}

/// A nested message. Its length comes first but is known last: one byte is reserved for it, and a longer length moves the
/// message.
fn message(field: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    tag(field, LENGTH_DELIMITED, out);
    let start = out.len();
    out.push(0);
    write(out);
    let length = out.len() - start - 1;
    match (u8::try_from(length), out.get_mut(start)) {
        (Ok(short @ 0..0x80), Some(reserved)) => *reserved = short,
        _ => {
            let mut long = Vec::new();
            varint(length as u64, &mut long);
            out.splice(start..=start, long);
        }
    }
}

fn length(field: u8, length: usize, out: &mut Vec<u8>) {
    tag(field, LENGTH_DELIMITED, out);
    varint(length as u64, out);
}

/// OTLP's field numbers used here are at most 15 and take one byte.
fn tag(field: u8, wire_type: u8, out: &mut Vec<u8>) {
    out.push(field << 3 | wire_type);
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return out.push(low & 0x7F);
        }
        out.push(low | 0x80);
    }
}

/// Reads `ExportLogsServiceResponse`; `None` when the body is none.
pub(super) fn partial_success(body: &[u8]) -> Option<PartialSuccess> {
    let mut partial = PartialSuccess::default();
    for (field, value) in Fields(body).collect::<Option<Vec<_>>>()? {
        if let (1, FieldValue::Bytes(message)) = (field, value) {
            for (field, value) in Fields(message).collect::<Option<Vec<_>>>()? {
                match (field, value) {
                    (1, FieldValue::Number(number)) => partial.rejected = usize::try_from(number).ok()?,
                    (2, FieldValue::Bytes(text)) => {
                        partial.message = String::from_utf8_lossy(text).into_owned()
                    }
                    _ => {}
                }
            }
        }
    }
    Some(partial)
}

/// The value of a field.
enum FieldValue<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message; a malformed field is `None` and ends the iteration.
struct Fields<'b>(&'b [u8]);

impl<'b> Iterator for Fields<'b> {
    type Item = Option<(u64, FieldValue<'b>)>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.0.is_empty()).then(|| {
            let value = self.field();
            if value.is_none() {
                self.0 = &[];
            }
            value
        })
    }
}

impl<'b> Fields<'b> {
    fn field(&mut self) -> Option<(u64, FieldValue<'b>)> {
        let tag = self.varint()?;
        let value = match u8::try_from(tag & 7).ok()? {
            VARINT => FieldValue::Number(self.varint()?),
            FIXED64 => FieldValue::Bytes(self.take(8)?),
            LENGTH_DELIMITED => {
                let length = usize::try_from(self.varint()?).ok()?;
                FieldValue::Bytes(self.take(length)?)
            }
            FIXED32 => FieldValue::Bytes(self.take(4)?),
            _ => return None,
        };
        // Field numbers begin at 1.
        (tag >> 3 > 0).then_some((tag >> 3, value))
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}
