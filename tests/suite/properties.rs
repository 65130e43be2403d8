//! No bytes whatever make the plugin panic, hang, or allocate more than they are worth.
//!
//! Packing and verdicts have their properties beside their code, in `encode::batch` and `delivery::verdict`.

use ecs_router::input::decode;
use ecs_router::level::{LevelReader, LogLevel};
use fake_cloud::Cloud;
use proptest::prelude::*;
use serde_json::json;

use crate::router::Router;
use test_support::chunk::{Chunk, Layout, TimeForm, value};
use test_support::record::line;

mod allocation;
mod budgets;

/// Records of every shape there is.
fn any_record() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,20}".prop_map(|text| json!(text)),
    ];
    let tree = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(|items| json!(items)),
            proptest::collection::btree_map("[a-z]{1,8}", inner, 0..6).prop_map(|map| json!(map)),
        ]
    });
    proptest::collection::btree_map("[a-z_]{1,12}", tree, 0..8).prop_map(|map| json!(map))
}

fn any_chunk() -> impl Strategy<Value = Vec<u8>> {
    let forms = (proptest::sample::select(&Layout::ALL[..]), proptest::sample::select(&TimeForm::ALL[..]));
    (forms, proptest::collection::vec(any_record(), 1..6)).prop_map(|((layout, time), records)| {
        let add = |chunk: Chunk, record| chunk.with(1_795_000_000_000, record);
        records.iter().fold(Chunk::of(layout, time), add).bytes().to_vec()
    })
}

/// Changes, cuts, and doubles bytes.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..8);
    (any_chunk(), edits).prop_map(|(mut chunk, edits)| {
        for (place, byte, kind) in &edits {
            let Some(at) = (!chunk.is_empty()).then(|| place.index(chunk.len())) else { break };
            match kind {
                0 => chunk[at] = *byte,
                1 => chunk.insert(at, *byte),
                2 => drop(chunk.remove(at)),
                _ => chunk.truncate(at),
            }
        }
        chunk
    })
}

proptest! {
    #[test]
    fn every_well_formed_chunk_is_read_whole(chunk in any_chunk()) {
        let tally = decode::records(&chunk, |_| {});
        prop_assert!(tally.fault.is_none() && tally.shapeless == 0 && tally.records > 0, "{:?}", tally);
    }

    #[test]
    fn a_mutated_chunk_ends_in_a_tally_and_never_in_a_panic(chunk in mutated()) {
        let mut seen = 0;
        let tally = decode::records(&chunk, |record| {
            seen += 1;
            // Looking at what was read must be as safe as reading it.
            std::hint::black_box((record.text(b"log"), record.time.millis(), record.time.unix_nanos()));
        });
        prop_assert_eq!(tally.records, seen);
        prop_assert!(tally.fault.is_none_or(|fault| fault.offset < chunk.len()));
    }

    #[test]
    fn reading_allocates_no_more_than_a_multiple_of_the_chunk(chunk in mutated()) {
        let (_, allocated) = allocation::during(|| decode::records(&chunk, |_| {}));
        // A field takes 80 bytes of the scratch list and at least two of the chunk, and the list doubles as it grows.
        prop_assert!(allocated <= 200 * chunk.len() + 4_096, "{allocated} bytes for {}", chunk.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Fields that a record shares with others are read as its own bytes say.
    #[test]
    fn a_record_is_what_its_bytes_say(record in any_record(), chunk in any_chunk(), mutated in mutated()) {
        let again = Chunk::of(Layout::ALL[0], TimeForm::ALL[0]).with(1_795_000_000_000, &record).bytes().repeat(4);
        let chunk = [again.clone(), chunk.repeat(2), again, mutated.repeat(2)].concat();
        let mut same = true;
        decode::records(&chunk, |record| {
            // As text, because NaN equals nothing.
            same &= format!("{:?}", record.fields) == format!("{:?}", decode::fields(record.body));
        });
        prop_assert!(same);
    }

    /// What goes out is JSON, whatever came in; the fake cloud complains about everything else.
    #[test]
    fn whatever_the_bytes_the_requests_stay_well_formed(chunks in proptest::collection::vec(mutated(), 8)) {
        let cloud = Cloud::builder().unsigned().start();
        cloud.set_now_ms(1_795_000_000_000);
        let router = Router::to(&cloud, &[("cloudwatch.log_key", ""), ("cloudwatch.log_stream", "$(log)")]);
        for chunk in &chunks {
            router.flush(b"t", chunk);
        }
        prop_assert_eq!(cloud.complaints(), [""; 0]);
        router.assert_adds_up("cloudwatch");
    }
}

#[test]
fn a_length_that_lies_allocates_nothing() {
    let lies: [&[u8]; 4] = [
        &[0xdd, 0xff, 0xff, 0xff, 0xff],
        &[0x92, 1, 0xdf, 0xff, 0xff, 0xff, 0xff],
        &[0x92, 1, 0x81, 0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0x92, 1, 0x81, 0xa1, b'k', 0xdf, 0xff, 0xff, 0xff, 0xff],
    ];
    for lie in lies {
        let (_, allocated) = allocation::during(|| decode::records(lie, |_| {}));
        assert!(allocated <= 4_096, "{allocated} bytes for {lie:02x?}");
    }
}

#[test]
fn reading_allocates_no_more_for_more_records() {
    let mut one = vec![0x92, 1];
    value(&mut one, &line("web", "stdout", "hello"));
    let count = |times: usize| {
        allocation::during(|| decode::records(&one.repeat(times), |_| {})).1 - one.len() * times
    };
    // What records repeat is found in the second.
    assert_eq!(count(2), count(10_000));
    assert!(count(10_000) <= 8_192, "{}", count(10_000));
}

#[test]
fn reading_levels_allocates_nothing() {
    let mut chunk = Vec::new();
    for log in [
        "{\"msg\":\"\\\"x\\\"\",\"level\":\"error\"}",
        "\u{1b}[31mERROR\u{1b}[0m x",
        "2026-11-20 10:00:00 [app] hello",
    ] {
        chunk.extend([0x92, 1]);
        value(&mut chunk, &line("web", "stdout", log));
    }
    let reader = LevelReader::new(Some("record.level"));
    let mut levels = Vec::with_capacity(3);
    let (_, plain) = allocation::during(|| decode::records(&chunk, |_| {}));
    let (_, read) = allocation::during(|| decode::records(&chunk, |record| levels.push(reader.read(record))));
    assert_eq!(levels, [Some(LogLevel::Error), Some(LogLevel::Error), None]);
    assert_eq!(read, plain);
}
