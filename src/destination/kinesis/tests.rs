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

fn kinesis(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Kinesis, &[&[("stream", "ecs-logs")], more].concat())
}

/// Key and text of each record.
fn records(body: &Value) -> Vec<(String, String)> {
    let read = |record: &Value| {
        let data = BASE64_STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
        (record["PartitionKey"].as_str().unwrap().to_owned(), String::from_utf8(data).unwrap())
    };
    body["Records"].as_array().unwrap().iter().map(read).collect()
}

/// All that is sent for these records, and in how many requests.
fn all_records(destination: &Destination, lines: &[Value]) -> (Vec<(String, String)>, usize) {
    let batches = batches_of(destination, &chunk(lines)).0;
    let bodies = batches.iter().map(|batch| body_of(&request_of(destination, batch)));
    let all = bodies.flat_map(|body| records(&serde_json::from_slice(&body).unwrap())).collect();
    (all, batches.len())
}

/// A line of this task.
fn of_task(task: usize, n: usize) -> Value {
    json!({"log": format!("n{n}"), "ecs_task_arn": format!("arn:aws:ecs:eu-west-1:1:task/prod/t{task}")})
}

#[test]
fn records_are_lines_of_json_under_the_key_of_their_task() {
    let body = sent(&kinesis(&[]), &[line(), json!({"n": 1}), stopped()]);
    assert_eq!(body["StreamName"], "ecs-logs");
    let records = records(&body);
    let first: Value = serde_json::from_str(&records[0].1).unwrap();
    assert_eq!((&first["date"], &first["log"]), (&json!("2026-11-18T11:06:40Z"), &json!("it \"broke\"")));
    assert_eq!(records[1].1, "{\"date\":\"2026-11-18T11:06:41Z\",\"n\":1}\n");
    let keys: Vec<&str> = records.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["0123abcd", "C", "0123abcd"], "without a task, the chunk's");
}

#[test]
fn the_key_is_a_template_and_stays_within_its_limits() {
    let key = |template: &str, record: Value| {
        records(&sent(&kinesis(&[("partition_key", template)]), &[record])).remove(0).0
    };
    assert_eq!(key("$(container_name)/$(ecs_task_id)", line()), "ecs-web-1/0123abcd");
    assert_eq!(key("$(missing)", line()), "unknown", "the user's own word counts");
    assert_eq!(key("$(a)", json!({"a": "say \"é\" \\"})), "say__é___");
    assert_eq!(key("$(a)$(a)", json!({"a": "é".repeat(300)})).len(), 256);
    assert_eq!(key("$(a:-)", json!({"b": 1})), "C", "a record has to have one");
}

