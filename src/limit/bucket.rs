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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limit::RateUnit;

    fn limit(count: u64, burst: u64) -> RateLimit {
        RateLimit { count, unit: RateUnit::Second, burst }
    }

    fn passed(bucket: &mut TokenBucket, limit: &RateLimit, times: impl IntoIterator<Item = i64>) -> usize {
        times.into_iter().filter(|at_ms| bucket.take(limit, *at_ms)).count()
    }

    #[test]
    fn a_burst_passes_and_then_so_many_in_each_unit() {
        let mut bucket = TokenBucket::default();
        let limit = limit(5, 20);
        assert_eq!(passed(&mut bucket, &limit, [1_000; 100]), 20);
        assert_eq!(passed(&mut bucket, &limit, [2_000; 100]), 5);
        assert_eq!(passed(&mut bucket, &limit, [60_000; 100]), 20, "silence saves up no more than a burst");
        let slow = RateLimit { count: 3, unit: RateUnit::Hour, burst: 1 };
        let mut bucket = TokenBucket::default();
        assert_eq!(
            passed(&mut bucket, &slow, (0..9).map(|tenth| tenth * 360_000)),
            3,
            "at 0, 24 and 48 minutes"
        );
    }

    #[test]
    fn lines_of_an_outage_that_come_among_those_of_now_have_a_budget_of_their_own() {
        let mut bucket = TokenBucket::default();
        let limit = limit(10, 10);
        let hour = 3_600_000;
        let mut passed = 0;
        // Ten lines a second, each second of an hour ago beside one of now.
        for second in 0..100 {
            for line in 0..10 {
                passed += usize::from(bucket.take(&limit, hour + second * 1_000 + line * 100));
                passed += usize::from(bucket.take(&limit, second * 1_000 + line * 100));
            }
        }
        assert_eq!(passed, 2_000);
    }

    #[test]
    fn a_time_in_the_far_future_takes_nothing_from_now() {
        let mut bucket = TokenBucket::default();
        let limit = limit(1, 1);
        assert!(bucket.take(&limit, i64::MAX) && bucket.take(&limit, i64::MIN));
        assert!(bucket.take(&limit, 1_795_000_000_000));
        assert!(!bucket.take(&limit, 1_795_000_000_000) && bucket.take(&limit, 1_795_000_001_000));
    }

    proptest! {
        /// Whatever comes when, in the order of time: never more than the burst and what the time brings, and never a line
        /// less as long as the rate is kept.
        #[test]
        fn no_window_holds_more_than_its_budget(
            steps in proptest::collection::vec(0i64..400, 1..200),
            count in 1u64..50,
            burst in 1u64..60,
        ) {
            let limit = limit(count, burst);
            let mut bucket = TokenBucket::default();
            let mut at_ms = 0;
            let mut passed: Vec<i64> = Vec::new();
            for step in steps {
                at_ms += step;
                if bucket.take(&limit, at_ms) {
                    passed.push(at_ms);
                }
            }
            for (first, from) in passed.iter().enumerate() {
                for (last, to) in passed.iter().enumerate().skip(first) {
                    let lines = (last - first + 1) as u64;
                    let allowed = burst * 1_000 + (to - from) as u64 * count;
                    prop_assert!(lines * 1_000 <= allowed, "{lines} lines between {from} and {to}");
                }
            }
        }

        #[test]
        fn a_container_within_its_rate_loses_nothing(
            count in 1u64..1_000,
            gaps in proptest::collection::vec(0u64..50, 1..100),
        ) {
            let limit = limit(count, 1);
            let mut bucket = TokenBucket::default();
            let mut at_ms = 0u64;
            for gap in gaps {
                at_ms += 1_000u64.div_ceil(count) + gap;
                prop_assert!(bucket.take(&limit, at_ms as i64));
            }
        }
    }
}
