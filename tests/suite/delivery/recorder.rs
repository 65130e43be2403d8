//! The flight recorder: lines that are held, and what an error releases of them, once, also when chunks come again.

use std::sync::atomic::Ordering::Relaxed;

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault, Received};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms};
use test_support::temp::TempDir;
use test_support::this_test;

/// Errors go to CloudWatch, everything to a file, and the lines of the last minute to CloudWatch around an error.
fn router(cloud: &Cloud, folder: &TempDir, more: &[(&str, &str)]) -> Router {
    let path = folder.path().join("all.ndjson");
    let usual = [
        ("route.default", "cloudwatch, archive"),
        ("route.stdout", "archive"),
        ("archive.type", "file"),
        ("archive.path", path.to_str().unwrap()),
        ("recorder.window", "60s"),
        ("recorder.after", "0s"),
        ("recorder.destination", "cloudwatch"),
    ];
    Router::to(cloud, &[&usual, more].concat())
}

/// So many seconds ago.
fn ago(seconds: i64) -> i64 {
    now_ms() - seconds * 1_000
}

fn out(log: &str) -> Value {
    line("web", "stdout", log)
}

fn err(log: &str) -> Value {
    line("web", "stderr", log)
}

fn archived(folder: &TempDir) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join("all.ndjson")).unwrap_or_default();
    let log = |line| serde_json::from_str::<Value>(line).unwrap()["log"].as_str().unwrap().to_owned();
    text.lines().map(log).collect()
}

fn arrived(cloud: &Cloud) -> Vec<String> {
    cloud.cloudwatch().messages(GROUP, "web")
}

fn holds(text: &'static str) -> impl Fn(&Received) -> bool {
    move |put| put.json()["logEvents"].as_array().unwrap().iter().any(|event| event["message"] == text)
}

#[test]
fn an_error_releases_what_was_written_within_the_window_before_it_and_the_archive_has_everything() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let router = router(&cloud, &folder, &[]);
    let early =
        Chunk::new().with(ago(100), &out("too early")).with(ago(30), &out("a")).with(ago(20), &out("b"));
    assert_eq!(router.bring(&early), Verdict::Ok);
    assert_eq!(cloud.requests().len(), 0, "nothing for CloudWatch yet");
    let failing = Chunk::new().with(ago(10), &out("c")).with(ago(9), &err("failed")).with(ago(8), &out("d"));
    assert_eq!(router.bring(&failing), Verdict::Ok);
    assert_eq!(arrived(&cloud), ["a", "b", "c", "failed"], "in the order of their times");
    assert_eq!(archived(&folder), ["too early", "a", "b", "c", "failed", "d"]);
    assert_eq!(router.bring(&Chunk::new().with(ago(7), &err("again"))), Verdict::Ok);
    assert_eq!(arrived(&cloud), ["a", "b", "c", "failed", "d", "again"]);
    let recorder = &router.metrics().recorder.counts();
    assert_eq!((recorder.held, recorder.released, recorder.expired), (5, 4, 1));
    assert_eq!(
        router.metrics().late_chunks.load(Relaxed),
        1,
        "the first one; released lines are old on purpose"
    );
    router.assert_adds_up("archive");
    cloud.assert_no_complaints();
}

#[test]
fn a_chunk_that_comes_again_releases_nothing_twice_and_holds_nothing_twice() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let router = router(&cloud, &folder, &[("flush_timeout", "2s")]);
    assert_eq!(router.bring(&Chunk::new().with(ago(20), &out("a"))), Verdict::Ok);
    let failing = Chunk::new().with(ago(10), &out("b")).with(ago(9), &err("failed"));
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(500));
    assert_eq!(router.bring(&failing), Verdict::Retry);
    assert_eq!(router.bring(&Chunk::new().with(ago(8), &out("c"))), Verdict::Ok, "held meanwhile");
    cloud.clear_script();
    assert!(router.bring_until_ok(&failing, 20) > 0);
    assert_eq!(arrived(&cloud), ["a", "b", "failed"]);
    assert_eq!(archived(&folder), ["a", "b", "failed", "c"]);
    assert_eq!(router.bring(&Chunk::new().with(ago(7), &err("again"))), Verdict::Ok);
    assert_eq!(arrived(&cloud), ["a", "b", "failed", "c", "again"]);
    assert_eq!(router.metrics().recorder.counts().held, 3);
}

#[test]
fn a_chunk_of_held_lines_that_comes_again_holds_them_once() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let in_the_way = folder.file("in the way", "").to_owned();
    let gone = in_the_way.join("all.ndjson");
    let router =
        router(&cloud, &folder, &[("archive.path", gone.to_str().unwrap()), ("flush_timeout", "2s")]);
    let held = Chunk::new().with(ago(20), &out("a"));
    assert_eq!(router.bring(&held), Verdict::Retry, "the archive does not take it");
    assert_eq!(router.bring(&held), Verdict::Retry);
    std::fs::remove_file(in_the_way).unwrap();
    router.bring_until_ok(&held, 20);
    router.bring_until_ok(&Chunk::new().with(ago(9), &err("failed")), 20);
    assert_eq!(arrived(&cloud), ["a", "failed"]);
    assert_eq!(router.metrics().recorder.counts().held, 1);
}

