//! Slack from chunk to channel: what is posted, what is left out, how fast, and every fault on the way.
//!
//! Two faults of the others make no sense here: a webhook takes a message or it does not, so there is no partial
//! reply, and its address is all the credentials there are, which do not expire but are gone for good.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::intake::{SECRET, hello};
use crate::router::Router;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::line;
use test_support::this_test;

/// Without the rate's limit, which is of the channel and not of the router.
pub(super) fn cloud() -> Cloud {
    Cloud::start()
}

/// Everything goes to the channel, and Fluent Bit is to hear of what does not arrive.
pub(super) fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let webhook = format!("{}/services/T0/B0/{SECRET}", cloud.endpoint());
    let keys = [("route.default", "slack"), ("slack.webhook_url", &*webhook), ("slack.required", "on")];
    Router::with(keys.iter().chain(more))
}

fn start(cloud: &Cloud, more: &[(&str, &str)]) -> Instance {
    let webhook = format!("{}/services/T0/B0/x", cloud.endpoint());
    let keys =
        [("route.default", "slack"), ("slack.webhook_url", &webhook), ("stop.trusted_tags", "ecs.events")];
    let map: BTreeMap<String, String> =
        keys.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Instance::start(0, &map).unwrap()
}

/// As Fluent Bit does it: on a thread of its own.
fn flush(instance: &Instance, records: &[Value]) -> Verdict {
    let entry = |record: &Value| rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
    let chunk: Vec<u8> = records.iter().flat_map(entry).collect();
    std::thread::scope(|scope| scope.spawn(|| instance.flush(b"ecs.events", &chunk)).join().unwrap())
}

fn event(name: &str) -> Value {
    let file = format!("{}/tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_stop_is_told_and_a_planned_one_is_not() {
    let cloud = Cloud::start();
    let instance = start(&cloud, &[]);
    let verdict = flush(&instance, &[event("oom-killed"), event("scale-in"), json!({"log": "a < b"})]);
    assert_eq!(verdict, Verdict::Ok);
    let messages = cloud.slack().messages();
    assert_eq!(messages.len(), 1);
    let text = messages[0].all_text();
    for expected in ["🔴 web in prod", "OutOfMemoryError", "1 × other", "a &lt; b", "console.aws.amazon.com"]
    {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
    let counters = &instance.metrics().snapshot()[0];
    assert_eq!((counters.delivered, counters.lost.as_slice()), (2, [(Reason::Filtered, 1)].as_slice()));
    cloud.assert_no_complaints();
}

#[test]
fn messages_keep_the_pace_of_one_a_second() {
    let cloud = Cloud::start();
    cloud.slack().limit_rate();
    let instance = start(&cloud, &[]);
    let began = Instant::now();
    for number in 0..3 {
        assert_eq!(flush(&instance, &[json!({"log": number})]), Verdict::Ok);
    }
    assert!(began.elapsed() >= Duration::from_secs(2));
    assert_eq!(
        (cloud.slack().messages().len(), cloud.attempts(Api::SlackWebhook)),
        (3, 3),
        "nobody was refused"
    );
}

#[test]
fn a_slow_channel_is_waited_for_and_a_gone_one_never_holds_up_the_chunk() {
    let cloud = Cloud::start();
    let gone = std::iter::repeat_n(Fault::aws(404, "no_service"), 20);
    let first = [Fault::reply(429).retry_after(1), Fault::ok()];
    cloud.script(Api::SlackWebhook, first.into_iter().chain(gone));
    let instance = start(&cloud, &[]);
    assert_eq!(flush(&instance, &[event("oom-killed")]), Verdict::Ok);
    assert_eq!(cloud.slack().messages().len(), 1);
    assert_eq!(flush(&instance, &[event("essential-exit-137")]), Verdict::Ok);
    assert_eq!(instance.metrics().snapshot()[0].lost, [], "its incident is still to be told");
    instance.drain();
    let counters = &instance.metrics().snapshot()[0];
    assert_eq!((counters.delivered, counters.lost.as_slice()), (1, [(Reason::BestEffort, 1)].as_slice()));
}

/// What was posted, and with how many attempts.
fn posted(cloud: &Cloud) -> (usize, usize) {
    (cloud.slack().messages().len(), cloud.attempts(Api::SlackWebhook))
}

#[test]
fn an_outage_means_retry_where_slack_is_required_and_the_replay_posts_once() {
    let cloud = cloud();
    cloud.script_where(Api::SlackWebhook, |_| true, Fault::reply(503));
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(10), "{took:?}");
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    assert_eq!(cloud.slack().messages().len(), 1);
    cloud.assert_no_complaints();
    router.assert_adds_up("slack");
}

#[test]
fn the_pause_asked_for_is_kept_and_one_beyond_the_deadline_is_left_to_the_replay() {
    let cloud = cloud();
    let limited = |seconds| Fault::aws(429, "rate_limited").retry_after(seconds);
    cloud.script(Api::SlackWebhook, [limited(2), Fault::ok(), limited(60)]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    let requests = cloud.requests_for(Api::SlackWebhook);
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(2));
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!((verdict, posted(&cloud)), (Verdict::Retry, (1, 3)));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!((router.bring(&chunk), posted(&cloud)), (Verdict::Ok, (2, 4)));
    cloud.assert_no_complaints();
    router.assert_adds_up("slack");
}

#[test]
fn nobody_listening_means_retry_where_slack_is_required() {
    let port = test_support::port::free_port();
    let webhook = format!("http://127.0.0.1:{port}/services/T0/B0/x");
    let keys = [("slack.webhook_url", &*webhook), ("flush_timeout", "2s")];
    assert_eq!(router(&cloud(), &keys).bring(&hello()), Verdict::Retry);
    let best_effort = router(&cloud(), &[&keys[..], &[("slack.required", "off")]].concat());
    assert_eq!(best_effort.bring(&hello()), Verdict::Ok);
    assert_eq!(best_effort.counters("slack").delivered, 0);
}

#[test]
fn a_slow_reply_is_waited_for_and_only_a_lost_one_costs_one_more_message() {
    for (fault, expected) in [
        (Fault::slow(Duration::from_millis(700)), (1, 1)),
        (Fault::reset_mid_body(), (1, 1)),
        (Fault::reset(), (1, 2)),
        (Fault::hang(), (1, 2)),
        (Fault::accept_then_cut(), (2, 2)),
    ] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::SlackWebhook, [fault]);
        let router = router(&cloud, &[("slack.timeout", "3s")]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!(posted(&cloud), expected, "{what}");
        router.assert_adds_up("slack");
    }
}

