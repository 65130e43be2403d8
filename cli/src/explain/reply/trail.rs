//! Calls that CloudTrail recorded: who stopped a task, who changed a service.

use serde_json::{Value, json};

use super::{event, list, text};

/// The calls of `lookup-events`, or of a file of CloudTrail.
pub(super) fn open(record: &Value) -> Option<Vec<Value>> {
    if let Some(events) = list(record, "Events", "CloudTrailEvent") {
        let calls = events.iter().filter_map(|event| text(event, "CloudTrailEvent"));
        return Some(
            calls.filter_map(|text| serde_json::from_str(text).ok()).flat_map(|call| told(&call)).collect(),
        );
    }
    let calls = list(record, "Records", "eventSource")?;
    let is_trail =
        calls.iter().all(|call| call.get("eventName").is_some() && call.get("userIdentity").is_some());
    is_trail.then(|| calls.iter().flat_map(told).collect())
}

/// A line that says who did what, and the task that the call stopped.
fn told(call: &Value) -> Vec<Value> {
    let line = json!({"log": line(call)});
    let task =
        call.pointer("/responseElements/task").filter(|task| text(task, "lastStatus") == Some("STOPPED"));
    [line].into_iter().chain(task.map(event)).collect()
}

/// `2026-11-19T20:38:27Z StopTask by arn:aws:iam::111122223333:user/eva: prod, 0123…: reason`
fn line(call: &Value) -> String {
    let name = text(call, "eventName").unwrap_or("a call");
    let time = text(call, "eventTime").unwrap_or_default();
    let identity = call.get("userIdentity");
    let who = ["arn", "invokedBy", "principalId", "type"].iter().find_map(|key| text(identity?, key));
    let parameters = call.get("requestParameters");
    let about: Vec<&str> = ["cluster", "service", "task", "taskDefinition", "reason"]
        .iter()
        .filter_map(|key| text(parameters?, key))
        .collect();
    let mut line = format!("{time} {name} by {}", who.unwrap_or("nobody known"));
    if !about.is_empty() {
        line.push_str(&format!(": {}", about.join(", ")));
    }
    if let Some(error) = text(call, "errorCode") {
        let message = text(call, "errorMessage").unwrap_or_default();
        line.push_str(&format!("; it failed: {error}: {message}"));
    }
    line
}
