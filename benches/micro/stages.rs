//! Each stage by itself, and all of them.

use std::hint::black_box;
use std::rc::Rc;

use ecs_router::classify::provenance::{ChunkOrigin, ProvenanceReader};
use ecs_router::destination::Endpoint;
use ecs_router::encode::batch::{Limits, pack};
use ecs_router::encode::buffer_pool::BufferPool;
use ecs_router::encode::partition::{BatchItem, Partition};
use ecs_router::envelope::Budget;
use ecs_router::input::decode;
use ecs_router::json::Writer;

use super::common::{BenchRouter, TAG};
use super::{Case, Input};

pub(crate) fn cases(input: &Input) -> Vec<Case> {
    let all = input.chunk.len();
    let chunk = || Rc::clone(&input.chunk);
    vec![
        ("decode", all, decoding(chunk())),
        ("classify", all, classifying(chunk(), Rc::clone(&input.router))),
        escaping(&input.chunk),
        ("encode", all, encoding(chunk(), Rc::clone(&input.router))),
        ("batch", all, batching()),
        compressing(&input.chunk),
        // All of `encode`, for lines of JSON.
        ("json", input.json.len(), encoding(Rc::clone(&input.json), Rc::clone(&input.router))),
    ]
}

/// From bytes to batches.
pub(crate) fn encoding(chunk: Rc<[u8]>, router: Rc<BenchRouter>) -> Box<dyn Fn()> {
    Box::new(move || drop(black_box(router.process(&chunk))))
}

fn decoding(chunk: Rc<[u8]>) -> Box<dyn Fn()> {
    Box::new(move || {
        decode::records(&chunk, |record| _ = black_box(record.fields.len()));
    })
}

/// Includes decoding, which classification needs.
fn classifying(chunk: Rc<[u8]>, router: Rc<BenchRouter>) -> Box<dyn Fn()> {
    Box::new(move || {
        let budget = Budget::default();
        let mut provenance = ProvenanceReader::new(ChunkOrigin::from_tag(TAG, &[]));
        decode::records(&chunk, |record| {
            _ = black_box(router.classifier.classify(record, &provenance.read(record), &budget));
        });
    })
}

fn escaping(chunk: &[u8]) -> Case {
    let mut logs: Vec<Vec<u8>> = Vec::new();
    decode::records(chunk, |record| logs.extend(record.text(b"log").map(<[u8]>::to_vec)));
    let bytes = logs.iter().map(Vec::len).sum();
    let round = move || {
        let mut out = Vec::new();
        for log in &logs {
            out.clear();
            Writer::<true>::new(&mut out).string(log);
            black_box(&out);
        }
    };
    ("escape", bytes, Box::new(round))
}

fn batching() -> Box<dyn Fn()> {
    let pool = BufferPool::default();
    Box::new(move || drop(black_box(pack(partition(&pool), &LIMITS))))
}

const LIMITS: Limits = Limits { bytes: 1_048_576, records: 10_000, span_ms: Some(86_400_000), ordered: true };

/// 5,000 records of 400 bytes.
fn partition(pool: &BufferPool) -> Partition {
    let mut partition = Partition::new(&b""[..], pool);
    for number in 0..5_000 {
        let (range, ()) = partition.write(400, |out| out.extend_from_slice(&[b'x'; 400]));
        let at_ms = i64::from(number);
        partition.push(BatchItem { ordinal: number, at_ms, start: range.start, end: range.end, size: 426 });
    }
    partition
}

/// The requests of a chunk for Datadog.
fn compressing(chunk: &[u8]) -> Case {
    let router = BenchRouter::new([("route.default", "datadog"), ("datadog.api_key", "x")]);
    let batches = router.process(chunk);
    let bytes = batches[0].iter().map(|batch| batch.wire_len()).sum();
    let round = move || {
        batches[0].iter().for_each(|batch| match router.destinations[0].request(batch).endpoint {
            Endpoint::Http(request) => _ = black_box(request),
            _ => unreachable!("Datadog is behind a network"),
        });
    };
    ("gzip", bytes, Box::new(round))
}
