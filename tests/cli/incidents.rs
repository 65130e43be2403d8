//! `replay --incidents`: six hours of a recorded crash loop as a timeline.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{command, finish, ran};
use test_support::crash_loop::crash_loop;
use test_support::temp::TempDir;

/// 2026-11-19T21:00:00Z
const START: i64 = 1_795_122_000_000;
const HOUR: i64 = 3_600_000;

/// 500 stops of three services over six hours; one is fixed by a deployment after three.
fn recording() -> Vec<Value> {
    crash_loop(START, HOUR)
}

fn configuration(folder: &TempDir, more: &str) -> String {
    let text = format!(
        "[OUTPUT]\n    Name ecs_router\n    Match *\n    route.stop slack, stops\n    route.default drop\n    \
         stops.type cloudwatch\n    stops.region eu-central-1\n    stops.log_group /stops\n    \
         slack.webhook_url https://hooks.slack.com/services/T/B/x\n{more}"
    );
    folder.file("incidents.conf", &text).display().to_string()
}

fn recorded(folder: &TempDir) -> String {
    let lines = recording().iter().fold(String::new(), |mut lines, event| {
        writeln!(lines, "{event}").unwrap();
        lines
    });
    folder.file("loop.jsonl", &lines).display().to_string()
}

#[test]
fn five_hundred_stops_are_three_openings_bounded_reminders_and_three_ends() {
    let folder = TempDir::new();
    let ran = ran(&["replay", "--incidents", &configuration(&folder, ""), &recorded(&folder)]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let lines: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("2026-")).collect();
    let with = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    let openings = lines.len() - with(" since ");
    let ends = with("Over") + with("recovery not confirmed");
    assert_eq!((openings, ends), (3, 3), "{}", ran.out);
    assert_eq!(
        (with("2026-11-20 00:05:"), with("Over after a completed deployment: 210 stops")),
        (1, 1),
        "{}",
        ran.out
    );
    assert_eq!(
        (with("recovery not confirmed: 144 stops since"), with("recovery not confirmed: 146 stops since")),
        (1, 1),
        "{}",
        ran.out
    );
    // At 3, 10, 30 and 100 each, and at most once an hour between them.
    let continued = lines.len() - openings - ends;
    assert!((12..=12 + 9).contains(&continued), "{continued}\n{}", ran.out);
    assert!(ran.out.contains("500 stop(s) in 3 incident(s)"), "{}", ran.out);
    assert!(ran.out.contains("stops             cloudwatch          500         -"), "{}", ran.out);
}

#[test]
fn the_timeline_as_objects_adds_up_whatever_the_order() {
    let folder = TempDir::new();
    let config = configuration(&folder, "    incident.remind 0\n");
    let mut events = recording();
    // Neighbours change places, as EventBridge delivers.
    events.chunks_mut(3).for_each(<[Value]>::reverse);
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let ran = finish(command(&["replay", "--incidents", "--json", &config, "-"]), lines.as_bytes());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let objects: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = &objects.last().unwrap()["summary"];
    assert_eq!((&summary["stops"], &summary["incidents"]), (&json!(500), &json!(3)));
    assert_eq!(summary["destinations"][0]["messages"], 3 + 12 + 3);
    assert_eq!(summary["destinations"][1]["records"], 500);
    assert_eq!(objects.len(), 19);
}

#[test]
fn without_incidents_it_says_why() {
    let folder = TempDir::new();
    let recording = folder.file("none.jsonl", "").display().to_string();
    let ran = ran(&["replay", "--incidents", &configuration(&folder, "    incident off\n"), &recording]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("stops become no incidents in this output"), "{}", ran.err);
}

