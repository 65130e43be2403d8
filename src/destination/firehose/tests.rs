use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::RetryTiming;
use crate::destination::testing::{
    any_chunk, batch_of, batches_of, body_of, chunk, configure, judged, line, open, reply, request_of, sent,
    stopped, word,
};

fn firehose(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Firehose, &[&[("delivery_stream", "ecs-logs")], more].concat())
}

fn data(body: &Value) -> Vec<String> {
    let text = |record: &Value| BASE64_STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
    body["Records"].as_array().unwrap().iter().map(|one| String::from_utf8(text(one)).unwrap()).collect()
}

#[test]
fn records_are_lines_of_json_with_their_time() {
    let body = sent(&firehose(&[]), &[line(), json!({"n": 1})]);
    assert_eq!(body["DeliveryStreamName"], "ecs-logs");
    let lines = data(&body);
    assert!(lines[0].ends_with("}\n"));
    let first: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((&first["date"], &first["log"]), (&json!("2026-11-18T11:06:40Z"), &json!("it \"broke\"")));
    assert_eq!(lines[1], "{\"date\":\"2026-11-18T11:06:41Z\",\"n\":1}\n");
}

#[test]
fn settings_choose_what_is_sent() {
    assert_eq!(data(&sent(&firehose(&[("log_key", "log")]), &[line()])), ["it \"broke\"\n"]);
    assert_eq!(data(&sent(&firehose(&[("date_key", "off")]), &[json!({"n": 1})])), ["{\"n\":1}\n"]);
    let report: Value = serde_json::from_str(&data(&sent(&firehose(&[]), &[stopped()]))[0]).unwrap();
    assert_eq!((&report["category"], &report["event"]["id"]), (&json!("oom"), &json!("e1")));
    let raw = data(&sent(&firehose(&[("stop_format", "raw")]), &[stopped()]));
    assert_eq!(serde_json::from_str::<Value>(&raw[0]).unwrap()["detail-type"], "ECS Task State Change");
}

#[test]
fn the_request_is_the_services() {
    let firehose = firehose(&[]);
    let request = request_of(&firehose, &batch_of(&firehose, &[line()]));
    assert_eq!(request.url, "https://firehose.eu-west-1.amazonaws.com");
    assert_eq!(request.headers["x-amz-target"], "Firehose_20150804.PutRecordBatch");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(request.sign, Some("firehose"));
    let china = open(DestinationKind::Firehose, &[("delivery_stream", "s"), ("region", "cn-north-1")]);
    assert_eq!(
        request_of(&china, &batch_of(&china, &[line()])).url,
        "https://firehose.cn-north-1.amazonaws.com.cn"
    );
}

#[test]
fn limits_hold_at_their_exact_edges() {
    let bare = firehose(&[("log_key", "log")]);
    let of = |length: usize| chunk(&[json!({"log": "x".repeat(length)})]);
    assert_eq!(
        batches_of(&bare, &of(MAX_RECORD_BYTES - 1)).1,
        [Encoded::Complete { size: MAX_RECORD_BYTES }]
    );
    let (batches, outcomes) = batches_of(&bare, &of(MAX_RECORD_BYTES));
    assert!(matches!(outcomes[..], [Encoded::Truncated { size: ..=MAX_RECORD_BYTES }]), "{outcomes:?}");
    let body: Value = serde_json::from_slice(&body_of(&request_of(&bare, &batches[0]))).unwrap();
    assert!(data(&body)[0].ends_with(" bytes]\n"));
    let counts = |count: usize, length: usize| -> Vec<usize> {
        let records = vec![json!({"log": "x".repeat(length - 1)}); count];
        batches_of(&bare, &chunk(&records)).0.iter().map(|batch| batch.items.len()).collect()
    };
    assert_eq!(counts(501, 2), [500, 1]);
    assert_eq!(counts(5, MAX_BATCH_BYTES / 5), [5]);
    assert_eq!(counts(5, MAX_BATCH_BYTES / 5 + 1), [4, 1]);
}

#[test]
fn a_cut_record_keeps_its_time_and_stays_json() {
    let (batches, _) = batches_of(&firehose(&[]), &chunk(&[json!({"log": "é\"".repeat(600_000), "n": 1})]));
    let body: Value = serde_json::from_slice(&body_of(&request_of(&firehose(&[]), &batches[0]))).unwrap();
    let record: Value = serde_json::from_str(&data(&body)[0]).unwrap();
    assert_eq!((&record["date"], &record["n"]), (&json!("2026-11-18T11:06:40Z"), &json!(1)));
    assert!(data(&body)[0].len() <= MAX_RECORD_BYTES);
}

