//! Kinesis: only what failed is sent again, keys that spread, and lines that share a record.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault, Received};
use serde_json::{Value, json};

use super::intake::{Intake, PASSING, STREAM, chunk_of, cloud, hello, line_of_text, lines_in_base64, names};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};
use test_support::this_test;

pub(super) const INTAKE: Intake = Intake {
    kind: "kinesis",
    api: Api::PutRecords,
    keys: &[
        ("kinesis.endpoint", "{endpoint}"),
        ("kinesis.region", "eu-west-1"),
        ("kinesis.stream", STREAM),
        ("kinesis.timeout", "60s"),
    ],
    brought: |request| lines_in_base64(&request.json()["Records"], "Data"),
    arrived: |cloud| cloud.kinesis().lines(STREAM).iter().map(|text| line_of_text(text)).collect(),
    refusal: || Fault::aws(400, "InvalidArgumentException"),
    secret: None,
    knows_repeats: false,
    status_decides: false,
    retried: PASSING,
    room: 1,
    cuts: true,
};

fn brought(cloud: &Cloud) -> Vec<Vec<String>> {
    cloud.requests_for(Api::PutRecords).iter().map(INTAKE.brought).collect()
}

/// Lines of this many tasks, in turn.
fn of_tasks(count: usize, tasks: usize) -> Chunk {
    let record = |n: usize| {
        let mut record = line("web", "stdout", &format!("n{n}"));
        record["ecs_task_arn"] =
            json!(format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/t{}", n % tasks));
        record
    };
    Chunk::now(&(0..count).map(record).collect::<Vec<Value>>())
}

#[test]
fn stops_and_lines_arrive_under_the_key_of_their_task() {
    let cloud = cloud();
    let chunk = Chunk::now(&[stop(), line("web", "stdout", "grüße")]);
    assert_eq!(INTAKE.router(&cloud, &[]).bring(&chunk), Verdict::Ok);
    let records = cloud.kinesis().records(STREAM);
    let report: Value = serde_json::from_slice(&records[0].1).unwrap();
    assert_eq!((&report["severity"], &report["exit_code"]), (&json!("error"), &json!(137)));
    assert_eq!(report["task_id"], records[0].0.as_str());
    assert!(records.iter().all(|(key, data)| !key.is_empty() && data.ends_with(b"\n")));
    let request = &cloud.requests_for(Api::PutRecords)[0];
    assert_eq!(request.header("x-amz-target"), Some("Kinesis_20131202.PutRecords"));
    assert!(request.header("authorization").unwrap().contains("/eu-west-1/kinesis/aws4_request"));
    cloud.assert_no_complaints();
}

#[test]
fn only_the_records_that_failed_are_sent_again_after_a_pause() {
    let cloud = cloud();
    cloud.script(Api::PutRecords, [Fault::partial([1, 3, 4]), Fault::partial([0, 2]), Fault::partial([0])]);
    let router = INTAKE.router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(6))), Verdict::Ok);
    let expected =
        [vec!["n0", "n1", "n2", "n3", "n4", "n5"], vec!["n1", "n3", "n4"], vec!["n1", "n4"], vec!["n1"]];
    assert_eq!(brought(&cloud), expected);
    let requests = cloud.requests_for(Api::PutRecords);
    let pause = |n: usize| (requests[n + 1].at - requests[n].at).as_millis();
    assert!(pause(0) >= 50 && pause(2) >= 200, "a shard that takes no more is left alone, longer each time");
    INTAKE.assert_arrived(&cloud, &router, &names(6));
}

#[test]
fn records_that_keep_failing_mean_retry_and_the_replay_brings_them_alone() {
    let cloud = cloud();
    cloud.script(Api::PutRecords, [Fault::partial([2])]);
    INTAKE.script_for(&cloud, "n2", Fault::partial([0]).retry_after(600));
    let router = INTAKE.router(&cloud, &[]);
    let chunk = chunk_of(&names(6));
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!((INTAKE.arrived)(&cloud).len(), 5);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert!(brought(&cloud)[1..].iter().all(|lines| lines == &["n2"]));
    INTAKE.assert_arrived(&cloud, &router, &names(6));
}

