//! Entities to the byte: where each value comes from, what may stand in it, and what becomes of one that is refused.

use serde_json::json;

use super::*;
use crate::config::keys::DestinationKind::Cloudwatch;
use crate::destination::testing::{self, Keys, batches_of, chunk, configure, reply};
use crate::destination::{Destination, Purpose, ReplyAction, Request};
use crate::encode::batch::Batch;

const ON: (&str, &str) = ("entity", "auto");

fn open(keys: Keys<'_>) -> Destination {
    testing::open(Cloudwatch, &[&[("log_group", "/g"), ("log_stream", "s")], keys].concat())
}

/// A line as FireLens brings it.
fn line() -> Value {
    json!({
        "log": "hello", "container_name": "app", "source": "stdout", "ecs_cluster": "prod",
        "ecs_task_arn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123", "ecs_task_definition": "web:42",
    })
}

fn with(name: &str, value: &str) -> Value {
    let mut line = line();
    line[name] = value.into();
    line
}

/// The ECS event of a task that stopped.
fn stop(service: &str) -> Value {
    json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change", "account": "111122223333", "region": "eu-west-1",
        "detail": {
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/shop/4567", "lastStatus": "STOPPED",
            "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/shop", "group": format!("service:{service}"),
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/cart:7",
            "stoppedReason": "Essential container in task exited", "stopCode": "EssentialContainerExited",
            "containers": [{"name": "app", "lastStatus": "STOPPED", "exitCode": 1}],
        },
    })
}

fn body(request: &Request) -> Value {
    let crate::destination::Endpoint::Http(http) = &request.endpoint else { panic!("{request:?}") };
    serde_json::from_slice(&http.body.to_bytes()).unwrap()
}

/// The batches of these records, with the entities of their requests.
fn sent(destination: &Destination, records: &[Value]) -> (Vec<Batch>, Vec<Value>) {
    let batches = batches_of(destination, &chunk(records)).0;
    let entities = batches.iter().map(|batch| body(&destination.request(batch))["entity"].clone()).collect();
    (batches, entities)
}

fn entity(keys: Keys<'_>, record: Value) -> Value {
    sent(&open(&[&[ON], keys].concat()), &[record]).1.remove(0)
}

#[test]
fn a_line_tells_about_the_service_of_its_task() {
    let expected = json!({
        "keyAttributes": {"Type": "Service", "Name": "shop", "Environment": "ecs:prod"},
        "attributes": {
            "PlatformType": "AWS::ECS", "ECS.Cluster": "prod", "ECS.TaskId": "0123",
            "ECS.TaskDefinitionFamily": "web", "ECS.TaskDefinitionRevision": "42",
        },
    });
    assert_eq!(entity(&[], with("ecs_service", "shop")), expected);
    assert_eq!(entity(&[], line())["keyAttributes"]["Name"], "web", "the family where no service is known");
    let bare = entity(&[("entity_service", "web")], json!({"log": "hello"}));
    let expected = json!({
        "keyAttributes": {"Type": "Service", "Name": "web", "Environment": "ecs:default"},
        "attributes": {"PlatformType": "AWS::ECS", "AWS.ServiceNameSource": "UserConfiguration"},
    });
    assert_eq!(bare, expected);
}

#[test]
fn what_the_user_wrote_counts_first() {
    let keys = [("entity_service", "$(team)-web"), ("entity_environment", "prod/$(ecs_cluster)")];
    let entity = entity(&keys, with("team", "shop"));
    let expected = json!({"Type": "Service", "Name": "shop-web", "Environment": "prod/prod"});
    assert_eq!(entity["keyAttributes"], expected);
    assert_eq!(entity["attributes"]["AWS.ServiceNameSource"], "UserConfiguration");
}

#[test]
fn nothing_is_added_where_it_is_off_or_nothing_is_known() {
    let (batches, entities) = sent(&open(&[]), &[line()]);
    assert_eq!(entities, [Value::Null]);
    assert_eq!(batches[0].target(), b"/g\0s");
    assert_eq!(entity(&[], json!({"log": "hello"})), Value::Null);
}

