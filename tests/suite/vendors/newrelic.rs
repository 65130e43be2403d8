//! New Relic: messages with attributes, 255 of them, and nothing but 202 is an acceptance.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault, NewRelicLog};
use serde_json::{Map, Value, json};

use super::intake::{Intake, PASSING, SECRET, Secret, hello};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms, stop};

pub(super) const INTAKE: Intake = Intake {
    kind: "newrelic",
    api: Api::NewRelicLogs,
    keys: &[
        ("newrelic.endpoint", "{endpoint}"),
        ("newrelic.license_key", SECRET),
        ("newrelic.timeout", "60s"),
    ],
    brought: |request| {
        let logs = request.json();
        let logs = logs[0]["logs"].as_array().into_iter().flatten();
        logs.map(|log| log["message"].as_str().unwrap_or_default().to_owned()).collect()
    },
    arrived: |cloud| cloud.newrelic().messages(),
    refusal: || Fault::reply(400),
    secret: Some(Secret {
        key: "newrelic.license_key",
        accept_only_another: |cloud| cloud.newrelic().accept_only("another"),
    }),
    knows_repeats: false,
    status_decides: true,
    retried: PASSING,
    room: 1,
    cuts: true,
};

fn logs_of(cloud: &Cloud, keys: &[(&str, &str)], records: &[Value]) -> Vec<NewRelicLog> {
    let router = INTAKE.router(cloud, keys);
    assert_eq!(router.bring(&Chunk::now(records)), Verdict::Ok);
    cloud.assert_no_complaints();
    router.assert_adds_up("newrelic");
    cloud.newrelic().logs()
}

#[test]
fn stops_errors_and_lines_arrive_as_messages_with_attributes() {
    let cloud = Cloud::start();
    let records = [stop(), line("web", "stderr", "it broke"), line("web", "stdout", "GET /")];
    let before = now_ms();
    let logs = logs_of(&cloud, &[], &records);
    let attribute = |name: &str| -> Vec<&Value> { logs.iter().map(|log| &log.attributes[name]).collect() };
    assert_eq!(attribute("route_class"), ["stop", "stderr", "stdout"]);
    assert_eq!(attribute("plugin.type"), ["fluent-bit-ecs-router"; 3]);
    assert_eq!(attribute("plugin.version"), [env!("CARGO_PKG_VERSION"); 3]);
    assert!(logs[0].message.contains("exit 137"), "{}", logs[0].message);
    let stop = &logs[0].attributes;
    assert_eq!((&stop["severity"], &stop["exit_code"]), (&json!("error"), &json!(137)));
    assert!(stop["hint"].is_string() && stop["event"].is_string() && !stop.contains_key("summary"));
    assert_eq!((logs[1].message.as_str(), logs[2].message.as_str()), ("it broke", "GET /"));
    let error = &logs[1].attributes;
    assert_eq!((&error["container_name"], &error["ecs_cluster"]), (&json!("/web"), &json!("prod")));
    assert!(!error.contains_key("log"));
    let times = logs.iter().map(|log| log.timestamp.as_ref().and_then(Value::as_i64).unwrap());
    assert!(times.into_iter().all(|time| (before..before + 60_000).contains(&time)), "milliseconds");
}

#[test]
fn attributes_beyond_255_arrive_as_one() {
    let cloud = Cloud::start();
    let fields: Map<String, Value> =
        (0..400).map(|number| (format!("f{number:03}"), json!(number))).collect();
    let mut record = fields.clone();
    record.insert("log".into(), json!("many"));
    let attributes = logs_of(&cloud, &[], &[record.into()]).remove(0).attributes;
    let others: Map<String, Value> =
        serde_json::from_str(attributes["other_attributes"].as_str().unwrap()).unwrap();
    assert!(attributes.len() <= 255, "{}", attributes.len());
    let found = |name: &String| attributes.get(name).or(others.get(name)).cloned();
    assert!(fields.iter().all(|(name, value)| found(name).as_ref() == Some(value)), "none is lost");
}

#[test]
fn names_that_are_new_relics_own_and_lists_are_made_fit() {
    let cloud = Cloud::start();
    let record = json!({
        "log": "x", "accountId": 7, "entity.guid": "g", "eventType": "e", "list": [1, 2], "n".repeat(300): 1,
    });
    let attributes = logs_of(&cloud, &[], &[record]).remove(0).attributes;
    assert_eq!(
        (&attributes["record_accountId"], &attributes["record_entity.guid"]),
        (&json!(7), &json!("g"))
    );
    assert_eq!(attributes["list"], "[1,2]");
}

#[test]
fn both_names_of_the_key_bring_it_in_the_header() {
    for key in ["newrelic.license_key", "newrelic.api_key"] {
        let cloud = Cloud::start();
        cloud.newrelic().accept_only("the key");
        let endpoint = cloud.endpoint();
        let keys = [("route.default", "newrelic"), ("newrelic.endpoint", &endpoint), (key, "the key")];
        let router = crate::router::Router::with(&keys);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{key}");
        assert_eq!(cloud.newrelic().messages(), ["hello"]);
        cloud.assert_no_complaints();
    }
}

#[test]
fn nothing_but_202_is_an_acceptance() {
    for status in [200, 201, 204, 302] {
        let cloud = Cloud::start();
        cloud.script(Api::NewRelicLogs, [Fault::reply(status).header("location", "/log/v1")]);
        let router = INTAKE.router(&cloud, &[]);
        let chunk = hello();
        assert_eq!((router.bring(&chunk), cloud.newrelic().logs().len()), (Verdict::Retry, 0), "{status}");
        assert_eq!(router.bring(&chunk), Verdict::Ok, "{status}");
        INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
    }
}

#[test]
fn requests_are_compressed_unless_they_should_not_be() {
    for (compress, encoding) in [("gzip", Some("gzip")), ("off", None)] {
        let cloud = Cloud::start();
        let records = vec![line("web", "stdout", "the same again"); 100];
        assert_eq!(logs_of(&cloud, &[("newrelic.compress", compress)], &records).len(), 100);
        let request = &cloud.requests_for(Api::NewRelicLogs)[0];
        assert_eq!(request.header("content-encoding"), encoding);
    }
}
