use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::request::request_id;
use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::testing::{
    any_chunk, batch_of, batches_of, body_of, chunk, configure, judged, line, open, reply, request_of, sent,
    stopped, word,
};

fn endpoint(more: &[(&str, &str)]) -> Destination {
    let keys = [("url", "https://aws-api.newrelic.com/firehose/v1"), ("access_key", "hunter2")];
    open(DestinationKind::FirehoseHttp, &[&keys, more].concat())
}

fn data(body: &Value) -> Vec<String> {
    let text = |record: &Value| BASE64_STANDARD.decode(record["data"].as_str().unwrap()).unwrap();
    body["records"].as_array().unwrap().iter().map(|one| String::from_utf8(text(one)).unwrap()).collect()
}

#[test]
fn the_request_is_the_protocols() {
    let endpoint = endpoint(&[("common_attributes", "env=prod, team=wéb"), ("source_arn", "arn:x")]);
    let request = request_of(&endpoint, &batch_of(&endpoint, &vec![line(); 9]));
    let header = |name: &str| request.headers[name].to_str().unwrap();
    assert_eq!(header("x-amz-firehose-protocol-version"), "1.0");
    assert_eq!(header("x-amz-firehose-access-key"), "hunter2");
    assert_eq!(header("x-amz-firehose-source-arn"), "arn:x");
    assert_eq!(
        header("x-amz-firehose-common-attributes"),
        r#"{"commonAttributes":{"env":"prod","team":"w\u00e9b"}}"#
    );
    assert_eq!((header("content-type"), header("content-encoding")), ("application/json", "gzip"));
    assert!(!format!("{request:?}{endpoint:?}").contains("hunter2"));
    let body: Value = serde_json::from_slice(&body_of(&request)).unwrap();
    assert_eq!(body["requestId"], header("x-amz-firehose-request-id"));
    assert_eq!((&body["timestamp"], data(&body).len()), (&json!(1_795_000_008_000_u64), 9));
}

