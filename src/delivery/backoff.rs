//! The pauses between the attempts of one call: exponential, with jitter, so that many routers do not come back at the
//! same instant. Does not wait itself.

use tokio::time::Duration;

/// The first pause is at most this long; each further one may be twice as long. A pause that a service asks for is at
/// least this long.
const INITIAL_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer, unless the service asks for it.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// How often one call failed; its pauses grow with that.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failed_attempts: u32,
}

impl Backoff {
    /// Counts an attempt that failed.
    pub(super) fn record_failure(&mut self) {
        self.failed_attempts += 1;
    }

    /// A random pause between half the current ceiling and all of it.
    pub(super) fn pause(&self) -> Duration {
        let ceiling = INITIAL_PAUSE.saturating_mul(1 << self.failed_attempts.min(10)).min(MAX_PAUSE);
        ceiling.mul_f64(0.5 + 0.5 * fastrand::f64())
    }

    /// The pause that the service asked for with `Retry-After`, else one of our own.
    pub(super) fn retry_pause(&self, retry_after: Option<Duration>) -> Duration {
        // "Retry-After: 0" is not a reason for a storm.
        retry_after.map_or_else(|| self.pause(), |asked| asked.max(INITIAL_PAUSE))
    }
}
