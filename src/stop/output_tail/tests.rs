use serde_json::{Value as Json, json};

use super::chunk_tail::records_in;
use super::container_key::MAX_CONTAINERS;
use super::line::MAX_CONTAINER_LINES;
use super::*;
use crate::input::record::Source;
use crate::redact::{MaskStyle, RedactionRule, Redactor};
use crate::stop::last_lines::{MAX_CONTAINER_BYTES, MAX_LINE_BYTES};

fn line(container: &str, log: &str) -> Json {
    json!({"container_id": container, "source": "stderr", "log": log})
}

fn piece(log: &str, id: &str, last: bool) -> Json {
    json!({
        "container_id": "a", "source": "stderr", "log": log, "partial_message": "true", "partial_id": id,
        "partial_last": last.to_string(),
    })
}

fn source(record: &Record<'_, '_>) -> Source {
    if record.text(b"source") == Some(b"stdout") { Source::Stdout } else { Source::Stderr }
}

fn out(container: &str, log: &str) -> Json {
    json!({"container_id": container, "source": "stdout", "log": log})
}

fn observe(tail: &OutputTail, records: &[Json]) {
    let chunk: Vec<u8> =
        records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
    let mut chunk_tail = tail.begin_chunk();
    decode::records(&chunk, |record| chunk_tail.observe(record, source(record), false, None));
    tail.merge(chunk_tail);
}

#[test]
fn the_last_lines_of_each_container_are_kept_in_order() {
    let tail = OutputTail::new(3);
    observe(&tail, &[line("a", "1"), line("b", "x"), line("a", "2"), line("a", "3"), line("a", "4")]);
    assert_eq!(tail.lines("web", "a"), ["2", "3", "4"]);
    observe(&tail, &[line("a", "5"), line("a", "")]);
    assert_eq!(tail.lines("web", "a"), ["3", "4", "5"]);
    assert_eq!(tail.lines("web", "b"), ["x"]);
    assert!(tail.lines("web", "c").is_empty());
}

#[test]
fn pieces_are_joined_and_a_last_one_is_not_waited_for() {
    let tail = OutputTail::new(5);
    let records =
        [line("a", "before"), piece("one ", "p", false), piece("two", "p", true), line("a", "after")];
    observe(&tail, &records);
    assert_eq!(tail.lines("web", "a"), ["before", "one two", "after"]);
    observe(&tail, &[piece("dying ", "q", false)]);
    assert_eq!(tail.lines("web", "a").last().unwrap(), "dying ");
    observe(&tail, &[piece("words", "q", false), piece("other", "r", false)]);
    assert_eq!(tail.lines("web", "a")[3..], ["dying words", "other"]);
}

#[test]
fn lines_bytes_and_containers_are_bounded() {
    let tail = OutputTail::new(100);
    let long = "é".repeat(5_000);
    observe(&tail, &(0..100).map(|_| line("a", &long)).collect::<Vec<_>>());
    assert_eq!(tail.lines("web", "a").len(), MAX_CONTAINER_BYTES / MAX_LINE_BYTES);
    assert!(tail.lines("web", "a").iter().all(|line| line.len() == MAX_LINE_BYTES));
    let pieces: Vec<Json> = (0..20).map(|_| piece(&long, "p", false)).collect();
    observe(&tail, &pieces);
    assert_eq!(tail.lines("web", "a").last().unwrap().len(), MAX_LINE_BYTES);
    for number in 0..2 * MAX_CONTAINERS {
        observe(&tail, &[line(&number.to_string(), "x"), line("a", "still here")]);
    }
    assert_eq!(tail.containers.borrow().len(), MAX_CONTAINERS);
    assert!(tail.lines("web", "0").is_empty() && !tail.lines("web", "a").is_empty());
}

#[test]
fn a_container_that_makes_up_ids_costs_little_and_hides_no_others_lines() {
    let tail = OutputTail::new(3);
    let by = |name: &'static [u8], records: &[Json]| {
        let chunk: Vec<u8> =
            records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
        let mut chunk_tail = tail.begin_chunk();
        decode::records(&chunk, |record| chunk_tail.observe(record, source(record), false, Some(name)));
        assert!(chunk_tail.containers.len() <= MAX_CONTAINERS);
        tail.merge(chunk_tail);
    };
    by(b"web", &[line("a", "genuine")]);
    let made_up: Vec<Json> = (0..5_000).map(|number| line(&format!("id-{number}"), "x")).collect();
    by(b"hostile", &made_up);
    made_up.chunks(100).for_each(|records| by(b"hostile", records));
    assert_eq!(tail.lines("web", "a"), ["genuine"]);
    assert_eq!(tail.lines("hostile", "id-4999"), ["x"], "the newest are kept");
    observe(&tail, &made_up);
    assert_eq!(tail.containers.borrow().len(), MAX_CONTAINERS);
}

