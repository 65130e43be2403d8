//! What the flight recorder saves on a day of a service: `cargo run --release --example recorder_day`.
//!
//! The day is made up, and the same each time: two containers write 10 lines a second each on the average, three of ten at
//! night and seventeen of ten at noon. A line is JSON of 150 to 450 bytes; 70 % are debug, 28 % info and 2 % warnings.
//! Each container writes errors at random times, 6 a day by default (the first argument changes that), and the first one
//! has two bad periods of five minutes with an error every 5 seconds, at 10:00 and at 20:00. Each second of a container is
//! one chunk, and takes the plugin's own way from bytes to requests. Nothing is sent.
//!
//! An error has kept its context when the 20 lines before it of its container reach CloudWatch too.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use ecs_router::config::{AwsEnvironments, KeyReader, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::template::RenderContext;
use ecs_router::input::decode;
use ecs_router::input::record::{Record, Timestamp};
use ecs_router::router::pipeline::{Pipeline, new_metrics};
use ecs_router::router::process::process_chunk;
use serde_json::json;
use test_support::chunk::Chunk;
use test_support::record;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DAY: u64 = 86_400;
const CONTAINERS: [&str; 2] = ["web", "worker"];
const LINES_PER_SECOND: f64 = 10.0;
const ERRORS_PER_DAY: f64 = 6.0;
/// Lines before an error that make its context.
const CONTEXT: usize = 20;
/// The first second of each bad period, and its length.
const BAD_PERIODS: [u64; 2] = [10 * 3_600, 20 * 3_600];
const BAD_SECONDS: u64 = 300;
/// 2025-11-20T00:00:00Z
const START: u64 = 1_763_596_800;

/// Keys that all ways have.
const USUAL: [(&str, &str); 7] = [
    ("level", "auto"),
    ("route.default", "errors"),
    ("route.stdout", "drop"),
    ("errors.type", "cloudwatch"),
    ("errors.log_group", "/ecs/app"),
    ("errors.log_stream", "$(container_name)"),
    ("errors.log_key", "log"),
];

fn main() -> Result<()> {
    let errors_per_day = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => ERRORS_PER_DAY,
    };
    let window = |window| [("recorder.window", window), ("recorder.destination", "errors")];
    let mut ways = vec![
        Way::new("everything", &[("route.stdout", "errors")])?,
        Way::new("errors alone", &[])?,
        Way::new("recorder 30s", &window("30s"))?,
        Way::new("recorder 1m", &window("1m"))?,
        Way::new("recorder 5m", &window("5m"))?,
    ];
    let mut errors = 0;
    let mut service = Service::new(errors_per_day);
    for second in 0..DAY {
        for container in 0..CONTAINERS.len() {
            let written = service.second(second, container);
            errors += written.errors.len();
            ways.iter_mut().for_each(|way| way.take(container, &written));
        }
    }
    println!("{} lines, {errors} errors", service.lines());
    println!(
        "{:<14} {:>10} {:>12} {:>8} {:>14} {:>9}",
        "way", "lines", "MB", "share", "with context", "memory MB"
    );
    let all = ways.first().map_or(1, |way| way.bytes);
    for Way { name, lines, bytes, with_context, memory, .. } in &ways {
        println!(
            "{name:<14} {lines:>10} {:>12.1} {:>7.1}% {with_context:>14} {:>9.1}",
            megabytes(*bytes),
            100.0 * megabytes(*bytes) / megabytes(all),
            megabytes(usize::try_from(*memory)?),
        );
    }
    Ok(())
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// What one container writes in one second.
struct Written {
    chunk: Chunk,
    /// The numbers of its lines, from the first to the last.
    numbers: std::ops::Range<usize>,
    /// The numbers of its errors.
    errors: Vec<usize>,
}

/// The service and its chances.
struct Service {
    random: u64,
    errors_per_second: f64,
    /// By container: the number of its next line.
    next: [usize; CONTAINERS.len()],
}

impl Service {
    fn new(errors_per_day: f64) -> Self {
        Self { random: 42, errors_per_second: errors_per_day / DAY as f64, next: [0; CONTAINERS.len()] }
    }

    fn lines(&self) -> usize {
        self.next.iter().sum()
    }

