//! One incident instead of forty stops: which stops are one, when people are told, and when it is over.
//!
//! The stations: `group` (what stops have in common) → [`Incidents`] (the state machine: a stop is observed, its arrival
//! confirmed or withdrawn, time passes) → `outbox` (news that no stop carries). Beside them: `open` and `closed` (one
//! incident), `service_limit` (how many of them a service may have), `seen` (stops that were counted), `sighting` and
//! `sightings` (what one stop, and the stops of one chunk, were to their incidents), `service` (which service an event is
//! about), `revisions` (which deployment ran which revision), `verdict` (what stops say about a deployment that failed),
//! `saved` (all of it as text), `store` (the file for that) and [`IncidentTracker`] (all of it with the clock, for one
//! running instance). Does not own: what a stop means (`stop`), how news is worded (`destination`), or when it is sent
//! (`router`).
//!
//! docs/incidents.md promises:
//!
//! - An incident is opened once, and resolved once.
//! - A stop counts once, and only when it arrived: until then its chunk holds a [`Sighting`], which the chunk's replay
//!   finds again, and which is withdrawn when the chunk is given up.
//! - All lists are bounded.

mod closed;
mod group;
mod incidents;
mod open;
mod outbox;
mod revisions;
mod saved;
mod seen;
mod service;
mod service_limit;
mod sighting;
mod sightings;
mod store;
mod tracker;
mod verdict;

#[cfg(test)]
mod tests;

pub use self::incidents::{IncidentTally, Incidents};
pub use self::outbox::IncidentNews;
pub use self::sighting::Sighting;
pub use self::sightings::Sightings;
pub(crate) use self::store::StateFile;
pub use self::tracker::{Clock, IncidentTracker};
