//! What a replay says is so: tags, keys, the spool, and what it leaves alone.

use fake_cloud::{Api, Cloud, Fault};
use serde_json::json;
use test_support::environment;
use test_support::record;
use test_support::temp::TempDir;

use super::{configuration, json_lines, objects};
use crate::{Ran, command, finish, ran};

const LINES: &str = "    route.default a\n    a.type stdout\n";

fn recording(folder: &TempDir) -> String {
    folder.file("records.jsonl", &json_lines(&[record::line("web", "stderr", "boom")])).display().to_string()
}

#[test]
fn a_tag_that_the_output_does_not_match_gets_nothing() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let recording = recording(&folder);
    for (tag, code, unmatched) in
        [("web-firelens-0123", 0, 0), ("firelens-healthcheck", 1, 1), ("other.tag", 1, 1)]
    {
        let ran = ran(&["replay", "--json", "--tag", tag, &config, &recording]);
        let summary = objects(&ran.out).pop().expect("a summary")["summary"].clone();
        assert_eq!((ran.code, summary["unmatched"].as_u64()), (code, Some(unmatched)), "{tag}: {}", ran.err);
        assert_eq!(summary["records"], 1 - unmatched, "{tag}");
        let said = format!("1 record(s) under the tag '{tag}' do not match '*-firelens-*'");
        assert_eq!(ran.err.contains(&said), unmatched > 0, "{}", ran.err);
    }
}

#[test]
fn the_regular_expression_of_an_output_counts_from_the_start() {
    let folder = TempDir::new();
    let recording = recording(&folder);
    let text = format!("[OUTPUT]\n    Name ecs_router\n    Match_Regex web-.*\n{LINES}");
    let config = folder.file("regex.conf", &text).display().to_string();
    for (tag, code) in [("web-firelens-1", 0), ("my-web-firelens-1", 1)] {
        assert_eq!(ran(&["replay", "--tag", tag, &config, &recording]).code, code, "{tag}");
    }
}

/// FireLens writes the pattern itself: the container's name and `-firelens*`.
#[test]
fn options_of_a_container_take_that_containers_records() {
    let folder = TempDir::new();
    let recording = recording(&folder);
    let task = json!({"containerDefinitions": [{
        "name": "web",
        "image": "x",
        "logConfiguration": {
            "logDriver": "awsfirelens",
            "options": {"Name": "ecs_router", "route.default": "a", "a.type": "stdout"}
        }
    }]});
    let config = folder.file("task.json", &task.to_string()).display().to_string();
    for (tag, code) in [("web-firelens-1", 0), ("worker-firelens-1", 1)] {
        assert_eq!(ran(&["replay", "--tag", tag, &config, &recording]).code, code, "{tag}");
    }
}

#[test]
fn unknown_keys_on_the_command_line_are_refused() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let recording = recording(&folder);
    for (set, said) in [
        ("route.defualt=drop", "did you mean route.default?"),
        ("a.tpye=file", "did you mean a.type?"),
        ("flush_timout=1s", "did you mean flush_timeout?"),
        ("Retry_Limit=3", "is a key of Fluent Bit"),
    ] {
        let ran = ran(&["replay", "--set", set, &config, &recording]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{set}");
        assert!(ran.err.contains("--set") && ran.err.contains(said), "{set}: {}", ran.err);
    }
    let known = ran(&["replay", "--set", "a.type=file", "--set", "a.path=/tmp/x", &config, &recording]);
    assert_eq!(known.code, 0, "{}", known.err);
}

/// Sends to a fake S3, with a folder of its own for temporary files.
fn sent(cloud: &Cloud, temporary: &TempDir, lines: &str, more: &[&str]) -> Ran {
    let folder = TempDir::new();
    let spool = folder.path().join("spool-of-the-service");
    let lines = format!(
        "    route.default s3\n    s3.region us-east-1\n    s3.bucket my-logs\n    s3.endpoint {}\n    s3.spool_dir {}\n    \
         exit_timeout 1s\n    flush_timeout 1s\n{lines}",
        cloud.endpoint(),
        spool.display()
    );
    let config = configuration(&folder, &lines);
    let recording = recording(&folder);
    let mut command = command(&[&["replay", "--send", &config, &recording], more].concat());
    command.envs(environment::VARIABLES).env("TMPDIR", temporary.path());
    let ran = finish(command, b"");
    assert!(!spool.exists(), "the spool of the configuration belongs to the service");
    let left: Vec<_> = std::fs::read_dir(temporary.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    ran
}

#[test]
fn what_waits_in_the_spool_is_not_called_delivered() {
    let cloud = Cloud::builder().create_buckets(["my-logs"]).start();
    cloud.script(Api::PutObject, (0..50).map(|_| Fault::aws(403, "AccessDenied")));
    let refused = sent(&cloud, &TempDir::new(), "", &["--json"]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    let told = &objects(&refused.out)[0]["destinations"][0];
    assert_eq!((&told["delivered"], &told["objects"]), (&json!(0), &json!(0)), "{told}");
    assert_eq!(told["spooled"]["objects"], 1);
    assert_eq!(told["spooled"]["records"], 1);
}

#[test]
fn people_read_what_was_spooled_and_what_arrived() {
    let cloud = Cloud::builder().create_buckets(["my-logs"]).start();
    let taken = sent(&cloud, &TempDir::new(), "", &[]);
    assert_eq!(taken.code, 0, "{}", taken.err);
    assert!(!taken.out.contains("spooled"), "{}", taken.out);
    cloud.script(Api::PutObject, (0..50).map(|_| Fault::aws(403, "AccessDenied")));
    let refused = sent(&cloud, &TempDir::new(), "", &[]);
    assert!(
        refused.out.contains("s3: 1 record(s) in 1 object(s) spooled, not uploaded"),
        "{}\n{}",
        refused.out,
        refused.err
    );
}

/// A replay is of a recording: events that wait for the real collector are not taken away from it.
#[test]
fn the_queue_is_left_alone() {
    let cloud = Cloud::builder().create_buckets(["my-logs"]).start();
    let queue = format!("    queue.url {0}/111122223333/stops\n    queue.endpoint {0}\n", cloud.endpoint());
    let ran = sent(&cloud, &TempDir::new(), &queue, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(cloud.attempts(Api::ReceiveMessage), 0);
    assert!(ran.err.contains("queue.url: is left alone"), "{}", ran.err);
}
