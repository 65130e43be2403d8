//! Requests to the byte, limits to the byte, and every reply's meaning.

use std::cell::RefCell;
use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;
use crate::classify::classes::{Class, Classifier};
use crate::config::keys::DestinationKind;
use crate::config::{DestinationSettings, KeyReader};
use crate::destination::testing::body_of;
use crate::destination::{Endpoint, HttpRequest, RetryTiming, open};
use crate::encode::partition::Partitions;
use crate::input::decode;
use crate::metrics::Reason;
use crate::stop;

const TIME_MS: i64 = 1_795_000_000_000;

const CONTEXT: RenderContext<'_> =
    RenderContext { tag: b"app", uuid: "u", chunk: "c", task: None, overflow: None };

/// The destination `logs` with these keys of its own; `log_group` is `/g` unless said otherwise.
fn opened(keys: &[(&str, &str)]) -> (Destination, Vec<String>) {
    let usual = [("region", "eu-west-1"), ("log_group", "/g"), ("log_stream", "s")];
    let keys = usual.iter().chain(keys).map(|(key, value)| (format!("logs.{key}"), (*value).to_owned()));
    let keys: BTreeMap<String, String> = keys.collect();
    let problems = RefCell::new(Vec::new());
    let settings = DestinationSettings { name: "logs".into(), kind: DestinationKind::Cloudwatch };
    let destination = open(&settings, &KeyReader::new(&keys, &problems), &AwsEnvironments::default());
    (destination, problems.into_inner().iter().map(ToString::to_string).collect())
}

fn logs(keys: &[(&str, &str)]) -> Destination {
    let (destination, problems) = opened(keys);
    assert_eq!(problems, [""; 0]);
    destination
}

/// Encodes the records: what became of each, and the batches.
fn encoded(destination: &Destination, records: &[Value]) -> (Vec<Encoded>, Vec<Batch>) {
    let chunk: Vec<u8> =
        records.iter().flat_map(|record| rmp_serde::to_vec(&(TIME_MS / 1_000, record)).unwrap()).collect();
    let mut partitions = Partitions::default();
    let mut outcomes = Vec::new();
    let mut ordinal = 0;
    decode::records(&chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        let entry = Entry::new(record, class, class.name(), stop.as_ref());
        let mut target = Vec::new();
        destination.target(&entry, &CONTEXT, &mut target);
        let partition = partitions.get_or_insert(&target);
        let (place, outcome) = partition.write(0, |out| destination.encode(&entry, &CONTEXT, out));
        let (start, end) = (place.start, place.end);
        let at_ms = record.time.millis();
        match outcome {
            Encoded::Complete { size } | Encoded::Truncated { size } => {
                partition.push(crate::encode::partition::BatchItem { ordinal, at_ms, start, end, size });
            }
            Encoded::Empty | Encoded::Filtered => assert_eq!(start, end, "nothing stays behind"),
        }
        outcomes.push(outcome);
        ordinal += 1;
    });
    (outcomes, partitions.pack(&destination.limits))
}

fn batch_of(destination: &Destination, records: &[Value]) -> Batch {
    encoded(destination, records).1.remove(0)
}

fn batch(count: usize) -> Batch {
    batch_of(&logs(&[]), &vec![json!({"log": "x"}); count])
}

fn http(request: &Request) -> &HttpRequest {
    match &request.endpoint {
        Endpoint::Http(request) => request,
        other => panic!("{other:?} is not for the network"),
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&body_of(http(request))).unwrap()
}

/// The one message that a record becomes.
fn message(keys: &[(&str, &str)], record: &Value) -> String {
    let destination = logs(keys);
    let request = destination.request(&batch_of(&destination, std::slice::from_ref(record)));
    body(&request)["logEvents"][0]["message"].as_str().unwrap().to_owned()
}

fn one(keys: &[(&str, &str)], record: &Value) -> Encoded {
    encoded(&logs(keys), std::slice::from_ref(record)).0[0]
}

// ---- requests --------------------------------------------------------------------------------------------------