#[test]
fn lines_that_go_nowhere_else_are_confirmed_without_a_request_and_told_at_the_start_and_at_the_end() {
    let name = this_test!(
        "lines_that_go_nowhere_else_are_confirmed_without_a_request_and_told_at_the_start_and_at_the_end"
    );
    let said = alone(name, || {
        let (cloud, folder) = (Cloud::start(), TempDir::new());
        let keys =
            [("route.stdout", "drop"), ("route.router_exit", "archive"), ("route.default", "cloudwatch")];
        let router = router(&cloud, &folder, &keys);
        let held = Chunk::new().with(ago(20), &out("a")).with(ago(19), &out("b"));
        assert_eq!(router.bring(&held), Verdict::Ok);
        assert_eq!(router.metrics().dropped_on_purpose.load(Relaxed), 0);
        router.drain();
        assert_eq!(cloud.requests().len(), 0, "the end of the router alone releases nothing");
        let record = std::fs::read_to_string(folder.path().join("all.ndjson")).unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(
            record["recorder"],
            json!({"held": 2, "released": 0, "expired": 0, "evicted": 0, "held_at_the_end": 2})
        );
        assert_eq!((&record["records_lost"], &record["records_dropped"]), (&json!(0), &json!(0)));
    });
    for part in [
        "recorder: lines of class stdout are held in memory for 60 s, all together 32000000 bytes at most",
        "around an error or a stop go to cloudwatch; the others are discarded",
        "recorder: 2 lines held, 0 released, 2 not released on purpose; gaps suspected: none",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn a_released_line_that_is_refused_for_good_becomes_a_dead_letter() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    cloud.script_where(Api::PutLogEvents, holds("poison"), Fault::aws(400, "InvalidParameterException"));
    let keys = [("route.dead_letter", "archive"), ("route.stdout", "drop"), ("route.default", "cloudwatch")];
    let router = router(&cloud, &folder, &keys);
    let poison = out("poison");
    assert_eq!(router.bring(&Chunk::new().with(ago(20), &poison).with(ago(19), &out("b"))), Verdict::Ok);
    assert_eq!(router.bring(&Chunk::new().with(ago(9), &err("failed"))), Verdict::Ok);
    assert_eq!(arrived(&cloud), ["b", "failed"]);
    let letters = std::fs::read_to_string(folder.path().join("all.ndjson")).unwrap();
    let letter: Value = serde_json::from_str(&letters).unwrap();
    assert_eq!((&letter["record"], &letter["dead_letter"]["reason"]), (&poison, &json!("refused")));
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1);
}

#[test]
fn a_released_line_is_masked_and_named_as_it_would_have_been_when_it_came() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let keys = [
        ("redact", "email"),
        ("level", "auto"),
        ("cloudwatch.log_stream", "$(class)/$(level)/$(tag)/$(container_name)"),
    ];
    let router = router(&cloud, &folder, &keys);
    let tag = b"web-firelens-7378aadeebae5d55dee04916c8a42528";
    let bring = |chunk: Chunk| router.flush(tag, chunk.bytes());
    assert_eq!(bring(Chunk::new().with(ago(20), &out("DEBUG login of me@example.com"))), Verdict::Ok);
    assert_eq!(bring(Chunk::new().with(ago(9), &out("ERROR failed"))), Verdict::Ok);
    let stream = "stdout/debug/web-firelens-7378aadeebae5d55dee04916c8a42528/web";
    assert_eq!(cloud.cloudwatch().messages(GROUP, stream), ["DEBUG login of [email]"]);
    let stream = "error/error/web-firelens-7378aadeebae5d55dee04916c8a42528/web";
    assert_eq!(cloud.cloudwatch().messages(GROUP, stream), ["ERROR failed"]);
}

#[test]
fn beyond_its_memory_the_oldest_lines_are_discarded_and_counted() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let keys = [
        ("recorder.max_bytes", "300KiB"),
        ("recorder.container_max_bytes", "256KiB"),
        ("route.stdout", "drop"),
    ];
    let router = router(&cloud, &folder, &keys);
    let long = "x".repeat(2_000);
    for second in (10..40).rev() {
        let chunk = (0..20)
            .fold(Chunk::new(), |chunk, n| chunk.with(ago(second), &out(&format!("{second}/{n}/{long}"))));
        assert_eq!(router.bring(&chunk), Verdict::Ok);
    }
    let before = router.metrics().recorder.counts();
    assert!(before.evicted > 400 && before.memory_bytes <= 256 * 1_024, "{before:?}");
    assert_eq!(router.bring(&Chunk::new().with(ago(9), &err("failed"))), Verdict::Ok);
    let arrived = arrived(&cloud);
    assert_eq!(arrived.len() as u64, 600 - before.evicted + 1);
    assert!(arrived[arrived.len() - 2].starts_with("10/19/"), "the latest ones");
    assert!(router.metrics().recorder.counts().remaining() == 0);
}
