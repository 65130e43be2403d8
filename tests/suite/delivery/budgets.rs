//! `limit.<class>` and `sample.<class>`: what arrives, how many times, and what is told of the rest.

use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::metrics::FAMILIES;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{event, line, now_ms};
use test_support::temp::TempDir;

/// Ten lines at one time, and then one a second.
const LIMIT: (&str, &str) = ("limit.stdout", "1/s per container, burst 10");

/// So many lines of a container at one moment, numbered.
fn lines(container: &str, source: &str, numbers: std::ops::Range<usize>) -> Vec<Value> {
    let line = |number| {
        let mut line = line(container, source, &format!("{source} {number}"));
        line["container_id"] = format!("{container}-id").into();
        line
    };
    numbers.map(line).collect()
}

/// Records of one moment.
fn at_once(at_ms: i64, records: &[Value]) -> Chunk {
    records.iter().fold(Chunk::new(), |chunk, record| chunk.with(at_ms, record))
}

fn numbered(source: &str, numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| format!("{source} {number}")).collect()
}

/// A counter by class.
fn counted(router: &Router, family: &str, class: &str) -> u64 {
    let family = FAMILIES.iter().find(|known| known.name == family).expect("a family of this name");
    let mut found = 0;
    family.for_each_series(router.metrics(), &mut |labels, number| {
        if labels == [class] {
            found = number;
        }
    });
    found
}

#[test]
fn a_noisy_container_keeps_to_its_budget_and_whoever_reads_its_lines_sees_the_gap() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[LIMIT]);
    let records =
        [lines("web", "stdout", 0..100), lines("api", "stdout", 0..5), lines("web", "stderr", 0..30)]
            .concat();
    assert_eq!(router.bring(&at_once(now_ms(), &records)), Verdict::Ok);
    router.assert_adds_up("cloudwatch");
    let of_web = [numbered("stdout", 0..10), numbered("stderr", 0..30)].concat();
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), of_web);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "api"), numbered("stdout", 0..5));
    assert_eq!(counted(&router, "limited_records_total", "stdout"), 90);
    assert_eq!(counted(&router, "limited_records_total", "stderr"), 0);
    assert_eq!(counted(&router, "records_total", "stdout"), 105);
    router.drain();
    let told = cloud.cloudwatch().messages(GROUP, "web").split_off(of_web.len());
    assert_eq!(told.len(), 1, "{told:?}");
    let expected = "ecs_router: 90 lines of container web dropped by limit.stdout (1/s per container, burst 10) in the last ";
    assert!(told[0].starts_with(expected), "{told:?}");
    assert_eq!(cloud.cloudwatch().messages(GROUP, "api").len(), 5, "nothing is missing there");
    cloud.assert_no_complaints();
}

#[test]
fn lines_of_an_outage_are_counted_by_their_own_time() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[LIMIT]);
    let start = now_ms() - 600_000;
    let records = lines("web", "stdout", 0..200);
    let chunk = records
        .iter()
        .zip(0..)
        .fold(Chunk::new(), |chunk, (record, second)| chunk.with(start + second * 1_000, record));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), numbered("stdout", 0..200));
}

#[test]
fn a_replay_drops_the_same_lines_and_counts_none_again() {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    let router = Router::to(&cloud, &[LIMIT, ("flush_timeout", "2s")]);
    let now = now_ms();
    let chunk = at_once(now, &lines("web", "stdout", 0..100));
    cloud.script(Api::PutLogEvents, vec![Fault::reply(500); 20]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.script(Api::PutLogEvents, []);
    // Meanwhile the same container writes on, with what ten seconds have brought.
    let next = at_once(now + 10_000, &lines("web", "stdout", 100..120));
    router.bring_until_ok(&next, 20);
    router.bring_until_ok(&chunk, 20);
    let mut arrived = cloud.cloudwatch().messages(GROUP, "web");
    arrived.sort_by_key(|text| text.split(' ').next_back().and_then(|number| number.parse::<usize>().ok()));
    assert_eq!(arrived, [numbered("stdout", 0..10), numbered("stdout", 100..110)].concat());
    assert_eq!(counted(&router, "limited_records_total", "stdout"), 100);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_replay_for_one_destination_brings_the_other_nothing_twice() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let path = folder.path().join("all.ndjson").to_str().unwrap().to_owned();
    let keys = [
        ("sample.stdout", "50%"),
        ("route.default", "cloudwatch, file"),
        ("file.path", &*path),
        ("flush_timeout", "2s"),
    ];
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud.script(Api::PutLogEvents, vec![Fault::reply(500); 3]);
    let router = Router::to(&cloud, &keys);
    router.bring_until_ok(&at_once(now_ms(), &lines("web", "stdout", 0..200)), 20);
    let text = std::fs::read_to_string(&path).unwrap();
    let in_file: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let in_file: Vec<&str> = in_file.iter().map(|record| record["log"].as_str().unwrap()).collect();
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), in_file);
    assert!((60..140).contains(&in_file.len()), "{}", in_file.len());
    assert_eq!(counted(&router, "sampled_out_records_total", "stdout"), 200 - in_file.len() as u64);
}

