//! Events of ECS that make no report, and why: for tools that show an event to people.

use serde_json::Value;

use super::event::StopEvent;
use super::incident::IncidentEnd;
use super::kind::{Category, EcsEvent, Severity};
use super::recovery::{RecoveryStep, ServiceRecovery, recovery};
use super::task::TaskEvent;
use super::trigger::{self, ECS, TASK_CHANGE};
use super::{EventReader, field, report, summary};

const API_CALL: &str = "AWS API Call via CloudTrail";

/// Why the event makes no report, in a sentence or two. `None`: it makes one, or it is not an event of ECS.
#[must_use]
pub fn unreported(event: &Value) -> Option<String> {
    if !trigger::is_event(event) || trigger::from_event(event).is_some() {
        return None;
    }
    let of_task = unfinished_state(event).map(|state| describe_task(event, state));
    let told = of_task.or_else(|| recovery(event).map(|recovery| describe_recovery(&recovery)));
    Some(told.unwrap_or_else(|| describe_other(event)))
}

/// The `lastStatus` of a task's event that is not the last one: `RUNNING`, `DEACTIVATING`, `DEPROVISIONING` …
#[must_use]
pub fn unfinished_state(event: &Value) -> Option<&str> {
    let is_task_change = field::text(event, "source") == Some(ECS)
        && field::text(event, "detail-type") == Some(TASK_CHANGE)
        && trigger::from_event(event).is_none();
    field::text(event.get("detail")?, "lastStatus").filter(|_| is_task_change)
}

fn describe_task(event: &Value, state: &str) -> String {
    let task = TaskEvent::from_event(event, &EventReader::default());
    let mut stop = StopEvent::new(event, EcsEvent::TaskStopped, Severity::Info, Category::Unknown);
    report::identify(&mut stop, &task);
    let name = summary::capitalize(&summary::task(&stop));
    let state = summary::shorten_name(state);
    if !field::equals(task.detail, "desiredStatus", "STOPPED") {
        return format!("{name} has not stopped: it is {state}.");
    }
    let reason = task.stopped_reason().map(|reason| format!(" ({})", summary::quoted(reason)));
    format!(
        "{name} has not stopped yet: it is {state} and is to stop{}. Its report is made of ECS's last event, whose lastStatus is STOPPED.",
        reason.unwrap_or_default()
    )
}

fn describe_recovery(recovery: &ServiceRecovery) -> String {
    let what = match recovery.how {
        RecoveryStep::RollingBack => "goes back to an earlier deployment",
        RecoveryStep::Recovered(IncidentEnd::DeploymentCompleted) => "has completed a deployment",
        RecoveryStep::Recovered(_) => "has reached a steady state",
    };
    let service = summary::shorten_name(&recovery.service);
    format!("Service {service} {what}: not a stop, but it says how the service's incidents end.")
}

fn describe_other(event: &Value) -> String {
    let kind = field::text(event, "detail-type").unwrap_or_default();
    let name = event.get("detail").and_then(|detail| field::text(detail, "eventName"));
    if kind == API_CALL {
        let name = name.unwrap_or("unnamed");
        return format!(
            "A call of ECS's API ({}), not what came of it; userIdentity says who made it.",
            summary::shorten_name(name)
        );
    }
    let name = name.map(|name| format!(", {}", summary::shorten_name(name))).unwrap_or_default();
    format!("An event that tells of no stop and no failure ({}{name}).", summary::shorten_name(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Value {
        let path = format!("{}/tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn a_task_that_has_not_stopped_is_named_with_its_state() {
        let mut event = fixture("running-spot-warning");
        assert_eq!(unfinished_state(&event), Some("RUNNING"));
        let said = unreported(&event).unwrap();
        let expected = " of service web (cluster prod) has not stopped yet: it is RUNNING and is to stop (\"Your Spot Task was interrupted\"). Its report";
        assert!(said.contains(expected), "{said}");
        event["detail"]["desiredStatus"] = "RUNNING".into();
        let said = unreported(&event).unwrap();
        assert!(said.ends_with(" of service web (cluster prod) has not stopped: it is RUNNING."), "{said}");
    }

    #[test]
    fn other_events_without_a_report_say_what_they_are() {
        for (name, expected) in [
            ("service-action-info", "Service web has reached a steady state: not a stop"),
            ("deployment-completed", "Service web has completed a deployment"),
            ("deployment-in-progress", "(ECS Deployment State Change, SERVICE_DEPLOYMENT_IN_PROGRESS)"),
            ("container-instance-change", "(ECS Container Instance State Change)"),
            ("deprovisioning-early", "it is DEPROVISIONING"),
            ("cloudtrail-stop-task", "A call of ECS's API (StopTask), not what came of it"),
        ] {
            let said = unreported(&fixture(name)).unwrap();
            assert!(said.contains(expected), "{name}: {said}");
        }
    }

    #[test]
    fn what_makes_a_report_or_is_not_of_ecs_has_no_excuse() {
        for name in ["oom-killed", "service-action-error", "health-event-retirement"] {
            assert_eq!(unreported(&fixture(name)), None, "{name}");
        }
    }
}
