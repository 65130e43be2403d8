//! Events about a service, a managed daemon or a deployment, and the report made of them.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html>

use serde_json::Value;

use super::catalogue::{cause, hint, reason};
use super::event::StopEvent;
use super::kind::{Category, Cause, EcsEvent, Severity};
use super::{arn, field, summary};

/// What an event's name tells; used where its reason says nothing that the catalogue knows.
struct Action {
    /// Part of the name, so that services, task sets and daemons share a row.
    name: &'static str,
    category: Category,
    cause: Option<Cause>,
    what: &'static str,
    hint: &'static str,
}

#[rustfmt::skip]
const ACTIONS: [Action; 6] = [
    Action { name: "TASK_PLACEMENT_FAILURE", category: Category::Capacity, cause: None,
        what: "its tasks cannot be placed",
        hint: "Check free CPU, memory and ports of the cluster's instances, the capacity providers, and the placement constraints." },
    Action { name: "TASK_CONFIGURATION_FAILURE", category: Category::ContainerStart, cause: Some(Cause::Invalid),
        what: "its tasks cannot be started as they are configured",
        hint: "Check the task definition and the service's network configuration: roles, subnets, security groups, target groups, tags." },
    Action { name: "TASK_START_IMPAIRED", category: Category::ServiceEvent, cause: None,
        what: "its tasks keep failing to start",
        hint: "Look at the reports of its stopped tasks: each says why it did not start." },
    Action { name: "UNHEALTHY", category: Category::HealthCheck, cause: None,
        what: "a task of it is unhealthy",
        hint: "Check what service discovery or VPC Lattice asks of the task, and what the application answered." },
    Action { name: "THROTTLED", category: Category::ServiceEvent, cause: Some(Cause::RateLimit),
        what: "its scheduler is throttled",
        hint: "Many services act at once: spread deployments, and ask for a higher API quota if it goes on." },
    Action { name: "CONSTRAINT_VIOLATED", category: Category::Capacity, cause: None,
        what: "a task of it no longer fits its placement constraints",
        hint: "Compare the instances' attributes with the service's placement constraints." },
];

/// The report of an event about a service or deployment.
pub(super) fn report(event: &Value, ecs_event: EcsEvent, severity: Severity) -> StopEvent {
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let name = field::text(detail, "eventName");
    let action = ACTIONS.iter().find(|action| name.is_some_and(|name| name.contains(action.name)));
    let mut stop = StopEvent::blank(event, ecs_event, severity, Category::ServiceEvent);
    identify(&mut stop, event, detail);
    stop.hint = judge(&mut stop, action).to_owned();
    let what = worded(&stop, action, name);
    stop.summary = summary::summarize(&stop, Some(&what));
    stop
}

fn identify(stop: &mut StopEvent, event: &Value, detail: &Value) {
    let name_in = |key| field::text(detail, key).and_then(arn::name).map(String::from);
    let resource =
        field::first(event, "resources").filter(|arn| arn.contains(":service/") || arn.contains(":daemon/"));
    let of_resource = || resource.and_then(arn::name).map(String::from);
    stop.service = ["serviceName", "service", "serviceArn", "daemonArn"]
        .into_iter()
        .find_map(name_in)
        .or_else(of_resource);
    stop.cluster = name_in("clusterArn").or_else(|| resource.and_then(arn::cluster).map(String::from));
    stop.task_arn = field::word(detail, "taskArn");
    stop.task_id = name_in("taskArn");
    stop.task_definition = name_in("daemonTaskDefinitionArn").or_else(|| name_in("taskDefinitionArn"));
    stop.stopped_reason = field::word(detail, "reason");
    stop.created_at = field::word(detail, "createdAt").or_else(|| field::word(detail, "updatedAt"));
}

/// The reason names the trouble more closely than the event's name does, yet a failed deployment stays one.
fn judge(stop: &mut StopEvent, action: Option<&'static Action>) -> &'static str {
    let statements: Vec<_> = stop.stopped_reason.as_deref().map(reason::plain).into_iter().collect();
    match (stop.ecs_event, reason::find(&statements), action) {
        (EcsEvent::DeploymentFailed, _, _) => stop.category = Category::Deployment,
        (_, Some((rule, statement)), _) => {
            (stop.category, stop.cause) = (rule.category, cause::find(rule.category, statement));
            return rule.hint.unwrap_or_else(|| hint::find(stop));
        }
        (_, None, Some(action)) => {
            (stop.category, stop.cause) = (action.category, action.cause);
            return action.hint;
        }
        (_, None, None) => {}
    }
    hint::find(stop)
}

/// Names it by its action, or by its event's name, and quotes its reason; a deployment has only the reason.
fn worded(stop: &StopEvent, action: Option<&'static Action>, name: Option<&str>) -> String {
    let quoted = stop.stopped_reason.as_deref().map(summary::quoted);
    let what = action.map(|action| action.what.to_owned()).or_else(|| name.map(summary::named));
    match (what, quoted) {
        (_, Some(reason)) if stop.ecs_event == EcsEvent::DeploymentFailed => reason,
        (Some(what), Some(reason)) => format!("{what} ({reason})"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => "ECS gives no reason".to_owned(),
    }
}