#[test]
fn every_reply_has_its_meaning() {
    let error = |code: &str| json!({"__type": code}).to_string();
    let rows = [
        (
            200,
            json!({"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"}]}).to_string(),
            "Delivered",
            "Delivered",
        ),
        (200, String::new(), "Backoff", "Backoff"),
        (200, "{}".into(), "Backoff", "Backoff"),
        (200, json!({"FailedPutCount": 1, "RequestResponses": []}).to_string(), "Backoff", "Backoff"),
        (400, error("InvalidArgumentException"), "Rejected", "Split"),
        (400, error("ValidationException"), "Rejected", "Split"),
        (400, error("SerializationException"), "Rejected", "Rejected"),
        (400, error("com.amazonaws.firehose#ResourceNotFoundException"), "NextFlush", "NextFlush"),
        (400, error("InvalidKMSResourceException"), "NextFlush", "NextFlush"),
        (400, error("InvalidSourceException"), "NextFlush", "NextFlush"),
        (400, error("AccessDeniedException"), "NextFlush", "NextFlush"),
        (400, error("LimitExceededException"), "Backoff", "Backoff"),
        (400, error("ThrottlingException"), "Backoff", "Backoff"),
        (400, error("ExpiredTokenException"), "Reauthorize", "Reauthorize"),
        (400, error("UnrecognizedClientException"), "Reauthorize", "Reauthorize"),
        (403, error("InvalidSignatureException"), "Reauthorize", "Reauthorize"),
        (413, String::new(), "Split", "Split"),
        (429, String::new(), "Backoff", "Backoff"),
        (500, error("InternalFailure"), "Backoff", "Backoff"),
        (503, error("ServiceUnavailableException"), "Backoff", "Backoff"),
        (503, "<html>".into(), "Backoff", "Backoff"),
    ];
    let firehose = firehose(&[]);
    for (status, body, alone, among_others) in rows {
        let reply = reply(status, body.clone());
        assert_eq!(word(&judged(&firehose, 1, &reply)), alone, "{status} {body}, one record");
        assert_eq!(word(&judged(&firehose, 3, &reply)), among_others, "{status} {body}, three records");
    }
}

#[test]
fn only_failed_records_go_again_and_after_a_pause_when_none_arrived() {
    let answers = |codes: [Option<&str>; 3]| {
        let answer =
            |code: Option<&str>| code.map_or(json!({"RecordId": "1"}), |code| json!({"ErrorCode": code}));
        let failed = codes.iter().flatten().count();
        reply(200, json!({"FailedPutCount": failed, "RequestResponses": codes.map(answer)}).to_string())
    };
    let some = answers([Some("ServiceUnavailableException"), None, Some("InternalFailure")]);
    let action = judged(&firehose(&[]), 3, &some);
    assert_eq!(action, ReplyAction::Partial { retry: vec![0, 2], rejected: vec![] });
    let all = judged(&firehose(&[]), 3, &answers([Some("ServiceUnavailableException"); 3]));
    assert!(
        matches!(&all, ReplyAction::Retry { timing: RetryTiming::Backoff, reason } if reason.contains("ServiceUnavailable")),
        "{all:?}"
    );
}

#[test]
fn answers_that_are_not_one_for_each_record_say_nothing_about_any() {
    for answers in
        [vec![json!({"ErrorCode": "x"})], vec![json!({}), json!({}), json!({}), json!({"ErrorCode": "x"})]]
    {
        let reply = reply(200, json!({"FailedPutCount": 1, "RequestResponses": answers}).to_string());
        let action = judged(&firehose(&[]), 3, &reply);
        assert_eq!(word(&action), "Backoff", "{action:?}");
    }
}

/// Everything that a request's records say, and how many records there are.
fn aggregated(lines: &[Value]) -> (String, usize) {
    let firehose = firehose(&[("aggregate", "newline")]);
    let batches = batches_of(&firehose, &chunk(lines)).0;
    let bodies: Vec<Value> = batches
        .iter()
        .map(|batch| serde_json::from_slice(&body_of(&request_of(&firehose, batch))).unwrap())
        .collect();
    let records: Vec<String> = bodies.iter().flat_map(data).collect();
    assert!(records.iter().all(|record| record.len() <= MAX_RECORD_BYTES && record.ends_with('\n')));
    (records.concat(), records.len())
}