#[test]
fn a_request_is_what_the_api_reference_says() {
    let destination = logs(&[("log_stream", "$(tag)/$(container_name)"), ("log_key", "log")]);
    let record = json!({"log": "hello", "container_name": "/web"});
    let request = destination.request(&batch_of(&destination, &[record]));
    assert_eq!(request.purpose, Purpose::Deliver);
    let http = http(&request);
    assert_eq!((http.method.as_str(), http.url.as_str()), ("POST", "https://logs.eu-west-1.amazonaws.com"));
    assert_eq!(http.sign, Some("logs"));
    assert_eq!(http.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(http.headers["x-amz-target"], "Logs_20140328.PutLogEvents");
    assert_eq!(http.headers.len(), 2);
    let expected = r#"{"logGroupName":"/g","logStreamName":"app/web","logEvents":[{"timestamp":1795000000000,"message":"hello"}]}"#;
    assert_eq!(http.body.to_bytes(), expected);
}

#[test]
fn the_endpoint_is_the_regions_unless_another_is_named() {
    let url = |keys: &[(&str, &str)]| http(&logs(keys).request(&batch(1))).url.clone();
    assert_eq!(url(&[("region", "cn-north-1")]), "https://logs.cn-north-1.amazonaws.com.cn");
    assert_eq!(url(&[("region", "us-gov-west-1")]), "https://logs.us-gov-west-1.amazonaws.com");
    assert_eq!(url(&[("endpoint", "http://127.0.0.1:1")]), "http://127.0.0.1:1");
}

#[test]
fn embedded_metrics_are_announced_in_a_header() {
    let request = logs(&[("log_format", "json/emf")]).request(&batch(1));
    assert_eq!(http(&request).headers["x-amzn-logs-format"], "json/emf");
}

#[test]
fn a_compressed_request_is_gzip_and_says_so() {
    use std::io::Read as _;
    let (plain, packed) =
        (logs(&[]).request(&batch(100)), logs(&[("compress", "gzip")]).request(&batch(100)));
    assert_eq!(http(&packed).headers["content-encoding"], "gzip");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&http(&packed).body.to_bytes()[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, http(&plain).body.to_bytes());
    assert!(http(&packed).body.len() < unpacked.len() / 4);
}

#[test]
fn several_events_stand_side_by_side() {
    let destination = logs(&[("log_key", "log")]);
    let records: Vec<Value> = (0..3).map(|number| json!({"log": number.to_string()})).collect();
    let request = destination.request(&batch_of(&destination, &records));
    let messages: Vec<Value> = body(&request)["logEvents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["message"].clone())
        .collect();
    assert_eq!(messages, ["0", "1", "2"]);
}

#[test]
fn a_new_group_gets_what_was_configured() {
    let destination = logs(&[
        ("auto_create_group", "on"),
        ("retention_days", "30"),
        ("log_group_class", "infrequent_access"),
        ("log_group_tags", "team=web, env=prod"),
        ("kms_key_id", "key-1"),
    ]);
    let missing = error(400, "ResourceNotFoundException");
    let action = destination.classify_reply(Purpose::Prepare("CreateLogStream"), &batch(1), &missing);
    let ReplyAction::Prepare(requests) = action else { panic!("{action:?}") };
    let steps: Vec<(Purpose, Value)> =
        requests.iter().map(|request| (request.purpose, body(request))).collect();
    let group = json!({
        "logGroupName": "/g", "logGroupClass": "INFREQUENT_ACCESS", "kmsKeyId": "key-1",
        "tags": {"team": "web", "env": "prod"},
    });
    let expected = [
        (Purpose::Prepare("CreateLogGroup"), group),
        (Purpose::Prepare("PutRetentionPolicy"), json!({"logGroupName": "/g", "retentionInDays": 30})),
        (Purpose::Prepare("CreateLogStream"), json!({"logGroupName": "/g", "logStreamName": "s"})),
    ];
    assert_eq!(steps, expected);
    for (request, operation) in
        requests.iter().zip(["CreateLogGroup", "PutRetentionPolicy", "CreateLogStream"])
    {
        assert_eq!(http(request).headers["x-amz-target"], format!("Logs_20140328.{operation}"));
        assert_eq!(http(request).headers.get("content-encoding"), None);
    }
}

#[test]
fn a_new_group_without_wishes_gets_none() {
    let destination = logs(&[("auto_create_group", "on")]);
    let missing = error(400, "ResourceNotFoundException");
    let action = destination.classify_reply(Purpose::Prepare("CreateLogStream"), &batch(1), &missing);
    let ReplyAction::Prepare(requests) = action else { panic!("{action:?}") };
    assert_eq!(requests.len(), 2);
    assert_eq!(body(&requests[0]), json!({"logGroupName": "/g"}));
}

#[test]
fn wishes_for_a_group_that_is_never_made_are_a_problem() {
    for (key, value) in [
        ("retention_days", "7"),
        ("log_group_class", "STANDARD"),
        ("log_group_tags", "a=b"),
        ("kms_key_id", "k"),
    ] {
        let expected =
            [format!("logs.{key}: has no effect unless auto_create_group is on; leave logs.{key} out")];
        assert_eq!(opened(&[(key, value)]).1, expected);
    }
    assert_eq!(opened(&[("auto_create_group", "on"), ("retention_days", "2")]).1.len(), 1);
}

// ---- what is sent of a record ----------------------------------------------------------------------------------

#[test]
fn a_whole_record_is_json_and_a_field_is_its_bare_text() {
    let record = json!({"log": "say \"hi\"\n\\ \u{1} é", "n": 1});
    let whole: Value = serde_json::from_str(&message(&[], &record)).unwrap();
    assert_eq!(whole, record);
    assert_eq!(message(&[("log_key", "log")], &record), "say \"hi\"\n\\ \u{1} é");
}

#[test]
fn a_field_that_is_no_text_is_json_and_a_missing_one_means_the_whole_record() {
    for (record, expected) in [
        (json!({"log": 42}), "42"),
        (json!({"log": null}), "null"),
        (json!({"log": [1, "a"]}), r#"[1,"a"]"#),
        (json!({"log": {"a": "\""}}), r#"{"a":"\""}"#),
        (json!({"other": "x"}), r#"{"other":"x"}"#),
        (json!({}), "{}"),
    ] {
        assert_eq!(message(&[("log_key", "log")], &record), expected);
    }
}

#[test]
fn a_stop_event_is_sent_as_a_report_or_raw_whatever_the_log_key() {
    let event = json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change", "log": "not this",
        "detail": {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "startedAt": "2026-11-19T20:38:27Z",
            "containers": [{"name": "app", "exitCode": 1}]},
    });
    let sent = |keys: &[(&str, &str)]| -> Value { serde_json::from_str(&message(keys, &event)).unwrap() };
    assert_eq!(sent(&[("log_key", "log")]), serde_json::to_value(stop::read(event.clone())).unwrap());
    assert_eq!(sent(&[("log_key", "log"), ("stop_format", "raw")]), event);
}

#[test]
fn nothing_to_say_is_nothing_to_send() {
    assert_eq!(one(&[("log_key", "log")], &json!({"log": ""})), Encoded::Empty);
    assert_eq!(one(&[("log_key", "log")], &json!({"log": " "})), Encoded::Complete { size: 27 });
    assert_eq!(one(&[], &json!({})), Encoded::Complete { size: 28 });
}

#[test]
fn a_time_before_1970_is_sent_as_1970() {
    let chunk = rmp_serde::to_vec(&(-5i64, json!({"log": "x"}))).unwrap();
    let mut out = Vec::new();
    decode::records(&chunk, |record| {
        let entry = Entry::new(record, Class::Other, "other", None);
        logs(&[]).encode(&entry, &CONTEXT, &mut out);
    });
    assert!(out.starts_with(b"{\"timestamp\":0,"));
}

// ---- limits ----------------------------------------------------------------------------------------------------

#[test]
fn an_event_counts_its_bytes_as_utf_8_and_twenty_six() {
    let cases =
        [(json!("abc"), 3), (json!("é"), 2), (json!("日本"), 6), (json!("\"\n\u{1}"), 3), (json!("👩‍👩‍👧"), 18)];
    for (log, bytes) in cases {
        assert_eq!(
            one(&[("log_key", "log")], &json!({"log": log})),
            Encoded::Complete { size: bytes + 26 },
            "{log}"
        );
    }
    assert_eq!(one(&[], &json!({"log": "\"\n"})), Encoded::Complete { size: r#"{"log":"\"\n"}"#.len() + 26 });
}

#[test]
fn the_longest_message_is_whole_and_one_byte_more_is_cut() {
    let of = |length: usize| one(&[("log_key", "log")], &json!({"log": "x".repeat(length)}));
    assert_eq!(of(1_048_550), Encoded::Complete { size: 1_048_576 });
    assert!(matches!(of(1_048_551), Encoded::Truncated { size } if (1_048_500..=1_048_576).contains(&size)));
}

#[test]
fn a_cut_text_ends_between_characters_and_says_what_is_gone() {
    for (character, count) in [("x", 1_100_000), ("é", 600_000), ("日", 400_000), ("👍", 300_000)] {
        let text = character.repeat(count);
        let sent = message(&[("log_key", "log")], &json!({"log": text}));
        let (kept, marker) = sent.split_once(" [truncated ").unwrap();
        let lost: usize = marker.strip_suffix(" bytes]").unwrap().parse().unwrap();
        assert!(text.starts_with(kept) && kept.len() + lost == text.len(), "{character}");
        assert!((1_048_500..=1_048_550).contains(&sent.len()), "{character}: {}", sent.len());
    }
}

#[test]
fn a_cut_record_is_still_json_and_only_its_longest_text_is_shorter() {
    for text in ["x".repeat(1_100_000), "日\"\n".repeat(300_000), "\\".repeat(600_000), "👍".repeat(300_000)]
    {
        let record = json!({"a": "first", "log": text, "z": {"nested": [1, 2]}});
        let sent = message(&[], &record);
        assert!(sent.len() <= 1_048_550);
        let mut json: Value = serde_json::from_str(&sent).unwrap();
        let log = json["log"].take();
        let (kept, _) = log.as_str().unwrap().split_once(" [truncated ").unwrap();
        assert!(text.starts_with(kept) && !kept.is_empty());
        assert_eq!(json, json!({"a": "first", "log": null, "z": {"nested": [1, 2]}}));
    }
}

/// An escaped character is up to six bytes of JSON, so far more text has to go than the JSON is too long.
#[test]
fn a_cut_record_of_mostly_escapes_is_still_json() {
    for text in ["\u{1}".repeat(500_000), "\"".repeat(1_200_000)] {
        let sent = message(&[], &json!({"log": text, "a": 1}));
        assert!(sent.len() <= 1_048_550);
        let json: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(json["a"], 1);
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_counted_as_what_they_become() {
    let chunk = [&[0x92, 1, 0x81, 0xa3][..], b"log", &[0xdb, 0, 8, 0, 0], &[0xff; 0x8_0000]].concat();
    let destination = logs(&[("log_key", "log")]);
    let mut outcome = None;
    let mut out = Vec::new();
    decode::records(&chunk, |record| {
        let entry = Entry::new(record, Class::Other, "other", None);
        outcome = Some(destination.encode(&entry, &CONTEXT, &mut out));
    });
    assert!(matches!(outcome, Some(Encoded::Truncated { size }) if size <= 1_048_576), "{outcome:?}");
    out.pop();
    let event: Value = serde_json::from_slice(&out).unwrap();
    assert!(event["message"].as_str().unwrap().len() <= 1_048_550);
}

#[test]
fn requests_are_packed_to_the_services_limits() {
    let limits = logs(&[]).limits;
    assert_eq!((limits.bytes, limits.records, limits.span_ms), (1_048_576, 10_000, Some(86_400_000)));
    assert!(limits.ordered);
}

// ---- what replies mean -----------------------------------------------------------------------------------------

fn error(status: u16, code: &str) -> Reply {
    let body = json!({"__type": code, "message": "in its own words"}).to_string();
    Reply { status, body: body.into(), ..Reply::default() }
}

fn reply(status: u16, body: &'static str) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

/// The action in a word, so that tables stay readable.
fn word(action: &ReplyAction) -> &'static str {
    match action {
        ReplyAction::Delivered => "delivered",
        ReplyAction::Partial { .. } => "partial",
        ReplyAction::PartialUnknown { .. } => "partial unknown",
        ReplyAction::WrongRegion { .. } => "wrong region",
        ReplyAction::Retry { timing: RetryTiming::Backoff, .. } => "backoff",
        ReplyAction::Retry { timing: RetryTiming::NextFlush, .. } => "next flush",
        ReplyAction::Split { .. } => "split",
        ReplyAction::Reauthorize { .. } => "reauthorize",
        ReplyAction::Prepare(_) => "prepare",
        ReplyAction::Ignored { .. } => "ignored",
        ReplyAction::SendInstead(_) => "other form",
        ReplyAction::Rejected { .. } => "rejected",
    }
}

/// For a batch of several events, and for one.
#[rustfmt::skip]
const REPLIES: &[(u16, &str, &str, &str)] = &[
    (400, "ThrottlingException",           "backoff",        "backoff"),
    (400, "LimitExceededException",        "backoff",        "backoff"),
    (429, "",                              "backoff",        "backoff"),
    (400, "ServiceUnavailableException",   "backoff",        "backoff"),
    (503, "ServiceUnavailableException",   "backoff",        "backoff"),
    (500, "InternalFailure",               "backoff",        "backoff"),
    (500, "ServiceUnavailableException",   "backoff",        "backoff"),
    (500, "",                              "backoff",        "backoff"),
    (502, "",                              "backoff",        "backoff"),
    (504, "",                              "backoff",        "backoff"),
    (408, "",                              "backoff",        "backoff"),
    (400, "RequestTimeout",                "backoff",        "backoff"),
    (400, "InvalidParameterException",     "split",       "rejected"),
    (400, "SerializationException",        "split",       "rejected"),
    (413, "",                              "split",       "rejected"),
    (400, "ResourceNotFoundException",     "prepare",     "prepare"),
    (400, "ExpiredTokenException",         "reauthorize", "reauthorize"),
    (403, "ExpiredTokenException",         "reauthorize", "reauthorize"),
    (400, "UnrecognizedClientException",   "reauthorize", "reauthorize"),
    (400, "InvalidSignatureException",     "reauthorize", "reauthorize"),
    (400, "AccessDeniedException",         "next flush",        "next flush"),
    (403, "",                              "next flush",        "next flush"),
    (404, "",                              "next flush",        "next flush"),
    (301, "",                              "next flush",        "next flush"),
    (400, "SomethingNewException",         "next flush",        "next flush"),
];

#[test]
fn every_reply_has_its_meaning() {
    let destination = logs(&[]);
    for (status, code, several, alone) in REPLIES {
        let meaning = |count: usize| {
            word(&destination.classify_reply(Purpose::Deliver, &batch(count), &error(*status, code)))
        };
        assert_eq!((meaning(3), meaning(1)), (*several, *alone), "{status} {code}");
    }
}

#[test]
fn an_error_is_known_by_each_of_its_spellings() {
    let destination = logs(&[]);
    let mut in_header = reply(400, "{}");
    in_header.headers.insert(
        HeaderName::from_static("x-amzn-errortype"),
        HeaderValue::from_static("ThrottlingException:http://internal.amazon.com/"),
    );
    let spellings = [
        in_header,
        error(400, "com.amazonaws.logs#ThrottlingException"),
        reply(400, r#"{"code":"ThrottlingException","Message":"slower"}"#),
    ];
    for spelling in spellings {
        assert_eq!(
            word(&destination.classify_reply(Purpose::Deliver, &batch(1), &spelling)),
            "backoff",
            "{spelling:?}"
        );
    }
}

#[test]
fn two_hundred_is_delivery_only_with_the_services_body() {
    let destination = logs(&[]);
    let meaning = |body| word(&destination.classify_reply(Purpose::Deliver, &batch(2), &reply(200, body)));
    assert_eq!(meaning("{}"), "delivered");
    assert_eq!(meaning(r#"{"nextSequenceToken":"1"}"#), "delivered");
    assert_eq!(meaning(r#"{"rejectedLogEventsInfo":null}"#), "delivered");
    for proxy in ["", "<html>login</html>", "[]", "\"ok\"", "{"] {
        assert_eq!(meaning(proxy), "backoff", "{proxy}");
    }
}

#[test]
fn rejected_events_are_the_ends_of_the_batch() {
    let destination = logs(&[]);
    let refused = |info: &'static str| match destination.classify_reply(
        Purpose::Deliver,
        &batch(10),
        &reply(200, info),
    ) {
        ReplyAction::Partial { retry, rejected } => {
            assert!(retry.is_empty());
            rejected
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(
            r#"{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":2,"expiredLogEventEndIndex":5,"tooNewLogEventStartIndex":8}}"#
        ),
        [(0..2, Reason::TooOld), (2..5, Reason::Expired), (8..10, Reason::TooNew)]
    );
    assert_eq!(
        refused(r#"{"rejectedLogEventsInfo":{"tooNewLogEventStartIndex":0}}"#),
        [(0..10, Reason::TooNew)]
    );
    assert_eq!(
        refused(r#"{"rejectedLogEventsInfo":{"expiredLogEventEndIndex":10}}"#),
        [(0..10, Reason::Expired)]
    );
    // Indexes that make no sense lose nothing twice and do not panic.
    assert_eq!(
        refused(r#"{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":99,"tooNewLogEventStartIndex":3}}"#),
        [(0..10, Reason::TooOld)]
    );
}

#[test]
fn a_missing_stream_is_made_first_and_a_missing_group_only_when_it_may_be() {
    let missing = error(400, "ResourceNotFoundException");
    let action = logs(&[]).classify_reply(Purpose::Deliver, &batch(1), &missing);
    let ReplyAction::Prepare(requests) = action else { panic!("{action:?}") };
    assert_eq!(requests.len(), 1);
    assert_eq!(body(&requests[0]), json!({"logGroupName": "/g", "logStreamName": "s"}));
    let action = logs(&[]).classify_reply(Purpose::Prepare("CreateLogStream"), &batch(1), &missing);
    let reason = "log group /g does not exist; create it or set logs.auto_create_group on".to_owned();
    assert_eq!(action, ReplyAction::Retry { timing: RetryTiming::NextFlush, reason });
}

#[rustfmt::skip]
const PREPARATIONS: &[(&str, u16, &str, &str)] = &[
    ("CreateLogStream",    200, "",                               "delivered"),
    ("CreateLogStream",    400, "ResourceAlreadyExistsException", "delivered"),
    ("CreateLogStream",    400, "ThrottlingException",            "backoff"),
    ("CreateLogStream",    503, "",                               "backoff"),
    ("CreateLogStream",    400, "AccessDeniedException",          "next flush"),
    ("CreateLogStream",    400, "ExpiredTokenException",          "reauthorize"),
    ("CreateLogStream",    400, "InvalidParameterException",      "next flush"),
    ("CreateLogGroup",     200, "",                               "delivered"),
    ("CreateLogGroup",     400, "ResourceAlreadyExistsException", "delivered"),
    ("CreateLogGroup",     400, "OperationAbortedException",      "backoff"),
    ("CreateLogGroup",     400, "LimitExceededException",         "backoff"),
    ("CreateLogGroup",     400, "AccessDeniedException",          "next flush"),
    ("PutRetentionPolicy", 200, "",                               "delivered"),
    ("PutRetentionPolicy", 400, "ThrottlingException",            "backoff"),
    ("PutRetentionPolicy", 400, "AccessDeniedException",          "ignored"),
];

#[test]
fn every_reply_to_a_preparation_has_its_meaning() {
    let destination = logs(&[("auto_create_group", "on")]);
    for (operation, status, code, meaning) in PREPARATIONS {
        let action =
            destination.classify_reply(Purpose::Prepare(operation), &batch(1), &error(*status, code));
        assert_eq!(word(&action), *meaning, "{operation} {status} {code}");
    }
}

/// Fresh credentials would let it through; giving the retention up would lose it for good.
#[test]
fn a_retention_refused_for_a_passing_reason_is_tried_again() {
    let destination = logs(&[("auto_create_group", "on")]);
    for (status, code) in [
        (400, "ExpiredTokenException"),
        (503, "ServiceUnavailableException"),
        (400, "OperationAbortedException"),
    ] {
        let action = destination.classify_reply(
            Purpose::Prepare("PutRetentionPolicy"),
            &batch(1),
            &error(status, code),
        );
        assert_ne!(word(&action), "ignored", "{status} {code}");
    }
}

#[test]
fn what_is_said_of_an_error_has_the_services_words_and_nothing_of_the_payload() {
    let action = logs(&[]).classify_reply(Purpose::Deliver, &batch(1), &error(400, "AccessDeniedException"));
    let reason = "PutLogEvents answered 400 AccessDeniedException: in its own words; grant this permission to the task \
               role, or to logs.role_arn if set"
        .to_owned();
    assert_eq!(action, ReplyAction::Retry { timing: RetryTiming::NextFlush, reason });
}
