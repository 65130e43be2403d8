//! Two accounts send to a bus of a third, as `examples/cloudformation/member.yaml` has it, and the collector there tells
//! their stops apart by name.
//!
//! moto hands an event on as if it were of the bus's own account; EventBridge leaves account and region as they are
//! (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html>, read 2026-11). The test puts them
//! back.

use std::time::Duration;

use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::Moto;
use crate::router::Router;
use test_support::plain_http::{aws_call, aws_call_as};
use test_support::process::until;
use test_support::record::stop;
use test_support::root;

/// moto's account of callers that do not say theirs.
const COLLECTORS: &str = "123456789012";
const BUS: &str = "ecs-stops-members";
const MEMBERS: [(&str, &str); 2] = [("111122223333", "eu-west-1"), ("444455556666", "ap-northeast-1")];

#[test]
fn stops_of_two_accounts_arrive_under_their_names() {
    let Some(moto) = Moto::start() else { return };
    call(&moto, "AWSEvents.CreateEventBus", &json!({"Name": BUS}));
    let arrived = queue(&moto, "arrived");
    rule(&moto, COLLECTORS, BUS, &format!("arn:aws:sqs:us-east-1:{COLLECTORS}:arrived"));
    for (account, region) in MEMBERS {
        rule(&moto, account, "default", &format!("arn:aws:events:us-east-1:{COLLECTORS}:event-bus/{BUS}"));
        happen(&moto, account, &event(account, region, "STOPPED"));
        happen(&moto, account, &event(account, region, "RUNNING"));
    }
    let events = receive(&moto, &arrived);
    assert_eq!(events.len(), MEMBERS.len(), "the stops, and nothing else: {events:#?}");
    let stops = queue(&moto, "stops");
    events.iter().for_each(|event| send(&moto, &stops, &put_back(event.clone())));

    let cloud = Cloud::start();
    let collector = collector(&cloud, &stops);
    let groups = MEMBERS.map(|(account, region)| format!("/ecs/{account}/{region}/stops"));
    let told = |group: &String| !cloud.cloudwatch().messages(group, "prod/web").is_empty();
    let all = until(Duration::from_secs(60), || groups.iter().all(told).then_some(()));
    assert!(all.is_some(), "{:?}", cloud.cloudwatch().groups());
    collector.drain();
    for ((account, region), group) in MEMBERS.iter().zip(&groups) {
        let report: Value = serde_json::from_str(&cloud.cloudwatch().messages(group, "prod/web")[0]).unwrap();
        assert_eq!((&report["account"], &report["region"]), (&json!(account), &json!(region)));
    }
    assert_eq!(cloud.cloudwatch().all_messages().len(), MEMBERS.len());
    cloud.assert_no_complaints();
}

fn collector(cloud: &Cloud, queue: &str) -> Router {
    Router::to(
        cloud,
        &[
            ("cloudwatch.log_group", "/ecs/$(account)/$(region)/stops"),
            ("cloudwatch.log_stream", "$(ecs_cluster)/$(ecs_service:-no-service)"),
            ("cloudwatch.log_key", ""),
            ("queue.url", queue),
            ("queue.region", "us-east-1"),
        ],
    )
}

/// A task of this account, as EventBridge brings it.
fn event(account: &str, region: &str, status: &str) -> Value {
    let mut event = stop();
    let arn = |what: &str| format!("arn:aws:ecs:{region}:{account}:{what}");
    event["account"] = json!(account);
    event["region"] = json!(region);
    event["detail"]["taskArn"] = json!(arn("task/prod/7378aadeebae5d55dee04916c8a42528"));
    event["detail"]["clusterArn"] = json!(arn("cluster/prod"));
    event["detail"]["group"] = json!("service:web");
    event["detail"]["lastStatus"] = json!(status);
    event
}

/// The rule of the examples on a bus of this account.
fn rule(moto: &Moto, account: &str, bus: &str, target: &str) {
    let file = root().join("examples/terraform/collector/patterns/task-stops.json");
    let pattern = std::fs::read_to_string(file).unwrap();
    let rule = json!({"Name": "stops", "EventBusName": bus, "EventPattern": pattern});
    aws_call_as(account, moto.port, "AWSEvents.PutRule", &rule).unwrap();
    let role = format!("arn:aws:iam::{account}:role/sender");
    let targets = json!([{"Id": "collector", "Arn": target, "RoleArn": role}]);
    let targets = json!({"Rule": "stops", "EventBusName": bus, "Targets": targets});
    aws_call_as(account, moto.port, "AWSEvents.PutTargets", &targets).unwrap();
}

fn happen(moto: &Moto, account: &str, event: &Value) {
    let entry = json!({
        "Source": "aws.ecs", "DetailType": event["detail-type"], "Detail": event["detail"].to_string(),
    });
    aws_call_as(account, moto.port, "AWSEvents.PutEvents", &json!({"Entries": [entry]})).unwrap();
}

/// The event with the account and region that it began with.
fn put_back(mut event: Value) -> Value {
    let arn = event["detail"]["taskArn"].as_str().expect("an ARN").to_owned();
    let parts: Vec<&str> = arn.split(':').collect();
    event["region"] = json!(parts[3]);
    event["account"] = json!(parts[4]);
    event
}

fn queue(moto: &Moto, name: &str) -> String {
    let queue = call(moto, "AmazonSQS.CreateQueue", &json!({"QueueName": name}));
    queue["QueueUrl"].as_str().expect("an address").to_owned()
}

fn send(moto: &Moto, queue: &str, event: &Value) {
    call(moto, "AmazonSQS.SendMessage", &json!({"QueueUrl": queue, "MessageBody": event.to_string()}));
}

fn receive(moto: &Moto, queue: &str) -> Vec<Value> {
    let reply =
        call(moto, "AmazonSQS.ReceiveMessage", &json!({"QueueUrl": queue, "MaxNumberOfMessages": 10}));
    let bodies = reply["Messages"].as_array().into_iter().flatten();
    bodies.map(|message| serde_json::from_str(message["Body"].as_str().expect("a text")).unwrap()).collect()
}

fn call(moto: &Moto, target: &str, body: &Value) -> Value {
    aws_call(moto.port, target, body).unwrap()
}