#[test]
fn ids_that_are_made_up_take_no_memory() {
    let tail = OutputTail::new(100);
    for number in 0..2 * MAX_CONTAINERS {
        let id = format!("{number:0>60000}");
        observe(&tail, &[line(&id, "x"), piece("y", &id, true)]);
    }
    let containers = tail.containers.borrow();
    let partial_ids = |container: &ContainerTail| {
        container.lines.iter().flat_map(|line| &line.partial_id).map(|id| id.len()).sum::<usize>()
    };
    let ids = containers.iter().map(|container| container.key.runtime_id.len() + partial_ids(container));
    assert!(ids.sum::<usize>() <= 64 * 1_024);
}

#[test]
fn secrets_in_lines_are_masked() {
    let tail = OutputTail::new(3);
    observe(
        &tail,
        &[line("a", "cannot connect to postgres://shop:hunter2@db/shop"), line("a", "token=hunter2")],
    );
    assert_eq!(
        tail.lines("web", "a"),
        ["cannot connect to postgres://[redacted]@db/shop", "token=[redacted]"]
    );
}

#[test]
fn nothing_is_kept_when_nothing_is_wanted() {
    let tail = OutputTail::new(0);
    observe(&tail, &[line("a", "1")]);
    assert!(tail.lines("web", "a").is_empty());
}

#[test]
fn standard_output_counts_as_long_as_nothing_stands_on_standard_error() {
    let tail = OutputTail::new(2);
    observe(&tail, &[out("a", "1"), out("b", "x"), out("a", "2"), out("a", "3"), out("a", "")]);
    assert_eq!(tail.lines("web", "a"), ["2", "3"]);
    assert_eq!(tail.lines("web", "b"), ["x"]);
    observe(&tail, &[line("a", "error"), out("a", "4"), out("b", "y")]);
    observe(&tail, &[out("a", "5")]);
    assert_eq!(tail.lines("web", "a"), ["error"]);
    assert_eq!(tail.lines("web", "b"), ["x", "y"]);
}

