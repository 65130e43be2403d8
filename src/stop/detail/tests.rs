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
