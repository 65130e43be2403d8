//! `level auto`: errors are errors wherever they are written.

use ecs_router::Verdict;
use fake_cloud::Cloud;
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{line, stop};

/// Standard error has a group of its own, as it was before there were levels.
fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.stderr", "errors"),
        ("errors.type", "cloudwatch"),
        ("errors.region", "us-east-1"),
        ("errors.endpoint", &*endpoint),
        ("errors.log_group", "/errors"),
        ("errors.log_stream", "$(level:-none)"),
        ("errors.log_key", "log"),
        ("errors.auto_create_group", "on"),
    ];
    Router::to(cloud, &[&keys, more].concat())
}

fn lines() -> [Value; 5] {
    [
        line("web", "stdout", r#"{"level":"error","msg":"payment failed"}"#),
        line("web", "stderr", "INFO started"),
        line("web", "stdout", "[warn] slow"),
        line("web", "stderr", "goroutine 1 [running]:"),
        line("web", "stdout", "hello"),
    ]
}

#[test]
fn errors_on_standard_output_go_where_errors_go_and_what_informs_does_not() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("level", "auto")]);
    assert_eq!(router.bring(&Chunk::now(&lines())), Verdict::Ok);
    let stored = cloud.cloudwatch();
    let errors = [r#"{"level":"error","msg":"payment failed"}"#, "goroutine 1 [running]:"];
    assert_eq!(stored.messages("/errors", "error"), errors);
    assert_eq!(stored.messages(GROUP, "web"), ["INFO started", "[warn] slow", "hello"]);
    cloud.assert_no_complaints();
}

#[test]
fn without_the_key_nothing_is_different() {
    for more in [&[][..], &[("level", "off")]] {
        let cloud = Cloud::start();
        let router = router(&cloud, more);
        assert_eq!(router.bring(&Chunk::now(&lines())), Verdict::Ok);
        let stored = cloud.cloudwatch();
        assert_eq!(stored.messages("/errors", "none"), ["INFO started", "goroutine 1 [running]:"]);
        assert_eq!(stored.messages(GROUP, "web").len(), 3);
    }
}

#[test]
fn errors_and_warnings_can_have_routes_of_their_own() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let keys = [
        ("level", "auto"),
        ("level.field", "prio"),
        ("route.error", "graves, cloudwatch"),
        ("route.warn", "graves"),
        ("graves.type", "cloudwatch"),
        ("graves.region", "us-east-1"),
        ("graves.endpoint", &*endpoint),
        ("graves.log_group", "/graves"),
        ("graves.log_stream", "$(class)-$(level)"),
        ("graves.log_key", "log"),
        ("graves.auto_create_group", "on"),
    ];
    let router = router(&cloud, &keys);
    let mut named = line("web", "stdout", "out of disk");
    named["prio"] = json!("critical");
    let records: Vec<Value> = lines().into_iter().chain([named]).collect();
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    let stored = cloud.cloudwatch();
    assert_eq!(stored.messages("/graves", "warn-warn"), ["[warn] slow"]);
    assert_eq!(stored.messages("/graves", "error-error"), [r#"{"level":"error","msg":"payment failed"}"#]);
    assert_eq!(stored.messages("/graves", "error-fatal"), ["out of disk"]);
    assert_eq!(stored.messages("/errors", "error"), ["goroutine 1 [running]:"]);
    assert_eq!(stored.messages(GROUP, "web").len(), 4, "two errors among them");
}

#[test]
fn a_class_of_ones_own_may_be_called_error_without_levels() {
    let cloud = Cloud::start();
    let keys = [("classes", "error"), ("class.error.match", "log ERROR"), ("route.error", "errors")];
    let router = router(&cloud, &keys);
    let records = [line("web", "stdout", "ERROR boom"), line("web", "stdout", "fine")];
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages("/errors", "none"), ["ERROR boom"]);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["fine"]);
}

