//! Incidents in a running instance: what Slack is told, and what CloudWatch stores beside it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::Router;
use test_support::chunk::Chunk;

/// Stops go to Slack and to CloudWatch.
fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let webhook = format!("{}/services/T0/B0/x", cloud.endpoint());
    let keys = [
        ("route.stop", "slack, cloudwatch"),
        ("slack.webhook_url", &*webhook),
        ("cloudwatch.log_stream", "stops"),
        ("incident.quiet", "2s"),
        ("incident.remind", "0"),
        ("flush_timeout", "4s"),
    ];
    Router::to(cloud, &[&keys, more].concat())
}

/// A task of service `web` that crashed.
fn crash(task: u32) -> Chunk {
    end(task, 1)
}

/// A task of service `web` whose application ended.
fn end(task: u32, exit_code: i32) -> Chunk {
    let at = jiff::Timestamp::now();
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("e{task}"),
        "account": "111122223333", "region": "us-east-1", "time": at.to_string(), "detail": {
        "taskArn": format!("arn:aws:ecs:us-east-1:111122223333:task/prod/t{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": "service:web", "stopCode": "EssentialContainerExited",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/web:42",
        "startedAt": at.to_string(), "stoppedAt": at.to_string(),
        "containers": [{"name": "app", "exitCode": exit_code, "lastStatus": "STOPPED"}]}});
    Chunk::now([&event])
}

fn bring(router: &Router, tasks: std::ops::RangeInclusive<u32>) {
    tasks.for_each(|task| assert_eq!(router.bring(&crash(task)), Verdict::Ok));
}

/// Waits until Slack has this many messages, and returns their texts.
fn messages(cloud: &Cloud, count: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let messages: Vec<String> = cloud.slack().messages().iter().map(|one| one.all_text()).collect();
        if messages.len() >= count || Instant::now() > deadline {
            assert_eq!(messages.len(), count, "{messages:#?}");
            return messages;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn stored(cloud: &Cloud) -> Vec<Value> {
    let stored = cloud.cloudwatch().messages("/test", "stops");
    stored.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn twelve_stops_are_four_messages_and_twelve_records() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    bring(&router, 1..=12);
    let told = messages(&cloud, 4);
    assert!(
        told[0].contains("🔴 web in prod (us-east-1): container app exits with 1, revision 42")
            && told[0].contains("inc-"),
        "{}",
        told[0]
    );
    assert!(told[1].contains("3 stops") && told[2].contains("10 stops"), "{told:#?}");
    assert!(
        told[3].contains("⚪ web in prod (us-east-1): container app exits with 1")
            && told[3].contains("Quiet for 2 s, recovery not confirmed: 12 stops"),
        "{}",
        told[3]
    );
    let stored = stored(&cloud);
    let id = &stored[0]["incident_id"];
    assert!(told[0].contains(id.as_str().unwrap()));
    assert_eq!(stored.len(), 12);
    assert!(stored.iter().all(|stop| stop["incident_id"] == *id));
    assert_eq!(
        (&stored[0]["incident"]["state"], &stored[0]["incident"]["count"]),
        (&json!("opened"), &json!(1))
    );
    assert_eq!(stored[11]["incident"]["state"], "continued");
    assert_eq!(stored[11]["incident"]["count"], 12);
    assert_eq!(stored[11]["incident"]["revisions"], json!(["42"]));
    router.drain();
    cloud.assert_no_complaints();
}

#[test]
fn an_outage_of_harmless_exits_reaches_a_channel_for_errors() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("slack.min_severity", "error")]);
    (1..=12).for_each(|task| assert_eq!(router.bring(&end(task, 0)), Verdict::Ok));
    let told = messages(&cloud, 3);
    assert!(told[0].contains("🔴 web in prod") && told[0].contains("3 stops"), "{told:#?}");
    assert!(told[1].contains("10 stops"), "{told:#?}");
    assert!(told[2].contains("recovery not confirmed: 12 stops"), "{told:#?}");
    assert!(stored(&cloud).iter().all(|stop| stop["severity"] == "warning"), "reports are what they were");
    router.drain();
}

