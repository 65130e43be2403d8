//! Docker's own word that a container ended, turned into a container's exit. On EC2 only: Fargate has no Docker to
//! ask.
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
/// Signals that ask for an end: a container that dies of them was told to. ECS sends SIGTERM, then SIGKILL; an image
/// may ask for SIGQUIT or SIGINT instead.
const ENDING: [&str; 4] = ["15", "9", "3", "2"];
const OUT_OF_MEMORY: &str =
    "OutOfMemoryError: Docker reports that the kernel killed a process in the container";

/// What an event of Docker is to us.
#[derive(Debug)]
pub(super) enum ContainerEvent {
    /// A container's exit, and the id of an earlier event that it makes superfluous.
    Exit(Value, Option<String>),
    /// One of the agent's own containers ended.
    Internal,
    /// Anything else that happens in Docker.
    Other,
}

/// Reads the events of one record. What came before in it helps: who was told to stop, who ran out of memory.
#[derive(Debug, Default)]
pub(super) struct Converter {
    asked: BTreeSet<String>,
    /// By container: the id of the event about its memory.
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
    fn says(&self, key: &str) -> Option<&str> {
        self.attributes.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(&self, key: &str) -> Option<i64> {
        let value = self.attributes.get(key)?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// Its name in the task definition; outside of ECS, its own.
    fn name(&self) -> Option<&str> {
        self.says("com.amazonaws.ecs.container-name").or_else(|| self.says("name"))
    }
}

impl Event {
    fn millis(&self) -> Option<i64> {
        self.nanos.map(|nanos| nanos / 1_000_000).or_else(|| self.time?.checked_mul(1_000))
    }
}

impl Converter {
    pub(super) fn read(&mut self, value: &RawValue) -> ContainerEvent {
        let Ok(event) = serde_json::from_str::<Event>(value.get()) else { return ContainerEvent::Other };
        if event.kind != "container" {
            return ContainerEvent::Other;
        }
        match event.action.as_str() {
            "die" | "oom" if event.actor.name().is_some_and(|name| name.starts_with(INTERNAL)) => {
                ContainerEvent::Internal
            }
            "die" => self.death(&event),
            "oom" => self.memory(&event),
            "kill" if event.actor.says("signal").is_some_and(|signal| ENDING.contains(&signal)) => {
                self.asked.insert(event.actor.id);
                ContainerEvent::Other
            }
            _ => ContainerEvent::Other,
        }
    }

    fn death(&mut self, event: &Event) -> ContainerEvent {
        let superfluous = self.out_of_memory.remove(&event.actor.id);
        let reason = superfluous.as_ref().map(|_| OUT_OF_MEMORY);
        let asked = self.asked.remove(&event.actor.id);
        exit(event, reason, asked)
            .map_or(ContainerEvent::Other, |exit| ContainerEvent::Exit(exit, superfluous))
    }

    /// The kernel may take a child process only, so this alone ends no container.
    fn memory(&mut self, event: &Event) -> ContainerEvent {
        let Some(exit) = exit(event, Some(OUT_OF_MEMORY), false) else { return ContainerEvent::Other };
        self.out_of_memory.insert(event.actor.id.clone(), id_of(event));
        ContainerEvent::Exit(exit, None)
    }
}

fn id_of(event: &Event) -> String {
    let at = event.nanos.or(event.time).unwrap_or_default();
    format!("docker-{}-{}-{at}", event.actor.id, event.action)
}

fn exit(event: &Event, reason: Option<&str>, asked: bool) -> Option<Value> {
    let actor = &event.actor;
    let mut container = Map::from_iter([
        ("name".to_owned(), actor.name()?.into()),
        ("runtimeId".to_owned(), actor.id.clone().into()),
    ]);
    put(&mut container, "image", actor.says("image"));
    put(&mut container, "reason", reason);
    if event.action == "die" {
        container.insert("lastStatus".to_owned(), "STOPPED".into());
        put(&mut container, "exitCode", actor.number("exitCode"));
        put(&mut container, "startedAt", event.millis().and_then(|died| started(died, actor)));
        put(&mut container, "stoppedAt", event.millis().and_then(written));
    }
    let mut detail = Map::from_iter([("via".to_owned(), "docker_events".into())]);
    put(&mut detail, "taskArn", actor.says("com.amazonaws.ecs.task-arn"));
    put(&mut detail, "clusterArn", actor.says("com.amazonaws.ecs.cluster"));
    put(&mut detail, "taskDefinitionArn", definition(actor));
    put(&mut detail, "askedToStop", asked.then_some(true));
    detail.insert("container".to_owned(), container.into());
    Some(envelope(event, detail))
}

fn envelope(event: &Event, detail: Map<String, Value>) -> Value {
    let resources: Vec<&str> = event.actor.says("com.amazonaws.ecs.task-arn").into_iter().collect();
    json!({
        "version": "0", "id": id_of(event), "source": "ecs_router", "detail-type": "ECS Container Exit",
        "time": event.millis().and_then(written), "resources": resources, "detail": detail,
    })
}

fn definition(actor: &Actor) -> Option<String> {
    let family = actor.says("com.amazonaws.ecs.task-definition-family")?;
    let revision = actor.says("com.amazonaws.ecs.task-definition-version")?;
    Some(format!("{family}:{revision}"))
}

/// Newer versions say how many seconds it ran.
fn started(died: i64, actor: &Actor) -> Option<String> {
    written(died.checked_sub(actor.number("execDuration")?.checked_mul(1_000)?)?)
}

fn written(millis: i64) -> Option<String> {
    jiff::Timestamp::from_millisecond(millis).ok().map(|time| time.to_string())
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}

#[cfg(test)]
pub(super) mod tests;
