//! Reads a task event. Diagnoses nothing.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html>

use serde_json::Value;

use super::container::EventContainer;
use super::texts;
use super::{EventReader, field};

/// ECS's code for who stopped a task. Its API model closes the list, yet a new code must do no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopCode {
    TaskFailedToStart,
    EssentialContainerExited,
    UserInitiated,
    ServiceSchedulerInitiated,
    SpotInterruption,
    TerminationNotice,
    /// Absent, as before 2019, or unknown to us.
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

#[derive(Debug)]
pub(super) struct TaskEvent<'e> {
    pub(super) containers: Vec<EventContainer<'e>>,
    pub(super) detail: &'e Value,
}

impl<'e> TaskEvent<'e> {
    pub(super) fn from_event(event: &'e Value, reader: &EventReader) -> Self {
        let detail = event.get("detail").unwrap_or(&Value::Null);
        let sources = field::list(detail, "containers").iter().filter(|source| source.is_object());
        let mut containers: Vec<_> = sources
            .take(texts::MAX_CONTAINERS)
            .map(|source| EventContainer::from_json(source, reader))
            .collect();
        // A task of log routers only is a log service: its routers are the application.
        if containers.iter().all(|container| container.is_bystander) {
            containers.iter_mut().for_each(|container| container.is_bystander = false);
        }
        Self { containers, detail }
    }

    pub(super) fn stop_code(&self) -> StopCode {
        let known = STOP_CODES.iter().find(|(name, _)| field::equals(self.detail, "stopCode", name));
        known.map_or(StopCode::Other, |(_, code)| *code)
    }

    /// What is compared with each container's image, up to a bound.
    pub(super) fn stopped_reason(&self) -> Option<&'e str> {
        field::text(self.detail, "stoppedReason").map(texts::beginning)
    }

    /// The reasons of attachments, which ECS puts nowhere else, each with the attachment's type.
    pub(super) fn attachment_reasons(&self) -> impl Iterator<Item = (&'e str, &'e str)> {
        field::list(self.detail, "attachments").iter().flat_map(|attachment| {
            let details = field::list(attachment, "details").iter();
            details.filter(|detail| field::equals(detail, "name", "statusReason")).filter_map(|detail| {
                Some((field::text(attachment, "type").unwrap_or_default(), field::text(detail, "value")?))
            })
        })
    }

    pub(super) fn applications(&self) -> impl Iterator<Item = &EventContainer<'e>> {
        self.containers.iter().filter(|container| !container.is_bystander)
    }

    /// Whether the task belongs to a service and is meant to run on, unlike a job.
    pub(super) fn is_service(&self) -> bool {
        let starts = |key, prefix| field::text(self.detail, key).is_some_and(|text| text.starts_with(prefix));
        starts("group", "service:") || starts("group", "daemon:") || starts("startedBy", "ecs-svc/")
    }

    /// Whether the event was made from the agent's log, which knows neither stop code nor service.
    pub(super) fn is_from_agent_log(&self) -> bool {
        field::equals(self.detail, "via", "agent_log")
    }

    /// `FARGATE`, `EC2` … also where only the capacity provider tells.
    pub(super) fn launch_type(&self) -> Option<&'e str> {
        let provider = field::text(self.detail, "capacityProviderName");
        let is_fargate = provider.is_some_and(|name| matches!(name, "FARGATE" | "FARGATE_SPOT"));
        if is_fargate { Some("FARGATE") } else { field::text(self.detail, "launchType") }
    }

    pub(super) fn is_on_spot(&self) -> bool {
        field::equals(self.detail, "capacityProviderName", "FARGATE_SPOT")
    }

    pub(super) fn has_started(&self) -> bool {
        field::string(self.detail, "startedAt").is_some()
    }
}
