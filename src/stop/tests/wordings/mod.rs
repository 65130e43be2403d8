//! Wordings by kind, each put where ECS puts it: what it is, why, and a word that its hint has to name.
//!
//! They follow the agent's own sources, AWS's documentation and reports in public, varied in names and order.
#![allow(clippy::unwrap_used)]

mod oncall;
mod planned;
mod prepared;
mod public;
mod services;
mod start;
mod tasks;
mod varied;

use serde_json::{Value, json};

use crate::stop::{Category, Cause, StopEvent, read};

use At::{
    Action, Agent, Container, Ebs, Exited, Exits, Fargate, Instances, NoContainers, Rollout, Scheduler, User,
};

/// Where an event says it.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// At a Fargate task that failed to start.
    Fargate,
    /// At a task on EC2 that failed to start.
    Agent,
    /// At a task of Managed Instances that failed to start.
    Instances,
    /// At a task that has no containers yet.
    NoContainers,
    /// At the container of a task on EC2 that failed to start.
    Container,
    /// At the volume of a task that failed to start.
    Ebs,
    /// At a task that the service scheduler stopped.
    Scheduler,
    /// At a task whose container ended with this code.
    Exited(i64),
    /// Nowhere: only the container's code, on this launch type.
    Exits(i64, &'static str),
    /// At a task that was stopped by `StopTask`.
    User,
    /// At an action of a service, with this name.
    Action(&'static str),
    /// At a deployment, with this name.
    Rollout(&'static str),
}

/// Where, the text, the category, the cause, a part of the hint.
pub(super) type Wording = (At, &'static str, Category, Option<Cause>, &'static str);

fn task(code: &str, launch: &str, reason: &str, started: bool, containers: Value) -> Value {
    let mut detail = json!({
        "lastStatus": "STOPPED", "group": "service:web", "stopCode": code, "stoppedReason": reason, "launchType": launch,
        "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/prod/0123456789abcdef0123456789abcdef",
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod", "containers": containers, "version": 6,
    });
    if started {
        detail["startedAt"] = "2026-11-19T20:38:27Z".into();
    }
    json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail })
}

fn silent() -> Value {
    json!([{ "name": "app", "lastStatus": "STOPPED" }])
}

fn service(detail_type: &str, name: &str, reason: &str) -> Value {
    let is_daemon = name.starts_with("DAEMON_");
    let kind = if is_daemon { "daemon" } else { "service" };
    json!({ "source": "aws.ecs", "detail-type": detail_type, "resources": [format!("arn:aws:ecs:eu-central-1:111122223333:{kind}/prod/web")],
        "detail": { "eventType": "ERROR", "eventName": name, "reason": reason, "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod" } })
}

pub(super) fn event(at: At, text: &str) -> Value {
    let started = |launch, reason, code| {
        task("EssentialContainerExited", launch, reason, true, json!([{ "name": "app", "exitCode": code }]))
    };
    match at {
        Fargate => task("TaskFailedToStart", "FARGATE", text, false, silent()),
        Agent => task("TaskFailedToStart", "EC2", text, false, silent()),
        Instances => task("TaskFailedToStart", "MANAGED_INSTANCES", text, false, silent()),
        NoContainers => task("TaskFailedToStart", "FARGATE", text, false, json!([])),
        Container => {
            let containers = json!([{ "name": "app", "lastStatus": "STOPPED", "reason": text }]);
            task("TaskFailedToStart", "EC2", "Task failed to start", false, containers)
        }
        Ebs => {
            let mut event = task("TaskFailedToStart", "FARGATE", "Task failed to start", false, silent());
            event["detail"]["attachments"] = json!([{ "type": "AmazonElasticBlockStorage",
                "details": [{ "name": "statusReason", "value": text }] }]);
            event
        }
        Scheduler => {
            let containers = json!([{ "name": "app", "exitCode": 143 }]);
            task("ServiceSchedulerInitiated", "FARGATE", text, true, containers)
        }
        Exited(code) => started("FARGATE", text, code),
        Exits(code, launch) => started(launch, "Essential container in task exited", code),
        User => task("UserInitiated", "FARGATE", text, true, json!([{ "name": "app", "exitCode": 143 }])),
        Action(name) if name.starts_with("DAEMON_") => service("ECS Daemon Service Action", name, text),
        Action(name) => service("ECS Service Action", name, text),
        Rollout(name) if name.starts_with("DAEMON_") => {
            service("ECS Daemon Deployment State Change", name, text)
        }
        Rollout(name) => service("ECS Deployment State Change", name, text),
    }
}

pub(super) fn all() -> impl Iterator<Item = &'static Wording> {
    [
        start::WORDINGS,
        tasks::WORDINGS,
        planned::WORDINGS,
        prepared::WORDINGS,
        services::WORDINGS,
        varied::WORDINGS,
        oncall::WORDINGS,
    ]
    .into_iter()
    .flatten()
    .chain(public::all())
}

fn stop(at: At, text: &str) -> StopEvent {
    read(event(at, text)).unwrap_or_else(|| panic!("{at:?}: {text}"))
}

#[test]
fn every_wording_gets_its_category_cause_and_hint() {
    let mut wrong = Vec::new();
    for (at, text, category, cause, hint) in all() {
        let stop = stop(*at, text);
        let is_right = (stop.category, stop.cause) == (*category, *cause);
        if !is_right || !stop.hint.contains(hint) {
            wrong.push(format!(
                "{at:?}: {text}\n    {:?} {:?}, want {category:?} {cause:?} [{hint}]\n    {}\n    {}",
                stop.category, stop.cause, stop.summary, stop.hint
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), all().count(), wrong.join("\n"));
}

/// Nobody can log in to a machine of Fargate.
#[test]
fn no_hint_sends_anybody_to_a_machine_of_fargate() {
    for (at, text, ..) in all() {
        if matches!(at, Container | Agent | Instances | Exits(_, "EC2") | Scheduler | Exited(_)) {
            continue;
        }
        let hint = stop(*at, text).hint;
        let is_on_fargate = matches!(at, Fargate | NoContainers | Ebs | User | Exits(..));
        for words in ["On EC2", "ecs-agent", "dockerd", "kernel log"] {
            assert!(!is_on_fargate || !hint.contains(words), "{at:?} {text}: {hint}");
        }
    }
}

/// The kinds and their wordings together with the events of `tests/fixtures/events`.
#[test]
fn the_collection_is_large() {
    let events = crate::stop::tests::all_fixtures().count();
    assert!(all().count() + events >= 595, "{} wordings and {events} events", all().count());
}
