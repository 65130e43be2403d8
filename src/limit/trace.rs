//! The trace or request that a line belongs to, as a field of it says.
//!
//! All lines of one trace have one hash, in every task and every version of the router, so that a sample holds traces as a
//! whole. A line of no trace has a hash of its own, the same each time its chunk comes.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::input::decode;
use crate::input::record::{Record, Value};
use crate::level::{JsonPairs, JsonValue};

/// Lines without a trace are hashed apart from ids.
const SEED_OF_LINES: u64 = 0x6563_735f_6c69_6e65;

/// Longest decimal form of a whole number.
const NUMBER_BYTES: usize = 20;

/// Names of fields that hold the id of a trace or of a request; the first one that a line has counts.
#[derive(Debug, Clone, Default)]
pub struct TraceFields {
    names: Vec<String>,
    /// By first byte: whether some name begins with it. Most fields are passed over by that alone.
    first_bytes: Vec<u8>,
}

/// An id as it was found, and the rank of its field.
#[derive(Debug, Clone, Copy)]
struct FoundId {
    rank: usize,
    hash: u64,
}

impl TraceFields {
    /// Fields of the record or of the JSON in its line, with dots into nested ones; the first is preferred.
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        let mut first_bytes: Vec<u8> = names.iter().filter_map(|name| name.bytes().next()).collect();
        first_bytes.sort_unstable();
        first_bytes.dedup();
        Self { names, first_bytes }
    }

    /// The hash of the record's trace, or that of the record at this place of its chunk.
    #[must_use]
    pub fn hash(&self, record: &Record<'_, '_>, ordinal: u32) -> u64 {
        self.trace_hash(record).unwrap_or_else(|| {
            let place = (record.time.unix_nanos() ^ u64::from(ordinal)).wrapping_add(SEED_OF_LINES);
            xxh3_64_with_seed(record.body, place)
        })
    }

    /// The hash of the trace that the record names; `None`: it names none.
    #[must_use]
    pub fn trace_hash(&self, record: &Record<'_, '_>) -> Option<u64> {
        let mut found = None;
        for field in record.fields {
            if let Value::Text(key) = field.key {
                self.look_at_field(key, field.value, &mut found);
            }
        }
        let line = || record.text(b"log").or_else(|| record.text(b"message"));
        if found.is_none()
            && let Some(pairs) = line().and_then(JsonPairs::of_object)
        {
            pairs.for_each(|(key, value)| self.look_at_json(key, value, &mut found));
        }
        found.map(|found| found.hash)
    }

    fn may_begin(&self, key: &[u8]) -> bool {
        key.first().is_some_and(|first| self.first_bytes.contains(first))
    }

    fn look_at_field(&self, key: &[u8], value: Value<'_>, found: &mut Option<FoundId>) {
        if !self.may_begin(key) {
            return;
        }
        for (rank, rest) in self.ranks(key) {
            if rest.is_empty() {
                keep_better(found, rank, hash_of_value(value));
            } else {
                keep_better(found, rank, nested(value, rest).and_then(hash_of_value));
            }
        }
    }

    fn look_at_json(&self, key: &[u8], value: JsonValue<'_>, found: &mut Option<FoundId>) {
        if !self.may_begin(key) {
            return;
        }
        for (rank, rest) in self.ranks(key) {
            if rest.is_empty() {
                keep_better(found, rank, hash_of_json(value));
            } else {
                keep_better(found, rank, nested_json(value, rest).and_then(hash_of_json));
            }
        }
    }

    /// The names that this key is, or leads to, and what is left of them.
    fn ranks<'n>(&'n self, key: &[u8]) -> impl Iterator<Item = (usize, &'n [u8])> {
        let rest = move |name: &'n String| rest_of(name.as_bytes(), key);
        self.names.iter().enumerate().filter_map(move |(rank, name)| Some((rank, rest(name)?)))
    }
}

/// What a name is after this key: nothing where it is the key, or the names inside.
fn rest_of<'n>(name: &'n [u8], key: &[u8]) -> Option<&'n [u8]> {
    match name.strip_prefix(key)? {
        [] => Some(&[]),
        [b'.', rest @ ..] => Some(rest),
        _ => None,
    }
}

fn keep_better(found: &mut Option<FoundId>, rank: usize, hash: Option<u64>) {
    if let Some(hash) = hash
        && found.is_none_or(|found| rank < found.rank)
    {
        *found = Some(FoundId { rank, hash });
    }
}

