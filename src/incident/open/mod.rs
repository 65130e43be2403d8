//! One incident that is not over yet.

use serde::{Deserialize, Serialize};

use super::service::ServiceIdentity;
use crate::stop::{
    IncidentEnd, IncidentReport, IncidentState, OriginalEvent, RecoveryStep, ServiceRecovery, Severity,
    StopEvent,
};

/// Revisions that a report names, the latest.
const MAX_REVISIONS: usize = 10;

/// Services that a report names, the first.
const MAX_SERVICES: usize = 50;

/// The count, the second that is told, from which an incident of a service is told as an error.
const ESCALATED_FROM: u64 = 3;

/// All times are milliseconds since 1970. Those of stops are ECS's; those of what was told and seen are the own clock's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenIncident {
    pub(super) id: String,
    pub(super) count: u64,
    pub(super) first_at: i64,
    pub(super) last_at: i64,
    /// Revisions with their stops, the latest last.
    revisions: Vec<(String, u64)>,
    /// The services whose tasks stopped: several when a host went away.
    #[serde(default)]
    services: Vec<String>,
    /// When a stop of it came last.
    pub(super) seen_at: i64,
    /// The count that was told last; 0 before the opening.
    pub(super) told_count: u64,
    pub(super) told_at: i64,
    /// Whether its stops differ in container and exit code.
    #[serde(default)]
    pub(super) various: bool,
    /// Whether people were told of it as of an error, although its stops are none.
    #[serde(default)]
    pub(super) told_as_error: bool,
    /// The latest stop, without what would make it large.
    pub(super) latest: StopEvent,
    /// ECS said that the service is well again, and no such stop happened after that.
    recovery: Option<Recovered>,
    /// The deployment to which the service goes back, as the event names it.
    #[serde(default)]
    pub(super) rollback: Option<String>,
    /// The stop that opened it was told without the last lines that were wanted.
    #[serde(default)]
    pub(super) lacks_lines: bool,
    /// Stops whose chunk has not arrived yet.
    #[serde(skip)]
    pub(super) pending: u64,
    /// Whether one of those is to tell the opening.
    #[serde(skip)]
    pub(super) is_opening: bool,
    /// How many of those are to tell anything.
    #[serde(skip)]
    telling: u64,
    /// What no stop has told as it should have.
    #[serde(skip)]
    owed: Option<IncidentState>,
    /// Last lines, or a later version of a stop, that came before anybody was told of it.
    #[serde(skip)]
    pub(super) late_news: Option<Box<StopEvent>>,
    /// Whether a stop of it has arrived.
    #[serde(skip)]
    pub(super) has_arrived: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Recovered {
    how: IncidentEnd,
    #[serde(default)]
    deployment: Option<String>,
    at: i64,
    seen_at: i64,
}

impl OpenIncident {
    /// Begins with a stop that is still to be counted.
    pub(super) fn new(id: String, stop: &StopEvent, at: i64, now: i64) -> Self {
        Self {
            id,
            count: 0,
            first_at: at,
            last_at: at,
            revisions: Vec::new(),
            services: Vec::new(),
            seen_at: now,
            told_count: 0,
            told_at: now,
            told_as_error: false,
            various: false,
            latest: small(stop),
            recovery: None,
            rollback: None,
            lacks_lines: stop.last_lines_missing.is_some(),
            pending: 0,
            is_opening: false,
            telling: 0,
            owed: None,
            late_news: None,
            has_arrived: false,
        }
    }

