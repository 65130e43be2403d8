//! HTTP endpoints: their formats, headers and keys, and the size of their batches.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::intake::{Intake, PASSING, SECRET, Secret, chunk_of, hello, line_of, names};
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};

const PATH: &str = "/http/logs";

pub(super) const INTAKE: Intake = Intake {
    kind: "http",
    api: Api::Http,
    // As small as those of the others, so that what is too much for them is too much here.
    keys: &[
        ("http.url", "{endpoint}/http/logs"),
        ("http.bearer_token", SECRET),
        ("http.batch_bytes", "1MB"),
        ("http.timeout", "60s"),
    ],
    brought: |request| {
        let records = request.json();
        records.as_array().into_iter().flatten().map(line_of).collect()
    },
    arrived: |cloud| cloud.http().values(PATH).iter().map(line_of).collect(),
    refusal: || Fault::reply(400),
    secret: Some(Secret {
        key: "http.bearer_token",
        accept_only_another: |cloud| {
            let wrong =
                |request: &fake_cloud::Received| request.header("authorization") != Some("Bearer another");
            cloud.script_where(Api::Http, wrong, Fault::reply(401));
        },
    }),
    knows_repeats: false,
    status_decides: true,
    retried: PASSING,
    room: 1,
    cuts: true,
};

/// A router without a key, except for those in `keys`.
fn router(cloud: &Cloud, keys: &[(&str, &str)]) -> Router {
    let url = cloud.endpoint() + PATH;
    let usual = [("route.default", "http"), ("http.url", &url)];
    Router::with(usual.iter().chain(keys))
}

fn values_of(cloud: &Cloud, keys: &[(&str, &str)], records: &[Value]) -> Vec<Value> {
    let router = router(cloud, keys);
    let at = |chunk: Chunk, record: &Value| chunk.with(1_795_000_000_125, record);
    assert_eq!(router.bring(&records.iter().fold(Chunk::new(), at)), Verdict::Ok);
    cloud.assert_no_complaints();
    router.assert_adds_up("http");
    cloud.http().values(PATH)
}

fn with_date(record: &Value) -> Value {
    let mut record = record.clone();
    record["date"] = json!("2026-11-18T11:06:40.125Z");
    record
}

#[test]
fn stops_errors_and_lines_arrive_as_json_in_both_formats() {
    let lines = [line("web", "stderr", "it \"broke\"\n"), line("web", "stdout", "grüße")];
    for (format, content_type) in [("json", "application/json"), ("ndjson", "application/x-ndjson")] {
        let cloud = Cloud::start();
        let records = [stop(), lines[0].clone(), lines[1].clone()];
        let values = values_of(&cloud, &[("http.format", format)], &records);
        assert_eq!(
            (&values[0]["severity"], &values[0]["exit_code"]),
            (&json!("error"), &json!(137)),
            "{format}"
        );
        assert_eq!(values[1..], lines.each_ref().map(with_date), "{format}");
        let request = &cloud.requests()[0];
        assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", Some(content_type)));
        assert_eq!(cloud.requests().len(), 1);
    }
}

#[test]
fn ndjson_is_one_value_per_line() {
    let cloud = Cloud::start();
    let records = [line("web", "stdout", "two\nlines"), line("web", "stdout", "one")];
    values_of(&cloud, &[("http.format", "ndjson")], &records);
    let body = cloud.requests()[0].text();
    assert_eq!((body.lines().count(), body.ends_with("}\n")), (2, true), "{body}");
}

#[test]
fn log_key_leaves_the_text_alone_and_date_key_the_time() {
    let cloud = Cloud::start();
    let record = line("web", "stdout", "say \"hi\"");
    assert_eq!(values_of(&cloud, &[("http.log_key", "log")], std::slice::from_ref(&record)), ["say \"hi\""]);
    let cloud = Cloud::start();
    let dated = &values_of(&cloud, &[("http.date_key", "time")], std::slice::from_ref(&record))[0];
    assert_eq!((&dated["time"], dated.get("date")), (&json!("2026-11-18T11:06:40.125Z"), None));
    let cloud = Cloud::start();
    assert_eq!(values_of(&cloud, &[("http.date_key", "off")], std::slice::from_ref(&record)), [record]);
}

#[test]
fn headers_and_each_kind_of_key_arrive() {
    type Keys<'k> = &'k [(&'k str, &'k str)];
    let cases: [(Keys<'_>, &str, &str); 3] = [
        (&[("http.headers", "X-Tenant=web, X-Key=k1")], "x-tenant", "web"),
        (
            &[("http.user", "collector"), ("http.password", "p:w")],
            "authorization",
            "Basic Y29sbGVjdG9yOnA6dw==",
        ),
        (&[("http.bearer_token", "t0ken")], "authorization", "Bearer t0ken"),
    ];
    for (keys, name, value) in cases {
        let cloud = Cloud::start();
        values_of(&cloud, keys, &[line("web", "stdout", "x")]);
        assert_eq!(cloud.requests()[0].header(name), Some(value));
        assert_eq!(cloud.requests()[0].headers.get_all(name).iter().count(), 1);
    }
}

#[test]
fn every_success_is_an_acceptance_and_redirects_are_not_followed() {
    for (status, verdict) in [
        (200, Verdict::Ok),
        (201, Verdict::Ok),
        (202, Verdict::Ok),
        (204, Verdict::Ok),
        (302, Verdict::Retry),
    ] {
        let cloud = Cloud::start();
        cloud.script(Api::Http, [Fault::reply(status).header("location", "/http/elsewhere")]);
        assert_eq!(INTAKE.router(&cloud, &[]).bring(&hello()), verdict, "{status}");
        assert_eq!(cloud.requests().len(), 1, "{status}");
    }
}

#[test]
fn batches_keep_the_sizes_asked_for() {
    let cloud = Cloud::start();
    let router = INTAKE.router(&cloud, &[("http.batch_records", "7")]);
    assert_eq!(router.bring(&chunk_of(&names(20))), Verdict::Ok);
    let mut counts: Vec<usize> =
        cloud.requests().iter().map(|request| (INTAKE.brought)(request).len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [6, 7, 7]);
    let cloud = Cloud::start();
    let router = INTAKE.router(&cloud, &[("http.batch_bytes", "2k")]);
    assert_eq!(router.bring(&chunk_of(&names(20))), Verdict::Ok);
    assert!(cloud.requests().len() > 2 && cloud.requests().iter().all(|request| request.body.len() <= 2_000));
    INTAKE.assert_arrived(&cloud, &router, &names(20));
}

#[test]
fn a_compressed_request_says_the_same() {
    for compress in ["gzip", "zstd"] {
        let cloud = Cloud::start();
        let records = vec![line("web", "stdout", "the same again"); 100];
        assert_eq!(values_of(&cloud, &[("http.compress", compress)], &records).len(), 100);
        let request = &cloud.requests()[0];
        assert_eq!(request.header("content-encoding"), Some(compress));
        assert!(request.wire_len * 10 < request.body.len());
    }
}
