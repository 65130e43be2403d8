//! PagerDuty from chunk to alert: what opens one, what resolves it, and every fault on the way.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};
use std::time::Duration;

use super::intake::hello;
use crate::router::Router;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};
use test_support::this_test;

/// Of the form of an integration key.
pub(super) const KEY: &str = "hunter2hunter2hunter2hunter2hunt";

/// Everything goes to the service, and Fluent Bit is to hear of what does not arrive.
pub(super) fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.default", "pagerduty"),
        ("pagerduty.endpoint", &*endpoint),
        ("pagerduty.integration_key", KEY),
        ("pagerduty.required", "on"),
    ];
    Router::with(keys.iter().chain(more))
}

fn stops(count: u64) -> Chunk {
    let of_task = |number: u64| {
        let mut event = stop();
        event["id"] = format!("event-{number}").into();
        event["detail"]["taskArn"] =
            format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{number:032}").into();
        event
    };
    Chunk::now(&(0..count).map(of_task).collect::<Vec<Value>>())
}

fn actions(cloud: &Cloud) -> Vec<(String, String)> {
    let events = cloud.pagerduty().events();
    events.into_iter().map(|event| (event.action, event.severity)).collect()
}

fn opened(severity: &str) -> (String, String) {
    ("trigger".to_owned(), severity.to_owned())
}

#[test]
fn stops_of_one_incident_are_one_alert() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&stops(12)), Verdict::Ok);
    assert_eq!(cloud.pagerduty().open_alerts().len(), 1, "{:?}", cloud.pagerduty().events());
    let opening = &cloud.pagerduty().events()[0];
    assert_eq!(opening.severity, "error");
    assert!(opening.dedup_key.starts_with("inc-"), "{}", opening.dedup_key);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.pagerduty().open_alerts().len(), 2);
    cloud.assert_no_complaints();
}

#[test]
fn without_incidents_each_stop_is_an_alert_of_its_own() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("incident", "off")]);
    assert_eq!(router.bring(&stops(3)), Verdict::Ok);
    assert_eq!(actions(&cloud), vec![opened("error"); 3]);
    let mut alerts = cloud.pagerduty().open_alerts();
    alerts.sort_unstable();
    assert_eq!(alerts[2], format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{:032}", 2));
    cloud.assert_no_complaints();
    router.assert_adds_up("pagerduty");
}

#[test]
fn throttling_is_waited_for_and_an_outage_means_retry_where_pagerduty_is_required() {
    let cloud = Cloud::start();
    cloud.script(Api::PagerDutyEvents, [Fault::reply(429).retry_after(1), Fault::ok()]);
    let router = router(&cloud, &[("flush_timeout", "5s")]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::PagerDutyEvents), 2);
    cloud.script_where(Api::PagerDutyEvents, |_| true, Fault::reply(503));
    let chunk = stops(1);
    let (verdict, took) = router.timed(&chunk);
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(12), "{took:?}");
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    assert_eq!(cloud.pagerduty().open_alerts().len(), 2);
    cloud.assert_no_complaints();
}

/// The same event again changes nothing: PagerDuty knows the alert.
#[test]
fn a_lost_reply_opens_no_second_alert() {
    for fault in [Fault::reset(), Fault::hang(), Fault::accept_then_cut()] {
        let cloud = Cloud::start();
        let what = format!("{fault:?}");
        cloud.script(Api::PagerDutyEvents, [fault]);
        let router = router(&cloud, &[("pagerduty.timeout", "3s")]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!(cloud.pagerduty().open_alerts().len(), 1, "{what}");
        router.assert_adds_up("pagerduty");
    }
}

#[test]
fn a_refused_event_is_ok_and_counted() {
    let cloud = Cloud::start();
    let body = r#"{"status":"invalid event","message":"Event object is invalid","errors":["'payload.summary' is missing or blank"]}"#;
    cloud.script(Api::PagerDutyEvents, [Fault::reply(400).body(body)]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(router.lost("pagerduty", Reason::Refused), 1);
    assert!(cloud.pagerduty().events().is_empty());
    router.assert_adds_up("pagerduty");
}

#[test]
fn a_wrong_key_keeps_the_chunk_and_is_said_once_and_never_shown() {
    let said = alone(this_test!("a_wrong_key_keeps_the_chunk_and_is_said_once_and_never_shown"), || {
        let cloud = Cloud::start();
        cloud.pagerduty().accept_only("another");
        let router = router(&cloud, &[]);
        let chunk = hello();
        assert_eq!((router.bring(&chunk), router.bring(&chunk)), (Verdict::Retry, Verdict::Retry));
        cloud.pagerduty().accept_only(KEY);
        router.bring_until_ok(&chunk, 3);
        assert_eq!(cloud.pagerduty().open_alerts().len(), 1);
        assert_eq!(router.lost("pagerduty", Reason::Refused), 0);
    });
    assert!(!said.contains(KEY), "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("pagerduty.integration_key")).collect();
    assert_eq!(lines.len(), 1, "{said}");
}

#[test]
fn lines_are_one_alert_for_their_class() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    let lines: Vec<Value> =
        (0..50).map(|number| line("web", "stderr", &format!("failed {number}"))).collect();
    assert_eq!(router.bring(&Chunk::now(&lines)), Verdict::Ok);
    let events = cloud.pagerduty().events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event["payload"]["custom_details"]["lines"], json!(50));
    cloud.assert_no_complaints();
    router.assert_adds_up("pagerduty");
}
