use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::input::decode;
use crate::join::rules::LineRule;

fn rules() -> JoinRules {
    JoinRules {
        pieces: true,
        lines: Some(LineRule::Traces),
        wait: Duration::from_secs(2),
        max_bytes: 1 << 20,
    }
}

fn with_pattern(pattern: &str) -> JoinRules {
    JoinRules { lines: Some(LineRule::StartPattern(regex::bytes::Regex::new(pattern).unwrap())), ..rules() }
}

fn entry(second: u32, record: &Value) -> Vec<u8> {
    let mut entry = vec![0x92, 0xce];
    entry.extend(second.to_be_bytes());
    entry.extend(rmp_serde::to_vec(record).unwrap());
    entry
}

fn line(text: &str) -> Value {
    json!({"container_id": "c1", "source": "stderr", "log": text})
}

fn piece(text: &str, id: &str, ordinal: u32, is_last: bool) -> Value {
    json!({
        "container_id": "c1", "source": "stderr", "log": text, "partial_message": "true", "partial_id": id,
        "partial_ordinal": ordinal.to_string(), "partial_last": is_last.to_string(),
    })
}

fn chunk_of(records: &[Value]) -> Vec<u8> {
    records.iter().flat_map(|record| entry(1, record)).collect()
}

fn records_of(chunk: &[u8]) -> Vec<Value> {
    let mut records = Vec::new();
    let tally = decode::records(chunk, |record| records.push(rmp_serde::from_slice(record.body).unwrap()));
    assert_eq!(tally.fault, None);
    records
}

fn joined(rules: &JoinRules, records: &[Value]) -> Vec<Value> {
    let chunk = chunk_of(records);
    records_of(&join_alone(rules, &chunk).bytes.unwrap_or(chunk))
}

fn texts(records: &[Value]) -> Vec<String> {
    records.iter().map(|record| record["log"].as_str().unwrap().to_owned()).collect()
}

fn joined_texts(rules: &JoinRules, lines: &[&str]) -> Vec<String> {
    texts(&joined(rules, &lines.iter().map(|text| line(text)).collect::<Vec<_>>()))
}

