//! A log record together with what it belongs to, as a flat value for tests.
//!
//! Owns the way from protobuf's values to JSON's.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use super::proto::{Any, AnyValue, ExportLogsServiceRequest, KeyValue, LogRecord};

/// A log record with its resource and scope.
#[derive(Debug, Clone, PartialEq)]
pub struct OtlpLog {
    /// `time_unix_nano`; 0 if unknown.
    pub time_unix_nano: u64,
    /// `observed_time_unix_nano`; 0 if unknown.
    pub observed_time_unix_nano: u64,
    /// `severity_number`, 0 to 24.
    pub severity_number: i32,
    /// `severity_text`.
    pub severity_text: String,
    /// `body`; bytes as base64, `Null` if absent.
    pub body: Value,
    /// The record's attributes.
    pub attributes: Map<String, Value>,
    /// The resource's attributes.
    pub resource: Map<String, Value>,
    /// Name of the instrumentation scope.
    pub scope: String,
    /// `trace_id` in lower-case hex; empty if absent.
    pub trace_id: String,
    /// `span_id` in lower-case hex; empty if absent.
    pub span_id: String,
}

/// All records of a request.
pub(super) fn logs(request: ExportLogsServiceRequest) -> Vec<OtlpLog> {
    let mut logs = Vec::new();
    for of_resource in request.resource_logs {
        let resource = of_resource.resource.map(|resource| map(resource.attributes)).unwrap_or_default();
        for of_scope in of_resource.scope_logs {
            let scope = of_scope.scope.map(|scope| scope.name).unwrap_or_default();
            logs.extend(of_scope.log_records.into_iter().map(|record| log(record, &resource, &scope)));
        }
    }
    logs
}

fn log(record: LogRecord, resource: &Map<String, Value>, scope: &str) -> OtlpLog {
    OtlpLog {
        time_unix_nano: record.time_unix_nano,
        observed_time_unix_nano: record.observed_time_unix_nano,
        severity_number: record.severity_number,
        severity_text: record.severity_text,
        body: json(record.body),
        attributes: map(record.attributes),
        resource: resource.clone(),
        scope: scope.to_owned(),
        trace_id: hex(&record.trace_id),
        span_id: hex(&record.span_id),
    }
}

fn map(attributes: Vec<KeyValue>) -> Map<String, Value> {
    attributes.into_iter().map(|KeyValue { key, value }| (key, json(value))).collect()
}

fn json(value: Option<AnyValue>) -> Value {
    match value.and_then(|value| value.value) {
        None => Value::Null,
        Some(Any::Text(text)) => text.into(),
        Some(Any::Bool(bool)) => bool.into(),
        Some(Any::Int(int)) => int.into(),
        Some(Any::Double(double)) => double.into(),
        Some(Any::Array(array)) => array.values.into_iter().map(|value| json(Some(value))).collect(),
        Some(Any::Map(list)) => map(list.values).into(),
        Some(Any::Bytes(bytes)) => BASE64_STANDARD.encode(bytes).into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a strict receiver would not take; lengths are of hex.
pub(super) fn fault(log: &OtlpLog) -> Option<String> {
    match log {
        OtlpLog { severity_number, .. } if !(0..=24).contains(severity_number) => {
            Some(format!("severity_number is {severity_number}"))
        }
        OtlpLog { trace_id, .. } if ![0, 32].contains(&trace_id.len()) => {
            Some(format!("trace_id is `{trace_id}`"))
        }
        OtlpLog { span_id, .. } if ![0, 16].contains(&span_id.len()) => {
            Some(format!("span_id is `{span_id}`"))
        }
        _ => None,
    }
}
