//! The state machine of incidents. Pure: no I/O, and the clock is the caller's.
//!
//! In the order of an incident's life: `counting` (a stop is observed and counted), `arrival` (the stop arrived, or did
//! not), `ending` (the incident is over). All of them use `telling` (what people are told, by a stop or without one). Here
//! is what they share, and what survives a restart.

mod arrival;
mod counting;
mod ending;
mod telling;

use std::collections::BTreeMap;
use std::time::Duration;

use self::telling::news;
use super::closed::ClosedIncidents;
use super::group::GroupId;
use super::open::OpenIncident;
use super::outbox::{IncidentNews, Outbox};
use super::revisions::KnownRevisions;
use super::saved;
use super::seen::SeenStops;
use super::sighting::Sighting;
use crate::config::IncidentSettings;
use crate::stop::IncidentState;

/// At about 2 KB each, 2 MB.
const MAX_OPEN: usize = 1_000;

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

    /// Tells counts that no stop could tell, ends what is over, and reminds of what goes on.
    pub fn tick(&mut self, now: i64) {
        if self.tells {
            self.tell_reached_counts(now);
        }
        self.end_all_that_are_over(now);
        if let Some(remind) = self.settings.remind.filter(|_| self.tells) {
            self.remind(millis(remind), now);
        }
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

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
