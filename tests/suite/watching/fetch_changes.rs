//! What changed with a deployment that failed: read from ECS before its report goes out, and never in its way.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::golden;
use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::process;

const FAMILY: &str = "arn:aws:ecs:us-east-1:111122223333:task-definition/web";
/// Of the form of an integration key.
const PAGER_KEY: &str = "0123456789abcdef0123456789abcdef";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:alerts";

/// Two revisions of `web`: another image, command and memory, and other environment variables and secrets.
fn cloud() -> Cloud {
    let cloud = Cloud::start();
    let repository = "111122223333.dkr.ecr.us-east-1.amazonaws.com/shop/web";
    let log = json!({"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web"}});
    let before = json!({"name": "app", "image": format!("{repository}:1.41.0"), "memory": 512, "command": ["node", "app.js"],
        "environment": [{"name": "DB_URL", "value": "hunter2"}, {"name": "OLD", "value": "hunter2"}], "logConfiguration": log});
    let after = json!({"name": "app", "image": format!("{repository}:1.42.0"), "memory": 256,
        "command": ["node", "app.js", "--token", "hunter2"], "logConfiguration": log,
        "environment": [{"name": "DB_URL", "value": "hunter2-new"}],
        "secrets": [{"name": "API_KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:111122223333:secret:hunter2"}]});
    cloud.ecs().register(&format!("{FAMILY}:41"), json!([before]));
    cloud.ecs().register(&format!("{FAMILY}:42"), json!([after]));
    cloud.ecs().create_service("prod", "web", 10);
    cloud.sns().create_topic(TOPIC);
    cloud
}

fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let usual = [
        ("stop.fetch_changes", "on"),
        ("stop.fetch_logs_ecs_endpoint", &*endpoint),
        ("incident", "on"),
        ("cloudwatch.log_stream", "$(class)"),
        ("cloudwatch.log_key", ""),
    ];
    Router::to(cloud, &[&usual, more].concat())
}

/// A task of this revision that stopped: at 41 because it was replaced, at 42 with exit code 1.
fn stopped(task: u32, revision: u32) -> Value {
    let is_planned = revision == 41;
    let code = if is_planned { "ServiceSchedulerInitiated" } else { "EssentialContainerExited" };
    let reason = if is_planned {
        "Scaling activity initiated by (deployment ecs-svc/42)"
    } else {
        "Essential container in task exited"
    };
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("e{task}"),
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-19T21:13:58Z", "detail": {
        "taskArn": format!("arn:aws:ecs:us-east-1:111122223333:task/prod/t{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": "service:web", "startedBy": format!("ecs-svc/{revision}"), "stopCode": code, "stoppedReason": reason,
        "taskDefinitionArn": format!("{FAMILY}:{revision}"),
        "startedAt": "2026-11-19T21:13:55Z", "stoppedAt": "2026-11-19T21:13:58Z", "containers": [{"name": "app",
            "exitCode": i32::from(!is_planned), "lastStatus": "STOPPED", "image": format!("shop/web:1.{revision}.0")}]}})
}

fn stops() -> Vec<Value> {
    [stopped(0, 41)].into_iter().chain((1..=10).map(|task| stopped(task, 42))).collect()
}

fn failed() -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "id": "d1", "account": "111122223333",
        "region": "us-east-1", "time": "2026-11-19T21:14:10Z",
        "resources": ["arn:aws:ecs:us-east-1:111122223333:service/prod/web"],
        "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED", "deploymentId": "ecs-svc/42",
        "updatedAt": "2026-11-19T21:14:10Z",
        "reason": "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/41."}})
}

/// The report of the deployment.
fn report(cloud: &Cloud) -> Value {
    let stored = cloud.cloudwatch().messages(GROUP, "stop");
    let reports = stored.iter().map(|text| serde_json::from_str::<Value>(text).unwrap());
    let mut of_deployments = reports.filter(|report| report["ecs_event"] == "deployment_failed");
    let report = of_deployments.next().expect("a report of the deployment");
    assert_eq!(of_deployments.next(), None, "it is reported once");
    report
}

const CHANGES: [&str; 5] = [
    "app: image web:1.41.0 → web:1.42.0",
    "app: command “node app.js” → “node app.js --token [redacted]”",
    "app: environment: removed OLD; changed DB_URL",
    "app: secrets: added API_KEY",
    "app: memory 512 MiB → 256 MiB",
];

