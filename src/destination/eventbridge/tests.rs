use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::classify::classes::{Class, Classifier};
use crate::config::keys::DestinationKind;
use crate::destination::RetryTiming;
use crate::destination::testing::{
    any_chunk, batch_of, batches_of, chunk, configure, judged, line, open, reply, request_of, sent, stopped,
    word,
};
use crate::metrics::Reason;

fn eventbridge(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Eventbridge, more)
}

fn entries(body: &Value) -> &Vec<Value> {
    body["Entries"].as_array().unwrap()
}

fn detail(entry: &Value) -> Value {
    serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap()
}

#[test]
fn a_stop_is_an_event_of_our_own() {
    let body = sent(&eventbridge(&[]), &[stopped()]);
    let entry = &entries(&body)[0];
    let head = ["Source", "DetailType", "EventBusName"].map(|name| entry[name].as_str().unwrap());
    assert_eq!(head, ["ecs_router", "ECS Stop Report", "default"]);
    assert_eq!(entry["Resources"], json!(["arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd"]));
    assert_eq!(entry["Time"], 1_795_000_000);
    let report = detail(entry);
    assert_eq!((&report["category"], &report["event"]["id"]), (&json!("oom"), &json!("e1")));
    let raw = sent(&eventbridge(&[("stop_format", "raw")]), &[stopped()]);
    assert_eq!(detail(&entries(&raw)[0])["detail-type"], "ECS Task State Change");
}

#[test]
fn a_line_is_an_event_and_a_detail_is_always_an_object() {
    let body = sent(&eventbridge(&[]), &[line()]);
    let entry = &entries(&body)[0];
    assert_eq!((&entry["DetailType"], &entry["Resources"]), (&json!("ECS Log Line"), &Value::Null));
    assert_eq!(detail(entry), line());
    for (log, text) in
        [(json!("it \"broke\""), json!("it \"broke\"")), (json!(7), json!("7")), (json!("{}"), json!("{}"))]
    {
        let body = sent(&eventbridge(&[("log_key", "log")]), &[json!({ "log": log })]);
        assert_eq!(detail(&entries(&body)[0]), json!({ "message": text }));
    }
}

#[test]
fn the_request_is_the_services() {
    let bus = eventbridge(&[("event_bus", "alerts")]);
    let request = request_of(&bus, &batch_of(&bus, &[line()]));
    assert_eq!(request.url, "https://events.eu-west-1.amazonaws.com");
    assert_eq!(request.headers["x-amz-target"], "AWSEvents.PutEvents");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(request.sign, Some("events"));
    let arn = "arn:aws-cn:events:cn-north-1:111122223333:event-bus/alerts";
    let elsewhere = eventbridge(&[("event_bus", arn)]);
    let request = request_of(&elsewhere, &batch_of(&elsewhere, &[line()]));
    assert_eq!(request.url, "https://events.cn-north-1.amazonaws.com.cn", "the bus names its region");
}

/// What EventBridge makes of an entry, as a rule's target gets it.
fn delivered(entry: &Value) -> Value {
    json!({"version": "0", "id": "x", "detail-type": entry["DetailType"], "source": entry["Source"],
        "account": "111122223333", "time": "2026-11-20T10:00:00Z", "region": "eu-west-1",
        "resources": entry["Resources"], "detail": detail(entry)})
}

fn class_of(event: &Value) -> Class {
    let mut class = Class::Stop;
    crate::input::decode::records(&chunk(std::slice::from_ref(event)), |record| {
        class = Classifier::default().class_of(record).0;
    });
    class
}

/// A rule that matches everything hands our own events to the collector: they are not stops, and do not go round.
#[test]
fn an_event_of_ours_that_comes_back_is_no_stop_and_is_not_sent_again() {
    for stop_format in ["enriched", "raw"] {
        let bus = eventbridge(&[("stop_format", stop_format)]);
        for record in [stopped(), line()] {
            let back = delivered(&entries(&sent(&bus, &[record]))[0]);
            assert_eq!(crate::stop::read(back.clone()), None);
            assert_eq!(class_of(&back), Class::Other, "{back}");
            assert_eq!(batches_of(&bus, &chunk(&[back])).1, [Encoded::Filtered]);
        }
    }
    let others = json!({"source": "ecs_router", "detail-type": "Something else", "detail": {}});
    assert!(matches!(batches_of(&eventbridge(&[]), &chunk(&[others])).1[..], [Encoded::Complete { .. }]));
}

#[test]
fn ten_events_and_less_than_256_kilobytes_fill_a_request() {
    let counts = |records: &[Value]| -> Vec<usize> {
        batches_of(&eventbridge(&[]), &chunk(records)).0.iter().map(|batch| batch.items.len()).collect()
    };
    assert_eq!(counts(&vec![json!({"n": 1}); 21]), [10, 10, 1]);
    let head = TIME_BYTES + SOURCE.len() + LINE_TYPE.len() + "{\"log\":\"\"}".len();
    let of = |length: usize| json!({"log": "x".repeat(length)});
    assert_eq!(counts(&[of(MAX_BYTES / 2 - head), of(MAX_BYTES / 2 + 1 - head)]), [2]);
    assert_eq!(counts(&vec![of(MAX_BYTES / 2 + 1 - head); 2]), [1, 1]);
}

