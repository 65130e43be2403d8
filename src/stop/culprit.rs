//! Finds the container to blame, by how much each one proves. What it died of is the diagnosis's business.
//!
//! The event does not say which container is essential nor which ended first, and siblings of the first get
//! SIGTERM, so 143 and 137 are mostly consequences. Containers injected by AWS fail on their own.

use super::container::{EventContainer, Evidence};
use super::task::TaskEvent;

/// The container whose exit code and reason prove most.
pub(super) fn find<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    // Reversed, because `max_by_key` keeps the last of equals.
    task.containers
        .iter()
        .rev()
        .max_by_key(|container| weight(container, task.is_service()))
        .filter(|container| weight(container, task.is_service()) > 0)
}

/// The container that a statement about a failed start is about: the one whose image it names; else the one that failed
/// by itself; else the only one that did not run.
pub(super) fn find_of_start<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    named_by_image(task)
        .or_else(|| find(task).filter(|culprit| weight(culprit, task.is_service()) >= BYSTANDER_CRASH_WEIGHT))
        .or_else(|| only(task.applications().filter(|container| !container.ran)))
        .or_else(|| find(task).filter(|culprit| culprit.bystander))
}

/// The only application container: the one a stop from outside is about, though not to blame.
pub(super) fn only_application<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    only(task.applications())
}

const BYSTANDER_CRASH_WEIGHT: u8 = 6;

/// An application outweighs a bystander that crashed, and that one outweighs consequences and ambiguities.
fn weight(container: &EventContainer<'_>, service: bool) -> u8 {
    if container.bystander { bystander_weight(container) } else { application_weight(container, service) }
}

/// For an end that could not stop the task; an error still counts in full, as others may depend on the container.
const OPTIONAL_WEIGHT: u8 = 2;

/// A service's container that ends with 0 was mostly told to end while another was being killed; a job's that ends with
/// 0 is done, and its helpers are killed afterwards.
fn application_weight(container: &EventContainer<'_>, service: bool) -> u8 {
    match container.evidence {
        Evidence::OutOfMemory => 9,
        Evidence::Reported => 8,
        Evidence::Failed => 7,
        Evidence::Killed | Evidence::Finished | Evidence::ToldToEnd if container.optional => OPTIONAL_WEIGHT,
        Evidence::Killed => {
            if service {
                5
            } else {
                4
            }
        }
        Evidence::Finished => {
            if service {
                4
            } else {
                5
            }
        }
        Evidence::ToldToEnd => 3,
        Evidence::Waiting => 1,
        Evidence::Silent => 0,
    }
}

/// A bystander that others stopped, or that could not start beside a running application, is not to blame.
fn bystander_weight(container: &EventContainer<'_>) -> u8 {
    match container.evidence {
        Evidence::OutOfMemory | Evidence::Failed => BYSTANDER_CRASH_WEIGHT,
        Evidence::Reported => {
            if container.ran {
                BYSTANDER_CRASH_WEIGHT
            } else {
                2
            }
        }
        Evidence::Killed
        | Evidence::Finished
        | Evidence::ToldToEnd
        | Evidence::Waiting
        | Evidence::Silent => 0,
    }
}

/// On Fargate the reason often stands at the task only, and names the image. A bare `web` names nothing: it is
/// part of too many words.
fn named_by_image<'t>(task: &'t TaskEvent<'t>) -> Option<&'t EventContainer<'t>> {
    let reason = task.stopped_reason()?;
    only(task.containers.iter().filter(|container| {
        container.image.is_some_and(|image| image.contains([':', '/']) && reason.contains(image))
    }))
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next();
    items.next().is_none().then_some(first)?
}

#[cfg(test)]
mod tests;
