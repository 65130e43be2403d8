use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::keys::{DATADOG_SITES, DestinationKind};
use crate::destination::testing::{
    FIRST_SECOND, any_chunk, batch_of, batches_of, body_of, chunk, configure, judged, line, open, reply,
    request_of, sent, stopped, word,
};

fn datadog(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Datadog, &[&[("api_key", "hunter2")], more].concat())
}

fn entry(destination: &Destination, record: Value) -> Value {
    sent(destination, &[record])[0].clone()
}

#[test]
fn a_line_has_its_names_tags_status_and_fields() {
    let entry = entry(&datadog(&[]), line());
    assert_eq!(entry["message"], "it \"broke\"");
    assert_eq!((&entry["ddsource"], &entry["service"]), (&json!("ecs"), &json!("ecs-web-1")));
    assert_eq!((&entry["status"], &entry["timestamp"]), (&json!("error"), &json!(FIRST_SECOND * 1_000)));
    let tags =
        "class:stderr,ecs_cluster:prod,ecs_task_family:web,ecs_task_id:0123abcd,container_name:ecs-web-1";
    assert_eq!(entry["ddtags"], tags);
    assert_eq!(
        (&entry["container_id"], entry.get("hostname"), entry.get("log")),
        (&json!("c0ffee"), None, None)
    );
}

#[test]
fn names_and_tags_are_templates() {
    let keys = [
        ("service", "$(ecs_task_family)"),
        ("source", "nginx"),
        ("hostname", "$(tag)"),
        ("tags", "env:prod,\"team\":$(team),n:$(none)"),
        ("compress", "off"),
    ];
    let entry =
        entry(&datadog(&keys), json!({"log": "x", "ecs_task_definition": "web:1", "team": "a,b \"c"}));
    assert_eq!((&entry["service"], &entry["ddsource"]), (&json!("web"), &json!("nginx")));
    assert_eq!(entry["hostname"], "app.web");
    assert_eq!(entry["ddtags"], "env:prod,_team_:a_b__c,n:unknown,class:other,ecs_task_family:web");
    assert_eq!(entry["status"], "info");
}

#[test]
fn a_missing_field_is_told_and_the_target_stays_empty() {
    let record = crate::input::record::Record::new(crate::input::record::Timestamp::default(), &[], &[]);
    let entry = Entry::new(&record, Class::Other, "other", None);
    let (context, mut target) =
        (RenderContext { tag: b"t", uuid: "", chunk: "", task: None, overflow: None }, Vec::new());
    assert_eq!(datadog(&[]).target(&entry, &context, &mut target), Some("container_name"));
    assert_eq!(datadog(&[("service", "web")]).target(&entry, &context, &mut target), None);
    assert_eq!(target, b"");
}

#[test]
fn fields_of_reserved_names_are_renamed() {
    let record = json!({
        "log": "x", "ddsource": 1, "ddtags": 2, "hostname": 3, "service": 4, "status": 5, "timestamp": 6,
        "message": 7, "list": [1, {"k": "v"}],
    });
    let entry = entry(&datadog(&[]), record);
    for (name, value) in
        ["ddsource", "ddtags", "hostname", "service", "status", "timestamp", "message"].iter().zip(1..)
    {
        assert_eq!(entry[format!("record_{name}")], value, "{name}");
    }
    assert_eq!((&entry["list"], &entry["status"]), (&json!([1, {"k": "v"}]), &json!("info")));
}

#[test]
fn a_stop_speaks_for_the_task_that_stopped() {
    let report = entry(&datadog(&[]), stopped());
    assert_eq!((&report["status"], &report["category"]), (&json!("error"), &json!("oom")));
    assert_eq!((&report["service"], &report["record_service"]), (&json!("shop"), &json!("shop")));
    let tags = report["ddtags"].as_str().unwrap();
    assert!(
        tags.contains("class:stop") && tags.contains("ecs_service:shop") && tags.contains("image_tag:1.7"),
        "{tags}"
    );
    let raw = entry(&datadog(&[("stop_format", "raw")]), stopped());
    let event: Value = serde_json::from_str(raw["message"].as_str().unwrap()).unwrap();
    assert_eq!((&event["id"], raw.get("category")), (&json!("e1"), None));
}