/// The last lines in a report of the container's end.
fn last_lines(more: &[(&str, &str)]) -> Value {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, more);
    let mut event = stop();
    let containers = event["detail"]["containers"].as_array_mut().expect("containers");
    let app = containers.iter_mut().find(|one| one["name"] == "app").expect("the application");
    let id = line("app", "stdout", "")["container_id"].clone();
    app["runtimeId"] = id;
    let lines = [
        line("app", "stdout", "hello"),
        line("app", "stderr", "INFO started"),
        line("app", "stdout", "ERROR out of luck"),
        line("app", "stdout", "WARN bye"),
    ];
    assert_eq!(router.bring(&Chunk::now(&lines)), Verdict::Ok);
    assert_eq!(router.bring(&Chunk::now([&event])), Verdict::Ok);
    let messages = cloud.cloudwatch().all_messages();
    let report: Value = serde_json::from_str(messages.last().expect("a report")).expect("JSON");
    report["last_lines"].clone()
}

#[test]
fn a_report_of_a_stop_shows_errors_on_standard_output() {
    let keys = [("cloudwatch.log_stream", "all")];
    assert_eq!(last_lines(&keys), json!(["INFO started"]));
    let auto = [&keys[..], &[("level", "auto")]].concat();
    assert_eq!(last_lines(&auto), json!(["INFO started", "ERROR out of luck"]));
}

/// Datadog's status, New Relic's attribute and OTLP's severity of each of these records.
fn told(level: &str, records: &[Value]) -> Vec<(Value, Value, i32)> {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let router = Router::with(&[
        ("level", level),
        ("route.default", "datadog, newrelic, otlp"),
        ("datadog.endpoint", &*endpoint),
        ("datadog.api_key", "k"),
        ("newrelic.endpoint", &*endpoint),
        ("newrelic.license_key", "k"),
        ("otlp.endpoint", &*endpoint),
    ]);
    assert_eq!(router.bring(&Chunk::now(records)), Verdict::Ok);
    cloud.assert_no_complaints();
    let attribute =
        |name: &str, of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
    let statuses = cloud.datadog().logs().into_iter().map(|log| attribute("status", &log.attributes));
    let levels = cloud.newrelic().logs().into_iter().map(|log| attribute("level", &log.attributes));
    let severities = cloud.otlp().logs().into_iter().map(|log| log.severity_number);
    statuses
        .zip(levels)
        .zip(severities)
        .map(|((status, level), severity)| (status, level, severity))
        .collect()
}

#[test]
fn vendors_are_told_the_level_in_their_own_words() {
    let cases = [
        ("TRACE x", "debug", "trace", 1),
        ("DEBUG x", "debug", "debug", 5),
        ("INFO x", "info", "info", 9),
        ("WARN x", "warning", "warn", 13),
        ("ERROR x", "error", "error", 17),
        ("FATAL x", "critical", "fatal", 21),
    ];
    let records = cases.map(|(log, ..)| line("web", "stdout", log));
    let expected = cases.map(|(_, status, level, severity)| (json!(status), json!(level), severity));
    assert_eq!(told("auto", &records), expected);
    let of_stream = [(json!("info"), json!("info"), 9)];
    assert_eq!(told("stream", &records[5..]), of_stream);
    assert_eq!(told("off", &records[5..]), [(json!("info"), Value::Null, 9)]);
    let stop_of = |level| told(level, &[stop()]).remove(0);
    assert_eq!(stop_of("auto"), (json!("error"), json!("error"), 17));
    assert_eq!(stop_of("off"), (json!("error"), Value::Null, 17));
}

#[test]
fn new_relic_keeps_the_level_that_the_record_had() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let router = Router::with(&[
        ("level", "auto"),
        ("route.default", "newrelic"),
        ("newrelic.endpoint", &*endpoint),
        ("newrelic.license_key", "k"),
    ]);
    let mut record = line("web", "stdout", "x");
    record["level"] = json!("SEVERE");
    assert_eq!(router.bring(&Chunk::now(&[record])), Verdict::Ok);
    let attributes = cloud.newrelic().logs().remove(0).attributes;
    assert_eq!((&attributes["level"], &attributes["record_level"]), (&json!("error"), &json!("SEVERE")));
    assert_eq!(attributes["route_class"], "error");
    cloud.assert_no_complaints();
}
