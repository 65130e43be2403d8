//! The state machine of incidents. Pure: no I/O, and the clock is the caller's.

use std::collections::BTreeMap;
use std::time::Duration;

use super::closed::{ClosedIncident, ClosedIncidents};
use super::group::{self, GroupId};
use super::open::{self, OpenIncident};
use super::outbox::{IncidentNews, Outbox};
use super::revisions::KnownRevisions;
use super::saved;
use super::seen::SeenStops;
use super::service_limit;
use super::sighting::{Sighting, SightingKind};
use super::verdict::{self, DeploymentVerdict};
use crate::config::IncidentSettings;
use crate::stop::{
    EcsEvent, FailedRevision, IncidentEnd, IncidentReport, IncidentState, ServiceRecovery, StopEvent,
};

/// At about 2 KB each, 2 MB.
const MAX_OPEN: usize = 1_000;

/// How long after a service is well again a stop may still show that it is not: in a crash loop ECS reports a steady
/// state between two crashes.
const SETTLE: Duration = Duration::from_mins(5);

/// How far the clocks of ECS and of this machine may be apart.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60_000;

/// All incidents of one instance. Times are milliseconds since 1970; `now` is the own clock's.
#[derive(Debug)]
pub struct Incidents {
    settings: IncidentSettings,
    /// [`MAX_OPEN`], except in tests.
    pub(super) max_open: usize,
    /// Whether there is anybody to tell.
    tells: bool,
    open: BTreeMap<GroupId, OpenIncident>,
    closed: ClosedIncidents,
    outbox: Outbox,
    seen: SeenStops,
    revisions: KnownRevisions,
    tally: IncidentTally,
    /// How often something changed: shows whether there is anything to save.
    changes: u64,
}

/// What became of incidents since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IncidentTally {
    /// Incidents of which a stop arrived.
    pub opened: u64,
    /// Incidents that are over, those that were evicted among them.
    pub resolved: u64,
    /// Incidents that ended only because there were too many.
    pub evicted: u64,
    /// Incidents that are open.
    pub open: u64,
    /// News that was dropped because nobody took it for too long.
    pub dropped_news: u64,
}

impl Incidents {
    /// `tells`: whether news goes anywhere.
    #[must_use]
    pub fn new(settings: IncidentSettings, tells: bool) -> Self {
        Self {
            settings,
            max_open: MAX_OPEN,
            tells,
            open: BTreeMap::new(),
            closed: ClosedIncidents::default(),
            outbox: Outbox::default(),
            seen: SeenStops::default(),
            revisions: KnownRevisions::default(),
            tally: IncidentTally::default(),
            changes: 0,
        }
    }

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
        self.changes += 1;
        let shared_group = || service_limit::shared_group(&self.open, stop, &self.settings.group_by);
        let shared = if self.open.contains_key(&group) { None } else { shared_group() };
        let group = shared.unwrap_or(group);
        number.into_iter().for_each(|number| self.seen.insert(number, Some(group)));
        // A time to come would have all later stops of its group belong to this incident when it is over.
        let at = stop.at().filter(|at| *at <= now.saturating_add(CLOCK_TOLERANCE_MS)).unwrap_or(now);
        if !self.open.contains_key(&group)
            && let Some(late) = self.closed.count_late(group, at)
        {
            let report = IncidentReport { is_news: false, ..late.report.clone() };
            let kind = SightingKind::Late;
            return Some(Sighting::new(group, &late.id, number, report, kind));
        }
        let mut sighting = self.count(group, number, stop, at, now);
        if let Some(incident) = self.open.get_mut(&group).filter(|_| shared.is_some()) {
            incident.various = true;
            sighting.report.various = true;
        }
        Some(sighting)
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

