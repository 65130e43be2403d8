//! Resets, cuts, silence, and slowness.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::line;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

#[test]
fn a_reset_before_the_reply_costs_one_more_attempt() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::reset()]);
    assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 2);
}

/// CloudWatch ignores sequence tokens and has no ids: a lost reply cannot be told from a lost request.
#[test]
fn a_lost_reply_costs_exactly_one_duplicate() {
    for fault in [Fault::accept_then_cut(), Fault::reset_mid_body()] {
        let cloud = ready();
        let what = format!("{fault:?}");
        cloud.script(Api::PutLogEvents, [fault]);
        assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello", "hello"], "{what}");
        assert_eq!(cloud.attempts(Api::PutLogEvents), 2, "{what}");
    }
}

#[test]
fn a_connection_that_dies_between_flushes_is_not_noticed() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    cloud.script(Api::PutLogEvents, [Fault::ok(), Fault::ok().header("connection", "close"), Fault::ok()]);
    for _ in 0..3 {
        assert_eq!(router.bring(&hello()), Verdict::Ok);
    }
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 3);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 3);
}

#[test]
fn silence_is_answered_with_retry_at_the_deadline() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::hang());
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let (verdict, took) = router.timed(&hello());
    assert_eq!(verdict, Verdict::Retry);
    assert!((Duration::from_millis(1_900)..Duration::from_secs(10)).contains(&took), "{took:?}");
    assert_eq!(cloud.attempts(Api::PutLogEvents), 1);
}

#[test]
fn a_request_that_takes_too_long_is_given_up_and_sent_again() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::hang()]);
    let router = Router::to(&cloud, &[("cloudwatch.timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 2);
}

#[test]
fn slow_replies_within_the_deadline_are_no_trouble() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::slow(Duration::from_millis(700))]);
    assert_eq!(Router::to(&cloud, &[]).bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 1);
}

/// The answer has gone out at the deadline, but the request is still under way and succeeds: the replay knows.
#[test]
fn a_success_after_the_deadline_is_known_to_the_replay() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::slow(Duration::from_secs(6))]);
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(5), "{took:?}");
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"], "sent once, arrived once");
    assert_eq!(cloud.attempts(Api::PutLogEvents), 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_replay_that_comes_too_early_waits_for_the_request_under_way() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::slow(Duration::from_secs(3))]);
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    assert_eq!(router.bring_until_ok(&hello(), 3), 2);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 1);
}

#[test]
fn nobody_listening_means_retry() {
    let port = test_support::port::free_port();
    let cloud = ready();
    let endpoint = format!("http://127.0.0.1:{port}");
    let router = Router::to(&cloud, &[("cloudwatch.endpoint", &endpoint), ("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Retry);
}
