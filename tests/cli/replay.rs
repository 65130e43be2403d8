mod budget;
mod cost;
mod joining;
mod levels;
mod recorder;
mod truth;

use std::fmt::Write as _;

use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::{Ran, command, finish, ran};
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record;
use test_support::temp::TempDir;

/// A configuration with these lines in its output.
fn configuration(folder: &TempDir, lines: &str) -> String {
    let text = format!(
        "[SERVICE]\n    Grace 30\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 2\n    \
         Retry_Limit no_limits\n{lines}"
    );
    folder.file("extra.conf", &text).display().to_string()
}

const LINES: &str = "    route.stop stops, slack
    route.stderr errors, archive
    route.stdout archive
    route.other drop
    route.health drop
    classes health
    class.health.match log ^GET /healthz
    stops.type cloudwatch
    stops.region eu-west-1
    stops.log_group /stops
    stops.log_stream $(ecs_cluster)
    errors.type cloudwatch
    errors.region eu-west-1
    errors.log_group /ecs/$(ecs_task_family)
    errors.log_stream $(container_name)/$(ecs_task_id)
    errors.log_key log
    archive.type s3
    archive.bucket my-logs
    archive.key ${PREFIX}/$(class)/%Y/$(uuid).json
    slack.webhook_url ${SLACK_WEBHOOK_URL}
    slack.min_severity error
";

fn records() -> Vec<Value> {
    let mut line = record::line("web", "stdout", "fine");
    line["time"] = "2026-11-19T21:13:34Z".into();
    vec![
        record::line("web", "stderr", "boom"),
        line,
        record::line("web", "stdout", "GET /healthz 200"),
        record::event("oom-killed"),
        record::event("scale-in"),
        json!({"anything": 1}),
    ]
}

fn json_lines(records: &[Value]) -> String {
    records.iter().fold(String::new(), |mut text, record| {
        writeln!(text, "{record}").expect("memory");
        text
    })
}

fn objects(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Class, and every destination with its target.
fn told(out: &str) -> Vec<(String, Vec<(String, Value)>)> {
    let rows = objects(out).into_iter().filter(|object| object.get("record").is_some());
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    rows.map(|row| {
        let destinations = row["destinations"].as_array().expect("a list");
        (
            text(&row["class"]),
            destinations.iter().map(|one| (text(&one["name"]), one["target"].clone())).collect(),
        )
    })
    .collect()
}

#[test]
fn every_record_is_told_with_its_class_destinations_and_places() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let recording = folder.file("records.jsonl", &json_lines(&records())).display().to_string();
    let mut command = command(&["replay", "--json", "--dry-run", &config, &recording]);
    command.env("PREFIX", "ecs");
    let ran = finish(command, b"");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let archive = |class: &str, year: &str| {
        (
            "archive".to_owned(),
            json!({"bucket": "my-logs", "key": format!("ecs/{class}/{year}/$(uuid).json.gz")}),
        )
    };
    let year = year_of_now();
    let error = json!({"log_group": "/ecs/web", "log_stream": "web/7378aadeebae5d55dee04916c8a42528"});
    let stop = |cluster: &str| ("stops".to_owned(), json!({"log_group": "/stops", "log_stream": cluster}));
    let expected = [
        ("stderr".to_owned(), vec![("errors".to_owned(), error), archive("stderr", &year)]),
        ("stdout".to_owned(), vec![archive("stdout", "2026")]),
        ("health".to_owned(), vec![]),
        ("stop".to_owned(), vec![stop("prod"), ("slack".to_owned(), json!({}))]),
        ("stop".to_owned(), vec![stop("prod"), ("slack".to_owned(), Value::Null)]),
        ("other".to_owned(), vec![]),
    ];
    let sorted = |rows: Vec<(String, Vec<(String, Value)>)>| -> Vec<_> {
        let order = |(class, mut copies): (String, Vec<(String, Value)>)| {
            copies.sort_by(|one, other| one.0.cmp(&other.0));
            (class, copies)
        };
        rows.into_iter().map(order).collect()
    };
    assert_eq!(sorted(told(&ran.out)), sorted(expected.into()));
    let all = objects(&ran.out);
    let summary = &all.last().expect("a summary")["summary"];
    assert_eq!(summary["records"], 6);
    assert_eq!(summary["dropped"], 2);
    assert_eq!(summary["classes"], json!({"stderr": 1, "stdout": 1, "health": 1, "stop": 2, "other": 1}));
    assert_eq!(all[0]["destinations"][0]["bytes"].as_u64().map(|bytes| bytes > 4), Some(true));
}

