//! Keeps requests a least time apart, for services that count messages or calls per second.
//!
//! Does not own: the pause that a service asks for with `Retry-After` when requests came too fast (`backoff`).

use std::cell::Cell;

use tokio::time::{Duration, Instant, sleep_until};

#[derive(Debug)]
pub(crate) struct RateLimiter {
    interval: Option<Duration>,
    next: Cell<Option<Instant>>,
}

impl RateLimiter {
    /// `None`: nobody waits.
    pub(crate) fn new(interval: Option<Duration>) -> Self {
        Self { interval, next: Cell::new(None) }
    }

    /// Waits for a turn; `false`, at once, when there is none before `deadline`. Then none is used up.
    pub(crate) async fn acquire(&self, deadline: Instant) -> bool {
        let Some(interval) = self.interval else { return true };
        let now = Instant::now();
        let turn = self.next.get().map_or(now, |next| next.max(now));
        if turn >= deadline {
            return false;
        }
        self.next.set(Some(turn + interval));
        sleep_until(turn).await;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn turns_are_an_interval_apart_whoever_asks() {
        let (limiter, start) = (RateLimiter::new(Some(SECOND)), Instant::now());
        let deadline = start + 10 * SECOND;
        let turns = async { (limiter.acquire(deadline).await, start.elapsed()) };
        let more = async { (limiter.acquire(deadline).await, start.elapsed()) };
        assert_eq!(tokio::join!(turns, more), ((true, Duration::ZERO), (true, SECOND)));
        tokio::time::sleep(5 * SECOND).await;
        assert!(limiter.acquire(deadline).await);
        assert_eq!(
            start.elapsed(),
            6 * SECOND,
            "time that passed idle is not saved up, and not waited again"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_refused_at_once_and_left_to_others() {
        let (limiter, start) = (RateLimiter::new(Some(SECOND)), Instant::now());
        assert!(limiter.acquire(start + SECOND).await);
        assert!(!limiter.acquire(start + SECOND).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert!(limiter.acquire(start + 2 * SECOND).await);
        assert_eq!(start.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn without_an_interval_nobody_waits() {
        let (limiter, start) = (RateLimiter::new(None), Instant::now());
        assert!(limiter.acquire(start).await && limiter.acquire(start).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
