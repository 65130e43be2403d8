//! Converts Docker's events about a container's end into a container's exit. On EC2 only: Fargate has no Docker to ask.
//!
//! Recognised by `Type`, `Action` and `Actor`: since version 29 Docker leaves the older `status`, `id` and `from`
//! out. The agent's labels say which task it was: <https://docs.docker.com/reference/cli/docker/system/events/> and
//! `agent/engine/docker_task_engine.go` of <https://github.com/aws/amazon-ecs-agent>.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Containers of the agent's own, such as the one that holds a task's network open.
const INTERNAL: &str = "~internal~";
/// Signals that request an end. ECS sends SIGTERM, then SIGKILL; an image may ask for SIGQUIT or SIGINT instead.
const STOP_SIGNALS: [&str; 4] = ["15", "9", "3", "2"];
const OUT_OF_MEMORY: &str =
    "OutOfMemoryError: Docker reports that the kernel killed a process in the container";

/// What an event of Docker is converted to.
#[derive(Debug)]
pub(super) enum ContainerEvent {
    /// A container's exit, and the id of an earlier event that it supersedes.
    Exit(Value, Option<String>),
    /// One of the agent's own containers ended.
    Internal,
    /// Anything else that happens in Docker.
    Other,
}

/// Converts the events of one record. Remembers which containers were requested to stop, and which ran out of memory.
#[derive(Debug, Default)]
pub(super) struct Converter {
    stop_requested: BTreeSet<String>,
    /// By container: the id of the exit that reported it.
    out_of_memory: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Action")]
    action: String,
    #[serde(rename = "Actor")]
    actor: Actor,
    time: Option<i64>,
    #[serde(rename = "timeNano")]
    nanos: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Attributes", default)]
    attributes: BTreeMap<String, Value>,
}

impl Actor {
    fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(&self, key: &str) -> Option<i64> {
        let value = self.attributes.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// The name in the task definition; outside of ECS, Docker's own.
    fn name(&self) -> Option<&str> {
        self.attribute("com.amazonaws.ecs.container-name").or_else(|| self.attribute("name"))
    }
}

impl Event {
    fn millis(&self) -> Option<i64> {
        self.nanos.map(|nanos| nanos / 1_000_000).or_else(|| self.time?.checked_mul(1_000))
    }
}

impl Converter {
    pub(super) fn convert(&mut self, value: &RawValue) -> ContainerEvent {
        let Ok(event) = serde_json::from_str::<Event>(value.get()) else { return ContainerEvent::Other };
        if event.kind != "container" {
            return ContainerEvent::Other;
        }
        match event.action.as_str() {
            "die" | "oom" if event.actor.name().is_some_and(|name| name.starts_with(INTERNAL)) => {
                ContainerEvent::Internal
            }
            "die" => self.on_die(&event),
            "oom" => self.on_oom(&event),
            "kill"
                if event.actor.attribute("signal").is_some_and(|signal| STOP_SIGNALS.contains(&signal)) =>
            {
                self.stop_requested.insert(event.actor.id);
                ContainerEvent::Other
            }
            _ => ContainerEvent::Other,
        }
    }

    fn on_die(&mut self, event: &Event) -> ContainerEvent {
        let superseded = self.out_of_memory.remove(&event.actor.id);
        let reason = superseded.as_ref().map(|_| OUT_OF_MEMORY);
        let stop_requested = self.stop_requested.remove(&event.actor.id);
        exit_event(event, reason, stop_requested)
            .map_or(ContainerEvent::Other, |exit_event| ContainerEvent::Exit(exit_event, superseded))
    }

    /// The kernel may take a child process only, so this alone ends no container.
    fn on_oom(&mut self, event: &Event) -> ContainerEvent {
        let Some(exit_event) = exit_event(event, Some(OUT_OF_MEMORY), false) else {
            return ContainerEvent::Other;
        };
        self.out_of_memory.insert(event.actor.id.clone(), event_id(event));
        ContainerEvent::Exit(exit_event, None)
    }
}

fn event_id(event: &Event) -> String {
    let at = event.nanos.or(event.time).unwrap_or_default();
    format!("docker-{}-{}-{at}", event.actor.id, event.action)
}

fn exit_event(event: &Event, reason: Option<&str>, stop_requested: bool) -> Option<Value> {
    let actor = &event.actor;
    let mut container = Map::from_iter([
        ("name".to_owned(), actor.name()?.into()),
        ("runtimeId".to_owned(), actor.id.clone().into()),
    ]);
    insert(&mut container, "image", actor.attribute("image"));
    insert(&mut container, "reason", reason);
    if event.action == "die" {
        container.insert("lastStatus".to_owned(), "STOPPED".into());
        insert(&mut container, "exitCode", actor.number("exitCode"));
        insert(&mut container, "startedAt", event.millis().and_then(|died| started_at(died, actor)));
        insert(&mut container, "stoppedAt", event.millis().and_then(rfc3339));
    }
    let mut detail = Map::from_iter([("via".to_owned(), "docker_events".into())]);
    insert(&mut detail, "taskArn", actor.attribute("com.amazonaws.ecs.task-arn"));
    insert(&mut detail, "clusterArn", actor.attribute("com.amazonaws.ecs.cluster"));
    insert(&mut detail, "taskDefinitionArn", task_definition(actor));
    insert(&mut detail, "askedToStop", stop_requested.then_some(true));
    detail.insert("container".to_owned(), container.into());
    Some(eventbridge_event(event, detail))
}

fn eventbridge_event(event: &Event, detail: Map<String, Value>) -> Value {
    let resources: Vec<&str> = event.actor.attribute("com.amazonaws.ecs.task-arn").into_iter().collect();
    json!({
        "version": "0", "id": event_id(event), "source": "ecs_router", "detail-type": "ECS Container Exit",
        "time": event.millis().and_then(rfc3339), "resources": resources, "detail": detail,
    })
}

fn task_definition(actor: &Actor) -> Option<String> {
    let family = actor.attribute("com.amazonaws.ecs.task-definition-family")?;
    let revision = actor.attribute("com.amazonaws.ecs.task-definition-version")?;
    Some(format!("{family}:{revision}"))
}

/// Newer versions of Docker say for how many seconds the container ran.
fn started_at(died: i64, actor: &Actor) -> Option<String> {
    rfc3339(died.checked_sub(actor.number("execDuration")?.checked_mul(1_000)?)?)
}

fn rfc3339(millis: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(millis).ok().map(|time| time.to_string())
}

fn insert(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
pub(super) mod tests;
