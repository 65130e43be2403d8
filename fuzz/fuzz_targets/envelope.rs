//! Records → the events inside. For any record, only ECS events come out, or events made of Docker's and the agent's, the
//! same ones each time, and none from application output.
//!
//! The input's first byte says what the rest is: the record as msgpack, the record as JSON, or the text of one field.

#![no_main]

use ecs_router::classify::classes::{Classified, Classifier};
use ecs_router::classify::provenance::{ChunkOrigin, Provenance};
use ecs_router::envelope::{self, Budget, Envelope};
use ecs_router::input::record::{Field, Record, Value};
use ecs_router::stop;
use ecs_router_fuzz::with_record;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value as Json, json};

const FIELDS: [&str; 4] = ["log", "message", "payload", "body"];

fuzz_target!(|data: &[u8]| {
    let Some((shape, rest)) = data.split_first() else { return };
    match shape % 8 {
        0 => with_record(rest, check),
        1 => {
            if let Ok(record @ Json::Object(_)) = serde_json::from_slice::<Json>(rest) {
                with_record(&rmp_serde::to_vec(&record).unwrap(), check);
            }
        }
        shape => {
            let name = FIELDS[usize::from(shape) % FIELDS.len()];
            let mut record = json!({ name: String::from_utf8_lossy(rest) });
            // A Docker event is the whole record; other envelopes may have fields beside them.
            if shape >= 6 {
                record["beside"] = 1.into();
            }
            with_record(&rmp_serde::to_vec(&record).unwrap(), check);
        }
    }
});

fn check(record: &Record<'_, '_>) {
    let opened = envelope::unwrap(record, &Budget::default());
    if let Some(envelope) = &opened {
        assert!(record.get(b"detail-type").is_none(), "an event is no envelope");
        check_events(envelope);
    }
    assert_eq!(opened, envelope::unwrap(record, &Budget::default()));
    check_trust(record);
}

fn check_events(envelope: &Envelope) {
    assert!((1..=10_000).contains(&envelope.events.len()));
    for event in &envelope.events {
        assert!(event["source"] == "aws.ecs" || event["source"] == "ecs_router", "{event}");
        assert!(event["detail-type"].is_string() && event["detail"].is_object(), "{event}");
        let packed = rmp_serde::to_vec(event).unwrap();
        assert_eq!(&rmp_serde::from_slice::<Json>(&packed).unwrap(), event);
        with_record(&packed, |record| match Classifier::default().classify_event(record) {
            Classified::Stop(_, found) => assert_eq!(Some(*found), stop::read(event.clone())),
            Classified::Plain(_) | Classified::Recovery(..) => assert_eq!(stop::read(event.clone()), None),
            Classified::Envelope(_) | Classified::Unvouched(_) => panic!("neither a stop nor plain"),
        });
    }
}

/// With a field that the log driver sets, the same record is application output.
fn check_trust(record: &Record<'_, '_>) {
    let mark = Field { key: Value::Text(b"container_id"), value: Value::Text(b"c0ffee") };
    let fields = [record.fields, &[mark]].concat();
    let classified = {
        let record = record.with_fields(&fields);
        Classifier::default().classify(
            &record,
            &Provenance::new(&record, ChunkOrigin::Trusted),
            &Budget::default(),
        )
    };
    assert!(matches!(classified, Classified::Plain(_)), "{classified:?}");
}
