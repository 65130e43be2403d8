//! A stop is observed: it is counted in its incident, which it may open, or is known already.

use super::{Incidents, millis};
use crate::incident::closed::ClosedIncidents;
use crate::incident::group::{self, GroupId};
use crate::incident::open::{self, OpenIncident};
use crate::incident::service_limit;
use crate::incident::sighting::{Sighting, SightingKind};
use crate::incident::verdict::{self, DeploymentVerdict};
use crate::stop::{EcsEvent, FailedRevision, IncidentReport, IncidentState, StopEvent};

/// How far the clocks of ECS and of this machine may be apart.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;

impl Incidents {
    /// Joins a stop to its incident, which it may open; `None` for one that was planned. It must be confirmed or withdrawn
    /// once it is known whether it arrived.
    pub fn observe(&mut self, stop: &StopEvent, now: i64) -> Option<Sighting> {
        self.note_revision(stop);
        if stop.expected {
            return None;
        }
        let revision = stop.revision().map(str::to_owned);
        let verdict = self.verdict(stop);
        let sighting = match &verdict {
            Some(verdict) => self.join(&verdict.added_to(stop), now)?,
            None => self.join(stop, now)?,
        };
        self.open.values_mut().for_each(|open| open.note_failed_deployment(stop));
        Some(Sighting { revision, verdict, ..sighting })
    }

    /// Notes which revision the stop's service ran.
    pub fn note_revision(&mut self, stop: &StopEvent) {
        self.changes += u64::from(self.revisions.note(stop));
    }

    /// The revision of a deployment that failed, as far as stops tell.
    #[must_use]
    pub fn failed_revision(&self, deployment: &StopEvent) -> Option<FailedRevision> {
        let rollback = deployment.rollback_target().map(str::to_owned);
        let rollback = rollback.or_else(|| self.rollback_of(deployment));
        self.revisions.failed(deployment, rollback.as_deref())
    }

    fn verdict(&self, deployment: &StopEvent) -> Option<DeploymentVerdict> {
        if deployment.ecs_event != EcsEvent::DeploymentFailed {
            return None;
        }
        let known = deployment.failed_revision.clone().or_else(|| self.failed_revision(deployment));
        let is_unknown = known.is_none() && self.revisions.knows(deployment);
        if is_unknown { None } else { verdict::verdict(deployment, known, self.open.values()) }
    }

    fn join(&mut self, stop: &StopEvent, now: i64) -> Option<Sighting> {
        let group = group::group_of(stop, &self.settings.group_by);
        let number = group::stop_number(stop);
        let is_counted = number.is_some_and(|number| self.seen.contains(number));
        if stop.update || is_counted {
            let known = self.known(group, number, stop);
            // What the earlier version was needed no incident.
            if known.is_some() || is_counted || number.is_none() {
                return known;
            }
        }
        Some(self.count_new(group, number, stop, now))
    }

    /// Counts a stop that was not counted before: in the incident of its group, or in the one in which its service counts
    /// all further kinds of exits.
    fn count_new(&mut self, group: GroupId, number: Option<u64>, stop: &StopEvent, now: i64) -> Sighting {
        self.changes += 1;
        let shared = self.shared_group(group, stop);
        let group = shared.unwrap_or(group);
        number.into_iter().for_each(|number| self.seen.insert(number, Some(group)));
        let at = happened_at(stop, now);
        if let Some(late) = self.count_late(group, number, at) {
            return late;
        }
        let mut sighting = self.count(group, number, stop, at, now);
        if let Some(incident) = self.open.get_mut(&group).filter(|_| shared.is_some()) {
            incident.various = true;
            sighting.report.various = true;
        }
        sighting
    }

    fn shared_group(&self, group: GroupId, stop: &StopEvent) -> Option<GroupId> {
        if self.open.contains_key(&group) {
            return None;
        }
        service_limit::shared_group(&self.open, stop, &self.settings.group_by)
    }

