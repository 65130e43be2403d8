//! The load: records as FireLens sends them to Fluent Bit, in the forward protocol's message mode. It is the same for every
//! pipeline and, except for the times, in every run.

use std::time::{SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use serde::Deserialize as _;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

const TAG: &str = "app-firelens-9531985d5d9dc9f81818e811892f902b";
/// Events come from a queue or an input of their own: nothing that a container writes is believed to be ECS's.
const EVENT_TAG: &str = "ecs_events";
/// The first half of the id of each stopped task; its number is the second half. Nothing else in the load contains it.
pub(crate) const STOPPED_TASK_PREFIX: &str = "5ca1ab1e5ca1ab1e";
const ARN_PREFIX: &str = "arn:aws:ecs:eu-west-1:111122223333";
/// Words of a line. A number follows those that end with `=`.
const WORDS: [&str; 20] = [
    "GET",
    "POST",
    "PUT",
    "/baskets",
    "/payments",
    "user=",
    "took_ms=",
    "bytes=",
    "200",
    "404",
    "cache",
    "stale",
    "fresh",
    "backend",
    "wait",
    "select",
    "commit",
    "lease",
    "kept",
    "queued",
];

#[derive(Clone, Copy)]
enum Kind {
    Stop,
    Stderr,
    Stdout,
}

/// Encoded records.
pub(crate) struct Load {
    pub(crate) wire: Vec<u8>,
    pub(crate) records: usize,
    /// The end of each task-stop event in `wire`, by the number in its task's id.
    pub(crate) stops: Vec<usize>,
}

impl Load {
    /// One in a thousand is a task-stop event, one in ten a line of standard error, the rest are lines of standard
    /// output; three lines in ten are JSON.
    pub(crate) fn new(records: usize) -> Self {
        let mut random = Rng::with_seed(6);
        let kinds = (0..records).map(|_| match random.u16(0..1_000) {
            0 => Kind::Stop,
            1..=100 => Kind::Stderr,
            _ => Kind::Stdout,
        });
        Self::from_kinds(kinds)
    }

    /// A few records, at least one of each kind.
    pub(crate) fn small() -> Self {
        Self::from_kinds([Kind::Stop, Kind::Stderr, Kind::Stdout].into_iter().chain([Kind::Stdout; 17]))
    }

    /// The same records as a container would write them to a file, one to a line.
    pub(crate) fn json_lines(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        let mut reader = rmp_serde::Deserializer::new(self.wire.as_slice());
        for _ in 0..self.records {
            let message = <(IgnoredAny, IgnoredAny, Value, IgnoredAny)>::deserialize(&mut reader).unwrap();
            serde_json::to_writer(&mut lines, &message.2).unwrap();
            lines.push(b'\n');
        }
        lines
    }

    fn from_kinds(kinds: impl Iterator<Item = Kind>) -> Self {
        let mut random = Rng::with_seed(7);
        let mut load = Self { wire: Vec::new(), records: 0, stops: Vec::new() };
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
        for kind in kinds {
            let (tag, record) = match kind {
                Kind::Stop => (EVENT_TAG, stop(load.stops.len())),
                Kind::Stderr => (TAG, output(&mut random, load.records, "stderr")),
                Kind::Stdout => (TAG, output(&mut random, load.records, "stdout")),
            };
            message(&mut load.wire, tag, start + load.records as u64, &record);
            load.records += 1;
            if let Kind::Stop = kind {
                load.stops.push(load.wire.len());
            }
        }
        load
    }
}

/// `[tag, EventTime, record, options]`, as Docker's fluentd driver writes it.
fn message(wire: &mut Vec<u8>, tag: &str, micros: u64, record: &Value) {
    rmp::encode::write_array_len(wire, 4).unwrap();
    rmp::encode::write_str(wire, tag).unwrap();
    rmp::encode::write_ext_meta(wire, 8, 0).unwrap();
    wire.extend(((micros / 1_000_000) as u32).to_be_bytes());
    wire.extend(((micros % 1_000_000 * 1_000) as u32).to_be_bytes());
    wire.extend(rmp_serde::to_vec(record).unwrap());
    rmp::encode::write_map_len(wire, 0).unwrap();
}

/// A container's line with the fields that FireLens and the task's metadata add.
fn output(random: &mut Rng, sequence: usize, source: &str) -> Value {
    let mut log = line(random);
    if random.u8(0..10) < 3 {
        log = json!({"severity": "info", "text": log, "number": sequence}).to_string();
    }
    json!({
        "container_id": "8be0c1f3a56d4f7c9b02e4d6718a35c2f09e6b7d1c4a58e3920f7bd6415ca890",
        "container_name": "/ecs-web-42-app-b6f0d2c4a8",
        "source": source, "log": log, "ecs_cluster": "prod", "ecs_task_definition": "web:42",
        "ecs_task_arn": format!("{ARN_PREFIX}:task/prod/9531985d5d9dc9f81818e811892f902b"),
    })
}

fn line(random: &mut Rng) -> String {
    let mut line = String::new();
    for _ in 0..random.usize(6..=28) {
        let word = random.choice(WORDS).unwrap();
        line.push_str(word);
        if word.ends_with('=') {
            line.push_str(&random.u32(0..100_000).to_string());
        }
        line.push(' ');
    }
    line
}

/// EventBridge's event of a task that could not pull its image.
fn stop(number: usize) -> Value {
    let task = format!("{ARN_PREFIX}:task/prod/{STOPPED_TASK_PREFIX}{number:016x}");
    json!({
        "version": "0", "id": format!("0b5ae5f8-7d8c-4c0e-9a55-{number:012x}"),
        "detail-type": "ECS Task State Change", "source": "aws.ecs", "account": "111122223333",
        "time": "2026-11-20T08:15:30Z", "region": "eu-west-1", "resources": [task],
        "detail": {
            "taskArn": task, "clusterArn": format!("{ARN_PREFIX}:cluster/prod"), "group": "service:web",
            "taskDefinitionArn": format!("{ARN_PREFIX}:task-definition/web:42"), "launchType": "FARGATE",
            "desiredStatus": "STOPPED", "lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "version": 4,
            "stoppedReason": "CannotPullContainerError: pull image manifest has been retried 5 time(s): \
                failed to resolve ref docker.io/library/web:42: not found",
            "containers": [{"name": "app", "image": "web:42", "lastStatus": "STOPPED"}],
        },
    })
}
