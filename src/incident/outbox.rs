//! News of incidents that no stop carries: reminders, ends, and what its own chunk could not bring. It waits here until it
//! was delivered.

use serde::{Deserialize, Serialize};

use crate::stop::{IncidentReport, IncidentState, StopEvent};

/// What people are to be told of one incident: its latest stop, with where the incident stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentNews {
    /// Its `incident_id` and `incident` are set.
    pub stop: StopEvent,
}

/// Older news is dropped for newer: an alert that could not be delivered for so long is none any more.
const MAX_WAITING: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Vec<IncidentNews>,
    /// On its way to the destinations.
    sending: Vec<IncidentNews>,
    /// News that was dropped because nobody took it for long.
    pub(super) dropped: u64,
}

impl Outbox {
    pub(super) fn restored(waiting: Vec<IncidentNews>) -> Self {
        Self { waiting, ..Self::default() }
    }

    /// Adds news. What says less of the same incident makes way for it.
    pub(super) fn push(&mut self, mut news: IncidentNews) {
        let state = news.state();
        if state == Some(IncidentState::Continued)
            && let Some(opening) = self.find(&news, IncidentState::Opened)
        {
            // Not told yet that it has begun: one message tells both.
            if let Some(report) = &mut news.stop.incident {
                report.state = IncidentState::Opened;
            }
            news.stop.update = opening.stop.update;
            if !opening.stop.last_lines.is_empty() {
                news.stop.take_lines(&mut opening.stop);
            }
            *opening = news;
            return;
        }
        if state == Some(IncidentState::Continued)
            && let Some(lines) = self.find(&news, IncidentState::Continued).filter(|one| one.stop.update)
        {
            news.stop.update = true;
            news.stop.take_lines(&mut lines.stop);
        }
        self.waiting.retain(|other| !other.makes_way_for(&news));
        self.waiting.push(news);
        if self.waiting.len() > MAX_WAITING {
            self.drop_one();
        }
    }

    /// Drops what is missed least. Without its end an alert would stay open, so ends go last.
    fn drop_one(&mut self) {
        let oldest = |state| self.waiting.iter().position(|news| news.state() == Some(state));
        let least = oldest(IncidentState::Continued).or_else(|| oldest(IncidentState::Opened)).unwrap_or(0);
        self.waiting.remove(least);
        self.dropped += 1;
    }

    /// Whether the opening of this incident has not been delivered yet.
    pub(super) fn has_opening(&self, id: &str) -> bool {
        self.owed().any(|news| news.is_opening_of(id))
    }

    /// Brings the opening of this incident up to date; `false`: it does not wait.
    pub(super) fn refresh_opening(&mut self, id: &str, report: IncidentReport) -> bool {
        let Some(opening) = self.waiting.iter_mut().find(|news| news.is_opening_of(id)) else { return false };
        opening.stop.incident = Some(report);
        true
    }

    fn find(&mut self, news: &IncidentNews, state: IncidentState) -> Option<&mut IncidentNews> {
        self.waiting.iter_mut().find(|other| other.is_of(news) && other.state() == Some(state))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes all that waits, to be sent.
    pub(super) fn take(&mut self) -> Vec<IncidentNews> {
        self.sending = std::mem::take(&mut self.waiting);
        self.sending.clone()
    }

    /// What was taken is delivered.
    pub(super) fn delivered(&mut self) {
        self.sending.clear();
    }

    /// All that is not known to be delivered.
    pub(super) fn owed(&self) -> impl Iterator<Item = &IncidentNews> {
        self.sending.iter().chain(&self.waiting)
    }
}

impl IncidentNews {
    /// Where the incident stands.
    #[must_use]
    pub fn state(&self) -> Option<IncidentState> {
        self.stop.incident.as_ref().map(|report| report.state)
    }

    fn is_opening_of(&self, id: &str) -> bool {
        self.state() == Some(IncidentState::Opened) && self.stop.incident_id.as_deref() == Some(id)
    }

    /// Whether it says less of its incident than this, which comes after it. That an incident became an error is told before
    /// its end: who wants errors alone has heard nothing else of it.
    fn makes_way_for(&self, news: &Self) -> bool {
        let is_escalated = self.stop.incident.as_ref().is_some_and(|report| report.escalated);
        let is_needed = is_escalated && news.state() == Some(IncidentState::Resolved);
        self.is_of(news) && self.state() == Some(IncidentState::Continued) && !is_needed
    }

    fn is_of(&self, other: &Self) -> bool {
        self.stop.incident_id == other.stop.incident_id
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stop;

    fn news(incident: usize, state: IncidentState) -> IncidentNews {
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {
            "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/prod/1", "lastStatus": "STOPPED",
            "stopCode": "EssentialContainerExited", "containers": [{"name": "app", "exitCode": 1}]}});
        let mut stop = stop::read(event).unwrap();
        stop.incident_id = Some(format!("inc-{incident}"));
        stop.incident = Some(IncidentReport {
            state,
            count: 1,
            first_at: 0,
            last_at: 0,
            revisions: Vec::new(),
            services: Vec::new(),
            ended_by: None,
            quiet_seconds: None,
            escalated: false,
            various: false,
            is_news: true,
        });
        IncidentNews { stop }
    }

    #[test]
    fn ends_are_dropped_last() {
        let mut outbox = Outbox::default();
        outbox.push(news(0, IncidentState::Resolved));
        outbox.push(news(1, IncidentState::Opened));
        (2..MAX_WAITING).for_each(|incident| outbox.push(news(incident, IncidentState::Continued)));
        let waiting = |outbox: &Outbox, wanted| {
            outbox.waiting.iter().filter(|news| news.state() == Some(wanted)).count()
        };
        outbox.push(news(MAX_WAITING, IncidentState::Resolved));
        assert_eq!(waiting(&outbox, IncidentState::Continued), MAX_WAITING - 3);
        (1..MAX_WAITING - 2).for_each(|more| outbox.push(news(MAX_WAITING + more, IncidentState::Resolved)));
        assert_eq!(waiting(&outbox, IncidentState::Continued), 0);
        assert_eq!(waiting(&outbox, IncidentState::Opened), 1);
        outbox.push(news(5 * MAX_WAITING, IncidentState::Resolved));
        assert_eq!(waiting(&outbox, IncidentState::Resolved), MAX_WAITING);
        assert_eq!(outbox.dropped as usize, MAX_WAITING - 1);
    }
}