    /// Counts a stop of an incident that is over already; `None` for a stop that is none of such an incident.
    fn count_late(&mut self, group: GroupId, number: Option<u64>, at: i64) -> Option<Sighting> {
        if self.open.contains_key(&group) {
            return None;
        }
        let late = self.closed.count_late(group, at)?;
        let report = IncidentReport { is_news: false, ..late.report.clone() };
        Some(Sighting::new(group, &late.id, number, report, SightingKind::Late))
    }

    fn count(
        &mut self,
        group: GroupId,
        number: Option<u64>,
        stop: &StopEvent,
        at: i64,
        now: i64,
    ) -> Sighting {
        if !self.open.contains_key(&group) {
            self.shrink_to(self.max_open.saturating_sub(1), now);
        }
        let rollback = self.rollback_of(stop);
        let window = at.div_euclid(millis(self.settings.quiet).max(1));
        let closed = &self.closed;
        let incident = self
            .open
            .entry(group)
            .or_insert_with(|| OpenIncident::new(unused_id(closed, group, window), stop, at, now));
        let is_first = incident.count == 0;
        if is_first {
            incident.rollback = rollback;
        }
        incident.count(stop, at, now);
        // Nobody hears that it goes on before they heard that it began; time tells it then.
        let is_unheard = incident.owes_opening() || self.outbox.has_opening(&incident.id);
        let told = if is_unheard { None } else { incident.tell_count(now) };
        let state = if is_first { IncidentState::Opened } else { IncidentState::Continued };
        let is_news = told.is_some() && self.tells;
        told.into_iter().for_each(|state| incident.begin_telling(state, is_news));
        let report = IncidentReport { is_news, ..incident.report(told.unwrap_or(state)) };
        Sighting {
            news: is_news.then(|| Box::new(open::with_lines(stop))),
            ..Sighting::new(group, &incident.id, number, report, SightingKind::Counted)
        }
    }

    /// The deployment to which the stop's service goes back, as its other incidents know.
    fn rollback_of(&self, stop: &StopEvent) -> Option<String> {
        let of_service = self.open.values().filter(|open| open.is_of_service_of(stop));
        of_service.filter_map(|open| open.rollback.clone()).next()
    }

    /// The incident of a stop that was counted before: the one that it is like, or else the one in which it was counted.
    fn known(&mut self, group: GroupId, number: Option<u64>, stop: &StopEvent) -> Option<Sighting> {
        let counted_in = number.and_then(|number| self.seen.group_of(number)).unwrap_or(group);
        let groups = [group, counted_in];
        let is_over = |one: &GroupId| self.closed.latest(*one).is_some();
        let open = groups.into_iter().find(|one| self.open.contains_key(one));
        let found = open.or_else(|| groups.into_iter().find(is_over))?;
        if found != group && found != group::group_of_various(stop, &self.settings.group_by) {
            self.tell_update(found, stop);
        }
        self.known_in(found)
    }

    fn known_in(&self, group: GroupId) -> Option<Sighting> {
        let (id, report) = match (self.open.get(&group), self.closed.latest(group)) {
            (Some(open), _) => (&open.id, open.report(IncidentState::Continued)),
            (None, Some(closed)) => (&closed.id, closed.report.clone()),
            (None, None) => return None,
        };
        let report = IncidentReport { is_news: false, ..report };
        Some(Sighting::new(group, id, None, report, SightingKind::Known))
    }
}

/// When the stop happened. A time to come would have all later stops of its group belong to this incident when it is
/// over, so such a stop is one of now.
fn happened_at(stop: &StopEvent, now: i64) -> i64 {
    stop.at().filter(|at| *at <= now.saturating_add(CLOCK_TOLERANCE_MS)).unwrap_or(now)
}

/// The first name of this window that no incident had.
fn unused_id(closed: &ClosedIncidents, group: GroupId, window: i64) -> String {
    let mut names = (0..).map(|generation| group::incident_id(group, window, generation));
    names.find(|name| !closed.has_id(name)).unwrap_or_default()
}
