//! Packing encoded records under a destination's limits: the only place that counts bytes.
//!
//! Records are encoded once, straight into their lane (one lane per log stream, file, …). A batch is a list of places
//! in it, so sorting, splitting and sending again copy no record.

use std::ops::Range;

use bytes::Bytes;

pub use super::buffer_pool::BufferPool;
pub use super::items::BatchItems;
use super::partition::Segments;
pub use super::partition::{BatchItem, Partition, Partitions};
use super::payload::Payload;

/// A body of more pieces than this costs more to handle than to copy.
const MAX_PIECES: usize = 16;

/// What one request of a destination may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sum of the items' sizes.
    pub bytes: usize,
    /// Items.
    pub records: usize,
    /// Milliseconds between the first and the last item; only for destinations that want order.
    pub span_ms: Option<i64>,
    /// Items must be in order of time.
    pub ordered: bool,
}

impl Partitions {
    /// Packs every lane.
    #[must_use]
    pub fn pack(self, limits: &Limits) -> Vec<Batch> {
        self.lanes.into_iter().flat_map(|lane| pack(lane, limits)).collect()
    }
}

/// What one request carries.
#[derive(Debug, Clone)]
pub struct Batch {
    target: Bytes,
    wire: Segments,
    /// Its records, in the order they are sent.
    pub items: BatchItems,
}

impl Batch {
    /// Where inside the destination it goes.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        &self.target
    }

    /// Bytes of the records' wire form.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.items.iter().map(|item| item.end - item.start).sum()
    }

    /// The records' wire form, where it is.
    #[must_use]
    pub fn payload(&self) -> Payload {
        self.pieces().into_iter().collect()
    }

    /// The same after a head.
    #[must_use]
    pub fn payload_after(&self, head: impl Into<Bytes>) -> Payload {
        std::iter::once(head.into()).chain(self.pieces()).collect()
    }

    /// The same between a head and a tail, without what ends the last record: one byte that separates records.
    #[must_use]
    pub fn payload_between(&self, head: impl Into<Bytes>, tail: &'static [u8]) -> Payload {
        let mut pieces = self.pieces();
        if let Some(last) = pieces.last_mut() {
            last.truncate(last.len().saturating_sub(1));
        }
        let (head, tail) = (std::iter::once(head.into()), std::iter::once(Bytes::from_static(tail)));
        head.chain(pieces).chain(tail).collect()
    }

    /// Items that are neighbours in a segment, which is the usual case, are one piece; too many pieces are copied into
    /// one.
    fn pieces(&self) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        self.runs(|run| pieces.extend(self.wire.parts(run)));
        match pieces.len() <= MAX_PIECES {
            true => pieces,
            false => vec![pieces.concat().into()],
        }
    }

    fn runs(&self, mut visit: impl FnMut(&Range<usize>)) {
        let mut run = 0..0;
        for item in self.items.iter() {
            if run.end != item.start {
                visit(&run);
                run = item.start..item.start;
            }
            run.end = item.end;
        }
        visit(&run);
    }

    /// By what to know this batch again: the same records of the same moments and places in their chunk, on their way
    /// to the same target, have the same digest, also when Fluent Bit replays the chunk.
    #[must_use]
    pub fn digest(&self) -> u128 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        hasher.update(self.target());
        for item in self.items.iter() {
            hasher.update(&item.ordinal.to_le_bytes());
            hasher.update(&item.at_ms.to_le_bytes());
        }
        self.runs(|run| self.wire.parts(run).for_each(|piece| hasher.update(&piece)));
        hasher.digest128()
    }

    /// What of the batch is not settled yet; `None` when nothing is.
    #[must_use]
    pub fn unsettled(self, settled: impl Fn(u32) -> bool) -> Option<Self> {
        let is_open = |item: &&BatchItem| !settled(item.ordinal);
        let items: Vec<BatchItem> = self.items.iter().filter(is_open).copied().collect();
        (!items.is_empty()).then(|| self.with(items.into()))
    }

    /// The same batch with only the items at these positions.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> Self {
        let items: Vec<BatchItem> = positions.iter().filter_map(|&at| self.items.get(at).copied()).collect();
        self.with(items.into())
    }

    /// Two halves, or `None` when there is nothing left to split.
    #[must_use]
    pub fn halves(&self) -> Option<(Self, Self)> {
        let (half, all) = (self.items.len() / 2, self.items.len());
        let part = |range| self.with(self.items.part(range));
        (half > 0).then(|| (part(0..half), part(half..all)))
    }

    fn with(&self, items: BatchItems) -> Self {
        Self { target: self.target.clone(), wire: self.wire.covering(&items), items }
    }
}

/// Cuts a lane into batches. Order of time is stable: records of one millisecond stay as they were written.
#[must_use]
pub fn pack(lane: Partition, limits: &Limits) -> Vec<Batch> {
    let (target, wire, mut items) = lane.close();
    if limits.ordered && !items.is_sorted_by_key(|item| item.at_ms) {
        items.sort_by_key(|item| item.at_ms);
    }
    let all = Batch { target, wire, items: items.into() };
    let mut batches = Vec::new();
    let mut start = 0;
    while let Some(rest) = all.items.get(start..).filter(|rest| !rest.is_empty()) {
        let end = start + fitting(rest, limits).max(1);
        if end - start == all.items.len() {
            return vec![all];
        }
        batches.push(all.with(all.items.part(start..end)));
        start = end;
    }
    batches
}

