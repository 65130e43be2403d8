//! Incidents that are over, remembered for a while: for stops that come late, and so that no name is used twice.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::group::GroupId;
use crate::stop::{IncidentReport, IncidentState};

/// As many as are open at one time.
const MAX_CLOSED: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct ClosedIncident {
    pub(super) group: GroupId,
    pub(super) id: String,
    pub(super) report: IncidentReport,
    /// Until when a stop must have happened to belong to it, in milliseconds since 1970.
    pub(super) until: i64,
    /// Late stops in the count whose chunk has not arrived yet.
    #[serde(skip)]
    pub(super) pending: u64,
}

impl ClosedIncident {
    /// Without the stops that come again if the process ends now.
    fn arrived(&self) -> Self {
        let mut arrived = self.clone();
        arrived.report.count = arrived.report.count.saturating_sub(self.pending);
        arrived
    }
}

#[derive(Debug, Default)]
pub(super) struct ClosedIncidents(VecDeque<ClosedIncident>);

impl ClosedIncidents {
    pub(super) fn restored(closed: Vec<ClosedIncident>) -> Self {
        let mut all = Self::default();
        closed.into_iter().for_each(|one| all.push(one));
        all
    }

    pub(super) fn push(&mut self, closed: ClosedIncident) {
        self.0.push_back(closed);
        if self.0.len() > MAX_CLOSED {
            self.0.pop_front();
        }
    }

    pub(super) fn has_id(&self, id: &str) -> bool {
        self.0.iter().any(|closed| closed.id == id)
    }

    /// Counts a stop that happened before the incident was over and came after that.
    pub(super) fn count_late(&mut self, group: GroupId, at: i64) -> Option<&ClosedIncident> {
        let closed = self.0.iter_mut().rev().find(|closed| closed.group == group)?;
        if at > closed.until {
            return None;
        }
        closed.report.count += 1;
        closed.pending += 1;
        closed.report.first_at = closed.report.first_at.min(at);
        closed.report.last_at = closed.report.last_at.max(at);
        closed.report.state = IncidentState::Resolved;
        Some(closed)
    }

    /// Counts a stop that was known before the incident was over and arrived after that.
    pub(super) fn count(&mut self, id: &str) {
        if let Some(closed) = self.0.iter_mut().find(|closed| closed.id == id) {
            closed.report.count += 1;
        }
    }

    /// A late stop arrived.
    pub(super) fn arrive(&mut self, id: &str) {
        if let Some(closed) = self.0.iter_mut().find(|closed| closed.id == id) {
            closed.pending = closed.pending.saturating_sub(1);
        }
    }

    /// Takes a late stop back.
    pub(super) fn discount(&mut self, id: &str) {
        if let Some(closed) = self.0.iter_mut().find(|closed| closed.id == id) {
            closed.pending = closed.pending.saturating_sub(1);
            closed.report.count = closed.report.count.saturating_sub(1);
        }
    }

    pub(super) fn latest(&self, group: GroupId) -> Option<&ClosedIncident> {
        self.0.iter().rev().find(|closed| closed.group == group)
    }

    /// What is left of them when the process ends now.
    pub(super) fn arrived(&self) -> impl Iterator<Item = ClosedIncident> {
        self.0.iter().map(ClosedIncident::arrived)
    }
}
