//! Two collectors share a queue, and what they deliver to fails every other time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::Moto;
use crate::router::{GROUP, Router};
use test_support::plain_http::aws_call;
use test_support::process::until;
use test_support::record::stop;

/// moto needs longer for each, the more there are.
const EVENTS: usize = 400;

#[test]
fn two_collectors_deliver_every_event_although_half_of_the_attempts_fail() {
    let Some(moto) = Moto::start() else { return };
    let queue = fill(&moto);
    let cloud = Cloud::start();
    let attempts = AtomicUsize::new(0);
    cloud.script_where(
        Api::PutLogEvents,
        move |_| attempts.fetch_add(1, Relaxed).is_multiple_of(2),
        Fault::reply(503),
    );
    let collectors = ["first", "second"].map(|name| collector(&cloud, &queue, name));
    let is_empty = || {
        // moto counts message by message, with the collectors waiting behind it.
        std::thread::sleep(Duration::from_secs(1));
        (waiting(&moto, &queue) == 0).then_some(())
    };
    until(Duration::from_secs(300), is_empty).expect("an empty queue");
    collectors.iter().for_each(|collector| collector.drain());
    assert_eq!(waiting(&moto, &queue), 0);
    let mut all = BTreeSet::new();
    for name in ["first", "second"] {
        let told = tasks(&cloud.cloudwatch().messages(GROUP, name));
        assert_eq!(told.values().max(), Some(&1), "none twice within a collector");
        all.extend(told.into_keys());
    }
    // SQS may give a message to two receivers, and so does moto once in a while: that is between collectors.
    assert_eq!(all.len(), EVENTS, "each delivered");
    cloud.assert_no_complaints();
}

fn collector(cloud: &Cloud, queue: &str, name: &str) -> Router {
    let keys = [
        ("cloudwatch.log_stream", name),
        ("cloudwatch.log_key", ""),
        ("queue.url", queue),
        ("queue.region", "us-east-1"),
    ];
    Router::to(cloud, &keys)
}

fn fill(moto: &Moto) -> String {
    let queue = create_queue(moto);
    send(moto, &queue, &(0..EVENTS).map(event).collect::<Vec<_>>());
    queue
}

/// Returns its address.
pub(crate) fn create_queue(moto: &Moto) -> String {
    let queue = call(moto, "CreateQueue", &json!({"QueueName": "ecs-stops"}));
    queue["QueueUrl"].as_str().expect("an address").to_owned()
}

pub(crate) fn send(moto: &Moto, queue: &str, events: &[Value]) {
    for ten in events.chunks(10) {
        let entry = |(number, event): (usize, &Value)| json!({"Id": number.to_string(), "MessageBody": event.to_string()});
        let entries: Vec<Value> = ten.iter().enumerate().map(entry).collect();
        call(moto, "SendMessageBatch", &json!({"QueueUrl": queue, "Entries": entries}));
    }
}

fn event(number: usize) -> Value {
    let mut event = stop();
    event["id"] = json!(format!("event-{number}"));
    event["detail"]["taskArn"] = json!(format!("arn:aws:ecs:us-east-1:111122223333:task/prod/{number:032x}"));
    event
}

fn tasks(messages: &[String]) -> BTreeMap<String, usize> {
    let mut tasks = BTreeMap::new();
    for message in messages {
        let report: Value = serde_json::from_str(message).unwrap();
        *tasks.entry(report["task_id"].as_str().expect("a task").to_owned()).or_default() += 1;
    }
    tasks
}

/// Visible or not.
pub(crate) fn waiting(moto: &Moto, queue: &str) -> u64 {
    let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    let reply = call(moto, "GetQueueAttributes", &json!({"QueueUrl": queue, "AttributeNames": names}));
    let number =
        |name: &str| -> u64 { reply["Attributes"][name].as_str().expect("a number").parse().unwrap() };
    names.map(number).iter().sum()
}

fn call(moto: &Moto, operation: &str, body: &Value) -> Value {
    aws_call(moto.port, &format!("AmazonSQS.{operation}"), body).unwrap()
}
