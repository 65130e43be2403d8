//! The sightings of one chunk: what its stops were to their incidents, found again when the chunk comes again, and taken
//! back when it is given up.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use super::sighting::Sighting;
use super::tracker::IncidentTracker;
use crate::stop::StopEvent;

/// By position among the chunk's stop events. Dropping it unconfirmed withdraws them.
#[derive(Debug, Default)]
pub struct Sightings {
    tracker: OnceCell<Rc<IncidentTracker>>,
    /// Each with the entry's ordinal; `None` for a stop without an incident.
    seen: RefCell<Vec<(usize, u32, Option<Sighting>)>>,
}

impl Sightings {
    /// Tells the stop which incident it belongs to. `nth` counts the chunk's stop events from 0.
    pub fn join(&self, tracker: &Rc<IncidentTracker>, stop: &mut StopEvent, nth: usize, ordinal: u32) {
        let known = self.seen.borrow().iter().find(|(at, ..)| *at == nth).map(|(.., known)| known.clone());
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
        self.seen.borrow_mut().push((nth, ordinal, sighting.clone()));
        sighting
    }

    /// The chunk is delivered. `was_told`: whether the entry of this ordinal reached somebody who alerts people. Returns how
    /// many entries are to be told again by themselves.
    pub fn confirm(&self, was_told: impl Fn(u32) -> bool) -> u32 {
        let Some(tracker) = self.tracker.get() else { return 0 };
        let mut owed = 0;
        for (_, ordinal, sighting) in self.seen.take() {
            let Some(sighting) = sighting else { continue };
            let was_told = was_told(ordinal);
            owed += u32::from(sighting.report().is_news && !was_told);
            tracker.confirm(&sighting, was_told);
        }
        owed
    }
}

impl Drop for Sightings {
    fn drop(&mut self) {
        let Some(tracker) = self.tracker.get() else { return };
        self.seen.take().iter().filter_map(|(.., sighting)| sighting.as_ref()).for_each(|sighting| {
            tracker.withdraw(sighting);
        });
    }
}
