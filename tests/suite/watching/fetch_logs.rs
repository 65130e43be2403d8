//! Last lines of tasks without a router: read from CloudWatch Logs before the report goes out, and never in its way.

use std::time::{Duration, Instant};

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::process::until;

const DEFINITION: &str = "arn:aws:ecs:us-east-1:111122223333:task-definition/web:42";
const LOGS: &str = "/ecs/web";

/// A cloud that knows the task definition, with the lines of task 1.
fn cloud() -> Cloud {
    let cloud = Cloud::builder().create_queues(["stops"]).start();
    let options =
        json!({"awslogs-group": LOGS, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web"});
    let container = json!({"name": "app", "environment": [{"name": "TOKEN", "value": "hunter2"}],
        "logConfiguration": {"logDriver": "awslogs", "options": options}});
    cloud.ecs().register(DEFINITION, json!([container]));
    for number in 0..30 {
        cloud.cloudwatch().add(LOGS, "web/app/t1", &format!("line {number}"));
    }
    cloud.cloudwatch().add(LOGS, "web/app/t1", "cannot connect to postgres://shop:hunter2@db/shop");
    cloud
}

fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let usual = [
        ("stop.fetch_logs", "on"),
        ("stop.fetch_logs_endpoint", &*endpoint),
        ("stop.fetch_logs_ecs_endpoint", &*endpoint),
        ("stop.context_lines", "3"),
        ("cloudwatch.log_stream", "$(class)"),
        ("cloudwatch.log_key", ""),
    ];
    Router::to(cloud, &[&usual, more].concat())
}

/// A task of service `web` whose application ended with 1.
fn crash(task: u32) -> Value {
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("e{task}"),
        "account": "111122223333", "region": "us-east-1", "time": "2026-11-19T21:13:58Z", "detail": {
        "taskArn": format!("arn:aws:ecs:us-east-1:111122223333:task/prod/t{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": "service:web", "stopCode": "EssentialContainerExited", "taskDefinitionArn": DEFINITION,
        "startedAt": "2026-11-19T21:13:00Z", "stoppedAt": "2026-11-19T21:13:58Z",
        "containers": [{"name": "app", "exitCode": 1, "lastStatus": "STOPPED"}]}})
}

fn reports(cloud: &Cloud) -> Vec<Value> {
    let stored = cloud.cloudwatch().messages(GROUP, "stop");
    stored.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// Brings a stop and answers with its report.
fn report(cloud: &Cloud, router: &Router, task: u32) -> Value {
    assert_eq!(router.bring(&Chunk::now([&crash(task)])), Verdict::Ok);
    reports(cloud).pop().unwrap()
}

#[test]
fn the_last_lines_of_an_awslogs_task_stand_in_its_report() {
    let cloud = cloud();
    let router = router(&cloud, &[]);
    let report = report(&cloud, &router, 1);
    let lines = json!(["line 28", "line 29", "cannot connect to postgres://[redacted]@db/shop"]);
    assert_eq!((&report["last_lines"], report.get("last_lines_missing")), (&lines, None));
    let logs_url = "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/\
                    log-group/$252Fecs$252Fweb/log-events/web$252Fapp$252Ft1";
    assert_eq!(report["logs_url"], logs_url);
    assert!(!report.to_string().contains("hunter2"));
    cloud.cloudwatch().add(LOGS, "web/app/t2", "{\"log\":\"of a router\",\"source\":\"stderr\"}");
    assert_eq!(self::report(&cloud, &router, 2)["last_lines"], json!(["of a router"]));
    assert_eq!(cloud.attempts(Api::DescribeTaskDefinition), 1, "a revision never changes");
    cloud.assert_no_complaints();
}

#[test]
fn a_stop_from_the_queue_has_them_too_and_is_reported_once() {
    let cloud = cloud();
    let url = cloud.sqs().url("stops");
    let mut later = crash(1);
    later["detail"]["version"] = json!(4);
    cloud.sqs().send("stops", crash(1));
    let router = router(&cloud, &[("queue.url", &url), ("queue.region", "us-east-1")]);
    until(Duration::from_secs(60), || cloud.sqs().messages("stops").is_empty().then_some(())).expect("empty");
    cloud.sqs().send("stops", later);
    until(Duration::from_secs(60), || cloud.sqs().messages("stops").is_empty().then_some(())).expect("empty");
    router.drain();
    let reports = reports(&cloud);
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0]["last_lines"].as_array().unwrap().len(), 3);
    assert_eq!(cloud.attempts(Api::GetLogEvents), 1, "nothing is read for a stop that was reported");
    cloud.assert_no_complaints();
}

