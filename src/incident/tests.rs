//! The state machine, driven by hand.

mod any_order;
mod bounds;
mod host;
mod revisions;
mod service;
mod updates;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::config::{GroupField, IncidentSettings};
use crate::stop::{self, IncidentEnd, IncidentState, StopEvent};

const MINUTE: i64 = 60_000;
/// 2026-11-19T21:30:00Z
const START: i64 = 1_795_123_800_000;

fn settings() -> IncidentSettings {
    IncidentSettings {
        is_on: true,
        group_by: vec![GroupField::Cluster, GroupField::Service, GroupField::Category, GroupField::ExitCode],
        quiet: Duration::from_mins(30),
        remind: Some(Duration::from_hours(1)),
        state_path: None,
    }
}

fn incidents() -> Incidents {
    Incidents::new(settings(), true)
}

/// No more than this many are open at one time.
fn bounded(max_open: usize) -> Incidents {
    let mut incidents = incidents();
    incidents.max_open = max_open;
    incidents
}

fn text(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap().to_string()
}

/// A task of `service` that crashed at `at`.
fn crash(service: &str, task: u32, exit_code: i64, at: i64) -> StopEvent {
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("e{task}"),
        "account": "111122223333", "region": "eu-central-1", "time": text(at), "detail": {
        "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{service}{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": format!("service:{service}"), "stopCode": "EssentialContainerExited",
        "taskDefinitionArn": format!("arn:aws:ecs:eu-central-1:111122223333:task-definition/{service}:{}", 40 + task / 10),
        "startedAt": text(at - 3_000), "stoppedAt": text(at),
        "containers": [{"name": "app", "exitCode": exit_code, "lastStatus": "STOPPED"}]}});
    stop::read(event).unwrap()
}

fn recovery(service: &str, name: &str, at: i64) -> stop::ServiceRecovery {
    let kind =
        if name == "SERVICE_STEADY_STATE" { "ECS Service Action" } else { "ECS Deployment State Change" };
    let event: Value = json!({"source": "aws.ecs", "detail-type": kind, "time": text(at),
        "resources": [format!("arn:aws:ecs:eu-central-1:111122223333:service/prod/{service}")],
        "detail": {"eventType": "INFO", "eventName": name}});
    stop::recovery(&event).unwrap()
}

impl Incidents {
    /// The stop arrived, and it is known who was told.
    fn confirm(&mut self, sighting: &Sighting, was_told: bool) {
        self.arrive(sighting);
        self.settle(sighting, was_told);
    }
}

/// Observes a stop that arrives at once, with what it told.
fn arrive(incidents: &mut Incidents, stop: &StopEvent, now: i64) -> Option<IncidentState> {
    let sighting = incidents.observe(stop, now).unwrap();
    incidents.confirm(&sighting, true);
    Some(sighting.report().state).filter(|_| sighting.report().is_news)
}

/// What waits to be told, delivered.
fn told(incidents: &mut Incidents) -> Vec<(IncidentState, u64)> {
    let news = incidents.take_news(START);
    incidents.news_delivered();
    news.iter().map(|one| (one.state().unwrap(), one.stop.incident.as_ref().unwrap().count)).collect()
}

#[test]
fn the_first_is_told_then_three_ten_thirty_and_a_hundred() {
    let mut incidents = incidents();
    let counts: Vec<u32> = (1..=120)
        .filter(|task| {
            let at = START + i64::from(*task);
            arrive(&mut incidents, &crash("web", *task, 1, at), at).is_some()
        })
        .collect();
    assert_eq!(counts, [1, 3, 10, 30, 100]);
    assert_eq!(told(&mut incidents), []);
}

#[test]
fn what_differs_in_what_counts_is_another_incident() {
    let mut incidents = incidents();
    assert_eq!(arrive(&mut incidents, &crash("web", 1, 1, START), START), Some(IncidentState::Opened));
    assert_eq!(arrive(&mut incidents, &crash("web", 2, 139, START), START), Some(IncidentState::Opened));
    assert_eq!(arrive(&mut incidents, &crash("shop", 3, 1, START), START), Some(IncidentState::Opened));
    assert_eq!(arrive(&mut incidents, &crash("web", 4, 1, START), START), None);
    assert_eq!(incidents.tally().open, 3);
}