#[test]
fn the_report_of_a_failed_deployment_joins_its_stops_and_says_what_changed() {
    // The stops may come before the deployment's event, or in one chunk with it.
    for is_one_chunk in [false, true] {
        let cloud = cloud();
        let router = router(&cloud, &[]);
        let mut events = stops();
        if !is_one_chunk {
            assert_eq!(router.bring(&Chunk::now(&std::mem::take(&mut events))), Verdict::Ok);
        }
        events.push(failed());
        assert_eq!(router.bring(&Chunk::now(&events)), Verdict::Ok);
        let report = report(&cloud);
        let said = "10 of 10 tasks of revision 42 (image tag 1.42.0) stopped: app error (app exit 1, after 3 s); none of revision 41.";
        assert!(report["summary"].as_str().unwrap().ends_with(said), "{report:#}");
        assert_eq!(report["revision_changes"], json!(CHANGES));
        assert_eq!(report.get("revision_changes_missing"), None);
        let expected = json!({"revision": "42", "image_tag": "1.42.0", "stops": 10, "desired": 10,
            "previous": {"revision": "41", "stops": 0, "known_by": "rollback"}});
        assert_eq!(report["failed_revision"], expected);
        assert_eq!(cloud.attempts(Api::DescribeTaskDefinition), 2);
        assert_eq!(cloud.attempts(Api::DescribeServices), 1);
        cloud.assert_no_complaints();
    }
}

#[test]
fn values_of_the_environment_never_leave() {
    let cloud = cloud();
    let router = alerting(&cloud, &[]);
    assert_eq!(router.bring(&Chunk::now(&[stops(), vec![failed()]].concat())), Verdict::Ok);
    router.drain();
    let requests = cloud.requests();
    let sent = requests.iter().filter(|request| request.api != Api::DescribeTaskDefinition);
    let with_values: Vec<Api> = sent
        .filter(|request| String::from_utf8_lossy(&request.body).contains("hunter2"))
        .map(|request| request.api)
        .collect();
    assert_eq!(with_values, []);
    assert!(requests.iter().any(|request| String::from_utf8_lossy(&request.body).contains("changed DB_URL")));
}

#[test]
fn a_report_says_why_changes_are_missing() {
    for (faults, why) in [
        (vec![Fault::aws(400, "AccessDeniedException")], "permission"),
        (vec![Fault::aws(400, "ClientException")], "not_found"),
        (vec![Fault::reply(503), Fault::reply(503)], "unavailable"),
        (vec![Fault::throttled(), Fault::throttled()], "throttled"),
    ] {
        let cloud = cloud();
        let router = router(&cloud, &[]);
        cloud.script(Api::DescribeTaskDefinition, faults);
        assert_eq!(router.bring(&Chunk::now(&[stops(), vec![failed()]].concat())), Verdict::Ok);
        let report = report(&cloud);
        assert_eq!(
            (&report["revision_changes_missing"], report.get("revision_changes")),
            (&json!(why), None)
        );
        assert_eq!(report["failed_revision"]["stops"], 10);
        assert_eq!(report["failed_revision"]["desired"], 10, "one refusal does not cost the other");
    }
}

#[test]
fn a_report_says_why_the_count_of_tasks_is_missing() {
    for (faults, why) in [
        (vec![Fault::aws(400, "AccessDeniedException")], "permission"),
        (vec![Fault::aws(400, "ClusterNotFoundException")], "not_found"),
        (vec![Fault::reply(503), Fault::reply(503)], "unavailable"),
    ] {
        let cloud = cloud();
        let router = router(&cloud, &[]);
        cloud.script(Api::DescribeServices, faults);
        assert_eq!(router.bring(&Chunk::now(&[stops(), vec![failed()]].concat())), Verdict::Ok);
        let report = report(&cloud);
        let revision = &report["failed_revision"];
        assert_eq!((&revision["desired_missing"], revision.get("desired")), (&json!(why), None));
        assert!(report["summary"].as_str().unwrap().contains(" 10 tasks of revision 42 "), "{report:#}");
        assert_eq!(report["revision_changes"], json!(CHANGES), "one refusal does not cost the other");
    }
}

