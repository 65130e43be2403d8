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
mod tests {
    use super::*;
    use crate::stop::tests::all_fixtures;
    use crate::stop::{OriginalEvent, StopEvent, read};

    fn detail_of(event: &Value) -> Value {
        event["detail"].clone()
    }

    /// What the envelope alone knows is missing: its id, the service in `resources`, the time it was made.
    fn without_envelope(stop: Option<StopEvent>) -> Option<StopEvent> {
        stop.map(|stop| StopEvent { event: OriginalEvent::default(), ..stop })
    }

    #[test]
    fn every_detail_of_a_task_event_is_the_event_that_it_was() {
        let mut tasks = 0;
        for (name, event) in all_fixtures() {
            let is_from_agent = event["detail"]["via"].is_string();
            if event["source"] != "aws.ecs" || event["detail-type"] != trigger::TASK_CHANGE || is_from_agent {
                continue;
            }
            let detail = detail_of(&event);
            let Some(found) = from_detail(detail) else {
                assert!(event["detail"]["containers"].is_null(), "{name}");
                continue;
            };
            tasks += 1;
            assert_eq!(
                (&found["detail-type"], &found["region"]),
                (&event["detail-type"], &event["region"]),
                "{name}"
            );
            assert_eq!(without_envelope(read(found)), without_envelope(read(event)), "{name}");
        }
        assert!(tasks > 80, "{tasks}");
    }

    #[test]
    fn details_of_services_deployments_and_instances_are_known() {
        let mut others = 0;
        for (name, event) in all_fixtures() {
            let is_known = ["Action", "Deployment", "Instance"]
                .iter()
                .any(|word| event["detail-type"].as_str().unwrap_or_default().contains(word));
            if event["source"] != "aws.ecs" || !is_known {
                continue;
            }
            others += 1;
            let found = from_detail(detail_of(&event)).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(found["detail-type"], event["detail-type"], "{name}");
            assert_eq!(read(found).is_some(), read(event).is_some(), "{name}");
        }
        assert!(others > 10, "{others}");
    }

    #[test]
    fn time_account_and_resource_come_from_the_detail() {
        let arn = "arn:aws-cn:ecs:cn-north-1:111122223333:task/prod/0123";
        let detail = json!({ "taskArn": arn, "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "containers": [],
            "updatedAt": "2026-11-27T11:30:00Z" });
        assert_eq!(
            from_detail(detail.clone()),
            Some(json!({
                "source": "aws.ecs", "detail-type": "ECS Task State Change", "region": "cn-north-1", "account": "111122223333",
                "time": "2026-11-27T11:30:00Z", "resources": [arn], "detail": detail,
            }))
        );
    }

    #[test]
    fn nothing_else_is_a_detail() {
        let arn = "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123";
        for other in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "taskArn": arn, "lastStatus": "STOPPED" }),
            json!({ "taskArn": "0123", "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "containers": [] }),
            json!({ "taskArn": arn, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "containers": [], "source": "stdout" }),
            json!({ "taskArn": arn, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "containers": [], "container_id": "1" }),
            json!({ "eventType": "ERROR", "eventName": "SERVICE_DOWN" }),
            json!({ "eventType": "ERROR", "eventName": "ORDER_FAILED", "clusterArn": arn }),
            json!({ "eventType": "ERROR", "eventName": "SERVICE_DOWN", "deploymentId": "d-1" }),
        ] {
            assert_eq!(from_detail(other.clone()), None, "{other}");
        }
    }
}
