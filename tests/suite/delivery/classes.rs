//! Which record goes where.

use ecs_router::Verdict;
use fake_cloud::Cloud;
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{event, line, stop};

/// Stop events, standard error and the rest, each in a group of its own.
const THREE_GROUPS: [(&str, &str); 13] = [
    ("route.stop", "stops"),
    ("route.stderr", "errors"),
    ("route.stdout", "cloudwatch"),
    ("stops.type", "cloudwatch"),
    ("stops.log_group", "/stops"),
    ("stops.log_stream", "$(ecs_cluster)/$(ecs_service)"),
    ("stops.region", "us-east-1"),
    ("stops.auto_create_group", "on"),
    ("errors.type", "cloudwatch"),
    ("errors.log_group", "/errors"),
    ("errors.log_stream", "$(container_name)"),
    ("errors.log_key", "log"),
    ("errors.region", "us-east-1"),
];

fn three_groups(cloud: &Cloud) -> Router {
    let endpoint = cloud.endpoint();
    let more = [
        ("stops.endpoint", endpoint.as_str()),
        ("errors.endpoint", &endpoint),
        ("errors.auto_create_group", "on"),
    ];
    Router::to(cloud, &[&THREE_GROUPS[..], &more].concat())
}

fn object(message: &str) -> Value {
    serde_json::from_str(message).expect("a JSON message")
}

#[test]
fn each_class_arrives_in_its_own_group_and_nowhere_else() {
    let cloud = Cloud::start();
    let router = three_groups(&cloud);
    let records = [line("web", "stderr", "boom"), line("web", "stdout", "hello"), stop()];
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    let stored = cloud.cloudwatch();
    assert_eq!(stored.messages("/errors", "web"), ["boom"]);
    assert_eq!(stored.messages(GROUP, "web"), ["hello"]);
    let report = object(&stored.messages("/stops", "prod/web")[0]);
    assert_eq!((&report["category"], &report["exit_code"]), (&json!("app_signal"), &json!(137)));
    assert_eq!(stored.all_messages().len(), 3);
    assert_eq!(
        cloud.cloudwatch().calls("PutLogEvents").iter().filter(|put| put.status == Some(200)).count(),
        3
    );
    cloud.assert_no_complaints();
}

#[test]
fn an_application_cannot_forge_a_stop_event() {
    let cloud = Cloud::start();
    let router = three_groups(&cloud);
    let text = stop().to_string();
    let mut lifted = stop();
    lifted["container_name"] = "/web".into();
    let mut nested = line("web", "stderr", "");
    nested["log"] = stop();
    let records = [line("web", "stdout", &text), line("web", "stderr", &text), lifted, nested];
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    assert!(!cloud.cloudwatch().groups().contains(&"/stops".to_owned()));
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 2);
    assert_eq!(cloud.cloudwatch().messages("/errors", "web").len(), 2);
    cloud.assert_no_complaints();
}

#[test]
fn a_stop_event_goes_out_as_ecs_sent_it_when_asked_to() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("cloudwatch.stop_format", "raw")]);
    assert_eq!(router.bring(&Chunk::now(&[stop()])), Verdict::Ok);
    assert_eq!(object(&cloud.cloudwatch().all_messages()[0]), stop());
}

#[test]
fn planned_stops_can_be_dropped_alone() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("route.stop.expected", "drop")]);
    assert_eq!(router.bring(&Chunk::now(&[event("scale-in"), stop()])), Verdict::Ok);
    let arrived = cloud.cloudwatch().all_messages();
    assert_eq!(arrived.len(), 1);
    assert_eq!(object(&arrived[0])["expected"], false);
}

