//! Throughput of decode → classify → route → encode for one 2 MB chunk, beside plain serde transcoding of the same
//! chunk, in one run: `cargo bench --bench encode`.
//!
//! Both make CloudWatch's `logEvents` (each record as JSON inside a JSON string). The serde line is what a plugin
//! written with `rmp_serde` and `serde_json` would do, without classifying or batching. Compare the ratio, not the
//! figures: machines differ and are noisy.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use out_ecs_router::ack::Progress;
use out_ecs_router::batch::Batch;
use out_ecs_router::classify::Classifier;
use out_ecs_router::config::{Reader, Settings};
use out_ecs_router::decode;
use out_ecs_router::destination::{self, Destination};
use out_ecs_router::metrics::Metrics;
use out_ecs_router::pipeline::{Memory, Stages, sort};
use out_ecs_router::route::Routes;
use out_ecs_router::template::Scene;
use serde_json::json;

const CHUNK_BYTES: usize = 2_000_000;
const ROUNDS: usize = 60;

fn main() {
    let chunk = chunk();
    let house = House::new();
    let mut bodies = Vec::new();
    decode::records(&chunk, |record| bodies.push(record.body));
    let mut ours = Vec::new();
    let mut serde = Vec::new();
    // Turn about, so that a change of the machine's mood meets both.
    for _ in 0..ROUNDS {
        serde.push(time(|| transcode(&bodies)));
        ours.push(time(|| house.sort(&chunk)));
    }
    let (ours, serde) = (rate(&chunk, ours), rate(&chunk, serde));
    println!("chunk                          {:>8.2} MB of msgpack", chunk.len() as f64 / 1e6);
    println!("serde transcoding              {serde:>8.0} MB/s");
    println!("decode → classify → encode     {ours:>8.0} MB/s");
    println!("ratio                          {:>8.2}", ours / serde);
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// MB/s at the median.
fn rate(chunk: &[u8], mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    chunk.len() as f64 / 1e6 / times[times.len() / 2].as_secs_f64()
}

/// FireLens records: one line in ten on standard error, three in ten with JSON inside.
fn chunk() -> Vec<u8> {
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
            "ecs_task_arn": "arn:aws:ecs:ap-northeast-1:123456789012:task/prod/9531985d5d9dc9f81818e811892f902b",
        });
        chunk.extend_from_slice(&[0x92, 0x92, 0xd7, 0]);
        chunk.extend((1_795_000_000u32).to_be_bytes());
        chunk.extend((sequence * 1_000).to_be_bytes());
        chunk.push(0x80);
        chunk.extend(rmp_serde::to_vec(&record).unwrap());
        sequence += 1;
    }
    chunk
}

/// Record → JSON text → JSON string, with serde all the way and no value tree. Where the records begin is given.
fn transcode(records: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::with_capacity(CHUNK_BYTES * 3 / 2);
    let mut message = Vec::new();
    for record in records {
        message.clear();
        let mut from = rmp_serde::Deserializer::from_read_ref(record);
        serde_transcode::transcode(&mut from, &mut serde_json::Serializer::new(&mut message)).unwrap();
        body.extend_from_slice(b"{\"timestamp\":1795000000000,\"message\":");
        serde_json::to_writer(&mut body, std::str::from_utf8(&message).unwrap()).unwrap();
        body.extend_from_slice(b"},");
    }
    body
}

/// The stages as an instance has them.
struct House {
    classifier: Classifier,
    routes: Routes,
    destinations: Vec<Box<dyn Destination>>,
    metrics: Metrics,
    memory: Memory,
}

impl House {
    fn new() -> Self {
        let settings = BTreeMap::from(
            [
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
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned())),
        );
        let problems = RefCell::new(Vec::new());
        let read = Settings::read(&settings, &problems);
        let reader = Reader::new(&settings, &problems);
        let open = |named| destination::open(named, &reader, Some("eu-west-1"));
        let destinations = read.destinations.iter().map(open).collect();
        assert_eq!(*problems.borrow(), []);
        Self {
            classifier: Classifier::new(read.classes),
            routes: Routes::new(read.routes),
            destinations,
            metrics: Metrics::default(),
            memory: Memory::new(true, 20),
        }
    }

    fn sort(&self, chunk: &[u8]) -> Vec<Vec<Batch>> {
        let destinations: Vec<&dyn Destination> = self.destinations.iter().map(|one| &**one).collect();
        let stages = Stages {
            classifier: &self.classifier,
            routes: &self.routes,
            destinations: &destinations,
            metrics: &self.metrics,
            memory: Some(&self.memory),
        };
        let scene =
            Scene { tag: b"app-firelens-9531985d5d9dc9f81818e811892f902b", uuid: "", chunk: "", task: None };
        sort(&stages, &scene, chunk, &Progress::new(destinations.len())).batches
    }
}
