//! The answer to one flush of the host's, on which both sides agree. Does not own: the waiting for it.
//!
//! The host's flush stops waiting when the worker's thread comes too late, for example because the machine is busy. The
//! host then brings the chunk again, whatever the worker makes of the first one. So a flush that gives up leaves the
//! chunk's digest behind, and the replay finds what has arrived.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ledger::Digest;
use super::verdict::Verdict;

/// Open until the first of the two sides speaks.
#[derive(Debug, Default)]
pub(crate) struct FlushAnswer(Mutex<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Open,
    Given(Verdict),
    GivenUp(Option<Digest>),
}

impl FlushAnswer {
    /// The worker's side: what the host is told, unless its flush has given up.
    pub(crate) fn give(&self, verdict: Verdict) {
        let mut state = self.lock();
        if matches!(*state, State::Open) {
            *state = State::Given(verdict);
        }
    }

    /// The flush's side, when it has waited long enough or was woken: the verdict; without one the flush gives up and the
    /// chunk has to come again. `digest` is asked for only then.
    pub(crate) fn take_or_give_up(&self, digest: impl FnOnce() -> Option<Digest>) -> Verdict {
        let mut state = self.lock();
        match *state {
            State::Given(verdict) => verdict,
            State::GivenUp(_) => Verdict::Retry,
            State::Open => {
                *state = State::GivenUp(digest());
                Verdict::Retry
            }
        }
    }

    /// The digest of the chunk whose flush has given up.
    pub(crate) fn given_up(&self) -> Option<Digest> {
        match *self.lock() {
            State::GivenUp(digest) => digest,
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_side_to_speak_decides() {
        let answered = FlushAnswer::default();
        answered.give(Verdict::Ok);
        assert_eq!(answered.take_or_give_up(|| Some(1)), Verdict::Ok);
        assert_eq!(answered.given_up(), None);

        let given_up = FlushAnswer::default();
        assert_eq!(given_up.take_or_give_up(|| Some(1)), Verdict::Retry);
        given_up.give(Verdict::Ok);
        assert_eq!(given_up.take_or_give_up(|| Some(2)), Verdict::Retry);
        assert_eq!(given_up.given_up(), Some(1));
    }
}