#[test]
fn a_replay_makes_the_same_report_and_reads_nothing_again() {
    let cloud = cloud();
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    cloud.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 50));
    let chunk = Chunk::now([&crash(1)]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    cloud.cloudwatch().add(LOGS, "web/app/t1", "later");
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(reports(&cloud)[0]["last_lines"][0], "line 28");
    assert_eq!(cloud.attempts(Api::GetLogEvents), 1);
}

#[test]
fn a_report_says_why_its_lines_are_missing() {
    let denied = || Fault::aws(400, "AccessDeniedException");
    let throttled = || std::iter::repeat_n(Fault::throttled(), 2).collect::<Vec<_>>();
    for (api, faults, why) in [
        (Api::DescribeTaskDefinition, vec![denied()], "permission"),
        (Api::GetLogEvents, vec![denied()], "permission"),
        (Api::GetLogEvents, throttled(), "throttled"),
        (Api::GetLogEvents, vec![Fault::reply(503), Fault::reply(503)], "unavailable"),
        (Api::GetLogEvents, vec![Fault::aws(400, "ResourceNotFoundException")], "not_found"),
        (Api::DescribeTaskDefinition, vec![Fault::aws(400, "ClientException")], "not_found"),
    ] {
        let cloud = cloud();
        let router = router(&cloud, &[]);
        cloud.script(api, faults);
        let report = report(&cloud, &router, 1);
        assert_eq!(report["last_lines_missing"], why, "{api:?}");
        assert_eq!(report.get("last_lines"), None);
        assert!(
            report["logs_url"].as_str().unwrap().starts_with("https://us-east-1.console.aws.amazon.com/")
        );
    }
    let cloud = cloud();
    cloud.cloudwatch().create_stream(LOGS, "web/app/t2");
    let router = router(&cloud, &[]);
    assert_eq!(report(&cloud, &router, 2)["last_lines_missing"], "empty");
    assert_eq!(report(&cloud, &router, 3)["last_lines_missing"], "not_found");
    cloud.script(Api::GetLogEvents, [Fault::reply(503)]);
    assert!(report(&cloud, &router, 1).get("last_lines").is_some(), "one failure is tried again");
}

#[test]
fn a_refusal_is_not_asked_for_again_with_each_stop() {
    let cloud = cloud();
    cloud.script_where(Api::DescribeTaskDefinition, |_| true, Fault::aws(400, "AccessDeniedException"));
    let router = router(&cloud, &[]);
    for task in 1..=10 {
        assert_eq!(report(&cloud, &router, task)["last_lines_missing"], "permission");
    }
    assert_eq!(cloud.attempts(Api::DescribeTaskDefinition), 1);
}

#[test]
fn a_service_that_hangs_holds_a_report_up_for_five_seconds_at_most_and_nobody_else() {
    for api in [Api::DescribeTaskDefinition, Api::GetLogEvents] {
        let cloud = cloud();
        cloud.script_where(api, |_| true, Fault::hang());
        let router = router(&cloud, &[]);
        std::thread::scope(|scope| {
            let stop = scope.spawn(|| router.timed(&Chunk::now([&crash(1)])));
            until(Duration::from_secs(60), || (cloud.attempts(api) > 0).then_some(())).expect("asked");
            let line =
                json!({"container_id": "c", "container_name": "/c", "source": "stdout", "log": "hello"});
            let (verdict, elapsed) = router.timed(&Chunk::now([&line]));
            assert_eq!(verdict, Verdict::Ok);
            assert!(elapsed < Duration::from_secs(4), "{elapsed:?}");
            let (verdict, elapsed) = stop.join().unwrap();
            assert_eq!(verdict, Verdict::Ok);
            assert!((Duration::from_secs(4)..Duration::from_secs(12)).contains(&elapsed), "{elapsed:?}");
        });
        assert_eq!(reports(&cloud)[0]["last_lines_missing"], "timeout");
        let (_, elapsed) = router.timed(&Chunk::now([&crash(2)]));
        assert!(elapsed < Duration::from_secs(4), "the next stop does not wait again: {elapsed:?}");
        assert_eq!(reports(&cloud)[1]["last_lines_missing"], "timeout");
    }
}

#[test]
fn the_end_of_the_process_does_not_wait_for_lines() {
    let cloud = cloud();
    cloud.script_where(Api::GetLogEvents, |_| true, Fault::hang());
    let url = cloud.sqs().url("stops");
    cloud.sqs().send("stops", crash(1));
    let router =
        router(&cloud, &[("queue.url", &url), ("queue.region", "us-east-1"), ("exit_timeout", "10s")]);
    until(Duration::from_secs(60), || (cloud.attempts(Api::GetLogEvents) > 0).then_some(())).expect("asked");
    let start = Instant::now();
    router.drain();
    assert!(start.elapsed() < Duration::from_millis(4_500), "{:?}", start.elapsed());
    assert_eq!(reports(&cloud)[0]["last_lines_missing"], "timeout");
    assert!(cloud.sqs().messages("stops").is_empty());
}

