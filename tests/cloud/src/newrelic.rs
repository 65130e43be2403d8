//! New Relic's Log API: `POST /log/v1`, plain and detailed bodies.
//!
//! Limits: <https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/> (read 2026-11). What New
//! Relic accepts with 202 and reports later as an `NrIntegrationError` is a complaint here.

use serde_json::{Map, Value, json};

use crate::{
    core::Core,
    received::Received,
    reply::{REQUEST_ID, Refusal, Reply},
};

/// Of the body on the wire, and of the body before compression: the vendor's texts and tools differ.
const MAX_BYTES: usize = 1_000_000;
const MAX_ATTRIBUTES: usize = 255;
const MAX_NAME: usize = 255;
const RESERVED: [&str; 5] = ["accountId", "eventType", "entity.guid", "entity.name", "entity.type"];

/// A log as New Relic would index it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRelicLog {
    /// The `message`, as text.
    pub message: String,
    /// The `timestamp`, as sent: seconds or milliseconds since 1970.
    pub timestamp: Option<Value>,
    /// All other attributes, those common to the request included.
    pub attributes: Map<String, Value>,
}

/// What arrived, and which key is accepted.
#[derive(Debug, Default)]
pub(crate) struct Store {
    logs: Vec<NewRelicLog>,
    key: Option<String>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    check_key(core, request)?;
    check_size(request)?;
    check_type(request)?;
    match logs(&request.body) {
        Ok(logs) => {
            logs.iter().flat_map(faults).for_each(|fault| core.complain(format!("NewRelicLogs: {fault}")));
            core.newrelic.lock().logs.extend(logs);
        }
        Err(error) => core.complain(format!("NewRelicLogs: NrIntegrationError: {error}")),
    }
    Ok(Reply::json(202, &json!({ "requestId": REQUEST_ID })))
}

fn check_key(core: &Core, request: &Received) -> Result<(), Refusal> {
    let accepted = core.newrelic.lock().key.clone();
    let key = request.header("api-key").or(request.header("x-license-key"));
    match (key, accepted) {
        (None | Some(""), _) => Err(Refusal::broken("Forbidden", "Api-Key is missing").status(403)),
        (Some(key), Some(accepted)) if key != accepted => {
            Err(Refusal::state("Forbidden", "wrong key").status(403))
        }
        _ => Ok(()),
    }
}

fn check_size(request: &Received) -> Result<(), Refusal> {
    match request.wire_len.max(request.body.len()) {
        ..=MAX_BYTES => Ok(()),
        bytes => Err(Refusal::broken("PayloadTooLarge", format!("{bytes} bytes")).status(413)),
    }
}

fn check_type(request: &Received) -> Result<(), Refusal> {
    match request.header("content-type").map(|value| value.starts_with("application/json")) {
        Some(true) => Ok(()),
        _ => Err(Refusal::broken("UnsupportedMediaType", "Content-Type is not application/json").status(415)),
    }
}

/// The logs of a body: one object, a list of objects, or a list of `{common, logs}`.
fn logs(body: &[u8]) -> Result<Vec<NewRelicLog>, String> {
    match serde_json::from_slice(body).map_err(|error| error.to_string())? {
        Value::Array(entries) => {
            entries.iter().map(entry).collect::<Result<Vec<_>, _>>().map(|logs| logs.concat())
        }
        other => entry(&other),
    }
}

fn entry(entry: &Value) -> Result<Vec<NewRelicLog>, String> {
    let members = entry.as_object().ok_or("an entry is not an object")?;
    let Some(logs) = members.get("logs") else { return Ok(vec![log(members, &Map::new())?]) };
    let common = flat(members.get("common").and_then(Value::as_object).unwrap_or(&Map::new()))?;
    let logs = logs.as_array().ok_or("`logs` is not a list")?;
    logs.iter().map(|each| log(each.as_object().ok_or("a log is not an object")?, &common)).collect()
}

