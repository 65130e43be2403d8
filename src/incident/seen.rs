//! Stops that were counted, so that the same event after a restart, or without `stop.once`, does not count again.

use std::collections::{HashMap, VecDeque};

/// The queue has at most 40 events in flight, and the host's backlog is rarely longer: what comes again after a restart is
/// among these.
const MAX_SEEN: usize = 4_096;

#[derive(Debug, Default)]
pub(super) struct SeenStops {
    /// Whether its chunk arrived.
    confirmed: HashMap<u64, bool>,
    order: VecDeque<u64>,
}

impl SeenStops {
    /// The stops of an earlier run, oldest first.
    pub(super) fn restored(stops: impl IntoIterator<Item = u64>) -> Self {
        let mut seen = Self::default();
        for stop in stops {
            seen.insert(stop);
            seen.confirm(stop);
        }
        seen
    }

    pub(super) fn contains(&self, stop: u64) -> bool {
        self.confirmed.contains_key(&stop)
    }

    pub(super) fn insert(&mut self, stop: u64) {
        if self.confirmed.insert(stop, false).is_none() {
            self.order.push_back(stop);
        }
        if self.order.len() > MAX_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.confirmed.remove(&oldest);
        }
    }

    pub(super) fn confirm(&mut self, stop: u64) {
        if let Some(confirmed) = self.confirmed.get_mut(&stop) {
            *confirmed = true;
        }
    }

    pub(super) fn remove(&mut self, stop: u64) {
        if self.confirmed.remove(&stop).is_some() {
            self.order.retain(|seen| *seen != stop);
        }
    }

    /// Those that arrived, oldest first.
    pub(super) fn arrived(&self) -> impl Iterator<Item = u64> {
        self.order.iter().copied().filter(|stop| self.confirmed.get(stop).is_some_and(|arrived| *arrived))
    }
}
