//! The task that the plugin runs in, as the task metadata endpoint describes it.
//!
//! Owns: the endpoint's format, and which of its values a name may ask for. Does not own: polling (`watch::metadata`).
//! Everything is optional: EC2, Fargate and older agents differ.
//!
//! Format: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html> and
//! `ecs-agent/tmds/handlers/v4/state/response.go` of the agent, read 2026-11.

use serde::Deserialize;

use crate::printable::json_fault;

/// A task definition has at most 10 containers and 64 KiB
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html>, read 2026-11), the answer some more.
const MAX_CONTAINERS: usize = 100;
const MAX_ANSWER_BYTES: usize = 512 << 10;

/// The answer of `/task`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskMetadata {
    /// On Fargate an ARN, on EC2 a name.
    pub cluster: Option<String>,
    /// The task's ARN.
    #[serde(rename = "TaskARN")]
    pub arn: Option<String>,
    /// The family of the task definition.
    pub family: Option<String>,
    /// The revision of the task definition.
    pub revision: Option<String>,
    /// Absent for tasks that belong to no service.
    pub service_name: Option<String>,
    /// `RUNNING`, or `STOPPED` from the moment that the task is to end.
    pub desired_status: Option<String>,
    /// When the first essential container ended, in RFC 3339.
    pub execution_stopped_at: Option<String>,
    /// For example `eu-west-1a`.
    pub availability_zone: Option<String>,
    /// `FARGATE`, `EC2` …
    pub launch_type: Option<String>,
    /// CPU and memory of the task.
    pub limits: TaskLimits,
    /// Every container of the task, the router itself among them.
    pub containers: Vec<TaskContainer>,
}

/// One container, as `/task` lists it; the endpoint's own address describes the caller's container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskContainer {
    /// The runtime's id, which log records carry as `container_id`.
    pub docker_id: String,
    /// Its name in the task definition.
    pub name: String,
    /// The image it runs.
    pub image: Option<String>,
    /// `NORMAL`, or what the agent put there for itself.
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// `RUNNING`, `STOPPED` …
    pub known_status: Option<String>,
    /// Absent until the container ended.
    pub exit_code: Option<i64>,
    /// When it was created, in RFC 3339.
    pub created_at: Option<String>,
    /// When it started, in RFC 3339.
    pub started_at: Option<String>,
    /// When it ended, in RFC 3339.
    pub finished_at: Option<String>,
    /// How often its restart policy restarted it.
    pub restart_count: Option<u64>,
    /// CPU and memory of the container.
    pub limits: TaskLimits,
    /// Present only where the container has a health check.
    pub health: Option<Health>,
}

/// What a task or container may use; whatever form its numbers have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskLimits {
    memory: serde_json::Value,
}

impl TaskLimits {
    /// Memory in bytes; the endpoint says MiB. `None`: there is no limit.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        self.memory.as_u64().filter(|mib| *mib > 0)?.checked_mul(1 << 20)
    }
}

/// The result of a container's health check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Health {
    /// `HEALTHY`, `UNHEALTHY`, `UNKNOWN`
    pub status: Option<String>,
}

impl TaskMetadata {
    /// Parses an answer of the endpoint.
    ///
    /// # Errors
    /// What is wrong with the answer, for the log.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_ANSWER_BYTES {
            return Err(format!("its answer is longer than {MAX_ANSWER_BYTES} bytes, which no task's is"));
        }
        let task: Self = serde_json::from_slice(body).map_err(|error| json_fault(&error))?;
        match task.containers.len() {
            0 if task.arn.is_none() => Err("it names neither a task nor a container".to_owned()),
            ..=MAX_CONTAINERS => Ok(task),
            count => Err(format!("it names {count} containers, which no task has")),
        }
    }

    /// Whether the task is to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.desired_status.as_deref() == Some("STOPPED")
    }

    /// The value of the template field `field`, for a record of the container with this id.
    #[must_use]
    pub fn value(&self, field: &str, container: Option<&[u8]>) -> Option<&str> {
        match field {
            "ecs_cluster" => self.cluster.as_deref(),
            "ecs_service" => self.service_name.as_deref(),
            "ecs_task_arn" | "ecs_task_id" | "account" | "region" => self.arn.as_deref(),
            "ecs_task_family" => self.family.as_deref(),
            "ecs_task_revision" => self.revision.as_deref(),
            "ecs_launch_type" => self.launch_type.as_deref(),
            "ecs_availability_zone" => self.availability_zone.as_deref(),
            "image_tag" => self.container(container?)?.image_tag(),
            _ => None,
        }
    }

    /// The id of the container that has this name in the task definition.
    #[must_use]
    pub fn id_of(&self, name: &[u8]) -> Option<&[u8]> {
        let named = self.containers.iter().find(|container| container.name.as_bytes() == name);
        named.map(|container| container.docker_id.as_bytes())
    }

    fn container(&self, id: &[u8]) -> Option<&TaskContainer> {
        self.containers.iter().find(|container| container.docker_id.as_bytes() == id)
    }
}