#[test]
fn stops_of_one_service_share_a_request() {
    let destination = open(&[ON]);
    let (batches, entities) = sent(&destination, &[stop("cart"), stop("pay"), stop("cart"), line()]);
    assert_eq!(batches.iter().map(|batch| batch.items.len()).collect::<Vec<_>>(), [2, 1, 1]);
    let names: Vec<_> = entities.iter().map(|entity| &entity["keyAttributes"]["Name"]).collect();
    assert_eq!(names, ["cart", "pay", "web"]);
    let expected =
        json!({"PlatformType": "AWS::ECS", "ECS.Cluster": "shop", "ECS.TaskDefinitionFamily": "cart"});
    assert_eq!(entities[0]["attributes"], expected, "nothing of one task");
    assert!(batches.iter().all(|batch| destination.name(batch.target()) == b"/g\0s"), "and one stream");
}

#[test]
fn values_keep_to_the_characters_and_lengths_of_the_service() {
    let long = "x".repeat(600);
    let longest = "x".repeat(512);
    let cases = [("caf\u{e9}\u{0}\u{1b}\"q\"", "caf____\"q\""), (&*long, &*longest), ("   ", "web")];
    for (written, expected) in &cases[..2] {
        let name = entity(&[], with("ecs_service", written))["keyAttributes"]["Name"].clone();
        assert_eq!(name, *expected, "{written:?}");
    }
    assert_eq!(entity(&[], with("ecs_service", cases[2].0)), Value::Null, "a blank name");
    assert_eq!(entity(&[], with("ecs_cluster", "\u{0}\0s"))["keyAttributes"]["Environment"], "ecs:__s");
}

#[test]
fn a_refused_entity_is_reported_and_its_events_are_delivered() {
    let destination = open(&[ON]);
    let batch = &sent(&destination, &[line()]).0[0];
    let taken = reply(200, r#"{"rejectedEntityInfo":{"errorType":"InvalidAttributes"}}"#);
    assert_eq!(destination.classify_reply(Purpose::Deliver, batch, &taken), ReplyAction::Delivered);
    let expected = "PutLogEvents: entity refused: InvalidAttributes; its events arrive without it; check \
                    d.entity_service and d.entity_environment, or set d.entity off";
    assert_eq!(destination.refused_entity(batch, &taken).as_deref(), Some(expected));
    for fine in ["{}", r#"{"rejectedEntityInfo":null}"#, "", "[]"] {
        assert_eq!(destination.refused_entity(batch, &reply(200, fine)), None, "{fine}");
    }
    assert_eq!(open(&[]).refused_entity(batch, &taken), None, "it was off");
}

#[test]
fn a_request_that_is_refused_for_its_entity_goes_again_without_it() {
    let destination = open(&[ON]);
    let batch = &sent(&destination, &[line()]).0[0];
    let refused = |member: &str| {
        let message =
            format!("1 validation error detected: Value 'x' at '{member}' failed to satisfy constraint");
        let body = json!({"__type": "InvalidParameterException", "message": message}).to_string();
        destination.classify_reply(Purpose::Deliver, batch, &reply(400, body))
    };
    assert!(matches!(refused("logEvents.1.member.message"), ReplyAction::Rejected { .. }), "its own fault");
    assert_ne!(body(&destination.request(batch))["entity"], Value::Null);
    let ReplyAction::Prepare(requests) = refused("entity.keyAttributes") else { panic!("not sent again") };
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].purpose, Purpose::Deliver);
    assert_eq!(body(&requests[0])["entity"], Value::Null);
    assert_eq!(body(&requests[0])["logEvents"].as_array().unwrap().len(), 1);
    assert_eq!(body(&destination.request(batch))["entity"], Value::Null, "nor do later requests have one");
}

#[test]
fn keys_without_effect_are_told() {
    let problems = |keys: Keys<'_>| configure(Cloudwatch, &[&[("log_group", "/g")], keys].concat()).1;
    let told = problems(&[("entity_service", "web"), ("entity_environment", "prod")]);
    assert_eq!(
        told,
        [
            "d.entity_service: has no effect unless entity is auto; leave d.entity_service out",
            "d.entity_environment: has no effect unless entity is auto; leave d.entity_environment out",
        ]
    );
    assert_eq!(problems(&[ON, ("entity_service", "$(team")]).len(), 1);
}
