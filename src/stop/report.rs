//! Fills in a report from a task event, its diagnosis and the container to blame.
//!
//! Owns which field of the report comes from where. Does not own the diagnosis, nor reports of one container's exit
//! (`container_exit`) or of a service (`service`).

use serde_json::Value;

use super::catalogue::{exit_code, hint};
use super::container::{EventContainer, Evidence};
use super::diagnosis::{self, Description, Diagnosis};
use super::event::StopEvent;
use super::kind::EcsEvent;
use super::task::TaskEvent;
use super::{EventReader, arn, culprit, field, summary, time};

/// Diagnoses and reports a task's end.
pub(super) fn from_task(event: &Value, reader: &EventReader) -> StopEvent {
    let task = TaskEvent::from_event(event, reader);
    let diagnosis = diagnosis::diagnose(&task, reader);
    let mut stop =
        StopEvent::new(event, event_of(&task, &diagnosis), diagnosis.severity(), diagnosis.category);
    identify(&mut stop, &task);
    date(&mut stop, task.detail);
    stop.cause = diagnosis.cause;
    stop.expected = diagnosis.expected;
    stop.containers = task.containers.iter().map(EventContainer::report).collect();
    if let Some(culprit) = diagnosis.container {
        blame(&mut stop, culprit);
    }
    let description =
        diagnosis.description.map(|description| describe(&stop, description, &task, diagnosis.container));
    stop.summary = summary::summarize(&stop, description.as_deref());
    stop.hint = hint(&diagnosis, &stop, &task);
    stop
}

/// What to do first, without advice for machines of another kind.
pub(super) fn hint(diagnosis: &Diagnosis<'_>, stop: &StopEvent, task: &TaskEvent<'_>) -> String {
    let hint = diagnosis.hint.unwrap_or_else(|| hint::find(stop.category, stop.cause, &[]));
    hint::fit(hint, task.launch_type())
}

fn describe(
    stop: &StopEvent,
    description: Description,
    task: &TaskEvent<'_>,
    culprit: Option<&EventContainer<'_>>,
) -> String {
    match description {
        Description::Fixed(text) => text.to_owned(),
        Description::RouterDied(exit) => {
            format!("the log router took the task down; {}", summary::describe_as(stop, exit))
        }
        Description::ProxyDied(exit) => {
            format!("the Service Connect proxy took the task down; {}", summary::describe_as(stop, exit))
        }
        Description::Quoted(text) => format!("{text}{}", summary::quote(stop)),
        Description::OthersEnded => {
            let others = culprit.map(|culprit| culprit::ended_beside(task, culprit)).unwrap_or_default();
            let others: Vec<_> = others.into_iter().take(MAX_OTHERS).map(ended).collect();
            format!("{}; {}; ECS does not say which was first", summary::describe(stop), others.join("; "))
        }
    }
}

/// A summary names no more containers beside the culprit.
const MAX_OTHERS: usize = 3;

/// How a container beside the culprit ended.
fn ended(container: &EventContainer<'_>) -> String {
    let how = match container.evidence {
        Evidence::Killed => "was killed",
        Evidence::Finished => "ended by itself",
        _ => "failed",
    };
    let code = container.exit_code.map_or_else(String::new, |code| format!(" (exit {code})"));
    format!("{} {how}{code}", summary::shorten_name(container.name))
}

/// `TaskFailedToStart` alone proves nothing: an init container that exited 1 reports it as well. A task that
/// others stopped before it ran did not fail either.
fn event_of(task: &TaskEvent<'_>, diagnosis: &Diagnosis<'_>) -> EcsEvent {
    let ran = task.has_started() || diagnosis.container.is_some_and(|container| container.has_run);
    if diagnosis.category.is_external() || ran { EcsEvent::TaskStopped } else { EcsEvent::TaskStartFailed }
}

/// Fills in which task it was, and where.
pub(super) fn identify(stop: &mut StopEvent, task: &TaskEvent<'_>) {
    let name_in = |key| field::text(task.detail, key).and_then(arn::name).map(String::from);
    stop.task_arn = field::string(task.detail, "taskArn");
    stop.task_id = name_in("taskArn");
    stop.cluster =
        name_in("clusterArn").or_else(|| stop.task_arn.as_deref().and_then(arn::cluster).map(String::from));
    stop.task_definition = name_in("taskDefinitionArn");
    stop.group = field::string(task.detail, "group");
    stop.service = stop.group.as_deref().and_then(|group| group.strip_prefix("service:")).map(String::from);
    if let Some(daemon) = stop.group.as_deref().and_then(|group| group.strip_prefix("daemon:")) {
        stop.service = Some(daemon.to_owned());
        stop.is_daemon = true;
    }
    stop.launch_type = field::string(task.detail, "launchType");
    stop.capacity_provider = field::string(task.detail, "capacityProviderName");
    stop.container_instance = name_in("containerInstanceArn");
    stop.started_by =
        field::string(task.detail, "startedBy").filter(|starter| !starter.starts_with("ecs-svc/"));
    stop.availability_zone = field::string(task.detail, "availabilityZone");
    stop.stop_code = field::string(task.detail, "stopCode");
    stop.stopped_reason = task.stopped_reason().map(String::from);
    stop.attachment_reason = task.attachment_reasons().next().map(|(_, reason)| reason.to_owned());
}

/// Fills in when the task or container ran: both use the same names.
pub(super) fn date(stop: &mut StopEvent, detail: &Value) {
    stop.created_at = field::string(detail, "createdAt");
    stop.started_at = field::string(detail, "startedAt");
    stop.stopped_at = field::string(detail, "stoppedAt");
    stop.runtime_seconds = stop
        .started_at
        .as_deref()
        .zip(stop.stopped_at.as_deref())
        .and_then(|(started, stopped)| time::seconds_between(started, stopped));
}

/// Fills in the container that the report is about.
pub(super) fn blame(stop: &mut StopEvent, culprit: &EventContainer<'_>) {
    stop.container = Some(culprit.name.to_owned()).filter(|name| !name.is_empty());
    stop.exit_code = culprit.exit_code;
    stop.signal = culprit.exit_code.and_then(|code| exit_code::read(code).signal);
    stop.container_reason = culprit.reason.map(String::from);
    stop.image = culprit.image.map(String::from);
    stop.image_tag = culprit.image.and_then(arn::image_tag).map(String::from);
}
