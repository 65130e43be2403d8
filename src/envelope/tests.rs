//! Records in, events out: every shape of envelope against a table. Docker's events, the agent's lines and damaged
//! envelopes have tests of their own.

#![allow(clippy::unwrap_used)]

mod budget;
mod damage;

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{Budget, Envelope, unwrap, unwrap_vouched};
use crate::input::decode;

pub(super) fn unwrapped_chunk(chunk: &[u8]) -> Option<Envelope> {
    let mut found = None;
    decode::records(chunk, |record| found = unwrap(record, &Budget::default()));
    found
}

pub(super) fn chunk(record: &Value) -> Vec<u8> {
    rmp_serde::to_vec(&(1u64, record)).unwrap()
}

pub(super) fn unwrapped(record: &Value) -> Option<Envelope> {
    unwrapped_chunk(&chunk(record))
}

pub(super) const ARN: &str =
    "arn:aws:ecs:eu-central-1:111122223333:task/prod/0123456789abcdef0123456789abcdef";

pub(super) fn event(id: &str) -> Value {
    json!({
        "version": "0", "id": id, "source": "aws.ecs", "detail-type": "ECS Task State Change", "resources": [ARN],
        "detail": { "lastStatus": "STOPPED", "stopCode": "UserInitiated", "stoppedReason": "größer \"so\"\n", "taskArn": ARN, "version": 3 },
    })
}

pub(super) fn two() -> [Value; 2] {
    [event("one"), event("two")]
}

