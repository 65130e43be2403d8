//! The report of one stop: a flat object, and what routing needs to know about it. Decides nothing.
//!
//! Names follow FireLens where it has one (`cluster` and `task_definition` are short names, not ARNs):
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_firelens.html>

use std::ops::Deref;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::container::StoppedContainer;
use super::incident::IncidentReport;
use super::kind::{Category, Cause, EcsEvent, MissingLines, Severity};
use super::memory::MemoryUse;
use super::revision::FailedRevision;
use super::texts::short_name;
use super::{arn, field, rollback, time};

/// Why something stopped. Serializes as one flat JSON object; what is unknown is left out. Read back, it lacks the event
/// and what only that tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopEvent {
    /// What stopped or failed.
    pub ecs_event: EcsEvent,
    /// How urgent the stop is.
    pub severity: Severity,
    /// The kind of problem.
    pub category: Category,
    /// Why, as far as the text tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Whether the stop was planned: a deployment, a scale-in, a job that is done, a person.
    pub expected: bool,
    /// One sentence for a pager.
    pub summary: String,
    /// What to check next.
    pub hint: String,
    /// Name of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Name of the service, or of the managed daemon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// `service:<name>`, `family:<name>`, or what the starter chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Last part of the task's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The task's ARN, old or new form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_arn: Option<String>,
    /// `family:revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_definition: Option<String>,
    /// `FARGATE`, `EC2`, `EXTERNAL` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_type: Option<String>,
    /// The capacity provider that placed the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_provider: Option<String>,
    /// Last part of the ARN of the container instance that the task ran on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_instance: Option<String>,
    /// Who started the task, as ECS tells it: a schedule, a job, a user. Not for the tasks of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The task's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// AWS region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// AWS account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// ECS's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<String>,
    /// ECS's reason, as it words it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_reason: Option<String>,
    /// Why an attachment (an EBS volume, a network interface) could not be had: its `statusReason`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment_reason: Option<String>,
    /// The culprit: the container to blame; for a stop from outside, the only application container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The culprit's exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The signal in that exit code.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub signal: Option<&'static str>,
    /// The agent's reason for the culprit's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_reason: Option<String>,
    /// The culprit's image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The tag of that image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_tag: Option<String>,
    /// The last result of the container's own health check: `HEALTHY`, `UNHEALTHY`; of container exits only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// How often the container's restart policy has restarted it; of container exits only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarts: Option<i64>,
    /// How near the culprit came to its memory limit, if it was killed; of container exits only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryUse>,
    /// All containers of the task.
    #[serde(skip_serializing_if = "Vec::is_empty", skip_deserializing)]
    pub containers: Vec<StoppedContainer>,
    /// When the task was created. For a container's exit this time and the next three are the container's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it started to run; absent if it never did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it was gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<String>,
    /// Whole seconds from `started_at` to `stopped_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_seconds: Option<u64>,
    /// The culprit's last lines; the router fills them in from its `OutputTail`, or from CloudWatch Logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_lines: Vec<String>,
    /// Why they are missing, where they were looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_lines_missing: Option<MissingLines>,
    /// For a deployment that failed: its revision, and the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_revision: Option<FailedRevision>,
    /// What changed between the two, a line for each change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_changes: Option<Vec<String>>,
    /// Why that is not known, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_changes_missing: Option<MissingLines>,
    /// The task's page in the AWS console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_url: Option<String>,
    /// The page of its log in the AWS console: the stream where that is known, else the task's or service's logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs_url: Option<String>,
    /// The stop was reported before, without the exit code that this event brought.
    #[serde(default, skip_serializing_if = "is_false")]
    pub update: bool,
    /// The incident that the stop belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<String>,
    /// Where that incident stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentReport>,
    /// Each of `last_lines` is a record of several lines, which are taken apart when it is masked.
    #[serde(skip)]
    pub(super) are_lines_joined: bool,
    /// It is about a managed daemon, which `service` names then.
    #[serde(skip)]
    pub(super) is_daemon: bool,
    /// For a container's exit: which container it was, and which run of it.
    #[serde(skip)]
    pub(super) run: Option<(String, i64)>,
    /// The original, with its secrets masked.
    #[serde(skip_serializing_if = "OriginalEvent::is_left_out", skip_deserializing)]
    pub event: OriginalEvent,
}

/// The event that a report was made of, which the report need not hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OriginalEvent {
    value: Value,
    is_left_out: bool,
}

impl OriginalEvent {
    /// `is_reported`: whether the report holds it when it is written.
    #[must_use]
    pub fn new(value: Value, is_reported: bool) -> Self {
        Self { value, is_left_out: !is_reported }
    }

    fn is_left_out(&self) -> bool {
        self.is_left_out
    }

    /// Visits every text of the event that is not the name of a field.
    pub(super) fn for_each_text(&mut self, visit: &mut dyn FnMut(&mut String)) {
        for_each_text_in(&mut self.value, visit);
    }
}

