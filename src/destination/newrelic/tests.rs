use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::RetryTiming;
use crate::destination::testing::{
    FIRST_SECOND, any_chunk, batch_of, batches_of, body_of, chunk, configure, judged, line, open, reply,
    request_of, sent, stopped, word,
};

fn newrelic(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Newrelic, &[&[("license_key", "hunter2")], more].concat())
}

fn log(destination: &Destination, record: Json) -> Json {
    sent(destination, &[record])[0]["logs"][0].clone()
}

#[test]
fn a_line_is_a_message_with_the_other_fields_as_attributes() {
    let body = sent(&newrelic(&[]), &[line(), json!({"message": "two"})]);
    let common = &body[0]["common"]["attributes"];
    assert_eq!(common["plugin.type"], "fluent-bit-ecs-router");
    assert_eq!(common["plugin.version"], env!("CARGO_PKG_VERSION"));
    let log = &body[0]["logs"][0];
    assert_eq!(log["timestamp"], FIRST_SECOND * 1_000);
    assert_eq!(log["message"], "it \"broke\"");
    let attributes = log["attributes"].as_object().unwrap();
    assert_eq!(
        (&attributes["route_class"], &attributes["container_id"]),
        (&json!("stderr"), &json!("c0ffee"))
    );
    assert!(!attributes.contains_key("log"));
    assert_eq!(body[0]["logs"][1]["message"], "two");
}

