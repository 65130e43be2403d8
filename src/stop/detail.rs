//! Gives the detail of an ECS event its envelope back: a rule of EventBridge with `InputPath: $.detail` sends it alone.
//!
//! A detail is known by fields that only ECS's events have together. Whether whoever sent it may be believed is not
//! decided here: the caller has to vouch for it.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>

use serde_json::{Map, Value, json};

use super::{arn, field, trigger};

/// Fields that belong to an envelope, or to a record of FireLens: with one of them it is not a bare detail.
const OF_OTHERS: [&str; 4] = ["detail-type", "detail", "source", "container_id"];
/// Where to look for what happened to whom; the first also names region and account.
const ARNS: [&str; 5] = ["taskArn", "daemonArn", "serviceArn", "clusterArn", "containerInstanceArn"];
/// How the names of service actions begin.
const SERVICE_ACTIONS: [&str; 3] = ["SERVICE_", "ECS_", "VPC_LATTICE_"];
/// Where to look for when it happened.
const TIMES: [&str; 3] = ["stoppedAt", "updatedAt", "createdAt"];

/// The event that a detail belongs to; `None`: it is not a detail of an ECS event.
#[must_use]
pub fn from_detail(detail: Value) -> Option<Value> {
    let mut event = Map::new();
    event.insert("source".to_owned(), json!(trigger::ECS));
    event.insert("detail-type".to_owned(), json!(detail_type(&detail)?));
    let arn = ARNS.iter().find_map(|key| ecs_arn(&detail, key));
    let time = TIMES.iter().find_map(|key| field::text(&detail, key));
    let known = [
        ("region", arn.and_then(|arn| arn::part(arn, 3)).map(|region| json!(region))),
        ("account", arn.and_then(|arn| arn::part(arn, 4)).map(|account| json!(account))),
        ("time", time.map(|time| json!(time))),
        ("resources", arn.map(|arn| json!([arn]))),
    ];
    event.extend(known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    event.insert("detail".to_owned(), detail);
    Some(Value::Object(event))
}

fn detail_type(detail: &Value) -> Option<&'static str> {
    if OF_OTHERS.iter().any(|key| detail.get(key).is_some()) {
        return None;
    }
    if is_task(detail) {
        return Some(trigger::TASK_CHANGE);
    }
    if ecs_arn(detail, "containerInstanceArn").is_some() && detail.get("agentConnected").is_some() {
        return Some(trigger::INSTANCE_CHANGE);
    }
    of_service(detail)
}

fn is_task(detail: &Value) -> bool {
    let has_status = |key| field::text(detail, key).is_some();
    ecs_arn(detail, "taskArn").is_some()
        && has_status("lastStatus")
        && has_status("desiredStatus")
        && detail.get("containers").is_some_and(Value::is_array)
}

/// Events of services, daemons and their deployments have a name in capitals; some have lost their type.
fn of_service(detail: &Value) -> Option<&'static str> {
    let name = field::text(detail, "eventName")?;
    let is_of_ecs = ARNS.iter().any(|key| ecs_arn(detail, key).is_some());
    let is_deployment = field::text(detail, "deploymentId").is_some_and(|id| id.starts_with("ecs-svc/"));
    if name.starts_with("DAEMON_") && is_of_ecs {
        let is_deployment = detail.get("daemonDeploymentArn").is_some();
        Some(if is_deployment { trigger::DAEMON_DEPLOYMENT_CHANGE } else { trigger::DAEMON_ACTION })
    } else if name.starts_with("SERVICE_DEPLOYMENT_") && is_deployment {
        Some(trigger::DEPLOYMENT_CHANGE)
    } else {
        let is_action = SERVICE_ACTIONS.iter().any(|start| name.starts_with(start));
        (is_action && is_of_ecs).then_some(trigger::SERVICE_ACTION)
    }
}

fn ecs_arn<'d>(detail: &'d Value, key: &str) -> Option<&'d str> {
    field::text(detail, key).filter(|text| arn::part(text, 2) == Some("ecs"))
}

#[cfg(test)]
mod tests;