fn log(members: &Map<String, Value>, common: &Map<String, Value>) -> Result<NewRelicLog, String> {
    let mut attributes = common.clone();
    attributes.extend(flat(members)?);
    let timestamp = attributes.remove("timestamp");
    let message = match attributes.remove("message").or_else(|| attributes.remove("log")) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Ok(NewRelicLog { message, timestamp, attributes })
}

/// An object with its `attributes` beside its other members.
fn flat(members: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut flat = members.clone();
    match flat.remove("attributes") {
        None => {}
        Some(Value::Object(attributes)) => flat.extend(attributes),
        Some(_) => return Err("`attributes` is not an object".to_owned()),
    }
    Ok(flat)
}

/// What New Relic would drop or change without saying so in its reply.
fn faults(log: &NewRelicLog) -> Vec<String> {
    let mut faults = Vec::new();
    if log.attributes.len() > MAX_ATTRIBUTES {
        faults.push(format!("{} attributes", log.attributes.len()));
    }
    if !log.timestamp.as_ref().is_none_or(Value::is_number) {
        faults.push(format!("timestamp {:?} is not a number", log.timestamp));
    }
    for (name, value) in &log.attributes {
        if name.chars().count() > MAX_NAME {
            faults.push(format!("attribute name of {} characters", name.chars().count()));
        }
        if RESERVED.contains(&name.as_str()) {
            faults.push(format!("attribute `{name}` is reserved"));
        }
        if value.is_array() {
            faults.push(format!("attribute `{name}` is an array"));
        }
    }
    faults
}

/// What New Relic holds; from [`crate::Cloud::newrelic`].
#[derive(Debug, Clone, Copy)]
pub struct NewRelic<'a> {
    core: &'a Core,
}

impl<'a> NewRelic<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every log, in order of arrival.
    pub fn logs(&self) -> Vec<NewRelicLog> {
        self.core.newrelic.lock().logs.clone()
    }

    /// As [`NewRelic::logs`], messages only.
    pub fn messages(&self) -> Vec<String> {
        self.logs().into_iter().map(|log| log.message).collect()
    }

    /// Answers 403 to every other key; until then any key is accepted.
    pub fn accept_only(&self, key: &str) {
        self.core.newrelic.lock().key = Some(key.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cloud,
        testing::{Answer, Call},
    };

    fn post(cloud: &Cloud, body: impl ToString) -> Answer {
        let call =
            Call::new("POST", "/log/v1").header("api-key", "k").header("content-type", "application/json");
        call.body(body.to_string()).send(cloud).unwrap()
    }

    #[test]
    fn both_kinds_of_body_are_understood() {
        let cloud = Cloud::start();
        let detailed = json!([{"common": {"attributes": {"service": "web"}}, "logs": [
            {"timestamp": 1, "message": "a", "attributes": {"n": 1}}, {"message": "b"}]}]);
        assert_eq!(post(&cloud, detailed).status, 202);
        assert_eq!(post(&cloud, json!([{"message": "c", "n": 2}])).status, 202);
        let logs = cloud.newrelic().logs();
        assert_eq!((&logs[0].attributes["service"], &logs[0].attributes["n"]), (&json!("web"), &json!(1)));
        assert_eq!(logs[0].timestamp, Some(json!(1)));
        assert_eq!(cloud.newrelic().messages(), ["a", "b", "c"]);
        cloud.assert_no_complaints();
    }

    #[test]
    fn keys_sizes_and_attributes_are_checked() {
        let cloud = Cloud::start();
        assert_eq!(Call::new("POST", "/log/v1").send(&cloud).unwrap().status, 403);
        assert_eq!(post(&cloud, json!([{"message": "x".repeat(1_000_000)}])).status, 413);
        assert_eq!(post(&cloud, json!([{"message": "m", "accountId": 1, "list": []}])).status, 202);
        assert_eq!(post(&cloud, "{").status, 202);
        assert_eq!(cloud.take_complaints().len(), 5);
        cloud.newrelic().accept_only("other");
        assert_eq!(post(&cloud, json!([])).status, 403);
        cloud.assert_no_complaints();
    }
}
