//! The report of what arrived, and whether the counts add up.

use fake_cloud::{Api, Cloud};
use serde_json::Value;

use crate::records::Input;

/// Prints the report. Returns whether every record arrived exactly once.
pub(crate) fn print(cloud: &Cloud, input: &Input) -> bool {
    println!("{:<8} {:<26} {:<52} {:>6}", "class", "log group", "log stream", "events");
    let mut arrived = [0; 3];
    for group in cloud.cloudwatch().groups() {
        let class = class_of(&group);
        for stream in cloud.cloudwatch().streams(&group) {
            let count = cloud.cloudwatch().events(&group, &stream).len();
            arrived[class] += count;
            println!("{:<8} {group:<26} {stream:<52} {count:>6}", CLASSES[class]);
        }
    }
    let copies = print_vendors(cloud);
    print_stops(cloud);
    print_samples(cloud);
    let expected = [input.events.len(), input.lines_of("stderr"), input.lines_of("stdout")];
    println!("\n{:<8} {:>6} {:>8}", "class", "in", "arrived");
    for (class, name) in CLASSES.iter().enumerate() {
        println!("{name:<8} {:>6} {:>8}", expected[class], arrived[class]);
    }
    let complaints = cloud.complaints();
    complaints.iter().for_each(|complaint| println!("the stand-in complains: {complaint}"));
    let is_complete = expected == arrived && copies == expected && complaints.is_empty();
    let requests = cloud.attempts(Api::PutLogEvents);
    println!(
        "\n{} in {requests} PutLogEvents requests.",
        if is_complete { "Everything arrived, once," } else { "The counts do NOT add up" }
    );
    is_complete
}

const CLASSES: [&str; 3] = ["stop", "stderr", "stdout"];

fn class_of(group: &str) -> usize {
    match group {
        "/ecs/stopped-tasks" => 0,
        group if group.ends_with("/errors") => 1,
        _ => 2,
    }
}

/// Prints what arrived at other services than CloudWatch. Returns the numbers of stops, errors and other lines there.
fn print_vendors(cloud: &Cloud) -> [usize; 3] {
    let mut archived = 0;
    for key in cloud.s3().keys("demo-archive") {
        let lines = cloud.s3().lines("demo-archive", &key).len();
        println!("stdout   S3 {key:<76} {lines:>6}");
        archived += lines;
    }
    let newrelic = cloud.newrelic().logs().len();
    let datadog = cloud.datadog().logs().len();
    println!("stop     New Relic {newrelic:>72}");
    println!("stderr   Datadog {datadog:>74}");
    let slack = cloud.slack().messages();
    println!("\nSlack, {} message(s):", slack.len());
    for message in &slack {
        message
            .all_text()
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(12)
            .for_each(|line| println!("  | {line}"));
    }
    [newrelic, datadog, archived]
}

/// Prints why each task stopped.
fn print_stops(cloud: &Cloud) {
    println!("\nWhy tasks stopped:");
    for stream in cloud.cloudwatch().streams("/ecs/stopped-tasks") {
        for event in cloud.cloudwatch().events("/ecs/stopped-tasks", &stream) {
            let stop: Value = serde_json::from_str(&event.message).unwrap_or_default();
            let text = |name: &str| stop[name].as_str().unwrap_or("-").to_owned();
            println!("  [{:<7}] {:<13} {}", text("severity"), text("category"), text("summary"));
            println!("            hint: {}", text("hint"));
        }
    }
}

/// Prints one line of each kind, as it is in CloudWatch.
fn print_samples(cloud: &Cloud) {
    println!("\nAs they stand in CloudWatch Logs:");
    for (class, group) in [("stderr", "/ecs/web/errors"), ("stdout", "/ecs/web")] {
        let streams = cloud.cloudwatch().streams(group);
        let events =
            streams.first().map(|stream| cloud.cloudwatch().events(group, stream)).unwrap_or_default();
        if let Some(event) = events.first() {
            println!("  {class}: {}", event.message);
        }
    }
}