/// A task of service `web` whose image could not be pulled.
fn failed_pull(task: u32, reason: &str) -> Chunk {
    let at = jiff::Timestamp::now().to_string();
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("e{task}"),
        "account": "111122223333", "region": "us-east-1", "time": at, "detail": {
        "taskArn": format!("arn:aws:ecs:us-east-1:111122223333:task/prod/t{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": "service:web", "stopCode": "TaskFailedToStart", "stoppedReason": reason, "stoppedAt": at,
        "containers": [{"name": "app", "lastStatus": "STOPPED"}]}});
    Chunk::now([&event])
}

#[test]
fn two_incidents_that_differ_only_in_their_cause_have_different_headlines() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("incident.quiet", "30s")]);
    let gone = "CannotPullContainerError: failed to resolve ref docker.io/acme/web:42: not found";
    let denied = "CannotPullContainerError: pull access denied for acme/web: denied: requested access to the resource is denied";
    for (task, reason) in [(1, gone), (2, denied)] {
        assert_eq!(router.bring(&failed_pull(task, reason)), Verdict::Ok);
    }
    let told = messages(&cloud, 2);
    for (told, cause) in told.iter().zip(["not found", "no permission"]) {
        let headline = format!("web in prod (us-east-1): image cannot be pulled ({cause}), container app");
        assert!(told.contains(&headline), "{told}");
    }
    router.drain();
}

/// Stops go to PagerDuty and to CloudWatch.
fn router_that_pages(cloud: &Cloud) -> Router {
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.stop", "pagerduty, cloudwatch"),
        ("pagerduty.endpoint", &*endpoint),
        ("pagerduty.integration_key", "0123456789abcdef0123456789abcdef"),
        ("cloudwatch.log_stream", "stops"),
        ("incident.quiet", "2s"),
        ("incident.remind", "0"),
        ("flush_timeout", "4s"),
    ];
    Router::to(cloud, &keys)
}

/// Waits until PagerDuty has this many events, and returns their actions and severities.
fn paged(cloud: &Cloud, count: usize) -> Vec<(String, String)> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while cloud.pagerduty().events().len() < count && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    cloud.pagerduty().events().into_iter().map(|event| (event.action, event.severity)).collect()
}

#[test]
fn an_incident_is_one_alert_of_pagerduty_that_its_end_resolves() {
    let cloud = Cloud::start();
    let router = router_that_pages(&cloud);
    bring(&router, 1..=12);
    let expected = [("trigger", "error"), ("trigger", "critical"), ("trigger", "critical"), ("resolve", "")];
    assert_eq!(paged(&cloud, 4), expected.map(|(action, severity)| (action.to_owned(), severity.to_owned())));
    let events = cloud.pagerduty().events();
    assert!(events.iter().all(|event| event.dedup_key == events[0].dedup_key), "{events:#?}");
    assert!(events[0].dedup_key.starts_with("inc-") && cloud.pagerduty().open_alerts().is_empty());
    assert!(events[2].summary.contains(": 10 stops since "), "{}", events[2].summary);
    router.drain();
    cloud.assert_no_complaints();
}

#[test]
fn an_alert_that_was_late_is_opened_before_it_is_resolved() {
    let cloud = Cloud::start();
    cloud.script_where(Api::PagerDutyEvents, |_| true, Fault::reply(503));
    let router = router_that_pages(&cloud);
    bring(&router, 1..=1);
    std::thread::sleep(Duration::from_secs(4));
    assert!(cloud.pagerduty().events().is_empty(), "it is over, and nobody knows of it");
    cloud.clear_script();
    let actions: Vec<String> = paged(&cloud, 2).into_iter().map(|(action, _)| action).collect();
    assert_eq!(actions, ["trigger", "resolve"]);
    assert!(cloud.pagerduty().open_alerts().is_empty());
    router.drain();
}