impl Deref for OriginalEvent {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

impl Serialize for OriginalEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl StopEvent {
    /// A report with what every event has; `report`, `container_exit` and `service` fill in the rest.
    pub(super) fn new(event: &Value, ecs_event: EcsEvent, severity: Severity, category: Category) -> Self {
        Self {
            ecs_event,
            severity,
            category,
            cause: None,
            expected: false,
            summary: String::new(),
            hint: String::new(),
            cluster: None,
            service: None,
            group: None,
            task_id: None,
            task_arn: None,
            task_definition: None,
            launch_type: None,
            capacity_provider: None,
            container_instance: None,
            started_by: None,
            availability_zone: None,
            region: field::string(event, "region").or_else(|| resource_part(event, 3)),
            account: field::string(event, "account").or_else(|| resource_part(event, 4)),
            stop_code: None,
            stopped_reason: None,
            attachment_reason: None,
            container: None,
            exit_code: None,
            signal: None,
            container_reason: None,
            image: None,
            image_tag: None,
            health: None,
            restarts: None,
            memory: None,
            containers: Vec::new(),
            created_at: None,
            started_at: None,
            stopped_at: None,
            runtime_seconds: None,
            last_lines: Vec::new(),
            last_lines_missing: None,
            failed_revision: None,
            revision_changes: None,
            revision_changes_missing: None,
            task_url: None,
            logs_url: None,
            update: false,
            incident_id: None,
            incident: None,
            are_lines_joined: false,
            is_daemon: false,
            run: None,
            event: OriginalEvent::default(),
        }
    }

    /// Identifies the stop and its version, because ECS delivers at least once and in any order. `None`: nothing
    /// identifies it.
    ///
    /// - A task's end: the task's ARN and the event's version.
    /// - A container's exit: its runtime's id, else `<task ARN>/<container>`, and how often it had been restarted
    ///   before it ended this time; where nobody counts restarts, the milliseconds of its end.
    /// - Anything else, and what lacks these: the id of the envelope, and 0.
    #[must_use]
    pub fn key(&self) -> Option<(&str, i64)> {
        let key = match self.ecs_event {
            EcsEvent::TaskStopped | EcsEvent::TaskStartFailed => self.task_arn.as_deref().zip(self.version()),
            EcsEvent::ContainerExited => self.run.as_ref().map(|(container, run)| (container.as_str(), *run)),
            EcsEvent::ServiceEvent | EcsEvent::DeploymentFailed => None,
        };
        key.or_else(|| Some((field::text(&self.event, "id").and_then(short_name)?, 0)))
    }

    fn version(&self) -> Option<i64> {
        self.event.get("detail").and_then(|detail| field::integer(detail, "version"))
    }

    /// When it happened, in milliseconds since 1970: when it stopped, else the time of the event.
    #[must_use]
    pub fn at(&self) -> Option<i64> {
        let stopped_at = self.stopped_at.as_deref().and_then(time::stop_millis);
        stopped_at.or_else(|| field::text(&self.event, "time").and_then(time::stop_millis))
    }

    /// The task definition's family.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        let definition = self.task_definition.as_deref()?;
        Some(definition.split_once(':').map_or(definition, |(family, _)| family))
    }

    /// The service, else the task definition's family, else the group.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.service.as_deref().or_else(|| self.family()).or(self.group.as_deref())
    }

    /// The task definition's revision.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.task_definition.as_deref()?.split_once(':').map(|(_, revision)| revision)
    }

    /// The ARN of its task definition, as ECS's event names it.
    #[must_use]
    pub fn task_definition_arn(&self) -> Option<&str> {
        field::text(self.event.get("detail")?, "taskDefinitionArn").and_then(short_name)
    }

    /// How urgent it is to tell people: an incident that repeats is an error to them.
    #[must_use]
    pub fn told_severity(&self) -> Severity {
        let is_escalated = self.incident.as_ref().is_some_and(|incident| incident.escalated);
        if is_escalated { Severity::Error } else { self.severity }
    }

    /// The deployment to which the service goes back, where this one's failure says so.
    #[must_use]
    pub fn rollback_target(&self) -> Option<&str> {
        rollback::target(self.stopped_reason.as_deref()?)
    }

    /// The tag of the culprit's image.
    #[must_use]
    pub fn image_tag(&self) -> Option<&str> {
        self.image_tag.as_deref()
    }
}

/// Visits every text of a JSON value that is not the name of a field.
fn for_each_text_in(value: &mut Value, visit: &mut dyn FnMut(&mut String)) {
    // An explicit stack, because an event may be nested deeper than ours allows.
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::String(text) => visit(text),
            Value::Array(items) => pending.extend(items),
            Value::Object(fields) => pending.extend(fields.values_mut()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn resource_part(event: &Value, index: usize) -> Option<String> {
    arn::part(field::first_text(event, "resources")?, index).map(String::from)
}
