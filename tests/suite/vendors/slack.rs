//! Slack from chunk to channel: what is posted, what is left out, and how fast.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fake_cloud::{Api, Cloud, Fault};
use out_ecs_router::Verdict;
use out_ecs_router::metrics::Reason;
use out_ecs_router::plugin::Instance;
use serde_json::{Value, json};

use super::intake::{SECRET, hello};
use crate::support::alone::{alone, this_test};
use crate::support::router::Router;

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
    let keys = [("route.default", "slack"), ("slack.webhook_url", &webhook)];
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
    cloud.script(
        Api::SlackWebhook,
        [Fault::reply(429).retry_after(1), Fault::ok(), Fault::aws(404, "no_service")],
    );
    let instance = start(&cloud, &[]);
    assert_eq!(flush(&instance, &[event("oom-killed")]), Verdict::Ok);
    assert_eq!(cloud.slack().messages().len(), 1);
    assert_eq!(flush(&instance, &[event("oom-killed")]), Verdict::Ok);
    let counters = &instance.metrics().snapshot()[0];
    assert_eq!((counters.delivered, counters.lost.as_slice()), (1, [(Reason::Refused, 1)].as_slice()));
}

#[test]
fn an_outage_means_retry_where_slack_is_required_and_the_replay_posts_once() {
    let cloud = cloud();
    cloud.script_where(Api::SlackWebhook, |_| true, Fault::reply(503));
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(4), "{took:?}");
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    assert_eq!(cloud.slack().messages().len(), 1);
    cloud.assert_no_complaints();
    router.assert_adds_up("slack");
}

#[test]
fn a_slow_reply_is_waited_for_and_a_lost_one_costs_one_more_message() {
    for (fault, posted) in [
        (Fault::slow(Duration::from_millis(700)), 1),
        (Fault::reset_mid_body(), 1),
        (Fault::accept_then_cut(), 2),
    ] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::SlackWebhook, [fault]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        let seen = (cloud.slack().messages().len(), cloud.attempts(Api::SlackWebhook));
        assert_eq!(seen, (posted, posted), "{what}");
        router.assert_adds_up("slack");
    }
}

#[test]
fn a_refusal_for_good_is_ok_and_counted_even_where_slack_is_required() {
    for status in [400, 403, 410] {
        let cloud = cloud();
        cloud.script(Api::SlackWebhook, [Fault::reply(status)]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{status}");
        let seen = (router.lost("slack", Reason::Refused), cloud.attempts(Api::SlackWebhook));
        assert_eq!(seen, (1, 1), "{status}");
        router.assert_adds_up("slack");
    }
}

#[test]
fn a_webhook_that_is_gone_is_said_once_and_its_address_never() {
    let said = alone(this_test!("a_webhook_that_is_gone_is_said_once_and_its_address_never"), || {
        let cloud = cloud();
        cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(404, "no_service"));
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(router.lost("slack", Reason::Refused), 2);
    });
    assert!(!said.contains(SECRET) && !said.contains("/services/"), "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("no_service")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("slack.webhook_url") && lines[0].contains("404"), "{}", lines[0]);
}
