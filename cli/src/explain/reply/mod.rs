//! Replies of AWS, whose events are in lists: `describe-tasks`, `describe-services`, `receive-message`,
//! `filter-log-events` and `get-log-events`, the results of Logs Insights, `lookup-events`.

mod logs;
mod services;
#[cfg(test)]
mod tests;
mod trail;

use serde_json::{Map, Value, json};

/// What is in a reply.
#[derive(Debug, Default, PartialEq)]
pub(super) struct OpenedReply {
    pub(super) records: Vec<Value>,
    /// What is missing from it, in words.
    pub(super) remarks: Vec<String>,
}

/// Lists of replies, what is in them, and what else their replies may have.
const LISTS: [(&str, &str, &[&str]); 6] = [
    ("tasks", "tasks", &["failures"]),
    ("services", "services", &["failures"]),
    ("Messages", "messages", &[]),
    ("events", "events", &["searchedLogStreams", "nextToken", "nextForwardToken", "nextBackwardToken"]),
    ("results", "results", &["statistics", "status", "queryLanguage", "encryptionKey"]),
    ("Events", "events", &["NextToken"]),
];

/// The events of a reply; any other record alone.
pub(super) fn open(record: Value) -> OpenedReply {
    if let Some(remark) = empty(&record) {
        let remarks = failures(&record).chain([remark]).collect();
        return OpenedReply { records: Vec::new(), remarks };
    }
    let records = tasks(&record)
        .or_else(|| messages(&record))
        .or_else(|| services::open(&record))
        .or_else(|| logs::open(&record))
        .or_else(|| trail::open(&record));
    match records {
        Some(records) => OpenedReply { records, remarks: failures(&record).collect() },
        None => OpenedReply { records: vec![record], remarks: Vec::new() },
    }
}

/// What to say of a reply with an empty list and nothing else.
fn empty(record: &Value) -> Option<String> {
    let fields = record.as_object()?;
    if fields.is_empty() {
        return Some("is an empty object".to_owned());
    }
    let (_, what, _) = LISTS.iter().find(|(key, _, others)| is_empty_list(fields, key, others))?;
    Some(format!("has no {what}"))
}

fn is_empty_list(fields: &Map<String, Value>, key: &str, others: &[&str]) -> bool {
    let is_empty = fields.get(key).and_then(Value::as_array).is_some_and(Vec::is_empty);
    is_empty && fields.keys().all(|name| name == key || others.contains(&name.as_str()))
}

/// The list under `key`, if it is not empty and all of its items have this field.
fn list<'r>(record: &'r Value, key: &str, field: &str) -> Option<&'r Vec<Value>> {
    let items = record.get(key)?.as_array()?;
    (!items.is_empty() && items.iter().all(|item| item.get(field).is_some())).then_some(items)
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

/// A text that holds a record as JSON; any other text as a line of an application.
fn record_or_line(text: &str) -> Value {
    serde_json::from_str(text).ok().filter(Value::is_object).unwrap_or_else(|| json!({"log": text}))
}

fn tasks(record: &Value) -> Option<Vec<Value>> {
    Some(list(record, "tasks", "taskArn")?.iter().map(event).collect())
}

/// A task as EventBridge would send it; its detail is the same description.
fn event(task: &Value) -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": task})
}

/// What was asked for and not found.
fn failures(record: &Value) -> impl Iterator<Item = String> {
    let failures = record.get("failures").and_then(Value::as_array).into_iter().flatten();
    failures.filter_map(|failure| {
        let arn = text(failure, "arn")?;
        let reason = text(failure, "reason").unwrap_or("no reason");
        let hint = if reason == "MISSING" { "; ECS forgets a stopped task after about an hour" } else { "" };
        Some(format!("ECS does not describe {arn}: {reason}{hint}"))
    })
}

fn messages(record: &Value) -> Option<Vec<Value>> {
    Some(list(record, "Messages", "Body")?.iter().map(body).collect())
}

/// What a message holds; text that is no JSON stays in its message.
fn body(message: &Value) -> Value {
    let text = text(message, "Body").unwrap_or_default();
    serde_json::from_str(text).ok().filter(Value::is_object).unwrap_or_else(|| message.clone())
}
