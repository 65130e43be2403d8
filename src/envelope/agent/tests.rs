//! The agent's line about a stop, however it was written and taken apart.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::envelope::Envelope;
use crate::envelope::tests::{ARN, subscription, text, unwrapped};
use crate::stop;

const REASON: &str =
    "OutOfMemoryError: Container killed due to memory usage containerIsEssential= containerExitCode=0";

pub(in crate::envelope) fn line_of_agent() -> String {
    format!(
        "level=info time=2026-11-19T21:13:58Z msg=\"Sending state change to ECS\" taskPullStartedAt=\"0001-01-01T00:00:00Z\" \
         containerChange-1=\"containerName=envoy containerStatus=STOPPED containerExitCode=143 containerPortBindings=[{{80 80 0.0.0.0 tcp}}] containerKnownSentStatus=RUNNING containerRuntimeID=47a9 containerIsEssential=false\" \
         taskStatus=\"STOPPED\" taskReason=\"Essential container in task exited: \\\"app\\\"\" eventType=\"TaskStateChange\" taskArn=\"{ARN}\" \
         containerChange-0=\"containerName=app containerStatus=STOPPED containerExitCode=137 containerReason={REASON} containerKnownSentStatus=RUNNING containerRuntimeID=9159 containerIsEssential=true\" \
         taskExecutionStoppedAt=\"2026-11-19T21:13:34Z\" taskKnownSentStatus=\"RUNNING\""
    )
}

pub(in crate::envelope) fn event_of_agent() -> Value {
    json!({
        "version": "0", "id": format!("agent-log-{ARN}"), "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "time": "2026-11-19T21:13:58Z", "resources": [ARN],
        "detail": {
            "via": "agent_log", "taskArn": ARN, "version": 0, "desiredStatus": "STOPPED", "lastStatus": "STOPPED",
            "stoppedReason": "Essential container in task exited: \"app\"",
            "stoppedAt": "2026-11-19T21:13:58Z", "executionStoppedAt": "2026-11-19T21:13:34Z",
            "containers": [
                { "name": "app", "lastStatus": "STOPPED", "exitCode": 137, "reason": REASON, "runtimeId": "9159", "essential": true },
                { "name": "envoy", "lastStatus": "STOPPED", "exitCode": 143, "runtimeId": "47a9", "essential": false },
            ],
        },
    })
}

/// The same line as the agent writes it in JSON.
pub(in crate::envelope) fn json_of_agent() -> Value {
    crate::envelope::logfmt::fields(&line_of_agent())
        .into_iter()
        .map(|(key, value)| (key, Value::from(value)))
        .collect()
}

#[test]
fn the_agent_tells_of_a_stop() {
    let expected = Some(Envelope { events: vec![event_of_agent()], has_rest: false });
    for (name, record) in [
        ("logfmt", json!({ "log": line_of_agent(), "file": "/var/log/ecs/ecs-agent.log" })),
        ("JSON", json!({ "log": text(&json_of_agent()) })),
        ("taken apart by a parser", json_of_agent()),
        ("from CloudWatch Logs", subscription(&[json!(line_of_agent())])),
    ] {
        assert_eq!(unwrapped(&record), expected, "{name}");
    }
    let stop = stop::read(event_of_agent()).unwrap();
    assert_eq!((stop.category, stop.container.as_deref()), (stop::Category::Oom, Some("app")));
}

#[test]
fn the_agent_tells_of_a_container() {
    let line = format!(
        "level=info time=2026-11-19T21:13:58Z msg=\"Sending state change to ECS\" eventType=\"ContainerStateChange\" exitCode=\"1\" portBindings=[] containerName=\"app\" reason=\"\" containerStatus=\"STOPPED\" taskArn=\"{ARN}\""
    );
    let envelope = unwrapped(&json!({ "log": line })).unwrap();
    assert_eq!(envelope.events.len(), 1);
    assert_eq!(envelope.events[0]["detail-type"], "ECS Container Exit");
    assert_eq!(
        envelope.events[0]["detail"],
        json!({ "via": "agent_log", "taskArn": ARN, "container": { "name": "app", "lastStatus": "STOPPED", "exitCode": 1 } })
    );
}

#[test]
fn most_of_what_the_agent_says_is_no_event() {
    let line = line_of_agent();
    for other in [
        line.replace("taskStatus=\"STOPPED\"", "taskStatus=\"RUNNING\""),
        line.replace("msg=\"Sending", "msg=\"Unretriable error sending"),
        line.replace("TaskStateChange", "AttachmentStateChange"),
        line.replace("taskArn=", "arn="),
        "level=info time=2026-11-19T21:13:58Z msg=\"Handling container change event\" changeEventStatus=\"STOPPED\"".to_owned(),
    ] {
        assert_eq!(unwrapped(&json!({ "log": other })), None, "{other}");
    }
}
