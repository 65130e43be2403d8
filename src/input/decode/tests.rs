use proptest::prelude::*;

use super::*;
use crate::input::msgpack::ENDS_EARLY;

/// fixext 8, type 0: second 1, nanosecond 2.
const EVENT_TIME: &[u8] = &[0xd7, 0, 0, 0, 0, 1, 0, 0, 0, 2];
/// `{"log": "hi"}`
const BODY: &[u8] = &[0x81, 0xa3, b'l', b'o', b'g', 0xa2, b'h', b'i'];

fn read(chunk: &[u8]) -> (Tally, Vec<(Timestamp, Vec<u8>)>) {
    let mut seen = Vec::new();
    let tally = records(chunk, |record| {
        seen.push((record.time, record.text(b"log").unwrap_or(b"-").to_vec()));
    });
    (tally, seen)
}

fn entry(header: &[u8], time: &[u8]) -> Vec<u8> {
    [header, time, BODY].concat()
}

#[test]
fn reads_every_form_of_record() {
    let legacy = |time: &[u8]| entry(&[0x92], time);
    let with_metadata =
        |outer: &[u8], inner: &[u8], metadata: &[u8]| [outer, inner, EVENT_TIME, metadata, BODY].concat();
    let at = |seconds, nanos| Timestamp { seconds, nanos };
    let forms = [
        ("legacy, fixarray", legacy(EVENT_TIME), at(1, 2)),
        ("legacy, array16", entry(&[0xdc, 0, 2], EVENT_TIME), at(1, 2)),
        ("legacy, array32", entry(&[0xdd, 0, 0, 0, 2], EVENT_TIME), at(1, 2)),
        ("metadata, fixarray", with_metadata(&[0x92], &[0x92], &[0x80]), at(1, 2)),
        ("metadata, array32 outside", with_metadata(&[0xdd, 0, 0, 0, 2], &[0x92], &[0x80]), at(1, 2)),
        (
            "metadata, wide everywhere",
            with_metadata(&[0xdc, 0, 2], &[0xdd, 0, 0, 0, 2], &[0xdf, 0, 0, 0, 0]),
            at(1, 2),
        ),
        (
            "metadata with contents",
            with_metadata(&[0x92], &[0x92], &[0x81, 0xa1, b'k', 0x92, 1, 2]),
            at(1, 2),
        ),
        ("event time as ext 8", legacy(&[0xc7, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2]), at(1, 2)),
        ("fixint seconds", legacy(&[7]), at(7, 0)),
        ("uint32 seconds", legacy(&[0xce, 0x65, 0, 0, 0]), at(0x6500_0000, 0)),
        ("uint64 seconds", legacy(&[0xcf, 0, 0, 0, 0, 0x65, 0, 0, 0]), at(0x6500_0000, 0)),
        ("float seconds", legacy(&[[0xcb].as_slice(), &1.5f64.to_be_bytes()].concat()), at(1, 500_000_000)),
        ("a third element", [&[0x93], EVENT_TIME, BODY, &[0x80]].concat(), at(1, 2)),
        ("map16 body", [&[0x92], EVENT_TIME, &[0xde, 0, 1], &BODY[1..]].concat(), at(1, 2)),
        ("map32 body", [&[0x92], EVENT_TIME, &[0xdf, 0, 0, 0, 1], &BODY[1..]].concat(), at(1, 2)),
    ];
    for (name, chunk, time) in forms {
        let (tally, seen) = read(&chunk);
        assert_eq!(tally, Tally { records: 1, ..Tally::default() }, "{name}");
        assert_eq!(seen, [(time, b"hi".to_vec())], "{name}");
    }
}

#[test]
fn group_markers_are_no_records() {
    let marker =
        |last: u8| [&[0x92, 0x92, 0xd7, 0, 0xff, 0xff, 0xff, last, 0, 0, 0, 0, 0x80][..], &[0x80]].concat();
    let chunk = [marker(0xff), entry(&[0x92], EVENT_TIME), marker(0xfe)].concat();
    let (tally, seen) = read(&chunk);
    assert_eq!((tally.records, tally.shapeless, tally.fault, seen.len()), (1, 0, None, 1));
}

#[test]
fn entries_without_a_record_are_counted_and_stepped_over() {
    let shapeless: [&[u8]; 6] = [
        &[0xc0],
        &[0x90],
        &[0x91, 1],
        &[0x92, 1, 0xa1, b'x'],
        &[0x92, 0xa1, b'x', 0x80],
        &[0x92, 0x90, 0x80],
    ];
    for bytes in shapeless {
        let chunk = [bytes, &entry(&[0x92], EVENT_TIME)].concat();
        let (tally, seen) = read(&chunk);
        assert_eq!((tally.shapeless, seen.len()), (1, 1), "{bytes:02x?}");
        assert_eq!(tally.fault, None, "{bytes:02x?}");
    }
}

