//! Records as FireLens and EventBridge make them.

use serde_json::{Value, json};

/// A line of a container's output, with the fields that FireLens adds.
pub fn line(container: &str, source: &str, log: &str) -> Value {
    json!({
        "container_id": "f5e6d7c8b9a00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796",
        "container_name": format!("/{container}"),
        "source": source,
        "log": log,
        "ecs_cluster": "prod",
        "ecs_task_arn": "arn:aws:ecs:eu-central-1:111122223333:task/prod/7378aadeebae5d55dee04916c8a42528",
        "ecs_task_definition": "web:42",
    })
}

/// The event that ECS sent when a container was killed.
pub fn stop() -> Value {
    event("essential-exit-137")
}

/// One of the events in `tests/fixtures/events`.
pub fn event(name: &str) -> Value {
    let path = crate::root().join("tests/fixtures/events");
    let path = path.join(name).with_extension("json");
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Milliseconds since 1970, now: what CloudWatch measures ages against.
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("past 1970");
    i64::try_from(now.as_millis()).expect("before the year 292 million")
}
