//! By what a container is known, and which container makes way for a new one.

use std::borrow::Cow;

/// One more evicts the container that was silent for longest.
pub(super) const MAX_CONTAINERS: usize = 64;

/// Runtime ids of one name: an application that makes ids up evicts only its own lines.
const MAX_IDS_OF_NAME: usize = 4;

/// By what a container is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContainerKey<'c> {
    /// The container's name in FireLens's tag; `None` under other tags.
    name: Option<Cow<'c, [u8]>>,
    pub(super) runtime_id: Cow<'c, [u8]>,
}

impl<'c> ContainerKey<'c> {
    pub(super) fn new(name: Option<&'c [u8]>, runtime_id: &'c [u8]) -> Self {
        Self { name: name.map(Cow::Borrowed), runtime_id: Cow::Borrowed(runtime_id) }
    }

    pub(super) fn into_owned(self) -> ContainerKey<'static> {
        ContainerKey {
            name: self.name.map(|name| name.into_owned().into()),
            runtime_id: self.runtime_id.into_owned().into(),
        }
    }
}

/// Which of these containers, the oldest first, has to go before this new one comes.
pub(super) fn evicted<'k>(
    known: impl ExactSizeIterator<Item = &'k ContainerKey<'k>> + Clone,
    new: &ContainerKey<'_>,
) -> Option<usize> {
    let is_same_name = |key: &ContainerKey<'_>| new.name.is_some() && key.name == new.name;
    if known.clone().filter(|key| is_same_name(key)).count() >= MAX_IDS_OF_NAME {
        return known.clone().position(is_same_name);
    }
    (known.len() >= MAX_CONTAINERS).then_some(0)
}
