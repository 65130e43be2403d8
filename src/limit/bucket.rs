//! A bucket of tokens that fills with the time of the records: each line takes one.
//!
//! While Fluent Bit works off an outage, lines of long ago come among those of now. Each such stretch of time has tokens of
//! its own, so that old lines do not live on what now is left, nor the other way round.

use smallvec::SmallVec;

use super::rules::RateLimit;

/// A record this much older than the newest of a stretch still belongs to it: chunks of several inputs overlap.
const NEAR_MS: i64 = 60_000;

/// One more forgets the stretch that was silent for longest.
const MAX_STRETCHES: usize = 4;

/// What one container may still write of one class.
#[derive(Debug, Default)]
pub(super) struct TokenBucket {
    /// The one that was used last comes last.
    stretches: SmallVec<[Stretch; 1]>,
}

#[derive(Debug, Clone, Copy)]
struct Stretch {
    newest_ms: i64,
    /// A line takes as much as the rate's unit has milliseconds, so that each millisecond brings a whole number.
    credit: u64,
}

impl TokenBucket {
    /// Whether a line of `at_ms` may pass; if so, its token is taken.
    pub(super) fn take(&mut self, limit: &RateLimit, at_ms: i64) -> bool {
        let mut stretch = match self.position(at_ms) {
            Some(position) => self.stretches.remove(position),
            None => self.begin_stretch(limit, at_ms),
        };
        let passes = stretch.take(limit, at_ms);
        self.stretches.push(stretch);
        passes
    }

    /// The newest stretch that is not younger than the record.
    fn position(&self, at_ms: i64) -> Option<usize> {
        let is_before = |stretch: &Stretch| stretch.newest_ms <= at_ms.saturating_add(NEAR_MS);
        let before = self.stretches.iter().enumerate().filter(|(_, stretch)| is_before(stretch));
        before.max_by_key(|(_, stretch)| stretch.newest_ms).map(|(position, _)| position)
    }

    fn begin_stretch(&mut self, limit: &RateLimit, at_ms: i64) -> Stretch {
        if self.stretches.len() >= MAX_STRETCHES {
            self.stretches.remove(0);
        }
        Stretch { newest_ms: at_ms, credit: full(limit) }
    }
}

impl Stretch {
    fn take(&mut self, limit: &RateLimit, at_ms: i64) -> bool {
        let elapsed_ms = u64::try_from(at_ms.saturating_sub(self.newest_ms)).unwrap_or_default();
        self.newest_ms = self.newest_ms.max(at_ms);
        let filled = self.credit.saturating_add(elapsed_ms.saturating_mul(limit.count)).min(full(limit));
        let left = filled.checked_sub(limit.unit.millis());
        self.credit = left.unwrap_or(filled);
        left.is_some()
    }
}

fn full(limit: &RateLimit) -> u64 {
    limit.burst.saturating_mul(limit.unit.millis())
}

#[cfg(test)]
mod tests;