#[test]
fn a_stop_is_found_under_its_service_or_its_family_unless_the_user_says_otherwise() {
    let mut job = stopped();
    job["detail"]["group"] = json!("family:web");
    job["detail"]["containers"][0]["name"] = json!("report");
    let container = [("service", "$(container_name)")];
    for (keys, event, service) in
        [(&[][..], stopped(), "shop"), (&[], job, "web"), (&container, stopped(), "web")]
    {
        assert_eq!(entry(&datadog(keys), event)["service"], service);
    }
}

#[test]
fn a_planned_stop_is_no_error() {
    let mut event = stopped();
    event["detail"]["stopCode"] = json!("ServiceSchedulerInitiated");
    event["detail"]["stoppedReason"] = json!("Scaling activity initiated by (deployment ecs-svc/1)");
    event["detail"]["containers"][0]["exitCode"] = json!(0);
    event["detail"]["containers"][0]["reason"] = Value::Null;
    assert_eq!(entry(&datadog(&[]), event)["status"], "info");
}

#[test]
fn log_key_leaves_nothing_else_of_the_record() {
    let entry = entry(&datadog(&[("log_key", "log")]), line());
    assert_eq!((&entry["message"], entry.get("container_id")), (&json!("it \"broke\""), None));
}

#[test]
fn the_request_goes_to_the_site_with_the_key_kept_secret() {
    for site in DATADOG_SITES {
        let datadog = datadog(&[("site", site)]);
        let request = request_of(&datadog, &batch_of(&datadog, &[line()]));
        assert_eq!(request.url, format!("https://http-intake.logs.{site}/api/v2/logs"));
    }
    let datadog = datadog(&[("endpoint", "http://127.0.0.1:1")]);
    let request = request_of(&datadog, &batch_of(&datadog, &vec![line(); 9]));
    assert_eq!(request.url, "http://127.0.0.1:1/api/v2/logs");
    assert_eq!(
        (&request.headers["dd-api-key"], &request.headers["content-encoding"]),
        (&"hunter2".parse::<http::HeaderValue>().unwrap(), &"gzip".parse::<http::HeaderValue>().unwrap(),)
    );
    assert!(!format!("{request:?}{datadog:?}").contains("hunter2"));
}

#[test]
fn limits_hold_at_their_exact_edges() {
    let datadog = datadog(&[("service", "s")]);
    let of = |length: usize| batches_of(&datadog, &chunk(&[json!({"log": "x".repeat(length)})]));
    let overhead = of(0).0[0].wire_len() - 1;
    let (batches, outcomes) = of(MAX_ENTRY_BYTES - overhead);
    assert_eq!(
        (outcomes, batches[0].wire_len() - 1),
        (vec![Encoded::Complete { size: MAX_ENTRY_BYTES + 1 }], MAX_ENTRY_BYTES)
    );
    let (batches, outcomes) = of(MAX_ENTRY_BYTES - overhead + 1);
    assert!(matches!(outcomes[..], [Encoded::Truncated { .. }]));
    assert!(batches[0].wire_len() - 1 <= MAX_ENTRY_BYTES && batches[0].wire_len() > MAX_ENTRY_BYTES - 64);
    let counts = |count: usize, size: usize| -> Vec<usize> {
        let records = vec![json!({"log": "x".repeat(size - overhead)}); count];
        batches_of(&datadog, &chunk(&records)).0.iter().map(|batch| batch.items.len()).collect()
    };
    assert_eq!(counts(1_001, overhead + 1), [1_000, 1]);
    // Five entries of 999,999 bytes and 4 commas and 2 brackets are 5,000,001.
    assert_eq!(counts(5, 999_999), [4, 1]);
    assert_eq!(counts(5, 999_998), [5]);
}