/// How many of the leading items fit one request.
fn fitting(items: &[BatchItem], limits: &Limits) -> usize {
    let first = items.first().map_or(0, |item| item.at_ms);
    let mut bytes = 0usize;
    let fits = |item: &&BatchItem| {
        bytes = bytes.saturating_add(item.size);
        bytes <= limits.bytes && limits.span_ms.is_none_or(|span| item.at_ms.saturating_sub(first) <= span)
    };
    items.iter().take(limits.records).take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lane(records: &[(i64, usize)]) -> Partition {
        lane_to(b"", records)
    }

    fn lane_to(target: &'static [u8], records: &[(i64, usize)]) -> Partition {
        let mut lane = Partition::new(target, &BufferPool::default());
        for (ordinal, &(at_ms, size)) in records.iter().enumerate() {
            let (place, ()) = lane.write(0, |out| out.extend(format!("{ordinal},").bytes()));
            let ordinal = u32::try_from(ordinal).unwrap();
            lane.push(BatchItem { ordinal, at_ms, start: place.start, end: place.end, size });
        }
        lane
    }

    fn wire(batch: &Batch) -> String {
        let body = batch.payload().to_bytes().to_vec();
        assert_eq!(body.len(), batch.wire_len());
        String::from_utf8(body).unwrap()
    }

    const LIMITS: Limits = Limits { bytes: 100, records: 3, span_ms: Some(1_000), ordered: true };

    #[test]
    fn each_limit_ends_a_batch_at_its_exact_edge() {
        let counts = |records: &[(i64, usize)]| -> Vec<usize> {
            pack(lane(records), &LIMITS).iter().map(|batch| batch.items.len()).collect()
        };
        assert_eq!(counts(&[(0, 50), (0, 50), (0, 1)]), [2, 1], "bytes");
        assert_eq!(counts(&[(0, 50), (0, 51)]), [1, 1], "one byte more");
        assert_eq!(counts(&[(0, 1); 7]), [3, 3, 1], "records");
        assert_eq!(counts(&[(0, 1), (1_000, 1), (1_001, 1)]), [2, 1], "span");
        assert_eq!(counts(&[(0, 101), (0, 1)]), [1, 1], "too large alone still goes alone");
        assert_eq!(counts(&[]), [0; 0]);
    }

    #[test]
    fn sorting_by_time_is_stable_and_slices_follow() {
        let batches = pack(lane(&[(5, 1), (3, 1), (5, 1)]), &LIMITS);
        assert_eq!(wire(&batches[0]), "1,0,2,");
    }

    #[test]
    fn halves_and_subsets_share_the_buffer() {
        let batch = pack(lane(&[(0, 1), (0, 1), (0, 1)]), &LIMITS).remove(0);
        let (left, right) = batch.halves().unwrap();
        assert_eq!((wire(&left), wire(&right)), ("0,".into(), "1,2,".into()));
        assert!(left.halves().is_none());
        assert_eq!(wire(&batch.select(&[0, 2])), "0,2,");
    }

    #[test]
    fn a_digest_knows_the_same_records_of_the_same_moments_again() {
        let batch = |records: &[(i64, usize)]| pack(lane(records), &LIMITS).remove(0);
        let one = batch(&[(1, 1), (2, 1)]);
        assert_eq!(one.digest(), batch(&[(1, 1), (2, 1)]).digest());
        assert_ne!(one.digest(), batch(&[(1, 1), (3, 1)]).digest(), "another moment");
        assert_ne!(one.digest(), one.select(&[0]).digest(), "fewer records");
        let elsewhere = lane_to(b"t", &[(1, 1), (2, 1)]);
        assert_ne!(one.digest(), pack(elsewhere, &LIMITS)[0].digest(), "another target");
    }

    proptest! {
        #[test]
        fn every_record_comes_out_once_in_order_and_no_batch_is_over(
            records in proptest::collection::vec((0i64..3_000, 0usize..130), 0..60)
        ) {
            let batches = pack(lane(&records), &LIMITS);
            let mut seen: Vec<u32> = batches.iter().flat_map(|batch| batch.items.iter().map(|item| item.ordinal)).collect();
            let times: Vec<i64> = batches.iter().flat_map(|batch| batch.items.iter().map(|item| item.at_ms)).collect();
            prop_assert!(times.is_sorted());
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..u32::try_from(records.len()).unwrap()).collect::<Vec<_>>());
            for batch in &batches {
                let bytes: usize = batch.items.iter().map(|item| item.size).sum();
                prop_assert!(batch.items.len() <= 3 && (bytes <= 100 || batch.items.len() == 1));
                let span = batch.items.last().unwrap().at_ms - batch.items[0].at_ms;
                prop_assert!(span <= 1_000);
            }
        }
    }
}
