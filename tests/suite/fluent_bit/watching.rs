//! What does not come through Fluent Bit, in a process that it runs.

use std::time::{Duration, Instant};

use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::feed::send_records;
use super::host::Host;
use super::{ARRIVAL, binaries, endpoint};
use crate::watching::metadata::{Metadata, id};
use test_support::process::until;
use test_support::record::stop;

/// The usual outlets, and stops in a group of their own.
fn keys(cloud: &Cloud) -> Vec<(String, String)> {
    let mut keys = endpoint(cloud, "/app", "/errors");
    let stops = [
        ("route.stop", "stops"),
        ("stops.type", "cloudwatch"),
        ("stops.region", "us-east-1"),
        ("stops.endpoint", &cloud.endpoint()),
        ("stops.log_group", "/stops"),
        ("stops.log_stream", "$(ecs_cluster)"),
        ("stops.auto_create_group", "on"),
    ];
    keys.extend(stops.map(|(key, value)| (key.to_owned(), value.to_owned())));
    keys
}

fn reports(cloud: &Cloud) -> Vec<Value> {
    let messages = cloud.cloudwatch().messages("/stops", "prod");
    messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn a_sibling_that_is_killed_is_reported_within_three_seconds_with_its_last_lines() {
    for binary in binaries() {
        let (cloud, metadata) = (Cloud::start(), Metadata::start(&["app"]));
        let host = Host::new(&binary)
            .environment("ECS_CONTAINER_METADATA_URI_V4", metadata.address())
            .output("app-firelens*", &keys(&cloud));
        let mut host = host.start();
        let line = |log: &str| json!({"container_id": id("app"), "container_name": "app", "source": "stderr", "log": log});
        send_records(&host, "app-firelens-0123", &[line("starting"), line("fatal: out of memory")]);
        metadata.wait_for_look();
        let ended = Instant::now();
        metadata.end("app", 137);
        until(ARRIVAL, || (!reports(&cloud).is_empty()).then_some(()))
            .unwrap_or_else(|| panic!("{}", host.said()));
        assert!(ended.elapsed() < Duration::from_millis(3_500), "{:?}", ended.elapsed());
        host.assert_ends_well();
        let reports = reports(&cloud);
        assert_eq!(reports.len(), 1, "once, also at the end");
        assert_eq!(reports[0]["exit_code"], 137);
        assert_eq!(reports[0]["last_lines"], json!(["starting", "fatal: out of memory"]));
        cloud.assert_no_complaints();
    }
}

#[test]
fn a_collector_empties_its_queue_into_the_stop_route() {
    for binary in binaries() {
        let cloud = Cloud::builder().create_queues(["ecs-stops"]).start();
        for number in 0..50 {
            let mut event = stop();
            event["detail"]["clusterArn"] = json!("arn:aws:ecs:us-east-1:111122223333:cluster/prod");
            event["detail"]["taskArn"] =
                json!(format!("arn:aws:ecs:us-east-1:111122223333:task/prod/{number:032x}"));
            cloud.sqs().send("ecs-stops", &event);
            cloud.sqs().send("ecs-stops", event);
        }
        let mut keys = keys(&cloud);
        keys.push(("queue.url".into(), cloud.sqs().url("ecs-stops")));
        keys.push(("queue.region".into(), "us-east-1".into()));
        let mut host = Host::new(&binary).output("ecs_*", &keys).start();
        until(ARRIVAL, || cloud.sqs().messages("ecs-stops").is_empty().then_some(()))
            .unwrap_or_else(|| panic!("{}", host.said()));
        host.assert_ends_well();
        assert_eq!(reports(&cloud).len(), 50, "each stop once, although every event was in the queue twice");
        cloud.assert_no_complaints();
    }
}
