//! Reads an ECS event and says why a task stopped: category, cause, culprit, severity, summary, hint.
//!
//! Pure: no I/O and no clock; any JSON value is accepted and none makes it panic. Does not own how the event arrived and
//! whether it may be trusted (`envelope`, `classify`), nor where the report goes (`classify::routes`).
//!
//! The stations: `trigger` (does this event say that something stopped?) → `redact` (the event without secrets, as all
//! that follow see it) → `task`, `container_exit` or `service` (what it says) → `diagnosis` (why, in the one order that
//! avoids the known false alarms) → `report` and `summary` (in words). Beside them: `detail` (an event that lost its
//! envelope), `dedup` (one report per stop), `output_tail` (the last lines before it), `last_lines` (what a report shows of
//! them), `revision` and `failed_deployment` (what a deployment that failed ran), `console` (the pages that it links) and
//! `unreported` (why an event makes no report).
//!
//! The event format: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html>

use regex::Regex;
use serde_json::Value;

mod arn;
mod catalogue;
mod console;
mod container;
mod container_exit;
mod culprit;
pub mod dedup;
mod detail;
mod diagnosis;
mod event;
mod failed_deployment;
mod field;
mod incident;
mod kind;
mod last_lines;
mod memory;
pub mod output_tail;
mod recovery;
mod redact;
mod report;
mod revision;
mod rollback;
mod service;
mod summary;
mod task;
mod texts;
mod time;
mod trigger;
mod unreported;

#[cfg(test)]
mod tests;

pub use arn::image_tag;
pub use console::{LogPlace, cluster_page, service_page};
pub use container::StoppedContainer;
pub use detail::from_detail;
pub use event::{OriginalEvent, StopEvent};
pub use incident::{IncidentEnd, IncidentReport, IncidentState};
pub use kind::{Category, Cause, EcsEvent, MissingLines, Severity};
pub use last_lines::ReadLog;
pub use memory::MemoryUse;
pub use recovery::{RecoveryStep, ServiceRecovery, recovery};
pub use revision::{FailedRevision, PreviousRevision, ReadChanges, RevisionSource};
pub use trigger::is_event;
pub use unreported::{unfinished_state, unreported};

use trigger::Trigger;

/// Containers that belong to the platform: like log routers, to blame only when nothing else is.
const BYSTANDERS: [&str; 3] = ["ecs-service-connect-*", "aws-guardduty-agent-*", "~internal~ecs~pause"];

/// Reads one EventBridge event, or one of our own about a container's exit, with the default options.
///
/// `None`: the event does not say that something stopped or failed.
///
/// ```
/// # use ecs_router::stop;
/// let event = serde_json::json!({
///     "source": "aws.ecs",
///     "detail-type": "ECS Task State Change",
///     "detail": {
///         "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "startedAt": "2026-11-19T20:38:27Z",
///         "group": "service:web",
///         "containers": [{ "name": "app", "exitCode": 139 }],
///     },
/// });
/// let stop = stop::read(event).unwrap();
/// assert_eq!(stop.signal, Some("SIGSEGV"));
/// assert!(!stop.expected);
/// ```
#[must_use]
pub fn read(event: Value) -> Option<StopEvent> {
    EventReader::default().read(event)
}

/// Reads events, with the options that a user may set.
#[derive(Debug, Clone)]
pub struct EventReader {
    /// Names of containers that are not the application, besides log routers; a trailing `*` stands for any ending.
    pub ignore_containers: Vec<String>,
    /// A stop by `StopTask` whose text matches is not planned: CI tools and watchdogs stop tasks that way too.
    pub user_stop_is_error: Option<Regex>,
    /// Whether reports hold the event that they were made of.
    pub include_event: bool,
}

impl Default for EventReader {
    fn default() -> Self {
        Self {
            ignore_containers: BYSTANDERS.map(String::from).into(),
            user_stop_is_error: None,
            include_event: true,
        }
    }
}

impl EventReader {
    /// Reads one EventBridge event; `None` as for [`read`].
    #[must_use]
    pub fn read(&self, event: Value) -> Option<StopEvent> {
        let trigger = trigger::from_event(&event)?;
        // Every text of the report comes from the event, so that none has to be masked later.
        let event = redact::secrets(event);
        let mut stop = match trigger {
            Trigger::TaskStopped => report::from_task(&event, self),
            Trigger::ContainerExited => container_exit::report(&event, self),
            Trigger::ServiceProblem(severity) => service::report(&event, EcsEvent::ServiceEvent, severity),
            Trigger::DeploymentFailed(severity) => {
                service::report(&event, EcsEvent::DeploymentFailed, severity)
            }
        };
        stop.cut_texts();
        console::link(&mut stop);
        stop.event = OriginalEvent::new(event, self.include_event);
        Some(stop)
    }

    /// Whether a container of this name is not the application.
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        let mut patterns = self.ignore_containers.iter();
        container::is_named_as_router(name)
            || patterns.any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            })
    }

    fn blames_user(&self, text: Option<&str>) -> bool {
        self.user_stop_is_error.as_ref().is_some_and(|pattern| pattern.is_match(text.unwrap_or_default()))
    }
}
