//! Throttling, outages, silence, lost replies, and replays that send only what is missing.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::Fault;

use super::intake::{Intake, chunk_of, cloud, each, hello, names};

fn only_hello() -> Vec<String> {
    vec!["hello".to_owned()]
}

#[test]
fn the_pause_asked_for_is_kept() {
    each(|intake| {
        for status in [429, 503] {
            let cloud = cloud();
            cloud.script(intake.api, [Fault::reply(status).retry_after(1)]);
            let router = intake.router(&cloud, &[]);
            assert_eq!(router.bring(&hello()), Verdict::Ok);
            let requests = cloud.requests_for(intake.api);
            assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
            assert_eq!(requests.len(), 2);
            intake.assert_arrived(&cloud, &router, &only_hello());
        }
    });
}

#[test]
fn a_pause_beyond_the_deadline_is_answered_at_once_and_the_replay_delivers() {
    each(|intake| {
        let cloud = cloud();
        cloud.script(intake.api, [Fault::reply(429).retry_after(60)]);
        let router = intake.router(&cloud, &[]);
        let chunk = hello();
        let (verdict, took) = router.timed(&chunk);
        assert_eq!((verdict, cloud.attempts(intake.api)), (Verdict::Retry, 1));
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert_eq!(router.bring(&chunk), Verdict::Ok);
        intake.assert_arrived(&cloud, &router, &only_hello());
    });
}

#[test]
fn every_passing_trouble_is_tried_again_within_the_flush() {
    each(|intake| {
        for &status in intake.retried {
            let cloud = cloud();
            cloud.script(intake.api, [Fault::reply(status).body("<html>later</html>")]);
            let router = intake.router(&cloud, &[]);
            assert_eq!(router.bring(&hello()), Verdict::Ok, "{status}");
            assert_eq!(cloud.attempts(intake.api), 2, "{status}");
            assert_eq!(router.counters(intake.kind).retries, 1, "{status}");
            intake.assert_arrived(&cloud, &router, &only_hello());
        }
    });
}

#[test]
fn an_outage_is_answered_with_retry_before_the_deadline_and_the_replay_delivers() {
    each(|intake| {
        let cloud = cloud();
        cloud.script_where(intake.api, |_| true, Fault::reply(503));
        let router = intake.router(&cloud, &[("flush_timeout", "2s")]);
        let chunk = hello();
        let (verdict, took) = router.timed(&chunk);
        assert_eq!(verdict, Verdict::Retry);
        assert!(took < Duration::from_secs(30), "{took:?}");
        assert!((2..=10).contains(&cloud.attempts(intake.api)), "neither idle nor a storm");
        cloud.clear_script();
        router.bring_until_ok(&chunk, 3);
        intake.assert_arrived(&cloud, &router, &only_hello());
    });
}

#[test]
fn nobody_listening_means_retry() {
    let port = test_support::port::free_port();
    each(|intake| {
        let router = intake.router_at(&format!("http://127.0.0.1:{port}"), &[("flush_timeout", "2s")]);
        assert_eq!(router.bring(&hello()), Verdict::Retry);
        assert_eq!(router.counters(intake.kind).delivered, 0);
    });
}

#[test]
fn slow_replies_within_the_deadline_are_no_trouble() {
    each(|intake| {
        let cloud = cloud();
        cloud.script(intake.api, [Fault::slow(Duration::from_millis(700))]);
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(intake.api), 1);
        intake.assert_arrived(&cloud, &router, &only_hello());
    });
}

/// The answer has gone out at the deadline, but the request is still under way and succeeds: the replay knows.
#[test]
fn a_success_after_the_deadline_is_known_to_the_replay() {
    each(|intake| {
        let cloud = cloud();
        cloud.script(intake.api, [Fault::slow(Duration::from_secs(5))]);
        let router = intake.router(&cloud, &[("flush_timeout", "2s")]);
        let chunk = hello();
        assert_eq!(router.bring(&chunk), Verdict::Retry);
        router.bring_until_ok(&chunk, 5);
        assert_eq!(cloud.attempts(intake.api), 1);
        intake.assert_arrived(&cloud, &router, &only_hello());
    });
}

#[test]
fn a_request_that_takes_too_long_is_given_up_and_sent_again() {
    each(|intake| {
        let cloud = cloud();
        cloud.script(intake.api, [Fault::hang()]);
        let router = intake.router(&cloud, &[(&format!("{}.timeout", intake.kind), "300ms")]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(intake.api), 2);
        intake.assert_arrived(&cloud, &router, &only_hello());
    });
}

#[test]
fn a_reset_before_the_reply_costs_one_more_attempt() {
    each(|intake| {
        let cloud = cloud();
        cloud.script(intake.api, [Fault::reset()]);
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(intake.api), 2);
        intake.assert_arrived(&cloud, &router, &only_hello());
    });
}

#[test]
fn a_lost_reply_costs_exactly_one_duplicate_and_none_where_repeats_are_known() {
    each(|intake| lose_the_reply(intake, Fault::accept_then_cut(), 2));
}

#[test]
fn a_reply_that_breaks_off_costs_nothing_where_the_status_says_it_all() {
    each(|intake| {
        let attempts = if intake.status_decides { 1 } else { 2 };
        lose_the_reply(intake, Fault::reset_mid_body(), attempts);
    });
}

/// Each attempt is one more line, unless repeats are known.
fn lose_the_reply(intake: &Intake, fault: Fault, attempts: usize) {
    let cloud = cloud();
    cloud.script(intake.api, [fault]);
    let router = intake.router(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    let times = if intake.knows_repeats { 1 } else { attempts };
    assert_eq!((intake.arrived)(&cloud), vec!["hello".to_owned(); times]);
    assert_eq!(cloud.attempts(intake.api), attempts);
    cloud.assert_no_complaints();
    router.assert_adds_up(intake.kind);
}

/// More than one request holds; the one with the last line fails until the third flush.
#[test]
fn a_replay_sends_only_the_batches_that_are_missing() {
    each(|intake| {
        let cloud = cloud();
        let names = padded(1_100 * intake.room);
        let last: &'static str = Box::leak(names[names.len() - 1].clone().into_boxed_str());
        intake.script_for(&cloud, last, Fault::reply(503).retry_after(600));
        let router = intake.router(&cloud, &[]);
        let chunk = chunk_of(&names);
        assert_eq!(router.bring(&chunk), Verdict::Retry);
        let before = cloud.attempts(intake.api);
        assert!((intake.arrived)(&cloud).len() >= 500, "the other batches are not held back");
        assert_eq!(router.bring(&chunk), Verdict::Retry);
        assert!(only_unseen(intake, &cloud, before, last), "what arrived the first time is sent again");
        cloud.clear_script();
        assert_eq!(router.bring(&chunk), Verdict::Ok);
        intake.assert_arrived(&cloud, &router, &names);
    });
}

/// Lines of a thousand bytes, so that also those who only count bytes need two requests.
fn padded(count: usize) -> Vec<String> {
    names(count).into_iter().map(|name| format!("{name:1000}")).collect()
}

/// Whether every request from this one on holds the line that fails.
fn only_unseen(intake: &Intake, cloud: &fake_cloud::Cloud, from: usize, last: &str) -> bool {
    let later = &cloud.requests_for(intake.api)[from..];
    later.iter().all(|request| (intake.brought)(request).iter().any(|line| line == last))
}
