//! The sightings of one chunk: what its stops were to their incidents, found again when the chunk comes again, and taken
//! back when it is given up.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::sighting::Sighting;
use super::tracker::IncidentTracker;
use crate::stop::StopEvent;

/// By position among the chunk's stop events. Dropping it withdraws those that did not arrive.
#[derive(Debug, Default)]
pub struct Sightings {
    tracker: OnceCell<Rc<IncidentTracker>>,
    seen: RefCell<Vec<SeenEvent>>,
}

/// One stop event of the chunk.
#[derive(Debug)]
struct SeenEvent {
    nth: usize,
    /// The place of its entry among those of the chunk.
    ordinal: u32,
    /// `None` for a stop without an incident.
    sighting: Option<Sighting>,
    has_arrived: bool,
    /// Whether it is known who was told.
    is_settled: bool,
}

impl Sightings {
    /// Tells the stop which incident it belongs to. `nth` counts the chunk's stop events from 0.
    pub fn join(&self, tracker: &Rc<IncidentTracker>, stop: &mut StopEvent, nth: usize, ordinal: u32) {
        let known = self.seen.borrow().iter().find(|seen| seen.nth == nth).map(|seen| seen.sighting.clone());
        let sighting = known.unwrap_or_else(|| self.observe(tracker, stop, nth, ordinal));
        if let Some(sighting) = sighting {
            stop.incident_id = Some(sighting.incident_id().to_owned());
            stop.incident = Some(sighting.report().clone());
            if let Some(verdict) = sighting.verdict() {
                verdict.add_to(stop);
            }
        }
    }

    fn observe(
        &self,
        tracker: &Rc<IncidentTracker>,
        stop: &StopEvent,
        nth: usize,
        ordinal: u32,
    ) -> Option<Sighting> {
        self.tracker.get_or_init(|| Rc::clone(tracker));
        let sighting = tracker.observe(stop);
        let seen =
            SeenEvent { nth, ordinal, sighting: sighting.clone(), has_arrived: false, is_settled: false };
        self.seen.borrow_mut().push(seen);
        sighting
    }

    /// Notes the news that somebody who alerts people has, before the rest of the chunk is delivered: the file must know of
    /// it when the process is killed, and it must not be told again when the chunk is given up or delivered by another
    /// collector. `was_told`: whether the entry of this ordinal reached one of them.
    pub fn note_told(&self, was_told: impl Fn(u32) -> bool) {
        let Some(tracker) = self.tracker.get() else { return };
        for seen in self.seen.borrow_mut().iter_mut().filter(|seen| seen.is_news() && was_told(seen.ordinal))
        {
            seen.arrive(tracker);
            seen.settle(tracker, true);
        }
    }

    /// Notes that the chunk will not come again, although somebody who alerts people may not have answered yet.
    pub fn arrive(&self) {
        let Some(tracker) = self.tracker.get() else { return };
        self.seen.borrow_mut().iter_mut().for_each(|seen| seen.arrive(tracker));
    }

    /// The chunk is delivered. `was_told`: as for [`Self::note_told`]. Returns how many entries are to be told again by
    /// themselves.
    pub fn confirm(&self, was_told: impl Fn(u32) -> bool) -> u32 {
        let Some(tracker) = self.tracker.get() else { return 0 };
        let mut owed = 0;
        for mut seen in self.seen.take() {
            let was_told = seen.is_settled || was_told(seen.ordinal);
            owed += u32::from(seen.is_news() && !was_told);
            seen.arrive(tracker);
            seen.settle(tracker, was_told);
        }
        owed
    }
}

impl SeenEvent {
    fn is_news(&self) -> bool {
        self.sighting.as_ref().is_some_and(|sighting| sighting.report().is_news)
    }

    fn arrive(&mut self, tracker: &IncidentTracker) {
        if let Some(sighting) = self.sighting.as_ref().filter(|_| !self.has_arrived) {
            self.has_arrived = true;
            tracker.arrive(sighting);
        }
    }

    fn settle(&mut self, tracker: &IncidentTracker, was_told: bool) {
        if let Some(sighting) = self.sighting.as_ref().filter(|_| !self.is_settled) {
            self.is_settled = true;
            tracker.settle(sighting, was_told);
        }
    }
}

impl Drop for Sightings {
    fn drop(&mut self) {
        let Some(tracker) = self.tracker.get() else { return };
        for seen in self.seen.take() {
            match &seen.sighting {
                Some(sighting) if !seen.has_arrived => tracker.withdraw(sighting),
                Some(sighting) if !seen.is_settled => tracker.settle(sighting, false),
                _ => {}
            }
        }
    }
}
