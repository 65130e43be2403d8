//! Tries a `body` on two records before anything is sent: a line that has every character that could break a string, and a
//! stop event.

use serde::de::IgnoredAny;
use serde_json::json;

use super::body::{BodyTemplate, Subject};
use super::frame::{BodyFormat, Frame};
use crate::classify::classes::{Classifier, Entry};
use crate::config::Common;
use crate::destination::timestamp_field::TimestampField;
use crate::encode::template::RenderContext;
use crate::input::decode;

/// Fields of reports and of FireLens's records, and those that are made of them.
pub(super) const KNOWN_FIELDS: [&str; 69] = [
    "account",
    "attachment_reason",
    "availability_zone",
    "capacity_provider",
    "category",
    "cause",
    "cluster",
    "container",
    "container_id",
    "container_instance",
    "container_name",
    "container_reason",
    "containers",
    "created_at",
    "date",
    "ecs_availability_zone",
    "ecs_cluster",
    "ecs_event",
    "ecs_launch_type",
    "ecs_service",
    "ecs_task_arn",
    "ecs_task_definition",
    "ecs_task_family",
    "ecs_task_id",
    "ecs_task_revision",
    "event",
    "exit_code",
    "expected",
    "failed_revision",
    "group",
    "health",
    "hint",
    "image",
    "image_tag",
    "incident",
    "incident_id",
    "last_lines",
    "last_lines_missing",
    "launch_type",
    "level",
    "log",
    "logs_url",
    "memory",
    "message",
    "msg",
    "region",
    "restarts",
    "revision_changes",
    "revision_changes_missing",
    "runtime_seconds",
    "service",
    "severity",
    "signal",
    "source",
    "span_id",
    "started_at",
    "started_by",
    "stop_code",
    "stopped_at",
    "stopped_reason",
    "summary",
    "task_arn",
    "task_definition",
    "task_id",
    "task_url",
    "time",
    "timestamp",
    "trace_id",
    "update",
];

/// What `body` makes of each sample, values of more than `limit` bytes cut.
pub(super) fn records(
    common: &Common,
    timestamp: &TimestampField,
    body: &BodyTemplate,
    limit: usize,
) -> Vec<Vec<u8>> {
    let mut rendered = Vec::new();
    let context = RenderContext { tag: b"app-firelens-0123", ..RenderContext::default() };
    for sample in [line(), stop()] {
        // What is made here can be written.
        let chunk = rmp_serde::to_vec(&(1_795_000_000u64, sample)).unwrap_or_default();
        decode::records(&chunk, |record| {
            let (class, stop) = Classifier::default().class_of(record);
            let entry = Entry::new(record, class, class.name(), stop.as_ref());
            let mut out = Vec::new();
            body.render(&Subject::new(common, timestamp, &entry, &context), limit, &mut out);
            rendered.push(out);
        });
    }
    rendered
}

/// Why a service that reads JSON would not read the bodies of these records.
pub(super) fn json_error(frame: &Frame, records: &[Vec<u8>], are_batched: bool) -> Option<String> {
    let mut bodies: Vec<Vec<u8>> =
        records.iter().map(|record| frame.join(std::slice::from_ref(record))).collect();
    if are_batched {
        bodies.push(frame.join(records));
    }
    bodies.iter().find_map(|body| unreadable(frame, body))
}

fn unreadable(frame: &Frame, body: &[u8]) -> Option<String> {
    let read = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).err();
    let error = match frame.format {
        BodyFormat::Array => read(body),
        BodyFormat::Lines => {
            let lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.map(read).find_map(|error| error)
        }
    }?;
    let near: String =
        String::from_utf8_lossy(body).chars().skip(error.column().saturating_sub(20)).take(40).collect();
    Some(format!("{error}, near: {near}"))
}

/// A line of FireLens's.
fn line() -> serde_json::Value {
    json!({
        "log": "say \"hi\"\n\\ grüße",
        "source": "stdout",
        "container_id": "0123",
        "container_name": "app",
        "ecs_cluster": "prod",
        "ecs_task_arn": "arn:aws:ecs:us-east-1:111122223333:task/prod/0123",
        "ecs_task_definition": "web:1",
    })
}

/// A stop event as EventBridge sends it.
fn stop() -> serde_json::Value {
    json!({
        "id": "0123", "source": "aws.ecs", "detail-type": "ECS Task State Change", "time": "2026-11-20T10:00:00Z",
        "account": "111122223333", "region": "us-east-1",
        "detail": {
            "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited", "group": "service:web",
            "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod",
            "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/0123",
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/web:1",
            "startedAt": "2026-11-20T09:00:00Z", "stoppedAt": "2026-11-20T10:00:00Z",
            "containers": [{"name": "app", "exitCode": 1, "reason": "it \"broke\""}],
        },
    })
}