#[test]
fn a_replayed_chunk_counts_once_and_says_the_same() {
    let cloud = Cloud::start();
    // Longer than the chunk is tried: its opening is told at once, and does not wait for the rest.
    let router = router(&cloud, &[("incident.quiet", "8s")]);
    cloud.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 50));
    let chunk = crash(1);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    bring(&router, 2..=2);
    let counts: Vec<_> = stored(&cloud).iter().map(|stop| stop["incident"]["count"].clone()).collect();
    assert_eq!(counts, [1, 2]);
    let told = messages(&cloud, 2);
    assert!(told[1].contains("recovery not confirmed: 2 stops"), "{told:#?}");
    router.drain();
}

#[test]
fn an_opening_that_slack_did_not_take_is_told_when_it_does() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("incident.quiet", "30s"), ("flush_timeout", "2s")]);
    cloud.script(Api::SlackWebhook, std::iter::repeat_n(Fault::reply(503), 1_000));
    bring(&router, 1..=4);
    assert_eq!(cloud.slack().messages().len(), 0);
    cloud.clear_script();
    let told = messages(&cloud, 1);
    assert!(
        told[0].contains("🔴 web in prod (us-east-1): container app exits with 1, revision 42")
            && told[0].contains("inc-"),
        "{}",
        told[0]
    );
    router.drain();
    assert_eq!(router.lost("slack", Reason::BestEffort), 0, "late is not lost");
}

/// Gone at the end of the test.
struct State(PathBuf);

impl State {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("ecs_router-suite-{}", uuid::Uuid::new_v4())))
    }

    fn path(&self) -> String {
        self.0.join("incidents.json").to_str().unwrap().to_owned()
    }
}

impl Drop for State {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn a_restart_goes_on_counting_and_still_tells_the_end() {
    let cloud = Cloud::start();
    let state = State::new();
    let path = state.path();
    let keys = [("incident.state_path", &*path)];
    let before = router(&cloud, &keys);
    bring(&before, 1..=2);
    before.drain();
    drop(before);
    let after = router(&cloud, &keys);
    // The event that the queue would bring again, for it was not deleted in time.
    bring(&after, 2..=3);
    let told = messages(&cloud, 3);
    assert!(told[1].contains("3 stops") && told[2].contains("recovery not confirmed: 3 stops"), "{told:#?}");
    after.drain();
    cloud.assert_no_complaints();
}

/// A router that goes on with a copy of what is in the file now: as after a kill of the one that wrote it.
fn after_a_kill(cloud: &Cloud, state: &State, keys: &[(&str, &str)]) -> (State, Router) {
    std::thread::sleep(Duration::from_millis(1_500));
    let copy = State::new();
    std::fs::create_dir(&copy.0).unwrap();
    std::fs::set_permissions(&copy.0, std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::copy(state.path(), copy.path()).unwrap();
    let path = copy.path();
    let router = router(cloud, &[keys, &[("incident.state_path", &*path)]].concat());
    (copy, router)
}

#[test]
fn an_opening_that_was_told_is_not_told_again_although_its_chunk_was_not_delivered() {
    for others in [0, 1] {
        let cloud = Cloud::start();
        let state = State::new();
        let path = state.path();
        let keys = [("incident.quiet", "30s"), ("flush_timeout", "2s"), ("incident.state_path", &*path)];
        let before = router(&cloud, &keys);
        cloud.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 50));
        let opening = crash(1);
        assert_eq!(before.bring(&opening), Verdict::Retry);
        assert_eq!(messages(&cloud, 1).len(), 1);
        cloud.clear_script();
        bring(&before, 2..=1 + others);
        let (_copy, after) = after_a_kill(&cloud, &state, &keys[..2]);
        assert_eq!(after.bring(&opening), Verdict::Ok, "it comes again");
        bring(&after, 2 + others..=3);
        let told = messages(&cloud, 2);
        assert!(told[1].contains("3 stops"), "{told:#?}");
        let opened =
            stored(&cloud).iter().map(|stop| stop["incident_id"].to_string()).collect::<BTreeSet<_>>();
        assert_eq!(opened.len(), 1, "{opened:?}");
        after.drain();
        before.drain();
    }
}