#[test]
fn records_are_json_texts_without_an_end() {
    let texts = data(&sent(&endpoint(&[]), &[json!({"n": 1}), stopped()]));
    assert_eq!(texts[0], r#"{"date":"2026-11-18T11:06:40Z","n":1}"#);
    assert_eq!(serde_json::from_str::<Value>(&texts[1]).unwrap()["category"], "oom");
    assert_eq!(data(&sent(&endpoint(&[("log_key", "log")]), &[line()])), ["it \"broke\""]);
    let bare = open(DestinationKind::FirehoseHttp, &[("url", "http://h")]);
    let request = request_of(&bare, &batch_of(&bare, &[line()]));
    assert!(!request.headers.contains_key("x-amz-firehose-access-key"));
    assert!(!request.headers.contains_key("x-amz-firehose-common-attributes"));
}

#[test]
fn a_batch_keeps_its_id_and_another_has_its_own() {
    let endpoint = endpoint(&[]);
    let id = |records: &[Value]| request_id(&batch_of(&endpoint, records));
    assert_eq!(id(&[line()]), id(&[line()]));
    assert_ne!(id(&[line()]), id(&[line(), line()]));
    let batch = batch_of(&endpoint, &[line(), line()]);
    assert_ne!(
        request_id(&batch.select(&[0])),
        request_id(&batch.select(&[1])),
        "the same line a second later"
    );
    assert_eq!(uuid::Uuid::parse_str(&id(&[line()])).unwrap().get_version_num(), 8);
}

#[test]
fn the_tag_tells_tasks_apart() {
    let record = crate::input::record::Record::new(crate::input::record::Timestamp::default(), &[], &[]);
    let class = crate::classify::classes::Class::Stdout;
    let entry = Entry::new(&record, class, "stdout", None);
    let mut target = Vec::new();
    endpoint(&[]).target(
        &entry,
        &RenderContext { tag: b"web-firelens-0123", uuid: "", chunk: "", task: None, overflow: None },
        &mut target,
    );
    assert_eq!(target, b"web-firelens-0123");
}

#[test]
fn bodies_never_pass_their_limits() {
    let of = |keys: &[(&str, &str)], length: usize| {
        let endpoint = endpoint(&[keys, &[("log_key", "log"), ("compress", "off")]].concat());
        let (batches, outcomes) = batches_of(&endpoint, &chunk(&[json!({"log": "x".repeat(length)})]));
        (request_of(&endpoint, &batches[0]).body.len(), matches!(outcomes[..], [Encoded::Truncated { .. }]))
    };
    assert!(!of(&[("batch_bytes", "64MiB")], MAX_RECORD_BYTES).1);
    assert!(of(&[("batch_bytes", "64MiB")], MAX_RECORD_BYTES + 1).1);
    let room = ((1 << 20) - ENVELOPE_BYTES - r#"{"data":""},"#.len()) / 4 * 3;
    assert!(!of(&[], room).1);
    let (length, cut) = of(&[], room + 1);
    assert!(cut && length <= 1 << 20, "{length}");
    let two = endpoint(&[("batch_records", "2")]);
    let counts: Vec<_> =
        batches_of(&two, &chunk(&vec![line(); 5])).0.iter().map(|batch| batch.items.len()).collect();
    assert_eq!(counts, [2, 2, 1]);
}

#[test]
fn every_reply_has_its_meaning() {
    let endpoint = endpoint(&[]);
    let id = request_id(&batch_of(&endpoint, &vec![json!({"log": "line"}); 3]));
    let own = json!({"requestId": id, "timestamp": 1}).to_string();
    let rows = [
        (200, own.clone(), "Delivered"),
        (200, json!({"requestId": "other", "timestamp": 1}).to_string(), "Backoff"),
        (200, String::new(), "Backoff"),
        (200, "ok".into(), "Backoff"),
        (202, own.clone(), "Backoff"),
        (200, "<html>".into(), "NextFlush"),
        (302, own.clone(), "NextFlush"),
        (400, own.clone(), "Backoff"),
        (401, own.clone(), "NextFlush"),
        (403, own.clone(), "NextFlush"),
        (404, own.clone(), "NextFlush"),
        (405, own.clone(), "NextFlush"),
        (410, own.clone(), "NextFlush"),
        (413, own.clone(), "Split"),
        (429, own.clone(), "Backoff"),
        (500, own.clone(), "Backoff"),
        (503, own, "Backoff"),
    ];
    for (status, body, meaning) in rows {
        assert_eq!(word(&judged(&endpoint, 3, &reply(status, body.clone()))), meaning, "{status} {body}");
    }
}

#[test]
fn the_endpoints_words_reach_the_log() {
    let body =
        json!({"requestId": "x", "errorMessage": format!("no such\nkey{}", "!".repeat(900))}).to_string();
    let ReplyAction::Retry { reason, .. } = judged(&endpoint(&[]), 1, &reply(401, body)) else { panic!() };
    assert!(
        reason.contains("401 Unauthorized: no suchkey!")
            && reason.contains("d.access_key")
            && reason.len() < 400,
        "{reason}"
    );
}

#[test]
fn settings_are_checked() {
    let (url, long) = (("url", "https://h"), "x".repeat(4_097));
    let attributes = (0..51).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    let name = format!("{}=v", "n".repeat(257));
    let value = format!("n={}", "v".repeat(1_025));
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "d.url: is missing"),
        (&[url, ("access_key", &long)], "d.access_key: is longer than 4096 bytes"),
        (&[url, ("common_attributes", &attributes)], "d.common_attributes: holds more than 50"),
        (&[url, ("common_attributes", &name)], "d.common_attributes: 'nnn"),
        (&[url, ("common_attributes", &value)], "d.common_attributes: 'n' is too long"),
        (&[url, ("batch_bytes", "65MiB")], "d.batch_bytes: is more than the 64MiB"),
        (&[url, ("batch_records", "10001")], "d.batch_records: is more than the 10000"),
        (&[url, ("source_arn", "arn:\u{e9}\u{7}")], "d.source_arn: holds a character"),
    ];
    for (keys, expected) in cases {
        let problems = configure(DestinationKind::FirehoseHttp, keys).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
    }
}

proptest! {
    #[test]
    fn any_record_becomes_valid_json_within_the_limit(chunk in any_chunk()) {
        let endpoint = endpoint(&[("batch_bytes", "1k")]);
        for batch in batches_of(&endpoint, &chunk).0 {
            let body = body_of(&request_of(&endpoint, &batch));
            prop_assert!(body.len() <= 1_000);
            data(&serde_json::from_slice(&body).unwrap());
        }
    }
}
