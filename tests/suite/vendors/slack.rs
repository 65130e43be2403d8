//! Slack from chunk to channel: what is posted, what is left out, and how fast.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fake_cloud::{Api, Cloud, Fault};
use out_ecs_router::Verdict;
use out_ecs_router::metrics::Reason;
use out_ecs_router::plugin::Instance;
use serde_json::{Value, json};

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
