//! One container of a task event: what it says about itself, and how much that proves.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html>

use serde::Serialize;
use serde_json::Value;

use super::catalogue::{exit_code, reason};
use super::{EventReader, field};

/// A container of a stopped task, as the report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoppedContainer {
    /// Name in the task definition.
    pub name: String,
    /// The image it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// `STOPPED`, or the status in which it got stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_status: Option<String>,
    /// Absent when it never started, or when its host died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The agent's reason for its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The container runtime's id, which its log records carry as `container_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_id: Option<String>,
}

/// A container, borrowed from the event.
#[derive(Debug, Clone)]
pub(super) struct EventContainer<'e> {
    pub(super) name: &'e str,
    pub(super) image: Option<&'e str>,
    pub(super) exit_code: Option<i64>,
    pub(super) reason: Option<&'e str>,
    pub(super) evidence: Evidence,
    /// Whether its process ever ran: Docker sets an exit code for a command that it could not start, too.
    pub(super) has_run: bool,
    /// Not the application: injected by AWS, or there to forward logs.
    pub(super) is_bystander: bool,
    /// There to forward logs.
    is_log_router: bool,
    /// There to watch others.
    pub(super) is_telemetry: bool,
    /// Injected by ECS to carry the traffic of Service Connect.
    is_proxy: bool,
    /// The end of this container alone does not stop the task. Only the agent's log and the plugin's own events say so.
    pub(super) is_optional: bool,
    source: &'e Value,
}

/// How much a container's exit code and reason prove, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// No exit code and no reason.
    Silent,
    /// It waited for another container in vain.
    Waiting,
    /// The exit code of a process that was told to end: as a rule, others stopped it.
    ToldToEnd,
    /// SIGKILL: others stopped it and it was slow, or the kernel killed it.
    Killed,
    /// Exit code 0.
    Finished,
    /// An exit code that means an error of its own.
    Failed,
    /// The agent names an error.
    Reported,
    /// The agent says that it was out of memory.
    OutOfMemory,
}

/// FireLens log routers may have any name; their image gives them away …
const LOG_ROUTER_IMAGES: [&str; 2] = ["aws-for-fluent-bit", "fluent/fluent-bit"];
/// … or, for an image of one's own, a part of their name.
const LOG_ROUTER_NAMES: [&str; 5] = ["firelens", "fluent-bit", "fluentbit", "log-router", "log_router"];

/// Parts of the names of containers that only watch others. They are not bystanders: most are essential.
const TELEMETRY_NAMES: [&str; 7] = [
    "xray",
    "x-ray",
    "otel-collector",
    "adot-collector",
    "datadog-agent",
    "cloudwatch-agent",
    "newrelic-infra",
];

const SERVICE_CONNECT_PROXY: &str = "ecs-service-connect-";
/// What AWS injects beside the task definition and marks as not essential.
const NEVER_ESSENTIAL: [&str; 2] = ["aws-guardduty-agent-", "~internal~ecs~pause"];

/// Whether a container is called what log routers are called.
pub(super) fn is_named_as_router(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LOG_ROUTER_NAMES.iter().any(|part| name.contains(part))
}

fn is_named_as_telemetry(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TELEMETRY_NAMES.iter().any(|part| name.contains(part))
}

impl<'e> EventContainer<'e> {
    pub(super) fn from_json(source: &'e Value, reader: &EventReader) -> Self {
        let name = field::text(source, "name").unwrap_or_default();
        let image = field::text(source, "image");
        let reason = field::text(source, "reason");
        let exit_code = field::integer(source, "exitCode");
        let statement = reason.map(reason::normalize);
        let is_router_image =
            image.is_some_and(|image| LOG_ROUTER_IMAGES.iter().any(|router| image.contains(router)));
        let is_log_router = is_router_image || is_named_as_router(name);
        Self {
            name,
            image,
            exit_code,
            reason,
            evidence: evidence(statement.as_deref(), exit_code),
            has_run: exit_code.is_some() && !statement.as_deref().is_some_and(reason::is_about_starting),
            is_optional: source.get("essential").and_then(Value::as_bool) == Some(false)
                || NEVER_ESSENTIAL.iter().any(|start| name.starts_with(start)),
            is_bystander: is_log_router || reader.ignores(name),
            is_log_router,
            is_telemetry: is_named_as_telemetry(name),
            is_proxy: name.starts_with(SERVICE_CONNECT_PROXY),
            source,
        }
    }

    /// Whether it forwards the logs of others. In a task of routers only they are the application.
    pub(super) fn routes_for_others(&self) -> bool {
        self.is_log_router && self.is_bystander
    }

