//! The chunk of a stop that was observed is answered: the stop arrived, or it did not.

use super::{Incidents, open_of};
use crate::incident::sighting::{Sighting, SightingKind};

impl Incidents {
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
}
