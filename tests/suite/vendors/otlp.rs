//! OTLP from chunk to receiver: both encodings, what is tried again and what is not.

use std::collections::BTreeMap;

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::intake::{Intake, chunk_of, names};

/// In JSON, so that what a request brought can be read here without the protocol's messages.
pub(super) const INTAKE: Intake = Intake {
    kind: "otlp",
    api: Api::OtlpLogs,
    keys: &[
        ("otlp.endpoint", "{endpoint}"),
        ("otlp.encoding", "json"),
        ("otlp.compress", "off"),
        ("otlp.log_key", "log"),
        ("otlp.timeout", "60s"),
    ],
    brought: |request| {
        let json = request.json();
        let resources = json["resourceLogs"].as_array().into_iter().flatten();
        let scopes = resources.flat_map(|logs| logs["scopeLogs"].as_array().into_iter().flatten());
        let records = scopes.flat_map(|logs| logs["logRecords"].as_array().into_iter().flatten());
        records.map(|record| record["body"]["stringValue"].as_str().unwrap_or_default().to_owned()).collect()
    },
    arrived: |cloud| cloud.otlp().messages(),
    // The only refusal that may be about a few of the records; every other one is of the whole request.
    refusal: || Fault::reply(413),
    secret: None,
    knows_repeats: false,
    status_decides: false,
    retried: &[429, 502, 503, 504],
    room: 5,
    cuts: false,
};

fn start(cloud: &Cloud, more: &[(&str, &str)]) -> Instance {
    let endpoint = cloud.endpoint();
    let keys = [("route.default", "otlp"), ("otlp.endpoint", &*endpoint)];
    let map: BTreeMap<String, String> =
        keys.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Instance::start(0, &map).unwrap()
}

/// As Fluent Bit does it: on a thread of its own.
fn flush(instance: &Instance, records: &[Value]) -> Verdict {
    let entry = |record: &Value| rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
    let chunk: Vec<u8> = records.iter().flat_map(entry).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| instance.flush(b"web-firelens-0123abcd", &chunk)).join().unwrap()
    })
}

fn lines(count: usize) -> Vec<Value> {
    let line = |number| {
        json!({"source": "stderr", "log": format!("line {number}"), "container_name": "/web",
            "ecs_task_definition": "shop:42",
            "ecs_task_arn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd"})
    };
    (0..count).map(line).collect()
}

fn messages(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("line {number}")).collect()
}

#[test]
fn lines_arrive_in_either_encoding() {
    for encoding in ["protobuf", "json"] {
        let cloud = Cloud::start();
        let instance = start(&cloud, &[("otlp.encoding", encoding), ("otlp.headers", "x-key=k")]);
        assert_eq!(flush(&instance, &lines(5)), Verdict::Ok);
        assert_eq!(cloud.otlp().messages(), messages(5));
        let log = &cloud.otlp().logs()[0];
        assert_eq!((log.severity_number, &log.resource["service.name"]), (17, &json!("shop")));
        assert_eq!(cloud.requests_for(Api::OtlpLogs)[0].header("x-key"), Some("k"));
        cloud.assert_no_complaints();
    }
}

#[test]
fn an_outage_is_waited_out_and_a_refusal_is_not() {
    let cloud = Cloud::start();
    cloud.script(
        Api::OtlpLogs,
        [Fault::reply(503), Fault::reply(429).retry_after(1), Fault::ok(), Fault::reply(500)],
    );
    let instance = start(&cloud, &[]);
    assert_eq!(flush(&instance, &lines(2)), Verdict::Ok);
    assert_eq!((cloud.otlp().messages(), cloud.attempts(Api::OtlpLogs)), (messages(2), 3));
    assert_eq!(flush(&instance, &lines(2)), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::OtlpLogs), 4, "the protocol does not have 500 tried again");
    let counters = &instance.metrics().snapshot()[0];
    assert_eq!((counters.delivered, counters.lost.as_slice()), (2, [(Reason::Refused, 2)].as_slice()));
}

#[test]
fn a_status_the_protocol_does_not_list_is_a_refusal_for_good_unless_a_key_is_wrong() {
    // What may be about one record is tried without the others: in halves, down to each.
    for (status, attempts) in
        [(400, 5), (422, 5), (408, 1), (409, 1), (418, 1), (500, 1), (501, 1), (505, 1), (507, 1)]
    {
        let cloud = Cloud::start();
        cloud.script_where(Api::OtlpLogs, |_| true, Fault::reply(status));
        let router = INTAKE.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&names(3))), Verdict::Ok, "{status}");
        assert_eq!(
            (cloud.attempts(Api::OtlpLogs), router.lost("otlp", Reason::Refused)),
            (attempts, 3),
            "{status}"
        );
        INTAKE.assert_arrived(&cloud, &router, &[]);
    }
    for status in [302, 401, 403, 404, 405, 410, 415] {
        let cloud = Cloud::start();
        cloud.script(Api::OtlpLogs, [Fault::reply(status)]);
        let router = INTAKE.router(&cloud, &[]);
        let chunk = chunk_of(&names(3));
        assert_eq!((router.bring(&chunk), cloud.attempts(Api::OtlpLogs)), (Verdict::Retry, 1), "{status}");
        assert_eq!(router.bring(&chunk), Verdict::Ok, "{status}");
        INTAKE.assert_arrived(&cloud, &router, &names(3));
    }
}

#[test]
fn rejected_records_are_counted_and_never_sent_again() {
    let cloud = Cloud::start();
    cloud.script(Api::OtlpLogs, [Fault::partial_success(2, "too old")]);
    let instance = start(&cloud, &[]);
    assert_eq!(flush(&instance, &lines(5)), Verdict::Ok);
    assert_eq!((cloud.otlp().messages(), cloud.attempts(Api::OtlpLogs)), (messages(3), 1));
    let counters = &instance.metrics().snapshot()[0];
    assert_eq!((counters.delivered, counters.lost.as_slice()), (3, [(Reason::Refused, 2)].as_slice()));
}

#[test]
fn a_request_that_is_too_large_goes_in_halves() {
    let cloud = Cloud::start();
    cloud.script(Api::OtlpLogs, [Fault::reply(413)]);
    let instance = start(&cloud, &[]);
    assert_eq!(flush(&instance, &lines(4)), Verdict::Ok);
    assert_eq!((cloud.otlp().messages(), cloud.attempts(Api::OtlpLogs)), (messages(4), 3));
}
