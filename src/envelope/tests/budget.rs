//! One budget for all envelopes of a chunk: real events are always opened, and whatever else comes ends with it. A tenth
//! of a chunk has a tenth of the budget here.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{base64, chunk, event, firehose, gzipped, sns, subscription, text};
use crate::envelope::budget::MAX_STEPS;
use crate::envelope::docker::tests::die;
use crate::envelope::{Budget, unwrap};
use crate::input::decode;

/// A tenth of what Fluent Bit puts into one chunk.
const CHUNK_BYTES: usize = 200_000;

/// What was opened in a chunk.
#[derive(Debug, PartialEq)]
struct Opened {
    events: usize,
    /// Records that have to be delivered as they are.
    closed: usize,
    refused: u64,
}

fn opened(chunk: &[u8]) -> Opened {
    opened_within(chunk, &Budget::tenth())
}

fn opened_within(chunk: &[u8], budget: &Budget) -> Opened {
    let mut opened = Opened { events: 0, closed: 0, refused: 0 };
    decode::records(chunk, |record| match unwrap(record, budget) {
        Some(envelope) => {
            opened.events += envelope.events.len();
            opened.closed += usize::from(envelope.has_rest);
        }
        None => opened.closed += 1,
    });
    opened.refused = budget.refused();
    opened
}

/// As many records like this as a chunk holds, and at least one.
fn full_of(record: &Value) -> (Vec<u8>, usize) {
    let one = chunk(record);
    let records = (CHUNK_BYTES / one.len()).max(1);
    (one.repeat(records), records)
}

fn filled(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

/// An event of the size that events of ECS have.
fn real_event() -> Value {
    let mut event = event("one");
    event["detail"]["containers"] = json!(vec![json!({ "name": "app", "exitCode": 1 }); 30]);
    event
}

#[test]
fn a_chunk_full_of_real_events_is_opened() {
    let event = text(&real_event());
    for (name, record) in [
        ("SNS", sns(&json!(event))),
        ("Firehose", firehose(&vec![base64(&event); 30])),
        ("CloudWatch Logs", subscription(&vec![json!(event); 30])),
        ("CloudWatch Logs in a text", json!({ "log": text(&subscription(&vec![json!(event); 30])) })),
    ] {
        let (chunk, records) = full_of(&record);
        let budget = Budget::tenth();
        let opened = opened_within(&chunk, &budget);
        assert!(budget.spend_steps(MAX_STEPS / 20), "{name}: half is left");
        assert!(opened.closed == 0 && opened.refused == 0, "{name}: {opened:?} of {records} records");
        assert!(opened.events > 50, "{name}: {opened:?}");
    }
}

#[test]
fn zipped_events_are_opened_up_to_the_budget_and_stay_in_their_records_beyond() {
    let (chunk, records) = full_of(&firehose(&[gzipped(&filled(&text(&real_event()), 20_000))]));
    let opened = opened(&chunk);
    assert!(opened.events > 100, "{opened:?}");
    let closed = u64::try_from(opened.closed).unwrap();
    assert!(opened.refused == closed && opened.closed < records, "{opened:?} of {records}");
}

/// Texts that are cheap to write and dear to read.
fn hostile() -> Vec<(&'static str, Value)> {
    let zipped = |text: &str| firehose(&[gzipped(text)]);
    let list = |unit: &str| zipped(&format!("[{}0]", filled(&format!("{unit},"), 150_000)));
    let tiny = r#"{"source":"aws.ecs","detail-type":"x","detail":{}}"#;
    let many_fields = format!(
        r#"{{"source":"aws.ecs","detail-type":"x","detail":{{{}"z":0}}}}"#,
        filled(r#""a":0,"#, 50_000)
    );
    let agent = format!("level=info msg=\"Sending state change to ECS\" {}\n", filled("a=b ", 5_000));
    let exit = text(&die("app", "1"));
    vec![
        ("spaces", zipped(&filled(" ", 1_500_000))),
        ("too many spaces", zipped(&filled(" ", 2_000_000))),
        ("numbers", list("1")),
        ("lists without end", zipped(&filled("[", 150_000))),
        ("objects", list("{}")),
        ("events", list(tiny)),
        ("events of many fields", list(&many_fields)),
        ("events of Docker", list(&exit)),
        ("the agent's lines", zipped(&filled(&agent, 150_000))),
    ]
}

#[test]
fn a_chunk_ends_with_its_budget_at_the_same_place_each_time() {
    for (name, record) in hostile() {
        let (mut chunk, records) = full_of(&record);
        chunk.extend(super::chunk(&json!({ "log": "an honest line" })));
        let first = opened(&chunk);
        assert!(first.refused > 0, "{name}: {first:?}");
        assert!(first.events <= 1_000 && first.closed > records / 2, "{name}: {first:?} of {records}");
        assert_eq!(opened(&chunk), first, "{name}");
    }
}

#[test]
fn events_of_docker_that_are_taken_back_are_paid_for() {
    let of = |action, container: usize| {
        text(&json!({
            "Type": "container", "Action": action, "time": container,
            "Actor": { "ID": container.to_string(), "Attributes": { "name": "a" } },
        }))
    };
    let all = |action| (0..900).map(move |container| of(action, container)).collect::<String>();
    let opened = opened(&chunk(&json!({ "log": all("oom") + &all("die") })));
    assert!(opened.refused == 1 && opened.closed == 1 && (890..=900).contains(&opened.events), "{opened:?}");
}
