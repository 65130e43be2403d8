//! Packing encoded records under a destination's limits: the only place that counts bytes.
//!
//! Records are encoded once, straight into their partition (one per log stream, file, …). A batch is a list of ranges of
//! it, so sorting, splitting and sending again copy no record.

use std::ops::{Deref, Range};
use std::sync::Arc;

use bytes::Bytes;

use super::partition::{BatchItem, Partition, Partitions, Segments};
use super::payload::Payload;
use crate::metrics::Reason;

/// A payload of more parts than this costs more to handle than to copy.
const MAX_PAYLOAD_PARTS: usize = 16;

/// What one request of a destination may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes: the sum of the items' sizes, as the destination counts them.
    pub bytes: usize,
    /// Most items.
    pub records: usize,
    /// Most milliseconds between the first and the last item, for destinations that want order.
    pub span_ms: Option<i64>,
    /// Whether items must be in order of time.
    pub ordered: bool,
}

impl Partitions {
    /// Packs every partition.
    #[must_use]
    pub fn pack(self, limits: &Limits) -> Vec<Batch> {
        self.partitions.into_iter().flat_map(|partition| pack(partition, limits)).collect()
    }

    /// Packs all partitions into the same batches, for destinations whose requests hold several targets: whoever writes
    /// the records must not decide how many requests they take. See [`Batch::by_target`].
    #[must_use]
    pub fn pack_together(self, limits: &Limits) -> Vec<Batch> {
        let mut segments = Segments::default();
        let mut items = Vec::new();
        let mut sections = Vec::new();
        for partition in self.partitions {
            let (target, own_segments, own_items) = partition.finish();
            let at = segments.append(own_segments);
            let first_size = target.len();
            sections.push((at, target));
            items.extend(own_items.into_iter().enumerate().map(|(position, item)| BatchItem {
                start: item.start + at,
                end: item.end + at,
                // A target goes over the wire as well, once.
                size: item.size + if position == 0 { first_size } else { 0 },
                ..item
            }));
        }
        let sections = sections.into();
        let all = Batch { sections, segments, items: items.into(), ..Batch::empty(Bytes::new()) };
        pack_items(&all, limits)
    }
}

/// The items of a batch, in the order they are sent: a range of a list that all batches of a partition share.
#[derive(Debug, Clone)]
pub struct BatchItems {
    all: Arc<Vec<BatchItem>>,
    range: Range<usize>,
}

impl BatchItems {
    /// Narrows the list to `range`, positions in this one.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let start = self.range.start;
        Self { all: Arc::clone(&self.all), range: start + range.start..start + range.end }
    }
}

impl From<Vec<BatchItem>> for BatchItems {
    fn from(all: Vec<BatchItem>) -> Self {
        Self { range: 0..all.len(), all: Arc::new(all) }
    }
}

impl Deref for BatchItems {
    type Target = [BatchItem];

    fn deref(&self) -> &[BatchItem] {
        self.all.get(self.range.clone()).unwrap_or_default()
    }
}

/// What one request carries.
#[derive(Debug, Clone)]
pub struct Batch {
    target: Bytes,
    /// Where the records of each target begin, in a batch of several.
    sections: Arc<[(usize, Bytes)]>,
    segments: Segments,
    /// The batch's records, in the order they are sent.
    pub items: BatchItems,
    /// Why the records are not sent at all.
    pub refusal: Option<Reason>,
}

impl Batch {
    /// A batch without records.
    #[must_use]
    pub fn empty(target: impl Into<Bytes>) -> Self {
        Self {
            target: target.into(),
            sections: Arc::default(),
            segments: Segments::default(),
            items: Vec::new().into(),
            refusal: None,
        }
    }

    /// Records that are not sent.
    pub(super) fn refused(items: Vec<BatchItem>, reason: Reason) -> Self {
        Self { items: items.into(), refusal: Some(reason), ..Self::empty(Bytes::new()) }
    }

