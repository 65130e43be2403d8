//! Chunks that are not what a host writes.

use std::sync::atomic::Ordering::Relaxed;

use ecs_router::Verdict;
use fake_cloud::Cloud;
use serde_json::json;

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::line;
use test_support::this_test;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

fn two() -> Chunk {
    Chunk::now(&[line("web", "stdout", "one"), line("web", "stdout", "two")])
}

#[test]
fn records_before_a_fault_are_delivered() {
    for fault in [
        &[0xc1][..],
        &[0x92, 0xd7],
        &[0xdd, 0xff, 0xff, 0xff, 0xff],
        &[0x92, 1, 0xdf, 0xff, 0xff, 0xff, 0xff],
    ] {
        let cloud = ready();
        let router = Router::to(&cloud, &[]);
        assert_eq!(router.bring(&two().raw(fault)), Verdict::Ok, "{fault:02x?}");
        assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["one", "two"], "{fault:02x?}");
        assert_eq!(router.metrics().malformed_chunks.load(Relaxed), 1);
    }
}

#[test]
fn a_chunk_cut_short_delivers_its_whole_records() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    let chunk = two();
    let short = &chunk.bytes()[..chunk.bytes().len() - 1];
    assert_eq!(router.flush(b"t", short), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["one"]);
}

#[test]
fn garbage_is_an_error_and_asks_nobody() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    for garbage in [&[0xc1; 100][..], b"\xdf\xff\xff\xff\xff", b"\x92"] {
        assert_eq!(router.flush(b"t", garbage), Verdict::Error, "{garbage:02x?}");
    }
    assert_eq!(cloud.requests().len(), 0);
    assert_eq!(router.metrics().malformed_chunks.load(Relaxed), 3);
}

#[test]
fn an_empty_chunk_is_ok() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.flush(b"t", b""), Verdict::Ok);
    assert_eq!(cloud.requests().len(), 0);
}

#[test]
fn entries_that_hold_no_record_are_counted_and_stepped_over() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    let chunk = two()
        .raw(&[0xc0, 0x90, 0x92, 1, 2])
        .with(test_support::record::now_ms(), &line("web", "stdout", "three"));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["one", "two", "three"]);
    assert_eq!(router.metrics().shapeless.load(Relaxed), 3);
}

#[test]
fn deep_nesting_neither_overflows_nor_blocks() {
    let cloud = ready();
    let router = Router::to(&cloud, &[("cloudwatch.log_stream", "web"), ("cloudwatch.log_key", "")]);
    let nested =
        [vec![0x92, 0xce, 0x6b, 0, 0, 0, 0x81, 0xa1, b'k'], vec![0x91; 500_000], vec![0xc0]].concat();
    let now = test_support::record::now_ms();
    let chunk =
        Chunk::new().with(now, &json!({"log": "before"})).raw(&nested).with(now, &json!({"log": "after"}));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert!(!cloud.cloudwatch().messages(GROUP, "web").is_empty());
}

/// In a process of its own, because what is said goes to the process's standard error.
#[test]
fn a_fault_is_said_once_with_its_place_and_without_contents() {
    let said = alone(this_test!("a_fault_is_said_once_with_its_place_and_without_contents"), || {
        let cloud = ready();
        let router = Router::to(&cloud, &[]);
        for _ in 0..3 {
            router.bring(&Chunk::now(&[line("web", "stdout", "hunter2")]).raw(&[0xc1]));
        }
    });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("malformed msgpack")).collect();
    assert!(
        lines.len() == 1
            && lines[0].contains("at byte ")
            && lines[0].contains("1 records of the chunk are delivered"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}
