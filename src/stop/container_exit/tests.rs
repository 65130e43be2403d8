use serde_json::json;

use super::*;
use crate::stop::catalogue::hint;
use crate::stop::{StopEvent, read};

const TASK: &str = "arn:aws:ecs:eu-central-1:111122223333:task/prod/0123456789abcdef0123456789abcdef";

fn exited(detail: &Value, container: &Value) -> StopEvent {
    let mut event = json!({ "source": SOURCE, "detail-type": DETAIL_TYPE, "id": "an-id", "resources": [TASK], "detail": {
        "taskArn": TASK, "container": { "name": "app" },
    } });
    for (target, more) in [("/detail", detail), ("/detail/container", container)] {
        let target = event.pointer_mut(target).unwrap().as_object_mut().unwrap();
        target.extend(more.as_object().unwrap().clone());
    }
    read(event).unwrap()
}

#[test]
fn whether_it_was_asked_decides() {
    let oom = json!({ "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" });
    for (stop_requested, container, category, severity, expected, hint) in [
        (false, json!({ "exitCode": 0 }), Category::AppCompleted, Severity::Info, true, COMPLETED_HINT),
        (
            false,
            json!({ "exitCode": 137 }),
            Category::AppSignal,
            Severity::Error,
            false,
            UNEXPLAINED_KILL_HINT,
        ),
        (false, json!({}), Category::Unknown, Severity::Error, false, NO_EXIT_CODE_HINT),
        (true, json!({ "exitCode": 0 }), Category::AppCompleted, Severity::Info, true, REQUESTED_STOP_HINT),
        (true, json!({ "exitCode": 143 }), Category::AppSignal, Severity::Info, true, REQUESTED_STOP_HINT),
        (true, json!({ "exitCode": 137 }), Category::AppSignal, Severity::Warning, true, STOP_TIMEOUT_HINT),
        (
            true,
            json!({ "exitCode": 1 }),
            Category::AppError,
            Severity::Warning,
            true,
            FAILED_WHILE_STOPPING_HINT,
        ),
        (true, json!({}), Category::Unknown, Severity::Info, true, REQUESTED_STOP_HINT),
        (true, oom, Category::Oom, Severity::Error, false, hint::find(Category::Oom, None, &[])),
    ] {
        let stop = exited(&json!({ "askedToStop": stop_requested }), &container);
        assert_eq!(
            (stop.category, stop.severity, stop.expected, stop.hint.as_str()),
            (category, severity, expected, hint),
            "{stop_requested} {container}"
        );
    }
}

#[test]
fn a_bystander_wakes_nobody_up() {
    for name in ["log_router", "aws-guardduty-agent-x"] {
        let stop = exited(&json!({}), &json!({ "name": name, "exitCode": 139 }));
        assert_eq!((stop.severity, stop.expected), (Severity::Warning, false), "{name}");
    }
}

#[test]
fn what_is_known_is_reported() {
    let detail = json!({ "group": "service:web", "launchType": "FARGATE", "availabilityZone": "eu-central-1a", "taskDefinitionArn": "web:42" });
    let container = json!({
        "image": "shop/app:1.7", "runtimeId": "0123-4", "exitCode": 1, "restartCount": 2, "healthStatus": "UNHEALTHY",
        "startedAt": "2026-11-19T20:38:27.975Z", "stoppedAt": "2026-11-19T21:13:34.102Z",
    });
    let stop = serde_json::to_value(exited(&detail, &container)).unwrap();
    for (key, value) in [
        ("ecs_event", json!("container_exited")),
        ("container", json!("app")),
        ("cluster", json!("prod")),
        ("region", json!("eu-central-1")),
        ("account", json!("111122223333")),
        ("service", json!("web")),
        ("task_definition", json!("web:42")),
        ("launch_type", json!("FARGATE")),
        ("availability_zone", json!("eu-central-1a")),
        ("image", json!("shop/app:1.7")),
        ("image_tag", json!("1.7")),
        ("health", json!("UNHEALTHY")),
        ("restarts", json!(2)),
        ("runtime_seconds", json!(2106)),
        (
            "containers",
            json!([{ "name": "app", "image": "shop/app:1.7", "exit_code": 1, "runtime_id": "0123-4" }]),
        ),
    ] {
        assert_eq!(stop[key], value, "{key}");
    }
    assert!(stop.get("run").is_none(), "that is for the key only");
}

#[test]
fn a_run_has_one_key() {
    let end = "2026-11-19T21:13:34.102Z";
    for (detail, container, key) in [
        (json!({}), json!({ "runtimeId": "r", "restartCount": 2, "stoppedAt": end }), ("r", 2)),
        (json!({ "restarted": true }), json!({ "runtimeId": "r", "restartCount": 3 }), ("r", 2)),
        (json!({ "restarted": true }), json!({ "runtimeId": "r", "restartCount": 2 }), ("r", 1)),
        (json!({}), json!({ "runtimeId": "r", "stoppedAt": end }), ("r", 1_795_122_814_102)),
        (json!({}), json!({ "runtimeId": "r" }), ("r", 0)),
        (json!({}), json!({ "restartCount": 1 }), (&*format!("{TASK}/app"), 1)),
        (json!({ "taskArn": null }), json!({ "restartCount": 1 }), ("an-id", 0)),
    ] {
        assert_eq!(exited(&detail, &container).key(), Some(key), "{detail} {container}");
    }
}
