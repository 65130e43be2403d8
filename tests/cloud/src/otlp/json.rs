//! The JSON form of OTLP: lowerCamelCase names, hex ids, integers for enums, strings for 64-bit numbers.
//!
//! Unknown fields are ignored, as the specification demands, but reported to the caller.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

use super::proto::{
    Any, AnyValue, ArrayValue, ExportLogsServiceRequest, KeyValue, KeyValueList, LogRecord, Resource,
    ResourceLogs, Scope, ScopeLogs,
};

type Result<T> = std::result::Result<T, String>;

/// Reads a request; also returns the names of fields nobody knows.
pub(super) fn read(body: &[u8]) -> Result<(ExportLogsServiceRequest, Vec<String>)> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut reader = Reader { strangers: Vec::new() };
    let fields = reader.object(&body, &["resourceLogs"])?;
    let resource_logs = reader.list(fields, "resourceLogs", Reader::resource_logs)?;
    Ok((ExportLogsServiceRequest { resource_logs }, reader.strangers))
}

struct Reader {
    strangers: Vec<String>,
}

impl Reader {
    fn object<'a>(&mut self, value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>> {
        let fields = value.as_object().ok_or_else(|| format!("not an object: {value}"))?;
        let strangers = fields.keys().filter(|name| !known.contains(&name.as_str()));
        self.strangers.extend(strangers.map(|name| format!("`{name}` beside {known:?}")));
        Ok(fields)
    }

    fn list<T>(
        &mut self,
        fields: &Map<String, Value>,
        name: &str,
        element: fn(&mut Self, &Value) -> Result<T>,
    ) -> Result<Vec<T>> {
        match fields.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(elements)) => elements.iter().map(|value| element(self, value)).collect(),
            Some(other) => Err(format!("{name} is not a list: {other}")),
        }
    }

    fn resource_logs(&mut self, value: &Value) -> Result<ResourceLogs> {
        let fields = self.object(value, &["resource", "scopeLogs", "schemaUrl"])?;
        let resource = fields.get("resource").map(|value| self.resource(value)).transpose()?;
        Ok(ResourceLogs { resource, scope_logs: self.list(fields, "scopeLogs", Self::scope_logs)? })
    }

    fn resource(&mut self, value: &Value) -> Result<Resource> {
        let fields = self.object(value, &["attributes", "droppedAttributesCount", "entityRefs"])?;
        Ok(Resource { attributes: self.list(fields, "attributes", Self::key_value)? })
    }

    fn scope_logs(&mut self, value: &Value) -> Result<ScopeLogs> {
        let fields = self.object(value, &["scope", "logRecords", "schemaUrl"])?;
        let scope = fields.get("scope").map(|value| self.scope(value)).transpose()?;
        Ok(ScopeLogs { scope, log_records: self.list(fields, "logRecords", Self::log_record)? })
    }

    fn scope(&mut self, value: &Value) -> Result<Scope> {
        let fields = self.object(value, &["name", "version", "attributes", "droppedAttributesCount"])?;
        Ok(Scope { name: text(fields, "name")?, version: text(fields, "version")? })
    }

    fn log_record(&mut self, value: &Value) -> Result<LogRecord> {
        const KNOWN: [&str; 11] = [
            "timeUnixNano",
            "observedTimeUnixNano",
            "severityNumber",
            "severityText",
            "body",
            "attributes",
            "droppedAttributesCount",
            "flags",
            "traceId",
            "spanId",
            "eventName",
        ];
        let fields = self.object(value, &KNOWN)?;
        Ok(LogRecord {
            time_unix_nano: number(fields, "timeUnixNano")?,
            observed_time_unix_nano: number(fields, "observedTimeUnixNano")?,
            severity_number: severity(fields)?,
            severity_text: text(fields, "severityText")?,
            body: fields.get("body").map(|body| self.any_value(body)).transpose()?,
            attributes: self.list(fields, "attributes", Self::key_value)?,
            trace_id: hex(fields, "traceId")?,
            span_id: hex(fields, "spanId")?,
        })
    }

    fn key_value(&mut self, value: &Value) -> Result<KeyValue> {
        let fields = self.object(value, &["key", "value"])?;
        let value = fields.get("value").map(|value| self.any_value(value)).transpose()?;
        Ok(KeyValue { key: text(fields, "key")?, value })
    }

    fn any_value(&mut self, value: &Value) -> Result<AnyValue> {
        let fields = value.as_object().ok_or_else(|| format!("not an AnyValue: {value}"))?;
        match fields.iter().next() {
            None => Ok(AnyValue { value: None }),
            Some((kind, value)) if fields.len() == 1 => Ok(AnyValue { value: Some(self.any(kind, value)?) }),
            Some(_) => Err(format!("an AnyValue has one field: {value}")),
        }
    }

    fn any(&mut self, kind: &str, value: &Value) -> Result<Any> {
        let wrong = || format!("{kind} cannot be {value}");
        match kind {
            "stringValue" => value.as_str().map(|text| Any::Text(text.to_owned())).ok_or_else(wrong),
            "boolValue" => value.as_bool().map(Any::Bool).ok_or_else(wrong),
            "intValue" => integer(value).map(Any::Int).ok_or_else(wrong),
            "doubleValue" => double(value).map(Any::Double).ok_or_else(wrong),
            "bytesValue" => {
                let bytes = value.as_str().and_then(|text| BASE64_STANDARD.decode(text).ok());
                bytes.map(Any::Bytes).ok_or_else(wrong)
            }
            "arrayValue" => {
                let fields = self.object(value, &["values"])?;
                Ok(Any::Array(ArrayValue { values: self.list(fields, "values", Self::any_value)? }))
            }
            "kvlistValue" => {
                let fields = self.object(value, &["values"])?;
                Ok(Any::Map(KeyValueList { values: self.list(fields, "values", Self::key_value)? }))
            }
            _ => Err(format!("`{kind}` is not a kind of AnyValue")),
        }
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Result<String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(value) => {
            value.as_str().map(str::to_owned).ok_or_else(|| format!("{name} is not a string: {value}"))
        }
    }
}

/// A 64-bit number: a string, or a number if a sender is careless.
fn number(fields: &Map<String, Value>, name: &str) -> Result<u64> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(value) => {
            let number = value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok());
            number.ok_or_else(|| format!("{name} is not a 64-bit number: {value}"))
        }
    }
}

/// A number, or one of protobuf's words for what is none in JSON.
fn double(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => value.as_f64(),
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok())
}

fn severity(fields: &Map<String, Value>) -> Result<i32> {
    match fields.get("severityNumber") {
        None | Some(Value::Null) => Ok(0),
        Some(value) => {
            let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
            number.ok_or_else(|| format!("severityNumber is not an integer: {value}"))
        }
    }
}

fn hex(fields: &Map<String, Value>, name: &str) -> Result<Vec<u8>> {
    let text = text(fields, name)?;
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits =
        digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(|| format!("{name} is not hex: {text}"))?;
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).map_err(|error| error.to_string()))
        .collect()
}
