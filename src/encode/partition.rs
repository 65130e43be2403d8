//! Where records are encoded, one partition per target.
//!
//! A partition writes into segments that never move: a buffer that doubled would be copied as it grows and leave a trail
//! of freed memory as large as itself. A record never spans two segments, so requests point into them, and each segment
//! is freed as soon as the last request that points into it is done.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;

use super::buffer_pool::{BufferPool, SEGMENT_BYTES};

/// A partition below this size may be one of many with a few records: its buffer grows like any other.
const SMALL_PARTITION_BYTES: usize = 64 << 10;

/// One encoded record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchItem {
    /// Position of the entry in the chunk, by which the ledger remembers it.
    pub ordinal: u32,
    /// When the record was made, in milliseconds since the epoch.
    pub at_ms: i64,
    /// Where the record's bytes begin in the partition.
    pub start: usize,
    /// Where the record's bytes end in the partition.
    pub end: usize,
    /// Bytes that the record counts for, as the destination counts them.
    pub size: usize,
}

/// The encoded records of one target, in the order of the chunk.
#[derive(Debug, Default)]
pub struct Partition {
    target: Bytes,
    items: Vec<BatchItem>,
    full: Segments,
    full_bytes: usize,
    filling: Vec<u8>,
    pool: BufferPool,
}

impl Partition {
    /// Starts an empty partition for a target, in the destination's own notation.
    #[must_use]
    pub fn new(target: impl Into<Bytes>, pool: &BufferPool) -> Self {
        Self { target: target.into(), pool: pool.clone(), ..Self::default() }
    }

    /// Lets `encode` append one record; returns where it is, and what `encode` returns. The record may become longer
    /// than `expected_bytes`: that costs a copy of its segment.
    pub fn write<E>(
        &mut self,
        expected_bytes: usize,
        encode: impl FnOnce(&mut Vec<u8>) -> E,
    ) -> (Range<usize>, E) {
        if self.filling.len() + expected_bytes > self.filling.capacity() {
            self.make_room(expected_bytes);
        }
        let start = self.full_bytes + self.filling.len();
        let encoded = encode(&mut self.filling);
        (start..self.full_bytes + self.filling.len(), encoded)
    }

    /// Adds a record that was written; without it, the record's bytes are not sent.
    pub fn push(&mut self, item: BatchItem) {
        self.items.push(item);
    }

    pub(super) fn items(&self) -> &[BatchItem] {
        &self.items
    }

    /// Takes out the items that are `unwanted`.
    pub(super) fn take_items(&mut self, unwanted: impl Fn(&BatchItem) -> bool) -> Vec<BatchItem> {
        self.items.extract_if(.., |item| unwanted(item)).collect()
    }

    fn make_room(&mut self, expected_bytes: usize) {
        let length = self.filling.len();
        if self.filling.capacity() == 0 {
            self.filling = self.pool.take_small();
        }
        if length < SMALL_PARTITION_BYTES {
            return;
        }
        let mut next = self.pool.take_segment();
        if length + expected_bytes <= SEGMENT_BYTES {
            next.append(&mut self.filling);
            self.filling = next;
            return;
        }
        let full = std::mem::replace(&mut self.filling, next);
        self.full.0.push((self.full_bytes, self.pool.freeze(full)));
        self.full_bytes += length;
    }

    /// Freezes what was written: target, segments, and the items in them.
    pub(super) fn finish(mut self) -> (Bytes, Segments, Vec<BatchItem>) {
        self.full.0.push((self.full_bytes, self.pool.freeze(self.filling)));
        (self.target, self.full, self.items)
    }
}

/// Bytes in order, each with where it begins in the partition.
#[derive(Debug, Clone, Default)]
pub(super) struct Segments(Vec<(usize, Bytes)>);

impl Segments {
    /// Adds these after the last; returns where they begin.
    pub(super) fn append(&mut self, others: Segments) -> usize {
        let at = self.0.last().map_or(0, |(start, bytes)| start + bytes.len());
        self.0.extend(others.0.into_iter().map(|(start, bytes)| (at + start, bytes)));
        at
    }

    /// Keeps only the segments that these items point into.
    pub(super) fn covering(&self, items: &[BatchItem]) -> Self {
        let start = items.iter().map(|item| item.start).min().unwrap_or_default();
        let end = items.iter().map(|item| item.end).max().unwrap_or_default();
        let first = self.0.partition_point(|(at, bytes)| at + bytes.len() <= start);
        let covering = self.0.iter().skip(first).take_while(|(at, _)| *at < end);
        Self(covering.cloned().collect())
    }