#[test]
fn every_task_keeps_the_same_traces() {
    let kept = |container: &str| {
        let cloud = Cloud::start();
        let router = Router::to(&cloud, &[("sample.stdout", "20%")]);
        let records: Vec<Value> = (1..200)
            .flat_map(|trace| {
                let log = |number| format!(r#"{{"line":{number},"trace_id":"{trace:032x}"}}"#);
                (0..3).map(|number| line(container, "stdout", &log(number))).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
        let arrived = cloud.cloudwatch().messages(GROUP, container);
        let traces: Vec<String> = arrived
            .iter()
            .map(|text| serde_json::from_str::<Value>(text).unwrap()["trace_id"].as_str().unwrap().to_owned())
            .collect();
        traces
    };
    let here = kept("web");
    assert_eq!(here, kept("api"));
    let whole = here.chunk_by(|a, b| a == b).all(|lines| lines.len() == 3);
    assert!(whole && (60..180).contains(&here.len()), "{here:?}");
}

#[test]
fn errors_on_standard_output_are_no_part_of_its_budget() {
    let cloud = Cloud::start();
    let keys = [LIMIT, ("sample.stdout", "1%"), ("level", "auto")];
    let router = Router::to(&cloud, &keys);
    let errors: Vec<Value> =
        (0..50).map(|number| line("web", "stdout", &format!("ERROR {number}"))).collect();
    let records = [lines("web", "stdout", 0..500), errors].concat();
    assert_eq!(router.bring(&at_once(now_ms(), &records)), Verdict::Ok);
    let arrived = cloud.cloudwatch().messages(GROUP, "web");
    assert_eq!(arrived.iter().filter(|text| text.starts_with("ERROR")).count(), 50);
    assert!(arrived.len() <= 60, "{}", arrived.len());
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_container_that_stopped_is_not_limited_and_its_report_has_its_last_lines() {
    let cloud = Cloud::start();
    let keys = [LIMIT, ("cloudwatch.log_key", ""), ("stop.context_streams", "stdout")];
    let router = Router::to(&cloud, &keys);
    let stop = event("essential-exit-137");
    let ended = stop["detail"]["containers"].as_array().unwrap().iter().find(|one| one["exitCode"] == 137);
    let ended = ended.expect("a container that was killed");
    let with_id = |mut record: Value| {
        record["container_id"] = ended["runtimeId"].clone();
        record
    };
    let before: Vec<Value> = lines("web", "stdout", 0..100).into_iter().map(with_id).collect();
    assert_eq!(router.bring(&at_once(now_ms(), &before)), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 10);
    assert_eq!(router.bring(&Chunk::now(std::slice::from_ref(&stop))), Verdict::Ok);
    let late: Vec<Value> = lines("web", "stdout", 100..200).into_iter().map(with_id).collect();
    assert_eq!(router.bring(&at_once(now_ms(), &late)), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 110, "lines that came late tell why");
    let all = cloud.cloudwatch().all_messages();
    let report = all.iter().find(|text| text.contains("last_lines")).expect("a report");
    assert!(report.contains("stdout 99"), "lines that were dropped are among the last ones: {report}");
}

#[test]
fn a_record_about_dropped_lines_waits_for_its_destination_and_arrives_once() {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    let router = Router::to(&cloud, &[LIMIT, ("exit_timeout", "5s")]);
    router.bring_until_ok(&at_once(now_ms(), &lines("web", "stdout", 0..20)), 3);
    cloud.script(Api::PutLogEvents, [Fault::throttled(), Fault::reply(503)]);
    router.drain();
    let arrived = cloud.cloudwatch().messages(GROUP, "web");
    assert_eq!(arrived.len(), 11, "{arrived:?}");
    assert!(arrived[10].contains("10 lines of container web"), "{arrived:?}");
}

/// What was told of dropped lines in a stream.
fn told(cloud: &Cloud, stream: &str) -> Vec<String> {
    let mut messages = cloud.cloudwatch().messages(GROUP, stream);
    messages.retain(|text| text.starts_with("ecs_router: "));
    messages
}

#[test]
fn the_lines_of_each_level_are_told_where_they_would_have_gone() {
    let cloud = Cloud::start();
    let keys = [LIMIT, ("level", "auto"), ("cloudwatch.log_stream", "$(container_name)/$(level)")];
    let router = Router::to(&cloud, &keys);
    let of = |level: &str, count: usize| vec![line("web", "stdout", &format!("{level} x")); count];
    let records = [of("INFO", 10), of("DEBUG", 30), of("INFO", 60)].concat();
    assert_eq!(router.bring(&at_once(now_ms(), &records)), Verdict::Ok);
    router.drain();
    for (level, count) in [("info", 60), ("debug", 30)] {
        let told = told(&cloud, &format!("web/{level}"));
        assert_eq!(told.len(), 1, "{level}: {told:?}");
        let expected = format!("ecs_router: {count} {level} lines of container web dropped by limit.stdout");
        assert!(told[0].starts_with(&expected), "{told:?}");
    }
    assert_eq!(cloud.cloudwatch().all_messages().len(), 12);
}

#[test]
fn a_container_leads_what_is_told_of_it_into_no_stream_of_another() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[LIMIT]);
    let tag = b"hostile-firelens-7378aadeebae5d55dee04916c8a42528";
    let chunk = at_once(now_ms(), &lines("victim", "stdout", 0..20));
    assert_eq!(router.flush(tag, chunk.bytes()), Verdict::Ok);
    router.drain();
    assert_eq!(told(&cloud, "victim"), [""; 0]);
    let told = told(&cloud, "hostile");
    assert!(told.len() == 1 && told[0].contains("10 lines of container hostile"), "{told:?}");
}

#[test]
fn a_name_begins_no_line_of_its_own_in_what_is_told() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[LIMIT, ("cloudwatch.log_stream", "all")]);
    let mut records = lines("web", "stdout", 0..20);
    for record in &mut records {
        record["container_name"] = "/we\nERROR \u{1b}[31m\u{202e}b".into();
    }
    assert_eq!(router.bring(&at_once(now_ms(), &records)), Verdict::Ok);
    router.drain();
    let told = told(&cloud, "all");
    assert!(told[0].contains("10 lines of container we ERROR  [31m b dropped"), "{told:?}");
}

