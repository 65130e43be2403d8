//! The S3 destination from chunk to object: the whole plugin in this process, in front of an S3 that answers back.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod faults;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::json;

const BUCKET: &str = "my-logs";

/// A cloud with a bucket, a spool folder, and what is configured besides.
struct Scene {
    cloud: Cloud,
    spool: PathBuf,
    keys: BTreeMap<String, String>,
}

impl Scene {
    fn new(pairs: &[(&str, &str)]) -> Self {
        environment();
        let cloud = Cloud::builder().create_buckets([BUCKET]).start();
        let spool = std::env::temp_dir().join(format!("ecs_router-s3-{}", uuid::Uuid::new_v4()));
        let keys = keys(&cloud.endpoint(), &spool, pairs);
        Self { cloud, spool, keys }
    }

    fn start(&self) -> Instance {
        Instance::start(0, &self.keys).unwrap_or_else(|problems| panic!("{problems:?}"))
    }

    /// Files that hold lines, wherever in the spool.
    fn files(&self) -> Vec<PathBuf> {
        files(&self.spool)
    }

    /// The lines of all objects, sorted; every object was written once.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = self
            .cloud
            .s3()
            .all_lines(BUCKET)
            .iter()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).expect(line)["log"].as_str().unwrap().into()
            })
            .collect();
        assert!(self.cloud.s3().objects(BUCKET).values().all(|object| object.writes == 1));
        lines.sort();
        lines
    }

    fn assert_clean(&self) {
        self.cloud.assert_no_complaints();
        assert_eq!(self.cloud.s3().uploads(BUCKET), [], "nobody pays for parts");
        assert_eq!(self.files(), Vec::<PathBuf>::new(), "what arrived is gone from the disk");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // Some scenes never make it.
        std::fs::remove_dir_all(&self.spool).ok();
    }
}

fn keys(endpoint: &str, spool: &Path, pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let spool = spool.display().to_string();
    let mut all = vec![
        ("route.default", "s3"),
        // A debug build on a busy machine takes its time; where a pause is the point, the scene says so.
        ("flush_timeout", "30s"),
        ("exit_timeout", "60s"),
        ("s3.region", "us-east-1"),
        ("s3.bucket", BUCKET),
        ("s3.key", "logs/$(container_name)/$(uuid).json"),
        ("s3.endpoint", endpoint),
    ];
    if !pairs.contains(&("s3.upload_timeout", "0")) {
        all.push(("s3.spool_dir", &spool));
    }
    all.extend(pairs);
    all.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "spool"));
    found
}

/// The fake cloud's key for the official chain.
fn environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ] {
            change(name, value);
        }
    });
}

#[allow(unsafe_code, reason = "the environment is the only way to hand credentials to the official chain")]
fn change(name: &str, value: &str) {
    // SAFETY: only Rust code reads the environment here, and std locks it on both sides.
    unsafe { std::env::set_var(name, value) }
}

fn chunk(container: &str, logs: impl IntoIterator<Item = String>) -> Vec<u8> {
    let entry = |log: String| {
        let record = json!({"source": "stdout", "container_name": format!("/{container}"), "log": log});
        rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap()
    };
    logs.into_iter().flat_map(entry).collect()
}

fn one(container: &str, log: &str) -> Vec<u8> {
    chunk(container, [log.to_owned()])
}

/// Lines that a compression cannot make much of.
fn noise(lines: usize) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..lines).map(|_| (0..1_000).map(|_| random.alphanumeric()).collect()).collect()
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    output.stdout
}