    /// The bytes of `range`, one slice for each segment that it crosses.
    pub(super) fn slices(&self, range: &Range<usize>) -> impl Iterator<Item = Bytes> {
        let first = self.0.partition_point(|(at, bytes)| at + bytes.len() <= range.start);
        let crossed = self.0.iter().skip(first).take_while(|(at, _)| *at < range.end);
        crossed.map(|(at, bytes)| {
            bytes.slice(range.start.saturating_sub(*at)..(range.end - at).min(bytes.len()))
        })
    }
}

/// The partitions of one destination while a chunk is read.
#[derive(Debug, Default)]
pub struct Partitions {
    pub(super) partitions: Vec<Partition>,
    by_target: HashMap<Bytes, usize>,
    last: usize,
    pool: BufferPool,
}

impl Partitions {
    /// Starts without partitions; those to come take their buffers from `pool`.
    #[must_use]
    pub fn new(pool: &BufferPool) -> Self {
        Self { pool: pool.clone(), ..Self::default() }
    }

    /// The partition of this target.
    pub fn get_or_insert(&mut self, target: &[u8]) -> &mut Partition {
        if !self.seek(target) {
            self.insert(target);
        }
        self.current()
    }

    /// Makes the partition of this target the current one; `false` when there is none yet. Neighbouring records mostly
    /// share one, so the last is tried first.
    #[inline]
    pub fn seek(&mut self, target: &[u8]) -> bool {
        if self.partitions.get(self.last).is_some_and(|partition| partition.target == target) {
            return true;
        }
        let known = self.by_target.get(target).copied();
        self.last = known.unwrap_or(self.last);
        known.is_some()
    }

    /// Adds a partition for a target that has none, as the current one.
    pub fn insert(&mut self, target: &[u8]) {
        let target = Bytes::copy_from_slice(target);
        self.last = self.partitions.len();
        self.by_target.insert(target.clone(), self.last);
        self.partitions.push(Partition::new(target, &self.pool));
    }

    /// The partition that was sought or added last.
    #[inline]
    pub fn current(&mut self) -> &mut Partition {
        let last = self.last;
        &mut self.partitions[last]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Where the records of a partition are, their bytes, and its segments.
    fn partition(sizes: &[usize]) -> (Vec<Range<usize>>, Vec<u8>, Segments) {
        let mut partition = Partition::new(&b"t"[..], &BufferPool::default());
        let mut all = Vec::new();
        let mut write = |(at, size): (usize, &usize)| {
            let record = vec![b'a' + (at % 26) as u8; *size];
            all.extend_from_slice(&record);
            partition.write(record.len() / 2, |out| out.extend_from_slice(&record)).0
        };
        let ranges = sizes.iter().enumerate().map(&mut write).collect();
        (ranges, all, partition.finish().1)
    }

    #[test]
    fn a_record_is_in_one_segment_whatever_its_size() {
        let (ranges, _, segments) =
            partition(&[100, SEGMENT_BYTES - 100, 1, SEGMENT_BYTES * 3, 7, 0, SEGMENT_BYTES]);
        for range in &ranges {
            assert!(segments.slices(range).count() <= 1, "{range:?}");
        }
        assert_eq!(segments.0.len(), 3);
    }

    #[test]
    fn a_request_holds_the_segments_of_its_own_records_only() {
        let (ranges, _, segments) = partition(&[SEGMENT_BYTES; 4]);
        let item = |range: &Range<usize>| BatchItem {
            ordinal: 0,
            at_ms: 0,
            start: range.start,
            end: range.end,
            size: 0,
        };
        let own = segments.covering(&[item(&ranges[2]), item(&ranges[1])]);
        assert_eq!(own.0.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [SEGMENT_BYTES, 2 * SEGMENT_BYTES]);
        assert!(segments.covering(&[]).0.is_empty());
    }

    proptest! {
        #[test]
        fn every_run_of_records_has_its_bytes(
            sizes in proptest::collection::vec(prop_oneof![0usize..400, 0usize..300_000], 1..30),
            ends in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let (ranges, all, segments) = partition(&sizes);
            let a = ends.0.index(sizes.len());
            let b = ends.1.index(sizes.len());
            let range = ranges[a.min(b)].start..ranges[a.max(b)].end;
            let bytes: Vec<u8> = segments.slices(&range).flatten().collect();
            prop_assert_eq!(bytes, &all[range]);
        }
    }
}
