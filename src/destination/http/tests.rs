use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::testing::{
    Keys, any_chunk, batch_of, batches_of, body_of, chunk, configure, judged, line, open, reply, request_of,
    sent, stopped, word,
};

fn endpoint(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Http, &[&[("url", "https://logs.example.com/in?x=1")], more].concat())
}

fn lines(destination: &Destination, records: &[Value]) -> Vec<Value> {
    let body = body_of(&request_of(destination, &batch_of(destination, records)));
    let text = String::from_utf8(body).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn records_stand_in_an_array_or_on_lines() {
    let expected =
        [json!({"date": "2026-11-18T11:06:40Z", "n": 1}), json!({"date": "2026-11-18T11:06:41Z", "n": 2})];
    let records = [json!({"n": 1}), json!({"n": 2})];
    assert_eq!(sent(&endpoint(&[]), &records), json!(expected));
    assert_eq!(lines(&endpoint(&[("format", "ndjson")]), &records), expected);
    let types = [("json", "application/json"), ("ndjson", "application/x-ndjson")];
    for (format, content_type) in types {
        let endpoint = endpoint(&[("format", format)]);
        let request = request_of(&endpoint, &batch_of(&endpoint, &records));
        assert_eq!(request.headers["content-type"], content_type);
        assert_eq!(request.url, "https://logs.example.com/in?x=1");
        assert!(!request.headers.contains_key("content-encoding"));
    }
}

#[test]
fn what_log_key_leaves_is_json_too() {
    let lone = endpoint(&[("log_key", "log"), ("format", "ndjson")]);
    let records = [line(), json!({"log": {"a": 1}}), json!({"n": 1})];
    let expected = [json!("it \"broke\""), json!({"a": 1}), json!({"date": "2026-11-18T11:06:42Z", "n": 1})];
    assert_eq!(lines(&lone, &records), expected);
}

#[test]
fn stops_are_reports_or_raw() {
    assert_eq!(sent(&endpoint(&[]), &[stopped()])[0]["category"], "oom");
    assert_eq!(sent(&endpoint(&[("stop_format", "raw"), ("log_key", "id")]), &[stopped()])[0]["id"], "e1");
}

#[test]
fn headers_and_credentials_are_sent_and_kept_secret() {
    let cases: [(Keys<'_>, &str, &str); 3] = [
        (&[("user", "u"), ("password", "hunter2")], "authorization", "Basic dTpodW50ZXIy"),
        (&[("bearer_token", "hunter2")], "authorization", "Bearer hunter2"),
        (&[("headers", "X-Key = hunter2, X-Tenant=web")], "x-key", "hunter2"),
    ];
    for (keys, name, value) in cases {
        let endpoint = endpoint(&[keys, &[("compress", "gzip")]].concat());
        let request = request_of(&endpoint, &batch_of(&endpoint, &vec![line(); 9]));
        assert_eq!(request.headers[name], value);
        assert!(request.headers[name].is_sensitive());
        assert_eq!(request.headers["content-encoding"], "gzip");
        assert!(!format!("{request:?}{endpoint:?}").contains("hunter2"), "{name}");
    }
}

#[test]
fn bodies_fill_their_limits_and_never_pass_them() {
    for (format, extra) in [("json", 2), ("ndjson", 1)] {
        let endpoint = endpoint(&[("format", format), ("batch_bytes", "1k"), ("date_key", "off")]);
        let of = |length: usize| batches_of(&endpoint, &chunk(&[json!({"log": "x".repeat(length)})]));
        let whole = 1_000 - r#"{"log":""}"#.len() - extra;
        let (batches, outcomes) = of(whole);
        assert!(matches!(outcomes[..], [Encoded::Complete { .. }]), "{format}");
        assert_eq!(request_of(&endpoint, &batches[0]).body.len(), 1_000, "{format}");
        let (batches, outcomes) = of(whole + 1);
        assert!(matches!(outcomes[..], [Encoded::Truncated { .. }]), "{format}");
        assert!(request_of(&endpoint, &batches[0]).body.len() <= 1_000, "{format}");
    }
    let two = endpoint(&[("batch_records", "2")]);
    let counts: Vec<_> =
        batches_of(&two, &chunk(&vec![line(); 5])).0.iter().map(|batch| batch.items.len()).collect();
    assert_eq!(counts, [2, 2, 1]);
}

#[test]
fn what_is_cut_stays_json() {
    let records = [json!({"log": "\"é\u{1}".repeat(900), "n": 1}), json!({"a": vec![1; 2_000]})];
    let endpoint_of = |keys: &[(&str, &str)]| endpoint(&[&[("batch_bytes", "1k")], keys].concat());
    for keys in [[("format", "json")], [("format", "ndjson")], [("log_key", "log")]] {
        let endpoint = endpoint_of(&keys);
        for batch in batches_of(&endpoint, &chunk(&records)).0 {
            let body = request_of(&endpoint, &batch).body.to_bytes();
            assert!(body.len() <= 1_000, "{keys:?}: {}", body.len());
            let text = serde_json::from_slice::<Value>(&body).unwrap().to_string();
            assert!(text.contains("[truncated "), "{text}");
        }
    }
    let body = batches_of(&endpoint_of(&[]), &chunk(&records[..1])).0.remove(0);
    let record: Value =
        serde_json::from_slice(&request_of(&endpoint_of(&[]), &body).body.to_bytes()).unwrap();
    assert_eq!((&record[0]["n"], &record[0]["date"]), (&json!(1), &json!("2026-11-18T11:06:40Z")));
}

#[test]
fn every_reply_has_its_meaning() {
    let rows = [
        (200, "Delivered"),
        (201, "Delivered"),
        (202, "Delivered"),
        (204, "Delivered"),
        (301, "NextFlush"),
        (400, "Split"),
        (401, "NextFlush"),
        (403, "NextFlush"),
        (404, "NextFlush"),
        (405, "NextFlush"),
        (408, "Backoff"),
        (410, "NextFlush"),
        (413, "Split"),
        (415, "NextFlush"),
        (418, "Rejected"),
        (422, "Split"),
        (429, "Backoff"),
        (500, "Backoff"),
        (503, "Backoff"),
    ];
    for (status, meaning) in rows {
        assert_eq!(word(&judged(&endpoint(&[]), 3, &reply(status, "whatever"))), meaning, "{status}");
    }
    for status in [400, 422] {
        assert_eq!(
            word(&judged(&endpoint(&[]), 1, &reply(status, "whatever"))),
            "Rejected",
            "{status}, alone"
        );
    }
    // Frameworks write even the reply about one record as a page; a success is none.
    for (status, meaning) in [(200, "NextFlush"), (400, "Rejected"), (413, "Split"), (503, "Backoff")] {
        let page = reply(status, "<!doctype html><title>Sign in</title>");
        assert_eq!(word(&judged(&endpoint(&[]), 1, &page)), meaning, "a page with {status}");
    }
}

#[test]
fn settings_are_checked() {
    let url = ("url", "https://h");
    let cases: [(&[(&str, &str)], &str); 14] = [
        (&[], "d.url: is missing"),
        (&[("url", "logs.example.com")], "d.url: must begin with https://"),
        (&[("url", "https://u:p@h/")], "d.url: holds a user name"),
        (&[("url", "https://h/ x")], "d.url: is not an address"),
        (&[url, ("format", "xml")], "d.format: 'xml' is not one of json, ndjson"),
        (&[url, ("user", "u")], "d.user: has no effect without password"),
        (&[url, ("password", "p")], "d.password: has no effect without user"),
        (&[url, ("user", "u:v"), ("password", "p")], "d.user: cannot hold a colon"),
        (&[url, ("user", "u"), ("password", "p"), ("bearer_token", "t")], "d.bearer_token: excludes"),
        (&[url, ("bearer_token", "t\u{7}t")], "d.bearer_token: holds a character"),
        (
            &[url, ("headers", "X-Key hunter2")],
            "d.headers: has the wrong format (the value is secret and not shown)",
        ),
        (&[url, ("headers", "X Key=hunter2")], "d.headers: has a name"),
        (&[url, ("headers", "Content-Length=1")], "d.headers: content-length follows"),
        (&[url, ("batch_bytes", "999")], "d.batch_bytes: is less than 1000 bytes"),
    ];
    for (keys, expected) in cases {
        let problems = configure(DestinationKind::Http, keys).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{keys:?}: {problems:?}");
        assert!(!problems[0].contains("hunter2"));
    }
}

proptest! {
    #[test]
    fn any_record_becomes_valid_json_within_the_limit(chunk in any_chunk(), lone in any::<bool>()) {
        let endpoint = endpoint(if lone { &[("log_key", "log"), ("batch_bytes", "1k")] } else { &[("batch_bytes", "1k")] });
        for batch in batches_of(&endpoint, &chunk).0 {
            let body = request_of(&endpoint, &batch).body.to_bytes();
            prop_assert!(body.len() <= 1_000, "{}", body.len());
            prop_assert!(serde_json::from_slice::<Value>(&body).unwrap().is_array());
        }
    }
}

#[test]
fn a_body_takes_the_records_fields_in_the_form_that_is_asked_for() {
    let record = json!({"log": "say \"hi\"\n\\", "n": 7, "list": [1, "a"], "nested": {"x": "y"}, "empty": "",
        "source": "stderr", "container_name": "/app", "ecs_task_arn": "arn:aws:ecs:eu-west-1:1:task/prod/0123"});
    let cases = [
        (r#"{"a": "$(log)"}"#, json!({"a": "say \"hi\"\n\\"})),
        (r#"{"a": $(log:json)}"#, json!({"a": "say \"hi\"\n\\"})),
        (r#"{"a": "$(log:5)"}"#, json!({"a": "say …"})),
        (r#"{"a": $(n:json), "b": "$(n)"}"#, json!({"a": 7, "b": "7"})),
        (r#"{"a": $(list:json), "b": "$(list)"}"#, json!({"a": [1, "a"], "b": "[1,\"a\"]"})),
        (r#"{"a": $(nested:json), "b": $(nested.x:json)}"#, json!({"a": {"x": "y"}, "b": "y"})),
        (r#"{"a": $(none:json), "b": "$(none)", "c": "$(none:-x)"}"#, json!({"a": null, "b": "", "c": "x"})),
        (r#"{"a": "$(empty:-x)", "b": $(empty:json)}"#, json!({"a": "", "b": ""})),
        (
            r#"{"a": "$(ecs_task_id) $(container_name) $(class) $(tag) 100%"}"#,
            json!({"a": "0123 app stderr app.web 100%"}),
        ),
        (
            r#"{"a": "$(time)", "b": $(time:s), "c": $(time:ms), "d": "$(time:ns)"}"#,
            json!({"a": "2026-11-18T11:06:40Z", "b": 1_795_000_000.0, "c": 1_795_000_000_000_u64, "d": "1795000000000000000"}),
        ),
    ];
    for (body, expected) in cases {
        let endpoint = endpoint(&[("body", body), ("batch_records", "1")]);
        assert_eq!(sent(&endpoint, std::slice::from_ref(&record)), expected, "{body}");
    }
}

#[test]
fn a_body_holds_the_whole_record_or_report() {
    let endpoint = endpoint(&[("body", r#"{"event": $(.:json), "text": "$(.)"}"#)]);
    let body = sent(&endpoint, &[json!({"n": 1}), stopped()]);
    let record = json!({"date": "2026-11-18T11:06:40Z", "n": 1});
    assert_eq!(body[0]["event"], record);
    assert_eq!(serde_json::from_str::<Value>(body[0]["text"].as_str().unwrap()).unwrap(), record);
    assert_eq!(body[1]["event"]["category"], "oom");
    let keys = [("body", r#"{"s": "$(summary)", "code": $(exit_code:json), "service": $(service:json)}"#)];
    let body = sent(&self::endpoint(&keys), &[stopped()]);
    assert_eq!((&body[0]["code"], &body[0]["service"]), (&json!(137), &json!("shop")));
    assert!(body[0]["s"].as_str().unwrap().contains("shop"), "{body}");
}

#[test]
fn what_stands_around_the_records_follows_from_format_and_count() {
    let body = ("body", r#"{"n": $(n:json)}"#);
    let records = [json!({"n": 1}), json!({"n": 2})];
    let texts = |keys: &[(&str, &str)]| -> Vec<String> {
        let endpoint = endpoint(&[&[body], keys].concat());
        let batches = batches_of(&endpoint, &chunk(&records)).0;
        batches
            .iter()
            .map(|batch| String::from_utf8(body_of(&request_of(&endpoint, batch))).unwrap())
            .collect()
    };
    assert_eq!(texts(&[]), [r#"[{"n": 1},{"n": 2}]"#]);
    assert_eq!(texts(&[("batch_records", "1")]), [r#"{"n": 1}"#, r#"{"n": 2}"#]);
    assert_eq!(texts(&[("format", "ndjson")]), ["{\"n\": 1}\n{\"n\": 2}\n"]);
    assert_eq!(
        texts(&[("batch_prefix", r#"{"all": ["#), ("batch_suffix", "]}")]),
        [r#"{"all": [{"n": 1},{"n": 2}]}"#]
    );
    assert_eq!(
        texts(&[("batch_prefix", "[1,"), ("batch_suffix", "]"), ("batch_records", "1")]),
        [r#"[1,{"n": 1}]"#, r#"[1,{"n": 2}]"#]
    );
}

#[test]
fn a_template_that_makes_no_json_is_reported_at_the_start() {
    let url = ("url", "https://h");
    let cases: [(Keys<'_>, &str); 9] = [
        (&[("body", r#"{"a": $(log)}"#)], "d.body: makes no JSON of a sample record: "),
        (&[("body", r#"{"a": "$(log:json)"}"#)], "d.body: makes no JSON of a sample record: "),
        (&[("body", r#"{"a": 1"#)], "d.body: makes no JSON of a sample record: "),
        (&[("body", r#"{"a": 1}"#), ("batch_prefix", "[")], "d.body: makes no JSON"),
        (&[("body", "{}$(newline){"), ("format", "ndjson")], "d.body: makes no JSON"),
        (&[("body", r#"{"a": $(log:jsn)}"#)], "d.body: $(log:jsn): 'jsn' is not a form of a value"),
        (&[("body", r#"{"a": "$(log"}"#)], "d.body: '$(log\"}' has no ) at its end"),
        (&[("body", r#"{"a": $()}"#)], "d.body: $() names no field"),
        (&[("batch_suffix", "]")], "d.batch_suffix: has no effect without body"),
    ];
    for (keys, expected) in cases {
        let problems = configure(DestinationKind::Http, &[&[url], keys].concat()).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{keys:?}: {problems:?}");
    }
    let long = format!(r#"{{"a": "{}"}}"#, "x".repeat(1_000));
    let problems = configure(DestinationKind::Http, &[url, ("body", &long), ("batch_bytes", "1k")]).1;
    assert!(problems[0].starts_with("d.body: is longer than batch_bytes allows"), "{problems:?}");
    let text =
        [url, ("body", "$(class): $(log)"), ("headers", "Content-Type=text/plain"), ("format", "ndjson")];
    assert_eq!(configure(DestinationKind::Http, &text).1, [""; 0]);
}

#[test]
fn a_name_that_nothing_is_known_to_have_is_named() {
    let advice = |body: &str| endpoint(&[("body", body)]).advice.map(|advice| advice.to_string());
    assert_eq!(advice(r#"{"a": $(summary:json), "b": "$(ecs_service:-x)", "c": "$(incident.count)"}"#), None);
    let said = advice(r#"{"a": $(sumary:json)}"#).unwrap();
    assert!(said.starts_with("d.body: $(sumary) stands in no report of a stop"), "{said}");
    assert!(said.contains(" summary,"), "{said}");
}

/// Whatever a report may hold is known.
#[test]
fn every_field_of_a_report_is_known() {
    for event in crate::destination::testing::events() {
        let Some(stop) = crate::stop::read(event) else { continue };
        let report = serde_json::to_value(&stop).unwrap();
        for name in report.as_object().unwrap().keys() {
            assert!(sample::KNOWN_FIELDS.contains(&name.as_str()), "{name}");
        }
    }
    assert!(sample::KNOWN_FIELDS.is_sorted());
}

#[test]
fn a_template_keeps_its_form_when_values_are_cut() {
    let records = [json!({"log": "\"é\u{1}".repeat(900), "n": 1}), json!({"a": vec![1; 2_000]}), stopped()];
    for body in [
        r#"{"event": $(.:json), "n": $(n:json)}"#,
        r#"{"a": "$(log)", "b": "$(.)"}"#,
        r#"{"a": $(log:json)}"#,
    ] {
        let endpoint = endpoint(&[("body", body), ("batch_bytes", "1k")]);
        for batch in batches_of(&endpoint, &chunk(&records)).0 {
            let body = request_of(&endpoint, &batch).body.to_bytes();
            assert!(body.len() <= 1_000, "{}", body.len());
            assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{}", String::from_utf8_lossy(&body));
        }
    }
}

#[test]
fn a_success_that_lists_records_is_judged_by_each() {
    let endpoint = endpoint(&[]);
    for (body, expected) in [
        (r#"[{"status":202},{"status":429},{"status":400}]"#, "Partial"),
        (r#"[{"status":202},{"status":202},{"status":202}]"#, "Delivered"),
        (r#"[{"status":500}]"#, "Delivered"),
        (r#"{"errors":false,"items":[]}"#, "Delivered"),
        (
            r#"{"errors":true,"items":[{"index":{"status":201}},{"index":{"status":503}},{"create":{"status":409}}]}"#,
            "Partial",
        ),
        (r#"{"ingested":2,"failed":1}"#, "PartialUnknown"),
        (r#"{"ingested":3,"failed":0}"#, "Delivered"),
        ("ok", "Delivered"),
    ] {
        assert_eq!(word(&judged(&endpoint, 3, &reply(200, body))), expected, "{body}");
    }
    let action = judged(&endpoint, 3, &reply(200, r#"[{"status":202},{"status":429},{"status":400}]"#));
    let refused = (2..3, crate::metrics::Reason::Refused);
    assert_eq!(action, ReplyAction::Partial { retry: vec![1], rejected: vec![refused] });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever a record holds, the template's form stays.
    #[test]
    fn any_record_in_a_template_is_json(chunk in any_chunk()) {
        let body = r#"{"a": $(log:json), "b": "$(log) $(source:20)", "c": $(.:json), "d": "$(.)", "e": "$(service:-x)"}"#;
        for limit in ["5MB", "1k"] {
            let endpoint = endpoint(&[("body", body), ("batch_bytes", limit)]);
            for batch in batches_of(&endpoint, &chunk).0 {
                let body = request_of(&endpoint, &batch).body.to_bytes();
                let parsed: Result<Value, _> = serde_json::from_slice(&body);
                prop_assert!(parsed.is_ok(), "{:?} {}", parsed, String::from_utf8_lossy(&body));
            }
        }
    }
}
