//! The edges of what CloudWatch takes. The fake cloud refuses and complains about everything beyond them.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms};

const HOUR_MS: i64 = 3_600_000;
const MAX_MESSAGE: usize = 1_048_576 - 26;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

fn flush(cloud: &Cloud, keys: &[(&str, &str)], chunk: &Chunk) -> Router {
    let router = Router::to(cloud, keys);
    assert_eq!(router.bring(chunk), Verdict::Ok);
    cloud.assert_no_complaints();
    router
}

#[test]
fn the_longest_message_goes_out_whole_and_one_byte_more_is_cut_with_a_marker() {
    let cloud = ready();
    let text = |bytes: usize| line("web", "stdout", &"é".repeat(bytes / 2));
    let now = now_ms();
    let chunk = Chunk::new().with(now, &text(MAX_MESSAGE)).with(now + 1, &text(MAX_MESSAGE + 2));
    let router = flush(&cloud, &[], &chunk);
    // Two requests side by side: which of them comes first is open.
    let mut events = cloud.cloudwatch().events(GROUP, "web");
    events.sort_by_key(|event| event.timestamp_ms);
    let arrived: Vec<String> = events.into_iter().map(|event| event.message).collect();
    assert_eq!(arrived[0].len(), MAX_MESSAGE);
    let (kept, marker) = arrived[1].split_once(" [truncated ").expect("a marker");
    assert!(kept.chars().all(|c| c == 'é'), "cut between characters");
    let lost: usize = marker.trim_end_matches(" bytes]").parse().expect("a number");
    assert_eq!(kept.len() + lost, MAX_MESSAGE + 2);
    assert!(arrived[1].len() > MAX_MESSAGE - 64, "no more is cut than must be");
    assert_eq!(router.counters("cloudwatch").cut, 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_record_that_is_cut_stays_json_and_loses_only_its_longest_text() {
    let cloud = ready();
    let record = line("web", "stderr", &"日本\"\n".repeat(300_000));
    flush(&cloud, &[("cloudwatch.log_key", "")], &Chunk::now(&[record]));
    let arrived = cloud.cloudwatch().messages(GROUP, "web");
    let message: Value = serde_json::from_str(&arrived[0]).expect("JSON");
    assert!(message["log"].as_str().unwrap().contains(" [truncated "));
    assert_eq!((&message["source"], &message["ecs_cluster"]), (&json!("stderr"), &json!("prod")));
    assert!(arrived[0].len() <= MAX_MESSAGE);
}

#[test]
fn more_than_ten_thousand_events_are_several_requests() {
    let cloud = ready();
    let now = now_ms();
    let chunk = (0..10_001)
        .fold(Chunk::new(), |chunk, number| chunk.with(now, &line("web", "stdout", &format!("{number}"))));
    flush(&cloud, &[], &chunk);
    let mut counts: Vec<usize> =
        cloud.cloudwatch().calls("PutLogEvents").iter().map(|put| put.events).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 10_000]);
}

#[test]
fn more_than_a_megabyte_is_several_requests_filled_to_the_brim() {
    let cloud = ready();
    let now = now_ms();
    // 4 × (262,118 + 26) is exactly the limit.
    let record = line("web", "stdout", &"x".repeat(262_118));
    let chunk = (0..5).fold(Chunk::new(), |chunk, _| chunk.with(now, &record));
    flush(&cloud, &[], &chunk);
    let mut bytes: Vec<usize> =
        cloud.cloudwatch().calls("PutLogEvents").iter().map(|put| put.bytes).collect();
    bytes.sort_unstable();
    assert_eq!(bytes, [262_144, 1_048_576]);
}

#[test]
fn more_than_a_day_is_several_requests() {
    let cloud = ready();
    let now = now_ms();
    let at =
        |hours: i64, more: i64| (now - hours * HOUR_MS + more, line("web", "stdout", &format!("{hours}")));
    let chunk = [at(30, 0), at(6, 0), at(6, 1), at(0, 0)]
        .iter()
        .fold(Chunk::new(), |chunk, (time, record)| chunk.with(*time, record));
    flush(&cloud, &[], &chunk);
    let mut counts: Vec<usize> =
        cloud.cloudwatch().calls("PutLogEvents").iter().map(|put| put.events).collect();
    counts.sort_unstable();
    assert_eq!(counts, [2, 2]);
}

#[test]
fn empty_messages_are_counted_and_never_sent() {
    let cloud = ready();
    let records = ["", "text", ""].map(|log| line("web", "stdout", log));
    let router = flush(&cloud, &[], &Chunk::now(&records));
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["text"]);
    assert_eq!(router.lost("cloudwatch", Reason::Empty), 2);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_chunk_of_nothing_but_empty_messages_asks_nobody() {
    let cloud = ready();
    let router = flush(&cloud, &[], &Chunk::now(&[line("web", "stdout", "")]));
    assert_eq!(cloud.attempts(Api::PutLogEvents), 0);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn text_that_is_not_utf8_gets_replacement_characters() {
    let cloud = ready();
    let mut record = line("web", "stdout", "");
    record["log"] = json!({"$bytes": "b2sg//4gZW5k"});
    flush(&cloud, &[], &Chunk::now(&[record]));
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["ok \u{FFFD}\u{FFFD} end"]);
}