#[test]
fn lines_become_one_object_per_key_at_exit_and_ordinary_tools_open_them() {
    const PYTHON: &str = "import gzip,sys;sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))";
    type Tool<'t> = (&'t str, &'t [&'t str]);
    let cases: [(&str, &str, &[Tool<'_>]); 3] = [
        ("gzip", ".json.gz", &[("zcat", &[]), ("python3", &["-c", PYTHON])]),
        ("zstd", ".json.zst", &[("zstd", &["-dc"])]),
        ("none", ".json", &[("cat", &[])]),
    ];
    for (compress, extension, tools) in cases {
        let scene = Scene::new(&[("s3.compress", compress)]);
        let instance = scene.start();
        for flush in 0..3 {
            assert_eq!(instance.flush(b"app", &one("web", &format!("line {flush}"))), Verdict::Ok);
        }
        assert_eq!(instance.flush(b"app", &one("db", "another")), Verdict::Ok);
        assert_eq!(scene.files().len(), 2);
        instance.drain();
        drop(instance);
        let objects = scene.cloud.s3().objects(BUCKET);
        assert_eq!(objects.len(), 2);
        for key in objects.keys() {
            assert!(key.ends_with(extension), "{key}");
        }
        let web = objects.iter().find(|(key, _)| key.starts_with("logs/web/")).unwrap().1;
        let first = "{\"date\":\"2026-11-18T11:06:40Z\",\"container_name\":\"/web\",\"log\":\"line 0\",\"source\":\"stdout\"}";
        for (tool, arguments) in tools {
            let text = String::from_utf8(run(tool, arguments, &web.bytes)).unwrap();
            assert_eq!(text.lines().count(), 3, "{tool}");
            assert_eq!(text.lines().next(), Some(first), "{tool}");
        }
        assert_eq!(scene.cloud.attempts(Api::PutObject), 2);
        scene.assert_clean();
    }
}

#[test]
fn an_object_carries_what_is_configured() {
    let scene = Scene::new(&[
        ("s3.storage_class", "GLACIER_IR"),
        ("s3.sse", "aws:kms"),
        ("s3.sse_kms_key_id", "key-1"),
        ("s3.canned_acl", "bucket-owner-full-control"),
        ("s3.tags", "team=web & co, env=prod"),
        ("s3.key", "a b/ü+/$(container_name)/%Y.json"),
    ]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("we b", "x")), Verdict::Ok);
    instance.drain();
    let objects = scene.cloud.s3().objects(BUCKET);
    let (key, object) = objects.iter().next().unwrap();
    assert!(key.starts_with("a b/ü+/we_b/2026-") && key.ends_with(".json.gz"), "{key}");
    assert_eq!(object.headers["x-amz-storage-class"], "GLACIER_IR");
    assert_eq!(object.headers["content-type"], "application/x-ndjson");
    assert_eq!(object.headers["content-encoding"], "gzip");
    assert!(object.headers.contains_key("x-amz-checksum-sha256"));
    scene.assert_clean();
}

#[test]
fn size_and_age_make_an_object_due_while_the_instance_runs() {
    let scene = Scene::new(&[("s3.total_file_size", "2k"), ("s3.upload_timeout", "1s")]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &chunk("web", noise(3))), Verdict::Ok);
    until("the large one", || scene.cloud.s3().keys(BUCKET).len() == 1);
    assert_eq!(instance.flush(b"app", &one("db", "small")), Verdict::Ok);
    until("the old one", || scene.cloud.s3().keys(BUCKET).len() == 2);
    until("no file", || scene.files().is_empty());
    instance.drain();
    assert_eq!(instance.metrics().snapshot()[0].objects, 2);
    scene.assert_clean();
}

#[test]
fn a_large_object_goes_in_parts() {
    let scene = Scene::new(&[("s3.compress", "none"), ("s3.tags", "a=b")]);
    let instance = scene.start();
    let lines = noise(1_100);
    for _ in 0..11 {
        assert_eq!(instance.flush(b"app", &chunk("web", lines.clone())), Verdict::Ok);
    }
    instance.drain();
    let objects = scene.cloud.s3().objects(BUCKET);
    assert_eq!(objects.values().map(|object| object.parts).collect::<Vec<_>>(), [3]);
    assert_eq!(scene.lines().len(), 11 * 1_100);
    assert_eq!(scene.cloud.attempts(Api::CreateMultipartUpload), 1);
    scene.assert_clean();
}