    /// Where inside the destination the batch goes, in the destination's own notation.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        &self.target
    }

    /// The batch's records by target: batches of one target each, in the order they are sent.
    #[must_use]
    pub fn by_target(&self) -> Vec<Self> {
        let mut batches = Vec::new();
        let mut start = 0;
        while let Some(rest) = self.items.get(start..).filter(|rest| !rest.is_empty()) {
            let first = rest.first().map_or(0, |item| item.start);
            let next = self.sections.partition_point(|(at, _)| *at <= first);
            let range = self.section_range(next);
            let end = start + rest.iter().take_while(|item| range.contains(&item.start)).count().max(1);
            let target = next.checked_sub(1).and_then(|at| self.sections.get(at));
            let target = target.map_or(&self.target, |(_, target)| target).clone();
            batches.push(Self { target, sections: Arc::default(), ..self.slice(start..end) });
            start = end;
        }
        batches
    }

    /// Where the records are of the target before the one at `next`.
    fn section_range(&self, next: usize) -> Range<usize> {
        let start_of = |at: usize| self.sections.get(at).map(|(start, _)| *start);
        next.checked_sub(1).and_then(start_of).unwrap_or_default()..start_of(next).unwrap_or(usize::MAX)
    }

    /// Length of the records' wire form in bytes.
    #[must_use]
    pub fn wire_len(&self) -> usize {
        self.items.iter().map(|item| item.end - item.start).sum()
    }

    /// The records' wire form, without copying it.
    #[must_use]
    pub fn payload(&self) -> Payload {
        self.parts().into_iter().collect()
    }

    /// The records' wire form after a head.
    #[must_use]
    pub fn payload_after(&self, head: impl Into<Bytes>) -> Payload {
        std::iter::once(head.into()).chain(self.parts()).collect()
    }

    /// The records' wire form between a head and a tail, without the last byte, which separates records.
    #[must_use]
    pub fn payload_between(&self, head: impl Into<Bytes>, tail: impl Into<Bytes>) -> Payload {
        let mut parts = self.parts();
        if let Some(last) = parts.last_mut() {
            last.truncate(last.len().saturating_sub(1));
        }
        let tail = std::iter::once(tail.into());
        std::iter::once(head.into()).chain(parts).chain(tail).collect()
    }

    /// Items that are neighbours in a segment, which is the usual case, are one part; too many parts are copied into
    /// one.
    fn parts(&self) -> Vec<Bytes> {
        let mut parts = Vec::new();
        self.for_each_range(|range| parts.extend(self.segments.slices(range)));
        match parts.len() <= MAX_PAYLOAD_PARTS {
            true => parts,
            false => vec![parts.concat().into()],
        }
    }

    /// Visits the ranges of neighbouring items, as long as they can be.
    fn for_each_range(&self, mut visit: impl FnMut(&Range<usize>)) {
        let mut range = 0..0;
        for item in self.items.iter() {
            if range.end != item.start {
                visit(&range);
                range = item.start..item.start;
            }
            range.end = item.end;
        }
        visit(&range);
    }

    /// Stable id: equal for the same records of the same times and positions in their chunk that go to the same target,
    /// also when Fluent Bit replays the chunk.
    #[must_use]
    pub fn digest(&self) -> u128 {
        let mut hasher = xxhash_rust::xxh3::Xxh3::new();
        hasher.update(self.target());
        self.sections.iter().for_each(|(_, target)| hasher.update(target));
        for item in self.items.iter() {
            hasher.update(&item.ordinal.to_le_bytes());
            hasher.update(&item.at_ms.to_le_bytes());
        }
        self.for_each_range(|range| self.segments.slices(range).for_each(|part| hasher.update(&part)));
        hasher.digest128()
    }

    /// The batch without its settled items; `None` when all are settled.
    #[must_use]
    pub fn unsettled(self, settled: impl Fn(u32) -> bool) -> Option<Self> {
        let items: Vec<BatchItem> =
            self.items.iter().filter(|item| !settled(item.ordinal)).copied().collect();
        (!items.is_empty()).then(|| self.with_items(items.into()))
    }

    /// The batch with only the items at these positions.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> Self {
        let items: Vec<BatchItem> = positions.iter().filter_map(|&at| self.items.get(at).copied()).collect();
        self.with_items(items.into())
    }

    /// Two halves, or `None` when there is nothing left to split.
    #[must_use]
    pub fn halves(&self) -> Option<(Self, Self)> {
        let all = self.items.len();
        let half = all / 2;
        (half > 0).then(|| (self.slice(0..half), self.slice(half..all)))
    }

    /// The batch with only the items in this range of positions.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.with_items(self.items.slice(range))
    }

    fn with_items(&self, items: BatchItems) -> Self {
        Self {
            target: self.target.clone(),
            sections: Arc::clone(&self.sections),
            segments: self.segments.covering(&items),
            items,
            refusal: self.refusal,
        }
    }
}

/// Splits a partition into batches. Sorting by time is stable: records of one millisecond stay in the order of the chunk.
#[must_use]
pub fn pack(partition: Partition, limits: &Limits) -> Vec<Batch> {
    let (target, segments, mut items) = partition.finish();
    if limits.ordered && !items.is_sorted_by_key(|item| item.at_ms) {
        items.sort_by_key(|item| item.at_ms);
    }
    pack_items(&Batch { segments, items: items.into(), ..Batch::empty(target) }, limits)
}

/// Splits a batch of everything into batches within the limits.
fn pack_items(all: &Batch, limits: &Limits) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut start = 0;
    while let Some(rest) = all.items.get(start..).filter(|rest| !rest.is_empty()) {
        let end = start + count_fitting(rest, limits).max(1);
        if end - start == all.items.len() {
            return vec![all.clone()];
        }
        batches.push(all.slice(start..end));
        start = end;
    }
    batches
}

/// How many of the leading items fit one request.
fn count_fitting(items: &[BatchItem], limits: &Limits) -> usize {
    let first = items.first().map_or(0, |item| item.at_ms);
    let mut bytes = 0usize;
    let fitting = items.iter().take(limits.records).take_while(|item| {
        bytes = bytes.saturating_add(item.size);
        bytes <= limits.bytes && limits.span_ms.is_none_or(|span| item.at_ms.saturating_sub(first) <= span)
    });
    fitting.count()
}

#[cfg(test)]
mod tests;