/// ECS ended the tasks: the code depends on how fast each of them was.
#[test]
fn the_exit_code_of_a_task_that_was_ended_from_outside_splits_no_incident() {
    for (code, reason) in [
        ("SpotInterruption", "Your Spot Task was interrupted."),
        ("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn:web)"),
    ] {
        let mut incidents = incidents();
        let mut names = std::collections::BTreeSet::new();
        for (task, exit_code) in [0, 143, 137, 1].into_iter().enumerate() {
            let task = u32::try_from(task).unwrap();
            let mut event = Value::clone(&crash("web", task, exit_code, START).event);
            event["detail"]["stopCode"] = code.into();
            event["detail"]["stoppedReason"] = reason.into();
            let sighting = incidents.observe(&stop::read(event).unwrap(), START).unwrap();
            incidents.confirm(&sighting, true);
            names.insert(sighting.incident_id().to_owned());
        }
        assert_eq!((names.len(), incidents.tally().open), (1, 1), "{code}");
    }
}

#[test]
fn a_stop_from_the_future_is_one_of_now() {
    let mut incidents = incidents();
    for (task, ahead) in [(1, 60 * MINUTE), (2, 20 * 365 * 24 * 60 * MINUTE), (3, 4 * MINUTE)] {
        arrive(&mut incidents, &crash("web", task, 1, START + ahead), START);
    }
    incidents.tick(START + 30 * MINUTE);
    let news = incidents.take_news(START);
    let report = news[0].stop.incident.as_ref().unwrap();
    assert_eq!((report.first_at, report.last_at), (START, START + 4 * MINUTE));
}

#[test]
fn planned_stops_belong_to_none() {
    let mut planned = crash("web", 1, 1, START);
    planned.expected = true;
    assert!(incidents().observe(&planned, START).is_none());
}

#[test]
fn it_is_over_after_a_quiet_time_and_opens_again_under_another_name() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    incidents.confirm(&first, true);
    incidents.tick(START + 29 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.tick(START + 30 * MINUTE);
    assert_eq!(told(&mut incidents), [(IncidentState::Resolved, 1)]);
    incidents.tick(START + 90 * MINUTE);
    assert_eq!(told(&mut incidents), [], "once");
    let later = START + 91 * MINUTE;
    let second = incidents.observe(&crash("web", 2, 1, later), later).unwrap();
    assert_eq!(second.report().state, IncidentState::Opened);
    assert_ne!(first.incident_id(), second.incident_id());
}

#[test]
fn a_recovery_shortens_the_wait_unless_a_stop_follows() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    incidents.recover(&recovery("web", "SERVICE_STEADY_STATE", START + 1_000), START + 1_000);
    arrive(&mut incidents, &crash("web", 2, 1, START + 2_000), START + 2_000);
    incidents.tick(START + 10 * MINUTE);
    assert_eq!(told(&mut incidents), [], "the steady state of a crash loop");
    let fixed = START + 11 * MINUTE;
    incidents.recover(&recovery("shop", "SERVICE_DEPLOYMENT_COMPLETED", fixed), fixed);
    incidents.recover(&recovery("web", "SERVICE_DEPLOYMENT_COMPLETED", fixed), fixed);
    incidents.tick(fixed + 4 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.tick(fixed + 5 * MINUTE);
    let news = incidents.take_news(START);
    assert_eq!(news[0].stop.incident.as_ref().unwrap().ended_by, Some(IncidentEnd::DeploymentCompleted));
    // It happened before the deployment was completed and is delivered after that.
    let late = incidents.observe(&crash("web", 3, 1, fixed - 1_000), fixed + 6 * MINUTE).unwrap();
    assert_eq!((late.report().state, late.report().count), (IncidentState::Resolved, 3));
    assert!(!late.report().is_news && incidents.is_idle());
}

/// The file of open incidents may be written between a stop and the word that it arrived.
#[test]
fn a_late_stop_counts_once_over_a_restart_in_its_middle() {
    for arrives_before in [false, true] {
        let mut before = incidents();
        arrive(&mut before, &crash("web", 1, 1, START), START);
        before.tick(START + 31 * MINUTE);
        let late = crash("web", 2, 1, START - MINUTE);
        let sighting = before.observe(&late, START + 32 * MINUTE).unwrap();
        assert_eq!((sighting.report().state, sighting.report().count), (IncidentState::Resolved, 2));
        if arrives_before {
            before.confirm(&sighting, true);
        }
        let mut after = incidents();
        after.restore(&before.save(), START + 33 * MINUTE).unwrap();
        let again = after.observe(&late, START + 33 * MINUTE).unwrap();
        assert_eq!(again.report().count, 2, "it arrived before: {arrives_before}");
    }
}

#[test]
fn reminders_come_only_while_it_goes_on() {
    let mut incidents = incidents();
    let mut reminded = Vec::new();
    for minute in 0..300 {
        let now = START + minute * MINUTE;
        if minute % 20 == 0 && minute <= 200 {
            arrive(&mut incidents, &crash("web", u32::try_from(minute).unwrap(), 1, now), now);
        }
        incidents.tick(now);
        reminded.extend(told(&mut incidents).iter().map(|(state, count)| (minute, *state, *count)));
    }
    let went_on = IncidentState::Continued;
    // 1 is told at minute 0, 3 at 40, 10 at 180 by their stops.
    assert_eq!(reminded, [(100, went_on, 6), (160, went_on, 9), (230, IncidentState::Resolved, 11)]);
}

