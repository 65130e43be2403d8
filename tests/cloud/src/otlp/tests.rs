//! OTLP over the wire, in both encodings.

use serde_json::{Value, json};

use super::*;
use crate::{
    Api, Cloud, Fault,
    testing::{Answer, Call},
};

/// One record, put together by hand from the field numbers of the `.proto` files.
fn protobuf() -> Vec<u8> {
    let field = |tag: u8, bytes: &[u8]| [&[tag << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let text = |text: &str| field(1, text.as_bytes());
    let key_value = |key: &str, value: &str| [field(1, key.as_bytes()), field(2, &text(value))].concat();
    let record = [
        &[1 << 3 | 1][..],
        &7_u64.to_le_bytes(),
        &[2 << 3, 17],
        &field(3, b"ERROR"),
        &field(5, &text("hello")),
        &field(6, &key_value("class", "stderr")),
        &field(9, &[0xab; 16]),
        &field(10, &[0xcd; 8]),
        &[11 << 3 | 1],
        &8_u64.to_le_bytes(),
    ]
    .concat();
    let scope_logs = [field(1, &text("router")), field(2, &record)].concat();
    let resource = field(1, &key_value("service.name", "web"));
    field(1, &[field(1, &resource), field(2, &scope_logs)].concat())
}

fn json_body() -> Value {
    json!({"resourceLogs": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "web"}}]},
        "scopeLogs": [{"scope": {"name": "router"}, "logRecords": [{
            "timeUnixNano": "7", "observedTimeUnixNano": "8", "severityNumber": 17, "severityText": "ERROR",
            "body": {"stringValue": "hello"},
            "attributes": [{"key": "class", "value": {"stringValue": "stderr"}}],
            "traceId": "ab".repeat(16), "spanId": "cd".repeat(8),
        }]}],
    }]})
}

fn post(cloud: &Cloud, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    Call::new("POST", "/v1/logs").header("content-type", content_type).body(body).send(cloud).unwrap()
}

fn post_json(cloud: &Cloud, body: &Value) -> Answer {
    post(cloud, "application/json", body.to_string())
}

#[test]
fn both_encodings_say_the_same() {
    let cloud = Cloud::start();
    assert_eq!(post(&cloud, PROTOBUF, protobuf()).status, 200);
    assert_eq!(post_json(&cloud, &json_body()).json(), json!({}));
    let logs = cloud.otlp().logs();
    assert_eq!(logs[0], logs[1]);
    let OtlpLog { time_unix_nano, observed_time_unix_nano, severity_number, body, .. } = &logs[0];
    assert_eq!(
        (*time_unix_nano, *observed_time_unix_nano, *severity_number, body),
        (7, 8, 17, &json!("hello"))
    );
    assert_eq!(
        (&logs[0].attributes["class"], &logs[0].resource["service.name"]),
        (&json!("stderr"), &json!("web"))
    );
    assert_eq!((logs[0].trace_id.len(), logs[0].span_id.as_str()), (32, "cdcdcdcdcdcdcdcd"));
    cloud.assert_no_complaints();
}

#[test]
fn values_of_every_kind_are_read() {
    let values = json!({"kvlistValue": {"values": [
        {"key": "int", "value": {"intValue": "-5"}}, {"key": "double", "value": {"doubleValue": 1.5}},
        {"key": "bool", "value": {"boolValue": true}}, {"key": "bytes", "value": {"bytesValue": "AQI="}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "x"}, {}]}}},
    ]}});
    let cloud = Cloud::start();
    post_json(&cloud, &json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": values}]}]}]}));
    let expected = json!({"int": -5, "double": 1.5, "bool": true, "bytes": "AQI=", "list": ["x", null]});
    assert_eq!(cloud.otlp().logs()[0].body, expected);
}

#[test]
fn partial_success_is_scripted() {
    let cloud = Cloud::start();
    cloud.script(Api::OtlpLogs, [Fault::partial_success(1, "too old"), Fault::partial_success(1, "too old")]);
    let reply = post_json(&cloud, &json_body()).json();
    assert_eq!(reply["partialSuccess"], json!({"rejectedLogRecords": "1", "errorMessage": "too old"}));
    let reply = post(&cloud, PROTOBUF, protobuf());
    let reply = ExportLogsServiceResponse::decode(reply.body.as_slice()).unwrap().partial_success.unwrap();
    assert_eq!((reply.rejected_log_records, reply.error_message.as_str()), (1, "too old"));
    assert!(cloud.otlp().logs().is_empty());
}

#[test]
fn broken_requests_get_a_status_message() {
    let cloud = Cloud::start();
    let named = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": "SEVERITY_NUMBER_INFO"}]}]}]});
    assert_eq!(post_json(&cloud, &named).json()["code"], 3);
    let reply = post(&cloud, PROTOBUF, "no protobuf");
    assert_eq!((reply.status, Status::decode(reply.body.as_slice()).unwrap().code), (400, 3));
    assert_eq!(post(&cloud, "text/plain", "").status, 415);
    assert_eq!(cloud.take_complaints().len(), 3);
    let stranger = json!({"resourceLogs": [], "resource_logs": []});
    assert_eq!(post_json(&cloud, &stranger).status, 200);
    assert!(cloud.complaints()[0].contains("`resource_logs`"));
}
