//! Where records are encoded, one lane per target.
//!
//! A lane writes into segments that never move: a buffer that doubled would be copied as it grows and leave a trail of
//! freed memory as large as itself. A record never spans two, so requests point into them, and each segment goes as soon
//! as the last request that points into it has.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;

use super::buffer_pool::{BufferPool, SEGMENT};

/// A lane with less than this may be one of many with a few records: its buffer grows like any other.
const FEW: usize = 64 << 10;

/// One encoded record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchItem {
    /// Which entry of the chunk it is; what the ledger remembers.
    pub ordinal: u32,
    /// When it was made, in milliseconds.
    pub at_ms: i64,
    /// Where its bytes begin in the lane.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// What it counts for, by the destination's way of counting.
    pub size: usize,
}

/// The encoded records of one target, in the order of the chunk.
#[derive(Debug, Default)]
pub struct Partition {
    /// Where inside the destination they go, in the destination's own notation.
    pub(super) target: Bytes,
    pub(super) items: Vec<BatchItem>,
    full: Segments,
    /// Bytes in `full`.
    written: usize,
    filling: Vec<u8>,
    pool: BufferPool,
}

impl Partition {
    /// An empty one.
    #[must_use]
    pub fn new(target: impl Into<Bytes>, pool: &BufferPool) -> Self {
        Self { target: target.into(), pool: pool.clone(), ..Self::default() }
    }

    /// Lets `encode` append one record; answers where it is, and what `encode` says. The record may become longer than
    /// is `likely`: that costs a copy of its segment.
    pub fn write<E>(&mut self, likely: usize, encode: impl FnOnce(&mut Vec<u8>) -> E) -> (Range<usize>, E) {
        if self.filling.len() + likely > self.filling.capacity() {
            self.make_room(likely);
        }
        let start = self.written + self.filling.len();
        let encoded = encode(&mut self.filling);
        (start..self.written + self.filling.len(), encoded)
    }

    /// What was written is to be sent.
    pub fn push(&mut self, item: BatchItem) {
        self.items.push(item);
    }

    fn make_room(&mut self, likely: usize) {
        let length = self.filling.len();
        if self.filling.capacity() == 0 {
            self.filling = self.pool.take_small();
        }
        if length < FEW {
            return;
        }
        let mut next = self.pool.take();
        if length + likely <= SEGMENT {
            next.append(&mut self.filling);
            self.filling = next;
            return;
        }
        let full = std::mem::replace(&mut self.filling, next);
        self.full.0.push((self.written, self.pool.seal(full)));
        self.written += length;
    }

    /// Its segments, and what they hold.
    pub(super) fn close(mut self) -> (Bytes, Segments, Vec<BatchItem>) {
        self.full.0.push((self.written, self.pool.seal(self.filling)));
        (self.target, self.full, self.items)
    }
}

/// Bytes in order, each with where it begins in the lane.
#[derive(Debug, Clone, Default)]
pub(super) struct Segments(Vec<(usize, Bytes)>);

impl Segments {
    /// Those that these items point into; the others may go.
    pub(super) fn covering(&self, items: &[BatchItem]) -> Self {
        let start = items.iter().map(|item| item.start).min().unwrap_or_default();
        let end = items.iter().map(|item| item.end).max().unwrap_or_default();
        let touched = |(at, bytes): &&(usize, Bytes)| *at < end && start < at + bytes.len();
        Self(self.0.iter().filter(touched).cloned().collect())
    }

    /// The bytes of `run`, a piece for each segment that it crosses.
    pub(super) fn parts(&self, run: &Range<usize>) -> impl Iterator<Item = Bytes> {
        let first = self.0.partition_point(|(at, bytes)| at + bytes.len() <= run.start);
        let crossed = self.0.iter().skip(first).take_while(|(at, _)| *at < run.end);
        crossed.map(|(at, bytes)| bytes.slice(run.start.saturating_sub(*at)..(run.end - at).min(bytes.len())))
    }
}

/// The lanes of one destination while a chunk is read.
#[derive(Debug, Default)]
pub struct Partitions {
    pub(super) lanes: Vec<Partition>,
    by_target: HashMap<Bytes, usize>,
    last: usize,
    pool: BufferPool,
}

impl Partitions {
    /// None yet; they will write into segments of the pool.
    #[must_use]
    pub fn new(pool: &BufferPool) -> Self {
        Self { pool: pool.clone(), ..Self::default() }
    }

    /// The lane of this target. Neighbouring records mostly share one, so the last is tried first.
    pub fn get_or_insert(&mut self, target: &[u8]) -> &mut Partition {
        if self.lanes.get(self.last).is_none_or(|lane| lane.target != target) {
            self.last = self.find_or_add(target);
        }
        let last = self.last;
        &mut self.lanes[last]
    }

    fn find_or_add(&mut self, target: &[u8]) -> usize {
        if let Some(&known) = self.by_target.get(target) {
            return known;
        }
        let target = Bytes::copy_from_slice(target);
        self.by_target.insert(target.clone(), self.lanes.len());
        self.lanes.push(Partition::new(target, &self.pool));
        self.lanes.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lane(sizes: &[usize]) -> (Vec<Range<usize>>, Vec<u8>, Segments) {
        let (mut lane, mut all) = (Partition::new(&b"t"[..], &BufferPool::default()), Vec::new());
        let mut write = |(at, size): (usize, &usize)| {
            let record = vec![b'a' + (at % 26) as u8; *size];
            all.extend_from_slice(&record);
            lane.write(record.len() / 2, |out| out.extend_from_slice(&record)).0
        };
        let places = sizes.iter().enumerate().map(&mut write).collect();
        (places, all, lane.close().1)
    }

    fn whole(segments: &Segments, run: &Range<usize>) -> Vec<u8> {
        segments.parts(run).flatten().collect()
    }

    #[test]
    fn a_record_is_in_one_piece_whatever_its_size() {
        let (places, _, segments) = lane(&[100, SEGMENT - 100, 1, SEGMENT * 3, 7, 0, SEGMENT]);
        for place in &places {
            assert!(segments.parts(place).count() <= 1, "{place:?}");
        }
        assert_eq!(segments.0.len(), 3);
    }

    #[test]
    fn a_request_holds_the_segments_of_its_own_records_only() {
        let (places, _, segments) = lane(&[SEGMENT; 4]);
        let item = |place: &Range<usize>| BatchItem {
            ordinal: 0,
            at_ms: 0,
            start: place.start,
            end: place.end,
            size: 0,
        };
        let own = segments.covering(&[item(&places[2]), item(&places[1])]);
        assert_eq!(own.0.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [SEGMENT, 2 * SEGMENT]);
        assert!(segments.covering(&[]).0.is_empty());
    }

    proptest! {
        #[test]
        fn every_run_of_records_has_its_bytes(
            sizes in proptest::collection::vec(prop_oneof![0usize..400, 0usize..300_000], 1..30),
            ends in any::<(prop::sample::Index, prop::sample::Index)>(),
        ) {
            let (places, all, segments) = lane(&sizes);
            let (a, b) = (ends.0.index(sizes.len()), ends.1.index(sizes.len()));
            let run = places[a.min(b)].start..places[a.max(b)].end;
            prop_assert_eq!(whole(&segments, &run), &all[run]);
        }
    }
}
