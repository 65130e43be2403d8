//! What the ECS agent writes when it tells ECS of a stop: the one line that knows every exit code, who is essential
//! and why, seconds before EventBridge says it. EC2 and ECS Anywhere only.
//!
//! The line knows neither stop code nor service, so a planned stop reads like any other end of its containers.
//!
//! Its fields: `agent/api/statechange.go` of <https://github.com/aws/amazon-ecs-agent>.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// `msg` of that line.
pub(super) const SENDING: &str = "Sending state change to ECS";
/// What an unset time looks like.
const NEVER: &str = "0001-01-01";
/// Reasons have at most 1024 characters and a task ten containers or so.
const LONGEST: usize = 1 << 20;

type Fields = BTreeMap<String, String>;

/// The event in a line; `None` when it is another line, or one about something that goes on.
pub(super) fn event(fields: &Fields) -> Option<Value> {
    let is = |key: &str, expected| fields.get(key).is_some_and(|value| value == expected);
    if !is("msg", SENDING) {
        return None;
    }
    match fields.get("eventType")?.as_str() {
        "TaskStateChange" if is("taskStatus", "STOPPED") => task(fields),
        "ContainerStateChange" if is("containerStatus", "STOPPED") => container(fields),
        _ => None,
    }
}

/// The same from a line in JSON (`ECS_LOG_OUTPUT_FORMAT=json`), or one that a parser has taken apart.
pub(super) fn event_in(line: &RawValue) -> Option<Value> {
    let text = Some(line.get()).filter(|text| text.len() <= LONGEST)?;
    let fields: BTreeMap<String, Value> = serde_json::from_str(text).ok()?;
    event(&fields.into_iter().filter_map(|(key, value)| Some((key, word(value)?))).collect())
}

fn word(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// In the shape of a task's last event. Version 0 is before all that ECS counts, and the same however often the
/// agent has to try.
fn task(fields: &Fields) -> Option<Value> {
    let arn = fields.get("taskArn")?;
    let mut detail = object(json!({
        "via": "agent_log", "taskArn": arn, "version": 0, "desiredStatus": "STOPPED", "lastStatus": "STOPPED",
        "containers": containers(fields),
    }));
    put(&mut detail, "stoppedReason", fields.get("taskReason"));
    put(&mut detail, "stoppedAt", fields.get("time"));
    for (key, field) in [
        ("pullStartedAt", "taskPullStartedAt"),
        ("pullStoppedAt", "taskPullStoppedAt"),
        ("executionStoppedAt", "taskExecutionStoppedAt"),
    ] {
        put(&mut detail, key, fields.get(field).filter(|time| !time.starts_with(NEVER)));
    }
    Some(envelope(fields, ("aws.ecs", "ECS Task State Change"), format!("agent-log-{arn}"), detail))
}

/// One container's end, which says nothing about its task.
fn container(fields: &Fields) -> Option<Value> {
    let (arn, name) = (fields.get("taskArn")?, fields.get("containerName")?);
    let mut container = object(json!({ "name": name, "lastStatus": "STOPPED" }));
    put_number(&mut container, "exitCode", fields.get("exitCode").map(String::as_str));
    put(&mut container, "reason", fields.get("reason"));
    let detail = object(json!({ "via": "agent_log", "taskArn": arn, "container": container }));
    let kind = ("ecs_router", "ECS Container Exit");
    Some(envelope(fields, kind, format!("agent-log-{arn}-{name}"), detail))
}

fn envelope(fields: &Fields, (source, kind): (&str, &str), id: String, detail: Map<String, Value>) -> Value {
    let mut event = object(json!({
        "version": "0", "id": id, "source": source, "detail-type": kind,
        "resources": [fields.get("taskArn")], "detail": detail,
    }));
    put(&mut event, "time", fields.get("time"));
    event.into()
}

/// Numbered from 0, in an order that means nothing.
fn containers(fields: &Fields) -> Vec<Value> {
    let changes = (0..).map_while(|index: u32| fields.get(&format!("containerChange-{index}")));
    changes.filter_map(|change| change_of(change)).collect()
}

/// `containerName=app containerStatus=STOPPED containerExitCode=1 containerReason=free text … containerIsEssential=true`.
/// The reason may contain anything, so what stands around it is taken off from both ends.
fn change_of(change: &str) -> Option<Value> {
    let (change, essential) = cut_last(change, " containerIsEssential=");
    let (change, runtime_id) = cut_last(change, " containerRuntimeID=");
    let (change, _) = cut_last(change, " containerKnownSentStatus=");
    let (change, reason) = cut_first(change, " containerReason=");
    let reason = reason.map(|reason| cut_last(reason, " containerPortBindings=").0);
    let (change, _) = cut_last(change, " containerPortBindings=");
    let (change, exit_code) = cut_first(change, " containerExitCode=");
    let (name, status) = cut_first(change, " containerStatus=");
    let mut container = object(json!({ "name": name.strip_prefix("containerName=")? }));
    put(&mut container, "lastStatus", status);
    put_number(&mut container, "exitCode", exit_code);
    put(&mut container, "reason", reason);
    put(&mut container, "runtimeId", runtime_id);
    if let Some(essential) = essential.and_then(|word| word.parse::<bool>().ok()) {
        container.insert("essential".to_owned(), essential.into());
    }
    Some(container.into())
}

fn cut_first<'t>(text: &'t str, mark: &str) -> (&'t str, Option<&'t str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn cut_last<'t>(text: &'t str, mark: &str) -> (&'t str, Option<&'t str>) {
    text.rsplit_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn put(object: &mut Map<String, Value>, key: &str, text: Option<impl AsRef<str>>) {
    if let Some(text) = text.as_ref().map(AsRef::as_ref).filter(|text| !text.is_empty()) {
        object.insert(key.to_owned(), text.into());
    }
}

fn put_number(object: &mut Map<String, Value>, key: &str, text: Option<&str>) {
    if let Some(number) = text.and_then(|text| text.parse::<i64>().ok()) {
        object.insert(key.to_owned(), number.into());
    }
}

#[cfg(test)]
pub(super) mod tests;