fn year_of_now() -> String {
    jiff::Timestamp::now().strftime("%Y").to_string()
}

#[test]
fn a_recorded_chunk_an_array_and_lines_come_to_the_same() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let records = records();
    let array = serde_json::to_vec_pretty(&records).expect("JSON");
    let chunk = Chunk::now(&records);
    let replayed = |bytes: &[u8]| {
        let path = folder.path().join("recording");
        std::fs::write(&path, bytes).expect("a file");
        let mut command = command(&["replay", "--json", &config, path.to_str().expect("UTF-8")]);
        command.env("PREFIX", "x");
        let ran = finish(command, b"");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        // The second record has a time of its own as JSON, and only there.
        told(&ran.out).into_iter().map(|(class, copies)| (class, copies.len())).collect::<Vec<_>>()
    };
    let expected = replayed(json_lines(&records).as_bytes());
    assert_eq!(expected.len(), records.len());
    assert_eq!(replayed(&array), expected);
    assert_eq!(replayed(chunk.bytes()), expected);
    assert_eq!(replayed(&wrapped(chunk.bytes())), expected);
}

/// As a file of Fluent Bit's filesystem storage.
fn wrapped(chunk: &[u8]) -> Vec<u8> {
    let tag = b"ecs_router.replay";
    let mut file = vec![0xc1, 0];
    file.extend([0; 20]);
    file.extend(u16::try_from(tag.len()).expect("short").to_be_bytes());
    file.extend(tag);
    file.extend(chunk);
    file
}

#[test]
fn people_read_a_table() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let recording = folder.file("records.jsonl", &json_lines(&records())).display().to_string();
    let mut command = command(&["replay", &config, &recording]);
    command.env("PREFIX", "ecs");
    let ran = finish(command, b"");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for expected in [
        " record  class     destination          bytes  where\n",
        "/ecs/web  web/7378aadeebae5d55dee04916c8a42528\n",
        "      3  health    dropped on purpose\n",
        "slack                    -  left out\n",
        "\n6 record(s): 1 health, 1 other, 1 stderr, 1 stdout, 2 stop; 2 dropped on purpose\n",
        "\nNothing was sent; --send delivers.\n",
    ] {
        assert!(ran.out.contains(expected), "missing: {expected}\nin:\n{}", ran.out);
    }
}

#[test]
fn events_of_tasks_that_have_not_stopped_are_counted_as_such() {
    let folder = TempDir::new();
    let names = ["running-spot-warning", "deprovisioning-early", "spot-interruption"];
    let recording = folder.file("r.jsonl", &json_lines(&names.map(record::event))).display().to_string();
    let webhook = "slack.webhook_url https://hooks.slack.com/services/T0/B0/x";
    let config = configuration(&folder, &format!("    route.default slack\n    {webhook}\n"));
    let note = "2 event(s) of tasks that have not stopped (1 DEPROVISIONING, 1 RUNNING) make no report; ECS's event with STOPPED does\n";
    for more in [&[][..], &["--incidents"]] {
        let arguments = [&["replay", &config, &recording], more].concat();
        let ran = ran(&arguments);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains(note), "{}", ran.out);
        let ran = ran_json(&arguments);
        assert_eq!(ran.last().unwrap()["summary"]["unfinished_tasks"], 2, "{ran:?}");
    }
}

fn ran_json(arguments: &[&str]) -> Vec<Value> {
    objects(&ran(&[arguments, &["--json"]].concat()).out)
}

#[test]
fn a_dry_run_opens_no_connection() {
    let cloud = Cloud::start();
    let folder = TempDir::new();
    let lines = format!(
        "    route.default cloudwatch\n    cloudwatch.endpoint {}\n    cloudwatch.log_group /x\n",
        cloud.endpoint()
    );
    let config = configuration(&folder, &lines);
    let recording = folder.file("records.jsonl", &json_lines(&records())).display().to_string();
    let ran = ran(&["replay", &config, &recording]);
    assert_eq!((ran.code, cloud.requests().len()), (0, 0), "{}", ran.err);
}

/// Replays with the fake cloud's key.
fn sent(cloud: &Cloud, lines: &str, recording: &str, more: &[&str]) -> Ran {
    let folder = TempDir::new();
    let config = configuration(&folder, lines);
    let recording = folder.file("records.jsonl", recording).display().to_string();
    let endpoint = format!("cloudwatch.endpoint={}", cloud.endpoint());
    let arguments = [&["replay", "--send", "--json", "--set", &endpoint, &config, &recording], more].concat();
    let mut command = command(&arguments);
    command.envs(environment::VARIABLES).env("GROUP", "/replayed");
    finish(command, b"")
}