fn fixture(language: &str) -> String {
    let path = format!("{}/tests/fixtures/traces/{language}.txt", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().trim_end_matches('\n').to_owned()
}

#[test]
fn the_stack_traces_of_each_language_are_one_record_each() {
    for language in ["java", "node", "dotnet", "python", "go", "ruby", "php", "rust"] {
        let text = fixture(language);
        let expected: Vec<&str> = text.split("\n=====\n").collect();
        let lines: Vec<&str> = expected.iter().flat_map(|record| record.split('\n')).collect();
        assert_eq!(joined_texts(&rules(), &lines), expected, "{language}");
    }
}

#[test]
fn ordinary_lines_stay_alone_whatever_they_look_like() {
    let text = fixture("ordinary");
    let lines: Vec<&str> = text.split('\n').collect();
    assert_eq!(joined_texts(&rules(), &lines), lines);
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    assert_eq!(joined_texts(&rules(), &reversed), reversed);
}

#[test]
fn a_trace_does_not_swallow_the_line_that_follows() {
    for language in ["java", "node", "dotnet", "python", "go", "ruby", "php", "rust"] {
        for trace in fixture(language).split("\n=====\n").filter(|record| record.contains('\n')) {
            for next in ["GET /health 200", "  indented", "\tindented too", "2026-11-28 x", "{\"a\":1}"] {
                let lines: Vec<&str> = trace.split('\n').chain([next]).collect();
                let is_open = trace.contains("Traceback") && next.starts_with([' ', '\t']);
                if !is_open {
                    assert_eq!(joined_texts(&rules(), &lines), [trace, next], "{language}");
                }
            }
        }
    }
}

#[test]
fn the_pieces_of_a_line_are_one_record_without_their_marks() {
    let records =
        [piece("one ", "p", 1, false), piece("two ", "p", 2, false), piece("three", "p", 3, true), line("x")];
    assert_eq!(joined(&rules(), &records), [line("one two three"), line("x")]);
}

#[test]
fn pieces_that_are_not_whole_keep_their_marks() {
    let unfinished = [piece("one ", "p", 1, false), piece("two", "p", 2, false), line("x")];
    assert_eq!(joined(&rules(), &unfinished), [piece("one two", "p", 1, false), line("x")]);
    let missing = [piece("one ", "p", 1, false), piece("three", "p", 3, true), piece("two", "q", 2, true)];
    assert_eq!(joined(&rules(), &missing), missing);
}

#[test]
fn a_line_in_pieces_may_be_a_part_of_a_trace() {
    let records = [
        line("java.lang.Exception: x"),
        piece("\tat com.example.A.b(A.j", "p", 1, false),
        piece("ava:1)", "p", 2, true),
        line("\tat com.example.C.d(C.java:2)"),
        line("next"),
    ];
    let trace = "java.lang.Exception: x\n\tat com.example.A.b(A.java:1)\n\tat com.example.C.d(C.java:2)";
    assert_eq!(texts(&joined(&rules(), &records)), [trace, "next"]);
}

#[test]
fn only_what_is_wanted_is_joined() {
    let records =
        [piece("a", "p", 1, false), piece("b", "p", 2, true), line("Error: x"), line("    at a (b.js:1:2)")];
    let pieces = JoinRules { lines: None, ..rules() };
    assert_eq!(texts(&joined(&pieces, &records)), ["ab", "Error: x", "    at a (b.js:1:2)"]);
    let traces = JoinRules { pieces: false, ..rules() };
    assert_eq!(texts(&joined(&traces, &records)), ["a", "b", "Error: x\n    at a (b.js:1:2)"]);
}

#[test]
fn with_a_pattern_everything_else_continues_a_record() {
    let lines = ["rest of before", "and more", "2026 a", "  b", "c", "2026 d"];
    let expected = ["rest of before\nand more", "2026 a\n  b\nc", "2026 d"];
    assert_eq!(joined_texts(&with_pattern("^2026"), &lines), expected);
}

#[test]
fn containers_and_streams_are_kept_apart_and_records_stand_where_they_begin() {
    let of = |container: &str, source: &str, text: &str| json!({"container_id": container, "source": source, "log": text});
    let records = [
        of("a", "stderr", "Error: a"),
        of("b", "stderr", "Error: b"),
        of("a", "stdout", "    at out (x.js:1:1)"),
        of("a", "stderr", "    at a (x.js:1:1)"),
        of("b", "stderr", "    at b (x.js:1:1)"),
    ];
    let expected = [
        of("a", "stderr", "Error: a\n    at a (x.js:1:1)"),
        of("b", "stderr", "Error: b\n    at b (x.js:1:1)"),
        of("a", "stdout", "    at out (x.js:1:1)"),
    ];
    assert_eq!(joined(&rules(), &records), expected);
}

#[test]
fn lines_that_come_too_late_or_are_too_many_stay_alone() {
    let trace = [line("Error: x"), line("    at a (x.js:1:1)"), line("    at b (x.js:1:1)")];
    let late = [entry(1, &trace[0]), entry(3, &trace[1]), entry(6, &trace[2])].concat();
    let late = records_of(&join_alone(&rules(), &late).bytes.unwrap());
    assert_eq!(texts(&late), ["Error: x\n    at a (x.js:1:1)", "    at b (x.js:1:1)"]);
    let short = JoinRules { max_bytes: 30, ..rules() };
    assert_eq!(texts(&joined(&short, &trace)), ["Error: x\n    at a (x.js:1:1)", "    at b (x.js:1:1)"]);
}

#[test]
fn a_chunk_with_nothing_to_join_or_with_malformed_bytes_stays_as_it_is() {
    let plain = chunk_of(&[line("a"), line("b"), json!({"other": 1})]);
    assert_eq!(join_alone(&rules(), &plain), JoinedAlone::default());
    let malformed = [chunk_of(&[line("Error: x"), line("    at a (x.js:1:1)")]), vec![0x92]].concat();
    assert_eq!(join_alone(&rules(), &malformed), JoinedAlone::default());
}

/// The records of one stream, whose chunks begin at these seconds and are brought in this order.
fn brought(chunks: &[(u32, &[&str])]) -> Vec<String> {
    let chunk = |(second, lines): &(u32, &[&str])| -> Vec<u8> {
        lines.iter().flat_map(|text| entry(*second, &line(text))).collect()
    };
    let streams = in_chunks(&rules(), &chunks.iter().map(chunk).collect::<Vec<_>>());
    streams.values().flat_map(|records| texts(records)).collect()
}

#[test]
fn a_chunk_that_was_overtaken_is_not_joined_with_what_later_ones_left_open() {
    let (first, second) = (["Error: 1", "    at a (x.js:1:1)"], ["    at b (x.js:1:1)", "Error: 2"]);
    let third = ["    at c (x.js:1:1)"];
    let in_order = brought(&[(1, &first), (2, &second), (3, &third)]);
    assert_eq!(
        in_order,
        ["Error: 1\n    at a (x.js:1:1)\n    at b (x.js:1:1)", "Error: 2\n    at c (x.js:1:1)"]
    );
    let swapped = brought(&[(2, &second), (1, &first), (3, &third)]);
    assert_eq!(
        swapped,
        ["    at b (x.js:1:1)", "Error: 1\n    at a (x.js:1:1)", "Error: 2\n    at c (x.js:1:1)"]
    );
    // Nothing was left open, and yet what the overtaken chunk begins is not for the one after next.
    let swapped = brought(&[(2, &["plain"]), (1, &["Error: 1"]), (3, &third)]);
    assert_eq!(swapped, ["plain", "Error: 1", "    at c (x.js:1:1)"]);
}

#[test]
fn a_clock_that_is_set_back_ends_a_record_and_no_more() {
    let frame = ["    at a (x.js:1:1)"];
    let records = brought(&[(9_000, &["Error: 1"]), (1_000, &["Error: 2"]), (1_001, &frame)]);
    assert_eq!(records, ["Error: 1", "Error: 2\n    at a (x.js:1:1)"]);
}

/// Lines that belong together in many ways, and lines that do not.
const LINES: [&str; 22] = [
    "ordinary",
    "  indented",
    "",
    "Error: x",
    "    at a (x.js:1:1)",
    "    at b (x.js:1:1) {",
    "  code: 'E'",
    "}",
    "Caused by: java.lang.Error: y",
    "Caused by:",
    "    0: z",
    "Traceback (most recent call last):",
    "  File \"a.py\", line 1, in b",
    "ValueError: x",
    "During handling of the above exception, another exception occurred:",
    "panic: x",
    "goroutine 1 [running]:",
    "main.main()",
    "\t/app/main.go:1 +0x1",
    "/app/index.js:3",
    "    ^",
    "thread 'main' panicked at src/main.rs:2:5:",
];

fn any_record() -> impl Strategy<Value = Value> {
    let stream = (0..2u8, prop::bool::ANY);
    (stream, 0..LINES.len() + 6).prop_map(|((container, is_error), kind)| {
        let mut record = match kind.checked_sub(LINES.len()) {
            None => line(LINES[kind]),
            Some(kind) => {
                piece("part ", ["p", "q"][kind % 2], 1 + u32::try_from(kind / 2).unwrap(), kind >= 4)
            }
        };
        record["container_id"] = format!("c{container}").into();
        record["source"] = if is_error { "stderr" } else { "stdout" }.into();
        record
    })
}

/// By container and stream: the records, in order.
type ByStream = BTreeMap<(String, String), Vec<Value>>;

fn add(streams: &mut ByStream, chunk: &[u8]) {
    for record in records_of(chunk) {
        let key = [&record["container_id"], &record["source"]].map(|part| part.as_str().unwrap().to_owned());
        let [container, source] = key;
        streams.entry((container, source)).or_default().push(record);
    }
}

/// Brings the chunks one after the other, each of which waits for the next, and each of them again.
fn in_chunks(rules: &JoinRules, chunks: &[Vec<u8>]) -> ByStream {
    let mut streams = ByStream::new();
    let mut earlier = EarlierChunks::default();
    for chunk in chunks {
        let result = join(rules, chunk, &mut earlier, &[], true);
        earlier.note(result.last_times);
        result.closed.iter().for_each(|closed| add(&mut streams, &closed.entries));
        let sent = result.bytes.unwrap_or_else(|| chunk.clone());
        add(&mut streams, &sent);
        let again = join(rules, chunk, &mut EarlierChunks::default(), &result.absorbed, false);
        assert!(again.bytes.unwrap_or_else(|| chunk.clone()) == sent, "a replay is the same chunk");
        earlier.tails = result.open.into_iter().map(|open| open.tail).collect();
    }
    earlier.tails.iter().for_each(|tail| add(&mut streams, &tail.record.entries()));
    streams
}

fn lines_of(streams: &ByStream) -> BTreeMap<&(String, String), String> {
    let whole = |records: &Vec<Value>| texts(records).concat().replace('\n', "");
    streams.iter().map(|(key, records)| (key, whole(records))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 4_000 }))]

    #[test]
    fn chunks_may_begin_and_end_anywhere(
        records in prop::collection::vec(any_record(), 1..60),
        cuts in prop::collection::vec(prop::bool::weighted(0.3), 60),
        pattern in prop::option::of(prop::sample::select(vec!["^ord", "^[^ ]", "x$"])),
    ) {
        let rules = pattern.map_or_else(rules, with_pattern);
        check_split(&rules, &records, &cuts)?;
    }

    #[test]
    fn also_where_records_reach_the_limit(
        kinds in prop::collection::vec(any_record(), 1..60),
        cuts in prop::collection::vec(prop::bool::weighted(0.3), 60),
        max_bytes in 5usize..120,
    ) {
        let one_stream: Vec<Value> = kinds.into_iter().map(|mut record| {
            record["container_id"] = "c1".into();
            record["source"] = "stderr".into();
            record
        }).collect();
        check_split(&JoinRules { max_bytes, ..rules() }, &one_stream, &cuts)?;
    }
}

