//! A task event: what it says, and the report made of it. Judges nothing itself.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>

use serde_json::Value;

use super::catalogue::{exit_code, hint};
use super::container::EventContainer;
use super::diagnosis::{self, Diagnosis};
use super::event::StopEvent;
use super::kind::{Category, EcsEvent};
use super::{EventReader, arn, field, summary, time};

/// ECS's own word for who stopped a task; the list is closed by its API model, yet a new one must not hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    SpotInterruption,
    TerminationNotice,
    /// None, as before 2019, or one we do not know.
    Other,
}

const STOP_CODES: [(&str, StopCode); 6] = [
    ("TaskFailedToStart", StopCode::TaskFailedToStart),
    ("EssentialContainerExited", StopCode::EssentialContainerExited),
    ("UserInitiated", StopCode::UserInitiated),
    ("ServiceSchedulerInitiated", StopCode::ServiceSchedulerInitiated),
    ("SpotInterruption", StopCode::SpotInterruption),
    ("TerminationNotice", StopCode::TerminationNotice),
];

/// A task event, borrowed.
#[derive(Debug)]
pub(super) struct TaskEvent<'e> {
    pub(super) containers: Vec<EventContainer<'e>>,
    detail: &'e Value,
}

impl<'e> TaskEvent<'e> {
    pub(super) fn from_event(event: &'e Value, reader: &EventReader) -> Self {
        let detail = event.get("detail").unwrap_or(&Value::Null);
        let sources = field::list(detail, "containers").iter().filter(|source| source.is_object());
        let mut containers: Vec<_> =
            sources.map(|source| EventContainer::from_json(source, reader)).collect();
        // A task of log routers only is a log service: its routers are the application.
        if containers.iter().all(|container| container.bystander) {
            containers.iter_mut().for_each(|container| container.bystander = false);
        }
        Self { containers, detail }
    }

    pub(super) fn stop_code(&self) -> StopCode {
        let known = STOP_CODES.iter().find(|(name, _)| field::says(self.detail, "stopCode", name));
        known.map_or(StopCode::Other, |(_, code)| *code)
    }

    pub(super) fn stopped_reason(&self) -> Option<&'e str> {
        field::text(self.detail, "stoppedReason")
    }

    /// Reasons that ECS puts nowhere but into an attachment, each with the attachment's type.
    pub(super) fn attachment_reasons(&self) -> impl Iterator<Item = (&'e str, &'e str)> {
        field::list(self.detail, "attachments").iter().flat_map(|attachment| {
            let details = field::list(attachment, "details").iter();
            details.filter(|detail| field::says(detail, "name", "statusReason")).filter_map(|detail| {
                Some((field::text(attachment, "type").unwrap_or_default(), field::text(detail, "value")?))
            })
        })
    }

    pub(super) fn applications(&self) -> impl Iterator<Item = &EventContainer<'e>> {
        self.containers.iter().filter(|container| !container.bystander)
    }

    /// Something that is meant to run on, unlike a job.
    pub(super) fn is_service(&self) -> bool {
        let starts = |key, prefix| field::text(self.detail, key).is_some_and(|text| text.starts_with(prefix));
        starts("group", "service:") || starts("startedBy", "ecs-svc/")
    }

    /// The agent's own log knows neither stop code nor service.
    pub(super) fn is_told_by_agent(&self) -> bool {
        field::says(self.detail, "via", "agent_log")
    }

    pub(super) fn is_on_spot(&self) -> bool {
        field::says(self.detail, "capacityProviderName", "FARGATE_SPOT")
    }

    pub(super) fn has_started(&self) -> bool {
        field::word(self.detail, "startedAt").is_some()
    }
}

/// The report of a task's end.
pub(super) fn report(event: &Value, reader: &EventReader) -> StopEvent {
    let task = TaskEvent::from_event(event, reader);
    let finding = diagnosis::diagnose(&task, reader);
    let mut stop = StopEvent::blank(event, event_of(&task, &finding), finding.severity(), finding.category);
    identify(&mut stop, &task);
    date(&mut stop, task.detail);
    stop.cause = finding.cause;
    stop.expected = finding.expected;
    stop.containers = task.containers.iter().map(EventContainer::report).collect();
    if let Some(culprit) = finding.container {
        blame(&mut stop, culprit);
    }
    stop.summary = summary::summarize(&stop, finding.what);
    stop.hint = finding.hint.unwrap_or_else(|| hint::find(&stop)).to_owned();
    stop
}

/// `TaskFailedToStart` alone proves nothing: an init container that exited 1 reports it as well. A task that
/// others stopped before it ran did not fail either.
fn event_of(task: &TaskEvent<'_>, finding: &Diagnosis<'_>) -> EcsEvent {
    let from_outside = match finding.category {
        Category::User | Category::Spot | Category::Host | Category::Deployment | Category::HealthCheck => {
            true
        }
        Category::ImagePull
        | Category::Secret
        | Category::Logging
        | Category::Storage
        | Category::Network => false,
        Category::Capacity | Category::ContainerStart | Category::Platform | Category::Oom => false,
        Category::AppError | Category::AppSignal | Category::AppCompleted => false,
        Category::ServiceEvent | Category::Unknown => false,
    };
    let ran = task.has_started() || finding.container.is_some_and(|container| container.ran);
    if from_outside || ran { EcsEvent::TaskStopped } else { EcsEvent::TaskStartFailed }
}

/// Who and where it was.
pub(super) fn identify(stop: &mut StopEvent, task: &TaskEvent<'_>) {
    let name_in = |key| field::text(task.detail, key).and_then(arn::name).map(String::from);
    stop.task_arn = field::word(task.detail, "taskArn");
    stop.task_id = name_in("taskArn");
    let of_task = || stop.task_arn.as_deref().and_then(arn::cluster).map(String::from);
    stop.cluster = name_in("clusterArn").or_else(of_task);
    stop.task_definition = name_in("taskDefinitionArn");
    stop.group = field::word(task.detail, "group");
    stop.service = stop.group.as_deref().and_then(|group| group.strip_prefix("service:")).map(String::from);
    stop.launch_type = field::word(task.detail, "launchType");
    stop.availability_zone = field::word(task.detail, "availabilityZone");
    stop.stop_code = field::word(task.detail, "stopCode");
    stop.stopped_reason = task.stopped_reason().map(String::from);
}

/// When it ran, from a task or a container: both use the same names.
pub(super) fn date(stop: &mut StopEvent, detail: &Value) {
    stop.created_at = field::word(detail, "createdAt");
    stop.started_at = field::word(detail, "startedAt");
    stop.stopped_at = field::word(detail, "stoppedAt");
    stop.runtime_seconds = stop
        .started_at
        .as_deref()
        .zip(stop.stopped_at.as_deref())
        .and_then(|(started, stopped)| time::seconds_between(started, stopped));
}

/// What is known of the container that the report is about.
pub(super) fn blame(stop: &mut StopEvent, culprit: &EventContainer<'_>) {
    stop.container = Some(culprit.name.to_owned()).filter(|name| !name.is_empty());
    stop.exit_code = culprit.exit_code;
    stop.signal = culprit.exit_code.and_then(|code| exit_code::read(code).signal);
    stop.container_reason = culprit.reason.map(String::from);
    stop.image = culprit.image.map(String::from);
    stop.image_tag = culprit.image.and_then(arn::image_tag).map(String::from);
}