fn nested<'v>(value: Value<'v>, name: &[u8]) -> Option<Value<'v>> {
    let Value::Map(_, entries) = value else { return None };
    decode::pairs(entries).find_map(|(key, value)| match rest_of(name, key.text()?)? {
        [] => Some(value),
        rest => nested(value, rest),
    })
}

fn nested_json<'t>(value: JsonValue<'t>, name: &[u8]) -> Option<JsonValue<'t>> {
    let JsonValue::Object(inner) = value else { return None };
    JsonPairs::of_object(inner)?.find_map(|(key, value)| match rest_of(name, key)? {
        [] => Some(value),
        rest => nested_json(value, rest),
    })
}

fn hash_of_value(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Text(text) | Value::Binary(text) => hash_of_id(text),
        Value::Unsigned(number) => hash_of_id(decimal(number, &mut [0; NUMBER_BYTES])),
        _ => None,
    }
}

fn hash_of_json(value: JsonValue<'_>) -> Option<u64> {
    match value {
        JsonValue::Text(text) => hash_of_id(text),
        JsonValue::Bare(text) if text.first().is_some_and(u8::is_ascii_digit) => hash_of_id(text),
        _ => None,
    }
}

/// `None` for what is written where there is no trace: nothing, `-`, or zeros, as OpenTelemetry writes them.
fn hash_of_id(id: &[u8]) -> Option<u64> {
    let is_blank = id.iter().all(|byte| matches!(byte, b'0' | b'-' | b' '));
    (!is_blank).then(|| xxh3_64_with_seed(id, 0))
}

/// The number as JSON writes it.
fn decimal(mut number: u64, room: &mut [u8; NUMBER_BYTES]) -> &[u8] {
    let mut at = NUMBER_BYTES;
    for place in room.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        at -= 1;
        if number == 0 {
            break;
        }
    }
    room.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::record::Timestamp;
    use serde_json::json;

    fn fields() -> TraceFields {
        TraceFields::new(["trace_id", "trace.id", "dd.trace_id", "request_id"].map(str::to_owned).to_vec())
    }

    fn trace(fields: &TraceFields, record: &serde_json::Value) -> Option<u64> {
        let body = rmp_serde::to_vec(record).unwrap();
        let pairs = decode::fields(&body);
        fields.trace_hash(&Record::new(Timestamp::default(), &pairs, &body))
    }

    #[test]
    fn an_id_is_the_same_wherever_it_stands() {
        let id = trace(&fields(), &json!({"trace_id": "4bf92f35"}));
        assert!(id.is_some());
        for record in [
            json!({"log": "x", "trace": {"id": "4bf92f35"}}),
            json!({"trace.id": "4bf92f35"}),
            json!({"log": r#"{"msg":"x","trace_id":"4bf92f35"}"#}),
            json!({"log": r#"{"msg":"x","trace":{"id":"4bf92f35"}}"#}),
            json!({"message": r#"{"trace.id":"4bf92f35"}"#}),
            json!({"request_id": "4bf92f35"}),
            json!({"request_id": "other", "trace_id": "4bf92f35"}),
            json!({"log": r#"{"request_id":"other","trace_id":"4bf92f35"}"#}),
            json!({"trace_id": "00000000000000000000000000000000", "request_id": "4bf92f35"}),
        ] {
            assert_eq!(trace(&fields(), &record), id, "{record}");
        }
        let number = trace(&fields(), &json!({"dd": {"trace_id": 8_217_364_512_u64}}));
        assert!(
            number.is_some()
                && number == trace(&fields(), &json!({"log": r#"{"dd.trace_id":"8217364512"}"#}))
        );
    }

    #[test]
    fn what_names_no_trace_has_none() {
        for record in [
            json!({"log": "GET / trace_id=4bf92f35"}),
            json!({"trace_id": ""}),
            json!({"trace_id": "-"}),
            json!({"trace_id": null, "log": "{}"}),
            json!({"trace_identity": "4bf92f35", "trace": "4bf92f35"}),
            json!({"log": r#"{"trace_id":"0000","dd":{"trace_id":0}}"#}),
        ] {
            assert_eq!(trace(&fields(), &record), None, "{record}");
        }
    }

    #[test]
    fn equal_lines_without_a_trace_are_told_apart_by_their_place() {
        let body = rmp_serde::to_vec(&json!({"log": "x"})).unwrap();
        let pairs = decode::fields(&body);
        let record = Record::new(Timestamp { seconds: 1, nanos: 5 }, &pairs, &body);
        let hash = |ordinal| fields().hash(&record, ordinal);
        assert_eq!(hash(3), hash(3));
        let hashes: std::collections::BTreeSet<u64> = (0..100).map(hash).collect();
        assert_eq!(hashes.len(), 100);
    }
}