#[test]
fn aggregation_fills_records_with_whole_lines() {
    let lines: Vec<Value> = (0..400).map(|n| json!({"n": n})).collect();
    let alone: String = data(&sent(&firehose(&[]), &lines)).concat();
    assert_eq!(aggregated(&lines), (alone, 1), "400 short lines in one record");
    let long: Vec<Value> = (0..5).map(|n| json!({"n": n, "text": "x".repeat(400_000)})).collect();
    let alone: String = data(&sent(&firehose(&[]), &long)).concat();
    assert_eq!(aggregated(&long), (alone, 3), "two of 400 KB in each, and one left");
}

#[test]
fn aggregation_takes_more_lines_than_a_request_has_records() {
    let lines: Vec<Value> = (0..1_200).map(|n| json!({"n": n})).collect();
    let batches = |keys: &[(&str, &str)]| batches_of(&firehose(keys), &chunk(&lines)).0.len();
    assert_eq!((batches(&[]), batches(&[("aggregate", "newline")])), (3, 1));
}

#[test]
fn the_lines_of_a_failed_record_go_again_and_a_rejected_record_is_split_into_its_lines() {
    let firehose = firehose(&[("aggregate", "newline")]);
    let lines: Vec<Value> = (0..5).map(|n| json!({"n": n, "text": "x".repeat(400_000)})).collect();
    let batch = &batch_of(&firehose, &lines);
    let answers = json!({"FailedPutCount": 1, "RequestResponses": [
        {"RecordId": "1"}, {"ErrorCode": "ServiceUnavailableException"}, {"RecordId": "3"},
    ]});
    let answer = |body: &Value, status: u16| {
        firehose.classify_reply(Purpose::Deliver, batch, &reply(status, body.to_string()))
    };
    assert_eq!(answer(&answers, 200), ReplyAction::Partial { retry: vec![2, 3], rejected: vec![] });
    let invalid = json!({"__type": "InvalidArgumentException"});
    assert_eq!(word(&answer(&invalid, 400)), "Split");
}

#[test]
fn every_record_is_billed_as_a_multiple_of_five_kilobytes() {
    let lines: Vec<Value> = (0..400).map(|n| json!({"n": n})).collect();
    let billed = |keys: &[(&str, &str)]| -> u64 {
        let firehose = firehose(keys);
        batches_of(&firehose, &chunk(&lines))
            .0
            .iter()
            .map(|batch| firehose.billed_bytes(batch, &NotTaken::default(), 0))
            .sum()
    };
    assert_eq!(billed(&[]), 400 * 5_120);
    let text = aggregated(&lines).0.len() as u64;
    assert_eq!(billed(&[("aggregate", "newline")]), text.next_multiple_of(5_120));
}

#[test]
fn a_missing_stream_is_named_with_its_key() {
    let not_found =
        reply(400, r#"{"__type":"ResourceNotFoundException","message":"Firehose ecs-logs not found."}"#);
    let ReplyAction::Retry { reason, .. } = judged(&firehose(&[]), 1, &not_found) else { panic!() };
    assert!(reason.contains("delivery stream ecs-logs") && reason.contains("d.delivery_stream"), "{reason}");
}

#[test]
fn names_are_checked() {
    assert!(configure(DestinationKind::Firehose, &[]).1[0].starts_with("d.delivery_stream: is missing"));
    for (name, right) in
        [("a", true), (&"x".repeat(64), true), (&"x".repeat(65), false), ("a/b", false), ("é", false)]
    {
        assert_eq!(
            configure(DestinationKind::Firehose, &[("delivery_stream", name)]).1.is_empty(),
            right,
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn any_record_becomes_valid_json_within_the_limit(chunk in any_chunk()) {
        let firehose = firehose(&[]);
        for batch in batches_of(&firehose, &chunk).0 {
            let body: Value = serde_json::from_slice(&request_of(&firehose, &batch).body.to_bytes()).unwrap();
            for text in data(&body) {
                prop_assert!(serde_json::from_str::<Value>(&text).is_ok() && text.len() <= MAX_RECORD_BYTES);
            }
        }
    }
}