#[test]
fn names_and_values_are_made_fit() {
    let record = json!({
        "log": "x", "accountId": 1, "eventType": 2, "entity.guid": 3, "entity.name": 4, "entity.type": 5,
        "timestamp": "then", "message": "m", "list": [1, "é\""], "map": {"k": null}, "no": null,
        "n".repeat(300): 1, "long": "v".repeat(5_000),
    });
    let log = log(&newrelic(&[]), record);
    let attributes = log["attributes"].as_object().unwrap();
    for name in
        ["accountId", "eventType", "entity.guid", "entity.name", "entity.type", "timestamp", "message"]
    {
        assert!(
            !attributes.contains_key(name) && attributes.contains_key(&format!("record_{name}")),
            "{name}"
        );
    }
    assert_eq!(attributes["list"], r#"[1,"é\""]"#);
    assert_eq!(attributes["map"], r#"{"k":null}"#);
    assert_eq!(attributes["no"], Json::Null);
    let others: Map<String, Json> =
        serde_json::from_str(attributes["other_attributes"].as_str().unwrap()).unwrap();
    assert_eq!(
        others.keys().map(String::len).collect::<Vec<_>>(),
        [300],
        "a name that is too long stays whole"
    );
    assert_eq!(attributes["long"].as_str().unwrap().len(), 5_000);
}

#[test]
fn attributes_beyond_the_limit_become_one() {
    let of = |count: usize| -> Map<String, Json> {
        let mut record: Map<_, _> = (0..count).map(|n| (format!("f{n:03}"), json!(n))).collect();
        record.insert("log".into(), json!("x"));
        log(&newrelic(&[]), record.into())["attributes"].as_object().unwrap().clone()
    };
    let room = MAX_ATTRIBUTES - OWN_ATTRIBUTES;
    assert_eq!(of(room).len(), room + 1, "with route_class");
    let spilled = of(room + 2);
    assert_eq!(spilled.len(), room + 1);
    let others: Map<String, Json> =
        serde_json::from_str(spilled["other_attributes"].as_str().unwrap()).unwrap();
    assert_eq!(others.keys().collect::<Vec<_>>(), ["f249", "f250", "f251"]);
}

#[test]
fn a_record_without_a_message_is_sent_as_json_text() {
    let log = log(&newrelic(&[]), json!({"n": 1, "log": {"a": "b\n"}}));
    assert_eq!(log["message"], r#"{"a":"b\n"}"#);
    let whole = super::tests::log(&newrelic(&[]), json!({"n": 1}));
    assert_eq!(
        (&whole["message"], whole["attributes"].as_object().unwrap().len()),
        (&json!(r#"{"n":1}"#), 1)
    );
}

#[test]
fn log_key_leaves_nothing_else() {
    let log = log(&newrelic(&[("log_key", "container_id")]), line());
    assert_eq!((&log["message"], log["attributes"].as_object().unwrap().len()), (&json!("c0ffee"), 1));
}

#[test]
fn a_stop_is_its_summary_and_its_report_or_the_raw_event() {
    let report = log(&newrelic(&[]), stopped());
    let attributes = report["attributes"].as_object().unwrap();
    assert!(report["message"].as_str().unwrap().contains("web"), "{report}");
    assert_eq!((&attributes["category"], &attributes["exit_code"]), (&json!("oom"), &json!(137)));
    assert!(attributes["containers"].is_string() && attributes["event"].is_string());
    let raw = log(&newrelic(&[("stop_format", "raw")]), stopped());
    let event: Json = serde_json::from_str(raw["message"].as_str().unwrap()).unwrap();
    assert_eq!(event["detail-type"], "ECS Task State Change");
}

#[test]
fn the_request_goes_to_the_site_with_the_key_kept_secret() {
    let urls = [
        ("us", "https://log-api.newrelic.com/log/v1"),
        ("eu", "https://log-api.eu.newrelic.com/log/v1"),
        ("fedramp", "https://gov-log-api.newrelic.com/log/v1"),
    ];
    for (site, url) in urls {
        let newrelic = newrelic(&[("site", site)]);
        assert_eq!(request_of(&newrelic, &batch_of(&newrelic, &[line()])).url, url);
    }
    let other =
        open(DestinationKind::Newrelic, &[("api_key", "hunter2"), ("endpoint", "http://127.0.0.1:1/")]);
    let request = request_of(&other, &batch_of(&other, &vec![line(); 9]));
    assert_eq!(request.url, "http://127.0.0.1:1/log/v1");
    assert_eq!(request.headers["api-key"], "hunter2");
    assert!(request.headers["api-key"].is_sensitive());
    assert!(!format!("{request:?}{other:?}").contains("hunter2"));
    assert_eq!(request.headers["content-encoding"], "gzip");
    let plain = newrelic(&[("compress", "off")]);
    assert!(!request_of(&plain, &batch_of(&plain, &[line()])).headers.contains_key("content-encoding"));
}

#[test]
fn a_body_fills_the_limit_and_never_passes_it() {
    let newrelic = newrelic(&[]);
    let overhead = body_of(&request_of(&newrelic, &batch_of(&newrelic, &[json!({"log": ""})]))).len();
    let of = |length: usize| batches_of(&newrelic, &chunk(&[json!({"log": "x".repeat(length)})]));
    let (batches, outcomes) = of(MAX_BODY_BYTES - overhead);
    assert!(matches!(outcomes[..], [Encoded::Complete { .. }]));
    assert_eq!(body_of(&request_of(&newrelic, &batches[0])).len(), MAX_BODY_BYTES);
    let (batches, outcomes) = of(MAX_BODY_BYTES - overhead + 1);
    assert!(matches!(outcomes[..], [Encoded::Truncated { .. }]));
    let body = body_of(&request_of(&newrelic, &batches[0]));
    assert!(body.len() <= MAX_BODY_BYTES && body.len() > MAX_BODY_BYTES - 64, "{}", body.len());
    let many = chunk(&vec![json!({"log": "\"".repeat(300_000), "n": 1}); 5]);
    for batch in batches_of(&newrelic, &many).0 {
        assert!(body_of(&request_of(&newrelic, &batch)).len() <= MAX_BODY_BYTES);
    }
}

#[test]
fn what_is_too_long_in_its_attributes_keeps_the_beginning_as_text() {
    let newrelic = newrelic(&[]);
    let record = json!({"log": "x", "big": "\u{1}é\"".repeat(400_000)});
    let (batches, outcomes) = batches_of(&newrelic, &chunk(&[record]));
    assert!(matches!(outcomes[..], [Encoded::Truncated { .. }]));
    let body = body_of(&request_of(&newrelic, &batches[0]));
    assert!(body.len() <= MAX_BODY_BYTES && body.len() > MAX_BODY_BYTES - 64, "{}", body.len());
    let body: Json = serde_json::from_slice(&body).unwrap();
    let message = body[0]["logs"][0]["message"].as_str().unwrap();
    assert!(message.contains("\\u0001é") && message.ends_with(" bytes]"));
}

/// The vendor's documentation names the address with its path.
#[test]
fn the_published_address_is_taken_as_it_is() {
    const PUBLISHED: &str = "https://log-api.eu.newrelic.com/log/v1";
    for (endpoint, expected) in [
        ("https://log-api.eu.newrelic.com", PUBLISHED.to_owned()),
        (PUBLISHED, PUBLISHED.to_owned()),
        ("https://log-api.eu.newrelic.com/log/v1/", PUBLISHED.to_owned()),
        ("https://log-api.eu.newrelic.com/log/v1?team=a", format!("{PUBLISHED}?team=a")),
        ("https://log-api.eu.newrelic.com?team=a", format!("{PUBLISHED}?team=a")),
        ("http://proxy:8080/intake/", "http://proxy:8080/intake/log/v1".to_owned()),
    ] {
        let newrelic = newrelic(&[("endpoint", endpoint)]);
        assert_eq!(request_of(&newrelic, &batch_of(&newrelic, &[line()])).url, expected, "{endpoint}");
    }
}

#[test]
fn every_reply_has_its_meaning() {
    let rows = [
        (202, "Delivered", "Delivered"),
        (200, "NextFlush", "NextFlush"),
        (204, "NextFlush", "NextFlush"),
        (302, "NextFlush", "NextFlush"),
        (400, "Rejected", "Split"),
        (401, "NextFlush", "NextFlush"),
        (403, "NextFlush", "NextFlush"),
        (404, "NextFlush", "NextFlush"),
        (405, "NextFlush", "NextFlush"),
        (410, "NextFlush", "NextFlush"),
        (408, "Backoff", "Backoff"),
        (413, "Split", "Split"),
        (415, "NextFlush", "NextFlush"),
        (422, "Rejected", "Rejected"),
        (429, "Backoff", "Backoff"),
        (500, "Backoff", "Backoff"),
        (502, "Backoff", "Backoff"),
        (503, "Backoff", "Backoff"),
        (504, "Backoff", "Backoff"),
        (599, "Backoff", "Backoff"),
    ];
    let newrelic = newrelic(&[]);
    for (status, alone, among_others) in rows {
        assert_eq!(word(&judged(&newrelic, 1, &reply(status, "{}"))), alone, "{status}, one event");
        assert_eq!(word(&judged(&newrelic, 3, &reply(status, "{}"))), among_others, "{status}, three events");
    }
}

#[test]
fn the_key_to_check_is_named() {
    let reason = |status, body: &'static str| match judged(&newrelic(&[]), 3, &reply(status, body)) {
        ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } => reason,
        other => panic!("{other:?}"),
    };
    for (status, body, key) in [
        (301, "", "d.endpoint"),
        (404, "", "d.endpoint"),
        (410, "", "d.endpoint"),
        (415, "", "d.compress"),
        (200, "<!DOCTYPE html><p>Welcome", "d.endpoint"),
        (400, " <HTML>", "d.endpoint"),
    ] {
        assert!(reason(status, body).contains(key), "{status} {body}: {}", reason(status, body));
    }

    let reason = reason(403, "");
    assert!(
        reason.contains("403 Forbidden") && reason.contains("d.license_key") && reason.contains("d.site"),
        "{reason}"
    );
}

#[test]
fn settings_are_checked() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[], "d.license_key: is missing"),
        (&[("license_key", "a"), ("api_key", "b")], "d.api_key: and license_key are two names"),
        (&[("license_key", "a"), ("site", "mars")], "d.site: 'mars' is not one of us, eu, fedramp"),
        (&[("license_key", "a\u{7}b")], "d.license_key: holds a character"),
        (&[("license_key", "a"), ("endpoint", "log-api")], "d.endpoint: must begin with https://"),
        (&[("license_key", "a"), ("endpoint", "https://u:p@h")], "d.endpoint: holds a user name"),
    ];
    for (keys, expected) in cases {
        let problems = configure(DestinationKind::Newrelic, keys).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
    }
}

