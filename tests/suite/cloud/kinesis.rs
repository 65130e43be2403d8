//! A data stream of several shards, read back shard by shard: everything arrived, and a task's lines are in order.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ecs_router::Verdict;
use serde_json::{Value, json};

use super::Moto;
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::plain_http::aws_call;
use test_support::record::{line, stop};

const STREAM: &str = "ecs-logs";
const LINES: usize = 1_200;
const TASKS: usize = 7;

#[test]
fn what_goes_into_the_stream_comes_out_of_its_shards_in_order() {
    let Some(moto) = Moto::start() else { return };
    create(&moto, STREAM);
    create(&moto, "joined");
    let chunk =
        (0..LINES).fold(Chunk::new(), |chunk, number| chunk.with(1_795_000_000_125, &of_task(number)));
    assert_eq!(router(&moto, STREAM, "off").bring(&chunk), Verdict::Ok);
    assert_eq!(router(&moto, "joined", "newline").bring(&chunk), Verdict::Ok);
    let alone = shards(&moto, STREAM);
    let joined = shards(&moto, "joined");
    assert!(alone.iter().filter(|records| !records.is_empty()).count() > 1, "tasks spread over the shards");
    assert_eq!(alone.concat().len(), LINES);
    assert_eq!(joined.concat().len(), TASKS, "one record for each task");
    let expected = |task: usize| (0..LINES).filter(|number| number % TASKS == task).collect::<Vec<_>>();
    let expected: BTreeMap<String, Vec<usize>> =
        (0..TASKS).map(|task| (format!("t{task}"), expected(task))).collect();
    assert_eq!(lines_by_task(&joined), expected);
    assert_eq!(lines_by_task(&alone), expected);
}

#[test]
fn a_stop_comes_out_as_its_report() {
    let Some(moto) = Moto::start() else { return };
    create(&moto, STREAM);
    assert_eq!(router(&moto, STREAM, "off").bring(&Chunk::now(&[stop()])), Verdict::Ok);
    let records = shards(&moto, STREAM).concat();
    let report: Value = serde_json::from_str(&records[0].1).unwrap();
    assert_eq!((&report["severity"], &report["exit_code"]), (&json!("error"), &json!(137)));
}

#[test]
fn a_stream_that_does_not_exist_means_retry_until_it_does() {
    let Some(moto) = Moto::start() else { return };
    let router = router(&moto, STREAM, "off");
    let chunk = Chunk::now(&[line("web", "stdout", "hello")]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    create(&moto, STREAM);
    router.bring_until_ok(&chunk, 3);
    assert_eq!(shards(&moto, STREAM).concat().len(), 1);
}

fn of_task(number: usize) -> Value {
    let mut record = line("web", "stdout", &number.to_string());
    record["ecs_task_arn"] =
        json!(format!("arn:aws:ecs:us-east-1:123456789012:task/prod/t{}", number % TASKS));
    record
}

/// The numbers of each task's lines, in the order of its shard.
fn lines_by_task(shards: &[Vec<(String, String)>]) -> BTreeMap<String, Vec<usize>> {
    let mut tasks = BTreeMap::<String, Vec<usize>>::new();
    for (key, text) in shards.iter().flatten() {
        let numbers = text.lines().map(|line| {
            let record: Value = serde_json::from_str(line).expect("a line of JSON");
            record["log"].as_str().expect("a text").parse::<usize>().expect("a number")
        });
        tasks.entry(key.clone()).or_default().extend(numbers);
    }
    tasks
}

fn router(moto: &Moto, stream: &str, aggregate: &str) -> Router {
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    Router::with(&[
        ("route.default", "kinesis"),
        ("kinesis.region", "us-east-1"),
        ("kinesis.endpoint", &endpoint),
        ("kinesis.stream", stream),
        ("kinesis.aggregate", aggregate),
        // One request after the other, so that the order is the chunk's.
        ("kinesis.concurrency", "1"),
        ("flush_timeout", "30s"),
    ])
}

fn call(moto: &Moto, operation: &str, body: &Value) -> Value {
    aws_call(moto.port, &format!("Kinesis_20131202.{operation}"), body).unwrap()
}

fn create(moto: &Moto, stream: &str) {
    // It answers with nothing, which is no JSON.
    aws_call(moto.port, "Kinesis_20131202.CreateStream", &json!({"StreamName": stream, "ShardCount": 4}))
        .ok();
}

/// By shard: key and text of each record.
fn shards(moto: &Moto, stream: &str) -> Vec<Vec<(String, String)>> {
    let shards = call(moto, "ListShards", &json!({"StreamName": stream}));
    let ids = shards["Shards"].as_array().expect("shards").iter().map(|shard| shard["ShardId"].clone());
    ids.map(|id| records(moto, stream, &id)).collect()
}

fn records(moto: &Moto, stream: &str, shard: &Value) -> Vec<(String, String)> {
    let body = json!({"StreamName": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let mut iterator = call(moto, "GetShardIterator", &body)["ShardIterator"].clone();
    let mut all = Vec::new();
    loop {
        let reply = call(moto, "GetRecords", &json!({"ShardIterator": iterator}));
        let found = reply["Records"].as_array().expect("records");
        if found.is_empty() {
            return all;
        }
        all.extend(found.iter().map(record));
        iterator = reply["NextShardIterator"].clone();
    }
}

fn record(record: &Value) -> (String, String) {
    let data = STANDARD.decode(record["Data"].as_str().expect("data")).expect("base64");
    (record["PartitionKey"].as_str().expect("a key").to_owned(), String::from_utf8(data).expect("UTF-8"))
}
