//! Finds the container to blame, by how much each one proves. What it died of is the diagnosis's business.
//!
//! The event does not say which container is essential nor which ended first, and siblings of the first get
//! SIGTERM, so 143 and 137 are mostly consequences.
//!
//! Log routers and what AWS injects (bystanders) fail on their own, and beside an application that ended by itself,
//! with 0 too, they are never to blame. Such a container ended the task where every application only shows that it was
//! stopped, and it has an error code, a signal or an out-of-memory report of its own. GuardDuty's agent is never
//! essential: its exit ends nothing, and only a start that failed because of it is told with its name. Where a task did
//! not start, the reason of such a container counts if there is no other.

use super::arn;
use super::catalogue::{reason, subject};
use super::container::{EventContainer, Evidence};
use super::task::TaskEvent;

/// The container whose exit code and reason prove most.
pub(super) fn find<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    // Reversed, because `max_by_key` keeps the last of equals.
    task.containers
        .iter()
        .rev()
        .max_by_key(|container| weight(container, task))
        .filter(|container| weight(container, task) > 0)
}

/// The container that a statement about a failed start is about: the one whose image it names; else the one that failed
/// by itself; else a bystander that alone says why; else the only one that did not run.
pub(super) fn find_of_start<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    named_by_image(task)
        .or_else(|| find(task).filter(|culprit| culprit.crashed()))
        .or_else(|| only_reason(task))
        .or_else(|| {
            only(task.applications().filter(|container| !container.has_run))
                .filter(|_| !names_other_image(task))
        })
        .or_else(|| find(task).filter(|culprit| culprit.is_bystander))
}

/// A bystander without which the task cannot start, where nothing but its reason says why it did not: neither ECS nor an
/// attachment, nor an application whose job was done.
fn only_reason<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    let is_told = |reason: &str| !reason::is_uninformative(&reason::normalize(reason));
    let is_explained = task.has_started()
        || task.stopped_reason().is_some_and(is_told)
        || task.attachment_reasons().next().is_some()
        || task.applications().any(|it| it.evidence == Evidence::Finished);
    let mut bystanders = task.containers.iter().filter(|it| it.is_bystander);
    bystanders.find(|it| it.evidence == Evidence::Reported).filter(|_| !is_explained)
}

/// The only application without an exit code, which is the one that waited.
pub(super) fn only_silent<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    only(task.applications().filter(|container| container.exit_code.is_none()))
}

/// Containers beside the culprit that may have ended first: failures beside a failure, ends with 0 beside a container
/// that was killed or told to end.
pub(super) fn ended_beside<'t>(
    task: &'t TaskEvent<'t>,
    culprit: &EventContainer<'_>,
) -> Vec<&'t EventContainer<'t>> {
    let may_be_first = |it: &&EventContainer<'_>| match (culprit.evidence, it.evidence) {
        (Evidence::Failed, Evidence::Failed | Evidence::Killed) => !it.is_bystander,
        (Evidence::Killed, Evidence::Finished | Evidence::Killed) => !it.is_bystander,
        (Evidence::ToldToEnd, Evidence::Finished) => it.name != culprit.name,
        _ => false,
    };
    let others = task.containers.iter().filter(|it| !it.is_optional && it.name != culprit.name);
    others.filter(may_be_first).collect()
}

/// The only application container: the one a stop from outside is about, though not to blame.
pub(super) fn only_application<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    only(task.applications())
}

/// The only container that was killed: where a task was out of memory, the one that had it.
pub(super) fn only_killed<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    let killed = || task.containers.iter().filter(|container| container.evidence == Evidence::Killed);
    only(killed().filter(|container| !container.is_bystander)).or_else(|| only(killed()))
}

/// An application that ended by itself outweighs a bystander that crashed, and that one outweighs consequences.
fn weight(container: &EventContainer<'_>, task: &TaskEvent<'_>) -> u8 {
    if container.is_bystander {
        bystander_weight(container, task)
    } else {
        application_weight(container, task)
    }
}

