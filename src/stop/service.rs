//! Diagnoses and reports events about a service, a managed daemon or a deployment.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html>

use serde_json::Value;

use super::catalogue::{cause, deployment, hint, reason};
use super::event::StopEvent;
use super::kind::{Category, Cause, EcsEvent, Severity};
use super::{arn, field, summary};

/// What an event's name tells; used where the catalogue does not know its reason.
struct Action {
    /// Part of the name, so that services, task sets and daemons share a row.
    name: &'static str,
    category: Category,
    cause: Option<Cause>,
    description: &'static str,
    hint: &'static str,
}

const CONFIGURATION_FAILURE: &str = "TASK_CONFIGURATION_FAILURE";

/// What to do where an account still has the short ARNs, which cannot have tags.
const LONG_ARNS: &str = "Turn on serviceLongArnFormat and taskLongArnFormat in the account settings of ECS, or give the service no tags: the old ARNs cannot have any.";

#[rustfmt::skip]
const ACTIONS: [Action; 8] = [
    Action { name: "TASK_PLACEMENT_FAILURE", category: Category::Capacity, cause: None,
        description: "its tasks cannot be placed",
        hint: "Check free CPU, memory and ports in the cluster, the capacity providers, and the placement constraints." },
    Action { name: CONFIGURATION_FAILURE, category: Category::ServiceEvent, cause: Some(Cause::Invalid),
        description: "its tasks cannot be started as they are configured",
        hint: "Check the task definition and the service's network configuration: roles, subnets, security groups, target groups, tags." },
    Action { name: "TASK_START_IMPAIRED", category: Category::ServiceEvent, cause: None,
        description: "its tasks keep failing to start",
        hint: "Look at the reports of its stopped tasks: each says why it did not start." },
    Action { name: "LATTICE_TARGET_UNHEALTHY", category: Category::HealthCheck, cause: None,
        description: "one of its tasks is unhealthy in VPC Lattice",
        hint: "Compare the health check of the VPC Lattice target group with what the application answers." },
    Action { name: "UNHEALTHY", category: Category::HealthCheck, cause: None,
        description: "one of its tasks is unhealthy",
        hint: "Check the health check of its Cloud Map service (service discovery), and what the application answered." },
    Action { name: "DISCOVERY_OPERATION_THROTTLED", category: Category::ServiceEvent, cause: Some(Cause::RateLimit),
        description: "Cloud Map throttles its registrations",
        hint: "Start and stop fewer tasks at once, and ask for a higher rate of Cloud Map's API if it goes on." },
    Action { name: "THROTTLED", category: Category::ServiceEvent, cause: Some(Cause::RateLimit),
        description: "its scheduler is throttled",
        hint: "Spread deployments over time: too many services act at once; ask for a higher API rate if it goes on." },
    Action { name: "CONSTRAINT_VIOLATED", category: Category::ServiceEvent, cause: None,
        description: "one of its tasks no longer fits its placement constraints",
        hint: "Compare the instances' attributes with the service's placement constraints." },
];

pub(super) fn report(event: &Value, ecs_event: EcsEvent, severity: Severity) -> StopEvent {
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let name = field::text(detail, "eventName");
    let action = ACTIONS.iter().find(|action| name.is_some_and(|name| name.contains(action.name)));
    let mut stop = StopEvent::new(event, ecs_event, severity, Category::ServiceEvent);
    identify(&mut stop, event, detail);
    stop.hint = diagnose(&mut stop, action, name.unwrap_or_default());
    let description = describe(&stop, action, name);
    stop.summary = summary::summarize(&stop, Some(&description));
    stop
}

fn identify(stop: &mut StopEvent, event: &Value, detail: &Value) {
    let name_in = |key| field::text(detail, key).and_then(arn::name).map(String::from);
    let resource = field::first_text(event, "resources")
        .filter(|arn| arn.contains(":service/") || arn.contains(":daemon/"));
    stop.service = ["serviceName", "service", "serviceArn", "daemonArn"]
        .into_iter()
        .find_map(name_in)
        .or_else(|| resource.and_then(arn::name).map(String::from));
    stop.is_daemon = resource.is_some_and(|arn| arn.contains(":daemon/"))
        || ["daemonArn", "daemonTaskDefinitionArn", "daemonDeploymentArn"]
            .iter()
            .any(|key| detail.get(key).is_some());
    stop.cluster = name_in("clusterArn").or_else(|| resource.and_then(arn::cluster).map(String::from));
    stop.task_arn = field::string(detail, "taskArn");
    stop.task_id = name_in("taskArn");
    stop.task_definition = name_in("daemonTaskDefinitionArn").or_else(|| name_in("taskDefinitionArn"));
    stop.capacity_provider =
        field::first_text(detail, "capacityProviderArns").and_then(arn::name).map(String::from);
    stop.stopped_reason = field::string(detail, "reason");
    stop.created_at = field::string(detail, "createdAt").or_else(|| field::string(detail, "updatedAt"));
}

/// Sets category and cause; answers with the hint. The reason names the trouble more closely than the event's name
/// does, yet a failed deployment stays one.
fn diagnose(stop: &mut StopEvent, action: Option<&'static Action>, name: &str) -> String {
    let reasons: Vec<_> = stop.stopped_reason.as_deref().map(reason::normalize).into_iter().collect();
    // For the hint: what ECS says of Fargate's capacity does not name Spot.
    let mut statements = reasons.clone();
    statements.extend(stop.capacity_provider.as_deref().map(str::to_ascii_lowercase));
    match (stop.ecs_event, reason::find(&reasons), action) {
        (EcsEvent::DeploymentFailed, _, _) => {
            stop.category = Category::Deployment;
            deployment::hint(reasons.first().map_or("", String::as_str), name)
        }
        (_, Some((rule, statement)), _) => {
            // A role that ECS may not assume is its configuration, as the event's name says, not a failure of ECS.
            let is_configured_so =
                rule.category == Category::Platform && name.contains(CONFIGURATION_FAILURE);
            stop.category = if is_configured_so { Category::ServiceEvent } else { rule.category };
            stop.cause = cause::find(rule.category, statement);
            hint::find(rule.category, stop.cause, &statements).to_owned()
        }
        (_, None, Some(action)) => {
            stop.category = action.category;
            let told = || reasons.first().and_then(|reason| cause::find(action.category, reason));
            stop.cause = action.cause.or_else(told);
            let wants_long_arns = reasons.iter().any(|reason| reason.contains("resource id format"));
            let cause = stop.cause;
            let by_words = || hint::find_by_words(action.category, cause, &reasons);
            let hint = if wants_long_arns { Some(LONG_ARNS) } else { by_words() };
            hint.unwrap_or(action.hint).to_owned()
        }
        (_, None, None) => hint::find(stop.category, stop.cause, &statements).to_owned(),
    }
}

/// The action, or else the event's name, with the reason quoted; a deployment has only the reason.
fn describe(stop: &StopEvent, action: Option<&'static Action>, name: Option<&str>) -> String {
    let quoted = stop.stopped_reason.as_deref().map(summary::quoted);
    let described = action.map(|action| action.description).or_else(|| deployment::describe(name?));
    let description = described.map(String::from).or_else(|| name.map(summary::shorten_name));
    match (description, quoted) {
        (_, Some(reason)) if stop.ecs_event == EcsEvent::DeploymentFailed => reason,
        (Some(description), Some(reason)) => format!("{description} ({reason})"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => "ECS gives no reason".to_owned(),
    }
}