#[test]
fn the_request_is_the_services() {
    let stream = kinesis(&[]);
    let request = request_of(&stream, &batch_of(&stream, &[line()]));
    assert_eq!(request.url, "https://kinesis.eu-west-1.amazonaws.com");
    assert_eq!(request.headers["x-amz-target"], "Kinesis_20131202.PutRecords");
    assert_eq!(request.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(request.sign, Some("kinesis"));
    let arn = "arn:aws:kinesis:us-east-2:111122223333:stream/ecs-logs";
    let elsewhere = open(DestinationKind::Kinesis, &[("stream", arn)]);
    assert_eq!(sent(&elsewhere, &[line()])["StreamARN"], arn);
    let request = request_of(&elsewhere, &batch_of(&elsewhere, &[line()]));
    assert_eq!(request.url, "https://kinesis.us-east-2.amazonaws.com", "the stream names its region");
}

#[test]
fn limits_hold_at_their_exact_edges() {
    let bare = kinesis(&[("log_key", "log"), ("partition_key", "kk")]);
    let of = |length: usize| chunk(&[json!({"log": "x".repeat(length)})]);
    let size = MAX_DATA_BYTES + 2;
    assert_eq!(batches_of(&bare, &of(MAX_DATA_BYTES - 1)).1, [Encoded::Complete { size }]);
    let outcomes = batches_of(&bare, &of(MAX_DATA_BYTES)).1;
    assert!(matches!(outcomes[..], [Encoded::Truncated { size: ..=MAX_RECORD_BYTES }]), "{outcomes:?}");
    let counts = |count: usize, length: usize| -> Vec<usize> {
        let records = vec![json!({"log": "x".repeat(length - 3)}); count];
        batches_of(&bare, &chunk(&records)).0.iter().map(|batch| batch.items.len()).collect()
    };
    assert_eq!(counts(501, 4), [500, 1]);
    assert_eq!(counts(8, MAX_BATCH_BYTES / 8), [8]);
    assert_eq!(counts(8, MAX_BATCH_BYTES / 8 + 1), [7, 1]);
}

#[test]
fn lines_of_a_task_share_records_and_those_of_others_do_not() {
    let stream = kinesis(&[("aggregate", "newline"), ("date_key", "off"), ("log_key", "log")]);
    let lines: Vec<Value> = (0..9).map(|n| of_task(n % 3, n)).collect();
    let expected = [("t0", "n0\nn3\nn6\n"), ("t1", "n1\nn4\nn7\n"), ("t2", "n2\nn5\nn8\n")];
    let expected = expected.map(|(key, text)| (key.to_owned(), text.to_owned()));
    assert_eq!(all_records(&stream, &lines), (expected.into(), 1));
    let long: Vec<Value> = (0..5).map(|n| json!({"log": format!("{n}{}", "x".repeat(400_000))})).collect();
    let (records, requests) = all_records(&stream, &long);
    assert_eq!((records.len(), requests), (3, 1), "two of 400 KB in each, and one left");
}

#[test]
fn many_keys_make_no_more_records_than_a_request_has() {
    let stream = kinesis(&[("aggregate", "newline")]);
    let lines: Vec<Value> = (0..2_402).map(|n| of_task(n % 1_201, n)).collect();
    let batches = batches_of(&stream, &chunk(&lines)).0;
    let counts: Vec<usize> = batches
        .iter()
        .map(|batch| records(&serde_json::from_slice(&body_of(&request_of(&stream, batch))).unwrap()).len())
        .collect();
    assert_eq!(counts, [500, 500, 201]);
    let lines: usize = batches.iter().map(|batch| batch.items.len()).sum();
    assert_eq!(lines, 2_402);
}

#[test]
fn every_reply_has_its_meaning() {
    let error = |code: &str| json!({"__type": code}).to_string();
    let taken = || json!({"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1"}]}).to_string();
    let rows = [
        (200, taken(), "Delivered", "Delivered"),
        (200, String::new(), "Backoff", "Backoff"),
        (200, "{}".into(), "Backoff", "Backoff"),
        (200, json!({"FailedRecordCount": 1, "Records": []}).to_string(), "Backoff", "Backoff"),
        (400, error("InvalidArgumentException"), "Rejected", "Split"),
        (400, error("ValidationException"), "Rejected", "Split"),
        (400, error("SerializationException"), "Rejected", "Rejected"),
        (400, error("com.amazonaws.kinesis#ResourceNotFoundException"), "NextFlush", "NextFlush"),
        (400, error("ProvisionedThroughputExceededException"), "Backoff", "Backoff"),
        (400, error("AccessDeniedException"), "NextFlush", "NextFlush"),
        (400, error("KMSDisabledException"), "NextFlush", "NextFlush"),
        (400, error("KMSAccessDeniedException"), "NextFlush", "NextFlush"),
        (400, error("KMSThrottlingException"), "Backoff", "Backoff"),
        (400, error("LimitExceededException"), "Backoff", "Backoff"),
        (400, error("ExpiredTokenException"), "Reauthorize", "Reauthorize"),
        (400, error("UnrecognizedClientException"), "Reauthorize", "Reauthorize"),
        (413, String::new(), "Split", "Split"),
        (429, String::new(), "Backoff", "Backoff"),
        (500, error("InternalFailureException"), "Backoff", "Backoff"),
        (503, "<html>".into(), "Backoff", "Backoff"),
    ];
    for (status, body, alone, among_others) in rows {
        let reply = reply(status, body.clone());
        assert_eq!(word(&judged(&kinesis(&[]), 1, &reply)), alone, "{status} {body}, one record");
        assert_eq!(word(&judged(&kinesis(&[]), 3, &reply)), among_others, "{status} {body}, three records");
    }
}

/// A reply that has an error for each record with a code.
fn answers(codes: &[Option<&str>]) -> Reply {
    let answer =
        |code: &Option<&str>| code.map_or(json!({"SequenceNumber": "1"}), |code| json!({"ErrorCode": code}));
    let failed = codes.iter().flatten().count();
    let answers: Vec<Value> = codes.iter().map(answer).collect();
    reply(200, json!({"FailedRecordCount": failed, "Records": answers}).to_string())
}

