//! Deduplicates stop events: one report per stop.
//!
//! EventBridge delivers at least once and in any order, and ECS may send an event about a stop again, for example when
//! a network interface is gone. Owns which stops were seen, in bounded memory. Does not own what becomes of a repeated
//! one.
//!
//! A stop counts as seen once its chunk is delivered. Until then the chunk holds a *claim* on it, which the chunk's own
//! replay finds again. When the chunk is given up, its claims are released, and the next event about that stop is the
//! first again.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html> (`detail.version`), read 2026-11.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::{EcsEvent, StopEvent};

/// How an event relates to earlier events about the same stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// The first event about the stop.
    First,
    /// The stop was seen, but without the exit code that this event brings.
    Update,
    /// The same event again, or an older one.
    Repeated,
    /// A later event that adds nothing.
    Followed,
}

/// At about 200 bytes each, 2 MB.
const MAX_REMEMBERED_STOPS: usize = 10_000;

/// The stops that one instance has seen.
#[derive(Debug, Default)]
pub struct StopDedup {
    seen: RefCell<HashMap<String, SeenStop>>,
    order: RefCell<VecDeque<String>>,
}

#[derive(Debug)]
struct SeenStop {
    version: i64,
    has_exit_code: bool,
    claim: Claim,
}

type Claim = Rc<Cell<ClaimState>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClaimState {
    Pending,
    Confirmed,
    Released,
}

/// The occurrences of one chunk's stop events, in their order, with the claims they hold. Dropping it unconfirmed
/// releases the claims.
#[derive(Debug, Default)]
pub struct Claims(RefCell<Vec<(Occurrence, Option<Claim>)>>);

impl StopDedup {
    /// Remembers the event and says how it relates to earlier ones. `claims` belongs to the event's chunk; `nth` counts the
    /// chunk's stop events from 0.
    pub fn observe(&self, stop: &StopEvent, claims: &Claims, nth: usize) -> Occurrence {
        if let Some((known, _)) = claims.0.borrow().get(nth) {
            return *known;
        }
        let (occurrence, claim) = match stop.key() {
            // Each run of a container is a stop of its own; a task's later event is about the same stop.
            Some((container, run)) if stop.ecs_event == EcsEvent::ContainerExited => {
                self.occurrence_of(&format!("{container}#{run}"), 0, stop.exit_code.is_some())
            }
            Some((key, version)) => self.occurrence_of(key, version, stop.exit_code.is_some()),
            None => (Occurrence::First, None),
        };
        claims.0.borrow_mut().push((occurrence, claim));
        occurrence
    }

    /// Whether an event about a task's end would add nothing to what was seen.
    #[must_use]
    pub fn is_known(&self, stop: &StopEvent) -> bool {
        let Some((key, version)) = stop.key() else { return false };
        let seen = self.seen.borrow();
        let known = seen.get(key).filter(|known| known.claim.get() != ClaimState::Released);
        known.is_some_and(|known| version <= known.version || known.has_exit_code || stop.exit_code.is_none())
    }

    fn occurrence_of(&self, key: &str, version: i64, has_exit_code: bool) -> (Occurrence, Option<Claim>) {
        let mut seen = self.seen.borrow_mut();
        let Some(known) = seen.get_mut(key) else {
            drop(seen);
            return (Occurrence::First, Some(self.remember(key, version, has_exit_code)));
        };
        let claim = Rc::new(Cell::new(ClaimState::Pending));
        let previous =
            std::mem::replace(known, SeenStop { version, has_exit_code, claim: Rc::clone(&claim) });
        let occurrence = match previous.claim.get() {
            ClaimState::Released => Occurrence::First,
            _ if version <= previous.version => Occurrence::Repeated,
            _ if has_exit_code && !previous.has_exit_code => Occurrence::Update,
            _ => Occurrence::Followed,
        };
        match occurrence {
            Occurrence::First | Occurrence::Update => return (occurrence, Some(claim)),
            Occurrence::Repeated => *known = previous,
            Occurrence::Followed => *known = SeenStop { version, ..previous },
        }
        (occurrence, None)
    }

    fn remember(&self, key: &str, version: i64, has_exit_code: bool) -> Claim {
        let claim = Rc::new(Cell::new(ClaimState::Pending));
        let seen = SeenStop { version, has_exit_code, claim: Rc::clone(&claim) };
        self.seen.borrow_mut().insert(key.to_owned(), seen);
        let mut order = self.order.borrow_mut();
        order.push_back(key.to_owned());
        if order.len() > MAX_REMEMBERED_STOPS
            && let Some(oldest) = order.pop_front()
        {
            self.seen.borrow_mut().remove(&oldest);
        }
        claim
    }
}

impl Claims {
    /// Makes the claims permanent: the chunk is delivered.
    pub fn confirm(&self) {
        self.settle(ClaimState::Confirmed);
    }

    fn settle(&self, state: ClaimState) {
        let claims = self.0.borrow();
        let pending = claims.iter().filter_map(|(_, claim)| claim.as_ref());
        pending.filter(|claim| claim.get() == ClaimState::Pending).for_each(|claim| claim.set(state));
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        self.settle(ClaimState::Released);
    }
}

#[cfg(test)]
mod tests;
