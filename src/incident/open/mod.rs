//! One incident that is not over yet: what is known of it, and what a report says.
//!
//! `counting` (its stops), `telling` (what people were told of it, and are still to be), `ending` (whether it is over).

mod counting;
mod ending;
mod telling;

use serde::{Deserialize, Serialize};

use super::service::ServiceIdentity;
use crate::stop::{IncidentEnd, IncidentReport, IncidentState, OriginalEvent, Severity, StopEvent};

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

    /// Whether its latest stop and this one are of one service.
    pub(super) fn is_of_service_of(&self, stop: &StopEvent) -> bool {
        ServiceIdentity::of_stop(stop).is_some_and(|service| service.is_of(&self.latest))
    }

    /// Whether a host went away that ran tasks of several services.
    pub(super) fn is_of_several_services(&self) -> bool {
        self.services.len() > 1
    }

    /// Revisions with their stops.
    pub(super) fn revisions(&self) -> impl Iterator<Item = (&str, u64)> {
        self.revisions.iter().map(|(revision, count)| (revision.as_str(), *count))
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

    /// Numbers of several services say nothing side by side.
    fn own_revisions(&self) -> Vec<String> {
        let names = self.revisions().map(|(revision, _)| revision.to_owned());
        if self.is_of_several_services() { Vec::new() } else { names.collect() }
    }

    /// Whether it repeats on a service, and its stops alone would not be told as errors.
    fn is_escalated(&self) -> bool {
        let repeats = self.count >= ESCALATED_FROM && self.latest.service.is_some();
        (repeats || self.told_as_error) && self.latest.severity < Severity::Error
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

/// The stop without its event, containers and lines.
fn small(stop: &StopEvent) -> StopEvent {
    let mut small = with_lines(stop);
    small.last_lines = Vec::new();
    small
}

/// The stop without its event and containers, and with the lines that fit in.
pub(super) fn with_lines(stop: &StopEvent) -> StopEvent {
    let mut stop = stop.clone();
    stop.trim_lines();
    stop.event = OriginalEvent::default();
    stop.containers = Vec::new();
    stop
}
