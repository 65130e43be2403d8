//! Which service a log group's events are about, and that no event depends on CloudWatch's opinion of it.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use crate::watching::metadata::{Metadata, id};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::process::until;
use test_support::this_test;

const ON: (&str, &str) = ("cloudwatch.entity", "auto");

/// So many are sent compressed.
const COMPRESSED_LINES: usize = 1_000;

fn hello() -> Chunk {
    hellos(1)
}

/// Lines as FireLens brings them.
fn hellos(count: usize) -> Chunk {
    let line = json!({
        "container_id": id("web"), "container_name": "web", "source": "stdout", "log": "hello", "ecs_cluster": "prod",
        "ecs_task_arn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/7378aadeebae5d55dee04916c8a42528",
        "ecs_task_definition": "front:42",
    });
    Chunk::now(&vec![line; count])
}

fn names(cloud: &Cloud) -> Vec<Value> {
    let entities = cloud.cloudwatch().entities(GROUP).into_iter();
    entities.map(|(_, entity)| entity["keyAttributes"]["Name"].clone()).collect()
}

/// In a process of its own, because the endpoint's address comes by the environment.
#[test]
fn the_task_names_its_service_and_cluster() {
    alone(this_test!("the_task_names_its_service_and_cluster"), || {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["web"]));
        environment::metadata(&metadata.address());
        let router = Router::to(&cloud, &[ON]);
        let known = || {
            assert_eq!(router.bring(&hello()), Verdict::Ok);
            (names(&cloud).last() == Some(&json!("web"))).then_some(())
        };
        until(std::time::Duration::from_secs(60), known).expect("the service's name instead of the family's");
        let (stream, entity) = cloud.cloudwatch().entities(GROUP).pop().unwrap();
        assert_eq!(stream, "web");
        let expected = json!({
            "keyAttributes": {"Type": "Service", "Name": "web", "Environment": "ecs:prod"},
            "attributes": {
                "PlatformType": "AWS::ECS", "ECS.Cluster": "prod", "ECS.TaskDefinitionFamily": "front",
                "ECS.TaskDefinitionRevision": "42", "ECS.TaskId": "7378aadeebae5d55dee04916c8a42528",
            },
        });
        assert_eq!(entity, expected);
        cloud.assert_no_complaints();
    });
}

/// In a process of its own, because what is said goes to the process's standard error.
#[test]
fn a_refused_entity_is_counted_and_said_once_and_its_events_arrive() {
    let said = alone(this_test!("a_refused_entity_is_counted_and_said_once_and_its_events_arrive"), || {
        let cloud = Cloud::start();
        cloud.cloudwatch().create_stream(GROUP, "web");
        let info = json!({"rejectedEntityInfo": {"errorType": "UnsupportedLogGroupType"}});
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(200).body(info));
        let router = Router::to(&cloud, &[ON, ("cloudwatch.compress", "auto")]);
        for chunk in [hello(), hello(), hellos(COMPRESSED_LINES)] {
            assert_eq!(router.bring(&chunk), Verdict::Ok);
        }
        let puts = cloud.requests_for(Api::PutLogEvents);
        let compressed: Vec<bool> = puts.iter().map(|put| put.header("content-encoding").is_some()).collect();
        assert_eq!(compressed, [false, false, true]);
        assert_eq!(router.counters("cloudwatch").refused_entities, 3);
        assert_eq!(router.counters("cloudwatch").delivered, 2 + COMPRESSED_LINES as u64);
        router.assert_adds_up("cloudwatch");
    });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("entity")).collect();
    let expected = "[ warn] [output:ecs_router:#0] destination cloudwatch: PutLogEvents: entity refused: \
                    UnsupportedLogGroupType; its events arrive without it; check cloudwatch.entity_service and \
                    cloudwatch.entity_environment, or set cloudwatch.entity off";
    assert!(lines.len() == 1 && lines[0].ends_with(expected), "{said}");
}

#[test]
fn a_request_that_is_refused_for_its_entity_is_sent_without_it() {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    let message =
        "1 validation error detected: Value 'x' at 'entity.keyAttributes' failed to satisfy constraint";
    let has_entity = |request: &fake_cloud::Received| request.json().get("entity").is_some();
    cloud.script_where(
        Api::PutLogEvents,
        has_entity,
        Fault::aws(400, "InvalidParameterException").body(message),
    );
    let router = Router::to(&cloud, &[ON]);
    for _ in 0..3 {
        assert_eq!(router.bring(&hello()), Verdict::Ok);
    }
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"; 3]);
    assert_eq!(cloud.attempts(Api::PutLogEvents), 4, "the first one twice");
    assert_eq!(router.counters("cloudwatch").refused_entities, 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn events_of_many_services_count_as_one_name() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[ON, ("cloudwatch.log_stream", "all"), ("cloudwatch.name_limit", "2")]);
    let of = |service: usize| json!({"log": "x", "source": "stdout", "ecs_service": format!("s{service}")});
    assert_eq!(router.bring(&Chunk::now(&(0..20).map(of).collect::<Vec<_>>())), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().streams(GROUP), ["all"]);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "all").len(), 20);
    assert_eq!(names(&cloud).len(), 20, "a request for each service");
    cloud.assert_no_complaints();
}