/// The vendor's documentation names the address with its path.
#[test]
fn the_published_address_is_taken_as_it_is() {
    const PUBLISHED: &str = "https://http-intake.logs.datadoghq.eu/api/v2/logs";
    for (endpoint, expected) in [
        ("https://http-intake.logs.datadoghq.eu", PUBLISHED.to_owned()),
        (PUBLISHED, PUBLISHED.to_owned()),
        ("https://http-intake.logs.datadoghq.eu/api/v2/logs/", PUBLISHED.to_owned()),
        ("https://http-intake.logs.datadoghq.eu/api/v2/logs?team=a", format!("{PUBLISHED}?team=a")),
        ("https://http-intake.logs.datadoghq.eu?team=a", format!("{PUBLISHED}?team=a")),
        ("http://proxy:8080/intake/", "http://proxy:8080/intake/api/v2/logs".to_owned()),
    ] {
        let datadog = datadog(&[("endpoint", endpoint)]);
        assert_eq!(request_of(&datadog, &batch_of(&datadog, &[line()])).url, expected, "{endpoint}");
    }
}

#[test]
fn every_reply_has_its_meaning() {
    let rows = [
        (202, "Delivered", "Delivered"),
        (200, "Delivered", "Delivered"),
        (301, "NextFlush", "NextFlush"),
        (400, "Rejected", "Split"),
        (401, "NextFlush", "NextFlush"),
        (403, "NextFlush", "NextFlush"),
        (404, "NextFlush", "NextFlush"),
        (405, "NextFlush", "NextFlush"),
        (410, "NextFlush", "NextFlush"),
        (415, "NextFlush", "NextFlush"),
        (422, "Rejected", "Rejected"),
        (408, "Backoff", "Backoff"),
        (413, "Split", "Split"),
        (429, "Backoff", "Backoff"),
        (500, "Backoff", "Backoff"),
        (502, "Backoff", "Backoff"),
        (503, "Backoff", "Backoff"),
    ];
    let datadog = datadog(&[]);
    for (status, alone, among_others) in rows {
        assert_eq!(word(&judged(&datadog, 1, &reply(status, "{}"))), alone, "{status}, one entry");
        assert_eq!(word(&judged(&datadog, 3, &reply(status, "{}"))), among_others, "{status}, three entries");
    }
    assert_eq!(word(&judged(&datadog, 3, &reply(200, ""))), "Delivered");
    assert_eq!(word(&judged(&datadog, 3, &reply(200, "<html>hello</html>"))), "NextFlush", "a proxy's page");
}

#[test]
fn settings_are_checked() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], "d.api_key: is missing"),
        (
            &[("api_key", "a"), ("site", "datadog.com")],
            "d.site: 'datadog.com' is not one of datadoghq.com, us3",
        ),
        (&[("api_key", "a"), ("service", "$(x")], "d.service: '$(x' has a $( without its )"),
        (&[("api_key", "a"), ("endpoint", "ftp://h")], "d.endpoint: must begin with https://"),
    ];
    for (keys, expected) in cases {
        let problems = configure(DestinationKind::Datadog, keys).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
    }
}

proptest! {
    #[test]
    fn any_record_becomes_valid_json_within_the_limit(chunk in any_chunk()) {
        let datadog = datadog(&[("service", "$(service)"), ("tags", "a:$(log),b:$(message)"), ("hostname", "$(status)")]);
        for batch in batches_of(&datadog, &chunk).0 {
            let body = body_of(&request_of(&datadog, &batch));
            prop_assert!(body.len() <= MAX_BODY_BYTES);
            let body: Value = serde_json::from_slice(&body).unwrap();
            prop_assert!(body.as_array().unwrap().iter().all(|entry| entry["message"].is_string()));
        }
    }
}