#[test]
fn an_error_inside_a_200_is_read_and_tried_again() {
    let scene = Scene::new(&[("s3.compress", "none")]);
    scene.cloud.script(Api::CompleteMultipartUpload, [Fault::aws(200, "InternalError"), Fault::reply(200)]);
    scene.cloud.script(Api::UploadPart, [Fault::ok(), Fault::aws(503, "SlowDown"), Fault::reset()]);
    let instance = scene.start();
    for lines in noise(6_000).chunks(1_000) {
        assert_eq!(instance.flush(b"app", &chunk("web", lines.to_vec())), Verdict::Ok);
    }
    instance.drain();
    assert_eq!(scene.cloud.attempts(Api::CompleteMultipartUpload), 3);
    assert_eq!(scene.cloud.attempts(Api::UploadPart), 4);
    assert_eq!(scene.lines().len(), 6_000);
    scene.assert_clean();
}

#[test]
fn an_upload_that_fails_is_aborted_and_its_file_stays() {
    for api in [Api::UploadPart, Api::CompleteMultipartUpload] {
        let scene = Scene::new(&[("s3.compress", "none")]);
        scene.cloud.script(api, [Fault::aws(403, "AccessDenied")]);
        let instance = scene.start();
        for lines in noise(6_000).chunks(1_000) {
            assert_eq!(instance.flush(b"app", &chunk("web", lines.to_vec())), Verdict::Ok);
        }
        instance.drain();
        drop(instance);
        assert_eq!(scene.cloud.attempts(Api::AbortMultipartUpload), 1);
        assert_eq!(scene.cloud.s3().uploads(BUCKET), []);
        assert_eq!((scene.lines().len(), scene.files().len()), (0, 1));
        scene.start().drain();
        assert_eq!(scene.lines().len(), 6_000);
        scene.assert_clean();
    }
}

#[test]
fn an_upload_under_way_when_time_is_up_is_aborted_and_its_file_stays() {
    let scene = Scene::new(&[("s3.compress", "none"), ("exit_timeout", "8s")]);
    scene.cloud.script(Api::UploadPart, [Fault::ok(), Fault::hang()]);
    let instance = scene.start();
    for lines in noise(6_000).chunks(1_000) {
        assert_eq!(instance.flush(b"app", &chunk("web", lines.to_vec())), Verdict::Ok);
    }
    instance.drain();
    assert_eq!(scene.cloud.s3().uploads(BUCKET), []);
    assert_eq!(scene.files().len(), 1);
}

#[test]
fn an_object_whose_reply_was_lost_is_not_written_twice() {
    let scene = Scene::new(&[]);
    scene.cloud.script(Api::PutObject, [Fault::accept_then_cut()]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok);
    instance.drain();
    assert_eq!(scene.cloud.attempts(Api::PutObject), 2);
    assert_eq!(scene.lines(), ["x"]);
    scene.assert_clean();
}

#[test]
fn parts_whose_completion_was_lost_are_thrown_away() {
    let scene = Scene::new(&[("s3.compress", "none")]);
    scene.cloud.script(Api::CompleteMultipartUpload, [Fault::accept_then_cut()]);
    let instance = scene.start();
    for lines in noise(6_000).chunks(1_000) {
        assert_eq!(instance.flush(b"app", &chunk("web", lines.to_vec())), Verdict::Ok);
    }
    instance.drain();
    assert_eq!(scene.lines().len(), 6_000);
    scene.assert_clean();
}

#[test]
fn slowing_down_is_obeyed_and_a_bucket_elsewhere_is_found() {
    let scene = Scene::new(&[("s3.bucket", "far-away")]);
    scene.cloud.s3().create_bucket_in("far-away", "eu-west-3");
    scene.cloud.script(Api::PutObject, [Fault::aws(503, "SlowDown"), Fault::aws(503, "SlowDown")]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok);
    assert_eq!(instance.flush(b"app", &one("db", "y")), Verdict::Ok);
    instance.drain();
    assert_eq!(scene.cloud.s3().all_lines("far-away").len(), 2);
    assert_eq!(scene.files(), Vec::<PathBuf>::new());
}

