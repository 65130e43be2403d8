//! When a queue is asked for messages again. While nothing can be delivered, receiving more would only use up the receives
//! that the queue allows a message; as soon as something is, nobody waits any more.

use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The longest pause while nothing can be delivered, and before a message is received again.
const MAX_PAUSE_SECONDS: u64 = 300;

/// A round that brought nothing takes at least so long: an endpoint that does not wait for messages is not asked without
/// a pause.
const MIN_EMPTY_ROUND: Duration = Duration::from_millis(200);

/// The rounds in which messages are received, and the pause before the next.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    /// How many rounds have begun.
    round: u64,
    /// Failures in a row.
    failures: u32,
    /// What began up to here has failed together.
    failed_until: u64,
    began_at: Option<Instant>,
    resume_at: Option<Instant>,
}

impl Pacing {
    /// Whether a round may begin.
    pub(super) fn is_open(&self) -> bool {
        self.resume_at.is_none_or(|at| at <= Instant::now())
    }

    /// Begins a round; returns its number.
    pub(super) fn begin(&mut self) -> u64 {
        self.round += 1;
        self.began_at = Some(Instant::now());
        self.round
    }

    /// Ends with the pause; never where there is none.
    pub(super) async fn pause_over(&self) {
        match self.resume_at.filter(|_| !self.is_open()) {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    }

    /// Something arrived: no pause.
    pub(super) fn succeed(&mut self) {
        self.failures = 0;
        self.resume_at = None;
    }

    /// A round brought no message, or one that is no event.
    pub(super) fn rest(&mut self) {
        let until = self.began_at.map(|began_at| began_at + MIN_EMPTY_ROUND);
        self.resume_at = self.resume_at.max(until);
    }

    /// A round failed, or a message of it. What was under way at the last failure belongs to that one: it says nothing
    /// of later.
    pub(super) fn fail(&mut self, round: u64) {
        if round <= self.failed_until {
            return;
        }
        self.failed_until = self.round;
        self.failures = self.failures.saturating_add(1);
        self.resume_at = Some(Instant::now() + Duration::from_secs(pause_seconds(self.failures)));
    }

    /// The last round that began.
    pub(super) fn last(&self) -> u64 {
        self.round
    }
}

/// Seconds to pause: 2, 4, 8 … with jitter.
pub(super) fn pause_seconds(failures: u32) -> u64 {
    let longest = (1u64 << failures.clamp(1, 10)).min(MAX_PAUSE_SECONDS);
    fastrand::u64(longest.div_ceil(2)..=longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_five_minutes() {
        for (failures, range) in [(0, 1..=2), (1, 1..=2), (3, 4..=8), (100, 150..=300)] {
            assert!(range.contains(&pause_seconds(failures)), "{failures}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_together_fails_once() {
        let mut pacing = Pacing::default();
        let first = pacing.begin();
        let second = pacing.begin();
        (0..10).for_each(|_| pacing.fail(first));
        (0..10).for_each(|_| pacing.fail(second));
        assert_eq!(pacing.failures, 1);
        let start = Instant::now();
        pacing.pause_over().await;
        assert!(pacing.is_open() && (1..=2).contains(&start.elapsed().as_secs()));
        let third = pacing.begin();
        pacing.fail(third);
        assert_eq!(pacing.failures, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_has_nothing_is_not_asked_without_a_pause() {
        let mut pacing = Pacing::default();
        let start = Instant::now();
        for _ in 0..10 {
            pacing.begin();
            pacing.rest();
            pacing.pause_over().await;
        }
        assert_eq!(start.elapsed(), 10 * MIN_EMPTY_ROUND);
        pacing.begin();
        tokio::time::sleep(Duration::from_secs(20)).await;
        pacing.rest();
        assert!(pacing.is_open(), "it waited itself");
        pacing.fail(pacing.last());
        let paused_until = pacing.resume_at;
        pacing.rest();
        assert_eq!(pacing.resume_at, paused_until);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_after_a_success() {
        let mut pacing = Pacing::default();
        assert!(pacing.is_open());
        let round = pacing.begin();
        pacing.fail(round);
        assert!(!pacing.is_open());
        pacing.succeed();
        assert!(pacing.is_open());
        let waited = tokio::time::timeout(Duration::from_secs(1_000), pacing.pause_over()).await;
        assert!(waited.is_err(), "there is no pause to wait for");
    }
}