/// For an end that could not stop the task; an error still counts in full, as others may depend on the container.
const OPTIONAL_WEIGHT: u8 = 2;

/// A service's container that ends with 0 was mostly told to end while another was being killed; a job's that ends with
/// 0 is done, and its helpers are killed afterwards.
fn application_weight(container: &EventContainer<'_>, task: &TaskEvent<'_>) -> u8 {
    let service = task.is_service();
    match container.evidence {
        Evidence::OutOfMemory => 9,
        // What never ran in a task that did cannot have been needed.
        Evidence::Reported if !container.has_run && task.has_started() => 6,
        Evidence::Reported => 8,
        // A task that is no service has done its job, whatever its helper ends with.
        Evidence::Failed if container.is_telemetry && !service => 4,
        Evidence::Failed => 7,
        Evidence::Killed | Evidence::Finished | Evidence::ToldToEnd if container.is_optional => {
            OPTIONAL_WEIGHT
        }
        Evidence::Killed if service => 5,
        Evidence::Killed => 4,
        Evidence::Finished if service => 4,
        Evidence::Finished => 5,
        Evidence::ToldToEnd => 3,
        Evidence::Waiting => 1,
        Evidence::Silent => 0,
    }
}

/// A bystander that others stopped, that could not start beside a running application, or that crashed while an
/// application ended with 0, is not to blame.
fn bystander_weight(container: &EventContainer<'_>, task: &TaskEvent<'_>) -> u8 {
    let is_finished = |it: &EventContainer<'_>| it.evidence == Evidence::Finished && !it.is_optional;
    match container.evidence {
        Evidence::Reported if !container.has_run => OPTIONAL_WEIGHT,
        _ if container.is_optional || task.applications().any(is_finished) => 0,
        Evidence::OutOfMemory | Evidence::Failed | Evidence::Reported => 6,
        Evidence::Killed
        | Evidence::Finished
        | Evidence::ToldToEnd
        | Evidence::Waiting
        | Evidence::Silent => 0,
    }
}

/// On Fargate often only the task has the reason, and it names the image. A bare `web` names nothing: it is part of too
/// many words.
fn named_by_image<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    let reason = task.stopped_reason()?;
    let with = |names: fn(&str, &str) -> bool| {
        let named = move |it: &&EventContainer<'_>| it.image.is_some_and(|image| names(reason, image));
        only(task.containers.iter().filter(named))
    };
    with(names_image).or_else(|| with(names_repository))
}

fn names_image(reason: &str, image: &str) -> bool {
    image.contains([':', '/']) && reason.contains(image)
}

/// Whether the reason names the image by another tag or digest.
fn names_repository(reason: &str, image: &str) -> bool {
    let repository = arn::repository(image);
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    reason.match_indices(repository).any(|(at, _)| {
        let before = reason.get(..at).and_then(|text| text.chars().next_back());
        let mut after = reason.get(at + repository.len()..).unwrap_or_default().chars();
        let is_reference = matches!(after.next(), Some(':' | '@')) && after.next().is_some_and(is_in_name);
        !repository.is_empty() && is_reference && !before.is_some_and(is_in_name)
    })
}

/// Whether the reason names an image that no container of the event has: one that AWS injects, and does not list.
fn names_other_image(task: &TaskEvent<'_>) -> bool {
    let mut images = subject::images(task.stopped_reason().unwrap_or_default());
    let is_listed = |named: &str| {
        let named = arn::path_in_registry(named);
        task.containers.iter().any(|it| {
            let image = it.image.map_or(named, arn::path_in_registry);
            named == image || named.ends_with(&format!("/{image}"))
        })
    };
    images.any(|named| !is_listed(named))
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    items.next().is_none().then_some(first)?
}

#[cfg(test)]
mod tests;
