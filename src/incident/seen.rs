//! Stops that were counted, so that the same event after a restart, or without `stop.once`, does not count again.

use std::collections::{HashMap, VecDeque};

use super::group::GroupId;

/// The queue has at most 40 events in flight, and the host's backlog is rarely longer: what comes again after a restart is
/// among these.
const MAX_SEEN: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct SeenStops {
    counted: HashMap<u64, CountedStop>,
    order: VecDeque<u64>,
}

#[derive(Debug, Clone, Copy)]
struct CountedStop {
    /// Whose incident it was counted in; `None`: an earlier version did not say.
    group: Option<GroupId>,
    /// Whether its chunk arrived.
    has_arrived: bool,
}

impl SeenStops {
    /// The stops of an earlier run, oldest first.
    pub(super) fn restored(stops: impl IntoIterator<Item = (u64, Option<GroupId>)>) -> Self {
        let mut seen = Self::default();
        for (stop, group) in stops {
            seen.insert(stop, group);
            seen.confirm(stop);
        }
        seen
    }

    pub(super) fn contains(&self, stop: u64) -> bool {
        self.counted.contains_key(&stop)
    }

    /// Whose incident the stop was counted in.
    pub(super) fn group_of(&self, stop: u64) -> Option<GroupId> {
        self.counted.get(&stop)?.group
    }

    pub(super) fn insert(&mut self, stop: u64, group: Option<GroupId>) {
        if self.counted.insert(stop, CountedStop { group, has_arrived: false }).is_none() {
            self.order.push_back(stop);
        }
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.counted.remove(&oldest);
        }
    }

    pub(super) fn confirm(&mut self, stop: u64) {
        if let Some(counted) = self.counted.get_mut(&stop) {
            counted.has_arrived = true;
        }
    }

    pub(super) fn remove(&mut self, stop: u64) {
        if self.counted.remove(&stop).is_some() {
            self.order.retain(|seen| *seen != stop);
        }
    }

    /// The stops that arrived, oldest first.
    pub(super) fn arrived(&self) -> impl Iterator<Item = (u64, Option<GroupId>)> {
        self.order.iter().filter_map(|stop| {
            let counted = self.counted.get(stop).filter(|counted| counted.has_arrived)?;
            Some((*stop, counted.group))
        })
    }
}
