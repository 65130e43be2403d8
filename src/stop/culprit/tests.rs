use serde_json::{Value, json};

use super::*;
use crate::stop::EventReader;

const OOM: &str = "OutOfMemoryError: Container killed due to memory usage";
const PULL: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s)";

fn culprit(group: &str, containers: Value) -> Option<String> {
    let event = json!({ "detail": { "group": group, "containers": containers } });
    find(&TaskEvent::from_event(&event, &EventReader::default())).map(|container| container.name.to_owned())
}

#[test]
fn in_a_service() {
    for (expected, containers) in [
        (Some("app"), json!([{ "name": "side", "exitCode": 143 }, { "name": "app", "exitCode": 1 }])),
        (
            Some("app"),
            json!([{ "name": "side", "exitCode": 1 }, { "name": "app", "exitCode": 137, "reason": OOM }]),
        ),
        (Some("app"), json!([{ "name": "side", "exitCode": 0 }, { "name": "app", "exitCode": 137 }])),
        (Some("app"), json!([{ "name": "side", "exitCode": 143 }, { "name": "app", "exitCode": 0 }])),
        (Some("first"), json!([{ "name": "first", "exitCode": 1 }, { "name": "second", "exitCode": 2 }])),
        (None, json!([{ "name": "app" }])),
        (None, json!([])),
    ] {
        assert_eq!(culprit("service:web", containers.clone()).as_deref(), expected, "{containers}");
    }
}

#[test]
fn in_a_job_the_one_that_is_done_came_first() {
    let containers = json!([{ "name": "helper", "exitCode": 137 }, { "name": "job", "exitCode": 0 }]);
    assert_eq!(culprit("family:importer", containers).as_deref(), Some("job"));
}

#[test]
fn a_job_that_is_done_is_not_failed_by_who_watched_it() {
    for (expected, group, job) in [
        ("job", "family:export", 0),
        ("job", "family:export", 2),
        ("x-ray", "family:export", 143),
        ("x-ray", "service:web", 0),
    ] {
        let containers = json!([{ "name": "x-ray", "exitCode": 1 }, { "name": "job", "exitCode": job }]);
        assert_eq!(culprit(group, containers).as_deref(), Some(expected), "{group} {job}");
    }
}

#[test]
fn what_never_ran_did_not_end_a_task_that_did() {
    for (expected, started) in [("app", true), ("side", false)] {
        let mut event = json!({ "detail": { "group": "service:web",
            "containers": [{ "name": "side", "reason": PULL }, { "name": "app", "exitCode": 1 }] } });
        if started {
            event["detail"]["startedAt"] = "2026-11-19T20:38:27Z".into();
        }
        let task = TaskEvent::from_event(&event, &EventReader::default());
        assert_eq!(find(&task).map(|container| container.name), Some(expected));
    }
}

#[test]
fn who_could_not_stop_the_task_did_not() {
    for (expected, code) in [("app", 0), ("app", 137), ("app", 143), ("side", 1)] {
        let containers = json!([{ "name": "side", "exitCode": code, "essential": false }, { "name": "app", "exitCode": 143 }]);
        assert_eq!(culprit("family:importer", containers).as_deref(), Some(expected), "{code}");
    }
}

#[test]
fn bystanders_only_when_nothing_else_explains_it() {
    for (expected, containers) in [
        (Some("app"), json!([{ "name": "log_router", "exitCode": 139 }, { "name": "app", "exitCode": 1 }])),
        (Some("app"), json!([{ "name": "log_router", "exitCode": 137 }, { "name": "app", "exitCode": 143 }])),
        (
            Some("log_router"),
            json!([{ "name": "log_router", "exitCode": 139 }, { "name": "app", "exitCode": 143 }]),
        ),
        (
            Some("log_router"),
            json!([{ "name": "log_router", "exitCode": 137, "reason": OOM }, { "name": "app", "exitCode": 137 }]),
        ),
        (
            Some("app"),
            json!([{ "name": "aws-guardduty-agent-x", "reason": PULL }, { "name": "app", "exitCode": 0 }]),
        ),
        (
            Some("app"),
            json!([{ "name": "aws-guardduty-agent-x", "reason": PULL }, { "name": "app", "exitCode": 137 }]),
        ),
        (
            Some("aws-guardduty-agent-x"),
            json!([{ "name": "aws-guardduty-agent-x", "reason": PULL }, { "name": "app" }]),
        ),
        (Some("log_router"), json!([{ "name": "log_router", "exitCode": 0 }])),
        (Some("app"), json!([{ "name": "log_router", "exitCode": 1 }, { "name": "app", "exitCode": 0 }])),
        (
            Some("app"),
            json!([{ "name": "ecs-service-connect-x", "exitCode": 1 }, { "name": "app", "exitCode": 0 }]),
        ),
        (
            Some("ecs-service-connect-x"),
            json!([{ "name": "ecs-service-connect-x", "exitCode": 1 }, { "name": "app", "exitCode": 143 }]),
        ),
        (
            Some("app"),
            json!([{ "name": "aws-guardduty-agent-x", "exitCode": 1 }, { "name": "app", "exitCode": 143 }]),
        ),
        (None, json!([{ "name": "aws-guardduty-agent-x", "exitCode": 1 }, { "name": "app" }])),
    ] {
        assert_eq!(culprit("service:web", containers.clone()).as_deref(), expected, "{containers}");
    }
}

#[test]
fn a_container_that_waited_in_vain_is_a_victim() {
    let waiting = "CannotStartContainerError: dependency graph: container ordering dependency [init] failed";
    let containers =
        json!([{ "name": "app", "exitCode": 143, "reason": waiting }, { "name": "init", "exitCode": 1 }]);
    assert_eq!(culprit("service:web", containers).as_deref(), Some("init"));
}