/// A topic is told the same as a channel, and a bus gets every stop.
#[test]
fn a_topic_is_told_what_a_channel_is_told() {
    let folder = TempDir::new();
    let topic = "    alerts.type sns\n    alerts.topic_arn arn:aws:sns:eu-central-1:111122223333:alerts\n    \
                 bus.type eventbridge\n    bus.region eu-central-1\n";
    let conf = configuration(&folder, topic);
    let text = std::fs::read_to_string(&conf)
        .unwrap()
        .replace("route.stop slack,", "route.stop slack, alerts, bus,");
    let conf = folder.file("topic.conf", &text).display().to_string();
    let ran = ran(&["replay", "--incidents", &conf, &recorded(&folder)]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let told = || ran.out.lines().filter(|line| line.starts_with("2026-"));
    let of = |name: &str| told().filter(|line| line.contains(&format!("  {name} "))).count();
    assert!(of("alerts") > 12 && of("slack") == of("alerts"), "{}", ran.out);
    let ends = ["[resolved] ", "[quiet] "];
    let over = told().filter(|line| line.contains("  alerts  ") && ends.iter().any(|end| line.contains(end)));
    assert_eq!(over.count(), 3, "{}", ran.out);
    let bus = ran.out.lines().find(|line| line.starts_with("bus ")).expect("a row");
    assert!(
        bus.contains("eventbridge") && bus.split_whitespace().nth(2).unwrap().parse::<u32>().unwrap() > 500,
        "{bus}"
    );
}

/// A pager and Teams are told the same, and of the end as well.
#[test]
fn a_pager_and_teams_are_told_what_a_channel_is_told() {
    let folder = TempDir::new();
    let more = "    pager.type pagerduty\n    pager.integration_key 0123456789abcdef0123456789abcdef\n    \
                chat.type teams\n    chat.webhook_url https://example.com/workflows/a/invoke?sig=s\n";
    let conf = configuration(&folder, more);
    let text = std::fs::read_to_string(&conf)
        .unwrap()
        .replace("route.stop slack,", "route.stop slack, pager, chat,");
    let conf = folder.file("pager.conf", &text).display().to_string();
    let ran = ran(&["replay", "--incidents", &conf, &recorded(&folder)]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let of = |name: &str| {
        let told = ran.out.lines().filter(|line| line.starts_with("2026-"));
        told.filter(|line| line.contains(&format!("  {name} "))).collect::<Vec<_>>()
    };
    let slack = of("slack").len();
    assert!(slack > 12 && of("chat").len() == slack && of("pager").len() == slack, "{}", ran.out);
    for name in ["pager", "chat"] {
        let is_end = |line: &&&str| line.contains("Over") || line.contains("recovery not confirmed");
        assert_eq!(of(name).iter().filter(is_end).count(), 3, "{}", ran.out);
    }
}

/// Eight services lose their host in one second.
#[test]
fn what_comes_in_one_second_is_told_together() {
    let folder = TempDir::new();
    let lines: String = (0..8)
        .map(|number| {
            let event = json!({
                "id": format!("00000000-0000-0000-0000-00000000000{number}"),
                "detail-type": "ECS Task State Change", "source": "aws.ecs", "account": "111122223333",
                "region": "eu-central-1", "time": format!("2026-11-19T21:00:00.{number}00Z"),
                "detail": {
                    "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{number:032x}"),
                    "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod",
                    "containerInstanceArn":
                        "arn:aws:ecs:eu-central-1:111122223333:container-instance/prod/0123456789abcdef",
                    "group": format!("service:s{number}"), "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
                    "launchType": "EC2", "stopCode": "TerminationNotice",
                    "stoppedReason": "Host EC2 (instance i-03dba81187d65ce7e) terminated.",
                    "containers": [{"name": "app", "lastStatus": "STOPPED"}],
                },
            });
            format!("{event}\n")
        })
        .collect();
    let events = folder.file("host.jsonl", &lines).display().to_string();
    let ran = ran(&["replay", "--incidents", &configuration(&folder, ""), &events]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let told: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("2026-")).collect();
    assert_eq!(told.len(), 3, "the opening, the others and the end:\n{}", ran.out);
    assert!(told[1].starts_with("2026-11-19 21:00:00") && told[1].contains("8 stops"), "{}", ran.out);
}
