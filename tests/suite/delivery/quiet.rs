//! What records hold stays out of the plugin's own log lines: they are a container's log and may come back as records.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::json;

use crate::router::Router;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};
use test_support::temp::TempDir;
use test_support::this_test;

/// Stands for what nobody but the destination may read.
const CONTENT: &str = "hunter2-hunter2";

/// A type of destination, what it is asked by, and its keys besides the endpoint.
type Row = (&'static str, Api, &'static [(&'static str, &'static str)]);

/// Each type behind the network.
const DESTINATIONS: [Row; 8] = [
    ("cloudwatch", Api::PutLogEvents, &[("region", "us-east-1"), ("log_group", "/g"), ("log_stream", "s")]),
    ("firehose", Api::PutRecordBatch, &[("region", "us-east-1"), ("delivery_stream", "d")]),
    ("newrelic", Api::NewRelicLogs, &[("license_key", "0123456789012345678901234567890123456789")]),
    ("datadog", Api::DatadogLogs, &[("api_key", "0123456789abcdef0123456789abcdef")]),
    ("http", Api::Http, &[]),
    ("firehose_http", Api::FirehoseHttp, &[]),
    ("otlp", Api::OtlpLogs, &[("encoding", "json")]),
    ("s3", Api::PutObject, &[("region", "us-east-1"), ("bucket", "archive"), ("upload_timeout", "0")]),
];

fn router(cloud: &Cloud, kind: &str, more: &[(&str, &str)]) -> Router {
    let (address, path) = match kind {
        "http" => ("url", "/http/x"),
        "firehose_http" => ("url", "/firehose/v1"),
        _ => ("endpoint", ""),
    };
    let mut keys = vec![
        ("route.default".to_owned(), kind.to_owned()),
        ("flush_timeout".into(), "2s".into()),
        ("exit_timeout".into(), "100ms".into()),
        (format!("{kind}.{address}"), format!("{}{path}", cloud.endpoint())),
    ];
    keys.extend(more.iter().map(|(key, value)| (format!("{kind}.{key}"), (*value).to_owned())));
    let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Router::with(&keys)
}

/// The service repeats what it was sent, in every member where some service keeps its words.
fn echo() -> String {
    let said = format!("1 validation error detected: Value '{CONTENT}' at 'logEvents.1.message' failed");
    json!({
        "__type": "InvalidParameterException", "message": said, "Message": said, "errorMessage": said,
        "error": said, "errors": [said], "requestId": "r", "timestamp": 1,
        "partialSuccess": {"rejectedLogRecords": 1, "errorMessage": said},
    })
    .to_string()
}

fn chunk() -> Chunk {
    let mut event = stop();
    event["detail"]["stoppedReason"] = json!(format!("Task failed: {CONTENT}"));
    Chunk::now(&[line("web", "stdout", CONTENT), line(CONTENT, "stderr", CONTENT), event])
}

fn bring_to_echoes(kind: &str, api: Api, keys: &[(&str, &str)]) {
    for status in [200, 400, 403, 413, 500] {
        let cloud = Cloud::builder().create_groups(["/g"]).create_buckets(["archive"]).start();
        cloud.script_where(api, |_| true, Fault::reply(status).body(echo()));
        let router = router(&cloud, kind, keys);
        router.bring(&chunk());
        assert!(cloud.attempts(api) > 0, "{kind} was never asked");
    }
}

#[test]
fn what_records_hold_is_never_said_whatever_a_service_answers() {
    let said = alone(this_test!("what_records_hold_is_never_said_whatever_a_service_answers"), || {
        std::thread::scope(|scope| {
            for (kind, api, keys) in DESTINATIONS {
                scope.spawn(move || bring_to_echoes(kind, api, keys));
            }
        });
    });
    assert!(!said.contains(CONTENT), "{said}");
    for (kind, ..) in DESTINATIONS {
        assert!(said.contains(&format!("destination {kind}: ")), "nothing was said of {kind}\n{said}");
    }
}

/// A disk that takes nothing, a chunk cut short, a name that lacks a field, a letter that finds no place.
#[test]
fn what_records_hold_is_never_said_when_the_trouble_is_our_own() {
    let said = alone(this_test!("what_records_hold_is_never_said_when_the_trouble_is_our_own"), || {
        let folder = TempDir::new();
        let file = folder.file("not-a-folder", "");
        let path = file.join("x.ndjson");
        let keys =
            [("route.default", "file"), ("file.path", path.to_str().unwrap()), ("flush_timeout", "2s")];
        let chunk = chunk().raw(&[0xc1]);
        assert_eq!(Router::with(&keys).bring(&chunk), Verdict::Retry);
        let cloud = Cloud::start();
        let keys = [("cloudwatch.log_stream", "$(nosuchfield)"), ("route.dead_letter", "cloudwatch")];
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::aws(400, "InvalidParameterException"));
        Router::to(&cloud, &keys).bring(&chunk);
    });
    assert!(
        said.contains("malformed") && said.contains("cannot write") && said.contains("nosuchfield"),
        "{said}"
    );
    assert!(!said.contains(CONTENT), "{said}");
}
