use serde_json::json;

use super::*;

fn trigger(source: &str, detail_type: &str, detail: &Value) -> Option<Trigger> {
    from_event(&json!({ "source": source, "detail-type": detail_type, "detail": detail }))
}

#[test]
fn only_a_final_stop_counts() {
    for status in
        ["PROVISIONING", "PENDING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "DELETED", ""]
    {
        let detail = json!({ "lastStatus": status, "desiredStatus": "STOPPED", "stopCode": "UserInitiated" });
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
        (json!("WARN"), "SERVICE_TASK_START_IMPAIRED", Some(Trigger::ServiceProblem(Severity::Error))),
        (json!("WARNING"), "DAEMON_TASK_START_IMPAIRED", Some(Trigger::ServiceProblem(Severity::Error))),
        (json!("ERROR"), "SERVICE_TASK_PLACEMENT_FAILURE", Some(Trigger::ServiceProblem(Severity::Error))),
        (json!("ERROR"), "SERVICE_DEPLOYMENT_FAILED", Some(Trigger::DeploymentFailed(Severity::Error))),
        (json!("INFO"), "SERVICE_DEPLOYMENT_IN_PROGRESS", None),
        (json!(null), "ECS_OPERATION_THROTTLED", Some(Trigger::ServiceProblem(Severity::Warning))),
        (json!(null), "SERVICE_STEADY_STATE", None),
        (json!("INFO"), "SERVICE_TASK_PLACEMENT_FAILURE", Some(Trigger::ServiceProblem(Severity::Warning))),
        (json!("INFO"), "SERVICE_TASK_START_IMPAIRED", Some(Trigger::ServiceProblem(Severity::Error))),
        (json!("INFO"), "SERVICE_DESIRED_COUNT_UPDATED", None),
        (json!(null), "SERVICE_DEPLOYMENT_FAILED", Some(Trigger::DeploymentFailed(Severity::Error))),
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
    assert_eq!(
        trigger("ERROR", "SERVICE_DEPLOYMENT_FAILED"),
        Some(Trigger::DeploymentFailed(Severity::Error))
    );
    assert_eq!(trigger("INFO", "SERVICE_DEPLOYMENT_COMPLETED"), None);
    assert_eq!(trigger("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"), None);
}
