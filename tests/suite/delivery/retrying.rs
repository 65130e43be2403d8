//! Throttling, outages, the deadline, and replays that send only what is missing.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::{line, now_ms};
use test_support::temp::TempDir;
use test_support::this_test;

fn ready(streams: &[&str]) -> Cloud {
    let cloud = Cloud::start();
    streams.iter().for_each(|stream| cloud.cloudwatch().create_stream(GROUP, stream));
    cloud
}

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

#[test]
fn a_throttled_request_is_sent_again_after_a_pause() {
    let cloud = ready(&["web"]);
    cloud.script(Api::PutLogEvents, [Fault::throttled(), Fault::throttled()]);
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    let puts = cloud.cloudwatch().calls("PutLogEvents");
    assert_eq!(puts.len(), 3);
    assert!(
        puts[1].started - puts[0].started >= Duration::from_millis(50),
        "full jitter never makes it a burst"
    );
    assert!(puts[2].started - puts[1].started >= Duration::from_millis(100), "the second pause is longer");
    assert_eq!(router.counters("cloudwatch").retries, 2);
}

#[test]
fn every_passing_trouble_is_tried_again_within_the_flush() {
    let troubles = [
        Fault::aws(500, "InternalFailure"),
        Fault::aws(503, "ServiceUnavailableException"),
        Fault::aws(400, "ServiceUnavailableException"),
        Fault::aws(400, "LimitExceededException"),
        Fault::reply(429),
        Fault::reply(502).body("<html>bad gateway</html>"),
        Fault::reply(504),
        Fault::reply(408),
        Fault::reply(200).body("<html>a proxy's page</html>"),
        Fault::reply(200),
    ];
    for trouble in troubles {
        let cloud = ready(&["web"]);
        let what = format!("{trouble:?}");
        cloud.script(Api::PutLogEvents, [trouble]);
        assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"], "{what}");
        assert_eq!(cloud.attempts(Api::PutLogEvents), 2, "{what}");
    }
}

#[test]
fn the_pause_a_service_asks_for_is_kept() {
    let cloud = ready(&["web"]);
    cloud.script(Api::PutLogEvents, [Fault::reply(503).retry_after(1)]);
    assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok);
    let puts = cloud.cloudwatch().calls("PutLogEvents");
    assert!(puts[1].started - puts[0].started >= Duration::from_secs(1));
    assert_eq!(puts.len(), 2);
}

#[test]
fn a_pause_beyond_the_deadline_is_answered_at_once() {
    let cloud = ready(&["web"]);
    cloud.script(Api::PutLogEvents, [Fault::reply(503).retry_after(60)]);
    let (verdict, took) = Router::to(&cloud, &[]).timed(&hello());
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(cloud.attempts(Api::PutLogEvents), 1);
}

#[test]
fn an_outage_is_answered_with_retry_before_the_deadline_and_the_replay_delivers() {
    let cloud = ready(&["web"]);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!((2..=10).contains(&cloud.attempts(Api::PutLogEvents)), "neither idle nor a storm");
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_replay_sends_only_what_is_missing() {
    let cloud = ready(&["good", "bad"]);
    cloud.script_where(Api::PutLogEvents, |put| put.json()["logStreamName"] == "bad", Fault::reply(503));
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let now = now_ms();
    let chunk = (0..20).fold(Chunk::new(), |chunk, number| {
        let container = if number % 2 == 0 { "good" } else { "bad" };
        chunk.with(now, &line(container, "stdout", &format!("{number}")))
    });
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    let puts = cloud.cloudwatch().calls("PutLogEvents");
    assert_eq!(
        puts.iter().filter(|put| put.stream == "good").count(),
        1,
        "arrived the first time, sent once"
    );
    for stream in ["good", "bad"] {
        assert_eq!(cloud.cloudwatch().messages(GROUP, stream).len(), 10, "no event twice");
    }
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_replay_of_one_batch_among_several_of_a_stream_sends_only_that_one() {
    let cloud = ready(&["web"]);
    let big = |first: char| line("web", "stdout", &format!("{first}{}", "x".repeat(600_000)));
    let chunk = Chunk::now(&[big('a'), big('b'), big('c')]);
    let holds_b =
        |put: &fake_cloud::Received| put.json()["logEvents"][0]["message"].as_str().unwrap().starts_with('b');
    cloud.script_where(Api::PutLogEvents, holds_b, Fault::reply(500));
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    let mut firsts: Vec<char> =
        cloud.cloudwatch().messages(GROUP, "web").iter().filter_map(|text| text.chars().next()).collect();
    firsts.sort_unstable();
    assert_eq!(firsts, ['a', 'b', 'c']);
}

#[test]
fn equal_chunks_are_not_taken_for_replays_of_each_other() {
    let cloud = ready(&["web"]);
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 3);
}

#[test]
fn the_same_bytes_under_another_tag_are_another_chunk() {
    let cloud = ready(&["web"]);
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    assert_eq!(router.flush(b"a", chunk.bytes()), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.flush(b"b", chunk.bytes()), Verdict::Ok);
    assert_eq!(router.flush(b"a", chunk.bytes()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 2);
}

#[test]
fn what_a_person_must_mend_is_tried_once_per_flush() {
    let cloud = ready(&["web"]);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::aws(400, "AccessDeniedException"));
    let router = Router::to(&cloud, &[]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!((verdict, cloud.attempts(Api::PutLogEvents)), (Verdict::Retry, 1));
    assert!(took < Duration::from_secs(10), "{took:?}");
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok, "mended: nothing was lost");
}

/// The spool refuses chunks because uploads fail; of two reasons that belong together, neither hides the other.
#[test]
fn what_the_disk_says_is_not_hidden_by_what_the_service_said() {
    let test = this_test!("what_the_disk_says_is_not_hidden_by_what_the_service_said");
    let said = alone(test, || {
        let cloud = Cloud::start();
        cloud.script_where(Api::PutObject, |_| true, Fault::reply(503));
        let spool = TempDir::new();
        let keys = [
            ("route.default", "s3"),
            ("s3.region", "us-east-1"),
            ("s3.endpoint", &cloud.endpoint()),
            ("s3.bucket", "archive"),
            ("s3.spool_dir", spool.path().to_str().unwrap()),
            ("s3.spool_limit", "10M"),
            ("s3.upload_timeout", "1s"),
            ("s3.compress", "none"),
            ("flush_timeout", "8s"),
            ("exit_timeout", "100ms"),
        ];
        let router = Router::with(&keys);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        let has_failed = || (!cloud.requests_for(Api::PutObject).is_empty()).then_some(());
        until(Duration::from_secs(60), has_failed).expect("an upload is tried");
        std::thread::sleep(Duration::from_secs(1));
        let long = Chunk::now(&vec![line("web", "stdout", &"x".repeat(1_000_000)); 11]);
        assert_eq!(router.bring(&long), Verdict::Retry);
    });
    assert!(said.contains("PutObject answered 503"), "{said}");
    assert!(said.contains("the spool is full"), "{said}");
}
