use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn soon() -> Instant {
    Instant::now() + SECOND
}

/// Fails until it opens; returns the change.
async fn open(breaker: &CircuitBreaker) -> Change {
    loop {
        tokio::time::advance(SECOND).await;
        if let Some(change) = breaker.try_acquire(soon()).await.expect("closed").failed() {
            return change;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_failures_that_go_on_and_lets_one_probe_through() {
    let (breaker, start) = (CircuitBreaker::default(), Instant::now());
    assert_eq!(open(&breaker).await, Change::Opened(INITIAL_OPEN_TIME, 11));
    assert_eq!(start.elapsed(), 11 * SECOND);
    assert!(breaker.try_acquire(soon()).await.is_none() && breaker.state() == BreakerState::Open);
    tokio::time::advance(INITIAL_OPEN_TIME).await;
    let probe = breaker.try_acquire(soon()).await.expect("a probe");
    let (second, ()) = tokio::join!(breaker.try_acquire(soon()), async {
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        assert_eq!(probe.succeeded(), Some(Change::Closed));
    });
    assert!(second.is_some(), "who waited for the probe goes on");
}

#[tokio::test(start_paused = true)]
async fn a_failed_probe_doubles_the_pause_up_to_a_minute() {
    let breaker = CircuitBreaker::default();
    open(&breaker).await;
    for pause in [5, 10, 20, 40, 60, 60] {
        tokio::time::advance(pause * SECOND - Duration::from_millis(1)).await;
        assert!(breaker.try_acquire(soon()).await.is_none(), "{pause}");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(breaker.try_acquire(soon()).await.expect("a probe").failed(), None, "said once");
    }
    breaker.allow_probe();
    assert_eq!(breaker.try_acquire(soon()).await.expect("a probe").succeeded(), Some(Change::Closed));
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
async fn a_probe_that_is_given_up_counts_as_failed() {
    let breaker = CircuitBreaker::default();
    open(&breaker).await;
    tokio::time::advance(INITIAL_OPEN_TIME).await;
    drop(breaker.try_acquire(soon()).await.expect("a probe"));
    assert!(breaker.try_acquire(soon()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_takes_long_is_waited_for_a_moment_by_all_together() {
    let breaker = CircuitBreaker::default();
    open(&breaker).await;
    tokio::time::advance(INITIAL_OPEN_TIME).await;
    let _probe = breaker.try_acquire(soon()).await.expect("a probe");
    let start = Instant::now();
    assert!(breaker.try_acquire(start + PROBE_WAIT / 2).await.is_none());
    assert_eq!(start.elapsed(), PROBE_WAIT / 2, "at most until the deadline");
    for _ in 0..10 {
        assert!(breaker.try_acquire(start + 9 * SECOND).await.is_none());
        assert_eq!(start.elapsed(), PROBE_WAIT);
    }
}