#[test]
fn more_stops_than_tasks_are_told_as_such() {
    for (desired, said) in [
        (4, " 10 tasks of revision 42 (image tag 1.42.0) stopped (4 wanted at a time): "),
        (12, " 10 of 12 tasks of revision 42 (image tag 1.42.0) stopped: "),
    ] {
        let cloud = cloud();
        cloud.ecs().create_service("prod", "web", desired);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&Chunk::now(&[stops(), vec![failed()]].concat())), Verdict::Ok);
        let report = report(&cloud);
        assert!(report["summary"].as_str().unwrap().contains(said), "{report:#}");
    }
}

#[test]
fn a_service_that_hangs_holds_the_report_up_for_five_seconds_at_most() {
    let cloud = cloud();
    cloud.script_where(Api::DescribeTaskDefinition, |_| true, Fault::hang());
    let router = router(&cloud, &[]);
    let (verdict, elapsed) = router.timed(&Chunk::now(&[stops(), vec![failed()]].concat()));
    assert_eq!(verdict, Verdict::Ok);
    assert!((Duration::from_secs(4)..Duration::from_secs(12)).contains(&elapsed), "{elapsed:?}");
    assert_eq!(report(&cloud)["revision_changes_missing"], "timeout");
    let mut next = failed();
    next["id"] = json!("d2");
    let (_, elapsed) = router.timed(&Chunk::now(&[next]));
    assert!(elapsed < Duration::from_secs(4), "the next does not wait again: {elapsed:?}");
}

#[test]
fn a_replay_makes_the_same_report_and_reads_nothing_again() {
    let cloud = cloud();
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    cloud.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 50));
    let chunk = Chunk::now(&[stops(), vec![failed()]].concat());
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(report(&cloud)["revision_changes"], json!(CHANGES));
    assert_eq!(cloud.attempts(Api::DescribeTaskDefinition), 2);
}

#[test]
fn nothing_is_asked_where_nobody_wants_it_or_nothing_is_known() {
    let cloud = cloud();
    for keys in [[("stop.fetch_changes", "off")], [("stop.fetch_changes", "auto")], [("incident", "off")]] {
        let router = router(&cloud, &keys);
        assert_eq!(router.bring(&Chunk::now(&[stops(), vec![failed()]].concat())), Verdict::Ok);
    }
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&Chunk::now(&[failed()])), Verdict::Ok, "no stop of it was seen");
    assert_eq!(cloud.attempts(Api::DescribeTaskDefinition), 0);
    assert_eq!(cloud.attempts(Api::DescribeServices), 0);
}

/// Stops go to everything that alerts people.
fn alerting(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let slack = format!("{endpoint}/services/T0/B0/x");
    let teams = format!("{endpoint}/workflows/a/triggers/manual/paths/invoke?sig=x");
    let keys = [
        ("route.stop", "cloudwatch, slack, teams, sns, pagerduty"),
        ("route.stop.expected", "drop"),
        ("slack.webhook_url", &*slack),
        ("teams.webhook_url", &*teams),
        ("sns.topic_arn", TOPIC),
        ("sns.endpoint", &*endpoint),
        ("pagerduty.endpoint", &*endpoint),
        ("pagerduty.integration_key", PAGER_KEY),
        ("incident", "auto"),
    ];
    router(cloud, &[&keys, more].concat())
}

#[test]
fn the_messages_about_a_failed_deployment_are_those_on_file() {
    let cloud = cloud();
    let router = alerting(&cloud, &[]);
    assert_eq!(router.bring(&Chunk::now(&stops())), Verdict::Ok);
    // Ten stops at once open an incident, and a second later it is told that they are ten.
    let alerts = [Api::SlackWebhook, Api::TeamsWebhook, Api::PublishBatch, Api::PagerDutyEvents];
    let told_twice = || alerts.iter().all(|api| cloud.attempts(*api) >= 2).then_some(());
    assert!(process::until(Duration::from_secs(60), told_twice).is_some(), "the count of ten is not told");
    let before = cloud.requests().len();
    assert_eq!(router.bring(&Chunk::now(&[failed()])), Verdict::Ok);
    let apis = [
        (Api::SlackWebhook, "slack"),
        (Api::TeamsWebhook, "teams"),
        (Api::PublishBatch, "sns"),
        (Api::PagerDutyEvents, "pagerduty"),
    ];
    let requests = cloud.requests().split_off(before);
    let held = apis.map(|(api, name)| golden::hold_accepted(&requests, api, "failed-deployment", name));
    let differing: Vec<String> = held.into_iter().filter_map(Result::err).collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
