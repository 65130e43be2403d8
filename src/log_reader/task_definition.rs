//! Which group and stream a container logs to, by the log configuration in its task definition. Pure except for what it
//! remembers: a revision never changes.
//!
//! A definition holds environment variables in clear text; nothing but the log configuration is kept of it.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html>, read 2026-11.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde::Deserialize;

use crate::stop::{LogPlace, MissingLines, StopEvent};

/// At a few hundred bytes each.
const MAX_KNOWN: usize = 200;

/// One container of a task definition, and where it logs to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ContainerLog {
    name: String,
    log_configuration: Option<LogConfiguration>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogConfiguration {
    log_driver: String,
    options: BTreeMap<String, String>,
}

impl LogConfiguration {
    fn option(&self, name: &str) -> Option<String> {
        self.options.get(name).filter(|value| !value.is_empty()).cloned()
    }
}

/// The definitions that were asked for, the latest last.
#[derive(Debug, Default)]
pub(super) struct Definitions(RefCell<VecDeque<(String, Rc<[ContainerLog]>)>>);

impl Definitions {
    pub(super) fn get(&self, arn: &str) -> Option<Rc<[ContainerLog]>> {
        let known = self.0.borrow();
        known.iter().find(|(name, _)| name == arn).map(|(_, containers)| Rc::clone(containers))
    }

    pub(super) fn keep(&self, arn: &str, containers: Vec<ContainerLog>) -> Rc<[ContainerLog]> {
        let containers: Rc<[ContainerLog]> = containers.into();
        let mut known = self.0.borrow_mut();
        known.push_back((arn.to_owned(), Rc::clone(&containers)));
        if known.len() > MAX_KNOWN {
            known.pop_front();
        }
        containers
    }
}

/// `None`: this is not a reply of DescribeTaskDefinition.
pub(super) fn parse(body: &[u8]) -> Option<Vec<ContainerLog>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Described {
        task_definition: Definition,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Definition {
        container_definitions: Vec<ContainerLog>,
    }
    let described: Described = serde_json::from_slice(body).ok()?;
    Some(described.task_definition.container_definitions)
}

/// The stream of the stop's container: `prefix/container/task`, or without a prefix the runtime's id.
pub(super) fn place(containers: &[ContainerLog], stop: &StopEvent) -> Result<LogPlace, MissingLines> {
    let container = containers.iter().find(|one| Some(&*one.name) == stop.container.as_deref());
    let container = container.ok_or(MissingLines::NotFound)?;
    let configuration = container.log_configuration.as_ref().filter(|one| one.log_driver == "awslogs");
    let configuration = configuration.ok_or(MissingLines::OtherLogDriver)?;
    let group = configuration.option("awslogs-group").ok_or(MissingLines::NotFound)?;
    let stream = match configuration.option("awslogs-stream-prefix") {
        Some(prefix) => stop.task_id.as_ref().map(|task| format!("{prefix}/{}/{task}", container.name)),
        None => runtime_id(stop, &container.name),
    };
    Ok(LogPlace {
        region: configuration.option("awslogs-region"),
        group,
        stream: stream.ok_or(MissingLines::NotFound)?,
    })
}

fn runtime_id(stop: &StopEvent, name: &str) -> Option<String> {
    stop.containers.iter().find(|container| container.name == name)?.runtime_id.clone()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stop;

    fn stopped(container: &str) -> StopEvent {
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {
            "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "startedAt": "2026-11-19T20:38:27Z",
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd",
            "containers": [{"name": container, "exitCode": 1, "runtimeId": "docker-id"}]}});
        stop::read(event).unwrap()
    }

    fn described() -> Vec<ContainerLog> {
        let awslogs = |options: serde_json::Value| json!({"logDriver": "awslogs", "options": options});
        let body = json!({"taskDefinition": {"family": "web", "containerDefinitions": [
            {"name": "app", "environment": [{"name": "TOKEN", "value": "hunter2"}], "logConfiguration":
                awslogs(json!({"awslogs-group": "/ecs/web", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "w"}))},
            {"name": "old", "logConfiguration": awslogs(json!({"awslogs-group": "/ecs/web", "awslogs-stream-prefix": ""}))},
            {"name": "routed", "logConfiguration": {"logDriver": "awsfirelens"}},
            {"name": "silent"}]}});
        parse(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_log_configuration_names_the_stream() {
        let place = |container: &str| place(&described(), &stopped(container));
        let expected = LogPlace {
            region: Some("eu-central-1".into()),
            group: "/ecs/web".into(),
            stream: "w/app/0123abcd".into(),
        };
        assert_eq!(place("app"), Ok(expected.clone()));
        let by_id = LogPlace { region: None, stream: "docker-id".into(), ..expected };
        assert_eq!(place("old"), Ok(by_id));
        assert_eq!(place("routed"), Err(MissingLines::OtherLogDriver));
        assert_eq!(place("silent"), Err(MissingLines::OtherLogDriver));
        assert_eq!(place("unknown"), Err(MissingLines::NotFound));
        assert!(parse(b"{}").is_none());
        assert!(!format!("{:?}", described()).contains("hunter2"), "nothing else is kept");
    }

    #[test]
    fn known_definitions_are_bounded() {
        let definitions = Definitions::default();
        (0..2 * MAX_KNOWN).for_each(|number| drop(definitions.keep(&number.to_string(), Vec::new())));
        assert_eq!(definitions.0.borrow().len(), MAX_KNOWN);
        assert!(
            definitions.get("0").is_none() && definitions.get(&(2 * MAX_KNOWN - 1).to_string()).is_some()
        );
    }
}
