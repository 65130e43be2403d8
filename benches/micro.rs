//! The cost of each stage by itself, for one 2 MB chunk: `cargo bench --bench micro`.
//!
//! With the name of a case it runs only that case, a fixed number of times, for `valgrind --tool=callgrind`, whose count of
//! instructions is the same on every machine of one kind: `benches/instructions`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

mod common;

use std::hint::black_box;
use std::time::Duration;

use common::{BenchRouter, TAG, TO_CLOUDWATCH, chunk, json_chunk, median, push, time};
use ecs_router::classify::provenance::{ChunkOrigin, ProvenanceReader};
use ecs_router::destination::Endpoint;
use ecs_router::encode::batch::{Limits, pack};
use ecs_router::encode::buffer_pool::BufferPool;
use ecs_router::encode::partition::{BatchItem, Partition};
use ecs_router::envelope::Budget;
use ecs_router::input::decode;
use ecs_router::join::chunk::join_alone;
use ecs_router::join::rules::{JoinRules, LineRule};
use ecs_router::json::Writer;
use ecs_router::redact::RecordSearch;

const ROUNDS: usize = 40;

/// Rounds under callgrind: two, so that what happens only once does not count for half.
const COUNTED_ROUNDS: usize = 2;

/// A case: its name, the bytes that one round works on, and the round.
type Case<'c> = (&'static str, usize, Box<dyn Fn() + 'c>);

fn main() {
    let chunk = chunk();
    let router = BenchRouter::new(TO_CLOUDWATCH);
    let gzip = BenchRouter::new([("route.default", "datadog"), ("datadog.api_key", "x")]);
    let json = json_chunk();
    // Errors go where they went before, so that reading levels is all that differs.
    let leveled =
        BenchRouter::new(TO_CLOUDWATCH.into_iter().chain([("level", "auto"), ("route.error", "lines")]));
    let recording = BenchRouter::new(TO_CLOUDWATCH.into_iter().chain(RECORDER));
    let masking = BenchRouter::new(TO_CLOUDWATCH.into_iter().chain([("redact", FIVE_RULES)]));
    let personal = personal(&chunk);
    // Nothing is dropped, so that all of the work is there and the deciding besides.
    let limited = BenchRouter::new(TO_CLOUDWATCH.into_iter().chain([
        ("limit.stdout", "1000000/s per container, burst 100000000"),
        ("limit.stderr", "1000000/s per container, burst 100000000"),
    ]));
    let sampled = BenchRouter::new(
        TO_CLOUDWATCH.into_iter().chain([("sample.stdout", "99.9999%"), ("sample.stderr", "99.9999%")]),
    );
    let joining = JoinRules {
        pieces: true,
        lines: Some(LineRule::Traces),
        wait: Duration::from_secs(2),
        max_bytes: 1 << 20,
    };
    let with_traces = with_traces(&chunk);
    let mut cases = cases(&chunk, &router, &gzip);
    // All of `encode`, for lines of JSON: without levels, with the level read in each, and with each held for an error.
    cases.push(("json", json.len(), Box::new(|| drop(black_box(router.process(&json))))));
    cases.push(("level", json.len(), Box::new(|| drop(black_box(leveled.process(&json))))));
    cases.push(("recorder", json.len(), Box::new(|| drop(black_box(recording.process(&json))))));
    // Beside `encode` and `json`.
    cases.push(("limit", chunk.len(), Box::new(|| drop(black_box(limited.process(&chunk))))));
    cases.push(("sample", chunk.len(), Box::new(|| drop(black_box(sampled.process(&chunk))))));
    cases.push(("traces", json.len(), Box::new(|| drop(black_box(sampled.process(&json))))));
    // Before `encode`: where nothing is joined, and where a tenth of the lines begin a stack trace.
    cases.push(("join", chunk.len(), Box::new(|| drop(black_box(join_alone(&joining, &chunk))))));
    cases.push((
        "joined",
        with_traces.len(),
        Box::new(|| drop(black_box(join_alone(&joining, &with_traces)))),
    ));
    cases.push(("redact", chunk.len(), Box::new(|| redact(&chunk, &masking))));
    cases.push(("redacted", personal.len(), Box::new(|| redact(&personal, &masking))));
    // `cargo bench` passes `--bench`.
    match std::env::args().nth(1).filter(|name| !name.starts_with('-')) {
        Some(name) => {
            // An unknown name such as `nothing` measures the set-up alone.
            if let Some((_, _, round)) = cases.iter().find(|(known, ..)| *known == name) {
                (0..COUNTED_ROUNDS).for_each(|_| round());
            }
        }
        None => cases.iter().for_each(|(name, bytes, round)| {
            let duration = median((0..ROUNDS).map(|_| time(round)).collect());
            println!("{name:<10} {:>8.0} MB/s", *bytes as f64 / 1e6 / duration.as_secs_f64());
        }),
    }
}

