//! The demo's input: lines as Docker's fluentd driver and FireLens send them, and events as EventBridge sends them.

use serde_json::{Value, json};

pub(crate) struct Input {
    /// Application lines by tag.
    pub(crate) applications: Vec<(String, Vec<Value>)>,
    /// ECS events, as the `http` input or a queue delivers them.
    pub(crate) events: Vec<Value>,
}

/// Fixtures of the tests.
const EVENTS: &[&str] = &[
    include_str!("../../tests/fixtures/events/oom-killed.json"),
    include_str!("../../tests/fixtures/events/image-pull-not-found-fargate.json"),
    include_str!("../../tests/fixtures/events/secret-permission.json"),
    include_str!("../../tests/fixtures/events/elb-health-check.json"),
    include_str!("../../tests/fixtures/events/spot-interruption.json"),
    include_str!("../../tests/fixtures/events/scale-in.json"),
];

const CONTAINERS: [(&str, &str, &str); 3] = [
    ("web", "web:42", "0123456789abcdef0123456789abcdef"),
    ("api", "api:7", "1123456789abcdef0123456789abcdef"),
    ("worker", "worker:3", "2123456789abcdef0123456789abcdef"),
];

/// Per container; every tenth goes to standard error.
const LINES_PER_CONTAINER: usize = 200;

pub(crate) fn all() -> Input {
    let applications = CONTAINERS.iter().map(|(name, definition, task)| {
        let lines = (0..LINES_PER_CONTAINER).map(|number| line(name, definition, task, number)).collect();
        (format!("{name}-firelens-{task}"), lines)
    });
    let events = EVENTS.iter().map(|text| serde_json::from_str(text).expect("fixtures are JSON"));
    Input { applications: applications.collect(), events: events.collect() }
}

fn line(container: &str, definition: &str, task: &str, number: usize) -> Value {
    let (source, log) = match number % 10 {
        9 => (
            "stderr",
            format!(
                "ERROR {container} #{number}: upstream timed out after 3000 ms\n\tat Handler.run (\"orders\")"
            ),
        ),
        3 => (
            "stdout",
            json!({"level": "info", "msg": format!("{container} #{number}"), "latency_ms": number})
                .to_string(),
        ),
        _ => ("stdout", format!("GET /api/v1/orders/{number} 200 \u{2713} {container}")),
    };
    json!({
        "source": source, "log": log, "container_name": container, "container_id": format!("{task}-1234567890"),
        "ecs_cluster": "prod", "ecs_task_definition": definition,
        "ecs_task_arn": format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{task}"),
    })
}

impl Input {
    pub(crate) fn lines(&self) -> usize {
        self.applications.iter().map(|(_, lines)| lines.len()).sum()
    }

    pub(crate) fn lines_of(&self, source: &str) -> usize {
        self.applications.iter().flat_map(|(_, lines)| lines).filter(|line| line["source"] == source).count()
    }

    /// All records by tag, with the events.
    pub(crate) fn batches(&self) -> impl Iterator<Item = (&str, &[Value])> {
        let applications = self.applications.iter().map(|(tag, lines)| (tag.as_str(), lines.as_slice()));
        applications.chain([("ecs_events", self.events.as_slice())])
    }

    /// All records by tag, as Fluent Bit's chunks: a sequence of `[[EventTime, {}], record]`.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.batches().map(|(tag, records)| {
            let chunk = records.iter().zip(0u32..).flat_map(|(record, number)| {
                let mut entry = vec![0x92, 0x92];
                entry.extend(event_time(number));
                entry.push(0x80);
                entry.extend(rmp_serde::to_vec(record).expect("JSON is msgpack"));
                entry
            });
            (tag, chunk.collect())
        })
    }
}

/// The current time plus a microsecond per record, so that times keep the order.
pub(crate) fn event_time(number: u32) -> [u8; 10] {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let time = now + std::time::Duration::from_micros(u64::from(number));
    let mut bytes = [0xd7, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes[2..6].copy_from_slice(&u32::try_from(time.as_secs()).unwrap_or(u32::MAX).to_be_bytes());
    bytes[6..].copy_from_slice(&time.subsec_nanos().to_be_bytes());
    bytes
}