/// Any chunks give the records that one chunk gives, and the lines that came, each once.
fn check_split(rules: &JoinRules, records: &[Value], cuts: &[bool]) -> Result<(), TestCaseError> {
    let mut chunks = vec![Vec::new()];
    for (record, cut) in records.iter().zip(cuts) {
        if *cut {
            chunks.push(Vec::new());
        }
        chunks.last_mut().unwrap().extend(entry(1, record));
    }
    let split = in_chunks(rules, &chunks);
    let whole = in_chunks(rules, &[chunks.concat()]);
    prop_assert_eq!(&split, &whole);
    let mut came = ByStream::new();
    add(&mut came, &chunks.concat());
    prop_assert_eq!(lines_of(&split), lines_of(&came));
    Ok(())
}

/// How long this takes: a debug build needs less than a second for lines of this size unless each is read again and again.
fn assert_quick(work: impl FnOnce()) {
    let start = std::time::Instant::now();
    work();
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_line_that_repeats_the_name_of_an_error_is_read_once() {
    for word in ["Error", "Exception", "Throwable", "ErrorException"] {
        let hostile = format!("{}(", word.repeat(1_000_000 / word.len()));
        assert_quick(|| assert_eq!(joined_texts(&rules(), &[&hostile, "\tat a(b)"]).len(), 2));
    }
    let honest = format!("{}Error: a", "Error(".repeat(10));
    assert_eq!(joined_texts(&rules(), &[&honest, "\tat a(b)"]).len(), 1, "a later name counts, too");
}

#[test]
fn any_number_of_lines_that_may_be_parts_is_counted_once() {
    for head in ["panic: x", "Error: x\nCaused by:", "thread 'main' panicked at a.rs:1: x"] {
        let blank = [&[0x92, 1, 0x81][..], b"\xa3log\xa0"].concat();
        let heads = head.split('\n').map(|line| json!({"log": line}));
        let mut chunk = chunk_of(&heads.collect::<Vec<_>>());
        (0..100_000).for_each(|_| chunk.extend_from_slice(&blank));
        assert_quick(|| assert!(join_alone(&rules(), &chunk).lines <= 1, "{head}"));
    }
}

#[test]
fn containers_that_are_known_by_name_alone_are_told_apart() {
    let of = |name: &str, text: &str| json!({"container_name": name, "source": "stderr", "log": text});
    let records = [of("/a", "SomeError: one"), of("/b", "\tat b(c)"), of("/a", "\tat a(c)")];
    let joined = texts(&joined(&rules(), &records));
    assert_eq!(joined, ["SomeError: one\n\tat a(c)", "\tat b(c)"]);
}