    /// Whether it carries the traffic of others.
    pub(super) fn connects_for_others(&self) -> bool {
        self.is_proxy && self.is_bystander
    }

    /// Whether it ended in an error of its own. A bystander that never ran may not even have been needed.
    pub(super) fn crashed(&self) -> bool {
        let has_error =
            matches!(self.evidence, Evidence::OutOfMemory | Evidence::Reported | Evidence::Failed);
        has_error && (self.has_run || !self.is_bystander)
    }

    /// Whether its own health check had failed.
    pub(super) fn is_unhealthy(&self) -> bool {
        field::equals(self.source, "healthStatus", "UNHEALTHY")
    }

    pub(super) fn report(&self) -> StoppedContainer {
        StoppedContainer {
            name: self.name.to_owned(),
            image: self.image.map(String::from),
            last_status: field::string(self.source, "lastStatus"),
            exit_code: self.exit_code,
            reason: self.reason.map(String::from),
            runtime_id: field::string(self.source, "runtimeId"),
        }
    }
}

fn evidence(statement: Option<&str>, exit_code: Option<i64>) -> Evidence {
    match (statement, exit_code) {
        (Some(statement), _) if reason::is_out_of_memory(statement) => Evidence::OutOfMemory,
        // Before the exit code: the agent invents 143 for a container whose dependency failed.
        (Some(statement), _) if reason::is_waiting(statement) => Evidence::Waiting,
        (Some(statement), _) if reason::is_uninformative(statement) => by_exit_code(exit_code),
        // 0 is not the container's word then.
        (Some(statement), Some(0)) if reason::is_out_of_sight(statement) => Evidence::Reported,
        (Some(_), code) if code != Some(0) => Evidence::Reported,
        _ => by_exit_code(exit_code),
    }
}

fn by_exit_code(code: Option<i64>) -> Evidence {
    code.map_or(Evidence::Silent, from_exit_code)
}

fn from_exit_code(code: i64) -> Evidence {
    match code {
        0 => Evidence::Finished,
        exit_code::KILLED => Evidence::Killed,
        _ if exit_code::is_told_to_end(code) => Evidence::ToldToEnd,
        _ => Evidence::Failed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_container_proves() {
        for (source, evidence, ran) in [
            (json!({}), Evidence::Silent, false),
            (json!({ "exitCode": 0 }), Evidence::Finished, true),
            (json!({ "exitCode": "1" }), Evidence::Failed, true),
            (json!({ "exitCode": 137 }), Evidence::Killed, true),
            (json!({ "exitCode": 143 }), Evidence::ToldToEnd, true),
            (json!({ "exitCode": 3_221_225_786_u64 }), Evidence::ToldToEnd, true),
            (
                json!({ "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" }),
                Evidence::OutOfMemory,
                true,
            ),
            (
                json!({ "exitCode": 143, "reason": "CannotStartContainerError: dependency graph: container ordering dependency [init] failed" }),
                Evidence::Waiting,
                false,
            ),
            (
                json!({ "exitCode": 127, "reason": "CannotStartContainerError: exec: \"run\": executable file not found" }),
                Evidence::Reported,
                false,
            ),
            (
                json!({ "exitCode": 137, "reason": "CannotStopContainerError: failed sending SIGTERM" }),
                Evidence::Killed,
                true,
            ),
            (json!({ "exitCode": 0, "reason": "something else" }), Evidence::Finished, true),
            (
                json!({ "exitCode": 0, "reason": "CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s" }),
                Evidence::Reported,
                true,
            ),
            (
                json!({ "exitCode": 0, "reason": "DockerTimeoutError: Could not transition to stopped; timed out after waiting 2m0s" }),
                Evidence::Finished,
                true,
            ),
        ] {
            let container = EventContainer::from_json(&source, &EventReader::default());
            assert_eq!((container.evidence, container.has_run), (evidence, ran), "{source}");
        }
    }

    #[test]
    fn bystanders_by_name_or_image() {
        for (source, bystander) in [
            (json!({ "name": "log_router" }), true),
            (json!({ "name": "firelens_log_router" }), true),
            (json!({ "name": "FireLens" }), true),
            (json!({ "name": "log-router-2" }), true),
            (json!({ "name": "fluentbit" }), true),
            (json!({ "name": "web-fluent-bit" }), true),
            (json!({ "name": "router" }), false),
            (json!({ "name": "aws-guardduty-agent-mfjGLB" }), true),
            (
                json!({ "name": "logs", "image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable" }),
                true,
            ),
            (json!({ "name": "app", "image": "web:1" }), false),
        ] {
            assert_eq!(
                EventContainer::from_json(&source, &EventReader::default()).is_bystander,
                bystander,
                "{source}"
            );
        }
    }
}
