//! A tag, and fields of which any may occur twice → what vouches for the record. Whatever an application writes under a tag
//! of FireLens is never a stop event and speaks for no other container or task; nothing is one under a tag that nobody
//! trusts.

#![no_main]

use ecs_router::classify::classes::{Class, Classified, Classifier};
use ecs_router::classify::provenance::{ChunkOrigin, Provenance, TagPattern};
use ecs_router::envelope::Budget;
use ecs_router::input::decode;
use ecs_router::input::record::Record;
use ecs_router_fuzz::line;
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

fuzz_target!(|input: &[u8]| {
    let (tag, fields) = line(input);
    let pairs = pairs(fields);
    let chunk = chunk(&pairs);
    let trusted = [TagPattern::new("*")];
    decode::records(&chunk, |record| {
        check_values(record, &pairs);
        check(record, &pairs, ChunkOrigin::from_tag(tag, &trusted));
        check(record, &pairs, ChunkOrigin::from_tag(tag, &[]));
    });
});

/// Lines of a name and a value, which is JSON or else text.
fn pairs(text: &[u8]) -> Vec<(String, Json)> {
    let text = String::from_utf8_lossy(text);
    let pair = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        Some((name.to_owned(), value))
    };
    text.lines().filter_map(pair).collect()
}

/// A chunk of one record with these fields, as often and in the order as they stand.
fn chunk(pairs: &[(String, Json)]) -> Vec<u8> {
    let count = u16::try_from(pairs.len()).unwrap();
    let mut chunk = vec![0x92, 7, 0xde];
    chunk.extend(count.to_be_bytes());
    for (name, value) in pairs {
        chunk.extend(rmp_serde::to_vec(name).unwrap());
        chunk.extend(rmp_serde::to_vec(value).unwrap());
    }
    chunk
}

/// Each name occurs once, with its last value.
fn check_values(record: &Record<'_, '_>, pairs: &[(String, Json)]) {
    for field in record.fields {
        let name = field.key.text().unwrap();
        assert_eq!(record.fields.iter().filter(|other| other.key.text() == Some(name)).count(), 1);
        let last = pairs.iter().rfind(|(other, _)| other.as_bytes() == name);
        if let Some((_, Json::String(text))) = last {
            assert_eq!(field.value.text(), Some(text.as_bytes()));
        }
    }
    assert!(pairs.iter().all(|(name, _)| record.get(name.as_bytes()).is_some()), "a field is gone");
}

fn check(record: &Record<'_, '_>, pairs: &[(String, Json)], origin: ChunkOrigin<'_>) {
    let provenance = Provenance::new(record, origin);
    let classified = Classifier::default().classify(record, &provenance, &Budget::default());
    let identity = provenance.identity();
    match origin {
        ChunkOrigin::Firelens(tag) => {
            assert!(
                matches!(classified, Classified::Plain(Class::Stdout | Class::Stderr | Class::Other)),
                "{classified:?}"
            );
            assert!(identity.container().is_none_or(|container| container == tag.container));
            assert!(identity.task_id().is_none_or(|task_id| task_id == tag.task_id));
        }
        ChunkOrigin::Untrusted => {
            assert!(matches!(classified, Classified::Plain(_) | Classified::Unvouched(_)), "{classified:?}")
        }
        ChunkOrigin::Trusted => {}
    }
    if has_two_sources(pairs) && !matches!(origin, ChunkOrigin::Trusted) {
        assert!(matches!(classified, Classified::Plain(Class::Stderr)), "an error hides: {classified:?}");
    }
}

/// Whether the streams of two writers are there, one of them standard error.
fn has_two_sources(pairs: &[(String, Json)]) -> bool {
    let sources: Vec<&Json> =
        pairs.iter().filter(|(name, _)| name == "source").map(|(_, value)| value).collect();
    sources.iter().any(|source| **source == "stderr") && sources.iter().any(|source| **source == "stdout")
}
