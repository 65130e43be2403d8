//! An instance under full load: chunks of 2 MB flushed by several workers at one time, each with a task-stop event in
//! front of 3,500 lines. `cargo bench --bench flushes`.
//!
//! Prints for each number of workers: throughput; CPU time of the instance's own thread, which is what cannot be shared
//! out, of all others of the plugin's, and of the process with its stand-ins; how many cores were at work; and how long
//! stop events take from the flush to the request that brings them.
//! At the end the same for events from a queue, one at a time. The lines go to an endpoint that reads and forgets, the stop
//! events to a stand-in for Datadog. Both run in this process, so the figures hold for two cores that share all of it.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

mod common;
#[path = "common/counting_sink.rs"]
mod counting_sink;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::{chunk, push};
use ecs_router::Verdict;
use ecs_router::instance::Instance;
use fake_cloud::{Api, Cloud};
use test_support::environment;
use test_support::record::stop;

/// By each worker.
const FLUSHES: usize = 240;

/// Messages of the queue.
const QUEUED: usize = 200;

const QUEUE: &str = "ecs-stops";

/// Beginnings of the names of threads.
const OWN_THREAD: &str = "ecs_router.0";
const OTHER_THREADS: &str = "ecs_router.";

/// What masks with everything there is.
const REDACTION: (&str, &str) = ("redact", "email, card, jwt, aws_key, bearer");

fn main() {
    environment::of_the_fake_cloud();
    println!(
        "{:<34} {:>8} {:>29} {:>6} {:>30}",
        "", "MB/s", "CPU, µs/MB: own, other, all", "cores", "stop events: p50, p99, max"
    );
    for workers in [1, 2, 4] {
        measure(&format!("{workers} workers"), workers, &[("logs.compress", "off")]);
    }
    for workers in [1, 2, 4] {
        measure(&format!("{workers} workers, compressed"), workers, &[("logs.compress", "gzip")]);
    }
    measure("4 workers, compressed and masked", 4, &[("logs.compress", "gzip"), REDACTION]);
    measure_queue("a queue, nothing else", 0);
    measure_queue("a queue, 2 workers beside it", 2);
}

fn measure(name: &str, workers: usize, more: &[(&str, &str)]) {
    let logs = counting_sink::start();
    let alerts = Cloud::start();
    let instance = start(&logs, &alerts, more);
    let lines = chunk();
    let starts = Mutex::new(BTreeMap::new());
    let own_before = thread_cpu(OWN_THREAD);
    let other_before = thread_cpu(OTHER_THREADS);
    let all_before = process_cpu();
    let start = Instant::now();
    let load = Load { instance: &instance, lines: &lines, starts: &starts };
    std::thread::scope(|scope| {
        for worker in 0..workers {
            scope.spawn(move || load.flush_all(worker));
        }
    });
    let took = start.elapsed();
    let all = process_cpu() - all_before;
    let own = thread_cpu(OWN_THREAD) - own_before;
    let other = thread_cpu(OTHER_THREADS) - other_before;
    instance.drain();
    let megabytes = (workers * FLUSHES * lines.len()) as f64 / 1e6;
    let waits = waits(&alerts, &starts.into_inner().unwrap());
    assert_eq!(waits.len(), workers * FLUSHES, "every stop event arrives once");
    let per_megabyte = |time: Duration| time.as_secs_f64() * 1e6 / megabytes;
    println!(
        "{name:<34} {:>8.0} {:>10.0} {:>10.0} {:>7.0} {:>6.2} {}",
        megabytes / took.as_secs_f64(),
        per_megabyte(own),
        per_megabyte(other),
        per_megabyte(all),
        all.as_secs_f64() / took.as_secs_f64(),
        in_words(waits)
    );
}

/// Median, 99th percentile and maximum.
fn in_words(mut waits: Vec<Duration>) -> String {
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    format!("{:>10.1} {:>6.1} {:>6.1} ms", at(0.5), at(0.99), at(1.0))
}