#[test]
fn only_failed_records_go_again_and_after_a_pause_when_none_arrived() {
    let exceeded = Some("ProvisionedThroughputExceededException");
    let some = judged(&kinesis(&[]), 3, &answers(&[exceeded, None, Some("InternalFailure")]));
    assert_eq!(some, ReplyAction::Partial { retry: vec![0, 2], rejected: vec![] });
    let all = judged(&kinesis(&[]), 3, &answers(&[exceeded; 3]));
    assert!(
        matches!(&all, ReplyAction::Retry { timing: RetryTiming::Backoff, reason } if reason.contains("ProvisionedThroughput")),
        "{all:?}"
    );
    assert_eq!(word(&judged(&kinesis(&[]), 3, &answers(&[Some("KMSDisabledException"); 3]))), "NextFlush");
}

#[test]
fn the_lines_of_a_failed_record_go_again_and_a_refused_request_is_split_into_its_lines() {
    let stream = kinesis(&[("aggregate", "newline")]);
    let lines: Vec<Value> = (0..6).map(|n| of_task(n / 2, n)).collect();
    let batch = &batch_of(&stream, &lines);
    let answer = |reply: &Reply| stream.classify_reply(Purpose::Deliver, batch, reply);
    let failed = answer(&answers(&[None, Some("ProvisionedThroughputExceededException"), None]));
    assert_eq!(failed, ReplyAction::Partial { retry: vec![2, 3], rejected: vec![] });
    let rest = &batch.select(&[2, 3]);
    let body: Value = serde_json::from_slice(&body_of(&request_of(&stream, rest))).unwrap();
    assert_eq!(records(&body).len(), 1, "they share a record again");
    let invalid = reply(400, json!({"__type": "InvalidArgumentException"}).to_string());
    assert_eq!(word(&answer(&invalid)), "Split");
}

#[test]
fn every_record_is_billed_as_a_multiple_of_a_kilobyte() {
    let lines: Vec<Value> = (0..400).map(|n| of_task(0, n)).collect();
    let billed = |keys: &[(&str, &str)]| -> u64 {
        let stream = kinesis(keys);
        batches_of(&stream, &chunk(&lines))
            .0
            .iter()
            .map(|batch| stream.billed_bytes(batch, &NotTaken::default(), 0))
            .sum()
    };
    assert_eq!(billed(&[]), 400 * 1_024);
    assert!(billed(&[("aggregate", "newline")]) < 50 * 1_024);
}

#[test]
fn a_missing_stream_is_named_with_its_key() {
    let not_found =
        reply(400, r#"{"__type":"ResourceNotFoundException","message":"Stream ecs-logs not found."}"#);
    let ReplyAction::Retry { reason, .. } = judged(&kinesis(&[]), 1, &not_found) else { panic!() };
    assert!(reason.contains("data stream ecs-logs") && reason.contains("d.stream"), "{reason}");
}

#[test]
fn names_are_checked() {
    let problems = |keys: &[(&str, &str)]| configure(DestinationKind::Kinesis, keys).1;
    assert!(problems(&[])[0].starts_with("d.stream: is missing"));
    for (name, right) in [
        ("a", true),
        (&"x".repeat(128), true),
        (&"x".repeat(129), false),
        ("a/b", false),
        ("é", false),
        ("arn:aws:kinesis:eu-west-1:111122223333:stream/logs", true),
        ("arn:aws:kinesis:eu-west-1:111122223333:logs", false),
    ] {
        assert_eq!(problems(&[("stream", name)]).is_empty(), right, "{name}");
    }
    assert!(problems(&[("stream", "s"), ("partition_key", "$(a")])[0].starts_with("d.partition_key: "));
}

proptest! {
    #[test]
    fn any_record_becomes_valid_json_within_the_limit(chunk in any_chunk(), aggregate in prop_oneof![Just("off"), Just("newline")]) {
        let stream = kinesis(&[("aggregate", aggregate), ("partition_key", "$(log)")]);
        for batch in batches_of(&stream, &chunk).0 {
            let body: Value = serde_json::from_slice(&request_of(&stream, &batch).body.to_bytes()).unwrap();
            for (key, text) in records(&body) {
                prop_assert!((1..=256).contains(&key.chars().count()));
                prop_assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()) && text.len() <= MAX_DATA_BYTES);
            }
        }
    }
}