#[test]
fn counts_go_on_while_the_chunk_of_the_opening_is_with_another_collector() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("incident.quiet", "30s"), ("flush_timeout", "2s")]);
    cloud.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 50));
    assert_eq!(router.bring(&crash(1)), Verdict::Retry);
    cloud.clear_script();
    bring(&router, 2..=3);
    let told = messages(&cloud, 2);
    assert!(told[1].contains("3 stops"), "{told:#?}");
    router.drain();
}

#[test]
fn an_opening_without_a_reply_survives_a_kill_after_its_chunk_was_answered() {
    let cloud = Cloud::start();
    let state = State::new();
    let path = state.path();
    let keys = [("incident.quiet", "30s"), ("flush_timeout", "2s"), ("incident.state_path", &*path)];
    let before = router(&cloud, &keys);
    cloud.script_where(Api::SlackWebhook, |_| true, Fault::hang());
    bring(&before, 1..=1);
    let (_copy, after) = after_a_kill(&cloud, &state, &keys[..2]);
    cloud.clear_script();
    let told = messages(&cloud, 1);
    assert!(told[0].contains("🔴 web in prod"), "{told:#?}");
    after.drain();
}

#[test]
fn what_cannot_be_read_is_set_aside_and_a_place_of_others_is_refused() {
    let cloud = Cloud::start();
    let state = State::new();
    let path = state.path();
    std::fs::create_dir(&state.0).unwrap();
    std::fs::write(&path, "{\"version\": 9}").unwrap();
    let started = router(&cloud, &[("incident.state_path", &path)]);
    started.drain();
    assert_eq!(std::fs::read_to_string(format!("{path}.unreadable")).unwrap(), "{\"version\": 9}");
    let keys = [("incident.state_path", "/tmp/incidents.json"), ("route.default", "slack")];
    let keys = [("slack.webhook_url", "http://127.0.0.1:9/services/x")].into_iter().chain(keys);
    let keys: std::collections::BTreeMap<String, String> =
        keys.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let problems = ecs_router::instance::Instance::start(0, &keys).unwrap_err();
    assert!(
        problems[0].to_string().starts_with("incident.state_path: cannot use /tmp/incidents.json: others")
    );
}

#[test]
fn without_incidents_each_stop_is_told() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("incident", "off")]);
    bring(&router, 1..=2);
    let told = messages(&cloud, 2);
    assert!(told.iter().all(|text| text.contains("🔴 web in prod (us-east-1): container app exits with 1")));
    assert!(stored(&cloud).iter().all(|stop| stop.get("incident_id").is_none()));
    router.drain();
}

#[test]
fn a_completed_deployment_is_no_stop_and_the_keys_are_checked() {
    let cloud = Cloud::start();
    let problems = |keys: &[(&str, &str)]| {
        let usual = [("route.default", "slack"), ("slack.webhook_url", "http://127.0.0.1:9/services/x")];
        let keys = usual.iter().chain(keys);
        let keys: std::collections::BTreeMap<String, String> =
            keys.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ecs_router::instance::Instance::start(0, &keys).map(drop).unwrap_err()[0].to_string()
    };
    assert!(
        problems(&[("incident.group_by", "service, colour")])
            .contains("'colour' is not one of cluster, service")
    );
    assert!(problems(&[("incident.quiet", "10ms")]).contains("incident.quiet: is shorter than 1s"));
    let router = router(&cloud, &[("incident.quiet", "30s")]);
    bring(&router, 1..=1);
    let completed = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/events/deployment-completed.json"
    ));
    let completed: Value = serde_json::from_slice(&completed.unwrap()).unwrap();
    assert_eq!(router.bring(&Chunk::now([&completed])), Verdict::Ok);
    messages(&cloud, 1);
    assert_eq!(stored(&cloud).len(), 2, "it is delivered as before, as class other");
    router.drain();
}