/// Events that come one at a time, from when they are sent to the queue to the request that brings them; the stand-in for
/// SQS looks for messages every 5 ms.
fn measure_queue(name: &str, workers: usize) {
    let logs = counting_sink::start();
    let alerts = Cloud::builder().create_queues([QUEUE]).start();
    let url = alerts.sqs().url(QUEUE);
    let instance = start(&logs, &alerts, &[("queue.url", &url), ("queue.region", "us-east-1")]);
    let lines = chunk();
    let starts = Mutex::new(BTreeMap::new());
    let sent = Mutex::new(BTreeMap::new());
    let load = Load { instance: &instance, lines: &lines, starts: &starts };
    std::thread::scope(|scope| {
        for worker in 0..workers {
            scope.spawn(move || load.flush_all(worker));
        }
        for number in 0..QUEUED {
            let task = format!("{:032x}", (1 << 40) + number);
            sent.lock().unwrap().insert(task.clone(), Instant::now());
            alerts.sqs().send(QUEUE, stop_of(&task));
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    instance.drain();
    let waits = waits(&alerts, &sent.into_inner().unwrap());
    assert_eq!(waits.len(), QUEUED, "every event arrives");
    println!("{name:<65} {}", in_words(waits));
}

fn start(logs: &str, alerts: &Cloud, more: &[(&str, &str)]) -> Instance {
    let alerts_endpoint = alerts.endpoint();
    let usual = [
        ("route.default", "logs"),
        ("route.stop", "alerts"),
        ("logs.type", "cloudwatch"),
        ("logs.region", "us-east-1"),
        ("logs.endpoint", logs),
        ("logs.log_group", "/ecs/web"),
        ("logs.log_stream", "$(tag)"),
        ("alerts.type", "datadog"),
        ("alerts.endpoint", &alerts_endpoint),
        ("alerts.api_key", "key"),
        ("alerts.compress", "off"),
        ("stop.trusted_tags", "*"),
        ("stats_interval", "0"),
    ];
    let keys: BTreeMap<String, String> =
        usual.iter().chain(more).map(|(key, value)| ((*key).into(), (*value).into())).collect();
    Instance::start(0, &keys).unwrap()
}

/// What each worker flushes, and when it did.
#[derive(Clone, Copy)]
struct Load<'l> {
    instance: &'l Instance,
    lines: &'l [u8],
    /// By task.
    starts: &'l Mutex<BTreeMap<String, Instant>>,
}

impl Load<'_> {
    fn flush_all(self, worker: usize) {
        let mut chunk = Vec::with_capacity(self.lines.len() + 10_000);
        for number in 0..FLUSHES {
            let task = format!("{:032x}", worker * FLUSHES + number + 1);
            self.write_stop(&mut chunk, &task);
            self.starts.lock().unwrap().insert(task, Instant::now());
            assert_eq!(self.instance.flush(format!("app{worker}").as_bytes(), &chunk), Verdict::Ok);
        }
    }

    /// Makes the chunk that of another task. Its lines stay, which costs nothing beside what is measured.
    fn write_stop(self, chunk: &mut Vec<u8>, task: &str) {
        let mut stop = Vec::new();
        push(&mut stop, 0, &stop_of(task));
        match chunk.get_mut(..stop.len()) {
            Some(before) => before.copy_from_slice(&stop),
            None => chunk.extend([&stop, self.lines].concat()),
        }
    }
}

/// The event of a task of its own.
fn stop_of(task: &str) -> serde_json::Value {
    let mut event = stop();
    let arn = format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{task}");
    event["id"] = task.into();
    event["resources"][0] = arn.clone().into();
    event["detail"]["taskArn"] = arn.into();
    event
}

/// From the flush of each stop event to the moment its request has been read.
fn waits(alerts: &Cloud, starts: &BTreeMap<String, Instant>) -> Vec<Duration> {
    let requests = alerts.requests_for(Api::DatadogLogs);
    let wait = |(task, start): (&String, &Instant)| {
        let request = requests.iter().find(|request| request.text().contains(task.as_str()))?;
        Some(request.at - *start)
    };
    starts.iter().filter_map(wait).collect()
}

/// CPU time of the plugin's threads whose names begin like this; the instance's own is none of the others.
fn thread_cpu(prefix: &str) -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let is_ours = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path.join("comm")).is_ok_and(|name| is_counted(&name, prefix))
    };
    tasks.filter(is_ours).map(|path| nanoseconds(&path)).map(Duration::from_nanos).sum()
}

/// CPU time of the whole process, the stand-ins and the benchmark's own work among it; the kernel counts in hundredths of a
/// second.
fn process_cpu() -> Duration {
    let statistics = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = statistics.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = [11, 12].map(|index: usize| fields[index].parse::<u64>().unwrap()).iter().sum();
    Duration::from_millis(ticks * 10)
}

fn is_counted(name: &str, prefix: &str) -> bool {
    name.starts_with(prefix) && (prefix == OWN_THREAD || !name.starts_with(OWN_THREAD))
}

fn nanoseconds(task: &std::path::Path) -> u64 {
    let statistics = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    statistics.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default()
}
