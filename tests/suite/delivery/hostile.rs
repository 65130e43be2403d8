//! Records that opening them exceeds the limits are delivered as they are, each once, and what is honest beside them is not held
//! up. How long anybody waits is measured in `tests/faults/hostile.rs`.

use std::io::Write as _;
use std::sync::atomic::Ordering::Relaxed;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{event, line, now_ms};
use test_support::this_test;

const PATH: &str = "/http/all";

fn router(cloud: &Cloud) -> Router {
    let url = format!("{}{PATH}", cloud.endpoint());
    Router::with(&[
        ("route.default", "all"),
        ("all.type", "http"),
        ("all.url", url.as_str()),
        ("flush_timeout", "60s"),
    ])
}

/// A Firehose delivery of one record.
fn delivery(number: usize, text: &str) -> Value {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    json!({ "requestId": number.to_string(), "records": [{ "data": STANDARD.encode(encoder.finish().unwrap()) }] })
}

/// Three deliveries of events, eight bombs, three more deliveries and a line.
fn records() -> Vec<Value> {
    let stop = event("essential-exit-137");
    let events = |number: usize| {
        let mut stop = stop.clone();
        stop["id"] = number.to_string().into();
        stop["detail"]["taskArn"] =
            format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{number:032}").into();
        delivery(number, &stop.to_string())
    };
    let bombs = (10..18).map(|number| delivery(number, &"x".repeat(4_000_000)));
    (0..3)
        .map(events)
        .chain(bombs)
        .chain((20..23).map(events))
        .chain([line("web", "stdout", "honest")])
        .collect()
}

/// What arrived, by what tells the records apart, sorted.
fn arrived(cloud: &Cloud) -> Vec<String> {
    let name = |value: &Value| match (&value["requestId"], &value["log"]) {
        (Value::String(number), _) => format!("delivery {number}"),
        (_, Value::String(line)) => line.clone(),
        _ => format!("stop {}", value["event"]["id"].as_str().unwrap_or_default()),
    };
    let mut names: Vec<String> = cloud.http().values(PATH).iter().map(name).collect();
    names.sort();
    names
}

/// In a process of its own, because what is said goes to the process's standard error.
#[test]
fn what_takes_too_much_to_open_is_delivered_as_it_is_and_said_once() {
    let said = alone(this_test!("what_takes_too_much_to_open_is_delivered_as_it_is_and_said_once"), || {
        let cloud = Cloud::start();
        let router = router(&cloud);
        assert_eq!(router.bring(&Chunk::now(&records())), Verdict::Ok);
        let arrived = arrived(&cloud);
        let is_there = |name: &str| arrived.iter().any(|found| found == name);
        assert!(["stop 0", "stop 1", "stop 2", "honest"].into_iter().all(is_there), "{arrived:#?}");
        // A bomb that was opened holds no event, so it is delivered as it is as well.
        assert_eq!(arrived.len(), 15, "{arrived:#?}");
        let unopened = router.metrics().unopened_envelopes.load(Relaxed);
        assert!((4..=11).contains(&unopened), "{unopened} unopened");
        router.assert_adds_up("all");
        assert_eq!(router.bring(&Chunk::now(&records())), Verdict::Ok);
    });
    let lines: Vec<&str> =
        said.lines().filter(|line| line.contains("opening them exceeds the limits")).collect();
    assert!(lines.len() == 1 && lines[0].contains("[ warn]") && lines[0].contains("smaller"), "{said}");
}

#[test]
fn a_replay_opens_the_same_records_again() {
    let cloud = Cloud::start();
    cloud.script(Api::Http, (0..3).map(|_| Fault::reply(413)));
    cloud.script_where(Api::Http, |request| request.text().contains("honest"), Fault::reply(404));
    let router = router(&cloud);
    let chunk = Chunk::now(&records());
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    let before = arrived(&cloud).len();
    assert!(0 < before && before < 15, "{before}");
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    let mut arrived = arrived(&cloud);
    assert_eq!(arrived.len(), 15, "{arrived:#?}");
    arrived.dedup();
    assert_eq!(arrived.len(), 15, "none came twice");
    assert_eq!(router.metrics().replayed_chunks.load(Relaxed), 1);
}

/// Each day would be a request of its own: CloudWatch takes no more than a day in one.
#[test]
fn records_of_a_thousand_days_are_refused_without_a_thousand_requests() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[]);
    let now = now_ms();
    let days = (-1_000..1_000).map(|day| now + day * 24 * 3_600_000);
    let chunk = days.fold(Chunk::new(), |chunk, at| chunk.with(at, &line("web", "stdout", &at.to_string())));
    assert_eq!(router.bring(&chunk.with(now, &line("web", "stdout", "honest"))), Verdict::Ok);
    let requests = cloud.attempts(Api::PutLogEvents);
    assert!(requests <= 20, "{requests} requests");
    let lost = |reason| router.lost("cloudwatch", reason);
    assert!(lost(Reason::TooOld) >= 984 && lost(Reason::TooNew) >= 998);
    assert!(cloud.cloudwatch().messages(GROUP, "web").contains(&"honest".to_owned()));
    router.assert_adds_up("cloudwatch");
}