#[test]
fn a_hot_shard_does_not_cost_the_records_of_the_others() {
    let cloud = cloud();
    let exceeded = || Fault::aws(400, "ProvisionedThroughputExceededException");
    cloud.script(Api::PutRecords, [exceeded(), exceeded()]);
    let router = INTAKE.router(&cloud, &[]);
    assert_eq!(router.bring(&of_tasks(20, 4)), Verdict::Ok);
    assert_eq!((cloud.attempts(Api::PutRecords), router.counters("kinesis").retries), (3, 2));
    INTAKE.assert_arrived(&cloud, &router, &names(20));
    let keys: BTreeSet<String> = cloud.kinesis().records(STREAM).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 4);
}

#[test]
fn lines_share_records_and_only_those_of_a_failed_one_are_sent_again() {
    let cloud = cloud();
    cloud.script(Api::PutRecords, [Fault::partial([1])]);
    let router = INTAKE.router(&cloud, &[("kinesis.aggregate", "newline")]);
    assert_eq!(router.bring(&of_tasks(300, 3)), Verdict::Ok);
    let counts: Vec<usize> = cloud
        .requests_for(Api::PutRecords)
        .iter()
        .map(|request| request.json()["Records"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [3, 1]);
    INTAKE.assert_arrived(&cloud, &router, &names(300));
    let of_task = |task: &str| -> Vec<String> {
        let records = cloud.kinesis().records(STREAM).into_iter().filter(|(key, _)| key == task);
        records
            .flat_map(|(_, data)| {
                String::from_utf8_lossy(&data).lines().map(line_of_text).collect::<Vec<_>>()
            })
            .collect()
    };
    let expected: Vec<String> = (0..100).map(|n| format!("n{}", 3 * n + 1)).collect();
    assert_eq!(of_task("t1"), expected, "in their order");
}

/// Dead letters are lines, also where lines share a record.
#[test]
fn a_line_that_is_refused_in_a_shared_record_is_singled_out() {
    let cloud = cloud();
    let brings = |request: &Received| {
        let data = request.json()["Records"][0]["Data"].as_str().unwrap_or_default().to_owned();
        lines(&data).iter().any(|line| line == "n5")
    };
    cloud.script_where(Api::PutRecords, brings, Fault::aws(400, "InvalidArgumentException"));
    let router = INTAKE.router(&cloud, &[("kinesis.aggregate", "newline")]);
    assert_eq!(router.bring(&chunk_of(&names(16))), Verdict::Ok);
    assert_eq!(router.lost("kinesis", Reason::Refused), 1);
    let mut others = names(16);
    others.remove(5);
    INTAKE.assert_arrived(&cloud, &router, &others);
}

/// The lines of one record's data.
fn lines(data: &str) -> Vec<String> {
    let data = STANDARD.decode(data).expect("base64");
    String::from_utf8(data).expect("UTF-8").lines().map(line_of_text).collect()
}

#[test]
fn a_missing_stream_means_retry_until_it_exists_and_one_line_that_names_it() {
    let said =
        alone(this_test!("a_missing_stream_means_retry_until_it_exists_and_one_line_that_names_it"), || {
            let cloud = Cloud::start();
            let router = INTAKE.router(&cloud, &[]);
            let chunk = hello();
            for flushes in 1..=3 {
                assert_eq!(router.bring(&chunk), Verdict::Retry);
                assert_eq!(cloud.attempts(Api::PutRecords), flushes, "once per flush");
            }
            cloud.kinesis().create_stream(STREAM);
            assert_eq!(router.bring(&chunk), Verdict::Ok);
            INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
        });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("[error]")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("kinesis.stream") && lines[0].contains(STREAM), "{}", lines[0]);
}
