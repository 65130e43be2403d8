//! What is told to a running example: by FireLens and the task's metadata to a sidecar, by queue and POST to a collector.

use ecs_router::classify::classes::Class;
use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::deployment::{Deployed, QUEUE};
use super::places::Told;
use crate::fluent_bit::feed::send_records;
use crate::watching::metadata::{Metadata, id};
use test_support::plain_http::post_json;
use test_support::record::event;

/// Tells all that this one can hear.
pub(super) fn tell(running: &Deployed, metadata: &Metadata, cloud: &Cloud) -> Vec<Told> {
    let mut told = Vec::new();
    if running.is_sidecar {
        told.extend(tell_sidecar(running, metadata));
    }
    if running.polls_queue {
        let events = [
            (event("essential-exit-137"), Class::Stop),
            (event("scale-in"), Class::ExpectedStop),
            (no_stop(), Class::Other),
        ];
        for (event, class) in events {
            cloud.sqs().send(QUEUE, &event);
            told.push(Told { class: Some(class), text: known_by(&event) });
        }
    }
    if let Some(port) = running.http_input {
        let event = event("oom-killed");
        let reply = post_json(port, "/ecs_events", &event).unwrap();
        assert!(reply.starts_with("HTTP/1.1 201"), "{reply}");
        told.push(Told { class: Some(Class::Stop), text: known_by(&event) });
    }
    assert!(!told.is_empty(), "nothing can reach it");
    told
}

/// A line of each kind, FireLens's health check, and the end of the container.
fn tell_sidecar(running: &Deployed, metadata: &Metadata) -> [Told; 4] {
    let line = |source: &str, log: &str| json!({ "container_id": id("app"), "container_name": "app", "source": source, "log": log });
    let lines = [line("stderr", "it broke"), line("stdout", "GET /orders/1 200")];
    send_records(&running.host, "firelens-healthcheck", &[json!({ "log": "are you well" })]);
    send_records(&running.host, "app-firelens-7378aadeebae5d55dee04916c8a42528", &lines);
    metadata.wait_for_look();
    metadata.end("app", 137);
    let told = |class, text: &str| Told { class, text: text.to_owned() };
    [
        told(Some(Class::Stderr), "it broke"),
        told(Some(Class::Stdout), "GET /orders/1 200"),
        told(None, "are you well"),
        told(Some(Class::Stop), "container_exited"),
    ]
}

/// An event that is not a stop.
fn no_stop() -> Value {
    json!({
        "version": "0", "source": "aws.ecs", "detail-type": "ECS Task State Change", "time": "2026-11-21T10:00:00Z",
        "detail": {
            "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/00000000000000000000000000000001",
            "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
        },
    })
}

/// The task's id is in every form of a report.
fn known_by(event: &Value) -> String {
    let task = event["detail"]["taskArn"].as_str().expect("a task");
    task.rsplit('/').next().expect("an id").to_owned()
}
