//! A topic with a queue behind it: what went into the topic is in the queue's messages.

use std::collections::BTreeMap;

use ecs_router::Verdict;
use serde_json::{Value, json};

use super::Moto;
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::plain_http::{aws_call, query_call};
use test_support::record::{line, stop};

const ACCOUNT: &str = "123456789012";

#[test]
fn what_goes_into_the_topic_comes_out_of_the_queue() {
    let Some(moto) = Moto::start() else { return };
    let (topic, queue) = topic_and_queue(&moto, "alerts");
    let router = router(&moto, &topic, &[]);
    let texts = ["quotes \" and \\", "grüße 日本語 👩‍👩‍👧", "two\nlines & more = less", " "];
    let lines: Vec<Value> = texts.iter().map(|text| line("web", "stderr", text)).collect();
    assert_eq!(router.bring(&Chunk::now(&[lines, vec![stop()]].concat())), Verdict::Ok);
    let mut arrived = receive(&moto, &queue);
    assert_eq!(arrived.len(), 5);
    let at = arrived.iter().position(|message| message["MessageAttributes"]["class"]["Value"] == "stop");
    let report = arrived.remove(at.expect("the stop"));
    let attribute = |name: &str| report["MessageAttributes"][name]["Value"].clone();
    assert_eq!((attribute("severity"), attribute("category")), (json!("error"), json!("app_signal")));
    assert!(report["Subject"].as_str().unwrap().starts_with("[error] "), "{report}");
    let mut found: Vec<&str> = arrived.iter().map(|message| message["Message"].as_str().unwrap()).collect();
    let mut expected = texts.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_filter_policy_sees_the_attributes() {
    let Some(moto) = Moto::start() else { return };
    let (topic, queue) = topic_and_queue(&moto, "alerts");
    let policy = "%7B%22severity%22%3A%5B%22error%22%5D%7D";
    let form = format!(
        "Action=Subscribe&Version=2010-03-31&TopicArn={topic}&Protocol=sqs&Endpoint={}&Attributes.entry.1.key=FilterPolicy&\
         Attributes.entry.1.value={policy}",
        queue_arn("errors")
    );
    let errors = create_queue(&moto, "errors");
    query_call(moto.port, "sns", &form).unwrap();
    let chunk = Chunk::now(&[stop(), line("web", "stderr", "a line")]);
    assert_eq!(router(&moto, &topic, &[("sns.format", "json")]).bring(&chunk), Verdict::Ok);
    assert_eq!(receive(&moto, &queue).len(), 2);
    let told = receive(&moto, &errors);
    assert_eq!(told.len(), 1);
    let report: Value = serde_json::from_str(told[0]["Message"].as_str().unwrap()).unwrap();
    assert_eq!((&report["exit_code"], &report["severity"]), (&json!(137), &json!("error")));
}

#[test]
fn a_topic_that_does_not_exist_means_retry_until_it_does() {
    let Some(moto) = Moto::start() else { return };
    let router = router(&moto, &format!("arn:aws:sns:us-east-1:{ACCOUNT}:alerts"), &[]);
    let chunk = Chunk::now(&[line("web", "stdout", "hello")]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    let (_, queue) = topic_and_queue(&moto, "alerts");
    router.bring_until_ok(&chunk, 3);
    assert_eq!(receive(&moto, &queue).len(), 1);
}

#[test]
fn a_fifo_topic_takes_groups_and_ids() {
    let Some(moto) = Moto::start() else { return };
    let form = "Action=CreateTopic&Version=2010-03-31&Name=alerts.fifo&Attributes.entry.1.key=FifoTopic&Attributes.entry.1.value=true";
    query_call(moto.port, "sns", form).unwrap();
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:alerts.fifo");
    assert_eq!(router(&moto, &topic, &[]).bring(&Chunk::now(&[stop()])), Verdict::Ok);
}

fn router(moto: &Moto, topic: &str, more: &[(&str, &str)]) -> Router {
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    let keys = [
        ("route.default", "sns"),
        ("sns.endpoint", endpoint.as_str()),
        ("sns.topic_arn", topic),
        ("flush_timeout", "30s"),
    ];
    Router::with(keys.iter().chain(more))
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{name}")
}

fn create_queue(moto: &Moto, name: &str) -> String {
    let queue = aws_call(moto.port, "AmazonSQS.CreateQueue", &json!({"QueueName": name})).unwrap();
    queue["QueueUrl"].as_str().expect("an address").to_owned()
}

/// A topic, and a queue that gets everything.
fn topic_and_queue(moto: &Moto, name: &str) -> (String, String) {
    query_call(moto.port, "sns", &format!("Action=CreateTopic&Version=2010-03-31&Name={name}")).unwrap();
    let topic = format!("arn:aws:sns:us-east-1:{ACCOUNT}:{name}");
    let queue = create_queue(moto, name);
    let form = format!(
        "Action=Subscribe&Version=2010-03-31&TopicArn={topic}&Protocol=sqs&Endpoint={}",
        queue_arn(name)
    );
    query_call(moto.port, "sns", &form).unwrap();
    (topic, queue)
}

/// Every notification in the queue.
fn receive(moto: &Moto, queue: &str) -> Vec<Value> {
    let body = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 600});
    let mut all = BTreeMap::new();
    loop {
        let reply = aws_call(moto.port, "AmazonSQS.ReceiveMessage", &body).unwrap();
        let messages = reply["Messages"].as_array().cloned().unwrap_or_default();
        if messages.is_empty() {
            return all.into_values().collect();
        }
        for message in messages {
            let text = message["Body"].as_str().expect("a text");
            let notification = serde_json::from_str::<Value>(text).expect("a notification");
            all.insert(message["MessageId"].to_string(), notification);
        }
    }
}