#[test]
fn what_is_too_long_is_cut_and_stays_an_object() {
    let mut event = stopped();
    event["detail"]["attributes"] = json!("x".repeat(300_000));
    for (keys, record) in [
        (&[][..], json!({"log": "é\"".repeat(200_000), "n": 1})),
        (&[("log_key", "log")][..], json!({"log": "é\"".repeat(200_000)})),
        (&[][..], json!({"list": vec!["x"; 100_000]})),
        (&[][..], event),
    ] {
        let bus = eventbridge(keys);
        let (batches, outcomes) = batches_of(&bus, &chunk(&[record]));
        assert!(matches!(outcomes[..], [Encoded::Truncated { size: ..=MAX_BYTES }]), "{outcomes:?}");
        let body: Value = serde_json::from_slice(&request_of(&bus, &batches[0]).body.to_bytes()).unwrap();
        assert!(detail(&entries(&body)[0]).is_object());
    }
}

#[test]
fn every_reply_has_its_meaning() {
    let error = |code: &str| json!({"__type": code}).to_string();
    let taken = || json!({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}).to_string();
    let rows = [
        (200, taken(), "Delivered", "Delivered"),
        (200, String::new(), "Backoff", "Backoff"),
        (200, "{}".into(), "Backoff", "Backoff"),
        (200, json!({"FailedEntryCount": 1, "Entries": []}).to_string(), "Backoff", "Backoff"),
        (400, error("ValidationException"), "Rejected", "Split"),
        (400, error("SerializationException"), "Rejected", "Split"),
        (400, error("com.amazonaws.events#PutEventsRequestEntryTooLarge"), "Rejected", "Split"),
        (400, error("ResourceNotFoundException"), "NextFlush", "NextFlush"),
        (400, error("AccessDeniedException"), "NextFlush", "NextFlush"),
        (400, error("ThrottlingException"), "Backoff", "Backoff"),
        (400, error("LimitExceededException"), "Backoff", "Backoff"),
        (400, error("ExpiredTokenException"), "Reauthorize", "Reauthorize"),
        (400, error("UnrecognizedClientException"), "Reauthorize", "Reauthorize"),
        (413, String::new(), "Split", "Split"),
        (429, String::new(), "Backoff", "Backoff"),
        (500, error("InternalException"), "Backoff", "Backoff"),
        (503, "<html>".into(), "Backoff", "Backoff"),
    ];
    for (status, body, alone, among_others) in rows {
        let reply = reply(status, body.clone());
        assert_eq!(word(&judged(&eventbridge(&[]), 1, &reply)), alone, "{status} {body}, one event");
        assert_eq!(
            word(&judged(&eventbridge(&[]), 3, &reply)),
            among_others,
            "{status} {body}, three events"
        );
    }
}

#[test]
fn each_event_is_judged_by_itself() {
    let judge = |codes: [Option<&str>; 3]| {
        let answer =
            |code: Option<&str>| code.map_or(json!({"EventId": "1"}), |code| json!({"ErrorCode": code}));
        let body = json!({"FailedEntryCount": codes.iter().flatten().count(), "Entries": codes.map(answer)});
        judged(&eventbridge(&[]), 3, &reply(200, body.to_string()))
    };
    assert_eq!(
        judge([Some("ThrottlingException"), None, Some("MalformedDetail")]),
        ReplyAction::Partial { retry: vec![0], rejected: vec![(2..3, Reason::Refused)] }
    );
    let nothing = judge([Some("InternalFailure"); 3]);
    assert!(matches!(&nothing, ReplyAction::Retry { timing: RetryTiming::Backoff, .. }), "{nothing:?}");
    assert_eq!(word(&judge([Some("NotAuthorizedForSourceException"); 3])), "NextFlush");
    assert_eq!(
        judge([Some("InvalidArgument"); 3]),
        ReplyAction::Partial {
            retry: vec![],
            rejected: vec![(0..1, Reason::Refused), (1..2, Reason::Refused), (2..3, Reason::Refused)]
        }
    );
}

#[test]
fn buses_are_checked() {
    let problems = |keys: &[(&str, &str)]| configure(DestinationKind::Eventbridge, keys).1;
    for (bus, right) in [
        ("default", true),
        ("aws.partner/example.com/1", true),
        ("arn:aws:events:eu-west-1:111122223333:event-bus/alerts", true),
        ("arn:aws:events:eu-west-1:111122223333:rule/alerts", false),
        ("arn:aws:events:eu-west-1:1:event-bus/alerts", false),
        ("a b", false),
        ("é", false),
    ] {
        assert_eq!(problems(&[("event_bus", bus)]).is_empty(), right, "{bus}");
    }
    let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/alerts";
    let elsewhere = problems(&[("event_bus", arn), ("region", "us-east-1")]);
    assert_eq!(elsewhere, ["d.region: is us-east-1, but event_bus names eu-west-1; leave it out"]);
}

proptest! {
    #[test]
    fn any_record_becomes_an_event_within_the_limit(chunk in any_chunk(), key in prop_oneof![Just("log"), Just("none")]) {
        let bus = eventbridge(&[("log_key", key)]);
        for batch in batches_of(&bus, &chunk).0 {
            let body: Value = serde_json::from_slice(&request_of(&bus, &batch).body.to_bytes()).unwrap();
            for entry in entries(&body) {
                prop_assert!(detail(entry).is_object());
            }
        }
    }
}