#[test]
fn what_is_dropped_on_purpose_is_counted_and_asks_nobody() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("route.stdout", "drop"), ("route.stderr", "cloudwatch")]);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "noise")])), Verdict::Ok);
    assert_eq!(cloud.requests().len(), 0);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn classes_of_ones_own_are_tried_in_order_before_the_streams() {
    let cloud = Cloud::start();
    let keys = [
        ("classes", "health, audit"),
        ("class.health.match", "log ^GET /healthz"),
        ("class.audit.match", "log user="),
        ("route.health", "drop"),
        ("route.audit", "cloudwatch"),
        ("cloudwatch.log_stream", "$(class)"),
    ];
    let router = Router::to(&cloud, &keys);
    let lines = ["GET /healthz user=probe", "login user=ann", "plain"].map(|log| line("web", "stdout", log));
    assert_eq!(router.bring(&Chunk::now(&lines)), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "audit"), ["login user=ann"]);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "stdout"), ["plain"]);
    let count =
        |name: &str| router.metrics().classes().into_iter().find(|(class, _)| class == name).unwrap().1;
    assert_eq!((count("health"), count("audit"), count("stdout"), count("stderr")), (1, 1, 1, 0));
    router.assert_adds_up("cloudwatch");
}

#[test]
fn one_record_may_go_to_several_destinations() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.default", "cloudwatch, copy"),
        ("copy.type", "cloudwatch"),
        ("copy.log_group", "/copy"),
        ("copy.region", "us-east-1"),
        ("copy.endpoint", endpoint.as_str()),
        ("copy.auto_create_group", "on"),
    ];
    let router = Router::to(&cloud, &keys);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "hello")])), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().groups(), ["/copy", GROUP]);
    assert_eq!(cloud.cloudwatch().all_messages().len(), 2);
}

#[test]
fn a_destination_named_twice_in_a_route_gets_each_record_once() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.default", "cloudwatch, copy, cloudwatch"),
        ("copy.type", "cloudwatch"),
        ("copy.log_group", "/copy"),
        ("copy.region", "us-east-1"),
        ("copy.endpoint", endpoint.as_str()),
        ("copy.auto_create_group", "on"),
    ];
    let router = Router::to(&cloud, &keys);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "hello")])), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
}

#[test]
fn a_tag_of_odd_bytes_makes_a_name_that_the_service_takes() {
    let cloud = Cloud::start();
    let router =
        Router::to(&cloud, &[("cloudwatch.log_group", "/g/$(tag)"), ("cloudwatch.log_stream", "$(tag)")]);
    let chunk = Chunk::now(&[line("web", "stdout", "hello")]);
    for tag in [
        &b""[..],
        b"a:b*c",
        b"\xff\xfe\x00\n\x7f",
        b" ",
        b"aws/x",
        &[b'.'; 600],
        "日本".repeat(200).as_bytes(),
    ] {
        assert_eq!(router.flush(tag, chunk.bytes()), Verdict::Ok, "{tag:?}");
    }
    assert_eq!(cloud.cloudwatch().all_messages().len(), 7);
    cloud.assert_no_complaints();
}

#[test]
fn only_the_fields_asked_for_are_sent_and_names_see_all_of_them() {
    for (key, value, expected) in [
        ("cloudwatch.include", "log, source", json!({"source": "stdout", "log": "hello"})),
        (
            "cloudwatch.exclude",
            "container_id, container_name, ecs_cluster, ecs_task_arn, ecs_task_definition",
            json!({"source": "stdout", "log": "hello"}),
        ),
    ] {
        let cloud = Cloud::start();
        let endpoint = cloud.endpoint();
        let router = Router::with(&[
            ("route.default", "cloudwatch"),
            ("cloudwatch.region", "us-east-1"),
            ("cloudwatch.endpoint", &endpoint),
            ("cloudwatch.log_group", GROUP),
            ("cloudwatch.log_stream", "$(container_name)"),
            ("cloudwatch.auto_create_group", "on"),
            (key, value),
        ]);
        assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "hello")])), Verdict::Ok);
        assert_eq!(object(&cloud.cloudwatch().messages(GROUP, "web")[0]), expected, "{key}");
    }
}
