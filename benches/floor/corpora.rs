//! Five kinds of records, a megabyte of each as it would be sent.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::common::{BenchRouter, json_chunk, push};

const BODY_BYTES: usize = 1 << 20;

const WORDS: [&str; 12] = [
    "GET",
    "POST",
    "/api/v1/orders",
    "user_id=",
    "latency_ms=",
    "cache",
    "retry",
    "upstream",
    "timeout",
    "connection",
    "accepted",
    "from",
];

/// Name and body.
pub(crate) fn corpora() -> [(&'static str, Vec<u8>); 5] {
    let firelens = |log: fn(&mut Rng) -> String| body(&chunk_of(log), true);
    [
        ("FireLens JSON lines", body(&json_chunk(), true)),
        ("text lines", body(&chunk_of(text_line), false)),
        ("stack traces", firelens(stack_trace)),
        ("archive records", archive()),
        ("high entropy", firelens(random_line)),
    ]
}

/// Records as FireLens writes them.
fn chunk_of(log: fn(&mut Rng) -> String) -> Vec<u8> {
    let mut random = Rng::with_seed(7);
    let mut chunk = Vec::new();
    for sequence in 0.. {
        push(&mut chunk, sequence, &record(log(&mut random)));
        if chunk.len() > 2 * BODY_BYTES {
            break;
        }
    }
    chunk
}

fn record(log: String) -> Value {
    json!({
        "log": log, "container_id": "d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438",
        "container_name": "/ecs-web-42-app-c8d2a1", "source": "stdout",
        "ecs_cluster": "prod", "ecs_task_definition": "web:42",
        "ecs_task_arn": "arn:aws:ecs:ap-northeast-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b",
    })
}

/// The first request to CloudWatch, with whole records or the lines alone; at most a megabyte of it.
fn body(chunk: &[u8], whole: bool) -> Vec<u8> {
    let log_key = if whole { None } else { Some(("logs.log_key", "log")) };
    let keys = [("route.default", "logs"), ("logs.type", "cloudwatch"), ("logs.log_group", "g")];
    let router = BenchRouter::new(keys.into_iter().chain(log_key));
    let batch = router.process(chunk).remove(0).remove(0);
    let body = batch.payload().to_bytes();
    body[..body.len().min(BODY_BYTES)].to_vec()
}

/// What a file in S3 holds: a record a line, with its time.
fn archive() -> Vec<u8> {
    let mut random = Rng::with_seed(7);
    let mut body = Vec::with_capacity(BODY_BYTES + 1_000);
    for sequence in 0u64.. {
        let mut record = record(text_line(&mut random));
        record["date"] = format!(
            "2026-11-20T10:{:02}:{:02}.{:03}Z",
            sequence / 60_000 % 60,
            sequence / 1_000 % 60,
            sequence % 1_000
        )
        .into();
        serde_json::to_writer(&mut body, &record).unwrap();
        body.push(b'\n');
        if body.len() > BODY_BYTES {
            break;
        }
    }
    body
}

fn text_line(random: &mut Rng) -> String {
    let count = random.usize(6..28);
    let words: Vec<String> = (0..count)
        .map(|_| match random.u8(0..6) {
            0 => random.u32(0..100_000).to_string(),
            _ => (*random.choice(WORDS).unwrap()).to_owned(),
        })
        .collect();
    words.join(" ")
}

fn stack_trace(random: &mut Rng) -> String {
    let classes =
        ["OrderService", "PaymentClient", "CachingRepository", "HttpConnection", "RetryPolicy", "Router"];
    let methods = ["invoke", "charge", "findById", "connect", "doExecute", "handle", "lambda$run$0"];
    let mut trace =
        format!("java.lang.IllegalStateException: order {} was not found", random.u32(0..1_000_000));
    for _ in 0..random.usize(8..30) {
        let class = random.choice(classes).unwrap();
        let method = random.choice(methods).unwrap();
        trace += &format!("\n\tat com.example.shop.{class}.{method}({class}.java:{})", random.u16(20..700));
    }
    trace
}

/// Tokens and identifiers: nothing repeats.
fn random_line(random: &mut Rng) -> String {
    let token: String = (0..random.usize(200..900)).map(|_| random.alphanumeric()).collect();
    format!("token={token} trace={:032x}", random.u128(..))
}