#[test]
fn the_sign_off_counts_what_limits_dropped() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let path = folder.path().join("exits.ndjson").to_str().unwrap().to_owned();
    let keys = [
        LIMIT,
        ("route.router_exit", "exits"),
        ("exits.type", "file"),
        ("exits.path", &*path),
        ("route.stderr", "drop"),
    ];
    let router = Router::to(&cloud, &keys);
    let records = [lines("web", "stdout", 0..100), lines("web", "stderr", 0..3)].concat();
    router.bring_until_ok(&at_once(now_ms(), &records), 3);
    router.drain();
    let text = std::fs::read_to_string(&path).unwrap();
    let record: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((&record["records_dropped"], &record["records_over_limits"]), (&json!(93), &json!(90)));
    let summary = record["summary"].as_str().unwrap();
    assert!(summary.contains("0 lost, 90 dropped by limits and samples; gaps suspected: none"), "{summary}");
}

#[test]
fn a_flood_costs_no_more_time_than_its_lines() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[LIMIT, ("flush_timeout", "2m")]);
    // As many containers as lines: what an application that makes up ids can do outside of FireLens.
    let now = now_ms();
    let records: Vec<Value> = (0..20_000).map(|id| line("web", "stdout", "x").with_id(id)).collect();
    let (verdict, took) = router.timed(&at_once(now, &records));
    assert_eq!(verdict, Verdict::Ok);
    assert!(took < Duration::from_secs(60), "{took:?}");
}

/// A line of another container.
trait WithId {
    fn with_id(self, id: usize) -> Self;
}

impl WithId for Value {
    fn with_id(mut self, id: usize) -> Self {
        self["container_id"] = format!("made-up-{id}").into();
        self
    }
}