fn cases<'c>(chunk: &'c [u8], router: &'c BenchRouter, gzip: &'c BenchRouter) -> Vec<Case<'c>> {
    let all = chunk.len();
    let logs = logs(chunk);
    let text: usize = logs.iter().map(|log| log.len()).sum();
    let batches = gzip.process(chunk);
    let pool = BufferPool::default();
    vec![
        ("decode", all, Box::new(|| decode_only(chunk))),
        ("classify", all, Box::new(|| classify(chunk, router))),
        ("escape", text, Box::new(move || escape(&logs))),
        ("encode", all, Box::new(|| drop(black_box(router.process(chunk))))),
        ("batch", all, Box::new(move || drop(black_box(pack(partition(&pool), &LIMITS))))),
        (
            "gzip",
            batches[0].iter().map(|batch| batch.wire_len()).sum(),
            Box::new(move || {
                batches[0].iter().for_each(|batch| match gzip.destinations[0].request(batch).endpoint {
                    Endpoint::Http(request) => _ = black_box(request),
                    _ => unreachable!("Datadog is behind a network"),
                });
            }),
        ),
    ]
}

/// Holds what no error releases: standard output, all the same sent to another destination.
const RECORDER: [(&str, &str); 2] = [("recorder.window", "5m"), ("recorder.destination", "errors")];

const FIVE_RULES: &str = "email, card, jwt, aws_key, bearer";

/// Includes decoding.
fn redact(chunk: &[u8], router: &BenchRouter) {
    let redactor = &router.redaction.redactors[0];
    let mut run = RecordSearch::default();
    let mut counts = vec![0; router.redaction.rules.len()];
    decode::records(chunk, |record| {
        _ = black_box(redactor.record(record, &mut run, &mut counts));
    });
}

/// The same records, a tenth of them with an address of e-mail and a number of a card.
fn personal(chunk: &[u8]) -> Vec<u8> {
    let mut personal = Vec::with_capacity(chunk.len());
    let mut sequence = 0;
    decode::records(chunk, |record| {
        let mut fields: serde_json::Value = rmp_serde::from_slice(record.body).unwrap();
        if sequence % 10 == 0 {
            let log = fields["log"].as_str().unwrap();
            fields["log"] = format!("{log} of me@example.com with 4111 1111 1111 1111").into();
        }
        push(&mut personal, sequence, &fields);
        sequence += 1;
    });
    personal
}

/// The same records, with a stack trace of five lines in place of each tenth.
fn with_traces(chunk: &[u8]) -> Vec<u8> {
    const TRACE: [&str; 5] = [
        "java.lang.IllegalStateException: order 17 is closed",
        "\tat com.example.Orders.close(Orders.java:42)",
        "\tat com.example.Api.handle(Api.java:17)",
        "Caused by: java.lang.NullPointerException",
        "\t... 12 more",
    ];
    let mut with_traces = Vec::with_capacity(chunk.len());
    let mut sequence = 0;
    decode::records(chunk, |record| {
        let mut fields: serde_json::Value = rmp_serde::from_slice(record.body).unwrap();
        let is_trace = sequence % 10 == 0;
        for line in TRACE.iter().take(if is_trace { TRACE.len() } else { 1 }) {
            if is_trace {
                fields["log"] = (*line).into();
            }
            push(&mut with_traces, sequence, &fields);
        }
        sequence += 1;
    });
    with_traces
}

fn logs(chunk: &[u8]) -> Vec<&[u8]> {
    let mut logs = Vec::new();
    decode::records(chunk, |record| logs.extend(record.text(b"log")));
    logs
}

fn decode_only(chunk: &[u8]) {
    decode::records(chunk, |record| _ = black_box(record.fields.len()));
}

/// Includes decoding, which classification needs.
fn classify(chunk: &[u8], router: &BenchRouter) {
    let budget = Budget::default();
    let mut provenance = ProvenanceReader::new(ChunkOrigin::from_tag(TAG, &[]));
    decode::records(chunk, |record| {
        _ = black_box(router.classifier.classify(record, &provenance.read(record), &budget));
    });
}

fn escape(logs: &[&[u8]]) {
    let mut out = Vec::new();
    for log in logs {
        out.clear();
        Writer::<true>::new(&mut out).string(log);
        black_box(&out);
    }
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