#[test]
fn a_service_that_is_down_at_exit_loses_nothing() {
    let scene = Scene::new(&[("exit_timeout", "1s")]);
    scene.cloud.script_where(Api::PutObject, |_| true, Fault::reply(503));
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "x")), Verdict::Ok);
    instance.drain();
    drop(instance);
    assert_eq!(scene.files().len(), 1);
    scene.cloud.clear_script();
    scene.start().drain();
    assert_eq!(scene.lines(), ["x"]);
    scene.assert_clean();
}

#[test]
fn a_full_spool_answers_retry_and_loses_nothing() {
    let scene =
        Scene::new(&[("s3.spool_limit", "10M"), ("s3.upload_timeout", "1s"), ("flush_timeout", "8s")]);
    scene.cloud.script_where(Api::PutObject, |_| true, Fault::reply(503));
    scene.cloud.script_where(Api::CreateMultipartUpload, |_| true, Fault::reply(503));
    let instance = scene.start();
    let chunks: Vec<_> = (0..9)
        .map(|number| chunk("web", noise(2_000).into_iter().map(|log| format!("{number}{log}"))))
        .collect();
    let verdicts: Vec<_> = chunks.iter().map(|chunk| instance.flush(b"app", chunk)).collect();
    let refused: Vec<_> =
        chunks.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Retry).collect();
    assert!((1..9).contains(&refused.len()), "{verdicts:?}");
    scene.cloud.clear_script();
    for (chunk, _) in refused {
        until("room", || instance.flush(b"app", chunk) == Verdict::Ok);
    }
    instance.drain();
    assert_eq!(scene.lines().len(), 9 * 2_000);
    scene.assert_clean();
}

#[test]
fn two_instances_share_a_spool_folder_and_not_their_files() {
    let scene = Scene::new(&[]);
    let (first, second) = (scene.start(), scene.start());
    assert_eq!(first.flush(b"app", &one("web", "first")), Verdict::Ok);
    assert_eq!(second.flush(b"app", &one("web", "second")), Verdict::Ok);
    second.drain();
    assert_eq!(scene.lines(), ["second"]);
    assert_eq!(first.flush(b"app", &one("web", "third")), Verdict::Ok);
    first.drain();
    assert_eq!(scene.lines(), ["first", "second", "third"]);
    scene.assert_clean();
}

#[test]
fn without_a_spool_each_chunk_is_an_object_and_its_replay_is_the_same() {
    let scene =
        Scene::new(&[("s3.upload_timeout", "0"), ("flush_timeout", "500ms"), ("s3.timeout", "300ms")]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "equal")), Verdict::Ok);
    assert_eq!(instance.flush(b"app", &one("web", "equal")), Verdict::Ok);
    assert_eq!(scene.lines(), ["equal", "equal"], "two chunks, not one that came again");
    scene.cloud.script(Api::PutObject, [Fault::accept_then_hang(), Fault::hang(), Fault::hang()]);
    assert_eq!(instance.flush(b"app", &one("web", "slow")), Verdict::Retry);
    scene.cloud.clear_script();
    until("the replay arrives", || instance.flush(b"app", &one("web", "slow")) == Verdict::Ok);
    assert_eq!(scene.lines(), ["equal", "equal", "slow"]);
    assert_eq!(scene.files(), Vec::<PathBuf>::new());
    instance.drain();
    scene.assert_clean();
}

#[test]
fn a_file_that_somebody_removed_does_not_stop_the_others() {
    let scene = Scene::new(&[]);
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "gone")), Verdict::Ok);
    std::fs::remove_file(&scene.files()[0]).unwrap();
    assert_eq!(instance.flush(b"app", &one("db", "here")), Verdict::Ok);
    instance.drain();
    assert_eq!(scene.lines(), ["here"]);
    scene.assert_clean();
}

