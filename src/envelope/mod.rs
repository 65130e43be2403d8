//! Opens what an ECS event may arrive in: SNS, SQS and Lambda envelopes, Firehose deliveries, CloudWatch Logs
//! subscription data, a text field, Docker's events, the ECS agent's log.
//!
//! Pure: no I/O and no clock; no input makes it panic, and what cannot be read stays what it was. Owns what the
//! carriers look like. Does not own whom to trust (`classify`: a record with a container's marks must not get here,
//! it is application output whatever its text says) nor what an event means (`stop`). Whoever feeds CloudWatch Logs
//! data vouches for its log group: its lines are read as if they had been sent here.
//!
//! Records that carry nothing are to pass cheaply, so names of fields and first bytes are looked at before anything
//! is parsed.

use std::sync::LazyLock;

use regex::bytes::Regex;
use serde_json::Value;

use crate::input::record::{self, Record};
use crate::json::Writer;

mod agent;
mod decode;
mod docker;
mod logfmt;
mod shape;
mod unwrap;

#[cfg(test)]
mod tests;

use unwrap::Unwrapper;

/// What a carrier held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Envelope {
    /// Events in EventBridge's shape, in their order; `stop::EventReader::read` decides which of them are stops.
    pub events: Vec<Value>,
    /// It held something else as well (other text, a truncated tail): the record itself must go on too, unharmed.
    pub rest: bool,
}

/// Opens a record that bears no container's marks.
///
/// `None`: it is no carrier, or nothing in it can be read as an event; it stays what it is. That includes a bare
/// event, which needs no opening.
#[must_use]
pub fn open(record: &Record<'_, '_>) -> Option<Envelope> {
    let mut opener = Unwrapper::default();
    match held(record)? {
        Held::Text(text) => opener.text(&String::from_utf8_lossy(text)),
        Held::Fields => opener.text(&written(record)),
    }
    opener.finish()
}

/// Where in a record a carrier may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Held<'a> {
    /// In one field, as text.
    Text(&'a [u8]),
    /// In the record's own fields.
    Fields,
}

fn held<'a>(record: &Record<'a, '_>) -> Option<Held<'a>> {
    let alone = record.fields.len() == 1;
    let mut found = None;
    for field in record.fields {
        match (field.key.text().unwrap_or_default(), field.value) {
            (b"detail-type", _) => return None,
            (b"Records" | b"records" | b"logEvents" | b"Message", record::Value::Array(..)) => {
                found = Some(Held::Fields);
            }
            (b"Message" | b"awslogs" | b"Actor", record::Value::Map(..)) => found = Some(Held::Fields),
            (b"Message", record::Value::Text(text)) if is_json(text) => found = Some(Held::Fields),
            (b"msg", record::Value::Text(text)) if text == agent::SENDING.as_bytes() => {
                found = Some(Held::Fields);
            }
            (b"log" | b"message" | b"payload" | b"body", record::Value::Text(text)) if found.is_none() => {
                found = is_promising(text, alone).then_some(Held::Text(text));
            }
            _ => {}
        }
    }
    found
}

fn is_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether a text deserves to be parsed. `alone`: it is the whole record, as Docker's events are, and those may
/// begin with the end of an event that was cut.
fn is_promising(text: &[u8], alone: bool) -> bool {
    let begins = is_json(text) || text.starts_with(logfmt::START.as_bytes());
    (begins || alone) && NAMES.as_ref().is_some_and(|names| names.is_match(text))
}

/// One of these stands in every carrier and every event.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""(detail-type|Message|[Rr]ecords|logEvents|awslogs|Actor)"|Sending state change to ECS"#)
        .ok()
});

/// The record as JSON text, the one form in which everything is opened.
fn written(record: &Record<'_, '_>) -> String {
    let mut text = Vec::new();
    Writer::<false>::new(&mut text).record(record, |_| false);
    String::from_utf8(text).unwrap_or_default()
}
