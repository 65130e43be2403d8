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

/// Source of ECS's own events.
pub(super) const ECS: &str = "aws.ecs";
pub(super) const TASK_CHANGE: &str = "ECS Task State Change";
pub(super) const INSTANCE_CHANGE: &str = "ECS Container Instance State Change";
pub(super) const SERVICE_ACTION: &str = "ECS Service Action";
pub(super) const DAEMON_ACTION: &str = "ECS Daemon Service Action";
pub(super) const DEPLOYMENT_CHANGE: &str = "ECS Deployment State Change";
pub(super) const DAEMON_DEPLOYMENT_CHANGE: &str = "ECS Daemon Deployment State Change";

/// Whether a value has the envelope of an event of ECS or of ours, whatever the event says.
#[must_use]
pub fn is_event(value: &Value) -> bool {
    field::text(value, "detail-type").is_some()
        && matches!(field::text(value, "source"), Some(ECS | container_exit::SOURCE))
}

/// The kind of report that an event triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    TaskStopped,
    ContainerExited,
    ServiceProblem(Severity),
    DeploymentFailed(Severity),
}

/// Parts of event names that mean a problem, for events that lost their `eventType` or come as INFO.
const PROBLEM_WORDS: [&str; 6] = ["FAILED", "FAILURE", "IMPAIRED", "UNHEALTHY", "THROTTLED", "VIOLATED"];

pub(super) fn from_event(event: &Value) -> Option<Trigger> {
    let source = field::text(event, "source")?;
    let detail_type = field::text(event, "detail-type")?;
    let detail = event.get("detail")?;
    match source {
        ECS => from_ecs_event(detail_type, detail),
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
        TASK_CHANGE => field::equals(detail, "lastStatus", "STOPPED").then_some(Trigger::TaskStopped),
        SERVICE_ACTION | DAEMON_ACTION => service_action(detail),
        DEPLOYMENT_CHANGE | DAEMON_DEPLOYMENT_CHANGE => deployment(detail),
        _ => None,
    }
}

fn service_action(detail: &Value) -> Option<Trigger> {
    let severity = event_severity(detail)?;
    let is_deployment = severity == Severity::Error && event_name(detail).contains("DEPLOYMENT");
    Some(if is_deployment { Trigger::DeploymentFailed(severity) } else { Trigger::ServiceProblem(severity) })
}

/// States of a daemon's deployment that come as INFO though something went wrong: there is no event for its failure. ECS
/// rolls back because it failed, and stops it for that reason or because a newer one replaces it.
const DAEMON_FAILURES: [(&str, Severity); 2] = [
    ("DAEMON_DEPLOYMENT_ROLLBACK_IN_PROGRESS", Severity::Error),
    ("DAEMON_DEPLOYMENT_STOPPED", Severity::Warning),
];

fn deployment(detail: &Value) -> Option<Trigger> {
    let failed = field::equals(detail, "eventType", "ERROR") || event_name(detail).contains("FAILED");
    let known = DAEMON_FAILURES.iter().find(|(name, _)| *name == event_name(detail));
    let severity = if failed { Some(Severity::Error) } else { known.map(|(_, severity)| *severity) };
    severity.map(Trigger::DeploymentFailed)
}

/// A service that cannot start its tasks is down or on its way there, though ECS only warns.
const IMPAIRED: &str = "TASK_START_IMPAIRED";

/// Services say WARN, daemons WARNING. Otherwise the name decides: some rules lose the type, and placement failures have
/// come as INFO.
fn event_severity(detail: &Value) -> Option<Severity> {
    match field::text(detail, "eventType") {
        Some("WARN" | "WARNING") if event_name(detail).contains(IMPAIRED) => Some(Severity::Error),
        Some("WARN" | "WARNING") => Some(Severity::Warning),
        Some("ERROR") => Some(Severity::Error),
        Some(_) | None => named_severity(event_name(detail)),
    }
}

fn named_severity(name: &str) -> Option<Severity> {
    let is_error = name.contains(IMPAIRED) || name.contains("DEPLOYMENT");
    let severity = if is_error { Severity::Error } else { Severity::Warning };
    PROBLEM_WORDS.iter().any(|word| name.contains(word)).then_some(severity)
}

fn event_name(detail: &Value) -> &str {
    field::text(detail, "eventName").unwrap_or_default()
}

#[cfg(test)]
mod tests;
