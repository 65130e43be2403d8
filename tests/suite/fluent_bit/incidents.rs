//! Two collectors on one queue, one of which is killed and comes back: what was doubled and what was missing, against what
//! docs/incidents.md promises.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::host::{Alive, Host};
use super::{ARRIVAL, binaries};
use test_support::process::until;
use test_support::record::stop;
use test_support::temp::TempDir;

const QUEUE: &str = "ecs-stops";
const STOPS: usize = 100;
/// What one collector has in flight at most, which comes again after a kill.
const IN_FLIGHT: usize = 40;
/// The quiet time, longer than what was in flight stays invisible.
const QUIET: Duration = Duration::from_secs(40);

fn collector(binary: &Path, cloud: &Cloud, state: &Path) -> Alive {
    let keys = [
        ("route.stop", "slack, stops"),
        ("route.default", "drop"),
        ("slack.webhook_url", &format!("{}/services/T0/B0/x", cloud.endpoint())),
        ("stops.type", "cloudwatch"),
        ("stops.region", "us-east-1"),
        ("stops.endpoint", &cloud.endpoint()),
        ("stops.log_group", "/stops"),
        ("stops.log_stream", "$(ecs_cluster)"),
        ("stops.auto_create_group", "on"),
        ("queue.url", &cloud.sqs().url(QUEUE)),
        ("queue.region", "us-east-1"),
        ("flush_timeout", "2s"),
        ("incident.quiet", &format!("{}s", QUIET.as_secs())),
        ("incident.state_path", state.to_str().unwrap()),
    ];
    let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned()));
    Host::new(binary).output("ecs_*", &keys).start()
}

/// Tasks of one crash loop, all stopped at one time, so that both collectors come to one name.
fn send(cloud: &Cloud, tasks: Range<usize>) {
    for task in tasks {
        let mut event = stop();
        event["id"] = json!(format!("event-{task}"));
        event["detail"]["taskArn"] =
            json!(format!("arn:aws:ecs:us-east-1:111122223333:task/prod/{task:032x}"));
        cloud.sqs().send(QUEUE, event);
    }
}

fn stored(cloud: &Cloud) -> Vec<Value> {
    let messages = cloud.cloudwatch().messages("/stops", "prod");
    messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// The counts with which Slack was told that it is over.
fn ends(cloud: &Cloud) -> Vec<usize> {
    let texts: Vec<String> = cloud.slack().messages().iter().map(|message| message.all_text()).collect();
    let count =
        |text: &String| text.split("recovery not confirmed: ").nth(1)?.split(' ').next()?.parse().ok();
    texts.iter().filter_map(count).collect()
}

#[test]
fn two_collectors_and_a_kill_double_no_more_than_is_promised_and_miss_nothing() {
    let Some(binary) = binaries().pop() else { return };
    let cloud = Cloud::builder().create_queues([QUEUE]).start();
    let place = TempDir::new();
    let state = |name: &str| place.path().join(name).join("incidents.json");
    let mut collectors = ["first", "second"].map(|name| collector(&binary, &cloud, &state(name)));
    send(&cloud, 0..60);
    until(ARRIVAL, || (stored(&cloud).len() >= 60).then_some(())).expect("the first sixty");
    // What is older than a second is in the file.
    std::thread::sleep(Duration::from_secs(3));
    send(&cloud, 60..STOPS);
    let [first, second] = &mut collectors;
    // Dropped is killed.
    *first = collector_again(first, || collector(&binary, &cloud, &state("first")));
    let is_empty = || cloud.sqs().messages(QUEUE).is_empty().then_some(());
    until(ARRIVAL, is_empty).unwrap_or_else(|| panic!("{}", second.said()));
    until(ARRIVAL + QUIET, || (ends(&cloud).len() >= 2).then_some(())).expect("both tell the end");
    collectors.iter_mut().for_each(Alive::assert_ends_well);
    assert_promises(&cloud);
}

/// Replaces what is killed.
fn collector_again(killed: &mut Alive, start: impl FnOnce() -> Alive) -> Alive {
    killed.kill();
    start()
}

fn assert_promises(cloud: &Cloud) {
    let mut tasks = BTreeMap::<String, usize>::new();
    let mut names = BTreeMap::<String, usize>::new();
    for report in stored(cloud) {
        *tasks.entry(report["task_id"].as_str().unwrap().to_owned()).or_default() += 1;
        *names.entry(report["incident_id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let doubled = tasks.values().filter(|times| **times > 1).count();
    let ends = ends(cloud);
    let openings =
        cloud.slack().messages().iter().filter(|message| message.all_text().contains("inc-")).count();
    println!(
        "stored {} of {STOPS}, {doubled} twice; {openings} openings, ends with {ends:?} stops",
        tasks.len()
    );
    assert_eq!(tasks.len(), STOPS, "none is missing");
    assert!(doubled <= IN_FLIGHT, "{doubled} twice");
    assert_eq!(names.len(), 1, "{names:?}");
    assert!((1..=2).contains(&openings), "{openings}");
    assert_eq!(ends.len(), 2, "one from each");
    let counted: usize = ends.iter().sum();
    assert!((STOPS..=STOPS + IN_FLIGHT).contains(&counted), "{ends:?}");
}
