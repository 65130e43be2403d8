//! Shared by the targets: a router with real destinations, chunks of JSON records, and checks of more than one target.
//!
//! Nothing is sent: a target ends where a request or the action for a reply is made.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ecs_router::classify::classes::Classifier;
use ecs_router::classify::provenance::ChunkOrigin;
use ecs_router::classify::routes::Routes;
use ecs_router::config::{AwsEnvironments, KeyReader, Problem, Settings};
use ecs_router::destination::{self, Destination};
use ecs_router::encode::buffer_pool::BufferPool;
use ecs_router::encode::template::RenderContext;
use ecs_router::input::decode;
use ecs_router::input::record::{Record, Timestamp};
use ecs_router::metrics::Metrics;
use ecs_router::router::pipeline::{CrossChunkState, Stages};
use ecs_router::router::process::{Processed, process_chunk};
use serde_json::Value;

/// The context of every chunk.
pub const CONTEXT: RenderContext<'static> =
    RenderContext { tag: b"app.web.1", uuid: "U", chunk: "C", task: None, overflow: None };

/// A configuration as the plugin reads it.
#[derive(Debug)]
pub struct Read {
    /// The output's own keys.
    pub settings: Settings,
    /// Every destination on a route.
    pub destinations: Vec<Destination>,
    /// Problems of both.
    pub problems: Vec<Problem>,
}

/// Reads a configuration as the plugin does when it starts, without files and network.
#[must_use]
pub fn read(keys: &BTreeMap<String, String>, environments: &AwsEnvironments) -> Read {
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(keys, &problems);
    let reader = KeyReader::new(keys, &problems);
    let destinations =
        settings.destinations.iter().map(|one| destination::open(one, &reader, environments)).collect();
    Read { settings, destinations, problems: problems.into_inner() }
}

/// The stages of the pipeline with real destinations.
#[derive(Debug)]
pub struct Router {
    classifier: Classifier,
    routes: Routes,
    metrics: Metrics,
    /// In the order in which routes name them.
    pub destinations: Vec<Destination>,
}

impl Router {
    /// A router of a configuration without problems.
    #[must_use]
    pub fn new(read: Read) -> Self {
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        let Settings { classes, levels, routes, stop, .. } = read.settings;
        Self {
            classifier: Classifier::new(classes).with_reader(stop.reader).with_levels(levels),
            routes: Routes::new(routes),
            metrics: Metrics::new(Vec::new(), vec![String::new(); read.destinations.len()]),
            destinations: read.destinations,
        }
    }

    /// A router of `key value` lines without problems.
    #[must_use]
    pub fn from_lines(text: &str) -> Self {
        Self::new(read(&pairs(text), &AwsEnvironments::in_region("eu-west-1")))
    }

    /// Takes a chunk through all stages, without memory of earlier chunks.
    #[must_use]
    pub fn process(&self, chunk: &[u8]) -> Processed {
        let destinations: Vec<&Destination> = self.destinations.iter().collect();
        let state = CrossChunkState::new(true, 3);
        let stages = Stages {
            origin: ChunkOrigin::Trusted,
            classifier: &self.classifier,
            routes: &self.routes,
            destinations: &destinations,
            metrics: &self.metrics,
            redaction: None,
            limiter: None,
            pool: &BufferPool::default(),
            state: Some(&state),
            names: &[],
        };
        let progress = ecs_router::delivery::progress::Progress::new(destinations.len());
        process_chunk(&stages, &CONTEXT, chunk, &progress)
    }
}

/// Parses `key value` lines.
#[must_use]
pub fn pairs(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (key, value) = line.trim().split_once(char::is_whitespace)?;
        Some((key.to_owned(), value.trim().to_owned()))
    };
    text.lines().filter_map(pair).collect()
}

/// A chunk of these records, one second apart, in the format of Fluent Bit 1.9.
#[must_use]
pub fn chunk(records: &[Value]) -> Vec<u8> {
    let entry = |(at, record): (u64, &Value)| rmp_serde::to_vec(&(1_795_000_000 + at, record)).unwrap();
    (0..).zip(records).flat_map(entry).collect()
}

/// Calls `visit` with the record in these bytes of a map.
pub fn with_record<R>(body: &[u8], visit: impl FnOnce(&Record<'_, '_>) -> R) -> R {
    let fields = decode::fields(body);
    visit(&Record::new(Timestamp { seconds: 1_795_000_000, nanos: 0 }, &fields, body))
}

/// Splits an input into its first line and the rest.
#[must_use]
pub fn line(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    (&input[..end], input.get(end + 1..).unwrap_or_default())
}

/// Asserts that a text is one readable line.
pub fn assert_one_line(text: &str) {
    assert!(!text.trim().is_empty(), "says nothing");
    assert!(!text.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')), "{text:?}");
}

/// Asserts that CloudWatch accepts the name of a log group.
pub fn assert_log_group(name: &[u8]) {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(byte);
    let shown = String::from_utf8_lossy(name);
    assert!(name.iter().all(allowed), "{shown:?}");
    assert!((1..=512).contains(&name.len()), "{shown:?}");
    assert!(!name.starts_with(b"aws/"), "{shown:?}");
}

/// Asserts that CloudWatch accepts the name of a log stream.
pub fn assert_log_stream(name: &[u8]) {
    let shown = String::from_utf8_lossy(name);
    assert!(!shown.contains(|c: char| matches!(c, ':' | '*') || c.is_ascii_control()), "{shown:?}");
    assert!((1..=512).contains(&shown.chars().count()), "{shown:?}");
}

/// Asserts that neither S3 nor a client takes the key for another object's. Does not check the length.
pub fn assert_object_key(key: &[u8]) {
    let shown = String::from_utf8_lossy(key);
    assert!(!key.starts_with(b"/") && !key.contains(&0), "{shown:?}");
    assert!(key.split(|byte| *byte == b'/').all(|segment| segment != b"." && segment != b".."), "{shown:?}");
}