#[test]
fn the_streams_are_the_users_choice() {
    let records = [out("a", "1"), line("a", "2"), out("a", "3"), out("b", "4"), line("c", "5")];
    for (streams, a, b, c) in [
        (ContextStreams::Auto, &["2"][..], &["4"][..], &["5"][..]),
        (ContextStreams::Stderr, &["2"], &[], &["5"]),
        (ContextStreams::Stdout, &["1", "3"], &["4"], &[]),
        (ContextStreams::Both, &["1", "2", "3"], &["4"], &["5"]),
    ] {
        let tail = OutputTail::new(9).with_streams(streams);
        observe(&tail, &records);
        let lines = ["a", "b", "c"].map(|id| tail.lines("web", id));
        assert_eq!(
            lines,
            [a, b, c].map(|lines| lines.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "{streams:?}"
        );
    }
}

#[test]
fn much_standard_output_is_bounded_and_the_newest_is_kept() {
    let tail = OutputTail::new(3);
    observe(&tail, &(0..1_000).map(|number| out("a", &number.to_string())).collect::<Vec<_>>());
    assert_eq!(tail.lines("web", "a"), ["997", "998", "999"]);
    let long = "é".repeat(5_000);
    let tail = OutputTail::new(100);
    (0..30).for_each(|_| observe(&tail, &[out("a", &long)]));
    assert_eq!(tail.lines("web", "a").len(), MAX_CONTAINER_BYTES / MAX_LINE_BYTES);
    observe(&tail, &(0..5_000).map(|number| out(&format!("id-{number}"), "x")).collect::<Vec<_>>());
    assert!(tail.containers.borrow().len() <= MAX_CONTAINERS);
    let mut chunk_tail = tail.begin_chunk();
    let chunk: Vec<u8> =
        (0..5_000).flat_map(|_| rmp_serde::to_vec(&(1u64, out("a", "x"))).unwrap()).collect();
    decode::records(&chunk, |record| chunk_tail.observe(record, Source::Stdout, false, Some(b"web")));
    assert_eq!(chunk_tail.fallback.bodies.capacity(), 100);
}

#[test]
fn a_joined_trace_counts_as_one_line_and_stays_whole() {
    let tail = OutputTail::new(2).with_split_lines(true);
    observe(&tail, &[line("a", "before"), line("a", "Error: x\n  at b\n  at c\n"), line("a", "exit")]);
    assert_eq!(tail.lines("web", "a"), ["Error: x", "  at b", "  at c", "exit"]);
    observe(&tail, &[line("a", "next")]);
    assert_eq!(tail.lines("web", "a"), ["exit", "next"]);
    // One that is too long loses its first lines.
    let long: Vec<String> = (0..40).map(|nth| format!("{nth:1000}")).collect();
    observe(&tail, &[line("a", &long.join("\n")), line("a", "exit")]);
    let lines = tail.lines("web", "a");
    assert!(lines.len() == 17 && lines[16] == "exit" && lines[15].ends_with("39"), "{lines:?}");
}

/// Else one stack trace of short lines would hold up everybody, and take a hundred times its own memory.
#[test]
fn a_joined_trace_of_very_many_lines_is_bounded_and_read_in_time() {
    let tail = OutputTail::new(20).with_split_lines(true);
    let trace = format!("Error: x\n{}  at end", "a\n".repeat(500_000));
    let body = rmp_serde::to_vec(&(1u64, line("a", &trace))).unwrap();
    let mut chunk_tail = tail.begin_chunk();
    let start = std::time::Instant::now();
    decode::records(&body, |record| chunk_tail.observe(record, Source::Stderr, false, None));
    assert!(chunk_tail.containers[0].1.len() <= MAX_CONTAINER_LINES);
    tail.merge(chunk_tail);
    assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    for _ in 0..3 {
        observe(&tail, &[line("a", &"b\n".repeat(600))]);
    }
    let kept = &tail.containers.borrow()[0];
    assert_eq!(kept.lines.len(), MAX_CONTAINER_LINES);
    assert_eq!(kept.record_count, records_in(&kept.lines));
}

#[test]
fn a_secret_over_several_lines_of_a_record_is_masked() {
    let tail = OutputTail::new(20).with_split_lines(true);
    let key = "using\n-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\nok";
    observe(&tail, &[line("a", key), line("a", r#"{"pass\u0077ord":"hunter2"}"#)]);
    assert_eq!(tail.lines("web", "a"), ["using", "[redacted]", "ok", r#"{"pass\u0077ord":"[redacted]"}"#]);
}

/// A secret that the cut of a report would halve is masked, also where the line comes in parts.
#[test]
fn a_line_is_masked_before_it_is_cut() {
    let tail = OutputTail::new(9);
    let before = "x".repeat(MAX_LINE_BYTES - 20);
    let log = format!("{before} postgres://web:hunter2secretpw@db/app");
    let (first, second) = log.split_at(MAX_LINE_BYTES);
    observe(&tail, &[line("a", &log), piece(first, "p", false), piece(second, "p", true)]);
    let shown = tail.lines("web", "a");
    assert_eq!(shown.len(), 2);
    for line in shown {
        assert_eq!(line, format!("{before} postgres://[redacted]").split_at(MAX_LINE_BYTES).0);
    }
    let parts: Vec<Json> = (0..9).map(|_| piece(&"y ".repeat(2_000), "q", false)).collect();
    observe(&tail, &parts);
    let containers = tail.containers.borrow();
    assert!(containers[0].lines.iter().all(|line| line.text.len() <= 4 * MAX_LINE_BYTES));
}

/// A user's rule may go over several lines of a trace.
#[test]
fn a_record_is_taken_apart_when_the_rules_of_a_destination_have_seen_it() {
    let pattern = regex::bytes::Regex::new(r"ssn:\s+(?P<mask>[0-9-]+)").unwrap();
    let rule = RedactionRule::pattern("ssn".to_owned(), pattern);
    let redactor = Redactor::new(vec![(0, rule)], MaskStyle::Name);
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "region": "eu-west-1", "detail": {
        "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123", "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited", "startedAt": "2026-11-19T20:38:27Z",
        "containers": [{"name": "web", "exitCode": 1, "runtimeId": "a"}]}});
    let tail = OutputTail::new(9).with_split_lines(true);
    observe(
        &tail,
        &[line("a", "Exception: x\n\tat a.b(c.java:1)\n\tssn:\n\t123-45-6789"), line("a", "exit")],
    );
    let mut stop = crate::stop::read(event).unwrap();
    tail.fill_in(&mut stop);
    stop.for_each_text(&mut |text| redactor.mask_string(text, &mut []));
    let shown = stop.with_lines_shown().unwrap();
    assert_eq!(shown.last_lines, ["Exception: x", "\tat a.b(c.java:1)", "\tssn:", "\t[ssn]", "exit"]);
    assert!(shown.with_lines_shown().is_none());
}