#[test]
fn an_event_that_comes_again_counts_once() {
    let mut incidents = incidents();
    let stop = crash("web", 1, 1, START);
    arrive(&mut incidents, &stop, START);
    let again = incidents.observe(&stop, START).unwrap();
    assert_eq!((again.report().count, again.report().is_news), (1, false));
    incidents.withdraw(&again);
    let mut restarted = self::incidents();
    restarted.restore(&incidents.save(), START).unwrap();
    let again = restarted.observe(&stop, START).unwrap();
    assert_eq!((again.report().count, again.report().is_news), (1, false), "after a restart");
}

#[test]
fn a_stop_that_did_not_arrive_neither_counts_nor_is_its_opening_lost() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    let second = incidents.observe(&crash("web", 2, 1, START), START).unwrap();
    incidents.withdraw(&first);
    assert!(!incidents.has_news(), "nothing has arrived");
    incidents.confirm(&second, true);
    assert_eq!(told(&mut incidents), [(IncidentState::Opened, 1)]);
    assert!(incidents.observe(&crash("web", 1, 1, START), START).unwrap().report().count == 2);
}

#[test]
fn an_opening_that_nobody_took_is_told_later_with_the_count_of_then() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    incidents.confirm(&first, false);
    for task in 2..=3 {
        let sighting = incidents.observe(&crash("web", task, 1, START), START).unwrap();
        incidents.confirm(&sighting, false);
    }
    assert_eq!(told(&mut incidents), [(IncidentState::Opened, 3)]);
}

#[test]
fn a_restart_forgets_nothing_and_leaves_time_for_what_happened_meanwhile() {
    let mut before = incidents();
    arrive(&mut before, &crash("web", 1, 1, START), START);
    arrive(&mut before, &crash("shop", 2, 1, START), START);
    let pending = before.observe(&crash("web", 3, 1, START), START).unwrap();
    let unborn = before.observe(&crash("api", 4, 1, START), START).unwrap();
    let mut after = incidents();
    let restart = START + 120 * MINUTE;
    after.restore(&before.save(), restart).unwrap();
    after.tick(restart + MINUTE);
    assert_eq!((told(&mut after), after.tally().open), (vec![], 2), "what did not arrive is not there");
    assert_eq!(arrive(&mut after, &crash("api", 4, 1, START), restart), Some(IncidentState::Opened));
    arrive(&mut after, &crash("web", 3, 1, START), restart);
    after.tick(restart + 31 * MINUTE);
    let mut over = told(&mut after);
    over.sort_by_key(|(_, count)| *count);
    assert_eq!(over, [1, 1, 2].map(|count| (IncidentState::Resolved, count)));
    before.withdraw(&pending);
    before.withdraw(&unborn);
}

#[test]
fn news_under_way_survives_a_restart() {
    let mut before = incidents();
    arrive(&mut before, &crash("web", 1, 1, START), START);
    before.tick(START + 30 * MINUTE);
    assert_eq!(before.take_news(START).len(), 1);
    let mut after = incidents();
    after.restore(&before.save(), START + 31 * MINUTE).unwrap();
    assert_eq!(told(&mut after), [(IncidentState::Resolved, 1)]);
}

#[test]
fn what_another_version_or_nobody_wrote_is_refused() {
    let mut incidents = incidents();
    let newer = incidents.restore(br#"{"version": 2, "else": []}"#, START).unwrap_err();
    assert!(newer.contains("another version (format 2, here 1)"), "{newer}");
    for text in [&b""[..], b"{", b"[]", br#"{"version":1}"#] {
        assert!(incidents.restore(text, START).is_err());
    }
}

#[test]
fn two_collectors_find_the_same_name() {
    let mut one = incidents();
    let mut other = incidents();
    let first = one.observe(&crash("web", 1, 1, START), START).unwrap();
    let second = other.observe(&crash("web", 2, 1, START + 20 * MINUTE), START + 21 * MINUTE).unwrap();
    assert_eq!(first.incident_id(), second.incident_id());
}

#[test]
fn a_clock_that_is_ahead_makes_no_later_stop_a_late_one() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START + 600_000 * MINUTE), START);
    incidents.tick(START + 30 * MINUTE);
    let next = START + 31 * MINUTE;
    assert_eq!(arrive(&mut incidents, &crash("web", 2, 1, next), next), Some(IncidentState::Opened));
}

/// What is added to the summary of a deployment that failed.
fn said(sighting: &Sighting) -> String {
    let mut stop = crash("web", 1, 1, START);
    stop.summary = String::new();
    sighting.verdict().into_iter().for_each(|verdict| verdict.add_to(&mut stop));
    stop.summary.trim_start().to_owned()
}

