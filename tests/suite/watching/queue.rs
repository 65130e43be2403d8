//! Events from a queue of SQS: the fake one here, and moto's with two collectors.

use std::collections::BTreeMap;
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::process::until;
use test_support::record::stop;

const QUEUE: &str = "ecs-stops";

fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let url = cloud.sqs().url(QUEUE);
    let usual = [
        ("cloudwatch.log_stream", "$(class)"),
        ("cloudwatch.log_key", ""),
        ("flush_timeout", "2s"),
        ("queue.url", &url),
        ("queue.region", "us-east-1"),
    ];
    Router::to(cloud, &[&usual, more].concat())
}

fn cloud() -> Cloud {
    Cloud::builder().create_queues([QUEUE]).start()
}

/// A stop of a task of its own.
fn stop_number(number: usize) -> Value {
    let mut event = stop();
    event["detail"]["taskArn"] = json!(format!("arn:aws:ecs:eu-west-1:111122223333:task/prod/{number:032x}"));
    event["id"] = json!(format!("event-{number}"));
    event
}

fn task_ids(messages: &[String]) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for message in messages {
        let report: Value = serde_json::from_str(message).unwrap();
        *seen.entry(report["task_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    seen
}

#[test]
fn each_message_is_deleted_after_its_event_has_arrived() {
    let cloud = cloud();
    (0..25).for_each(|number| cloud.sqs().send(QUEUE, stop_number(number)));
    cloud.sqs().send(QUEUE, json!({"Type": "Notification", "Message": stop_number(25).to_string()}));
    let router = router(&cloud, &[]);
    until(Duration::from_secs(60), || cloud.sqs().messages(QUEUE).is_empty().then_some(()))
        .expect("an empty queue");
    router.drain();
    let told = task_ids(&cloud.cloudwatch().messages(GROUP, "stop"));
    assert_eq!((told.len(), told.values().max()), (26, Some(&1)));
    let first_put = cloud.requests_for(Api::PutLogEvents)[0].at;
    assert!(cloud.requests_for(Api::DeleteMessage).iter().all(|delete| delete.at >= first_put));
    cloud.assert_no_complaints();
}

#[test]
fn a_stop_without_its_envelope_is_the_stop_that_it_was() {
    let cloud = cloud();
    cloud.sqs().send(QUEUE, stop_number(1)["detail"].clone());
    cloud.sqs().send(QUEUE, json!({"Type": "Notification", "Message": stop_number(2)["detail"].to_string()}));
    let router = router(&cloud, &[]);
    until(Duration::from_secs(60), || cloud.sqs().messages(QUEUE).is_empty().then_some(()))
        .expect("an empty queue");
    router.drain();
    let told = cloud.cloudwatch().messages(GROUP, "stop");
    assert_eq!((told.len(), task_ids(&told).len()), (2, 2));
    let report: Value = serde_json::from_str(&told[0]).unwrap();
    assert_eq!(report["region"], "eu-west-1");
    assert_eq!(report["event"]["detail-type"], "ECS Task State Change");
    cloud.assert_no_complaints();
}

#[test]
fn what_cannot_be_delivered_is_left_to_the_queue_and_comes_again() {
    let cloud = cloud();
    cloud.sqs().send(QUEUE, stop_number(1));
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    until(Duration::from_secs(60), || (cloud.attempts(Api::ChangeMessageVisibility) >= 1).then_some(()))
        .expect("left");
    assert_eq!(cloud.attempts(Api::DeleteMessage), 0);
    cloud.clear_script();
    until(Duration::from_secs(60), || cloud.sqs().messages(QUEUE).is_empty().then_some(()))
        .expect("delivered later");
    router.drain();
    assert_eq!(cloud.cloudwatch().messages(GROUP, "stop").len(), 1);
    cloud.assert_no_complaints();
}

#[test]
fn messages_that_fail_together_hold_up_later_ones_as_little_as_one_does() {
    let cloud = cloud();
    (0..10).for_each(|number| cloud.sqs().send(QUEUE, stop_number(number)));
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    until(Duration::from_secs(60), || (cloud.attempts(Api::ChangeMessageVisibility) >= 10).then_some(()))
        .expect("all of them left");
    cloud.clear_script();
    cloud.sqs().send(QUEUE, stop_number(10));
    // Ten failures in a row would mean a pause of 150 s or more.
    until(Duration::from_secs(60), || cloud.sqs().messages(QUEUE).is_empty().then_some(()))
        .expect("delivered soon");
    router.drain();
    assert_eq!(task_ids(&cloud.cloudwatch().messages(GROUP, "stop")).len(), 11);
}

fn told(cloud: &Cloud) -> usize {
    cloud.cloudwatch().messages(GROUP, "stop").len()
}

#[test]
fn each_message_takes_one_request_that_waits_for_it_already() {
    let cloud = cloud();
    // Whoever waited for a deletion would receive nothing in the meantime.
    cloud.script_where(Api::DeleteMessage, |_| true, Fault::hang());
    let router = router(&cloud, &[("exit_timeout", "1s")]);
    for number in 0..5 {
        until(Duration::from_secs(60), || (cloud.attempts(Api::ReceiveMessage) == number + 1).then_some(()))
            .expect("a request that waits");
        cloud.sqs().send(QUEUE, stop_number(number));
        until(Duration::from_secs(60), || (told(&cloud) > number).then_some(())).expect("sent");
    }
    until(Duration::from_secs(60), || (cloud.attempts(Api::ReceiveMessage) == 6).then_some(()))
        .expect("a request that waits");
    router.drain();
    assert_eq!(task_ids(&cloud.cloudwatch().messages(GROUP, "stop")).len(), 5);
}

#[test]
fn a_message_that_is_no_event_is_left_to_the_redrive_policy_and_holds_up_nobody() {
    let cloud = cloud();
    cloud.sqs().send(QUEUE, "hello");
    cloud.sqs().send(QUEUE, "{\"a\":");
    cloud.sqs().send(QUEUE, json!({"source": "aws.health", "detail-type": "AWS Health Event", "detail": {}}));
    cloud.sqs().send(QUEUE, json!({"taskArn": "0123", "text": "made by an input transformer"}));
    cloud.sqs().send(QUEUE, json!({"Type": "Notification", "Message": "hello"}));
    cloud.sqs().send(QUEUE, stop_number(1));
    let router = router(&cloud, &[]);
    until(Duration::from_secs(60), || (cloud.sqs().messages(QUEUE).len() == 5).then_some(()))
        .expect("one delivered");
    router.drain();
    let load = |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    let queue = &router.metrics().queue;
    assert_eq!((load(&queue.poison), load(&queue.deleted), load(&queue.left)), (5, 1, 0));
    assert_eq!(cloud.attempts(Api::ChangeMessageVisibility), 0, "the queue's own timeout holds");
}

#[test]
fn events_of_ecs_that_are_no_stops_are_delivered_and_deleted() {
    let cloud = cloud();
    let mut running = stop_number(1);
    running["detail"]["lastStatus"] = json!("RUNNING");
    running["detail"]["desiredStatus"] = json!("RUNNING");
    cloud.sqs().send(QUEUE, running.clone());
    cloud.sqs().send(QUEUE, running["detail"].clone());
    cloud.sqs().send(QUEUE, json!({"source": "aws.ecs", "detail-type": "ECS Something New", "detail": {}}));
    let router = router(&cloud, &[]);
    until(Duration::from_secs(60), || cloud.sqs().messages(QUEUE).is_empty().then_some(()))
        .expect("an empty queue");
    router.drain();
    assert_eq!(cloud.cloudwatch().messages(GROUP, "other").len(), 3);
    cloud.assert_no_complaints();
}

#[test]
fn a_message_that_could_not_be_deleted_comes_again_and_its_stop_is_told_once() {
    let cloud = cloud();
    cloud.script_where(Api::DeleteMessage, |_| true, Fault::reply(500));
    cloud.sqs().send(QUEUE, stop_number(1));
    cloud.sqs().send(QUEUE, stop_number(1));
    let router = router(&cloud, &[]);
    until(Duration::from_secs(60), || (cloud.attempts(Api::DeleteMessage) >= 2).then_some(()))
        .expect("tried");
    cloud.clear_script();
    until(Duration::from_secs(60), || cloud.sqs().messages(QUEUE).is_empty().then_some(())).expect("deleted");
    router.drain();
    assert_eq!(cloud.cloudwatch().messages(GROUP, "stop").len(), 1);
}

#[test]
fn exit_finishes_what_is_under_way() {
    let cloud = cloud();
    cloud.script(Api::PutLogEvents, [Fault::slow(Duration::from_millis(600))]);
    cloud.sqs().send(QUEUE, stop_number(1));
    let router = router(&cloud, &[]);
    until(Duration::from_secs(60), || (cloud.attempts(Api::PutLogEvents) >= 1).then_some(()))
        .expect("under way");
    router.drain();
    assert!(cloud.sqs().messages(QUEUE).is_empty(), "deleted before the end");
    assert_eq!(cloud.cloudwatch().messages(GROUP, "stop").len(), 1);
}

#[test]
fn authorities_that_cannot_be_read_are_said_at_the_start() {
    let keys = [
        ("route.default", "stdout"),
        ("queue.url", "https://sqs.us-east-1.amazonaws.com/111122223333/ecs-stops"),
        ("queue.ca_file", "/nowhere/ca.pem"),
    ];
    let keys: BTreeMap<String, String> = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let problems = ecs_router::instance::Instance::start(0, &keys).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0].to_string().starts_with("queue.ca_file: cannot read /nowhere/ca.pem"),
        "{}",
        problems[0]
    );
}
