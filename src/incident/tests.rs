//! The state machine, driven by hand.

mod any_order;
mod bounds;
mod counting;
mod ending;
mod host;
mod restart;
mod revisions;
mod service;
mod telling;
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
