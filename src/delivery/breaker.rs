//! A circuit breaker: leaves a destination alone that keeps failing, and lets one request probe it now and then.
//!
//! Owns: closed, open, half open, and when to change. Does not own: what a failure is (`retry`), or what becomes of
//! what could not be sent. While it is open, a flush is answered at once instead of waiting for a destination that
//! will not answer; others keep their speed, because Fluent Bit's coroutines are free again.

use std::cell::Cell;

use tokio::sync::Notify;
use tokio::time::{Duration, Instant};

use crate::metrics::BreakerState;

/// It opens after this many failures in a row …
const MIN_FAILURES: u32 = 3;

/// … that went on for at least this long: an outage of a moment fails many requests at one time, and one that a flush
/// can sit out is better sat out.
const MIN_FAILING_TIME: Duration = Duration::from_secs(10);

/// How long it stays open the first time; twice as long each time that the probe fails.
const INITIAL_OPEN_TIME: Duration = Duration::from_secs(5);

/// It never stays open for longer.
const MAX_OPEN_TIME: Duration = Duration::from_secs(60);

/// How long others wait for the outcome of a probe. A destination that says nothing would otherwise hold up every flush
/// for as long as a request may take.
const PROBE_WAIT: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
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
    /// One request probes the destination.
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
pub(super) enum Change {
    /// How long it stays open; how many failures led to it.
    Opened(Duration, u32),
    /// The destination answers again.
    Closed,
}

/// Permission for one attempt. Dropped without an outcome, a probe counts as failed.
#[derive(Debug)]
pub(super) struct Permit<'b> {
    breaker: &'b CircuitBreaker,
    is_probe: bool,
}

impl CircuitBreaker {
    /// Acquires permission for one attempt; `None` while the breaker is open. Waits for the outcome of a probe that has
    /// just begun, at most until `deadline`.
    pub(super) async fn try_acquire(&self, deadline: Instant) -> Option<Permit<'_>> {
        loop {
            let changed = self.changed.notified();
            match self.state.get() {
                State::Closed { .. } => return Some(Permit { breaker: self, is_probe: false }),
                State::Open { until, .. } if Instant::now() < until => return None,
                State::Open { pause, .. } => {
                    self.state.set(State::HalfOpen { since: Instant::now(), pause });
                    return Some(Permit { breaker: self, is_probe: true });
                }
                State::HalfOpen { since, .. } => {
                    tokio::time::timeout_at(deadline.min(since + PROBE_WAIT), changed).await.ok()?;
                }
            }
        }
    }

    /// The state as the metrics name it.
    pub(super) fn state(&self) -> BreakerState {
        match self.state.get() {
            State::Closed { .. } => BreakerState::Closed,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
            State::Open { .. } => BreakerState::Open,
        }
    }

    /// Makes the next attempt a probe, however lately the last one failed.
    pub(super) fn allow_probe(&self) {
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

    fn failed(&self, is_probe: bool) -> Option<Change> {
        match self.state.get() {
            State::Closed { failures, since } => {
                let failures = failures + 1;
                let since = since.unwrap_or_else(Instant::now);
                if failures >= MIN_FAILURES && since.elapsed() >= MIN_FAILING_TIME {
                    return Some(self.open(INITIAL_OPEN_TIME, failures));
                }
                self.state.set(State::Closed { failures, since: Some(since) });
                None
            }
            State::HalfOpen { pause, .. } if is_probe => {
                self.open((pause * 2).min(MAX_OPEN_TIME), 1);
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
    pub(super) fn succeeded(mut self) -> Option<Change> {
        self.is_probe = false;
        self.breaker.succeeded()
    }

    /// The destination did not answer, or only to say that it cannot now.
    pub(super) fn failed(mut self) -> Option<Change> {
        let is_probe = std::mem::take(&mut self.is_probe);
        self.breaker.failed(is_probe)
    }

    /// The outcome says nothing about the destination as a whole.
    pub(super) fn inconclusive(mut self) {
        // After a probe it says that somebody is there.
        if std::mem::take(&mut self.is_probe) {
            self.breaker.succeeded();
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            self.breaker.failed(true);
        }
    }
}

#[cfg(test)]
mod tests;
