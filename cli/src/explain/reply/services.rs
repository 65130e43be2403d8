//! What `describe-services` tells of services: their events, as texts.

use serde_json::{Value, json};

use super::text;

/// What the texts of failures say, and the event that EventBridge sends for them; without a name where it sends none.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>, read 2026-11.
const FAILURES: [(&str, &str, Option<&str>); 14] = [
    ("unable to place a task", "ERROR", Some("SERVICE_TASK_PLACEMENT_FAILURE")),
    ("unable to consistently start tasks", "WARN", Some("SERVICE_TASK_START_IMPAIRED")),
    ("failed to launch a task", "ERROR", Some("SERVICE_TASK_CONFIGURATION_FAILURE")),
    ("rolling back to", "ERROR", Some("SERVICE_DEPLOYMENT_FAILED")),
    ("deployment failed", "ERROR", Some("SERVICE_DEPLOYMENT_FAILED")),
    ("throttled on servicediscovery", "ERROR", Some("SERVICE_DISCOVERY_OPERATION_THROTTLED")),
    ("operations are being throttled", "ERROR", Some("ECS_OPERATION_THROTTLED")),
    ("failed to register targets", "ERROR", None),
    ("failed to deregister targets", "ERROR", None),
    ("is unhealthy in (target-group", "WARN", None),
    ("is unhealthy in target-group", "WARN", None),
    ("is unhealthy in (elb", "WARN", None),
    ("is unhealthy in elb", "WARN", None),
    ("unable to stop or start tasks during a deployment", "WARN", None),
];

/// The events of all services, the oldest first.
pub(super) fn open(record: &Value) -> Option<Vec<Value>> {
    let services = record.get("services")?.as_array()?;
    let is_described = services.iter().all(|service| service.get("serviceArn").is_some());
    if services.is_empty() || !is_described {
        return None;
    }
    Some(services.iter().flat_map(of_service).collect())
}

fn of_service(service: &Value) -> Vec<Value> {
    let events = service.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if events.is_empty() {
        let name = text(service, "serviceName").unwrap_or_default();
        return vec![json!({"log": format!("(service {name}) has no events")})];
    }
    events.iter().rev().map(|event| of_event(service, event)).collect()
}

/// The event as EventBridge would send it, or its text.
fn of_event(service: &Value, event: &Value) -> Value {
    let message = text(event, "message").unwrap_or_default();
    let failure = FAILURES.iter().find(|(words, ..)| message.contains(words));
    let Some((_, kind, name)) = failure else { return json!({"log": message}) };
    let arn = text(service, "serviceArn").unwrap_or_default();
    let parts: Vec<&str> = arn.split(':').collect();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    let mut detail = json!({
        "eventType": kind,
        "clusterArn": service.get("clusterArn"),
        "reason": message,
    });
    if let Some(fields) = detail.as_object_mut() {
        let name = name.map(|name| ("eventName".to_owned(), json!(name)));
        let time = text(event, "createdAt").map(|time| ("createdAt".to_owned(), json!(time)));
        let deployment = deployment(message).map(|id| ("deploymentId".to_owned(), json!(id)));
        fields.extend(name.into_iter().chain(time).chain(deployment));
    }
    let is_deployment = name.is_some_and(|name| name.starts_with("SERVICE_DEPLOYMENT"));
    let kind = if is_deployment { "ECS Deployment State Change" } else { "ECS Service Action" };
    json!({
        "source": "aws.ecs",
        "detail-type": kind,
        "region": part(3),
        "account": part(4),
        "resources": [arn],
        "detail": detail,
    })
}

/// The id in `(service web) (deployment ecs-svc/0123) deployment failed: …`.
fn deployment(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("(deployment ")?;
    rest.split(')').next()
}
