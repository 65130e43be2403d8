//! Throughput of decode → classify → route → encode for one 2 MB chunk, beside plain serde transcoding of the same
//! chunk, in one run: `cargo bench --bench encode`.
//!
//! Both make CloudWatch's `logEvents` (each record as JSON inside a JSON string). The serde line is what a plugin
//! written with `rmp_serde` and `serde_json` would do, without classifying or batching. Compare the ratio, not the
//! figures: machines differ and are noisy.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

mod common;

use std::time::Duration;

use common::{BenchRouter, CHUNK_BYTES, TO_CLOUDWATCH, chunk, median, time};
use ecs_router::input::decode;

const ROUNDS: usize = 60;

fn main() {
    let chunk = chunk();
    let router = BenchRouter::new(TO_CLOUDWATCH);
    let mut bodies = Vec::new();
    decode::records(&chunk, |record| bodies.push(record.body));
    let mut ours = Vec::new();
    let mut serde = Vec::new();
    // In turns, so that a change in the machine's load affects both.
    for _ in 0..ROUNDS {
        serde.push(time(|| transcode(&bodies)));
        ours.push(time(|| router.process(&chunk)));
    }
    let ours = rate(&chunk, ours);
    let serde = rate(&chunk, serde);
    println!("chunk                          {:>8.2} MB of msgpack", chunk.len() as f64 / 1e6);
    println!("serde transcoding              {serde:>8.0} MB/s");
    println!("decode → classify → encode     {ours:>8.0} MB/s");
    println!("ratio                          {:>8.2}", ours / serde);
}

/// MB/s at the median.
fn rate(chunk: &[u8], times: Vec<Duration>) -> f64 {
    chunk.len() as f64 / 1e6 / median(times).as_secs_f64()
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
