//! Destinations and flushes that must not hold each other up.

use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::line;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

/// A second destination, `copy`, in the same cloud.
fn with_copy(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let copy = [
        ("route.default", "copy, cloudwatch"),
        ("copy.type", "cloudwatch"),
        ("copy.log_group", "/copy"),
        ("copy.log_key", "log"),
        ("copy.region", "us-east-1"),
        ("copy.endpoint", endpoint.as_str()),
        ("copy.auto_create_group", "on"),
    ];
    Router::to(cloud, &[&copy[..], more].concat())
}

fn for_copy(request: &fake_cloud::Received) -> bool {
    request.json()["logGroupName"] == "/copy"
}

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

#[test]
fn a_best_effort_destination_that_is_down_does_not_ask_for_a_replay() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, for_copy, Fault::reply(503));
    let router = with_copy(&cloud, &[("copy.required", "off"), ("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    assert_eq!(router.lost("copy", Reason::BestEffort), 1);
    assert_eq!(router.counters("cloudwatch").delivered, 1);
}

/// Its reply comes after the answer has gone out: the record is either delivered or lost, not both.
#[test]
fn a_best_effort_destination_that_is_slow_is_counted_once() {
    let cloud = ready();
    cloud.cloudwatch().create_stream("/copy", "s");
    cloud.script_where(Api::PutLogEvents, for_copy, Fault::slow(Duration::from_secs(4)));
    let router =
        with_copy(&cloud, &[("copy.required", "off"), ("copy.log_stream", "s"), ("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    let taken = || (cloud.cloudwatch().messages("/copy", "s") == ["hello"]).then_some(());
    until(Duration::from_secs(20), taken).expect("the slow one takes it in the end");
    // For the reply to come back.
    std::thread::sleep(Duration::from_secs(1));
    router.assert_adds_up("copy");
}

#[test]
fn a_dead_destination_does_not_hold_back_a_living_one() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, for_copy, Fault::hang());
    let router = with_copy(&cloud, &[("flush_timeout", "10s"), ("copy.concurrency", "1")]);
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| router.bring(&hello()));
        let arrived = || (cloud.cloudwatch().messages(GROUP, "web") == ["hello"]).then_some(());
        assert!(until(Duration::from_secs(9), arrived).is_some(), "the living one waits for the dead one");
        assert_eq!(flush.join().unwrap(), Verdict::Retry);
    });
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

#[test]
fn a_dead_destination_does_not_hold_back_the_next_flush_of_a_living_one() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, for_copy, Fault::hang());
    let keys = [("route.stderr", "copy"), ("route.stdout", "cloudwatch"), ("flush_timeout", "10s")];
    let router = with_copy(&cloud, &keys);
    std::thread::scope(|scope| {
        let stuck: Vec<_> = (0..10)
            .map(|number| {
                let chunk = Chunk::now(&[line("web", "stderr", &format!("{number}"))]);
                scope.spawn(|| {
                    let chunk = chunk;
                    router.bring(&chunk)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(200));
        let (verdict, took) = router.timed(&hello());
        assert_eq!(verdict, Verdict::Ok);
        assert!(took < Duration::from_secs(9), "{took:?}");
        stuck.into_iter().for_each(|flush| assert_eq!(flush.join().unwrap(), Verdict::Retry));
    });
}

#[test]
fn four_flushes_at_once_all_arrive_once() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_millis(50)));
    let router = Router::to(&cloud, &[]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let router = &router;
            scope.spawn(move || {
                for round in 0..10 {
                    let log = format!("{thread} {round}");
                    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", &log)])), Verdict::Ok);
                }
            });
        }
    });
    let mut arrived = cloud.cloudwatch().messages(GROUP, "web");
    arrived.sort_unstable();
    let expected: Vec<String> =
        (0..4).flat_map(|thread| (0..10).map(move |round| format!("{thread} {round}"))).collect();
    assert_eq!(arrived, expected);
    router.assert_adds_up("cloudwatch");
}

/// More than the worker's queue holds; a host with this many workers does not exist.
#[test]
fn two_hundred_flushes_at_once_all_get_an_answer_and_arrive_once() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::hang());
    let router = Router::to(&cloud, &[("flush_timeout", "2s"), ("cloudwatch.timeout", "1s")]);
    let chunks: Vec<Chunk> =
        (0..200).map(|number| Chunk::now(&[line("web", "stdout", &format!("{number}"))])).collect();
    std::thread::scope(|scope| {
        let flushes: Vec<_> = chunks.iter().map(|chunk| scope.spawn(|| router.bring(chunk))).collect();
        flushes.into_iter().for_each(|flush| assert_eq!(flush.join().unwrap(), Verdict::Retry));
    });
    cloud.clear_script();
    for chunk in &chunks {
        router.bring_until_ok(chunk, 20);
    }
    let mut arrived = cloud.cloudwatch().messages(GROUP, "web");
    arrived.sort_unstable();
    arrived.dedup();
    assert_eq!((arrived.len(), cloud.cloudwatch().messages(GROUP, "web").len()), (200, 200));
}

#[test]
fn two_instances_do_not_know_of_each_other() {
    let (one, other) = (ready(), ready());
    let (first, second) = (Router::to(&one, &[]), Router::to(&other, &[]));
    assert_eq!((first.bring(&hello()), second.bring(&hello())), (Verdict::Ok, Verdict::Ok));
    first.drain();
    assert_eq!((first.bring(&hello()), second.bring(&hello())), (Verdict::Retry, Verdict::Ok));
    assert_eq!(one.cloudwatch().messages(GROUP, "web").len(), 1);
    assert_eq!(other.cloudwatch().messages(GROUP, "web").len(), 2);
}
