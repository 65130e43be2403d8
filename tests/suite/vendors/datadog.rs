//! Datadog: status from the class, tags from what is known.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, DatadogLog, Fault};
use serde_json::{Value, json};

use super::intake::{Intake, PASSING, SECRET, Secret, chunk_of, hello, names};
use test_support::chunk::Chunk;
use test_support::record::{event, line, now_ms, stop};

pub(super) const INTAKE: Intake = Intake {
    kind: "datadog",
    api: Api::DatadogLogs,
    keys: &[("datadog.endpoint", "{endpoint}"), ("datadog.api_key", SECRET), ("datadog.timeout", "60s")],
    brought: |request| {
        let logs = request.json();
        let logs = logs.as_array().into_iter().flatten();
        logs.map(|log| log["message"].as_str().unwrap_or_default().to_owned()).collect()
    },
    arrived: |cloud| cloud.datadog().messages(),
    refusal: || Fault::reply(400),
    secret: Some(Secret {
        key: "datadog.api_key",
        accept_only_another: |cloud| cloud.datadog().accept_only("another"),
    }),
    knows_repeats: false,
    status_decides: true,
    retried: PASSING,
    room: 1,
    cuts: true,
};

fn logs_of(keys: &[(&str, &str)], records: &[Value]) -> Vec<DatadogLog> {
    let cloud = Cloud::start();
    let router = INTAKE.router(&cloud, keys);
    assert_eq!(router.bring(&Chunk::now(records)), Verdict::Ok);
    cloud.assert_no_complaints();
    router.assert_adds_up("datadog");
    cloud.datadog().logs()
}

#[test]
fn stops_errors_and_lines_arrive_with_status_service_and_tags() {
    let before = now_ms();
    let records = [stop(), line("web", "stderr", "it broke"), line("web", "stdout", "GET /")];
    let logs = logs_of(&[], &records);
    assert!(logs[0].message.contains("exit 137"), "{}", logs[0].message);
    assert_eq!((logs[1].message.as_str(), logs[2].message.as_str()), ("it broke", "GET /"));
    let statuses: Vec<&Value> = logs.iter().map(|log| &log.attributes["status"]).collect();
    assert_eq!(statuses, ["error", "error", "info"]);
    assert!(logs.iter().all(|log| log.ddsource == "ecs" && log.hostname.is_empty()));
    assert_eq!((logs[1].service.as_str(), logs[2].service.as_str()), ("web", "web"));
    assert_eq!(
        (&logs[0].attributes["category"], &logs[0].attributes["exit_code"]),
        (&json!("app_signal"), &json!(137))
    );
    assert_eq!(
        (&logs[1].attributes["ecs_cluster"], &logs[1].attributes["source"]),
        (&json!("prod"), &json!("stderr"))
    );
    let time = logs[1].attributes["timestamp"].as_i64().unwrap();
    assert!((before..before + 60_000).contains(&time), "milliseconds");
}

#[test]
fn the_status_of_a_stop_is_its_severity() {
    let events = ["essential-exit-137", "spot-interruption", "scale-in", "deployment-failed"].map(event);
    let statuses: Vec<Value> =
        logs_of(&[], &events).into_iter().map(|log| log.attributes["status"].clone()).collect();
    assert_eq!(statuses, ["error", "warning", "info", "error"]);
}

#[test]
fn tags_say_what_is_known_and_nothing_else() {
    let logs = logs_of(&[], &[line("web", "stderr", "x"), json!({"log": "no container at all"})]);
    assert_eq!(
        logs[0].ddtags,
        "class:stderr,ecs_cluster:prod,ecs_task_family:web,ecs_task_id:7378aadeebae5d55dee04916c8a42528,container_name:web"
    );
    assert_eq!(logs[1].ddtags, "class:other");
    let stop = &logs_of(&[], &[stop()])[0].ddtags;
    for tag in ["class:stop", "ecs_cluster:prod", "ecs_service:web", "image_tag:"] {
        assert!(stop.contains(tag), "{tag} is not in {stop}");
    }
}

#[test]
fn names_are_the_users_when_there_are_any() {
    let keys = [
        ("datadog.service", "$(ecs_task_family)-svc"),
        ("datadog.source", "nginx"),
        ("datadog.hostname", "$(ecs_task_id)"),
        ("datadog.tags", "env:prod,team:$(team:-none)"),
    ];
    let log = logs_of(&keys, &[line("web", "stdout", "x")]).remove(0);
    assert_eq!((log.service.as_str(), log.ddsource.as_str()), ("web-svc", "nginx"));
    assert_eq!(log.hostname, "7378aadeebae5d55dee04916c8a42528");
    assert!(log.ddtags.starts_with("env:prod,team:none,class:stdout,"), "{}", log.ddtags);
}

#[test]
fn fields_of_names_that_mean_something_there_are_renamed() {
    let record = json!({
        "log": "x", "status": "200", "service": "s", "ddtags": "a:b", "hostname": "h", "timestamp": 1,
    });
    let log = logs_of(&[("datadog.service", "mine")], &[record]).remove(0);
    assert_eq!((log.service.as_str(), log.hostname.as_str()), ("mine", ""));
    for (name, value) in [("status", json!("200")), ("service", json!("s")), ("timestamp", json!(1))] {
        assert_eq!(log.attributes[&format!("record_{name}")], value);
    }
    assert_eq!(log.attributes["status"], "info");
}

#[test]
fn a_page_or_another_success_is_no_acceptance() {
    for status in [200, 204, 302] {
        let cloud = Cloud::start();
        cloud.script(Api::DatadogLogs, [Fault::reply(status).body("<html>hello</html>")]);
        let router = INTAKE.router(&cloud, &[]);
        let chunk = hello();
        assert_eq!(router.bring(&chunk), Verdict::Retry, "{status}");
        assert_eq!(router.bring(&chunk), Verdict::Ok, "{status}");
        INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
    }
}

#[test]
fn requests_are_compressed_as_asked_for() {
    for (written, encoding) in
        [("", Some("gzip")), ("gzip", Some("gzip")), ("zstd", Some("zstd")), ("off", None)]
    {
        let cloud = Cloud::start();
        let router = INTAKE.router(&cloud, &[("datadog.compress", written)]);
        assert_eq!(router.bring(&chunk_of(&names(100))), Verdict::Ok, "{written}");
        let request = &cloud.requests_for(Api::DatadogLogs)[0];
        assert_eq!(request.header("content-encoding"), encoding, "{written}");
        assert_eq!(request.wire_len * 5 < request.body.len(), encoding.is_some(), "{written}");
        INTAKE.assert_arrived(&cloud, &router, &names(100));
    }
}

#[test]
fn a_thousand_logs_fill_a_request() {
    let cloud = Cloud::start();
    let router = INTAKE.router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(1_001))), Verdict::Ok);
    let mut counts: Vec<usize> =
        cloud.requests_for(Api::DatadogLogs).iter().map(|request| (INTAKE.brought)(request).len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1_000]);
}
