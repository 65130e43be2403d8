//! Chunks that are cheap to send and dear to read: an honest record after them is answered in time all the same.
//!
//! Figures of a build without optimisation say little: `cargo test --release --test faults hostile -- --nocapture`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecs_router::Verdict;
use ecs_router::instance::Instance;
use fake_cloud::Cloud;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::{event, line};

/// What Fluent Bit puts into one chunk at most, except for a single record that is larger.
const CHUNK_BYTES: usize = 2_000_000;

/// What a text grows to inside one record: as much as a record may hold decoded.
const INFLATED_BYTES: usize = 16_000_000;

/// What an honest record may wait.
const PROMISE: Duration = Duration::from_secs(2);

/// Chunks that wait before the honest one when several come at one time.
const QUEUED: usize = 8;

fn zipped(text: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

fn filled(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

/// As many records like this as a chunk holds, and at least one.
fn full_of(record: &Value) -> Vec<u8> {
    let one = Chunk::now([record]);
    one.bytes().repeat((CHUNK_BYTES / one.bytes().len()).max(1))
}

fn firehose(text: &str) -> Value {
    json!({ "requestId": "r", "timestamp": 1, "records": [{ "data": zipped(text) }] })
}

fn awslogs(text: &str) -> Value {
    json!({ "awslogs": { "data": zipped(text) } })
}

fn list(unit: &str) -> String {
    format!("[{}{unit}]", filled(&format!("{unit},"), INFLATED_BYTES))
}

fn docker(action: &str, container: usize) -> String {
    json!({
        "Type": "container", "Action": action, "time": container,
        "Actor": { "ID": container.to_string(), "Attributes": { "name": "a", "exitCode": "1" } },
    })
    .to_string()
}

/// Containers that run out of memory, and then end: each end takes back what was said before.
fn superseded_exits(containers: usize) -> String {
    let all = |action| (0..containers).map(move |container| docker(action, container));
    all("oom").chain(all("die")).collect()
}

/// Chunks of at most two megabytes, each with its name.
fn hostile_chunks() -> Vec<(&'static str, Vec<u8>)> {
    let stop = event("essential-exit-137").to_string();
    let tiny_event = r#"{"source":"aws.ecs","detail-type":"x","detail":{}}"#;
    let tiny_stop =
        r#"{"source":"aws.ecs","detail-type":"ECS Task State Change","detail":{"lastStatus":"STOPPED"}}"#;
    let many_fields = format!(
        r#"{{"source":"aws.ecs","detail-type":"x","detail":{{{}"z":0}}}}"#,
        filled(r#""a":0,"#, 1_900_000)
    );
    let many_lists = format!(
        r#"{{"source":"aws.ecs","detail-type":"x","detail":{{"a":[{}0]}}}}"#,
        filled("[],", 1_900_000)
    );
    let many_attributes = format!(
        r#"{{"Type":"container","Action":"start","Actor":{{"ID":"a","Attributes":{{{}"z":0}}}}}}"#,
        filled(r#""a":0,"#, 1_000_000)
    );
    let agent_line =
        format!("level=info msg=\"Sending state change to ECS\" {}\n", filled("a=b ", 1_000_000));
    let agent_json =
        format!(r#"{{"msg":"Sending state change to ECS",{}"z":0}}"#, filled(r#""a":0,"#, 1_000_000));
    let bare: Value = serde_json::from_str(tiny_stop).unwrap();
    let zipped_members = STANDARD.decode(zipped("")).unwrap().repeat(70_000);
    vec![
        ("spaces, zipped", full_of(&firehose(&filled(" ", INFLATED_BYTES)))),
        ("too many spaces, zipped", full_of(&firehose(&filled(" ", 2 * INFLATED_BYTES)))),
        ("empty gzip members", full_of(&json!({ "records": [{ "data": STANDARD.encode(zipped_members) }] }))),
        ("numbers in a list", full_of(&firehose(&list("1")))),
        ("lists in lists", full_of(&firehose(&filled("[", INFLATED_BYTES)))),
        ("lists that end", full_of(&firehose(&list("[[[[]]]]")))),
        ("lines that begin a list", full_of(&firehose(&filled("[\n{\n", INFLATED_BYTES)))),
        ("objects without fields", full_of(&firehose(&list("{}")))),
        ("events, tiny", full_of(&awslogs(&list(tiny_event)))),
        ("stops, tiny", full_of(&awslogs(&list(tiny_stop)))),
        ("stops, real", full_of(&awslogs(&list(&stop)))),
        ("events of many fields", full_of(&awslogs(&list(&many_fields)))),
        ("events of many lists", full_of(&awslogs(&list(&many_lists)))),
        ("messages in messages", full_of(&awslogs(&list(r#"{"Message":"{\"Message\":\"[1]\"}"}"#)))),
        ("log lines", full_of(&awslogs(&format!(r#"{{"logEvents":{}}}"#, list(r#"{"message":"[]"}"#))))),
        ("events of Docker", full_of(&awslogs(&list(&docker("die", 1))))),
        ("events of Docker, many attributes", full_of(&awslogs(&list(&many_attributes)))),
        ("events of Docker, taken back", full_of(&awslogs(&superseded_exits(5_000)))),
        ("agent's lines", full_of(&awslogs(&filled(&agent_line, INFLATED_BYTES)))),
        ("agent's lines in JSON", full_of(&awslogs(&list(&agent_json)))),
        ("bare stops, tiny", full_of(&bare)),
        ("bare stops, real", full_of(&event("essential-exit-137"))),
        ("tiny records", full_of(&json!({}))),
        ("maps in maps", full_of(&(0..60).fold(json!(vec![1; 1_900_000]), |inner, _| json!({ "k": inner })))),
        ("lines", full_of(&line("web", "stdout", "GET /healthz 200"))),
    ]
}

fn instance(cloud: &Cloud) -> Instance {
    environment::of_the_fake_cloud();
    let keys = BTreeMap::from(
        [
            ("route.default", "lines".to_owned()),
            ("stop.trusted_tags", "*".to_owned()),
            ("lines.type", "http".to_owned()),
            ("flush_timeout", if IS_OPTIMISED { "10s" } else { "120s" }.to_owned()),
            ("lines.url", format!("{}/http/lines", cloud.endpoint())),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    std::thread::spawn(move || Instance::start(0, &keys).unwrap()).join().unwrap()
}

/// How long this many of these chunks take, and how long an honest record right after them.
fn waits(chunk: &[u8], times: usize) -> (Duration, Duration) {
    let cloud = Cloud::start();
    let instance = Arc::new(instance(&cloud));
    let flush = || {
        let (instance, chunk) = (Arc::clone(&instance), chunk.to_vec());
        std::thread::spawn(move || {
            let start = Instant::now();
            assert_eq!(instance.flush(b"events", &chunk), Verdict::Ok, "within flush_timeout");
            start.elapsed()
        })
    };
    let hostile: Vec<_> = (0..times).map(|_| flush()).collect();
    std::thread::sleep(Duration::from_millis(5));
    let start = Instant::now();
    assert_eq!(instance.flush(b"web", Chunk::now(&[line("web", "stdout", "honest")]).bytes()), Verdict::Ok);
    let honest = start.elapsed();
    let longest = hostile.into_iter().map(|flush| flush.join().unwrap()).max().unwrap();
    (longest, honest)
}

/// Without optimisation one chunk shows that the test runs, and no figure means anything.
const IS_OPTIMISED: bool = !cfg!(debug_assertions);

#[test]
fn an_honest_record_does_not_wait_for_a_hostile_chunk() {
    let chunks = hostile_chunks().into_iter().take(if IS_OPTIMISED { usize::MAX } else { 1 });
    for (name, chunk) in chunks {
        for times in [1, QUEUED] {
            let (hostile, honest) = waits(&chunk, times);
            println!(
                "| {times} × {name} | {} KB | answered after {hostile:.2?} | an honest record behind it after {honest:.2?} |",
                chunk.len() / 1000
            );
            assert!(!IS_OPTIMISED || times > 1 || honest < PROMISE, "{name}: {honest:?}");
        }
    }
}
