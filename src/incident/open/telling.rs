//! What people were told of an incident, and are still to be.

use super::{OpenIncident, small, with_lines};
use crate::stop::{IncidentReport, IncidentState, Severity, StopEvent};

impl OpenIncident {
    /// Whether the count is one to tell, which then counts as told.
    pub(in crate::incident) fn tell_count(&mut self, now: i64) -> Option<IncidentState> {
        let state = match self.told_count {
            0 => IncidentState::Opened,
            told if self.count >= next_milestone(told) => IncidentState::Continued,
            _ => return None,
        };
        self.note_told(now);
        Some(state)
    }

    /// Whether a count is reached that no stop told, for people had not heard of the incident yet.
    pub(in crate::incident) fn has_untold_count(&self) -> bool {
        let is_heard_of = self.told_count > 0 && !self.owes_opening();
        is_heard_of && self.arrived_count() >= next_milestone(self.told_count)
    }

    /// What people are told now.
    pub(in crate::incident) fn tell(&mut self, state: IncidentState) -> IncidentReport {
        let report = self.report(state);
        self.told_as_error |= report.escalated;
        report
    }

    /// A stop is to tell this; `is_news`: there is somebody to tell.
    pub(in crate::incident) fn begin_telling(&mut self, state: IncidentState, is_news: bool) {
        self.is_opening |= is_news && state == IncidentState::Opened;
        self.telling += u64::from(is_news);
    }

    /// A stop that was to tell this did, or did not.
    pub(in crate::incident) fn end_telling(&mut self, report: &IncidentReport, was_told: bool) {
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
    pub(in crate::incident) fn take_owed(&mut self) -> Option<IncidentState> {
        self.owed.take_if(|_| self.has_arrived)
    }

    /// A stop that was counted is not what it seemed. All that follows is told as severely, so that its end is, too.
    pub(in crate::incident) fn update(&mut self, stop: &StopEvent) {
        let mut news = with_lines(stop);
        news.update = true;
        self.told_as_error |= stop.severity == Severity::Error;
        if stop.task_arn.is_some() && self.latest.task_arn == stop.task_arn {
            self.latest = small(stop);
        }
        self.late_news = Some(Box::new(news));
    }

    /// Takes what is to be told once the opening is.
    pub(in crate::incident) fn take_late_news(&mut self) -> Option<Box<StopEvent>> {
        let may_be_told = self.has_arrived && !self.owes_opening();
        self.late_news.take_if(|_| may_be_told)
    }

    /// Whether its opening is neither told nor waiting to be.
    pub(in crate::incident) fn owes_opening(&self) -> bool {
        self.is_opening || self.owed == Some(IncidentState::Opened)
    }

    pub(in crate::incident) fn note_told(&mut self, now: i64) {
        self.told_count = self.count;
        self.told_at = now;
    }

    /// Whether it goes on, and people were not told for so long.
    pub(in crate::incident) fn needs_reminder(&self, remind: i64, now: i64) -> bool {
        let is_heard_of = self.told_count > 0 && !self.owes_opening();
        is_heard_of && self.count > self.told_count && now.saturating_sub(self.told_at) >= remind
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
