//! The messages of OTLP logs as protobuf.
//!
//! Written by hand and not with `prost`: records go from msgpack straight into the request, where generated types
//! would want every text as a `String` and every attribute in a list first. The messages are few and their numbers
//! never change. Wire format: <https://protobuf.dev/programming-guides/encoding/>, read 2026-11.

use std::borrow::Cow;

use super::record::LogRecord;
use super::resource::ResourceAttributes;
use super::{MAX_DEPTH, PartialSuccess, SCOPE};
use crate::encode::batch::Batch;
use crate::encode::payload::Payload;
use crate::input::record::Value;
use crate::json::Writer;

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const FIXED32: u8 = 5;

/// Appends `ResourceLogs.resource`.
pub(super) fn resource(attributes: &ResourceAttributes, out: &mut Vec<u8>) {
    nested(1, out, |out| {
        attributes.iter().for_each(|(name, value)| key_value(1, name, value, MAX_DEPTH, out))
    });
}

/// Appends `ScopeLogs.log_records`.
pub(super) fn record<'v>(
    record: &LogRecord<'v>,
    attributes: impl Iterator<Item = (Value<'v>, Value<'v>)>,
    out: &mut Vec<u8>,
) {
    nested(2, out, |out| {
        fixed64(1, record.at, out);
        if let Some((number, name)) = record.level {
            tag(2, VARINT, out);
            varint(number.into(), out);
            bytes(3, name.as_bytes(), out);
        }
        nested(5, out, |out| any(record.body, MAX_DEPTH, out));
        attributes.for_each(|(name, value)| key_value(6, name, value, MAX_DEPTH, out));
        fixed64(11, record.at, out);
    });
}

/// The whole `ExportLogsServiceRequest`. Its lengths are known before, so nothing is moved.
pub(super) fn request(batch: &Batch) -> Payload {
    let mut scope = Vec::new();
    nested(1, &mut scope, |out| {
        bytes(1, SCOPE.0.as_bytes(), out);
        bytes(2, SCOPE.1.as_bytes(), out);
    });
    let scope_logs = scope.len() + batch.wire_len();
    let mut head = batch.target().to_vec();
    length(2, scope_logs, &mut head);
    let mut out = Vec::with_capacity(head.len() + scope.len() + 16);
    length(1, head.len() + scope_logs, &mut out);
    out.extend_from_slice(&head);
    out.extend_from_slice(&scope);
    batch.payload_after(out)
}

fn key_value(field: u8, name: Value<'_>, value: Value<'_>, depth: u8, out: &mut Vec<u8>) {
    nested(field, out, |out| {
        string(1, &key(name), out);
        nested(2, out, |out| any(value, depth, out));
    });
}

/// The inside of an `AnyValue`; nothing at all is nil.
fn any(value: Value<'_>, depth: u8, out: &mut Vec<u8>) {
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
        Value::Extension(..) => string(1, &as_text(value), out),
        Value::Array(..) | Value::Map(..) if depth == 0 => string(1, &as_text(value), out),
        Value::Array(_, items) => nested(5, out, |out| {
            crate::input::decode::elements(items)
                .for_each(|item| nested(1, out, |out| any(item, depth - 1, out)));
        }),
        Value::Map(_, entries) => nested(6, out, |out| {
            crate::input::decode::pairs(entries)
                .for_each(|(name, value)| key_value(1, name, value, depth - 1, out));
        }),
    }
}

/// What a map's key is called: as wherever else records are written as JSON.
pub(super) fn key(key: Value<'_>) -> Cow<'_, [u8]> {
    key.text().map_or_else(|| Cow::Owned(bare(|writer| writer.key(key))), Cow::Borrowed)
}

/// What has no form of its own, as text: what it is in JSON, without quotation marks of its own.
pub(super) fn as_text(value: Value<'_>) -> Vec<u8> {
    bare(|writer| writer.value(value))
}

/// What is written, without the quotation marks around it. Only texts have escapes between them, and none comes here.
fn bare(write: impl FnOnce(&mut Writer<'_, false>)) -> Vec<u8> {
    let mut json = Vec::new();
    write(&mut Writer::<false>::new(&mut json));
    match json.as_slice() {
        [b'"', text @ .., b'"'] => text.to_vec(),
        _ => json,
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

/// A message inside of another. Its length comes first but is known last: the usual one takes the byte that is kept
/// for it, and a longer one moves the message along.
fn nested(field: u8, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    tag(field, LENGTH, out);
    let place = out.len();
    out.push(0);
    write(out);
    let length = out.len() - place - 1;
    match (u8::try_from(length), out.get_mut(place)) {
        (Ok(short @ 0..0x80), Some(kept)) => *kept = short,
        _ => {
            let mut long = Vec::new();
            varint(length as u64, &mut long);
            out.splice(place..=place, long);
        }
    }
}

fn length(field: u8, length: usize, out: &mut Vec<u8>) {
    tag(field, LENGTH, out);
    varint(length as u64, out);
}

/// Field numbers up to 15, which is all there are here, take one byte.
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

/// Reads `ExportLogsServiceResponse`; `None` when it is none.
pub(super) fn partial_success(body: &[u8]) -> Option<PartialSuccess> {
    let mut partial = PartialSuccess::default();
    for (field, part) in Parts(body).collect::<Option<Vec<_>>>()? {
        if let (1, Part::Bytes(message)) = (field, part) {
            for (field, part) in Parts(message).collect::<Option<Vec<_>>>()? {
                match (field, part) {
                    (1, Part::Number(number)) => partial.rejected = usize::try_from(number).ok()?,
                    (2, Part::Bytes(text)) => partial.message = String::from_utf8_lossy(text).into_owned(),
                    _ => {}
                }
            }
        }
    }
    Some(partial)
}

enum Part<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// The fields of a message; one that is broken is `None`, and the last.
struct Parts<'b>(&'b [u8]);

impl<'b> Iterator for Parts<'b> {
    type Item = Option<(u64, Part<'b>)>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.0.is_empty()).then(|| {
            let part = self.part();
            if part.is_none() {
                self.0 = &[];
            }
            part
        })
    }
}

impl<'b> Parts<'b> {
    fn part(&mut self) -> Option<(u64, Part<'b>)> {
        let tag = self.varint()?;
        let part = match u8::try_from(tag & 7).ok()? {
            VARINT => Part::Number(self.varint()?),
            FIXED64 => Part::Bytes(self.take(8)?),
            LENGTH => {
                let length = usize::try_from(self.varint()?).ok()?;
                Part::Bytes(self.take(length)?)
            }
            FIXED32 => Part::Bytes(self.take(4)?),
            _ => return None,
        };
        // There is no field 0.
        (tag >> 3 > 0).then_some((tag >> 3, part))
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
