use serde_json::json;

use super::quoted;
use crate::stop::{StopEvent, read};

fn event(group: &str, stop_code: &str, reason: &str, container: &serde_json::Value) -> StopEvent {
    read(json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {
        "lastStatus": "STOPPED", "startedAt": "2026-11-19T20:38:27Z", "group": group, "stopCode": stop_code, "stoppedReason": reason,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod",
        "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/0123456789abcdef0123456789abcdef",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7",
        "containers": [container],
    } }))
    .unwrap()
}

#[test]
fn no_separator_of_lines_gets_through() {
    let container = json!({ "name": "a\u{2028}p\u{85}p\u{2029}", "exitCode": 1 });
    let stop =
        event("service:web", "EssentialContainerExited", "Essential container in task exited", &container);
    assert!(stop.summary.contains("container a p p failed"), "{}", stop.summary);
}

#[test]
fn a_pager_can_be_read() {
    for (group, code, reason, container, summary) in [
        (
            "service:web",
            "EssentialContainerExited",
            "Essential container in task exited",
            json!({ "name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" }),
            "Task 01234567 of service web (cluster prod) stopped: container app ran out of memory (exit 137).",
        ),
        (
            "service:web",
            "EssentialContainerExited",
            "Essential container in task exited",
            json!({ "name": "app", "exitCode": 139 }),
            "Task 01234567 of service web (cluster prod) stopped: container app was ended by SIGSEGV (exit 139).",
        ),
        (
            "family:web",
            "EssentialContainerExited",
            "Essential container in task exited",
            json!({ "name": "app", "exitCode": 0 }),
            "Task 01234567 of web (cluster prod) stopped: container app is done (exit 0).",
        ),
        (
            "service:web",
            "UserInitiated",
            "Cancelled by pipeline\n#42.",
            json!({ "name": "app", "exitCode": 143 }),
            "Task 01234567 of service web (cluster prod) stopped: StopTask was called (\"Cancelled by pipeline #42\").",
        ),
        (
            "service:web",
            "ServiceSchedulerInitiated",
            "Scaling activity initiated by (deployment ecs-svc/1)",
            json!({ "name": "app", "exitCode": 0 }),
            "Task 01234567 of service web (cluster prod) stopped: a deployment or scale-in took it out of service.",
        ),
    ] {
        assert_eq!(event(group, code, reason, &container).summary, summary);
    }
}

#[test]
fn a_stack_trace_is_not_quoted() {
    let reason =
        "add network failed\ngithub.com/aws/amazon-ecs-agent/agent/ecscni.setupNS\n\t/tmp/plugin_linux.go:68";
    let summary = event("service:web", "TaskFailedToStart", reason, &json!({ "name": "app" })).summary;
    assert!(summary.ends_with("(\"add network failed\")."), "{summary}");
}

#[test]
fn a_long_text_is_cut_between_characters() {
    let summary =
        event("service:web", "UserInitiated", &"störung ".repeat(10_000), &json!({ "name": "app" })).summary;
    assert!(summary.chars().count() < 300 && summary.contains('…'), "{summary}");
}

#[test]
fn a_quote_that_is_cut_keeps_what_it_is_due_to() {
    let unhealthy = "(service web) (port 8080) is unhealthy in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/6d0ecf831eec9f09) due to ";
    let codes = "(reason Health checks failed with these codes: [502])";
    for (reason, expected) in [
        (
            format!("{unhealthy}{codes}."),
            format!("\"(service web) (port 8080) is unhealthy in (target-group t… due to {codes}\""),
        ),
        (
            format!("{unhealthy}{}", "x".repeat(200)),
            format!("\"(service web) (port 8080) is unhealthy i… due to {}…\"", "x".repeat(71)),
        ),
        (format!("it failed due to {codes}"), format!("\"it failed due to {codes}\"")),
        ("y".repeat(121), format!("\"{}…\"", "y".repeat(120))),
    ] {
        assert_eq!(quoted(&reason), expected);
    }
}
