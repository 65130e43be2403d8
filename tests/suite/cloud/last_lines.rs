//! A task that logs by `awslogs` and has no router: its last lines, read from moto's ECS and CloudWatch Logs.

use std::time::Duration;

use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::{GROUP, Moto};
use crate::router::{self, Router};
use test_support::plain_http::aws_call;
use test_support::process::until;
use test_support::record::now_ms;

const STREAM: &str = "web/app/0123abcd";

#[test]
fn the_report_of_a_task_without_a_sidecar_shows_its_last_lines() {
    let Some(moto) = Moto::start() else { return };
    let definition = register(&moto);
    write_log(&moto);
    let (cloud, queue) = (Cloud::start(), create_queue(&moto));
    let collector = collector(&moto, &cloud, &queue);
    let event = stop(&definition).to_string();
    aws_call(moto.port, "AmazonSQS.SendMessage", &json!({"QueueUrl": queue, "MessageBody": event})).unwrap();
    let told = || {
        let messages = cloud.cloudwatch().messages(router::GROUP, "stop");
        messages.first().cloned()
    };
    let report = until(Duration::from_secs(60), told).expect("a report");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["last_lines"], json!(["line 8", "line 9", "panic: out of luck"]), "{report:#}");
    assert!(
        report["logs_url"]
            .as_str()
            .unwrap()
            .ends_with("$252Fecs$252Fweb/log-events/web$252Fapp$252F0123abcd")
    );
    collector.drain();
}

fn register(moto: &Moto) -> String {
    let options =
        json!({"awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"});
    let container = json!({"name": "app", "image": "app:1", "memory": 128,
        "logConfiguration": {"logDriver": "awslogs", "options": options}});
    let body = json!({"family": "web", "containerDefinitions": [container]});
    let target = "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition";
    let reply = aws_call(moto.port, target, &body).unwrap();
    reply["taskDefinition"]["taskDefinitionArn"].as_str().expect("an ARN").to_owned()
}

fn write_log(moto: &Moto) {
    // Their replies are empty; without group and stream the events would be refused.
    let create = |operation: &str, body: &Value| {
        aws_call(moto.port, &format!("Logs_20140328.{operation}"), body).ok();
    };
    create("CreateLogGroup", &json!({"logGroupName": GROUP}));
    create("CreateLogStream", &json!({"logGroupName": GROUP, "logStreamName": STREAM}));
    let lines = (0..10).map(|number| format!("line {number}")).chain(["panic: out of luck".to_owned()]);
    let now = now_ms();
    let events: Vec<Value> =
        lines.zip(0..).map(|(line, number)| json!({"timestamp": now + number, "message": line})).collect();
    moto.call("PutLogEvents", &json!({"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": events}));
}

fn create_queue(moto: &Moto) -> String {
    let reply = aws_call(moto.port, "AmazonSQS.CreateQueue", &json!({"QueueName": "ecs-stops"})).unwrap();
    reply["QueueUrl"].as_str().expect("an address").to_owned()
}

fn collector(moto: &Moto, cloud: &Cloud, queue: &str) -> Router {
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    let keys = [
        ("stop.fetch_logs", "on"),
        ("stop.fetch_logs_endpoint", &*endpoint),
        ("stop.fetch_logs_ecs_endpoint", &*endpoint),
        ("stop.context_lines", "3"),
        ("cloudwatch.log_stream", "$(class)"),
        ("cloudwatch.log_key", ""),
        ("queue.url", queue),
        ("queue.region", "us-east-1"),
    ];
    Router::to(cloud, &keys)
}

fn stop(definition: &str) -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": "e1", "account": "123456789012",
        "region": "us-east-1", "time": "2026-11-19T21:13:58Z", "detail": {
        "taskArn": "arn:aws:ecs:us-east-1:123456789012:task/prod/0123abcd", "version": 3, "lastStatus": "STOPPED",
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/prod", "group": "service:web",
        "stopCode": "EssentialContainerExited", "taskDefinitionArn": definition,
        "startedAt": "2026-11-19T21:13:00Z", "stoppedAt": "2026-11-19T21:13:58Z",
        "containers": [{"name": "app", "exitCode": 1, "lastStatus": "STOPPED"}]}})
}
