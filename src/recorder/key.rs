//! By what a container is known, so that no application can write into another's lines.

use crate::classify::classes::Entry;
use crate::classify::provenance::{ChunkOrigin, FirelensTag};
use crate::stop::{StopEvent, StoppedContainer};

/// A container. FireLens's tag names it, whatever its records say; under another tag its records do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SourceKey<'k> {
    pub(super) tag: &'k [u8],
    /// Empty under a tag of FireLens.
    pub(super) container_id: &'k [u8],
}

impl<'k> SourceKey<'k> {
    pub(super) fn of_entry(tag: &'k [u8], is_firelens: bool, entry: &Entry<'_, 'k, '_>) -> Self {
        let container_id = match is_firelens {
            true => None,
            false => entry.record.id(b"container_id"),
        };
        Self { tag, container_id: container_id.unwrap_or_default() }
    }

    /// Whether it is this container of this task.
    pub(super) fn is(self, container: &StoppedContainer, task_arn: Option<&str>) -> bool {
        match firelens_tag(self.tag) {
            Some(tag) => {
                let is_task = |arn: &str| tag.is_task(arn.as_bytes());
                tag.container == container.name.as_bytes() && task_arn.is_none_or(is_task)
            }
            None => {
                let runtime_id = container.runtime_id.as_deref().unwrap_or_default();
                !runtime_id.is_empty() && self.container_id == runtime_id.as_bytes()
            }
        }
    }
}

fn firelens_tag(tag: &[u8]) -> Option<FirelensTag<'_>> {
    match ChunkOrigin::from_tag(tag, &[]) {
        ChunkOrigin::Firelens(tag) => Some(tag),
        ChunkOrigin::Trusted | ChunkOrigin::Untrusted => None,
    }
}

/// The containers that a stop is about: the one to blame, or else all of the task.
pub(super) fn stopped_containers(stop: &StopEvent) -> impl Iterator<Item = &StoppedContainer> {
    let culprit = stop.container.as_deref();
    stop.containers.iter().filter(move |container| culprit.is_none_or(|name| name == container.name))
}
