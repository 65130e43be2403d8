//! What people are told of an incident without a stop that tells it: it waits in the outbox until it is delivered.

use super::{Incidents, open_of};
use crate::incident::group::{self, GroupId};
use crate::incident::open::{self, OpenIncident};
use crate::incident::outbox::{IncidentNews, Outbox};
use crate::incident::sighting::Sighting;
use crate::stop::{IncidentReport, IncidentState, StopEvent};

impl Incidents {
    /// What a stop did not tell is told by itself.
    pub(super) fn settle_news(&mut self, sighting: &Sighting, was_told: bool) {
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

    /// Tells what a later version of a counted stop says of it, as of its incident: an alert of its own would have no end.
    pub(super) fn tell_update(&mut self, group: GroupId, stop: &StopEvent) {
        let Some(incident) = self.open.get_mut(&group).filter(|_| self.tells) else { return };
        incident.update(stop);
        self.changes += 1;
        self.tell_late_news(group);
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

    /// Tells the counts that were reached while people had not heard of the incidents yet.
    pub(super) fn tell_reached_counts(&mut self, now: i64) {
        let told =
            self.open.values_mut().filter_map(|one| tell_reached(one, &mut self.outbox, now).then_some(1));
        self.changes += told.sum::<u64>();
    }

    pub(super) fn remind(&mut self, remind: i64, now: i64) {
        for incident in self.open.values_mut().filter(|one| one.needs_reminder(remind, now)) {
            incident.note_told(now);
            let report = incident.tell(IncidentState::Continued);
            self.outbox.push(news(&incident.latest, &incident.id, report));
            self.changes += 1;
        }
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
}

/// Tells a count that was reached while people had not heard of the incident yet, so that no stop could tell it.
pub(super) fn tell_reached(incident: &mut OpenIncident, outbox: &mut Outbox, now: i64) -> bool {
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

pub(super) fn news(stop: &StopEvent, id: &str, report: IncidentReport) -> IncidentNews {
    let mut stop = stop.clone();
    stop.incident_id = Some(id.to_owned());
    stop.incident = Some(report);
    IncidentNews { stop }
}
