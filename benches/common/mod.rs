//! What the benchmarks share: a chunk as FireLens writes it, and the stages as an instance has them.

// Each benchmark is a program of its own and uses a part of this.
#![allow(dead_code)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use ecs_router::classify::classes::Classifier;
use ecs_router::classify::provenance::ChunkOrigin;
use ecs_router::classify::routes::Routes;
use ecs_router::config::{AwsEnvironments, KeyReader, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::batch::Batch;
use ecs_router::encode::buffer_pool::BufferPool;
use ecs_router::encode::template::RenderContext;
use ecs_router::limit::LineLimiter;
use ecs_router::metrics::Metrics;
use ecs_router::recorder::Recorder;
use ecs_router::redact::Redaction;
use ecs_router::router::pipeline::{CrossChunkState, Stages};
use ecs_router::router::process::process_chunk;
use serde_json::json;

/// The tag of every chunk.
pub(crate) const TAG: &[u8] = b"app-firelens-9531985d5d9dc9f81818e811892f902b";

/// Largest chunk that Fluent Bit hands over.
pub(crate) const CHUNK_BYTES: usize = 2_000_000;

/// How long `work` takes.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Everything goes to CloudWatch, one stream per container; stops and standard error to groups of their own.
pub(crate) const TO_CLOUDWATCH: [(&str, &str); 11] = [
    ("route.stop", "stops"),
    ("route.stderr", "errors"),
    ("route.stdout", "lines"),
    ("stops.type", "cloudwatch"),
    ("stops.log_group", "/ecs/stops"),
    ("errors.type", "cloudwatch"),
    ("errors.log_group", "/ecs/$(ecs_task_family)/errors"),
    ("errors.log_stream", "$(container_name)/$(ecs_task_id)"),
    ("lines.type", "cloudwatch"),
    ("lines.log_group", "/ecs/$(ecs_task_family)"),
    ("lines.log_stream", "$(container_name)/$(ecs_task_id)"),
];

/// FireLens records: one line in ten on standard error, three in ten with JSON inside.
pub(crate) fn chunk() -> Vec<u8> {
    let words =
        ["GET", "POST", "/api/v1/orders", "user_id=", "latency_ms=", "cache", "retry", "upstream", "timeout"];
    let mut random = fastrand::Rng::with_seed(7);
    let mut chunk = Vec::with_capacity(CHUNK_BYTES + 1_000);
    let mut sequence = 0u32;
    while chunk.len() < CHUNK_BYTES {
        let mut line: String =
            (0..random.usize(6..28)).map(|_| format!("{} ", random.choice(words).unwrap())).collect();
        if random.u8(0..10) < 3 {
            line = json!({"level": "info", "msg": line, "seq": sequence}).to_string();
        }
        let record = json!({
            "log": line, "container_id": "d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438",
            "container_name": "/ecs-web-42-app-c8d2a1", "source": if random.u8(0..10) == 0 { "stderr" } else { "stdout" },
            "ecs_cluster": "prod", "ecs_task_definition": "web:42",
            "ecs_task_arn": "arn:aws:ecs:ap-northeast-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b",
        });
        push(&mut chunk, sequence, &record);
        sequence += 1;
    }
    chunk
}

/// The same records with JSON in every line, as pino and logback write it: the level stands first, or after the message.
pub(crate) fn json_chunk() -> Vec<u8> {
    let words = ["order", "charged", "cache miss", "upstream", "timeout", "GET /api/v1/orders"];
    let mut random = fastrand::Rng::with_seed(7);
    let mut chunk = Vec::with_capacity(CHUNK_BYTES + 1_000);
    let mut sequence = 0u32;
    while chunk.len() < CHUNK_BYTES {
        let mut text: String =
            (0..random.usize(4..16)).map(|_| format!("{} ", random.choice(words).unwrap())).collect();
        // Every fourth message quotes something.
        if random.u8(0..4) == 0 {
            text.push_str(r#"of \"web\""#);
        }
        let is_error = random.u8(0..20) == 0;
        let line = match random.bool() {
            true => {
                let level = if is_error { 50 } else { 30 };
                format!(
                    r#"{{"level":{level},"time":1795000000123,"pid":1,"hostname":"9531985d5d9d","seq":{sequence},"msg":"{text}"}}"#
                )
            }
            false => {
                let level = if is_error { "ERROR" } else { "INFO" };
                format!(
                    r#"{{"@timestamp":"2026-11-20T10:00:00.123Z","@version":"1","message":"{text}","logger_name":"com.example.Orders","thread_name":"main","level":"{level}","level_value":20000}}"#
                )
            }
        };
        let record = json!({
            "log": line, "container_id": "d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438",
            "container_name": "/ecs-web-42-app-c8d2a1", "source": "stdout",
            "ecs_cluster": "prod", "ecs_task_definition": "web:42",
            "ecs_task_arn": "arn:aws:ecs:ap-northeast-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b",
        });
        push(&mut chunk, sequence, &record);
        sequence += 1;
    }
    chunk
}

/// Appends a record in the form of Fluent Bit 2.1 and later, with an EventTime.
pub(crate) fn push(chunk: &mut Vec<u8>, sequence: u32, record: &serde_json::Value) {
    chunk.extend_from_slice(&[0x92, 0x92, 0xd7, 0]);
    chunk.extend((1_795_000_000u32).to_be_bytes());
    chunk.extend((sequence % 1_000_000 * 1_000).to_be_bytes());
    chunk.push(0x80);
    chunk.extend(rmp_serde::to_vec(record).unwrap());
}

/// The stages as an instance has them.
pub(crate) struct BenchRouter {
    pub(crate) classifier: Classifier,
    routes: Routes,
    pub(crate) destinations: Vec<Destination>,
    metrics: Metrics,
    pub(crate) redaction: Redaction,
    limiter: Option<LineLimiter>,
    state: CrossChunkState,
    pool: BufferPool,
}

impl BenchRouter {
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = (&'k str, &'k str)>) -> Self {
        let settings: BTreeMap<String, String> =
            keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let problems = RefCell::new(Vec::new());
        let read = Settings::read(&settings, &problems);
        let reader = KeyReader::new(&settings, &problems);
        let open = |named| destination::open(named, &reader, &AwsEnvironments::in_region("eu-west-1"));
        let destinations = read.destinations.iter().map(open).collect();
        assert_eq!(*problems.borrow(), []);
        Self {
            classifier: Classifier::new(read.classes).with_levels(read.levels),
            routes: Routes::new(read.routes),
            destinations,
            metrics: Metrics::default(),
            redaction: read.redaction,
            limiter: LineLimiter::new(read.limits),
            state: CrossChunkState::new(true, 20).with_recorder(read.recorder.map(Recorder::new)),
            pool: BufferPool::default(),
        }
    }

    pub(crate) fn process(&self, chunk: &[u8]) -> Vec<Vec<Batch>> {
        let destinations: Vec<&Destination> = self.destinations.iter().collect();
        let stages = Stages {
            origin: ChunkOrigin::from_tag(TAG, &[]),
            classifier: &self.classifier,
            routes: &self.routes,
            destinations: &destinations,
            metrics: &self.metrics,
            redaction: Some(&self.redaction).filter(|redaction| !redaction.is_off()),
            pool: &self.pool,
            state: Some(&self.state),
            limiter: self.limiter.as_ref(),
            names: &[],
        };
        let context = RenderContext { tag: TAG, uuid: "", chunk: "", task: None, overflow: None };
        process_chunk(&stages, &context, chunk, &Progress::new(destinations.len())).batches
    }
}