    /// Counts a stop that happened at `at`.
    pub(super) fn count(&mut self, stop: &StopEvent, at: i64, now: i64) {
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

    /// Whether its latest stop and this one are of one service.
    pub(super) fn is_of_service_of(&self, stop: &StopEvent) -> bool {
        ServiceIdentity::of_stop(stop).is_some_and(|service| service.is_of(&self.latest))
    }

    /// Whether a host went away that ran tasks of several services.
    pub(super) fn is_of_several_services(&self) -> bool {
        self.services.len() > 1
    }

    /// Numbers of several services say nothing side by side.
    fn own_revisions(&self) -> Vec<String> {
        let names = self.revisions().map(|(revision, _)| revision.to_owned());
        if self.is_of_several_services() { Vec::new() } else { names.collect() }
    }

    /// Revisions with their stops.
    pub(super) fn revisions(&self) -> impl Iterator<Item = (&str, u64)> {
        self.revisions.iter().map(|(revision, count)| (revision.as_str(), *count))
    }

    /// Whether the count is one to tell, which then counts as told.
    pub(super) fn tell_count(&mut self, now: i64) -> Option<IncidentState> {
        let state = match self.told_count {
            0 => IncidentState::Opened,
            told if self.count >= next_milestone(told) => IncidentState::Continued,
            _ => return None,
        };
        self.note_told(now);
        Some(state)
    }

    /// Whether a count is reached that no stop told, for people had not heard of the incident yet.
    pub(super) fn has_untold_count(&self) -> bool {
        let is_heard_of = self.told_count > 0 && !self.owes_opening();
        is_heard_of && self.arrived_count() >= next_milestone(self.told_count)
    }

    /// What people are told now.
    pub(super) fn tell(&mut self, state: IncidentState) -> IncidentReport {
        let report = self.report(state);
        self.told_as_error |= report.escalated;
        report
    }

    /// A stop is to tell this; `is_news`: there is somebody to tell.
    pub(super) fn begin_telling(&mut self, state: IncidentState, is_news: bool) {
        self.is_opening |= is_news && state == IncidentState::Opened;
        self.telling += u64::from(is_news);
    }

    /// A stop that was to tell this did, or did not.
    pub(super) fn end_telling(&mut self, report: &IncidentReport, was_told: bool) {
        let state = report.state;
        let is_opening = state == IncidentState::Opened;
        self.told_as_error |= was_told && report.escalated;
        self.is_opening &= !is_opening;
        self.telling = self.telling.saturating_sub(1);
        if !was_told && (is_opening || self.owed.is_none()) {
            self.owed = Some(state);
        }
    }

    /// Takes what is to be told without a stop, once one has arrived.
    pub(super) fn take_owed(&mut self) -> Option<IncidentState> {
        self.owed.take_if(|_| self.has_arrived)
    }

    /// A stop that was counted is not what it seemed. All that follows is told as severely, so that its end is, too.
    pub(super) fn update(&mut self, stop: &StopEvent) {
        let mut news = with_lines(stop);
        news.update = true;
        self.told_as_error |= stop.severity == Severity::Error;
        if stop.task_arn.is_some() && self.latest.task_arn == stop.task_arn {
            self.latest = small(stop);
        }
        self.late_news = Some(Box::new(news));
    }

    /// Takes what is to be told once the opening is.
    pub(super) fn take_late_news(&mut self) -> Option<Box<StopEvent>> {
        let may_be_told = self.has_arrived && !self.owes_opening();
        self.late_news.take_if(|_| may_be_told)
    }

    /// Whether its opening is neither told nor waiting to be.
    pub(super) fn owes_opening(&self) -> bool {
        self.is_opening || self.owed == Some(IncidentState::Opened)
    }

    /// Takes a stop of this revision back.
    pub(super) fn discount(&mut self, revision: Option<&str>) {
        let own = self.revisions.iter_mut().find(|(known, _)| Some(known.as_str()) == revision);
        own.into_iter().for_each(|(_, count)| *count = count.saturating_sub(1));
        self.pending = self.pending.saturating_sub(1);
        self.count = self.count.saturating_sub(1);
        self.told_count = self.told_count.min(self.count);
    }

    pub(super) fn note_told(&mut self, now: i64) {
        self.told_count = self.count;
        self.told_at = now;
    }

    /// Whether it goes on, and people were not told for so long.
    pub(super) fn needs_reminder(&self, remind: i64, now: i64) -> bool {
        let is_heard_of = self.told_count > 0 && !self.owes_opening();
        is_heard_of && self.count > self.told_count && now.saturating_sub(self.told_at) >= remind
    }

    /// Notes what ECS says of the service, if it is this incident's. Of several services one says nothing of the others.
    pub(super) fn note_recovery(&mut self, recovery: &ServiceRecovery, now: i64) {
        if self.is_of_several_services() || !ServiceIdentity::of_recovery(recovery).is_of(&self.latest) {
            return;
        }
        match recovery.how {
            RecoveryStep::RollingBack => self.rollback.clone_from(&recovery.deployment),
            RecoveryStep::Recovered(how) => self.note_well(how, recovery, now),
        }
    }

    /// Takes the service for well, unless a stop happened after that.
    fn note_well(&mut self, how: IncidentEnd, recovery: &ServiceRecovery, now: i64) {
        let at = recovery.at.unwrap_or(now).min(now);
        if at < self.last_at {
            return;
        }
        if recovery.deployment.is_some() {
            self.rollback.take_if(|target| recovery.deployment.as_ref() != Some(target));
        }
        // A steady state says nothing of deployments: what the one before it said still holds.
        let earlier = self.recovery.take();
        let (how, deployment) = match (how, &earlier) {
            (IncidentEnd::SteadyState, Some(earlier)) if earlier.deployment.is_some() => {
                (earlier.how, earlier.deployment.clone())
            }
            _ => (how, recovery.deployment.clone()),
        };
        let seen_at = earlier.map_or(now, |earlier| earlier.seen_at);
        self.recovery = Some(Recovered { how, deployment, at, seen_at });
    }

    /// Notes that the deployment of this service failed, and which one takes its place.
    pub(super) fn note_failed_deployment(&mut self, deployment: &StopEvent) {
        if self.is_of_service_of(deployment)
            && let Some(target) = deployment.rollback_target()
        {
            self.rollback = Some(target.to_owned());
        }
    }

    /// Whether the service recovered only by going back: a deployment that takes a failed one's place does not mend it, and
    /// neither does the steady state on the way.
    fn is_rolled_back(&self, recovered: &Recovered) -> bool {
        self.rollback.is_some() && (recovered.deployment.is_none() || recovered.deployment == self.rollback)
    }

    /// Whether a stop or the opening is on its way.
    pub(super) fn is_under_way(&self) -> bool {
        self.pending > 0 || self.is_opening
    }

    /// Whether its end must wait: for a message that would come after it, or because nothing of it arrived yet. A stop that
    /// tells nothing is not waited for, for another collector may have delivered it; it counts as late if it still arrives.
    pub(super) fn must_wait(&self) -> bool {
        self.telling > 0 || self.owed.is_some() || self.arrived_count() == 0
    }

    /// Why it is over, if it is.
    pub(super) fn end(&self, quiet: i64, settle: i64, now: i64) -> Option<IncidentEnd> {
        let since = |then: i64| now.saturating_sub(then);
        if self.must_wait() {
            return None;
        }
        let recovered = self.recovery.as_ref();
        match recovered.filter(|recovered| since(recovered.seen_at.max(self.seen_at)) >= settle) {
            Some(recovered) if self.is_rolled_back(recovered) => Some(IncidentEnd::RolledBack),
            Some(recovered) => Some(recovered.how),
            None => (since(self.seen_at) >= quiet).then_some(IncidentEnd::Quiet),
        }
    }

    /// Until when a stop must have happened to belong to it once it is over.
    pub(super) fn until(&self) -> i64 {
        self.recovery.as_ref().map_or(self.last_at, |recovered| recovered.at.max(self.last_at))
    }

    pub(super) fn report(&self, state: IncidentState) -> IncidentReport {
        IncidentReport {
            state,
            count: self.count,
            first_at: self.first_at,
            last_at: self.last_at,
            revisions: self.own_revisions(),
            services: if self.is_of_several_services() { self.services.clone() } else { Vec::new() },
            ended_by: None,
            quiet_seconds: None,
            escalated: self.is_escalated(),
            various: self.various,
            is_news: true,
        }
    }

    /// Whether it repeats on a service, and its stops alone would not be told as errors.
    fn is_escalated(&self) -> bool {
        let repeats = self.count >= ESCALATED_FROM && self.latest.service.is_some();
        (repeats || self.told_as_error) && self.latest.severity < Severity::Error
    }

    /// The stops that arrived.
    pub(super) fn arrived_count(&self) -> u64 {
        self.count.saturating_sub(self.pending)
    }

    /// What is left of it when the process ends now: the stops that arrived. `None`: none of them did.
    pub(super) fn arrived(&self) -> Option<Self> {
        let count = self.arrived_count();
        let told_count = self.told_count.min(count);
        (count > 0).then(|| Self { count, told_count, ..self.clone() })
    }

    /// Goes on after a restart: what happened meanwhile may still be on its way.
    pub(super) fn resume(&mut self, now: i64) {
        self.seen_at = now;
        self.told_at = self.told_at.min(now);
        self.has_arrived = true;
        self.told_as_error |= self.told_count >= ESCALATED_FROM && self.is_escalated();
        if let Some(recovered) = &mut self.recovery {
            recovered.seen_at = now;
        }
    }
}

/// The first of 3, 10, 30, 100 … above `told`.
fn next_milestone(told: u64) -> u64 {
    let mut decade = 1_u64;
    loop {
        for milestone in [decade.saturating_mul(3), decade.saturating_mul(10)] {
            if milestone > told || milestone == u64::MAX {
                return milestone;
            }
        }
        decade = decade.saturating_mul(10);
    }
}

/// The stop without its event, containers and lines.
fn small(stop: &StopEvent) -> StopEvent {
    let mut small = with_lines(stop);
    small.last_lines = Vec::new();
    small
}

/// The stop without its event and containers.
pub(super) fn with_lines(stop: &StopEvent) -> StopEvent {
    let mut stop = stop.clone();
    stop.event = OriginalEvent::default();
    stop.containers = Vec::new();
    stop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_are_told() {
        for (told, next) in [(1, 3), (2, 3), (3, 10), (9, 10), (10, 30), (30, 100), (299, 300), (300, 1_000)]
        {
            assert_eq!(next_milestone(told), next, "{told}");
        }
        assert_eq!(next_milestone(u64::MAX), u64::MAX);
    }
}
