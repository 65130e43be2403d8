//! Records → the events they carry. Whatever is in one: only events of ECS, or made of Docker's and the agent's, come out, the same each time, and none at
//! all from what an application wrote.
//!
//! The input's first byte says what the rest is: the record as msgpack, the record as JSON, or the text of one field.

#![no_main]

use ecs_router_fuzz::with_record;
use libfuzzer_sys::fuzz_target;
use ecs_router::envelope::{self, Envelope};
use ecs_router::classify::classes::{Classifier, Classified};
use ecs_router::input::record::{Field, Record, Value};
use ecs_router::stop;
use serde_json::{Value as Json, json};

const FIELDS: [&str; 4] = ["log", "message", "payload", "body"];

fuzz_target!(|data: &[u8]| {
    let Some((form, rest)) = data.split_first() else { return };
    match form % 8 {
        0 => with_record(rest, check),
        1 => {
            if let Ok(record @ Json::Object(_)) = serde_json::from_slice::<Json>(rest) {
                with_record(&rmp_serde::to_vec(&record).unwrap(), check);
            }
        }
        form => {
            let name = FIELDS[usize::from(form) % FIELDS.len()];
            let mut record = json!({ name: String::from_utf8_lossy(rest) });
            // Docker's events are the whole record, other carriers may have company.
            if form >= 6 {
                record["beside"] = 1.into();
            }
            with_record(&rmp_serde::to_vec(&record).unwrap(), check);
        }
    }
});

fn check(record: &Record<'_, '_>) {
    let found = envelope::unwrap(record);
    if let Some(carried) = &found {
        assert!(record.get(b"detail-type").is_none(), "an event is no carrier");
        check_events(carried);
    }
    assert_eq!(found, envelope::unwrap(record));
    check_trust(record);
}

fn check_events(carried: &Envelope) {
    assert!((1..=10_000).contains(&carried.events.len()));
    for event in &carried.events {
        assert!(event["source"] == "aws.ecs" || event["source"] == "ecs_router", "{event}");
        assert!(event["detail-type"].is_string() && event["detail"].is_object(), "{event}");
        let packed = rmp_serde::to_vec(event).unwrap();
        assert_eq!(&rmp_serde::from_slice::<Json>(&packed).unwrap(), event);
        with_record(&packed, |record| match Classifier::default().classify_event(record) {
            Classified::Stop(_, found) => assert_eq!(Some(*found), stop::read(event.clone())),
            Classified::Plain(_) => assert_eq!(stop::read(event.clone()), None),
            Classified::Envelope(_) => panic!("an envelope in an envelope"),
        });
    }
}

/// With one of the marks that the log driver sets, the same record is application output.
fn check_trust(record: &Record<'_, '_>) {
    let mark = Field { key: Value::Text(b"container_id"), value: Value::Text(b"c0ffee") };
    let fields = [record.fields, &[mark]].concat();
    let classified = Classifier::default().classify(&record.with_fields(&fields));
    assert!(matches!(classified, Classified::Plain(_)), "{classified:?}");
}
