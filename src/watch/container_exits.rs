//! Which containers of the task ended since the last poll, and the event that says so.
//!
//! Pure. Owns: what counts as an exit, also one that a restart policy made good, and whether the container was asked
//! to stop. Does not own: what the exit means (`stop`).
//!
//! The endpoint has neither stop code nor reason. An essential container's end turns the task's desired status to
//! STOPPED just as a deployment does, so the order of events says which container was asked to stop: one that was seen
//! running while the task was to stop, or that ended after the first essential container. So was, as far as the endpoint
//! shows, one that ended with a polite exit code while the task was to stop.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::stop;
use crate::task_metadata::{TaskContainer, TaskMetadata};

/// Exit codes of processes that were asked to stop: success, SIGINT, SIGTERM, and Ctrl-C on Windows.
const POLITE_EXIT_CODES: [i64; 4] = [0, 130, 143, 3_221_225_786];

/// A task keeps its containers; names beyond so many are those of an endpoint that makes them up.
const MAX_KNOWN: usize = 1_000;

/// What is known of the task's containers, by name.
#[derive(Debug)]
pub(super) struct Exits {
    reader: stop::EventReader,
    /// The router's own container.
    own: Option<String>,
    /// Exits before this moment are not reported.
    since: Timestamp,
    known: BTreeMap<String, ContainerState>,
}

#[derive(Debug, Clone, Default)]
struct ContainerState {
    docker_id: String,
    started_at: Option<String>,
    restarts: u64,
    has_stopped: bool,
    /// Seen running while the task was to stop.
    outlived_order: bool,
}

/// An exit to report.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ContainerExit {
    /// When the container ended, if the endpoint said so.
    pub(super) finished: Option<Timestamp>,
    /// In EventBridge's shape.
    pub(super) event: Value,
}

impl Exits {
    /// `own` is the id of the router's container; exits before `since` are not reported.
    pub(super) fn new(reader: stop::EventReader, own: Option<String>, since: Timestamp) -> Self {
        Self { reader, own, since, known: BTreeMap::new() }
    }

    /// The exits since the last poll.
    pub(super) fn update(&mut self, task: &TaskMetadata) -> Vec<ContainerExit> {
        if self.known.len() > MAX_KNOWN {
            self.known.retain(|name, _| task.containers.iter().any(|container| container.name == *name));
        }
        let mut exits = Vec::new();
        for container in &task.containers {
            if self.is_watched(container) {
                exits.extend(self.observe(task, container));
            }
        }
        exits
    }

    fn is_watched(&self, container: &TaskContainer) -> bool {
        container.is_ordinary()
            && Some(&*container.docker_id) != self.own.as_deref()
            && !self.reader.ignores(&container.name)
    }

    fn observe(&mut self, task: &TaskMetadata, container: &TaskContainer) -> Option<ContainerExit> {
        let before = self.known.get(&container.name).cloned();
        let now = ContainerState {
            docker_id: container.docker_id.clone(),
            started_at: container.started_at.clone(),
            restarts: container.restart_count.unwrap_or(0),
            has_stopped: container.has_stopped(),
            outlived_order: before.as_ref().is_some_and(|before| before.outlived_order)
                || (task.is_stopping() && !container.has_stopped()),
        };
        let exit = match &before {
            None if now.has_stopped && self.ended_since_start(container) => Some(false),
            None => None,
            Some(before) if now.has_stopped && !before.has_stopped => Some(false),
            Some(before) => was_restarted(before, &now).then_some(true),
        };
        let outlived = before.is_some_and(|before| before.outlived_order);
        self.known.insert(container.name.clone(), now);
        exit.map(|restarted| report(task, container, restarted, was_asked(task, container, outlived)))
    }

    fn ended_since_start(&self, container: &TaskContainer) -> bool {
        time(container.finished_at.as_deref()).is_some_and(|finished| finished >= self.since)
    }
}

/// Whether a restart policy restarted it: the agent never shows that it stopped in between.
fn was_restarted(before: &ContainerState, now: &ContainerState) -> bool {
    let other_start =
        before.started_at.is_some() && now.started_at.is_some() && before.started_at != now.started_at;
    !now.has_stopped && (now.restarts > before.restarts || other_start || before.docker_id != now.docker_id)
}

fn was_asked(task: &TaskMetadata, container: &TaskContainer, outlived_order: bool) -> bool {
    let first = time(task.execution_stopped_at.as_deref());
    let after_another =
        first.zip(time(container.finished_at.as_deref())).is_some_and(|(first, finished)| finished > first);
    let politely = container.exit_code.is_some_and(|code| POLITE_EXIT_CODES.contains(&code));
    outlived_order || after_another || (task.is_stopping() && politely)
}

fn report(
    task: &TaskMetadata,
    container: &TaskContainer,
    restarted: bool,
    asked_to_stop: bool,
) -> ContainerExit {
    let arn = task.arn.as_deref();
    let part = |position| arn.and_then(|arn| arn.split(':').nth(position));
    let definition = task.family.as_deref().zip(task.revision.as_deref());
    let detail = json!({
        "via": "task_metadata",
        "taskArn": arn,
        "clusterArn": task.cluster,
        "taskDefinitionArn": definition.map(|(family, revision)| format!("{family}:{revision}")),
        "group": task.service_name.as_ref().map(|service| format!("service:{service}")),
        "launchType": task.launch_type,
        "availabilityZone": task.availability_zone,
        "desiredStatus": task.desired_status,
        "askedToStop": asked_to_stop,
        "restarted": restarted,
        "container": describe(container),
        "containers": task.containers.iter().filter(|one| one.is_ordinary()).map(describe).collect::<Vec<_>>(),
    });
    let event = json!({
        "version": "0",
        "id": format!("{}/{}", container.docker_id, container.restart_count.unwrap_or(0)),
        "source": "ecs_router",
        "detail-type": "ECS Container Exit",
        "account": part(4),
        "region": part(3),
        "time": container.finished_at,
        "resources": arn.into_iter().collect::<Vec<_>>(),
        "detail": detail,
    });
    let finished = time(container.finished_at.as_deref()).filter(|_| !restarted);
    ContainerExit { finished, event: without_nulls(event) }
}

fn describe(container: &TaskContainer) -> Value {
    json!({
        "name": container.name,
        "image": container.image,
        "runtimeId": container.docker_id,
        "lastStatus": container.known_status,
        "exitCode": container.exit_code,
        "createdAt": container.created_at,
        "startedAt": container.started_at,
        "stoppedAt": container.finished_at,
        "restartCount": container.restart_count,
        "healthStatus": container.health.as_ref().and_then(|health| health.status.as_ref()),
    })
}

/// Leaves out what is unknown, as ECS does.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(pairs) => {
            let known = pairs.into_iter().filter(|(_, value)| !value.is_null());
            known.map(|(key, value)| (key, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        scalar => scalar,
    }
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

#[cfg(test)]
mod tests;
