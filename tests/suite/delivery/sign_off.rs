//! What a router says of itself at its end: one line in the log, and one record where somebody wants it.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault, Received};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::{line, now_ms};
use test_support::temp::TempDir;
use test_support::this_test;

/// The record about the router's end goes to a destination of its own.
fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.router_exit", "exits"),
        ("exits.type", "cloudwatch"),
        ("exits.region", "us-east-1"),
        ("exits.endpoint", &*endpoint),
        ("exits.log_group", GROUP),
        ("exits.log_stream", "$(class)"),
        ("exits.auto_create_group", "on"),
    ];
    Router::to(cloud, &[&keys, more].concat())
}

/// What arrived about the router's end.
fn exit_records(cloud: &Cloud) -> Vec<Value> {
    let messages = cloud.cloudwatch().messages(GROUP, "router_exit");
    messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[track_caller]
fn exit_record(cloud: &Cloud) -> Value {
    let records = exit_records(cloud);
    assert_eq!(records.len(), 1, "{records:?}");
    records[0].clone()
}

/// A line, one that is too old, one that is empty, and one that nobody wants.
fn mixed() -> Chunk {
    Chunk::new()
        .with(now_ms() - 30 * 24 * 3_600_000, &line("web", "stdout", "of last month"))
        .with(now_ms(), &line("web", "stdout", "hello"))
        .with(now_ms(), &line("web", "stdout", ""))
        .with(now_ms(), &line("web", "stderr", "dropped"))
}

/// Nothing of it is lost, and yet it did not arrive as it was.
#[test]
fn a_record_that_is_cut_is_told_in_every_line_about_its_destination() {
    let test = this_test!("a_record_that_is_cut_is_told_in_every_line_about_its_destination");
    let said = alone(test, || {
        let cloud = Cloud::start();
        let router = router(&cloud, &[("stats_interval", "200ms")]);
        let long = line("web", "stdout", &"x".repeat(1_100_000));
        router.bring_until_ok(&Chunk::now(&[long, line("web", "stdout", "short")]), 3);
        std::thread::sleep(Duration::from_millis(600));
        router.drain();
        let record = exit_record(&cloud);
        assert_eq!((&record["records_lost"], &record["records_cut"]), (&json!(0), &json!(1)), "{record:#}");
        assert_eq!(record["destinations"][0]["cut"], 1, "{record:#}");
    });
    let told = said.lines().filter(|line| line.contains(", 0 lost, 1 cut")).count();
    assert_eq!(told, 3, "the interval's line, the destination's last one, the router's: {said}");
}

#[test]
fn every_record_of_a_run_is_accounted_for() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("route.stderr", "drop")]);
    router.bring_until_ok(&mixed(), 3);
    router.drain();
    let record = exit_record(&cloud);
    let counts = ["records_read", "records_delivered", "records_lost", "records_left_out", "records_dropped"];
    assert_eq!(counts.map(|name| record[name].as_u64()), [4, 1, 1, 1, 1].map(Some), "{record:#}");
    let destination = &record["destinations"][0];
    assert_eq!((&destination["name"], &destination["delivered"]), (&json!("cloudwatch"), &json!(1)));
    assert_eq!(destination["reasons"], json!({"too_old": 1, "empty": 1}));
    assert_eq!(record["router_event"], "exit");
    assert_eq!(router.counters("exits").delivered, 1, "its own delivery is counted, but not told");
    cloud.assert_no_complaints();
}

#[test]
fn without_a_route_no_record_is_sent() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[]);
    router.bring_until_ok(&Chunk::now(&[line("web", "stdout", "hello")]), 3);
    let requests = cloud.requests().len();
    router.drain();
    assert_eq!(cloud.requests().len(), requests);
}

#[test]
fn gaps_are_suspected_where_chunks_came_late_malformed_or_not_again() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let late = Chunk::new().with(now_ms() - 90_000, &line("web", "stdout", "late"));
    router.bring_until_ok(&late, 5);
    let malformed = Chunk::now(&[line("web", "stdout", "before")]).raw(&[0xc1, 0xc1, 0xc1]);
    router.bring_until_ok(&malformed, 5);
    let none = exit_records(&cloud);
    assert_eq!(none, [json!(null); 0]);
    let is_of_chunk = |request: &Received| !request.text().contains("router_event");
    cloud.script_where(Api::PutLogEvents, is_of_chunk, Fault::reply(500));
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "never again")])), Verdict::Retry);
    router.drain();
    let gaps = exit_record(&cloud)["gaps"].clone();
    assert_eq!(
        (&gaps["late_chunks"], &gaps["malformed_chunks"], &gaps["waiting_chunks"]),
        (&json!(1), &json!(1), &json!(1)),
        "{gaps}"
    );
    let delay = gaps["longest_delay_seconds"].as_u64().unwrap();
    assert!((90..100).contains(&delay), "{delay}");
    assert_eq!(gaps["shapeless_entries"], 0);
}

#[test]
fn a_chunk_that_is_unfinished_at_the_end_is_told() {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud.script(Api::PutLogEvents, [Fault::hang()]);
    let router = router(&cloud, &[("exit_timeout", "500ms")]);
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| router.bring(&Chunk::now(&[line("web", "stdout", "hello")])));
        let attempted = || (cloud.attempts(Api::PutLogEvents) > 0).then_some(());
        until(Duration::from_secs(60), attempted).expect("a request on its way");
        router.drain();
        assert_eq!(flush.join().unwrap(), Verdict::Retry);
    });
    let record = exit_record(&cloud);
    assert_eq!((&record["gaps"]["unfinished_chunks"], &record["gaps_suspected"]), (&json!(1), &json!(true)));
    assert_eq!((&record["records_read"], &record["records_delivered"]), (&json!(1), &json!(0)));
}

#[test]
fn an_archive_on_disk_still_gets_the_record_before_its_last_upload() {
    let cloud = Cloud::builder().create_buckets(["my-logs"]).start();
    let spool = TempDir::new();
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.default", "archive"),
        ("route.router_exit", "archive"),
        ("archive.type", "s3"),
        ("archive.region", "us-east-1"),
        ("archive.endpoint", &*endpoint),
        ("archive.bucket", "my-logs"),
        ("archive.key", "logs/$(class)-$(uuid).json"),
        ("archive.compress", "none"),
        ("archive.spool_dir", spool.path().to_str().unwrap()),
        ("exit_timeout", "4s"),
    ];
    let router = Router::with(&keys);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "hello")])), Verdict::Ok);
    router.drain();
    let lines = cloud.s3().all_lines("my-logs");
    let exits: Vec<_> = lines.iter().filter(|line| format!("{line:?}").contains("router_event")).collect();
    assert_eq!((lines.len(), exits.len()), (2, 1), "{lines:?}");
}

#[test]
fn the_last_line_of_the_log_adds_the_run_up() {
    let test = this_test!("the_last_line_of_the_log_adds_the_run_up");
    let said = alone(test, || {
        let cloud = Cloud::start();
        let router = Router::to(&cloud, &[("route.stderr", "drop")]);
        router.bring_until_ok(&mixed(), 3);
        router.drain();
    });
    let last = said.lines().rfind(|line| line.contains("[output:ecs_router:#0]")).unwrap();
    assert!(last.contains("[ warn] [output:ecs_router:#0] signs off: 4 records read, 1 delivered, 1 lost (cloudwatch: too_old 1); gaps suspected: 1 late chunks (up to 25920"), "{said}");
}
