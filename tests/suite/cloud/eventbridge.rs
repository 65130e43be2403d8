//! A bus with rules and a queue behind them: our events arrive, and a rule for events of ECS does not match them.

use ecs_router::Verdict;
use serde_json::{Value, json};

use super::Moto;
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::plain_http::aws_call;
use test_support::record::{line, stop};

const BUS: &str = "alerts";

#[test]
fn what_goes_onto_the_bus_comes_out_of_the_queue_of_a_rule() {
    let Some(moto) = Moto::start() else { return };
    call(&moto, "AWSEvents.CreateEventBus", &json!({"Name": BUS}));
    let all = rule(&moto, "all", &json!({"source": ["ecs_router"]}));
    let severe = json!({"detail-type": ["ECS Stop Report"], "detail": {"severity": ["error"], "category": ["app_signal"]}});
    let severe = rule(&moto, "severe", &severe);
    let of_ecs =
        rule(&moto, "of-ecs", &json!({"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]}));
    let texts = ["quotes \" and \\", "grüße 日本語 👩‍👩‍👧", "two\nlines"];
    let lines: Vec<Value> = texts.iter().map(|text| line("web", "stderr", text)).collect();
    assert_eq!(router(&moto).bring(&Chunk::now(&[lines, vec![stop()]].concat())), Verdict::Ok);
    let events = receive(&moto, &all);
    let mut found: Vec<&str> = events.iter().filter_map(|event| event["detail"]["log"].as_str()).collect();
    let mut expected = texts.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!((found, events.len()), (expected, 4));
    let reports = receive(&moto, &severe);
    assert_eq!((reports.len(), &reports[0]["detail"]["exit_code"]), (1, &json!(137)));
    assert_eq!(reports[0]["detail"]["event"]["source"], "aws.ecs", "the event itself is inside");
    assert!(receive(&moto, &of_ecs).is_empty(), "no rule for stops matches an event of ours");
}

fn router(moto: &Moto) -> Router {
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    Router::with(&[
        ("route.default", "eventbridge"),
        ("eventbridge.endpoint", &endpoint),
        ("eventbridge.region", "us-east-1"),
        ("eventbridge.event_bus", BUS),
        ("incident", "off"),
        ("flush_timeout", "30s"),
    ])
}

fn call(moto: &Moto, target: &str, body: &Value) -> Value {
    aws_call(moto.port, target, body).unwrap()
}

/// A rule on the bus, and the address of the queue that gets what it matches.
fn rule(moto: &Moto, name: &str, pattern: &Value) -> String {
    let queue = call(moto, "AmazonSQS.CreateQueue", &json!({"QueueName": name}));
    let rule = json!({"Name": name, "EventBusName": BUS, "EventPattern": pattern.to_string()});
    call(moto, "AWSEvents.PutRule", &rule);
    let target = json!({"Id": "1", "Arn": format!("arn:aws:sqs:us-east-1:123456789012:{name}")});
    call(moto, "AWSEvents.PutTargets", &json!({"Rule": name, "EventBusName": BUS, "Targets": [target]}));
    queue["QueueUrl"].as_str().expect("an address").to_owned()
}

/// Every event in the queue.
fn receive(moto: &Moto, queue: &str) -> Vec<Value> {
    let body = json!({"QueueUrl": queue, "MaxNumberOfMessages": 10});
    let reply = call(moto, "AmazonSQS.ReceiveMessage", &body);
    let messages = reply["Messages"].as_array().into_iter().flatten();
    messages
        .map(|message| serde_json::from_str(message["Body"].as_str().expect("a text")).expect("JSON"))
        .collect()
}