/// The answer has gone out at the deadline, but the request is still under way and succeeds: the replay knows.
#[test]
fn a_success_after_the_deadline_is_known_to_the_replay() {
    let cloud = cloud();
    cloud.script(Api::SlackWebhook, [Fault::slow(Duration::from_secs(5))]);
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    router.bring_until_ok(&chunk, 5);
    assert_eq!(posted(&cloud), (1, 1));
    router.assert_adds_up("slack");
}

#[test]
fn a_message_that_is_too_long_becomes_two_and_the_replay_posts_the_one_that_is_missing() {
    for fault in [Fault::reply(413), Fault::aws(400, "msg_too_long")] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::SlackWebhook, [fault, Fault::ok(), Fault::reply(503).retry_after(600)]);
        let router = router(&cloud, &[]);
        let chunk = Chunk::now(&["first", "second"].map(|log| line("web", "stdout", log)));
        assert_eq!((router.bring(&chunk), posted(&cloud)), (Verdict::Retry, (1, 3)), "{what}");
        assert_eq!((router.bring(&chunk), posted(&cloud)), (Verdict::Ok, (2, 4)), "{what}");
        let texts: Vec<String> = cloud.slack().messages().iter().map(|message| message.all_text()).collect();
        assert!(texts[0].contains("first") && !texts[0].contains("second"), "{texts:?}");
        assert!(texts[1].contains("second") && !texts[1].contains("first"), "{texts:?}");
        router.assert_adds_up("slack");
    }
}

#[test]
fn a_refusal_for_good_is_ok_and_counted_even_where_slack_is_required() {
    for word in ["invalid_blocks", "invalid_payload"] {
        let cloud = cloud();
        cloud.script(Api::SlackWebhook, [Fault::aws(400, word)]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{word}");
        assert_eq!((router.lost("slack", Reason::Refused), posted(&cloud)), (1, (0, 1)), "{word}");
        router.assert_adds_up("slack");
    }
}

#[test]
fn a_webhook_that_is_gone_keeps_the_chunk_where_slack_is_required_until_it_is_mended() {
    for (status, word) in
        [(400, "no_team"), (403, "action_prohibited"), (404, "no_service"), (410, "channel_is_archived")]
    {
        let cloud = cloud();
        cloud.script(Api::SlackWebhook, [Fault::aws(status, word)]);
        let router = router(&cloud, &[]);
        let chunk = hello();
        assert_eq!(
            (router.bring(&chunk), posted(&cloud)),
            (Verdict::Retry, (0, 1)),
            "once per flush: {word}"
        );
        assert_eq!((router.bring(&chunk), posted(&cloud)), (Verdict::Ok, (1, 2)), "{word}");
        router.assert_adds_up("slack");
    }
}

/// Slack is best effort unless asked otherwise: the rest of the chunk is not sent again for its sake.
#[test]
fn a_webhook_that_is_gone_holds_up_no_other_destination() {
    let cloud = cloud();
    cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(404, "no_service"));
    let url = cloud.endpoint() + "/http/logs";
    let keys = [("route.default", "slack, http"), ("http.url", &*url), ("slack.required", "off")];
    let router = router(&cloud, &keys);
    let (verdict, took) = router.timed(&hello());
    assert_eq!((verdict, posted(&cloud)), (Verdict::Ok, (0, 1)));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(router.counters("http").delivered, 1);
    assert_eq!(router.lost("slack", Reason::BestEffort), 1);
    router.assert_adds_up("slack");
}

#[test]
fn a_webhook_that_is_gone_is_said_once_and_its_address_never() {
    let said = alone(this_test!("a_webhook_that_is_gone_is_said_once_and_its_address_never"), || {
        let cloud = cloud();
        cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(404, "no_service"));
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Retry);
        assert_eq!(router.bring(&hello()), Verdict::Retry);
        assert_eq!(router.lost("slack", Reason::Refused), 0);
    });
    assert!(!said.contains(SECRET) && !said.contains("/services/"), "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("no_service")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("slack.webhook_url") && lines[0].contains("404"), "{}", lines[0]);
}