#[test]
fn a_deployment_that_failed_says_what_became_of_its_tasks() {
    let mut incidents = incidents();
    for task in 5..20 {
        let at = START + i64::from(task);
        arrive(&mut incidents, &crash("web", task, 1, at), at);
    }
    arrive(&mut incidents, &crash("web", 21, 139, START), START);
    arrive(&mut incidents, &crash("shop", 90, 1, START), START);
    let failed = |service: &str| {
        stop::read(json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "id": service,
            "resources": [format!("arn:aws:ecs:eu-central-1:111122223333:service/prod/{service}")],
            "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED",
            "reason": "ECS deployment circuit breaker: tasks failed to start."}}))
        .unwrap()
    };
    let sighting = incidents.observe(&failed("web"), START + MINUTE).unwrap();
    assert_eq!(
        said(&sighting),
        "1 task of revision 42 stopped: app signal (app exit 139, after 3 s); 10 of revision 41 did, too."
    );
    arrive(&mut incidents, &crash("web", 22, 1, START), START);
    arrive(&mut incidents, &crash("web", 23, 1, START), START);
    let sighting = incidents.observe(&failed("web"), START + MINUTE).unwrap();
    assert_eq!(
        said(&sighting),
        "3 tasks of revision 42 stopped: app error (app exit 1, after 3 s), app signal (app exit 139, after 3 s); \
         10 of revision 41 did, too."
    );
    assert_eq!(said(&incidents.observe(&failed("api"), START).unwrap()), "");
    assert_eq!(said(&incidents.observe(&crash("web", 30, 1, START), START).unwrap()), "");
}

#[test]
fn texts_that_no_event_of_ecs_has_take_no_memory() {
    let long = "x".repeat(10_000);
    let mut incidents = incidents();
    for number in 0..5 {
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("{number}{long}"),
            "account": long, "region": format!("{number}{long}"), "time": text(START), "detail": {
            "taskArn": format!("arn:aws:ecs:eu:1:task/prod/{number}{long}"), "version": 3,
            "clusterArn": format!("arn:aws:ecs:eu:1:cluster/{number}{long}"), "lastStatus": "STOPPED",
            "group": format!("service:{number}{long}"), "stopCode": long, "stoppedReason": long,
            "startedBy": format!("ecs-svc/{number}{long}"), "launchType": long, "availabilityZone": long,
            "taskDefinitionArn": format!("arn:aws:ecs:eu:1:task-definition/{number}{long}:41"),
            "startedAt": text(START - 3_000), "stoppedAt": text(START), "createdAt": long,
            "containers": vec![json!({"name": long, "image": format!("{long}:{long}"), "exitCode": 1, "reason": long,
                "lastStatus": "STOPPED", "runtimeId": long}); 101]}});
        let stop = stop::read(event).unwrap();
        assert!(stop.key().is_none_or(|(key, _)| key.len() <= 1_024));
        assert!(serde_json::to_string(&stop.containers).unwrap().len() <= 100 * 5_000);
        arrive(&mut incidents, &stop, START);
    }
    let saved = incidents.save().len();
    assert!(saved < 5 * 20_000, "{saved} bytes of 5 incidents");
    let recovery = json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "time": text(START),
        "resources": ["arn:aws:ecs:eu:1:service/prod/web"],
        "detail": {"eventName": "SERVICE_DEPLOYMENT_COMPLETED", "deploymentId": long}});
    assert_eq!(stop::recovery(&recovery).unwrap().deployment, None);
}

#[test]
fn a_stop_that_another_collector_delivers_keeps_no_incident_open() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    let elsewhere = incidents.observe(&crash("web", 2, 1, START), START).unwrap();
    incidents.tick(START + 30 * MINUTE);
    assert_eq!(told(&mut incidents), [(IncidentState::Resolved, 1)]);
    incidents.confirm(&elsewhere, false);
    let again = incidents.observe(&crash("web", 2, 1, START), START + 31 * MINUTE).unwrap();
    assert_eq!((again.incident_id(), again.report().count), (elsewhere.incident_id(), 2));
    assert_eq!(told(&mut incidents), []);
}

#[test]
fn the_end_waits_for_a_stop_that_is_to_tell_something() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    arrive(&mut incidents, &crash("web", 2, 1, START), START);
    let third = incidents.observe(&crash("web", 3, 1, START), START).unwrap();
    assert!(third.report().is_news);
    incidents.tick(START + 30 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.withdraw(&third);
    incidents.tick(START + 30 * MINUTE);
    let ended = told(&mut incidents);
    assert_eq!(ended.last(), Some(&(IncidentState::Resolved, 2)));
}