#[test]
fn what_stands_before_a_fault_is_delivered_and_the_fault_has_its_offset() {
    let good = entry(&[0x92], EVENT_TIME);
    let faults: [(&[u8], &str); 4] = [
        (&[0xc1], "a byte that msgpack never uses"),
        (&[0x92, 0xd7, 0, 0], ENDS_EARLY),
        (&[0x92, 1, 0x81, 0xa3, b'l'], ENDS_EARLY),
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], ENDS_EARLY),
    ];
    for (bad, what) in faults {
        let (tally, seen) = read(&[&good, &good, bad].concat());
        assert_eq!(seen.len(), 2);
        assert_eq!(tally.fault, Some(MalformedChunk { offset: 2 * good.len(), what }), "{bad:02x?}");
    }
}

/// What a container writes under another's tag, so that the records after it become a part of its own, or unreadable.
#[test]
fn an_entry_that_lies_about_its_length_takes_no_other_record_with_it() {
    let time = [0xd7, 0, 0x65, 0, 0, 0, 0, 0, 0, 0];
    let marker = [0xd7, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    let big = [&[0xdd, 0, 0, 0, 52][..], &time, &[0x80]].concat();
    let liars: [(&str, Vec<u8>); 11] = [
        ("a group marker of six values", [&[0x96][..], &marker, &[0x80]].concat()),
        ("an entry of 52 values", big),
        ("a time of five values", [&[0x92, 0x95][..], &time, &[0x80]].concat()),
        ("an array as a value", [&[0x92][..], &time, &[0x81, 0xa1, b'k', 0x95]].concat()),
        ("an array as a key", [&[0x92][..], &time, &[0x83]].concat()),
        ("a map as a value", [&[0x92][..], &time, &[0x81, 0xa1, b'k', 0x83]].concat()),
        ("a map that goes on", [&[0x92][..], &time, &[0xdf, 0, 0, 1, 0, 0xa1, b'k', 1]].concat()),
        ("an array instead of a map", [&[0x92][..], &time, &[0x95]].concat()),
        (
            "a text without an end",
            [&[0x92][..], &time, &[0x81, 0xa1, b'k', 0xdb, 0xff, 0xff, 0xff, 0xff]].concat(),
        ),
        ("a byte that msgpack never uses", vec![0xc1]),
        ("an array instead of an entry", vec![0x95]),
    ];
    let metadata =
        [&[0x92, 0x92][..], &time, &[0x80, 0x81, 0xa3, b'l', b'o', b'g', 0xa2, b'h', b'i']].concat();
    for (what, liar) in liars {
        for good in [entry(&[0x92], EVENT_TIME), entry(&[0xdd, 0, 0, 0, 2], EVENT_TIME), metadata.clone()] {
            let (tally, seen) = read(&[&good, &liar[..], &good.repeat(5)].concat());
            let kept = seen.iter().filter(|(_, log)| log == b"hi").count();
            assert_eq!((kept, tally.fault.is_some()), (6, true), "{what}: {tally:?}");
            assert_eq!(tally.skipped_bytes, liar.len(), "{what}");
        }
    }
}

/// Heads without entries must not make the chunk be read again for each.
#[test]
fn many_faults_in_a_chunk_are_read_a_bounded_number_of_times() {
    let head = [0x92, 0xd7, 0, 0x65, 0, 0, 0, 0, 0, 0, 0, 0xdf, 0xff, 0xff, 0xff, 0xff];
    let chunk = [head.repeat(50_000), entry(&[0x92], EVENT_TIME)].concat();
    let (tally, _) = read(&chunk);
    assert_eq!(tally.fault.map(|fault| fault.offset), Some(0));
    assert!(tally.skipped_bytes >= head.len() * 50_000, "{}", tally.skipped_bytes);
}

#[test]
fn lengths_that_lie_cost_nothing() {
    let lies: [&[u8]; 5] = [
        &[0x92, 1, 0xdf, 0xff, 0xff, 0xff, 0xff],
        &[0x92, 1, 0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0],
        &[0x92, 1, 0x81, 0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0x92, 1, 0x81, 0xc9, 0xff, 0xff, 0xff, 0xff, 0],
        &[0xdd, 0xff, 0xff, 0xff, 0xff, 0xdd, 0xff, 0xff, 0xff, 0xff],
    ];
    for lie in lies {
        assert!(read(lie).0.fault.is_some(), "{lie:02x?}");
    }
}

#[test]
fn nesting_a_million_deep_needs_no_stack() {
    let chunk = [vec![0x92, 1, 0x81, 0xa1, b'k'], vec![0x91; 1_000_000], vec![0xc0]].concat();
    let (tally, _) = read(&chunk);
    assert_eq!((tally.records, tally.fault), (1, None));
}

#[test]
fn an_empty_chunk_has_no_records() {
    assert_eq!(read(&[]).0, Tally::default());
}

proptest! {
    #[test]
    fn any_bytes_end_without_a_panic(chunk in proptest::collection::vec(any::<u8>(), 0..512)) {
        read(&chunk);
    }

    #[test]
    fn a_mutated_chunk_never_panics_and_keeps_what_came_before(
        position in 0usize..120, byte in any::<u8>(),
    ) {
        let good = entry(&[0x92], EVENT_TIME);
        let mut chunk = good.repeat(6);
        let position = position % chunk.len();
        chunk[position] = byte;
        let (_, seen) = read(&chunk);
        prop_assert!(seen.len() >= position / good.len());
        prop_assert!(seen[..position / good.len()].iter().all(|(_, log)| log == b"hi"));
    }
}