#[test]
fn names_that_the_user_gives_need_no_task_definition() {
    let cloud = cloud();
    cloud.cloudwatch().add("/routed/web", "app/t1", "by name");
    let names = [
        ("stop.fetch_logs_group", "/routed/$(ecs_service)"),
        ("stop.fetch_logs_stream", "$(container_name)/$(ecs_task_id)"),
    ];
    let reading = router(&cloud, &names);
    let read = report(&cloud, &reading, 1);
    assert_eq!(read["last_lines"], json!(["by name"]));
    assert_eq!(cloud.attempts(Api::DescribeTaskDefinition), 0);
    let linking = router(&cloud, &[&names[..], &[("stop.fetch_logs", "off")]].concat());
    let linked = report(&cloud, &linking, 2);
    assert!(
        linked["logs_url"].as_str().unwrap().ends_with("$252Frouted$252Fweb/log-events/app$252Ft2"),
        "{linked}"
    );
    assert_eq!((linked.get("last_lines"), cloud.attempts(Api::GetLogEvents)), (None, 1));
    cloud.assert_no_complaints();
}

#[test]
fn only_what_the_lines_may_explain_is_read() {
    let cloud = cloud();
    let router = router(&cloud, &[]);
    let mut planned = crash(1);
    planned["detail"]["stopCode"] = json!("ServiceSchedulerInitiated");
    planned["detail"]["stoppedReason"] = json!("Scaling activity initiated by (deployment ecs-svc/1)");
    planned["detail"]["containers"][0]["exitCode"] = json!(0);
    let mut pulled = crash(2);
    pulled["detail"]["stopCode"] = json!("TaskFailedToStart");
    pulled["detail"]["startedAt"] = Value::Null;
    pulled["detail"]["stoppedReason"] =
        json!("CannotPullContainerError: pull image manifest has been retried 5 time(s)");
    pulled["detail"]["containers"] = json!([{"name": "app", "lastStatus": "STOPPED"}]);
    assert_eq!(router.bring(&Chunk::now(&[planned, pulled])), Verdict::Ok);
    assert_eq!(reports(&cloud).len(), 2);
    assert!(reports(&cloud).iter().all(|report| report.get("last_lines_missing").is_none()));
    assert_eq!((cloud.attempts(Api::DescribeTaskDefinition), cloud.attempts(Api::GetLogEvents)), (0, 0));
}

#[test]
fn fifty_stops_at_once_are_read_at_ten_calls_a_second() {
    let cloud = cloud();
    (1..=50).for_each(|task| cloud.cloudwatch().add(LOGS, &format!("web/app/t{task}"), "hello"));
    let router = router(&cloud, &[]);
    let stops: Vec<Value> = (1..=80).map(crash).collect();
    let (verdict, elapsed) = router.timed(&Chunk::now(&stops));
    assert_eq!(verdict, Verdict::Ok);
    // Ten at once, and ten in each second after that.
    let most = 10 + 10 * (elapsed.as_secs() as usize + 1);
    let reads = cloud.attempts(Api::GetLogEvents);
    assert!((20..=most.min(80)).contains(&reads), "{reads} in {elapsed:?}");
    let reports = reports(&cloud);
    assert_eq!(reports.len(), 80);
    assert!(
        reports
            .iter()
            .all(|report| report.get("last_lines").is_some() != report.get("last_lines_missing").is_some())
    );
    assert!(reports.iter().any(|report| report["last_lines_missing"] == "throttled"));
}

#[test]
fn lines_that_come_late_are_told_in_their_incident() {
    let cloud = cloud();
    cloud.script_where(Api::GetLogEvents, |_| true, Fault::hang());
    let webhook = format!("{}/services/T0/B0/x", cloud.endpoint());
    let router = router(&cloud, &[("route.stop", "slack, cloudwatch"), ("slack.webhook_url", &webhook)]);
    assert_eq!(router.bring(&Chunk::now([&crash(1)])), Verdict::Ok);
    let messages = || -> Vec<String> { cloud.slack().messages().iter().map(|one| one.all_text()).collect() };
    let first = messages();
    assert!(first[0].contains("No last lines: CloudWatch Logs did not answer in time."), "{first:?}");
    cloud.clear_script();
    let told = until(Duration::from_secs(60), || Some(messages()).filter(|told| told.len() == 2));
    let told = told.unwrap_or_else(|| panic!("{:?}", messages()));
    assert!(told[1].contains("1 stop at 21:13") && told[1].contains("line 29"), "{told:?}");
    assert_eq!(reports(&cloud).len(), 1, "what is stored is stored once");
    router.drain();
}