pub(super) fn text(value: &Value) -> String {
    value.to_string()
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn gzipped(text: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

pub(super) fn sns(message: &Value) -> Value {
    json!({ "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:r:1:t", "Message": message, "Timestamp": "2026-11-19T21:13:58.000Z" })
}

fn sqs(bodies: &[Value]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .map(|body| json!({ "messageId": "m", "body": body, "eventSource": "aws:sqs" }))
        .collect();
    json!({ "Records": records })
}

pub(super) fn firehose(data: &[String]) -> Value {
    let records: Vec<Value> = data.iter().map(|data| json!({ "data": data })).collect();
    json!({ "requestId": "r", "timestamp": 1_795_122_814_795_u64, "records": records })
}

pub(super) fn subscription(messages: &[Value]) -> Value {
    let lines: Vec<Value> =
        messages.iter().map(|message| json!({ "id": "3", "timestamp": 1, "message": message })).collect();
    json!({ "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "/aws/events/ecs", "logStream": "s", "subscriptionFilters": ["f"], "logEvents": lines })
}

/// Every shape that holds the two events and nothing else.
pub(super) fn envelopes() -> Vec<(&'static str, Value)> {
    let [one, two] = two();
    let (first, second) = (text(&one), text(&two));
    let array = text(&json!([one, two]));
    let lines = format!("{first}\n{second}\n");
    let bodies = [json!(first), json!(second)];
    let logs = text(&subscription(&bodies));
    vec![
        ("array in log", json!({ "log": array })),
        ("array in message", json!({ "message": format!(" \n{array}\n"), "host": "web" })),
        ("lines in payload", json!({ "payload": lines, "topic": "events" })),
        ("one after another in body", json!({ "body": format!("{first}{second}") })),
        ("indented", json!({ "log": serde_json::to_string_pretty(&json!([one, two])).unwrap() })),
        ("SNS, text", sns(&json!(array))),
        ("SNS, object", sns(&json!([one, two]))),
        ("SNS, message alone", json!({ "Message": array })),
        ("SNS in log", json!({ "log": text(&sns(&json!(array))) })),
        ("SQS", sqs(&bodies)),
        ("SQS, decoded bodies", sqs(&[one.clone(), two.clone()])),
        ("SQS, SNS in it", sqs(&[json!(text(&sns(&json!(first)))), json!(text(&sns(&json!(second))))])),
        ("SQS in log", json!({ "log": text(&sqs(&bodies)) })),
        (
            "Lambda, SNS",
            json!({ "Records": [{ "Sns": { "Message": first } }, { "EventSource": "aws:sns", "Sns": { "Message": second } }] }),
        ),
        ("Firehose", firehose(&[base64(&first), base64(&second)])),
        ("Firehose, joined", firehose(&[base64(&format!("{first}{second}"))])),
        ("Firehose, lines", firehose(&[base64(&lines)])),
        ("Firehose, gzip", firehose(&[gzipped(&lines)])),
        ("Firehose, SNS in it", firehose(&[base64(&text(&sns(&json!(array))))])),
        ("Firehose, CloudWatch Logs in it", firehose(&[gzipped(&logs)])),
        ("CloudWatch Logs", subscription(&bodies)),
        ("CloudWatch Logs, to Lambda", json!({ "awslogs": { "data": gzipped(&logs) } })),
        ("CloudWatch Logs in log", json!({ "log": logs })),
        (
            "CloudWatch Logs, SQS, SNS, array",
            subscription(&[json!(text(&sqs(&[json!(text(&sns(&json!(array))))])))]),
        ),
    ]
}

#[test]
fn every_form_gives_up_its_events() {
    let expected = Envelope { events: two().to_vec(), has_rest: false };
    for (name, record) in envelopes() {
        assert_eq!(unwrapped(&record), Some(expected.clone()), "{name}");
    }
}

#[test]
fn one_event_as_text() {
    for field in ["log", "message", "payload", "body"] {
        let envelope = unwrapped(&json!({ field: text(&event("one")), "host": "web" }));
        assert_eq!(envelope, Some(Envelope { events: vec![event("one")], has_rest: false }), "{field}");
    }
}

#[test]
fn an_event_that_is_no_stop_is_an_event() {
    let mut running = event("one");
    running["detail"]["lastStatus"] = "RUNNING".into();
    let envelope = unwrapped(&sns(&json!(text(&running)))).unwrap();
    assert_eq!(envelope, Envelope { events: vec![running], has_rest: false });
}

#[test]
fn what_stands_beside_an_event_is_not_lost() {
    let first = text(&event("one"));
    let somebody_elses =
        json!({ "source": "aws.batch", "detail-type": "Batch Job State Change", "detail": {} });
    for (name, record) in [
        ("text behind", json!({ "log": format!("{first} and so on") })),
        ("a line behind", json!({ "log": format!("{first}\nhello\n") })),
        ("a line before", json!({ "message": format!("hello\n{first}") })),
        ("cut tail", json!({ "log": format!("{first}\n{{\"version\":\"0\",\"det") })),
        ("cut head", json!({ "message": format!("t\":1}}}}\n{first}\n") })),
        ("another source", json!({ "log": text(&json!([event("one"), somebody_elses])) })),
        ("a scalar in an array", json!({ "log": text(&json!([1, event("one"), null])) })),
        ("a body that is none", sqs(&[json!("hello"), json!(first), json!(null), json!({ "a": 1 })])),
        ("no body at all", json!({ "Records": [{ "s3": {} }, { "body": first }] })),
        ("no base64", firehose(&["***".to_owned(), base64(&first)])),
        ("no gzip", firehose(&[base64(&first), STANDARD.encode([0x1f, 0x8b, 8, 0, 0])])),
        ("no UTF-8", firehose(&[base64(&first), STANDARD.encode([0xff])])),
        ("a log line", subscription(&[json!(first), json!("GET /healthz 200")])),
        (
            "application output",
            subscription(&[
                json!(first),
                json!(text(&json!({ "container_name": "/app", "source": "stdout", "log": first }))),
            ]),
        ),
    ] {
        assert_eq!(
            unwrapped(&record),
            Some(Envelope { events: vec![event("one")], has_rest: true }),
            "{name}"
        );
    }
}

#[test]
fn other_records_stay_what_they_are() {
    let first = text(&event("one"));
    let with_marks = |mark: &str| {
        let mut event = event("one");
        event[mark] = "/app".into();
        text(&event)
    };
    let without = |key: &str| {
        let mut event = event("one");
        event.as_object_mut().unwrap().remove(key);
        text(&event)
    };
    for (name, record) in [
        ("a bare event", event("one")),
        ("a bare event with more", {
            let mut event = event("one");
            event["log"] = first.clone().into();
            event
        }),
        ("text", json!({ "log": "GET /healthz 200", "message": "detail-type" })),
        ("JSON", json!({ "log": "{\"level\":\"info\",\"Message\":\"detail-type\"}" })),
        ("empty", json!({})),
        ("empty text", json!({ "log": "", "message": "  " })),
        ("nothing in an array", json!({ "log": "[]", "Records": [], "records": [], "logEvents": [] })),
        ("another field", json!({ "note": first })),
        ("a nested map", json!({ "nested": event("one"), "log": "x" })),
        ("log as a map", json!({ "log": event("one") })),
        ("text before", json!({ "log": format!("event: {first}"), "host": "web" })),
        ("text in a string in JSON", json!({ "log": text(&json!({ "log": first, "Message": "x" })) })),
        ("output of a container in JSON", json!({ "log": with_marks("container_name") })),
        ("output of a container in SNS", sns(&json!(with_marks("container_id")))),
        (
            "output of a stream in CloudWatch Logs",
            subscription(&[json!(text(&json!({ "source": "stderr", "Message": first })))]),
        ),
        ("no detail", json!({ "log": without("detail") })),
        ("no source", json!({ "log": without("source") })),
        ("no detail type", json!({ "log": without("detail-type") })),
        ("our own source", json!({ "log": first.replace("aws.ecs", "ecs_router") })),
        (
            "detail is text",
            json!({ "log": "{\"source\":\"aws.ecs\",\"detail-type\":\"x\",\"detail\":\"y\"}" }),
        ),
        ("a key twice", json!({ "log": first.replacen('{', "{\"detail-type\":\"x\",", 1) })),
        (
            "a subscription to confirm",
            json!({ "Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe", "SubscribeURL": "https://x" }),
        ),
        ("somebody asks whether we are there", {
            let mut control = subscription(&[json!(first)]);
            control["messageType"] = "CONTROL_MESSAGE".into();
            control
        }),
        ("an empty Message", json!({ "Message": "" })),
        ("records of somebody else", json!({ "records": [{ "category": "Audit" }, 1, null, []] })),
        (
            "too deep",
            (0..5).fold(json!(first), |inner, _| json!({ "Message": text(&json!({ "Message": inner })) })),
        ),
        ("arrays without end", json!({ "log": format!("{}\"detail-type\"", "[".repeat(100_000)) })),
        ("arrays in arrays", json!({ "log": format!("{}{first}{}", "[".repeat(100), "]".repeat(100)) })),
    ] {
        assert_eq!(unwrapped(&record), None, "{name}");
    }
}

#[test]
fn bounds_hold() {
    let many = json!({ "log": text(&json!(vec![json!({ "source": "aws.ecs", "detail-type": "x", "detail": {} }); 10_001])) });
    let envelope = unwrapped(&many).unwrap();
    assert_eq!((envelope.events.len(), envelope.has_rest), (10_000, true));

    let bomb = gzipped(&" ".repeat(17 << 20));
    let envelope = unwrapped(&firehose(&[base64(&text(&event("one"))), bomb])).unwrap();
    assert_eq!(envelope, Envelope { events: vec![event("one")], has_rest: true });

    let mut huge = event("one");
    huge["detail"]["x"] = "x".repeat(3 << 20).into();
    assert_eq!(unwrapped(&sns(&json!(text(&huge)))), None);

    // One pass over each line, however many of them cannot be read.
    let lines = "[\n{\n".repeat(200_000) + "\"detail-type\"";
    assert_eq!(unwrapped(&json!({ "log": lines })), None);
}

/// An event of a task without its envelope.
fn detail() -> Value {
    json!({ "taskArn": ARN, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "containers": [{ "name": "app", "exitCode": 1 }] })
}

#[test]
fn a_detail_gets_its_envelope_back_where_somebody_vouches_for_it() {
    let bare = detail().to_string();
    for text in
        [bare.clone(), json!({ "Type": "Notification", "Message": bare }).to_string(), format!("[{bare}]")]
    {
        let found = unwrap_vouched(&text).unwrap();
        assert_eq!((found.events.len(), found.has_rest), (1, false), "{text}");
        assert_eq!(found.events[0]["detail"], detail(), "{text}");
        assert_eq!(found.events[0]["source"], "aws.ecs", "{text}");
    }
    assert_eq!(unwrap_vouched(&event("1").to_string()).unwrap().events, [event("1")]);
    for other in [
        "",
        "hello",
        "7",
        "{}",
        r#"{"status":"ok"}"#,
        r#"{"source":"aws.health","detail-type":"x","detail":{}}"#,
    ] {
        assert_eq!(unwrap_vouched(other), None, "{other}");
    }
}

#[test]
fn a_detail_is_no_event_where_nobody_vouches_for_it() {
    let bare = detail().to_string();
    assert_eq!(unwrapped(&detail()), None);
    assert_eq!(unwrapped(&json!({ "message": bare })), None);
    assert_eq!(unwrapped(&json!({ "Type": "Notification", "Message": bare })), None);
}

#[test]
fn an_application_cannot_have_a_detail_vouched_for() {
    let mut forged = detail();
    forged["container_name"] = json!("app");
    assert_eq!(unwrap_vouched(&forged.to_string()), None);
}
