//! EventBridge from chunk to bus: events of our own, judged one by one, that never go round.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::intake::{chunk_of, hello, names};
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};

pub(super) const BUS: &str = "alerts";

/// A cloud in which the bus exists.
pub(super) fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.eventbridge().create_bus(BUS);
    cloud
}

/// Everything goes to the bus.
pub(super) fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.default", "eventbridge"),
        ("eventbridge.event_bus", BUS),
        ("eventbridge.region", "eu-west-1"),
        ("eventbridge.endpoint", endpoint.as_str()),
        ("eventbridge.timeout", "5s"),
        ("incident", "off"),
        ("flush_timeout", "45s"),
        ("exit_timeout", "2s"),
    ];
    Router::with(keys.iter().chain(more))
}

/// The lines that arrived, in order of their names.
fn lines(cloud: &Cloud) -> Vec<String> {
    let events = cloud.eventbridge().events(BUS);
    let mut lines: Vec<String> =
        events.iter().filter_map(|event| event["detail"]["log"].as_str().map(str::to_owned)).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_stop_and_lines_are_events_of_our_own() {
    let cloud = cloud();
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&Chunk::now(&[stop(), line("web", "stderr", "it broke")])), Verdict::Ok);
    let events = cloud.eventbridge().events(BUS);
    let types: Vec<&str> = events.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    assert_eq!(types, ["ECS Stop Report", "ECS Log Line"]);
    assert!(events.iter().all(|event| event["source"] == "ecs_router"));
    assert_eq!(
        (&events[0]["detail"]["exit_code"], &events[1]["detail"]["log"]),
        (&json!(137), &json!("it broke"))
    );
    let request = &cloud.requests_for(Api::PutEvents)[0];
    assert!(request.header("authorization").unwrap().contains("/eu-west-1/events/aws4_request"));
    cloud.assert_no_complaints();
    router.assert_adds_up("eventbridge");
}

/// A rule without a pattern hands everything on the bus to a collector that sends everything to the bus.
#[test]
fn events_of_ours_that_come_back_end_there() {
    let cloud = cloud();
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&Chunk::now(&[stop(), line("web", "stderr", "it broke")])), Verdict::Ok);
    let back = cloud.eventbridge().events(BUS);
    let in_sns = json!({"Type": "Notification", "TopicArn": "t", "Message": back[0].to_string()});
    let chunk = Chunk::now(&[back[0].clone(), back[1].clone()]);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!((cloud.eventbridge().events(BUS).len(), router.lost("eventbridge", Reason::Filtered)), (2, 2));
    assert_eq!(router.bring(&Chunk::now(&[in_sns])), Verdict::Ok);
    let stops =
        cloud.eventbridge().events(BUS).into_iter().filter(|event| event["detail-type"] == "ECS Stop Report");
    assert_eq!(stops.count(), 1, "the event in our event is not read again");
}

/// Every stop is an event; what comes besides is told apart from them.
#[test]
fn a_crash_loop_is_its_stops_and_the_end_of_its_incident() {
    let cloud = cloud();
    let router = router(&cloud, &[("incident", "auto"), ("incident.quiet", "2s"), ("incident.remind", "0")]);
    for number in 0..12 {
        assert_eq!(router.bring(&Chunk::now(&[crash(number)])), Verdict::Ok);
    }
    let told = || (cloud.eventbridge().events(BUS).len() == 13).then(|| cloud.eventbridge().events(BUS));
    let events = test_support::process::until(std::time::Duration::from_secs(60), told).expect("13 events");
    let (stops, news): (Vec<Value>, Vec<Value>) =
        events.into_iter().partition(|event| event["detail-type"] == "ECS Stop Report");
    let id = &stops[0]["detail"]["incident_id"];
    assert!(id.is_string() && stops.iter().all(|event| event["detail"]["incident_id"] == *id));
    assert_eq!((stops.len(), news.len()), (12, 1));
    assert_eq!(news[0]["detail-type"], "ECS Incident News");
    assert_eq!(
        (&news[0]["detail"]["incident"]["state"], &news[0]["detail"]["incident_id"]),
        (&json!("resolved"), id)
    );
    router.drain();
    cloud.assert_no_complaints();
}