    /// A number from 0 to 1: SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
    }

    fn second(&mut self, second: u64, container: usize) -> Written {
        let noon = (std::f64::consts::PI * second as f64 / DAY as f64).sin().powi(2);
        let lines = (LINES_PER_SECOND * (0.3 + 1.4 * noon) + self.chance()) as usize;
        let is_bad = container == 0
            && second.is_multiple_of(5)
            && BAD_PERIODS.iter().any(|start| (*start..start + BAD_SECONDS).contains(&second));
        let has_error = is_bad || self.chance() < self.errors_per_second;
        let first = self.next[container];
        let failing = has_error.then(|| first + (self.chance() * lines as f64) as usize);
        let numbers = first..first + lines.max(1);
        let mut chunk = Chunk::new();
        for number in numbers.clone() {
            let at = (START + second) * 1_000 + (number - first) as u64 * 1_000 / numbers.len() as u64;
            let log = self.line(number, failing == Some(number));
            chunk = chunk.with(
                i64::try_from(at).unwrap_or_default(),
                &record::line(CONTAINERS[container], "stdout", &log),
            );
        }
        self.next[container] = numbers.end;
        Written { chunk, numbers, errors: failing.into_iter().collect() }
    }

    fn line(&mut self, number: usize, is_error: bool) -> String {
        let level = match self.chance() {
            _ if is_error => "error",
            chance if chance < 0.02 => "warn",
            chance if chance < 0.30 => "info",
            _ => "debug",
        };
        let words = "order 4711 of customer 12 was checked and stored; ";
        let text = words.repeat(1 + (self.chance() * 7.0) as usize);
        json!({"level": level, "logger": "com.example.orders.Checkout", "msg": text, "number": number})
            .to_string()
    }
}

/// One configuration, and what it sends to CloudWatch.
struct Way {
    name: &'static str,
    pipeline: Pipeline,
    destinations: Vec<Destination>,
    lines: usize,
    bytes: usize,
    with_context: usize,
    memory: u64,
    /// Whether the configuration sends every line.
    sends_all: bool,
    /// By container and number: whether a line was sent.
    sent: [Vec<bool>; CONTAINERS.len()],
}

impl Way {
    fn new(name: &'static str, keys: &[(&str, &str)]) -> Result<Self> {
        let keys: BTreeMap<String, String> =
            USUAL.iter().chain(keys).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(&keys, &problems);
        let reader = KeyReader::new(&keys, &problems);
        let open = |named| destination::open(named, &reader, &AwsEnvironments::in_region("eu-west-1"));
        let destinations = settings.destinations.iter().map(open).collect();
        if let Some(problem) = problems.borrow().first() {
            return Err(problem.to_string().into());
        }
        let metrics = Arc::new(new_metrics(&settings));
        let pipeline = Pipeline::new(settings, metrics);
        let sends_all = keys.get("route.stdout").is_some_and(|route| route != "drop");
        let sent = Default::default();
        Ok(Self {
            name,
            pipeline,
            destinations,
            lines: 0,
            bytes: 0,
            with_context: 0,
            memory: 0,
            sends_all,
            sent,
        })
    }

    fn take(&mut self, container: usize, written: &Written) {
        let tag = format!("{}-firelens-7378aadeebae5d55dee04916c8a42528", CONTAINERS[container]);
        let destinations: Vec<&Destination> = self.destinations.iter().collect();
        let progress = Progress::new(destinations.len());
        let context = RenderContext { tag: tag.as_bytes(), uuid: "", chunk: "", task: None, overflow: None };
        let stages = self.pipeline.stages(self.pipeline.origin(tag.as_bytes()), &destinations);
        let processed = process_chunk(&stages, &context, written.chunk.bytes(), &progress);
        let batches = processed.batches.iter().flatten();
        let sizes: Vec<usize> = batches.flat_map(|batch| batch.items.iter().map(|item| item.size)).collect();
        self.lines += sizes.len();
        self.bytes += sizes.iter().sum::<usize>();
        self.memory = self.memory.max(processed.recorder.memory_bytes);
        self.note_sent(container, written, &progress);
    }

    fn note_sent(&mut self, container: usize, written: &Written, progress: &Progress) {
        let sent = &mut self.sent[container];
        sent.resize(written.numbers.end, self.sends_all);
        written.errors.iter().for_each(|number| sent[*number] = true);
        for released in progress.released().into_iter().flat_map(|released| released.lines()) {
            sent[number(released.line.body)] = true;
        }
        let has_context =
            |error: &&usize| sent[error.saturating_sub(CONTEXT)..**error].iter().all(|sent| *sent);
        self.with_context += written.errors.iter().filter(has_context).count();
    }
}

/// The number of a line.
fn number(body: &[u8]) -> usize {
    let fields = decode::fields(body);
    let record = Record::new(Timestamp::default(), &fields, body);
    let line: serde_json::Value =
        record.text(b"log").and_then(|log| serde_json::from_slice(log).ok()).unwrap_or_default();
    line["number"].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
}
