//! A deployment that failed: what changed between its two revisions, read from moto's ECS.

use ecs_router::Verdict;
use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::Moto;
use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::plain_http::aws_call;

#[test]
fn the_report_of_a_failed_deployment_says_what_changed() {
    let Some(moto) = Moto::start() else { return };
    let before = register(
        &moto,
        &json!({"image": "shop/web:1.41.0", "environment": [{"name": "MODE", "value": "hunter2"}]}),
    );
    let after = register(&moto, &json!({"image": "shop/web:1.42.0", "command": ["serve", "--verbose"]}));
    create_service(&moto, &after, 3);
    let cloud = Cloud::start();
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    let keys = [
        ("stop.fetch_changes", "on"),
        ("stop.fetch_logs_ecs_endpoint", &*endpoint),
        ("incident", "on"),
        ("cloudwatch.log_stream", "$(class)"),
        ("cloudwatch.log_key", ""),
    ];
    let router = Router::to(&cloud, &keys);
    let events = [stop(&before, "ecs-svc/1", 0), stop(&after, "ecs-svc/2", 1), failed()];
    assert_eq!(router.bring(&Chunk::now(&events)), Verdict::Ok);
    let reports = cloud.cloudwatch().messages(GROUP, "stop");
    let mut reports = reports.iter().map(|text| serde_json::from_str::<Value>(text).unwrap());
    let report = reports.find(|report| report["ecs_event"] == "deployment_failed").expect("a report");
    let changes = json!([
        "app: image web:1.41.0 → web:1.42.0",
        "app: command not set → “serve --verbose”",
        "app: environment: removed MODE"
    ]);
    assert_eq!(report["revision_changes"], changes, "{report:#}");
    assert_eq!(report["failed_revision"]["desired"], 3, "{report:#}");
    assert!(report["summary"].as_str().unwrap().contains("1 of 3 tasks of revision "), "{report:#}");
}

/// Creates the service `web` in the cluster `prod`.
fn create_service(moto: &Moto, definition: &str, desired_count: u32) {
    let call = |operation: &str, body: &Value| {
        aws_call(moto.port, &format!("AmazonEC2ContainerServiceV20141113.{operation}"), body).unwrap()
    };
    call("CreateCluster", &json!({"clusterName": "prod"}));
    let body = json!({"cluster": "prod", "serviceName": "web", "taskDefinition": definition, "desiredCount": desired_count});
    assert_eq!(call("CreateService", &body)["service"]["desiredCount"], desired_count);
}

/// Registers a revision of `web`; answers with its ARN.
fn register(moto: &Moto, settings: &Value) -> String {
    let mut container = json!({"name": "app", "memory": 128});
    container.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let body = json!({"family": "web", "containerDefinitions": [container]});
    let target = "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition";
    let reply = aws_call(moto.port, target, &body).unwrap();
    reply["taskDefinition"]["taskDefinitionArn"].as_str().expect("an ARN").to_owned()
}

fn stop(definition: &str, deployment: &str, exit_code: i64) -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": deployment, "account": "123456789012",
        "region": "us-east-1", "time": "2026-11-19T21:13:58Z", "detail": {
        "taskArn": format!("arn:aws:ecs:us-east-1:123456789012:task/prod/t{exit_code}"), "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/prod", "group": "service:web", "startedBy": deployment,
        "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "taskDefinitionArn": definition,
        "startedAt": "2026-11-19T21:13:00Z", "stoppedAt": "2026-11-19T21:13:58Z",
        "containers": [{"name": "app", "exitCode": exit_code, "lastStatus": "STOPPED"}]}})
}

fn failed() -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "id": "d1", "account": "123456789012",
        "region": "us-east-1", "time": "2026-11-19T21:14:10Z",
        "resources": ["arn:aws:ecs:us-east-1:123456789012:service/prod/web"],
        "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED", "deploymentId": "ecs-svc/2",
        "reason": "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."}})
}
