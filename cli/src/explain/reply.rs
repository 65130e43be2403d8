//! Replies of the AWS command line, whose events stand in a list: `aws ecs describe-tasks`, `aws sqs receive-message`.

use serde_json::{Value, json};

/// The events of such a reply; any other record alone.
pub(super) fn open(record: Value) -> Vec<Value> {
    if let Some(tasks) = list(&record, "tasks", "taskArn") {
        return tasks.iter().map(event).collect();
    }
    match list(&record, "Messages", "Body") {
        Some(messages) => messages.iter().map(body).collect(),
        None => vec![record],
    }
}

/// The list under `key`, if it is not empty and all of its items have this field.
fn list<'r>(record: &'r Value, key: &str, field: &str) -> Option<&'r Vec<Value>> {
    let items = record.get(key)?.as_array()?;
    (!items.is_empty() && items.iter().all(|item| item.get(field).is_some())).then_some(items)
}

/// A task as EventBridge would send it; its detail is the same description.
fn event(task: &Value) -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": task})
}

/// What a message holds; text that is not valid JSON stays in its message.
fn body(message: &Value) -> Value {
    let text = message.get("Body").and_then(Value::as_str).unwrap_or_default();
    serde_json::from_str(text).ok().filter(Value::is_object).unwrap_or_else(|| message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::classify::classify;

    fn event_of_a_stop() -> Value {
        let text = include_str!("../../../tests/fixtures/events/oom-killed.json");
        serde_json::from_str(text).expect("the fixture is JSON")
    }

    fn classes(reply: Value) -> Vec<String> {
        open(reply).iter().filter_map(classify).map(|judged| judged.class).collect()
    }

    #[test]
    fn tasks_of_describe_tasks_are_stops() {
        let task = event_of_a_stop()["detail"].clone();
        assert_eq!(classes(json!({"tasks": [task, task], "failures": []})), ["stop", "stop"]);
    }

    #[test]
    fn messages_of_a_queue_are_what_they_hold() {
        let message = |body: String| json!({"MessageId": "1", "ReceiptHandle": "x", "Body": body});
        let messages = [message(event_of_a_stop().to_string()), message("hello".to_owned())];
        assert_eq!(classes(json!({"Messages": messages})), ["stop", "other"]);
    }

    #[test]
    fn other_lists_are_left_alone() {
        for record in
            [json!({"tasks": []}), json!({"tasks": [1]}), json!({"Messages": "x"}), json!({"log": "x"})]
        {
            assert_eq!(open(record.clone()), [record]);
        }
    }
}
