//! The stops of an incident are counted, and taken back.

use super::{OpenIncident, small};
use crate::stop::StopEvent;

/// Revisions that a report names, the latest.
const MAX_REVISIONS: usize = 10;

/// Services that a report names, the first.
const MAX_SERVICES: usize = 50;

impl OpenIncident {
    /// Counts a stop that happened at `at`.
    pub(in crate::incident) fn count(&mut self, stop: &StopEvent, at: i64, now: i64) {
        self.count += 1;
        self.pending += 1;
        self.first_at = self.first_at.min(at);
        self.seen_at = now;
        self.recovery.take_if(|recovered| at > recovered.at);
        self.note_revision(stop);
        self.note_service(stop);
        if at >= self.last_at {
            self.last_at = at;
            self.latest = small(stop);
        }
    }

    fn note_revision(&mut self, stop: &StopEvent) {
        let Some(revision) = stop.revision() else { return };
        match self.revisions.iter_mut().find(|(known, _)| known == revision) {
            Some((_, count)) => *count += 1,
            None => self.revisions.push((revision.to_owned(), 1)),
        }
        if self.revisions.len() > MAX_REVISIONS {
            self.revisions.remove(0);
        }
    }

    fn note_service(&mut self, stop: &StopEvent) {
        let Some(service) = stop.origin() else { return };
        if self.services.len() < MAX_SERVICES && !self.services.iter().any(|known| known == service) {
            self.services.push(service.to_owned());
        }
    }

    /// Takes a stop of this revision back.
    pub(in crate::incident) fn discount(&mut self, revision: Option<&str>) {
        let own = self.revisions.iter_mut().find(|(known, _)| Some(known.as_str()) == revision);
        own.into_iter().for_each(|(_, count)| *count = count.saturating_sub(1));
        self.pending = self.pending.saturating_sub(1);
        self.count = self.count.saturating_sub(1);
        self.told_count = self.told_count.min(self.count);
    }

    /// The stops that arrived.
    pub(in crate::incident) fn arrived_count(&self) -> u64 {
        self.count.saturating_sub(self.pending)
    }
}
