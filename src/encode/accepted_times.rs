//! Records of times that a destination is certain to refuse.

use super::batch::Batch;
use super::partition::{BatchItem, Partition, Partitions};
use crate::metrics::Reason;

/// How far from the time of its arrival a record may be made, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedTimes {
    /// How long before.
    pub past_ms: i64,
    /// How long after.
    pub future_ms: i64,
}

impl AcceptedTimes {
    fn refusal(&self, item: &BatchItem, arrived_ms: i64) -> Option<Reason> {
        match item.at_ms.saturating_sub(arrived_ms) {
            age if age < -self.past_ms => Some(Reason::TooOld),
            age if age > self.future_ms => Some(Reason::TooNew),
            _ => None,
        }
    }

    /// Whether these items are further apart than two accepted ones can be.
    fn cannot_hold(&self, items: &[BatchItem]) -> bool {
        let times = || items.iter().map(|item| item.at_ms);
        let first = times().min().unwrap_or_default();
        times().max().unwrap_or_default().saturating_sub(first) > self.past_ms + self.future_ms
    }
}

impl Partitions {
    /// Takes out what the destination is certain to refuse, as batches that are not sent, where a partition's records are
    /// further apart than accepted ones can be. A request holds records of a limited span only, and whoever writes records
    /// must not decide how many requests they take. All other partitions are left to the destination's own judgement,
    /// which does not depend on this machine's clock.
    #[must_use]
    pub fn refuse_outside(&mut self, accepted: &AcceptedTimes, arrived_ms: i64) -> Vec<Batch> {
        let mut refused = Vec::new();
        for partition in self.partitions.iter_mut().filter(|one| accepted.cannot_hold(one.items())) {
            for reason in [Reason::TooOld, Reason::TooNew] {
                refused.extend(refuse(partition, reason, |item| accepted.refusal(item, arrived_ms)));
            }
        }
        refused
    }
}

fn refuse(
    partition: &mut Partition,
    reason: Reason,
    refusal: impl Fn(&BatchItem) -> Option<Reason>,
) -> Option<Batch> {
    let items = partition.take_items(|item| refusal(item) == Some(reason));
    (!items.is_empty()).then(|| Batch::refused(items, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::batch::Limits;
    use crate::encode::buffer_pool::BufferPool;

    const DAY: i64 = 24 * 3_600_000;
    const ARRIVED: i64 = 20_000 * DAY;
    const LIMITS: Limits = Limits { bytes: 1 << 20, records: 10_000, span_ms: Some(DAY), ordered: true };
    const ACCEPTED: AcceptedTimes = AcceptedTimes { past_ms: 15 * DAY, future_ms: DAY };

    fn partitions(times: impl Iterator<Item = i64>) -> Partitions {
        let mut partitions = Partitions::new(&BufferPool::default());
        for (ordinal, at_ms) in (0..).zip(times) {
            let partition = partitions.get_or_insert(b"stream");
            let (place, ()) = partition.write(1, |out| out.push(b'x'));
            partition.push(BatchItem { ordinal, at_ms, start: place.start, end: place.end, size: 27 });
        }
        partitions
    }

    #[test]
    fn records_of_a_thousand_days_take_no_more_requests_than_those_of_sixteen() {
        let mut partitions = partitions((0..4_000).rev().map(|day| (day - 2_000) * DAY + ARRIVED + day));
        let refused = partitions.refuse_outside(&ACCEPTED, ARRIVED);
        let counts: Vec<_> = refused.iter().map(|batch| (batch.refusal, batch.items.len())).collect();
        assert_eq!(counts, [(Some(Reason::TooOld), 1_985), (Some(Reason::TooNew), 1_999)]);
        let sent = partitions.pack(&LIMITS);
        assert_eq!(sent.iter().map(|batch| batch.items.len()).sum::<usize>(), 16);
        assert!(sent.len() <= 16, "{}", sent.len());
    }

    #[test]
    fn times_that_no_clock_has_overflow_nothing() {
        let mut partitions = partitions([i64::MIN, i64::MAX, ARRIVED].into_iter());
        let refused = partitions.refuse_outside(&ACCEPTED, ARRIVED);
        assert_eq!(refused.iter().map(|batch| batch.items.len()).sum::<usize>(), 2);
        assert_eq!(partitions.pack(&LIMITS).len(), 1);
    }

    #[test]
    fn an_old_recording_is_left_to_the_destination() {
        let mut partitions = partitions((0..15).map(|day| day * DAY));
        assert!(partitions.refuse_outside(&ACCEPTED, ARRIVED).is_empty());
    }
}