// ---- a process that is killed ------------------------------------------------------------------------------------

const MARK: &str = "ECS_ROUTER_S3_VICTIM";

#[test]
fn a_killed_process_loses_no_confirmed_line() {
    if let Ok(place) = std::env::var(MARK) {
        return victim(&place);
    }
    let scene = Scene::new(&[]);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_process_loses_no_confirmed_line", "--nocapture"])
        .env(MARK, format!("{} {}", scene.cloud.endpoint(), scene.spool.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut confirmed: Vec<usize> = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    while confirmed.len() < 200 {
        confirmed.extend(
            lines.next().expect("it runs").strip_prefix("confirmed ").and_then(|n| n.parse::<usize>().ok()),
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    confirmed.extend(lines.filter_map(|line| line.strip_prefix("confirmed ")?.parse::<usize>().ok()));
    assert_eq!(scene.lines(), [""; 0], "nothing was due yet");
    scene.start().drain();
    let arrived = scene.lines();
    let expected: Vec<String> =
        (0..confirmed.len()).flat_map(|number| [text(number, 'a'), text(number, 'b')]).collect();
    assert!(expected.iter().all(|line| arrived.binary_search(line).is_ok()), "a confirmed line is missing");
    assert!(arrived.len() <= expected.len() + 2, "more than the one chunk that was under way");
    assert!(arrived.windows(2).all(|pair| pair[0] != pair[1]), "a line is there twice");
    scene.assert_clean();
}

fn text(number: usize, part: char) -> String {
    format!("{number:06}{part}")
}

/// Fills its spool until it is killed.
fn victim(place: &str) {
    environment();
    let (endpoint, spool) = place.split_once(' ').unwrap();
    let instance = Instance::start(0, &keys(endpoint, Path::new(spool), &[])).unwrap();
    for number in 0.. {
        let chunk = chunk("web", [text(number, 'a'), text(number, 'b')]);
        assert_eq!(instance.flush(b"app", &chunk), Verdict::Ok);
        println!("confirmed {number}");
    }
}

#[test]
fn a_planted_key_never_leaves_the_bucket_and_holds_up_nothing() {
    let scene = Scene::new(&[("s3.path_style", "on"), ("s3.upload_timeout", "1s"), ("s3.compress", "none")]);
    let base = scene.spool.join("s3@my-logs");
    let ended = base.join("ended");
    std::fs::create_dir_all(&ended).unwrap();
    for (name, key) in [("planted", "../../etc/x?acl"), ("honest", "logs/a.json")] {
        let line = "{\"log\":\"left\"}\n";
        let text = format!("{}\n{{\"bytes\":{}}}\n{line}", json!({"key": key, "opened": "now"}), line.len());
        std::fs::write(ended.join(name).with_extension("spool"), text).unwrap();
    }
    let instance = scene.start();
    assert_eq!(instance.flush(b"app", &one("web", "new")), Verdict::Ok);
    instance.drain();
    assert_eq!(scene.lines(), ["left", "new"]);
    scene.assert_clean();
    let kept: Vec<_> = std::fs::read_dir(&base).unwrap().map(|entry| entry.unwrap().path()).collect();
    let refused = kept.iter().find(|path| path.extension().is_some_and(|extension| extension == "refused"));
    assert!(std::fs::read_to_string(refused.unwrap()).unwrap().contains("../../etc/x?acl"));
}

#[test]
fn an_instance_that_does_not_start_adopts_nothing() {
    let mut scene = Scene::new(&[("s3.compress", "none")]);
    let ended = scene.spool.join("s3@my-logs/ended");
    std::fs::create_dir_all(&ended).unwrap();
    let left = ended.join("a.spool");
    std::fs::write(&left, "").unwrap();
    scene.keys.insert("route.stop".to_owned(), "nobody".to_owned());
    assert!(Instance::start(0, &scene.keys).is_err());
    assert_eq!(scene.files(), [left]);
}