    /// Tells what a later version of a counted stop says of it, as of its incident: an alert of its own would have no end.
    fn tell_update(&mut self, group: GroupId, stop: &StopEvent) {
        let Some(incident) = self.open.get_mut(&group).filter(|_| self.tells) else { return };
        incident.update(stop);
        self.changes += 1;
        self.tell_late_news(group);
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

    /// Ends incidents until there are no more than `most`. One whose end must wait stays, for people would hear of it after
    /// its end; their chunks bound how many these are.
    fn shrink_to(&mut self, most: usize, now: i64) {
        while self.open.len() > most {
            let Some(group) = service_limit::most_dispensable(&self.open) else { return };
            self.tally.evicted += 1;
            self.resolve(group, IncidentEnd::Evicted, now);
        }
    }

    /// The stop arrived: it counts, and does not come again.
    pub fn arrive(&mut self, sighting: &Sighting) {
        self.changes += 1;
        sighting.stop.into_iter().for_each(|stop| self.seen.confirm(stop));
        match sighting.kind {
            SightingKind::Counted => self.arrive_counted(sighting),
            SightingKind::Late => self.closed.arrive(&sighting.id),
            SightingKind::Known => {}
        }
    }

    fn arrive_counted(&mut self, sighting: &Sighting) {
        let Some(incident) = open_of(&mut self.open, sighting) else {
            self.closed.count(&sighting.id);
            return;
        };
        incident.pending = incident.pending.saturating_sub(1);
        self.tally.opened += u64::from(!incident.has_arrived);
        incident.has_arrived = true;
    }

    /// It is known who was told of a stop that arrived. `was_told`: its news arrived, if it is any; otherwise that is told
    /// without it.
    pub fn settle(&mut self, sighting: &Sighting, was_told: bool) {
        self.changes += 1;
        if sighting.kind == SightingKind::Counted {
            self.settle_news(sighting, was_told);
        }
    }

    /// The stop did not arrive, and is not to come again as it is.
    pub fn withdraw(&mut self, sighting: &Sighting) {
        self.changes += 1;
        sighting.stop.into_iter().for_each(|stop| self.seen.remove(stop));
        match sighting.kind {
            SightingKind::Late => self.closed.discount(&sighting.id),
            SightingKind::Counted => self.discount(sighting),
            SightingKind::Known => {}
        }
    }

    fn discount(&mut self, sighting: &Sighting) {
        let Some(incident) = open_of(&mut self.open, sighting) else { return };
        incident.discount(sighting.revision.as_deref());
        if incident.count == 0 {
            self.open.remove(&sighting.group);
            return;
        }
        self.settle_news(sighting, false);
    }

    /// What a stop did not tell is told by itself.
    fn settle_news(&mut self, sighting: &Sighting, was_told: bool) {
        let Some(incident) = open_of(&mut self.open, sighting) else { return };
        if sighting.news.is_some() {
            incident.end_telling(&sighting.report, was_told);
        }
        if let Some(state) = incident.take_owed() {
            let report = incident.tell(state);
            let stop = sighting.news.as_deref().unwrap_or(&incident.latest);
            self.outbox.push(news(stop, &incident.id, report));
        }
        self.tell_late_news(sighting.group);
    }

    /// Tells last lines that came after the report that opened their incident, unless others were told. Those of an opening
    /// that is still on its way wait for it: if its chunk is given up, nobody would hear that the incident is over.
    pub fn bring_lines(&mut self, stop: &StopEvent) {
        let counted_in = group::stop_number(stop).and_then(|number| self.seen.group_of(number));
        let group = counted_in.unwrap_or_else(|| group::group_of(stop, &self.settings.group_by));
        let Some(incident) = self.open.get_mut(&group).filter(|one| one.lacks_lines && self.tells) else {
            return;
        };
        incident.lacks_lines = false;
        let mut stop = open::with_lines(stop);
        stop.update = true;
        incident.late_news = Some(Box::new(stop));
        self.changes += 1;
        self.tell_late_news(group);
    }

    fn tell_late_news(&mut self, group: GroupId) {
        let Some(incident) = self.open.get_mut(&group) else { return };
        if let Some(stop) = incident.take_late_news() {
            let report = incident.tell(IncidentState::Continued);
            self.outbox.push(news(&stop, &incident.id, report));
        }
    }

    /// Notes that a service is well again.
    pub fn recover(&mut self, recovery: &ServiceRecovery, now: i64) {
        self.changes += 1;
        self.open.values_mut().for_each(|incident| incident.note_recovery(recovery, now));
    }

    /// Ends what is over, and reminds of what goes on.
    pub fn tick(&mut self, now: i64) {
        if self.tells {
            let told = self
                .open
                .values_mut()
                .filter_map(|one| tell_reached(one, &mut self.outbox, now).then_some(1));
            self.changes += told.sum::<u64>();
        }
        let quiet = millis(self.settings.quiet);
        let settle = quiet.min(millis(SETTLE));
        let ended: Vec<(GroupId, IncidentEnd)> = self
            .open
            .iter()
            .filter(|(_, incident)| !self.tells || !incident.has_untold_count())
            .filter_map(|(group, incident)| Some((*group, incident.end(quiet, settle, now)?)))
            .collect();
        ended.into_iter().for_each(|(group, end)| self.resolve(group, end, now));
        if let Some(remind) = self.settings.remind.filter(|_| self.tells) {
            self.remind(millis(remind), now);
        }
    }

    fn remind(&mut self, remind: i64, now: i64) {
        for incident in self.open.values_mut().filter(|one| one.needs_reminder(remind, now)) {
            incident.note_told(now);
            let report = incident.tell(IncidentState::Continued);
            self.outbox.push(news(&incident.latest, &incident.id, report));
            self.changes += 1;
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

    /// Takes the news that waits, to be sent. It is owed until [`Self::news_delivered`].
    pub fn take_news(&mut self, now: i64) -> Vec<IncidentNews> {
        if self.outbox.is_empty() {
            return Vec::new();
        }
        for incident in self.open.values_mut() {
            let report = incident.report(IncidentState::Opened);
            if self.outbox.refresh_opening(&incident.id, report) {
                incident.tell(IncidentState::Opened);
                incident.note_told(now);
            }
        }
        self.outbox.take()
    }

    /// Whether news waits to be sent.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// The news that was taken has arrived, or never will.
    pub fn news_delivered(&mut self) {
        self.changes += 1;
        self.outbox.delivered();
    }

    /// Whether nothing is open, so that time does not matter.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// What became of incidents since the start.
    #[must_use]
    pub fn tally(&self) -> IncidentTally {
        let open = self.open.len() as u64;
        IncidentTally { open, dropped_news: self.outbox.dropped, ..self.tally }
    }

    /// A number that grows with each change of what [`Self::save`] writes.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// All that must survive a restart, as JSON. Stops that did not arrive yet are not in it, for they come again.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let mut owed: Vec<IncidentNews> = self.outbox.owed().cloned().collect();
        let arrived = |incident: &OpenIncident| Some((incident.owes_opening(), incident.arrived()?));
        let open: Vec<(GroupId, (bool, OpenIncident))> =
            self.open.iter().filter_map(|(group, one)| Some((*group, arrived(one)?))).collect();
        for (_, (_, one)) in open.iter().filter(|(_, (is_opening, _))| *is_opening) {
            owed.push(news(&one.latest, &one.id, one.report(IncidentState::Opened)));
        }
        let open = open.into_iter().map(|(group, (_, one))| (group, one)).collect();
        let revisions = self.revisions.iter().cloned().collect();
        saved::write(open, self.closed.arrived().collect(), owed, self.seen.arrived(), revisions)
    }

    /// Goes on where an earlier process ended.
    ///
    /// # Errors
    /// When the text is not what this version writes; nothing is changed then.
    pub fn restore(&mut self, text: &[u8], now: i64) -> Result<(), String> {
        let saved = saved::read(text)?;
        self.seen = SeenStops::restored(saved.seen());
        self.open = saved.open.into_iter().collect();
        self.open.values_mut().for_each(|incident| incident.resume(now));
        self.closed = ClosedIncidents::restored(saved.closed);
        self.outbox = Outbox::restored(if self.tells { saved.owed } else { Vec::new() });
        self.revisions = KnownRevisions::restored(saved.revisions);
        self.shrink_to(self.max_open, now);
        Ok(())
    }
}

/// The incident that the stop was counted in, if it is still open.
fn open_of<'o>(
    open: &'o mut BTreeMap<GroupId, OpenIncident>,
    sighting: &Sighting,
) -> Option<&'o mut OpenIncident> {
    open.get_mut(&sighting.group).filter(|incident| incident.id == sighting.id)
}

/// Tells a count that was reached while people had not heard of the incident yet, so that no stop could tell it.
fn tell_reached(incident: &mut OpenIncident, outbox: &mut Outbox, now: i64) -> bool {
    if !incident.has_untold_count() {
        return false;
    }
    let refreshed = outbox.refresh_opening(&incident.id, incident.report(IncidentState::Opened));
    if !refreshed && outbox.has_opening(&incident.id) {
        return false;
    }
    let report = incident.tell(IncidentState::Continued);
    if !refreshed {
        outbox.push(news(&incident.latest, &incident.id, report));
    }
    incident.note_told(now);
    true
}

fn news(stop: &StopEvent, id: &str, report: IncidentReport) -> IncidentNews {
    let mut stop = stop.clone();
    stop.incident_id = Some(id.to_owned());
    stop.incident = Some(report);
    IncidentNews { stop }
}

/// The first name of this window that no incident had.
fn unused_id(closed: &ClosedIncidents, group: GroupId, window: i64) -> String {
    let mut names = (0..).map(|generation| group::incident_id(group, window, generation));
    names.find(|name| !closed.has_id(name)).unwrap_or_default()
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
