//! Docker's events: which of them are exits, and what they say.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::envelope::Envelope;
use crate::envelope::tests::{ARN, text, unwrapped};

pub(in crate::envelope) fn docker(action: &str, name: &str, attributes: &Value) -> Value {
    let mut event = json!({
        "Type": "container", "Action": action, "scope": "local", "time": 1_795_122_814, "timeNano": 1_795_122_814_795_000_000_i64,
        "Actor": { "ID": format!("405efae3-{name}"), "Attributes": {
            "image": "web:42", "name": format!("ecs-web-7-{name}-9c"), "com.amazonaws.ecs.container-name": name, "com.amazonaws.ecs.cluster": "prod",
            "com.amazonaws.ecs.task-arn": ARN, "com.amazonaws.ecs.task-definition-family": "web", "com.amazonaws.ecs.task-definition-version": "7",
        } },
    });
    event["Actor"]["Attributes"].as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    event
}

pub(in crate::envelope) fn die(name: &str, code: &str) -> Value {
    docker("die", name, &json!({ "exitCode": code, "execDuration": "60" }))
}

#[test]
fn docker_tells_of_an_exit() {
    let envelope = unwrapped(&json!({ "message": format!("{}\n", text(&die("app", "137"))) })).unwrap();
    assert_eq!(
        envelope,
        Envelope {
            events: vec![json!({
                "version": "0", "id": "docker-405efae3-app-die-1795122814795000000", "source": "ecs_router", "detail-type": "ECS Container Exit",
                "time": "2026-11-19T21:13:34.795Z", "resources": [ARN],
                "detail": {
                    "via": "docker_events", "taskArn": ARN, "clusterArn": "prod", "taskDefinitionArn": "web:7",
                    "container": {
                        "name": "app", "image": "web:42", "runtimeId": "405efae3-app", "exitCode": 137, "lastStatus": "STOPPED",
                        "startedAt": "2026-11-19T21:12:34.795Z", "stoppedAt": "2026-11-19T21:13:34.795Z",
                    },
                },
            })],
            has_rest: false,
        }
    );
}

#[test]
fn docker_in_its_several_shapes() {
    let old = json!({ "status": "die", "id": "405efae3", "from": "alpine", "Type": "container", "Action": "die",
        "Actor": { "ID": "405efae3", "Attributes": { "exitCode": "1", "image": "alpine", "name": "alpine" } },
        "scope": "local", "time": 1_473_107_901, "timeNano": 1_473_107_901_922_774_300_i64 });
    for (name, record, containers, rest) in [
        ("before 29, outside of ECS", json!({ "message": text(&old) }), vec![("alpine", Some(1))], false),
        ("taken apart by a parser", die("app", "1"), vec![("app", Some(1))], false),
        (
            "several at once",
            json!({ "message": format!("{}\n{}\n", die("app", "1"), die("envoy", "143")) }),
            vec![("app", Some(1)), ("envoy", Some(143))],
            false,
        ),
        (
            "cut at the end",
            json!({ "message": format!("{}\n{{\"Type\":\"cont", die("app", "1")) }),
            vec![("app", Some(1))],
            true,
        ),
        (
            "cut at the beginning",
            json!({ "message": format!("ainer\"}}\n{}\n", die("app", "1")) }),
            vec![("app", Some(1))],
            true,
        ),
        (
            "the pause container",
            json!({ "message": format!("{}\n{}\n", die("~internal~ecs~pause", "137"), die("app", "0")) }),
            vec![("app", Some(0))],
            false,
        ),
        (
            "other actions",
            json!({ "message": format!("{}\n{}\n", docker("exec_create: sh", "app", &json!({})), die("app", "0")) }),
            vec![("app", Some(0))],
            true,
        ),
        (
            "memory alone",
            json!({ "message": text(&docker("oom", "app", &json!({}))) }),
            vec![("app", None)],
            false,
        ),
        (
            "no exit code",
            json!({ "message": text(&docker("die", "app", &json!({ "exitCode": "?" }))) }),
            vec![("app", None)],
            false,
        ),
    ] {
        let envelope = unwrapped(&record).unwrap_or_else(|| panic!("{name}"));
        let found: Vec<_> = envelope
            .events
            .iter()
            .map(|event| &event["detail"]["container"])
            .map(|it| (it["name"].as_str().unwrap(), it["exitCode"].as_i64()))
            .collect();
        assert_eq!((found, envelope.has_rest), (containers, rest), "{name}");
    }
}

#[test]
fn docker_says_more_in_one_breath() {
    let oom = docker("oom", "app", &json!({}));
    let kill = docker("kill", "app", &json!({ "signal": "15" }));
    let reload = docker("kill", "app", &json!({ "signal": "1" }));
    let together = |events: &[&Value]| {
        let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
        unwrapped(&json!({ "message": lines.join("\n") })).unwrap()
    };
    let envelope = together(&[&oom, &die("app", "137")]);
    assert_eq!(envelope.events.len(), 1, "one stop, one event");
    let container = &envelope.events[0]["detail"]["container"];
    assert!(
        container["reason"].as_str().unwrap().starts_with("OutOfMemoryError: ")
            && container["exitCode"] == 137
    );
    assert_eq!(together(&[&oom, &die("envoy", "137")]).events.len(), 2, "another container's memory");

    for (before, asked) in [(kill, json!(true)), (reload, Value::Null)] {
        assert_eq!(together(&[&before, &die("app", "143")]).events[0]["detail"]["askedToStop"], asked);
    }
}

#[test]
fn docker_mostly_tells_of_nothing() {
    let network = json!({ "Type": "network", "Action": "die", "Actor": { "ID": "n", "Attributes": { "name": "bridge" } } });
    for event in [
        docker("start", "app", &json!({})),
        docker("health_status: unhealthy", "app", &json!({})),
        docker("exec_die", "app", &json!({ "exitCode": "1" })),
        die("~internal~ecs~pause", "137"),
        network,
        json!({ "Type": "container", "Action": "die", "Actor": { "ID": "x" } }),
        json!({ "Type": "container", "Action": "die", "Actor": "x" }),
        json!({ "Type": 1, "Action": "die", "Actor": {} }),
    ] {
        assert_eq!(unwrapped(&json!({ "message": text(&event) })), None, "{event}");
        assert_eq!(unwrapped(&event), None, "{event}");
    }
}
