//! Decides whether an event triggers a report: whether it says that something stopped or failed.
//!
//! Two sources count: ECS and ourselves. One stop makes four task events (RUNNING with desired STOPPED, DEACTIVATING or
//! STOPPING, DEPROVISIONING, STOPPED). Only the last counts: it alone has every exit code, and the others would report
//! the stop again. Source **and** detail type are checked first, because `stoppedReason` also occurs in CloudTrail
//! records and in payloads that have nothing to do with ECS.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html>

use serde_json::Value;

use super::kind::Severity;
use super::{container_exit, field};

/// The kind of report that an event triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    TaskStopped,
    ContainerExited,
    ServiceProblem(Severity),
    DeploymentFailed,
}

/// Parts of event names that mean a problem, for events that lost their `eventType`.
const PROBLEM_WORDS: [&str; 6] = ["FAILED", "FAILURE", "IMPAIRED", "UNHEALTHY", "THROTTLED", "VIOLATED"];

pub(super) fn from_event(event: &Value) -> Option<Trigger> {
    let source = field::text(event, "source")?;
    let detail_type = field::text(event, "detail-type")?;
    let detail = event.get("detail")?;
    match source {
        "aws.ecs" => from_ecs_event(detail_type, detail),
        container_exit::SOURCE => from_own_event(detail_type, detail),
        _ => None,
    }
}

fn from_own_event(detail_type: &str, detail: &Value) -> Option<Trigger> {
    let is_exit = detail_type == container_exit::DETAIL_TYPE && container_exit::names_container(detail);
    is_exit.then_some(Trigger::ContainerExited)
}

fn from_ecs_event(detail_type: &str, detail: &Value) -> Option<Trigger> {
    match detail_type {
        "ECS Task State Change" => {
            field::equals(detail, "lastStatus", "STOPPED").then_some(Trigger::TaskStopped)
        }
        "ECS Service Action" | "ECS Daemon Service Action" => service_action(detail),
        "ECS Deployment State Change" | "ECS Daemon Deployment State Change" => deployment(detail),
        _ => None,
    }
}

fn service_action(detail: &Value) -> Option<Trigger> {
    let severity = event_severity(detail)?;
    let is_deployment = severity == Severity::Error && event_name(detail).contains("DEPLOYMENT");
    Some(if is_deployment { Trigger::DeploymentFailed } else { Trigger::ServiceProblem(severity) })
}

fn deployment(detail: &Value) -> Option<Trigger> {
    let failed = field::equals(detail, "eventType", "ERROR") || event_name(detail).contains("FAILED");
    failed.then_some(Trigger::DeploymentFailed)
}

/// Services say WARN, daemons WARNING. Without a type the name decides.
fn event_severity(detail: &Value) -> Option<Severity> {
    match field::text(detail, "eventType") {
        Some("WARN" | "WARNING") => Some(Severity::Warning),
        Some("ERROR") => Some(Severity::Error),
        Some(_) => None,
        None => {
            PROBLEM_WORDS.iter().any(|word| event_name(detail).contains(word)).then_some(Severity::Warning)
        }
    }
}

fn event_name(detail: &Value) -> &str {
    field::text(detail, "eventName").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trigger(source: &str, detail_type: &str, detail: &Value) -> Option<Trigger> {
        from_event(&json!({ "source": source, "detail-type": detail_type, "detail": detail }))
    }

    #[test]
    fn only_a_final_stop_counts() {
        for status in [
            "PROVISIONING",
            "PENDING",
            "RUNNING",
            "DEACTIVATING",
            "STOPPING",
            "DEPROVISIONING",
            "DELETED",
            "",
        ] {
            let detail =
                json!({ "lastStatus": status, "desiredStatus": "STOPPED", "stopCode": "UserInitiated" });
            assert_eq!(trigger("aws.ecs", "ECS Task State Change", &detail), None, "{status}");
        }
        let stopped = json!({ "lastStatus": "STOPPED" });
        assert_eq!(trigger("aws.ecs", "ECS Task State Change", &stopped), Some(Trigger::TaskStopped));
    }

    #[test]
    fn source_and_type_are_asked_first() {
        let stopped = json!({ "lastStatus": "STOPPED", "stoppedReason": "OutOfMemoryError" });
        for (source, detail_type) in [
            ("my.app", "ECS Task State Change"),
            ("aws.ecs", "AWS API Call via CloudTrail"),
            ("aws.ecs", "ECS Container Instance State Change"),
            ("aws.states", "Step Functions Execution Status Change"),
            ("", ""),
        ] {
            assert_eq!(trigger(source, detail_type, &stopped), None, "{source} {detail_type}");
        }
    }

    #[test]
    fn service_actions_by_type_then_name() {
        for (event_type, name, expected) in [
            (json!("INFO"), "SERVICE_STEADY_STATE", None),
            (json!("WARN"), "SERVICE_TASK_START_IMPAIRED", Some(Trigger::ServiceProblem(Severity::Warning))),
            (
                json!("WARNING"),
                "DAEMON_TASK_START_IMPAIRED",
                Some(Trigger::ServiceProblem(Severity::Warning)),
            ),
            (
                json!("ERROR"),
                "SERVICE_TASK_PLACEMENT_FAILURE",
                Some(Trigger::ServiceProblem(Severity::Error)),
            ),
            (json!("ERROR"), "SERVICE_DEPLOYMENT_FAILED", Some(Trigger::DeploymentFailed)),
            (json!("INFO"), "SERVICE_DEPLOYMENT_IN_PROGRESS", None),
            (json!(null), "ECS_OPERATION_THROTTLED", Some(Trigger::ServiceProblem(Severity::Warning))),
            (json!(null), "SERVICE_STEADY_STATE", None),
        ] {
            let detail = json!({ "eventType": event_type, "eventName": name });
            assert_eq!(trigger("aws.ecs", "ECS Service Action", &detail), expected, "{name}");
        }
    }

    #[test]
    fn an_exit_is_our_own_word() {
        let app = json!({ "container": { "name": "app" } });
        for (source, detail_type, detail, expected) in [
            ("ecs_router", "ECS Container Exit", &app, Some(Trigger::ContainerExited)),
            ("ecs_router", "ECS Container Exit", &json!({ "container": { "exitCode": 1 } }), None),
            ("ecs_router", "ECS Container Exit", &json!({}), None),
            ("ecs_router", "ECS Task State Change", &json!({ "lastStatus": "STOPPED" }), None),
            ("aws.ecs", "ECS Container Exit", &app, None),
            ("my.app", "ECS Container Exit", &app, None),
        ] {
            assert_eq!(trigger(source, detail_type, detail), expected, "{source} {detail_type} {detail}");
        }
    }

    #[test]
    fn deployments_only_when_given_up() {
        let trigger = |event_type: &str, name: &str| {
            trigger(
                "aws.ecs",
                "ECS Deployment State Change",
                &json!({ "eventType": event_type, "eventName": name }),
            )
        };
        assert_eq!(trigger("ERROR", "SERVICE_DEPLOYMENT_FAILED"), Some(Trigger::DeploymentFailed));
        assert_eq!(trigger("INFO", "SERVICE_DEPLOYMENT_COMPLETED"), None);
        assert_eq!(trigger("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"), None);
    }
}