impl TaskContainer {
    /// Whether it ended and was not restarted.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.known_status.as_deref() == Some("STOPPED")
    }

    /// Whether it is one of the task definition's, and not for example the one that holds the network namespace.
    #[must_use]
    pub fn is_ordinary(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind == "NORMAL")
    }

    /// The tag of its image; absent when the image is named by digest or not tagged.
    #[must_use]
    pub fn image_tag(&self) -> Option<&str> {
        crate::stop::image_tag(self.image.as_deref()?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_launch_types_are_read() {
        let fargate = json!({
            "Cluster": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod", "TaskARN": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123",
            "Family": "web", "Revision": "42", "ServiceName": "web", "DesiredStatus": "RUNNING", "KnownStatus": "RUNNING",
            "Limits": {"CPU": 0.25, "Memory": 512}, "AvailabilityZone": "eu-west-1a", "LaunchType": "FARGATE",
            "ClockDrift": {"ClockErrorBound": 0.4},
            "Containers": [{
                "DockerId": "0123-456", "Name": "app", "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:v7",
                "KnownStatus": "STOPPED", "ExitCode": 137, "Type": "NORMAL", "Networks": [{}],
            }],
        });
        let task = TaskMetadata::parse(fargate.to_string().as_bytes()).unwrap();
        let expected = [
            ("ecs_cluster", Some("arn:aws:ecs:eu-west-1:111122223333:cluster/prod")),
            ("ecs_service", Some("web")),
            ("ecs_task_family", Some("web")),
            ("ecs_task_revision", Some("42")),
            ("ecs_launch_type", Some("FARGATE")),
            ("ecs_availability_zone", Some("eu-west-1a")),
            ("image_tag", Some("v7")),
            ("log", None),
        ];
        for (field, value) in expected {
            assert_eq!(task.value(field, Some(b"0123-456")), value, "{field}");
        }
        assert_eq!(task.value("image_tag", Some(b"somebody else")), None);
        assert!(!task.is_stopping() && task.containers[0].has_stopped() && task.containers[0].is_ordinary());
        let ec2 = json!({"Cluster": "prod", "TaskARN": "arn", "Containers": [{"Type": "CNI_PAUSE"}], "Revision": "1"});
        let task = TaskMetadata::parse(ec2.to_string().as_bytes()).unwrap();
        assert_eq!(task.value("ecs_cluster", None), Some("prod"));
        assert!(!task.containers[0].is_ordinary());
    }

    #[test]
    fn what_is_no_task_is_refused() {
        let many = json!({"TaskARN": "arn", "Containers": vec![json!({}); MAX_CONTAINERS + 1]}).to_string();
        let long = json!({"TaskARN": "x".repeat(MAX_ANSWER_BYTES)}).to_string();
        for (wrong, said) in [(many, "names 101 containers"), (long, "longer than 524288 bytes")] {
            let error = TaskMetadata::parse(wrong.as_bytes()).unwrap_err();
            assert!(error.contains(said) && error.len() < 100, "{error}");
        }
        let other = TaskMetadata::parse(br#"{"Containers": "hunter2"}"#).unwrap_err();
        assert_eq!(other, "a field is missing or has another form, at line 1, column 24");
        for wrong in ["", "[]", "{}", "null", "<html>", r#"{"TaskARN": 7}"#, r#"{"Containers": {}}"#] {
            assert!(TaskMetadata::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
