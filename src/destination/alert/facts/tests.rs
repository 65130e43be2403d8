use serde_json::json;

use super::*;
use crate::destination::alert::incident;
use crate::stop::{self, IncidentReport, IncidentState, StopEvent};

fn fixture(name: &str) -> StopEvent {
    let path = format!("{}/tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    stop::read(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

fn told(name: &str) -> StopFields {
    StopFields::of(&fixture(name))
}

#[test]
fn a_reason_is_shown_where_the_rest_does_not_say_it() {
    for (name, expected) in [
        ("essential-exit-1", None),
        ("user-initiated", None),
        ("capacity-resource-cpu", None),
        ("host-terminated", Some("Host EC2 (instance i-03dba81187d65ce7e) terminated.")),
        ("oom-killed", Some("OutOfMemoryError: Container killed due to memory usage")),
    ] {
        assert_eq!(reason(&told(name)).map(|reason| reason.text), expected, "{name}");
    }
}

#[test]
fn an_event_of_a_service_says_when_and_which_it_is() {
    let event = told("service-action-error");
    assert_eq!(event.at(), Some("2026-11-19T21:13:58Z"));
    let named: Vec<_> = facts(&event).filter(|(name, _)| *name == "Event").collect();
    assert_eq!(named, [("Event", "SERVICE_TASK_PLACEMENT_FAILURE".to_owned())]);
    assert_eq!(told("oom-killed").at(), fixture("oom-killed").stopped_at.as_deref());
}

#[test]
fn where_a_task_ran_and_who_started_it_are_facts() {
    let mut stop = fixture("job-failed");
    stop.capacity_provider = Some("FARGATE_SPOT".to_owned());
    stop.container_instance = Some("0123abcd".to_owned());
    stop.availability_zone = Some("eu-central-1b".to_owned());
    stop.started_by = Some("nightly".to_owned());
    let told: Vec<_> = facts(&StopFields::of(&stop)).collect();
    assert!(told.len() <= 10, "Slack shows ten");
    for fact in [
        ("Launch type", "FARGATE (FARGATE_SPOT)"),
        ("Instance", "0123abcd"),
        ("Zone", "eu-central-1b"),
        ("Started by", "nightly"),
    ] {
        assert!(told.iter().any(|(name, value)| (*name, value.as_str()) == fact), "{fact:?}");
    }
}

#[test]
fn what_an_incident_counts_is_called_what_it_is() {
    let report = IncidentReport {
        state: IncidentState::Continued,
        count: 3,
        first_at: 1_795_123_800_000,
        last_at: 1_795_124_400_000,
        revisions: Vec::new(),
        services: Vec::new(),
        ended_by: None,
        quiet_seconds: None,
        escalated: false,
        various: false,
        is_news: true,
    };
    for (name, expected) in [
        ("service-action-error", "3 events since 21:30, last 21:40 UTC (about every 5 min)"),
        ("oom-killed", "3 stops since 21:30, last 21:40 UTC (about every 5 min)"),
    ] {
        assert_eq!(incident::standing(&told(name), &report), expected);
    }
}

#[test]
fn nobody_misses_the_lines_of_a_job_that_is_done() {
    assert_eq!(missing_lines(&told("job-completed")), None);
    assert!(missing_lines(&told("job-failed")).is_some());
}

#[test]
fn last_lines_come_without_colours_and_blank_ends() {
    let mut stop = fixture("essential-exit-1");
    stop.last_lines = vec!["\u{1b}[31mERROR\u{1b}[0m lost\r\n".to_owned()];
    assert_eq!(StopFields::of(&stop).last_lines(), ["ERROR lost"]);
    let line = json!({"class": "stderr", "container": "app", "line": "\u{1b}[1mboom\u{1b}[0m"});
    let lines = [crate::destination::alert::lines::DigestLine::new(line)];
    let groups = crate::destination::alert::lines::group_by_source(&lines);
    assert_eq!(groups[0].first_lines, ["boom"]);
}
