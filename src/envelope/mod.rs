//! Unwraps the envelopes that an ECS event may arrive in: SNS, SQS and Lambda, Firehose deliveries, CloudWatch Logs
//! subscription data, a text field, Docker's events, the ECS agent's log.
//!
//! Pure: no I/O and no clock; no input makes it panic, and what cannot be read is left as it was. Owns the shapes of
//! envelopes. Does not own whom to trust (`classify`: a record with a container's fields must not get here, it is
//! application output whatever its text says) nor what an event means (`stop`). Whoever feeds CloudWatch Logs data
//! vouches for its log group: its lines are read as if they had been sent here.
//!
//! Other records are to pass cheaply, so field names and first bytes are checked before anything is parsed.

use std::sync::LazyLock;

use regex::bytes::Regex;
use serde_json::Value;

use crate::input::record::{self, Record};
use crate::json::Writer;

mod agent;
mod budget;
mod decode;
mod docker;
mod logfmt;
mod shape;
mod unwrap;

#[cfg(test)]
mod tests;

pub use budget::Budget;
use unwrap::Unwrapper;

/// The contents of an envelope.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Envelope {
    /// Events in EventBridge's shape, in their order; `stop::EventReader::read` decides which of them are stops.
    pub events: Vec<Value>,
    /// Whether it held something else as well (other text, a truncated tail), so that the record itself has to be
    /// delivered too, unchanged.
    pub has_rest: bool,
}

/// Unwraps a record that no application wrote.
///
/// `None`: the record is not an envelope, or nothing in it can be read as an event. That includes a bare event, which needs
/// no unwrapping. `budget` is that of the record's chunk; what it does not suffice for stays in the record.
#[must_use]
pub fn unwrap(record: &Record<'_, '_>, budget: &Budget) -> Option<Envelope> {
    let mut unwrapper = Unwrapper::new(budget);
    match find_candidate(record)? {
        Candidate::Text(text) => unwrapper.text(&String::from_utf8_lossy(text)),
        Candidate::Fields => unwrapper.fields(record.body.len(), || to_json(record)),
    }
    unwrapper.finish()
}

/// Whether a record looks like an envelope; only [`unwrap`] finds out whether it is one.
#[must_use]
pub fn may_be_envelope(record: &Record<'_, '_>) -> bool {
    find_candidate(record).is_some()
}

/// Unwraps a text that somebody vouches for as ECS's: in it a bare event is read as well, and one that lost its
/// envelope on the way gets it back. A text has a budget of its own.
///
/// `None`: nothing in it can be read as an event.
#[must_use]
pub fn unwrap_vouched(text: &str) -> Option<Envelope> {
    let budget = Budget::default();
    let mut unwrapper = Unwrapper::vouched(&budget);
    unwrapper.text(text);
    unwrapper.finish()
}

/// Where in a record an envelope may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Candidate<'a> {
    /// In one field, as text.
    Text(&'a [u8]),
    /// In the record's own fields.
    Fields,
}

fn find_candidate<'a>(record: &Record<'a, '_>) -> Option<Candidate<'a>> {
    let is_alone = record.fields.len() == 1;
    let mut candidate = None;
    for field in record.fields {
        match (field.key.text().unwrap_or_default(), field.value) {
            (b"detail-type", _) => return None,
            (b"Records" | b"records" | b"logEvents" | b"Message", record::Value::Array(..)) => {
                candidate = Some(Candidate::Fields);
            }
            (b"Message" | b"awslogs" | b"Actor", record::Value::Map(..)) => {
                candidate = Some(Candidate::Fields)
            }
            (b"Message", record::Value::Text(text)) if is_json(text) => candidate = Some(Candidate::Fields),
            (b"msg", record::Value::Text(text)) if text == agent::STATE_CHANGE_MESSAGE.as_bytes() => {
                candidate = Some(Candidate::Fields);
            }
            (b"log" | b"message" | b"payload" | b"body", record::Value::Text(text))
                if candidate.is_none() =>
            {
                candidate = may_hold_events(text, is_alone).then_some(Candidate::Text(text));
            }
            _ => {}
        }
    }
    candidate
}

fn is_json(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether a text is worth parsing. `is_alone`: it is the whole record, as Docker's events are, and those may begin with
/// the end of an event that was cut.
fn may_hold_events(text: &[u8], is_alone: bool) -> bool {
    let has_start = is_json(text) || text.starts_with(logfmt::LINE_START.as_bytes());
    (has_start || is_alone) && NAMES.as_ref().is_some_and(|names| names.is_match(text))
}

/// Every envelope and every event contains one of these.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#""(detail-type|Message|[Rr]ecords|logEvents|awslogs|Actor)"|Sending state change to ECS"#)
        .ok()
});

/// The record as JSON text, from which everything is unwrapped.
fn to_json(record: &Record<'_, '_>) -> String {
    let mut text = Vec::new();
    Writer::<false>::new(&mut text).record(record, |_| false);
    String::from_utf8(text).unwrap_or_default()
}
