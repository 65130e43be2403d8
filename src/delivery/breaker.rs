//! A circuit breaker: leaves a destination alone that keeps failing, and tries one request now and then.
//!
//! Owns: closed, open, half open, and when to change. Does not own: what a failure is (`deliver`), or what becomes of
//! what could not be sent. While it is open, a flush is answered at once instead of waiting for a destination that
//! will not answer; others keep their speed, because Fluent Bit's coroutines are free again.

use std::cell::Cell;

use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use crate::metrics::BreakerState as Position;

/// Failures in a row, with no success between them.
const FAILURES: u32 = 3;

/// They must go on for so long: an outage of a moment fails many requests at one time, and one that a flush can sit out
/// is better sat out.
const FAILING_FOR: Duration = Duration::from_secs(10);

/// How long it stays open the first time; twice as long each time that the trial fails.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long others wait for the outcome of a trial. A destination that says nothing would otherwise hold up every flush
/// for as long as a request may take.
const PATIENCE: Duration = Duration::from_millis(250);

/// One destination's.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    state: Cell<State>,
    changed: Notify,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
        since: Option<Instant>,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// One request is on trial.
    HalfOpen {
        since: Instant,
        pause: Duration,
    },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0, since: None }
    }
}

/// A change that is worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Left alone for so long; the number of failures that led to it.
    Opened(Duration, u32),
    /// It answers again.
    Closed,
}

/// Leave to make one attempt. Dropped without an outcome, a trial counts as failed.
#[derive(Debug)]
pub struct Permit<'b> {
    breaker: &'b CircuitBreaker,
    trial: bool,
}

impl CircuitBreaker {
    /// Leave to try now; `None` while it is open. Waits for the outcome of a trial that has just begun, at most until
    /// `deadline`.
    pub async fn try_acquire(&self, deadline: Instant) -> Option<Permit<'_>> {
        loop {
            let changed = self.changed.notified();
            match self.state.get() {
                State::Closed { .. } => return Some(Permit { breaker: self, trial: false }),
                State::Open { until, .. } if Instant::now() < until => return None,
                State::Open { pause, .. } => {
                    self.state.set(State::HalfOpen { since: Instant::now(), pause });
                    return Some(Permit { breaker: self, trial: true });
                }
                State::HalfOpen { since, .. } => {
                    tokio::time::timeout_at(deadline.min(since + PATIENCE), changed).await.ok()?;
                }
            }
        }
    }

    /// For the counters.
    #[must_use]
    pub fn state_now(&self) -> Position {
        match self.state.get() {
            State::Closed { .. } => Position::Closed,
            State::HalfOpen { .. } => Position::HalfOpen,
            State::Open { .. } => Position::Open,
        }
    }

    /// Time is short: the next attempt is a trial, however lately the last one failed.
    pub fn allow_probe(&self) {
        if let State::Open { pause, .. } = self.state.get() {
            self.state.set(State::Open { until: Instant::now(), pause });
        }
    }

    fn enter(&self, state: State) {
        self.state.set(state);
        self.changed.notify_waiters();
    }

    fn open(&self, pause: Duration, failures: u32) -> Change {
        self.enter(State::Open { until: Instant::now() + pause, pause });
        Change::Opened(pause, failures)
    }

    fn failed(&self, trial: bool) -> Option<Change> {
        match self.state.get() {
            State::Closed { failures, since } => {
                let (failures, since) = (failures + 1, since.unwrap_or_else(Instant::now));
                if failures >= FAILURES && since.elapsed() >= FAILING_FOR {
                    return Some(self.open(FIRST_PAUSE, failures));
                }
                self.state.set(State::Closed { failures, since: Some(since) });
                None
            }
            State::HalfOpen { pause, .. } if trial => {
                self.open((pause * 2).min(LONGEST_PAUSE), 1);
                None
            }
            // Attempts that began before it opened.
            State::HalfOpen { .. } | State::Open { .. } => None,
        }
    }

    fn succeeded(&self) -> Option<Change> {
        let was_closed = matches!(self.state.get(), State::Closed { .. });
        self.enter(State::default());
        (!was_closed).then_some(Change::Closed)
    }
}

