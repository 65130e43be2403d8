//! What features that are off by default add: levels, the flight recorder, limits, samples and joining.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use ecs_router::input::decode;
use ecs_router::join::chunk::join_alone;
use ecs_router::join::rules::{JoinRules, LineRule};

use super::common::{BenchRouter, TO_CLOUDWATCH, push};
use super::stages::encoding;
use super::{Case, Input};

/// Errors go where they went before, so that reading levels is all that differs.
const LEVEL: [(&str, &str); 2] = [("level", "auto"), ("route.error", "lines")];

/// Holds what no error releases: standard output, all the same sent to another destination.
const RECORDER: [(&str, &str); 2] = [("recorder.window", "5m"), ("recorder.destination", "errors")];

/// Nothing is dropped, so that all of the work is there and the deciding besides.
const LIMIT: [(&str, &str); 2] = [
    ("limit.stdout", "1000000/s per container, burst 100000000"),
    ("limit.stderr", "1000000/s per container, burst 100000000"),
];

const SAMPLE: [(&str, &str); 2] = [("sample.stdout", "99.9999%"), ("sample.stderr", "99.9999%")];

const JOIN: JoinRules = JoinRules {
    pieces: true,
    lines: Some(LineRule::Traces),
    wait: Duration::from_secs(2),
    max_bytes: 1 << 20,
};

pub(crate) fn cases(input: &Input) -> Vec<Case> {
    let on = |keys: [(&'static str, &'static str); 2]| {
        Rc::new(BenchRouter::new(TO_CLOUDWATCH.into_iter().chain(keys)))
    };
    let chunk = || Rc::clone(&input.chunk);
    let json = || Rc::clone(&input.json);
    let sampled = on(SAMPLE);
    vec![
        // Beside `json`.
        ("level", input.json.len(), encoding(json(), on(LEVEL))),
        ("recorder", input.json.len(), encoding(json(), on(RECORDER))),
        ("traces", input.json.len(), encoding(json(), Rc::clone(&sampled))),
        // Beside `encode`.
        ("limit", input.chunk.len(), encoding(chunk(), on(LIMIT))),
        ("sample", input.chunk.len(), encoding(chunk(), sampled)),
        ("joining", input.chunk.len(), joining_and_encoding(chunk(), Rc::clone(&input.router))),
        // Before `encode`: where nothing is joined, and where a tenth of the lines begin a stack trace.
        joining("join", chunk()),
        joining("joined", with_traces(&input.chunk).into()),
    ]
}

fn joining(name: &'static str, chunk: Rc<[u8]>) -> Case {
    (name, chunk.len(), Box::new(move || drop(black_box(join_alone(&JOIN, &chunk)))))
}

fn joining_and_encoding(chunk: Rc<[u8]>, router: Rc<BenchRouter>) -> Box<dyn Fn()> {
    Box::new(move || {
        let joined = join_alone(&JOIN, &chunk).bytes;
        drop(black_box(router.process(joined.as_deref().unwrap_or(&chunk))));
    })
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
