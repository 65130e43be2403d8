//! Names that records choose: a limit of new ones a minute, and one name for the records of all others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::classify::provenance::ChunkOrigin;
use ecs_router::config::{AwsEnvironments, KeyReader, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::template::RenderContext;
use ecs_router::router::pipeline::{Pipeline, new_metrics};
use ecs_router::router::process::{Processed, process_chunk};
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::temp::TempDir;
use test_support::this_test;

/// Lines that each have a request of their own.
fn lines(numbers: std::ops::Range<usize>) -> Vec<Value> {
    let line = |number| json!({ "source": "stdout", "request": format!("r{number}"), "log": format!("line {number}") });
    numbers.map(line).collect()
}

fn chunk(numbers: std::ops::Range<usize>) -> Chunk {
    Chunk::now(&lines(numbers))
}

/// A pipeline without a transport, on a clock that a test turns.
struct Dry {
    pipeline: Pipeline,
    destination: Destination,
}

impl Dry {
    fn new(keys: &[(&str, &str)]) -> Self {
        let keys: BTreeMap<String, String> =
            keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(&keys, &problems);
        let reader = KeyReader::new(&keys, &problems);
        let destination =
            destination::open(&settings.destinations[0], &reader, &AwsEnvironments::in_region("eu-west-1"));
        assert_eq!(*problems.borrow(), []);
        let metrics = Arc::new(new_metrics(&settings));
        Self { pipeline: Pipeline::new(settings, metrics), destination }
    }

    fn process(&self, chunk: &Chunk, progress: &Progress) -> Processed {
        let destinations = [&self.destination];
        let context = RenderContext {
            tag: b"app",
            uuid: "instance",
            chunk: progress.name(),
            ..RenderContext::default()
        };
        process_chunk(
            &self.pipeline.stages(ChunkOrigin::Untrusted, &destinations),
            &context,
            chunk.bytes(),
            progress,
        )
    }

    fn known_names(&self) -> usize {
        self.pipeline.stages(ChunkOrigin::Untrusted, &[]).names[0].len()
    }
}

fn cloudwatch() -> Vec<(&'static str, &'static str)> {
    vec![
        ("route.default", "cloudwatch"),
        ("cloudwatch.log_group", "/ecs/$(request)"),
        ("cloudwatch.log_stream", "$(request)/%Y"),
    ]
}

fn s3() -> Vec<(&'static str, &'static str)> {
    vec![
        ("route.default", "s3"),
        ("s3.bucket", "my-logs"),
        ("s3.key", "logs/$(request)/%Y/$(uuid).json"),
        ("s3.spool_dir", "/nowhere"),
    ]
}

fn file() -> Vec<(&'static str, &'static str)> {
    vec![("route.default", "file"), ("file.path", "/nowhere/$(request).log")]
}

/// Ten minutes, a chunk a second, of 100,000 names.
#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_names_in_ten_minutes_stay_within_bounds() {
    const SECONDS: usize = 600;
    const PER_CHUNK: usize = 167;
    /// The limit is that of a minute, and a minute may begin in each of eleven.
    const MOST: usize = 11 * 1_000;
    for keys in [cloudwatch(), s3(), file()] {
        let dry = Dry::new(&keys);
        let mut names = BTreeSet::new();
        let mut records = 0;
        let mut batches = 0;
        let mut overflowed = 0;
        for second in 0..SECONDS {
            let first = second * PER_CHUNK;
            let processed = dry.process(&chunk(first..first + PER_CHUNK), &Progress::new(1));
            for batch in &processed.batches[0] {
                names.insert(batch.target().to_vec());
                records += batch.items.len();
                batches += 1;
            }
            overflowed += processed.overflows[0].as_ref().map_or(0, |overflow| overflow.records as usize);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let kind = keys[0].1;
        assert_eq!(records, SECONDS * PER_CHUNK, "{kind}: nothing is lost");
        assert!((9_000..=MOST + 2).contains(&names.len()), "{kind}: {} names", names.len());
        assert!(batches <= MOST + SECONDS, "{kind}: {batches} batches");
        assert!(overflowed >= records - MOST, "{kind}: {overflowed}");
        assert!(dry.known_names() <= 2 * MOST, "{kind}: {} names remembered", dry.known_names());
    }
}

#[tokio::test(start_paused = true)]
async fn the_overflow_name_holds_nothing_of_a_record() {
    for (mut keys, expected) in [
        (cloudwatch(), "/ecs/overflow\0overflow/YEAR"),
        (s3(), "logs/overflow/YEAR/\0.json.gz"),
        (file(), "/nowhere/overflow.log"),
    ] {
        let limit = format!("{}.name_limit", keys[0].1);
        keys.push((&limit, "1"));
        let processed = Dry::new(&keys).process(&chunk(0..5), &Progress::new(1));
        let targets: Vec<_> = processed.batches[0]
            .iter()
            .map(|batch| String::from_utf8_lossy(batch.target()).into_owned())
            .collect();
        let year = test_support::record::now_ms() / 1_000 / 31_556_952 + 1970;
        assert_eq!(targets.len(), 2, "{targets:?}");
        assert_eq!(targets[1], expected.replace("YEAR", &year.to_string()), "{targets:?}");
        let overflow = processed.overflows[0].clone().unwrap();
        assert_eq!((overflow.records, overflow.name), (4, targets[1].clone().into_bytes()));
        assert!(String::from_utf8(overflow.example).unwrap().contains("r1"));
    }
}

/// A stream overflows in a group that is in use; only a group that is new as well gives way to another.
#[tokio::test(start_paused = true)]
async fn a_log_group_in_use_keeps_its_overflowing_streams() {
    let dry = Dry::new(&[
        ("route.default", "cloudwatch"),
        ("cloudwatch.log_group", "/ecs/$(app)"),
        ("cloudwatch.log_stream", "$(request)"),
        ("cloudwatch.name_limit", "1"),
    ]);
    let record = |app: &str, request: &str| json!({ "app": app, "request": request, "log": "x" });
    let chunk = Chunk::now(&[record("web", "1"), record("web", "2"), record("new", "1"), record("web", "1")]);
    let processed = dry.process(&chunk, &Progress::new(1));
    let targets: Vec<_> = processed.batches[0]
        .iter()
        .map(|batch| String::from_utf8_lossy(batch.target()).into_owned())
        .collect();
    assert_eq!(targets, ["/ecs/web\u{0}1", "/ecs/web\u{0}overflow", "/ecs/overflow\u{0}overflow"]);
}

/// A minute later there would be room for other names, but a replay must find its records where they were.
#[tokio::test(start_paused = true)]
async fn a_replay_keeps_its_names() {
    for mut keys in [cloudwatch(), s3(), file()] {
        let limit = format!("{}.name_limit", keys[0].1);
        keys.push((&limit, "3"));
        let dry = Dry::new(&keys);
        let progress = Progress::new(1);
        let batches = |processed: Processed| -> Vec<(Vec<u8>, Vec<u32>)> {
            let items = |batch: &ecs_router::encode::batch::Batch| {
                batch.items.iter().map(|item| item.ordinal).collect()
            };
            processed.batches[0].iter().map(|batch| (batch.target().to_vec(), items(batch))).collect()
        };
        let first = batches(dry.process(&chunk(0..10), &progress));
        assert_eq!(first.len(), 4);
        tokio::time::advance(Duration::from_secs(61)).await;
        dry.process(&chunk(100..200), &Progress::new(1));
        let again = dry.process(&chunk(0..10), &progress);
        assert_eq!(again.overflows, [None], "it was counted and said before");
        assert_eq!(batches(again), first);
        progress.settle(0, [0, 1, 5]);
        let open: Vec<u32> =
            batches(dry.process(&chunk(0..10), &progress)).into_iter().flat_map(|(_, items)| items).collect();
        assert_eq!(open, [2, 3, 4, 6, 7, 8, 9]);
    }
}

/// An object of its own for each chunk has a new key each time, but its name without the uuid is known.
#[tokio::test(start_paused = true)]
async fn objects_of_one_chunk_each_are_one_name() {
    let mut keys = s3();
    keys.retain(|(key, _)| *key != "s3.spool_dir");
    keys.extend([("s3.upload_timeout", "0"), ("s3.name_limit", "1")]);
    let dry = Dry::new(&keys);
    for _ in 0..5 {
        assert_eq!(dry.process(&chunk(0..1), &Progress::new(1)).overflows, [None]);
    }
    assert!(dry.process(&chunk(1..2), &Progress::new(1)).overflows[0].is_some());
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_every_name_is_used() {
    let mut keys = file();
    keys.push(("file.name_limit", "0"));
    let processed = Dry::new(&keys).process(&chunk(0..3_000), &Progress::new(1));
    assert_eq!((processed.batches[0].len(), &processed.overflows[..]), (3_000, &[None][..]));
}

/// In a process of its own, because what is said goes to the process's standard error.
#[test]
fn streams_beyond_the_limit_share_one_and_it_is_said_once() {
    let said = alone(this_test!("streams_beyond_the_limit_share_one_and_it_is_said_once"), || {
        let cloud = Cloud::start();
        let router =
            Router::to(&cloud, &[("cloudwatch.log_stream", "$(request)"), ("cloudwatch.name_limit", "20")]);
        for _ in 0..2 {
            assert_eq!(router.bring(&chunk(0..1_000)), Verdict::Ok);
        }
        let streams = cloud.cloudwatch().streams(GROUP);
        assert_eq!(streams.len(), 21);
        assert_eq!(cloud.cloudwatch().messages(GROUP, "r7"), ["line 7", "line 7"], "a known name is its own");
        assert_eq!(cloud.cloudwatch().messages(GROUP, "overflow").len(), 2 * 980);
        assert_eq!(cloud.cloudwatch().all_messages().len(), 2_000);
        assert!(cloud.attempts(Api::CreateLogStream) <= 22, "{}", cloud.attempts(Api::CreateLogStream));
        assert_eq!(router.metrics().destination(0).overflowed.load(Relaxed), 2 * 980);
        router.assert_adds_up("cloudwatch");
        cloud.assert_no_complaints();
    });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("new names in a minute")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    for part in [
        "more than 20",
        "980 records",
        "'/test overflow'",
        "'/test r20'",
        "$(request)",
        "raise cloudwatch.name_limit",
    ] {
        assert!(lines[0].contains(part), "{part}: {said}");
    }
}

#[test]
fn an_overflow_stream_that_fails_at_first_loses_and_repeats_nothing() {
    let cloud = Cloud::start();
    let keys =
        [("cloudwatch.log_stream", "$(request)"), ("cloudwatch.name_limit", "5"), ("flush_timeout", "2s")];
    let router = Router::to(&cloud, &keys);
    cloud.script_where(
        Api::PutLogEvents,
        |put| put.json()["logStreamName"] == "overflow",
        Fault::throttled(),
    );
    let chunk = chunk(0..50);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!(cloud.cloudwatch().all_messages().len(), 5);
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "overflow").len(), 45);
    assert_eq!(cloud.cloudwatch().all_messages().len(), 50);
    assert_eq!(router.metrics().destination(0).overflowed.load(Relaxed), 45, "counted once");
}

