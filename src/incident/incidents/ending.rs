//! An incident ends: its service is well again, it was quiet for long enough, or there are too many.

use std::time::Duration;

use super::telling::{news, tell_reached};
use super::{Incidents, millis};
use crate::incident::closed::ClosedIncident;
use crate::incident::group::GroupId;
use crate::incident::service_limit;
use crate::stop::{IncidentEnd, IncidentReport, IncidentState, ServiceRecovery};

/// How long after a service is well again a stop may still show that it is not: in a crash loop ECS reports a steady
/// state between two crashes.
const SETTLE: Duration = Duration::from_mins(5);

impl Incidents {
    /// Notes that a service is well again.
    pub fn recover(&mut self, recovery: &ServiceRecovery, now: i64) {
        self.changes += 1;
        self.open.values_mut().for_each(|incident| incident.note_recovery(recovery, now));
    }

    /// Ends the incidents that are over. One whose count is still to be told is not.
    pub(super) fn end_all_that_are_over(&mut self, now: i64) {
        let quiet = millis(self.settings.quiet);
        let settle = quiet.min(millis(SETTLE));
        let ended: Vec<(GroupId, IncidentEnd)> = self
            .open
            .iter()
            .filter(|(_, incident)| !self.tells || !incident.has_untold_count())
            .filter_map(|(group, incident)| Some((*group, incident.end(quiet, settle, now)?)))
            .collect();
        ended.into_iter().for_each(|(group, end)| self.resolve(group, end, now));
    }

    /// Ends incidents until there are no more than `most`. One whose end must wait stays, for people would hear of it after
    /// its end; their chunks bound how many these are.
    pub(super) fn shrink_to(&mut self, most: usize, now: i64) {
        while self.open.len() > most {
            let Some(group) = service_limit::most_dispensable(&self.open) else { return };
            self.tally.evicted += 1;
            self.resolve(group, IncidentEnd::Evicted, now);
        }
    }

    fn resolve(&mut self, group: GroupId, end: IncidentEnd, now: i64) {
        let Some(mut incident) = self.open.remove(&group) else { return };
        if self.tells {
            tell_reached(&mut incident, &mut self.outbox, now);
        }
        self.changes += 1;
        self.tally.resolved += 1;
        let quiet_seconds = (end == IncidentEnd::Quiet).then_some(self.settings.quiet.as_secs());
        let report = incident.report(IncidentState::Resolved);
        let count = incident.arrived_count();
        // Who wants errors alone must not hear of the end of what they were never told.
        let escalated = report.escalated && incident.told_as_error;
        let report = IncidentReport { count, escalated, ended_by: Some(end), quiet_seconds, ..report };
        if self.tells {
            self.outbox.push(news(&incident.latest, &incident.id, report.clone()));
        }
        // A clock that is ahead must not make every later stop a late one.
        let until = incident.until().min(now);
        self.closed.push(ClosedIncident { group, id: incident.id, report, until, pending: 0 });
    }
}
