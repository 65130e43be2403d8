use serde_json::{Value, json};

use super::*;
use crate::adapter::classify::classify;

fn event_of_a_stop() -> Value {
    let text = include_str!("../../../../tests/fixtures/events/oom-killed.json");
    serde_json::from_str(text).expect("the fixture is JSON")
}

/// Class and category of everything in the reply.
fn told(reply: Value) -> Vec<(String, Option<String>)> {
    let judged = open(reply).records.into_iter().filter_map(|record| classify(&record));
    judged
        .map(|judged| {
            let category = judged.stops.first().and_then(|stop| serde_json::to_value(stop).ok());
            (judged.class, category.and_then(|stop| stop["category"].as_str().map(str::to_owned)))
        })
        .collect()
}

fn classes(reply: Value) -> Vec<String> {
    told(reply).into_iter().map(|(class, _)| class).collect()
}

#[test]
fn tasks_of_describe_tasks_are_stops() {
    let task = event_of_a_stop()["detail"].clone();
    assert_eq!(classes(json!({"tasks": [task, task], "failures": []})), ["stop", "stop"]);
}

#[test]
fn messages_of_a_queue_are_what_they_hold() {
    let message = |body: String| json!({"MessageId": "1", "ReceiptHandle": "x", "Body": body});
    let messages = [message(event_of_a_stop().to_string()), message("hello".to_owned())];
    assert_eq!(classes(json!({"Messages": messages})), ["stop", "other"]);
}

#[test]
fn events_of_services_are_read_from_the_oldest() {
    let event = |message: &str| json!({"id": "1", "createdAt": "2026-11-19T21:13:57Z", "message": message});
    let arn = "arn:aws:ecs:eu-west-1:111122223333:service/prod/web";
    let service = json!({"serviceArn": arn, "serviceName": "web", "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
    "events": [
        event("(service web) has reached a steady state."),
        event("(service web) (deployment ecs-svc/0123) deployment failed: tasks failed to start."),
        event("(service web) was unable to place a task because no container instance met all of its requirements."),
    ]});
    let told = told(json!({"services": [service], "failures": []}));
    let classes: Vec<&str> = told.iter().map(|(class, _)| class.as_str()).collect();
    assert_eq!(classes, ["stop", "stop", "other"], "{told:?}");
    let placed = &open(json!({"services": [service]})).records[0];
    assert_eq!(placed["region"], "eu-west-1");
    assert_eq!(placed["detail"]["eventName"], "SERVICE_TASK_PLACEMENT_FAILURE");
}

#[test]
fn failures_that_only_a_service_tells_are_stops() {
    let arn = "arn:aws:ecs:eu-west-1:111122223333:service/prod/web";
    for message in [
        "(service web) failed to launch a task with (error ECS was unable to assume role 'arn:aws:iam::1:role/x').",
        "(service web) failed to register targets in (target-group arn:aws:x) with (error TargetGroupNotFound)",
        "(service web) (port 80) is unhealthy in (target-group arn:aws:x) due to (reason Health checks failed with these codes: [502])",
        "(service web) (instance i-0123) (port 80) is unhealthy in target-group web due to (reason Request timed out)",
        "(service web) (deployment ecs-svc/1) deployment failed: rolling back to deployment ecs-svc/2.",
        "(service web) rolling back to deployment ecs-svc/2.",
        "(service web) operations are being throttled on elb. Will try again later.",
    ] {
        let service = json!({"serviceArn": arn, "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "events": [{"createdAt": "2026-11-19T21:13:57Z", "message": message}]});
        let told = told(json!({"services": [service]}));
        assert!(told.len() == 1 && told[0].0 == "stop", "{message}: {told:?}");
    }
}

#[test]
fn lines_of_cloudwatch_are_what_they_hold() {
    let stop = event_of_a_stop().to_string();
    let line = |message: &str| json!({"logStreamName": "s", "timestamp": 1, "message": message});
    let filtered = json!({"events": [line(&stop), line("plain")], "searchedLogStreams": []});
    assert_eq!(classes(filtered), ["stop", "other"]);
    let row = |message: &str| json!([{"field": "@timestamp", "value": "t"}, {"field": "@message", "value": message}]);
    let results = json!({"results": [row(&stop), row("x")], "statistics": {}, "status": "Complete"});
    assert_eq!(classes(results), ["stop", "other"]);
    assert_eq!(classes(json!({"@timestamp": "t", "@message": stop})), ["stop"]);
}

#[test]
fn calls_of_cloudtrail_say_who_did_what() {
    let call = json!({"eventTime": "2026-11-19T20:38:27Z", "eventSource": "ecs.amazonaws.com", "eventName": "StopTask",
        "userIdentity": {"arn": "arn:aws:iam::111122223333:user/eva"},
        "requestParameters": {"cluster": "prod", "task": "0123", "reason": "maintenance"},
        "responseElements": {"task": event_of_a_stop()["detail"]}});
    let reply = json!({"Events": [{"EventName": "StopTask", "CloudTrailEvent": call.to_string()}]});
    let opened = open(reply.clone()).records;
    assert_eq!(
        opened[0]["log"],
        "2026-11-19T20:38:27Z StopTask by arn:aws:iam::111122223333:user/eva: prod, 0123, maintenance"
    );
    assert_eq!(classes(reply), ["other", "stop"]);
    let denied = json!({"eventName": "RunTask", "userIdentity": {"type": "AWSService"}, "eventSource": "e",
        "errorCode": "AccessDenied", "errorMessage": "no"});
    let line = open(json!({"Records": [denied]})).records[0]["log"].to_string();
    assert!(line.contains("RunTask by AWSService; it failed: AccessDenied: no"), "{line}");
}

#[test]
fn what_is_not_there_is_said() {
    for (reply, remark) in [
        (json!({}), "is an empty object"),
        (json!({"tasks": [], "failures": []}), "has no tasks"),
        (json!({"services": []}), "has no services"),
        (json!({"events": [], "searchedLogStreams": [1]}), "has no events"),
        (json!({"Events": []}), "has no events"),
        (json!({"Messages": []}), "has no messages"),
        (json!({"results": [], "status": "Complete"}), "has no results"),
    ] {
        assert_eq!(open(reply), OpenedReply { records: Vec::new(), remarks: vec![remark.to_owned()] });
    }
    let missing = open(json!({"tasks": [], "failures": [{"arn": "arn:x", "reason": "MISSING"}]}));
    assert!(missing.remarks[0].contains("arn:x: MISSING; ECS forgets a stopped task"), "{missing:?}");
}

#[test]
fn other_lists_are_left_alone() {
    for record in [
        json!({"tasks": [1]}),
        json!({"Messages": "x"}),
        json!({"log": "x"}),
        json!({"events": [], "app": "web"}),
        json!({"events": [{"message": "no time"}]}),
        json!({"services": [{"name": "web"}]}),
    ] {
        assert_eq!(open(record.clone()).records, [record]);
    }
}