fn written(folder: &Path) -> BTreeMap<String, usize> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let count = |path: std::path::PathBuf| {
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        (path.file_name().unwrap().to_string_lossy().into_owned(), lines)
    };
    files.map(count).collect()
}

#[test]
fn files_beyond_the_limit_share_one() {
    let folder = TempDir::new();
    let path = format!("{}/$(request).log", folder.path().display());
    let router = Router::with(&[("route.default", "file"), ("file.path", &path), ("file.name_limit", "20")]);
    assert_eq!(router.bring(&chunk(0..1_000)), Verdict::Ok);
    let files = written(folder.path());
    assert_eq!((files.len(), files["overflow.log"], files.values().sum::<usize>()), (21, 980, 1_000));
}

#[test]
fn objects_beyond_the_limit_share_one() {
    let cloud = Cloud::builder().create_buckets(["archive"]).start();
    let folder = TempDir::new();
    let endpoint = cloud.endpoint();
    let spool = folder.path().display().to_string();
    let router = Router::with(&[
        ("route.default", "s3"),
        ("s3.region", "us-east-1"),
        ("s3.bucket", "archive"),
        ("s3.key", "logs/$(request)/$(uuid).json"),
        ("s3.endpoint", &endpoint),
        ("s3.spool_dir", &spool),
        ("s3.name_limit", "20"),
        ("exit_timeout", "30s"),
    ]);
    assert_eq!(router.bring(&chunk(0..1_000)), Verdict::Ok);
    router.drain();
    let objects = cloud.s3().objects("archive");
    assert_eq!(objects.len(), 21);
    assert_eq!(
        objects.keys().filter(|key| key.starts_with("logs/overflow/")).count(),
        1,
        "{:?}",
        objects.keys()
    );
    assert_eq!(cloud.s3().all_lines("archive").len(), 1_000);
}
