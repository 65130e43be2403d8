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
    assert_eq!(passed(&mut bucket, &slow, (0..9).map(|tenth| tenth * 360_000)), 3, "at 0, 24 and 48 minutes");
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
