//! Envelopes that were cut or mangled: nothing panics, and nothing turns into an event that was none.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{chunk, envelopes, firehose, text, two, unwrapped, unwrapped_chunk};
use crate::envelope::Envelope;
use crate::envelope::agent::tests::{event_of_agent, json_of_agent, line_of_agent};
use crate::envelope::docker::tests::{die, docker};
use crate::stop;

fn is_part_of(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| is_part_of(value, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.iter().all(|value| whole.iter().any(|whole| is_part_of(value, whole)))
        }
        _ => part == whole,
    }
}

/// A text that has been cut holds the same event or none.
#[test]
fn a_cut_carrier_gives_no_wrong_event() {
    let cut = |text: &str, known: &[Value], wrap: &dyn Fn(String) -> Value| {
        for end in 0..text.len() {
            let Some(envelope) =
                unwrapped(&wrap(String::from_utf8_lossy(&text.as_bytes()[..end]).into_owned()))
            else {
                continue;
            };
            let is_known = |event: &Value| {
                known.iter().any(|known| known["id"] == event["id"] && is_part_of(event, known))
            };
            assert!(envelope.events.iter().all(is_known), "cut at {end}: {envelope:?}");
        }
    };
    let in_log = |text: String| json!({ "log": text });
    for (name, record) in envelopes() {
        let known = two();
        cut(&text(&record), &known, &in_log);
        for key in ["log", "message", "payload", "body", "Message"] {
            let Some(inner) = record[key].as_str() else { continue };
            cut(inner, &known, &|text| {
                let mut record = record.clone();
                record[key] = text.into();
                record
            });
        }
        if let Some(data) = record.pointer("/records/0/data").and_then(Value::as_str) {
            cut(data, &known, &|data| firehose(&[data]));
        }
        assert!(unwrapped(&record).is_some(), "{name}");
    }
    let exits = unwrapped(&json!({ "message": format!("{}\n{}", die("app", "1"), die("envoy", "143")) }))
        .unwrap()
        .events;
    cut(&format!("{}\n{}", die("app", "1"), die("envoy", "143")), &exits, &|text| json!({ "message": text }));
    cut(&line_of_agent(), &[event_of_agent()], &in_log);
    cut(&text(&json_of_agent()), &[event_of_agent()], &in_log);
}

/// All shapes, for the properties below.
fn all() -> Vec<Value> {
    let own = [
        json!({ "message": format!("{}\n{}", docker("oom", "app", &json!({})), die("app", "137")) }),
        die("app", "1"),
        json!({ "log": line_of_agent() }),
        json_of_agent(),
    ];
    envelopes().into_iter().map(|(_, record)| record).chain(own).collect()
}

/// Changes, inserts, removes and cuts bytes.
fn mangle(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) {
    for (place, byte, kind) in edits {
        let Some(at) = (!bytes.is_empty()).then(|| place.index(bytes.len())) else { break };
        match kind {
            0..8 => bytes[at] = *byte,
            8 => bytes.insert(at, *byte),
            9 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..11), 1..6)
}

fn hold_events_only(envelope: Option<Envelope>) {
    let Some(envelope) = envelope else { return };
    assert!(!envelope.events.is_empty());
    for event in envelope.events {
        let own = event["source"] == "ecs_router" && event["detail-type"] == "ECS Container Exit";
        assert!(own || event["source"] == "aws.ecs" && event["detail-type"].is_string(), "{event}");
        assert!(event["detail"].is_object(), "{event}");
        drop(stop::read(event));
    }
}

proptest! {
    #[test]
    fn no_mangled_record_panics(record in prop::sample::select(all()), edits in edits()) {
        let mut bytes = chunk(&record);
        mangle(&mut bytes, &edits);
        hold_events_only(unwrapped_chunk(&bytes));
    }

    #[test]
    fn no_mangled_text_panics(record in prop::sample::select(all()), edits in edits(), field in prop::sample::select(vec!["log", "message", "Message"])) {
        let mut bytes = text(&record).into_bytes();
        mangle(&mut bytes, &edits);
        hold_events_only(unwrapped(&json!({ field: String::from_utf8_lossy(&bytes) })));
    }
}
