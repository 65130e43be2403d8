//! Reads an ECS event and says why a task stopped: category, cause, culprit, severity, summary, hint.
//!
//! Pure: no I/O and no clock; any JSON value is accepted and none makes it panic. How the event arrived, and
//! whether its carrier may be trusted, is settled before; where the report goes is `route`'s business.
//!
//! Reads like a sentence: `phase` (does this event say that something stopped?) → `task`, `exited` or `service`
//! (what it says) → `judge` (why, in the one order that avoids the known false alarms) → `summary` and `hint` (in words)
//! → `redact` (the original, without secrets).
//!
//! The event format: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html>

use regex::Regex;
use serde_json::Value;

mod arn;
mod catalogue;
mod container;
mod container_exit;
mod culprit;
pub mod dedup;
mod diagnosis;
mod event;
mod field;
mod kind;
mod redact;
mod service;
pub mod stderr_tail;
mod summary;
mod task;
mod time;
mod trigger;

#[cfg(test)]
mod tests;

pub use arn::image_tag;
pub use container::StoppedContainer;
pub use event::StopEvent;
pub use kind::{Category, Cause, EcsEvent, Severity};

use trigger::Trigger;

/// Containers that belong to the platform or carry the logs: to blame only when nothing else is.
const BYSTANDERS: [&str; 4] =
    ["log_router", "ecs-service-connect-*", "aws-guardduty-agent-*", "~internal~ecs~pause"];

/// Reads one EventBridge event, or one of our own about a container's exit, with the default options.
///
/// `None`: it is no event that says something stopped or failed.
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

/// How events are read: the options a user may set.
#[derive(Debug, Clone)]
pub struct EventReader {
    /// Names of containers that are not the application; a trailing `*` stands for any ending.
    pub ignore_containers: Vec<String>,
    /// A stop by `StopTask` whose text matches is not planned: CI tools and watchdogs stop tasks that way too.
    pub user_stop_is_error: Option<Regex>,
}

impl Default for EventReader {
    fn default() -> Self {
        Self { ignore_containers: BYSTANDERS.map(String::from).into(), user_stop_is_error: None }
    }
}

impl EventReader {
    /// Reads one EventBridge event; `None` as for [`read`].
    #[must_use]
    pub fn read(&self, event: Value) -> Option<StopEvent> {
        let mut stop = match trigger::from_event(&event)? {
            Trigger::TaskStopped => task::report(&event, self),
            Trigger::ContainerExited => container_exit::report(&event, self),
            Trigger::ServiceTrouble(severity) => service::report(&event, EcsEvent::ServiceEvent, severity),
            Trigger::DeploymentFailed => service::report(&event, EcsEvent::DeploymentFailed, Severity::Error),
        };
        stop.event = redact::environment(event);
        Some(stop)
    }

    /// Whether a container of this name is not the application.
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        self.ignore_containers.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        })
    }

    fn blames_user(&self, text: Option<&str>) -> bool {
        self.user_stop_is_error.as_ref().is_some_and(|pattern| pattern.is_match(text.unwrap_or_default()))
    }
}
