//! Converts the line that the ECS agent logs when it reports a stop to ECS. The line has every exit code and reason, and
//! which containers are essential, seconds before EventBridge sends them. EC2 and ECS Anywhere only.
//!
//! The line has neither stop code nor service, so a planned stop reads like any other end of its containers.
//!
//! Its fields: `agent/api/statechange.go` of <https://github.com/aws/amazon-ecs-agent>.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::logfmt;

/// `msg` of that line.
pub(super) const STATE_CHANGE_MESSAGE: &str = "Sending state change to ECS";
/// How the agent writes an unset time.
const UNSET_TIME_PREFIX: &str = "0001-01-01";
/// Reasons have at most 1024 characters, and a task about ten containers.
const MAX_LINE_BYTES: usize = 1 << 20;

type Fields = BTreeMap<String, String>;

/// The event in a line; `None` for another line, and for one about something that goes on.
pub(super) fn event_from_logfmt(line: &str) -> Option<Value> {
    event(&logfmt::fields(line))
}

fn event(fields: &Fields) -> Option<Value> {
    let is = |key: &str, expected| fields.get(key).is_some_and(|value| value == expected);
    if !is("msg", STATE_CHANGE_MESSAGE) {
        return None;
    }
    match fields.get("eventType")?.as_str() {
        "TaskStateChange" if is("taskStatus", "STOPPED") => task_event(fields),
        "ContainerStateChange" if is("containerStatus", "STOPPED") => container_event(fields),
        _ => None,
    }
}

/// The event in a line in JSON (`ECS_LOG_OUTPUT_FORMAT=json`), or one that a parser has taken apart.
pub(super) fn event_from_json(line: &RawValue) -> Option<Value> {
    let text = Some(line.get()).filter(|text| text.len() <= MAX_LINE_BYTES)?;
    let fields: BTreeMap<String, Value> = serde_json::from_str(text).ok()?;
    event(&fields.into_iter().filter_map(|(key, value)| Some((key, to_text(value)?))).collect())
}

fn to_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An event in the shape of a task's last one. Version 0 is before any that ECS counts, and the same however often the
/// agent retries.
fn task_event(fields: &Fields) -> Option<Value> {
    let arn = fields.get("taskArn")?;
    let mut detail = object(json!({
        "via": "agent_log", "taskArn": arn, "version": 0, "desiredStatus": "STOPPED", "lastStatus": "STOPPED",
        "containers": containers(fields),
    }));
    insert_text(&mut detail, "stoppedReason", fields.get("taskReason"));
    insert_text(&mut detail, "stoppedAt", fields.get("time"));
    for (key, field) in [
        ("pullStartedAt", "taskPullStartedAt"),
        ("pullStoppedAt", "taskPullStoppedAt"),
        ("executionStoppedAt", "taskExecutionStoppedAt"),
    ] {
        insert_text(&mut detail, key, fields.get(field).filter(|time| !time.starts_with(UNSET_TIME_PREFIX)));
    }
    Some(eventbridge_event(fields, ("aws.ecs", "ECS Task State Change"), format!("agent-log-{arn}"), detail))
}

/// An event about one container's end, which says nothing about its task.
fn container_event(fields: &Fields) -> Option<Value> {
    let arn = fields.get("taskArn")?;
    let name = fields.get("containerName")?;
    let mut container = object(json!({ "name": name, "lastStatus": "STOPPED" }));
    insert_number(&mut container, "exitCode", fields.get("exitCode").map(String::as_str));
    insert_text(&mut container, "reason", fields.get("reason"));
    let detail = object(json!({ "via": "agent_log", "taskArn": arn, "container": container }));
    let kind = ("ecs_router", "ECS Container Exit");
    Some(eventbridge_event(fields, kind, format!("agent-log-{arn}-{name}"), detail))
}

fn eventbridge_event(
    fields: &Fields,
    (source, kind): (&str, &str),
    id: String,
    detail: Map<String, Value>,
) -> Value {
    let mut event = object(json!({
        "version": "0", "id": id, "source": source, "detail-type": kind,
        "resources": [fields.get("taskArn")], "detail": detail,
    }));
    insert_text(&mut event, "time", fields.get("time"));
    event.into()
}

/// The changes are numbered from 0, in no particular order.
fn containers(fields: &Fields) -> Vec<Value> {
    let changes = (0..).map_while(|index: u32| fields.get(&format!("containerChange-{index}")));
    changes.filter_map(|change| parse_container_change(change)).collect()
}

/// `containerName=app containerStatus=STOPPED containerExitCode=1 containerReason=free text … containerIsEssential=true`.
/// The reason may contain anything, so the fields around it are taken off from both ends.
fn parse_container_change(change: &str) -> Option<Value> {
    let (change, essential) = split_last(change, " containerIsEssential=");
    let (change, runtime_id) = split_last(change, " containerRuntimeID=");
    let (change, _) = split_last(change, " containerKnownSentStatus=");
    let (change, reason) = split_first(change, " containerReason=");
    let reason = reason.map(|reason| split_last(reason, " containerPortBindings=").0);
    let (change, _) = split_last(change, " containerPortBindings=");
    let (change, exit_code) = split_first(change, " containerExitCode=");
    let (name, status) = split_first(change, " containerStatus=");
    let mut container = object(json!({ "name": name.strip_prefix("containerName=")? }));
    insert_text(&mut container, "lastStatus", status);
    insert_number(&mut container, "exitCode", exit_code);
    insert_text(&mut container, "reason", reason);
    insert_text(&mut container, "runtimeId", runtime_id);
    if let Some(essential) = essential.and_then(|word| word.parse::<bool>().ok()) {
        container.insert("essential".to_owned(), essential.into());
    }
    Some(container.into())
}

fn split_first<'t>(text: &'t str, mark: &str) -> (&'t str, Option<&'t str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn split_last<'t>(text: &'t str, mark: &str) -> (&'t str, Option<&'t str>) {
    text.rsplit_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn insert_text(object: &mut Map<String, Value>, key: &str, text: Option<impl AsRef<str>>) {
    if let Some(text) = text.as_ref().map(AsRef::as_ref).filter(|text| !text.is_empty()) {
        object.insert(key.to_owned(), text.into());
    }
}

fn insert_number(object: &mut Map<String, Value>, key: &str, text: Option<&str>) {
    if let Some(number) = text.and_then(|text| text.parse::<i64>().ok()) {
        object.insert(key.to_owned(), number.into());
    }
}

#[cfg(test)]
pub(super) mod tests;