proptest! {
    #[test]
    fn any_record_becomes_valid_json_within_the_limit(chunk in any_chunk()) {
        let newrelic = newrelic(&[]);
        for batch in batches_of(&newrelic, &chunk).0 {
            let body = body_of(&request_of(&newrelic, &batch));
            prop_assert!(body.len() <= MAX_BODY_BYTES);
            let body: Json = serde_json::from_slice(&body).unwrap();
            for log in body[0]["logs"].as_array().unwrap() {
                prop_assert!(log["message"].is_string());
                for (name, value) in log["attributes"].as_object().unwrap() {
                    prop_assert!(name.chars().count() <= MAX_NAME_BYTES);
                    prop_assert!(!value.is_array() && !value.is_object());
                }
            }
        }
    }

    #[test]
    fn however_little_room_there_is_it_is_kept_to(chunk in any_chunk(), max in 200usize..900) {
        let common = Common::default();
        crate::input::decode::records(&chunk, |record| {
            let class = crate::classify::classes::Class::Other;
            let entry = Entry::new(record, class, "other", None);
            let mut out = Vec::new();
            let write = |line: &AttributedLine<'_>| attributed::write_within(max, &mut out, |extent, out| NewRelic::write(line, extent, out));
            let encoded = attributed::with_line(&common, &RunCache::default(), &entry, write);
            assert!(out.len() <= max, "{} of {max}", out.len());
            assert!(matches!(encoded, Encoded::Complete { size } | Encoded::Truncated { size } if size == out.len()));
            assert!(serde_json::from_slice::<Json>(&out[..out.len() - 1]).unwrap()["message"].is_string());
        });
    }
}