const CLOUDWATCH: &str = "    route.default cloudwatch
    cloudwatch.region us-east-1
    cloudwatch.log_group ${GROUP}
    cloudwatch.log_stream $(container_name)
    cloudwatch.log_key log
    cloudwatch.auto_create_group on
    flush_timeout 2s
";

#[test]
fn send_delivers_and_tells_verdict_and_counters() {
    let cloud = Cloud::start();
    let records = [record::line("web", "stderr", "boom"), record::line("web", "stdout", "fine")];
    let ran = sent(&cloud, CLOUDWATCH, &json_lines(&records), &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = &objects(&ran.out)[0];
    assert_eq!(told["verdicts"], json!({"ok": 1, "retry": 0, "error": 0}));
    assert_eq!(told["destinations"][0]["delivered"], 2);
    let events = cloud.cloudwatch().events("/replayed", "web");
    assert_eq!(events.iter().map(|event| event.message.as_str()).collect::<Vec<_>>(), ["boom", "fine"]);
    cloud.assert_no_complaints();
}

#[test]
fn send_tells_what_limits_and_the_recorder_did() {
    let cloud = Cloud::start();
    let keys = [
        "route.stdout drop",
        "recorder.window 5m",
        "recorder.destination cloudwatch",
        "limit.stderr 1/h per container",
    ];
    let lines: String = keys.iter().map(|line| format!("    {line}\n")).collect();
    let of = |source: &str, text: &str| record::line("web", source, text);
    let records =
        [of("stdout", "before"), of("stderr", "boom"), of("stderr", "again"), of("stdout", "after")];
    let ran = sent(&cloud, &format!("{CLOUDWATCH}{lines}"), &json_lines(&records), &[]);
    let told = &objects(&ran.out)[0];
    assert_eq!(told["over_limits"], 1, "{}", ran.out);
    assert_eq!(told["recorder"]["held"], 2, "{}", ran.out);
}

#[test]
fn a_chunk_that_is_not_taken_comes_again_and_is_given_up_at_last() {
    let cloud = Cloud::start();
    let recording = json_lines(&[record::line("web", "stderr", "boom")]);
    let denied = || Fault::aws(400, "AccessDeniedException");
    cloud.script(Api::PutLogEvents, [denied()]);
    let ran = sent(&cloud, CLOUDWATCH, &recording, &["--retries", "3"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(objects(&ran.out)[0]["brought_again"].as_u64() >= Some(1), "{}", ran.out);
    assert_eq!(cloud.cloudwatch().events("/replayed", "web").len(), 1);

    cloud.script(Api::PutLogEvents, [denied(), denied(), denied()]);
    let ran = sent(&cloud, CLOUDWATCH, &recording, &["--retries", "0"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(objects(&ran.out)[0]["verdicts"], json!({"ok": 0, "retry": 1, "error": 0}));
}

/// Nobody takes an example for a place of theirs; an unknown secret is in no place.
#[test]
fn a_dry_run_says_which_values_are_examples() {
    let folder = TempDir::new();
    let lines = "    route.default lines, newrelic, http\n    lines.type cloudwatch\n    lines.log_group \
                 /ecs/${NO_SUCH_GROUP}/${OTHER}/$(class)\n    lines.log_stream a\n    newrelic.license_key \
                 ${NO_SUCH_KEY}\n    http.url ${NO_SUCH_URL}\n";
    let config = configuration(&folder, lines);
    let recording = folder.file("records.jsonl", "{}\n").display().to_string();
    let ran = ran(&["replay", &config, &recording]);
    let said: Vec<&str> = ran.err.lines().collect();
    let [group, url] = said.as_slice() else { panic!("{said:?}") };
    let expected = "ecs-router: lines.log_group: ${NO_SUCH_GROUP} is not in the environment and stands in the names below";
    assert!(group.starts_with(expected), "{group}");
    assert!(
        url.contains("http.url: ${NO_SUCH_URL} is not in the environment; ")
            && url.ends_with(" stands for it here")
    );
    assert!(ran.out.contains("  /ecs/${NO_SUCH_GROUP}/${OTHER}/other  a\n"), "{}", ran.out);
}

#[test]
fn a_tag_of_another_task_is_said_to_be_why_records_are_not_believed() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let lines = [record::line("web", "stderr", "boom"), record::event("oom-killed")];
    let recording = folder.file("records.jsonl", &json_lines(&lines)).display().to_string();
    let replayed = |tag: &str| ran(&["replay", &config, &recording, "--tag", tag, "--set", "archive.key=x"]);
    let other = replayed("api-firelens-0123");
    assert_eq!(other.code, 0, "{}", other.err);
    for said in [
        "1 record(s) name another container or task than the tag 'api-firelens-0123'",
        "their own tag is web-firelens-7378aadeebae5d55dee04916c8a42528",
        "1 event(s) under the tag",
    ] {
        assert!(other.err.contains(said), "{said}: {}", other.err);
    }
    assert_eq!(other.err.matches("--tag out").count(), 1, "{}", other.err);
    let own = replayed("web-firelens-7378aadeebae5d55dee04916c8a42528").err;
    assert!(!own.contains("another container") && own.contains("1 event(s)"), "{own}");
}

/// The commands of `docs/replay.md`, in the repository's root.
#[test]
fn the_documented_commands_work_as_printed() {
    let root = test_support::root();
    let page = std::fs::read_to_string(root.join("docs/replay.md")).expect("the page");
    let commands: Vec<&str> = page.lines().filter(|line| line.starts_with("ecs-router replay ")).collect();
    assert!(commands.len() > 2, "{commands:?}");
    for line in commands {
        let folder = TempDir::new();
        let report = folder.path().join("report.html").display().to_string();
        let words = line.split_whitespace().skip(1).map(|word| match word {
            "report.html" => report.clone(),
            word if word.starts_with("examples/") => root.join(word).display().to_string(),
            word => word.to_owned(),
        });
        let words: Vec<String> = words.collect();
        let ran = ran(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        assert!(ran.out.contains("1 stderr, 2 stdout"), "{line}: {}", ran.out);
        assert_eq!(line.contains("--html"), std::path::Path::new(&report).exists(), "{line}");
    }
}

#[test]
fn send_wants_every_value_and_a_dry_run_does_not() {
    let folder = TempDir::new();
    let config =
        configuration(&folder, "    route.default newrelic\n    newrelic.license_key ${NO_SUCH_KEY}\n");
    let recording = folder.file("records.jsonl", "{}\n").display().to_string();
    let dry = ran(&["replay", &config, &recording]);
    assert_eq!(dry.code, 0, "{}", dry.err);
    let sent = ran(&["replay", "--send", &config, &recording]);
    assert_eq!((sent.code, sent.out.as_str()), (2, ""));
    assert!(
        sent.err.contains("newrelic.license_key: ${NO_SUCH_KEY} is not in the environment"),
        "{}",
        sent.err
    );
}

#[test]
fn one_of_several_outputs_is_chosen() {
    let folder = TempDir::new();
    let config = configuration(
        &folder,
        "    route.default a\n    a.type stdout\n[OUTPUT]\n    Name null\n[OUTPUT]\n    Name ecs_router\n    \
         route.default b\n    b.type stdout\n",
    );
    let recording = folder.file("records.jsonl", "{\"n\":1}\n").display().to_string();
    let none = ran(&["replay", &config, &recording]);
    assert!(none.code == 2 && none.err.contains("--output 2  "), "{}", none.err);
    let second = ran(&["replay", "--json", "--output", "2", &config, &recording]);
    assert_eq!(told(&second.out), [("other".to_owned(), vec![("b".to_owned(), json!({}))])]);
    assert_eq!(ran(&["replay", "--output", "3", &config, &recording]).code, 2);
}

#[test]
fn what_the_plugin_would_refuse_is_refused() {
    let folder = TempDir::new();
    let config = configuration(&folder, "    route.default s3\n");
    let recording = folder.file("records.jsonl", "{}\n").display().to_string();
    let ran = ran(&["replay", &config, &recording]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("s3.bucket: is missing") && ran.err.contains("ecs-router check"), "{}", ran.err);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_replayed() {
    let folder = TempDir::new();
    let config = configuration(&folder, "    route.default stdout\n");
    let recording = folder.file("records.jsonl", "{\"n\":1}\nnonsense\n{\"n\":2}\n").display().to_string();
    let ran = ran(&["replay", "--json", &config, &recording]);
    assert_eq!((ran.code, told(&ran.out).len()), (1, 2));
    assert!(ran.err.contains("records.jsonl:2: is not valid JSON"), "{}", ran.err);
}