impl Permit<'_> {
    /// The destination answered, whatever it said.
    pub fn succeeded(mut self) -> Option<Change> {
        self.trial = false;
        self.breaker.succeeded()
    }

    /// It did not, or only to say that it cannot now.
    pub fn failed(mut self) -> Option<Change> {
        let trial = std::mem::take(&mut self.trial);
        self.breaker.failed(trial)
    }

    /// The outcome says nothing about the destination as a whole.
    pub fn inconclusive(mut self) {
        // Of a trial it says that somebody is there.
        if std::mem::take(&mut self.trial) {
            self.breaker.succeeded();
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.trial {
            self.breaker.failed(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn soon() -> Instant {
        Instant::now() + SECOND
    }

    /// Fails until it opens; answers with the change.
    async fn open(breaker: &CircuitBreaker) -> Change {
        loop {
            tokio::time::advance(SECOND).await;
            if let Some(change) = breaker.try_acquire(soon()).await.expect("closed").failed() {
                return change;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_that_go_on_and_lets_one_trial_through() {
        let (breaker, start) = (CircuitBreaker::default(), Instant::now());
        assert_eq!(open(&breaker).await, Change::Opened(FIRST_PAUSE, 11));
        assert_eq!(start.elapsed(), 11 * SECOND);
        assert!(breaker.try_acquire(soon()).await.is_none() && breaker.state_now() == Position::Open);
        tokio::time::advance(FIRST_PAUSE).await;
        let trial = breaker.try_acquire(soon()).await.expect("a trial");
        let (second, ()) = tokio::join!(breaker.try_acquire(soon()), async {
            assert_eq!(breaker.state_now(), Position::HalfOpen);
            assert_eq!(trial.succeeded(), Some(Change::Closed));
        });
        assert!(second.is_some(), "who waited for the trial goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_trial_doubles_the_pause_up_to_a_minute() {
        let breaker = CircuitBreaker::default();
        open(&breaker).await;
        for pause in [5, 10, 20, 40, 60, 60] {
            tokio::time::advance(pause * SECOND - Duration::from_millis(1)).await;
            assert!(breaker.try_acquire(soon()).await.is_none(), "{pause}");
            tokio::time::advance(Duration::from_millis(1)).await;
            assert_eq!(breaker.try_acquire(soon()).await.expect("a trial").failed(), None, "said once");
        }
        breaker.allow_probe();
        assert_eq!(breaker.try_acquire(soon()).await.expect("a trial").succeeded(), Some(Change::Closed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_does_not_open_it_and_a_success_starts_anew() {
        let breaker = CircuitBreaker::default();
        for _ in 0..100 {
            assert_eq!(breaker.try_acquire(soon()).await.expect("closed").failed(), None);
        }
        assert_eq!(breaker.try_acquire(soon()).await.expect("closed").succeeded(), None);
        tokio::time::advance(10 * SECOND).await;
        assert_eq!(breaker.try_acquire(soon()).await.expect("closed").failed(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_given_up_counts_as_failed() {
        let breaker = CircuitBreaker::default();
        open(&breaker).await;
        tokio::time::advance(FIRST_PAUSE).await;
        drop(breaker.try_acquire(soon()).await.expect("a trial"));
        assert!(breaker.try_acquire(soon()).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_takes_long_is_waited_for_a_moment_by_all_together() {
        let breaker = CircuitBreaker::default();
        open(&breaker).await;
        tokio::time::advance(FIRST_PAUSE).await;
        let _trial = breaker.try_acquire(soon()).await.expect("a trial");
        let start = Instant::now();
        assert!(breaker.try_acquire(start + PATIENCE / 2).await.is_none());
        assert_eq!(start.elapsed(), PATIENCE / 2, "at most until the deadline");
        for _ in 0..10 {
            assert!(breaker.try_acquire(start + 9 * SECOND).await.is_none());
            assert_eq!(start.elapsed(), PATIENCE);
        }
    }
}