fn crash(number: usize) -> Value {
    let mut event = stop();
    event["id"] = json!(format!("event-{number}"));
    event["time"] = json!(jiff::Timestamp::now().to_string());
    event["detail"]["stoppedAt"] = event["time"].clone();
    event["detail"]["taskArn"] = json!(format!("arn:aws:ecs:us-east-1:111122223333:task/prod/{number:032x}"));
    event
}

#[test]
fn only_the_events_that_failed_are_sent_again() {
    let cloud = cloud();
    let throttled = Fault::partial_with("ThrottlingException", [0]);
    cloud.script(Api::PutEvents, [Fault::partial([1, 3]), throttled]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(5))), Verdict::Ok);
    let counts: Vec<usize> = cloud
        .requests_for(Api::PutEvents)
        .iter()
        .map(|request| request.json()["Entries"].as_array().unwrap().len())
        .collect();
    assert_eq!((lines(&cloud), counts), (names(5), vec![5, 2, 1]));
    cloud.assert_no_complaints();
    router.assert_adds_up("eventbridge");
}

#[test]
fn an_event_that_is_refused_is_counted_and_the_others_arrive() {
    let cloud = cloud();
    cloud.script(Api::PutEvents, [Fault::partial_with("MalformedDetail", [2])]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(4))), Verdict::Ok);
    assert_eq!(lines(&cloud), ["n0", "n1", "n3"]);
    assert_eq!((router.lost("eventbridge", Reason::Refused), cloud.attempts(Api::PutEvents)), (1, 1));
    router.assert_adds_up("eventbridge");
}

#[test]
fn events_that_keep_failing_mean_retry_and_the_replay_brings_them_alone() {
    let cloud = cloud();
    cloud.script(Api::PutEvents, [Fault::partial([2])]);
    let alone = |request: &fake_cloud::Received| {
        request.json()["Entries"].as_array().is_some_and(|all| all.len() == 1)
    };
    cloud.script_where(Api::PutEvents, alone, Fault::partial([0]).retry_after(600));
    let router = router(&cloud, &[]);
    let chunk = chunk_of(&names(6));
    assert_eq!((router.bring(&chunk), lines(&cloud).len()), (Verdict::Retry, 5));
    cloud.clear_script();
    assert_eq!((router.bring(&chunk), lines(&cloud)), (Verdict::Ok, names(6)));
    router.assert_adds_up("eventbridge");
}

#[test]
fn a_request_that_is_refused_is_split_until_the_bad_event_is_found() {
    let cloud = cloud();
    let brings = |request: &fake_cloud::Received| request.text().contains("\\\"n7\\\"");
    cloud.script_where(Api::PutEvents, brings, Fault::aws(400, "ValidationException"));
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(10))), Verdict::Ok);
    let mut others = names(10);
    others.remove(7);
    assert_eq!((lines(&cloud), router.lost("eventbridge", Reason::Refused)), (others, 1));
    router.assert_adds_up("eventbridge");
}

#[test]
fn ten_events_fill_a_request() {
    let cloud = cloud();
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(41))), Verdict::Ok);
    assert_eq!((lines(&cloud).len(), cloud.attempts(Api::PutEvents)), (41, 5));
    cloud.assert_no_complaints();
}

#[test]
fn throttling_and_outages_are_waited_for() {
    for fault in [
        Fault::throttled(),
        Fault::reply(429),
        Fault::reply(503),
        Fault::aws(500, "InternalException"),
        Fault::reset(),
    ] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::PutEvents, [fault]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!((lines(&cloud).len(), cloud.attempts(Api::PutEvents)), (1, 2), "{what}");
        router.assert_adds_up("eventbridge");
    }
}

#[test]
fn a_missing_bus_or_permission_keeps_the_chunk_until_it_is_mended() {
    for fault in [Fault::aws(400, "ResourceNotFoundException"), Fault::aws(400, "AccessDeniedException")] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::PutEvents, [fault]);
        let router = router(&cloud, &[]);
        let chunk = hello();
        assert_eq!((router.bring(&chunk), lines(&cloud).len()), (Verdict::Retry, 0), "{what}");
        assert_eq!(router.lost("eventbridge", Reason::Refused), 0, "{what}");
        router.bring_until_ok(&chunk, 3);
        assert_eq!(lines(&cloud).len(), 1, "{what}");
        router.assert_adds_up("eventbridge");
    }
}
