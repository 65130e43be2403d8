//! How records share requests, and how requests share time.

use std::collections::HashMap;
use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms};

/// `each` lines of `streams` containers, one after the other in turn.
fn interleaved(streams: usize, each: usize) -> Chunk {
    let now = now_ms();
    (0..each * streams).fold(Chunk::new(), |chunk, number| {
        let record = line(&format!("c{}", number % streams), "stderr", &format!("line {number}"));
        chunk.with(now, &record)
    })
}

fn existing(streams: usize) -> Cloud {
    let cloud = Cloud::start();
    (0..streams).for_each(|number| cloud.cloudwatch().create_stream(GROUP, &format!("c{number}")));
    cloud
}

#[test]
fn interleaved_containers_make_one_request_per_stream() {
    let cloud = existing(50);
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.bring(&interleaved(50, 20)), Verdict::Ok);
    let mut per_stream = HashMap::new();
    for put in cloud.cloudwatch().calls("PutLogEvents") {
        *per_stream.entry(put.stream).or_insert(0) += 1;
    }
    assert_eq!(per_stream.len(), 50);
    assert!(per_stream.values().all(|&puts| puts == 1), "{per_stream:?}");
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c7").len(), 20);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c7")[1], "line 57");
    cloud.assert_no_complaints();
}

#[test]
fn requests_of_several_streams_are_under_way_together_and_never_more_than_configured() {
    let cloud = existing(12);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_millis(200)));
    let router = Router::to(&cloud, &[("cloudwatch.concurrency", "4")]);
    let (verdict, took) = router.timed(&interleaved(12, 1));
    assert_eq!(verdict, Verdict::Ok);
    let puts = cloud.cloudwatch().calls("PutLogEvents");
    let together = |at: usize| puts.iter().filter(|other| other.overlaps(&puts[at])).count();
    assert!((0..12).any(|at| together(at) >= 4), "they stand in line");
    assert!(took < Duration::from_millis(200 * 12), "{took:?}");
    let at_once = |at: usize| {
        let begins = puts[at].started;
        puts.iter().filter(|put| put.started <= begins && put.ended.is_some_and(|end| end > begins)).count()
    };
    assert!((0..12).all(|at| at_once(at) <= 4), "more than `concurrency`");
}

#[test]
fn order_within_a_stream_is_by_time_and_stable() {
    let cloud = existing(1);
    let router = Router::to(&cloud, &[]);
    let now = now_ms();
    let times = [5, 3, 5, 4, 3, 5];
    let chunk = times.iter().enumerate().fold(Chunk::new(), |chunk, (number, after)| {
        chunk.with(now + after, &line("c0", "stdout", &format!("{after} {number}")))
    });
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c0"), ["3 1", "3 4", "4 3", "5 0", "5 2", "5 5"]);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 1);
}

#[test]
fn a_compressed_request_says_the_same() {
    let cloud = existing(1);
    let router = Router::to(&cloud, &[("cloudwatch.compress", "gzip")]);
    let chunk =
        (0..500).fold(Chunk::new(), |chunk, _| chunk.with(now_ms(), &line("c0", "stdout", "the same again")));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), 500);
    let put = &cloud.requests_for(Api::PutLogEvents)[0];
    assert_eq!(put.header("content-encoding"), Some("gzip"));
    assert!(put.wire_len * 10 < put.body.len(), "{} of {}", put.wire_len, put.body.len());
    cloud.assert_no_complaints();
}

#[test]
fn embedded_metrics_are_announced() {
    let cloud = existing(1);
    let router = Router::to(&cloud, &[("cloudwatch.log_format", "json/emf")]);
    assert_eq!(router.bring(&Chunk::now(&[line("c0", "stdout", "{}")])), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().calls("PutLogEvents")[0].log_format.as_deref(), Some("json/emf"));
}
