//! One destination's share of a chunk: each entry's target and wire form, gathered in partitions and packed into batches.

use std::borrow::Cow;
use std::cell::Ref;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::pipeline::Stages;
use crate::classify::classes::Entry;
use crate::config::Fields;
use crate::delivery::progress::{Ordinals, Progress, Settled};
use crate::destination::{Destination, Encoded};
use crate::encode::batch::Batch;
use crate::encode::known_names::KnownNames;
use crate::encode::partition::{BatchItem, Partitions};
use crate::encode::template::{Overflow, RenderContext};
use crate::input::record::{Field, Record, Value};
use crate::metrics::{Metrics, Reason};

/// Where one destination's share of a chunk is gathered.
pub(super) struct DestinationEncoder<'d> {
    index: usize,
    destination: &'d Destination,
    /// What needs no sending any more, when the chunk came before.
    settled: Option<Ref<'d, Settled>>,
    is_replay: bool,
    partitions: Partitions,
    target: Vec<u8>,
    /// Room for the fields to be sent of the record at hand, when that is not all of them; empty between records.
    chosen: Vec<Field<'static>>,
    /// Entries of the chunk that the destination is to get.
    expected: u32,
    /// The limit of new names, where there is one.
    names: Option<NameCheck<'d>>,
    /// What is settled without being sent.
    unsent: Vec<u32>,
}

/// Holds the names of a chunk against the limit of new names. The first attempt decides for its replays: there the
/// destination may know more names, or fewer, and a record must not change its batch.
struct NameCheck<'d> {
    known: &'d KnownNames,
    limit: u64,
    /// One time for the whole chunk, so that a name which is refused once is refused to the chunk's end.
    now: Instant,
    arrived_at: i64,
    overflowed: Ordinals,
    /// What is said of names that were refused.
    overflow: Option<NameOverflow>,
}

/// What is said of names beyond the limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameOverflow {
    /// Records that went to the overflow name.
    pub records: u32,
    /// The first of their own names.
    pub example: Vec<u8>,
    /// The name that it went to instead.
    pub name: Vec<u8>,
}

impl<'d> DestinationEncoder<'d> {
    pub(super) fn new(
        index: usize,
        destination: &'d Destination,
        progress: &'d Progress,
        stages: &Stages<'d>,
    ) -> Self {
        let settled = progress.settled(index);
        let limit = destination.name_limit.as_ref().and_then(|names| names.per_minute);
        let names = limit.zip(stages.names.get(index)).map(|(limit, known)| NameCheck {
            known,
            limit,
            now: Instant::now(),
            arrived_at: progress.arrived_at(),
            overflowed: Ordinals::default(),
            overflow: None,
        });
        Self {
            index,
            destination,
            settled,
            is_replay: progress.is_replay(),
            names,
            partitions: Partitions::new(stages.pool),
            target: Vec::new(),
            chosen: Vec::new(),
            expected: 0,
            unsent: Vec::new(),
        }
    }

    /// Encodes one entry into its partition; returns with a template field it lacked.
    pub(super) fn push(
        &mut self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        ordinal: u32,
        metrics: &Metrics,
    ) -> Option<&'d str> {
        self.expected += 1;
        if self.is_settled(ordinal) && !self.destination.deduplicates_requests() {
            return None;
        }
        self.target.clear();
        let missing = self.destination.target(entry, context, &mut self.target);
        let fields = &self.destination.common.fields;
        let mut chosen = reuse(std::mem::take(&mut self.chosen));
        let picked = select(fields, entry.record, &mut chosen);
        let picked = &Entry { record: &picked, ..*entry };
        if !self.partitions.seek(&self.target) {
            self.start_partition(entry, context, ordinal);
        }
        let partition = self.partitions.current();
        let (place, encoded) = partition
            .write(estimated_len(picked.record), |out| self.destination.encode(picked, context, out));
        self.chosen = reuse(chosen);
        let size = match encoded {
            Encoded::Complete { size } => size,
            Encoded::Truncated { size } => {
                metrics.destination(self.index).cut.fetch_add(u64::from(!self.is_replay), Relaxed);
                size
            }
            Encoded::Empty => return self.leave_out(ordinal, Reason::Empty, metrics),
            Encoded::Filtered => return self.leave_out(ordinal, Reason::Filtered, metrics),
        };
        let at_ms = entry.record.time.millis();
        partition.push(BatchItem { ordinal, at_ms, start: place.start, end: place.end, size });
        missing
    }

    /// Starts the partition of a name that is new to the chunk, or turns to that of the overflow name.
    #[cold]
    fn start_partition(&mut self, entry: &Entry<'_, '_, '_>, context: &RenderContext<'_>, ordinal: u32) {
        let decided = self.settled.as_ref().and_then(|settled| settled.overflowed());
        let overflow = self.names.as_mut().and_then(|names| {
            let outer = self.destination.outer_name(&self.target);
            let name = self.destination.name(&self.target);
            names.check(ordinal, &without_chunk(name, context.chunk), outer, decided)
        });
        if let Some(overflow) = overflow {
            let own = std::mem::take(&mut self.target);
            let context = RenderContext { overflow: Some(overflow), ..*context };
            self.destination.target(entry, &context, &mut self.target);
            self.names
                .iter_mut()
                .for_each(|names| names.note(ordinal, self.destination.name(&own), &self.target));
        }
        if !self.partitions.seek(&self.target) {
            self.partitions.insert(&self.target);
        }
    }

    /// Settles what has nothing to send. Names that lacked a field do not matter then.
    fn leave_out(&mut self, ordinal: u32, reason: Reason, metrics: &Metrics) -> Option<&'d str> {
        metrics.destination(self.index).count_lost(reason, u64::from(!self.is_settled(ordinal)));
        self.unsent.push(ordinal);
        None
    }

    fn is_settled(&self, ordinal: u32) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.contains(ordinal))
    }

    /// What is to be said of names beyond the limit; not again when the chunk came before.
    pub(super) fn name_overflow(&self) -> Option<NameOverflow> {
        let decided = self.settled.as_ref().is_some_and(|settled| settled.overflowed().is_some());
        self.names.as_ref().filter(|_| !decided).and_then(|names| names.overflow.clone())
    }

    pub(super) fn into_batches(mut self, progress: &Progress) -> Vec<Batch> {
        let refused = self
            .destination
            .accepted_times()
            .map(|times| self.partitions.refuse_outside(&times, progress.arrived_at().saturating_mul(1_000)));
        let mut batches = self.destination.pack(self.partitions);
        batches.extend(refused.into_iter().flatten());
        if let Some(settled) = self.settled.as_ref().filter(|settled| !settled.is_empty()) {
            let open = |batch: Batch| batch.unsettled(|ordinal| settled.contains(ordinal));
            batches = batches.into_iter().filter_map(open).collect();
        }
        drop(self.settled);
        progress.expect(self.index, self.expected);
        progress.settle(self.index, self.unsent);
        progress.note_overflow(self.index, self.names.map(|names| names.overflowed).unwrap_or_default());
        batches
    }
}

impl NameCheck<'_> {
    /// How the name is to be made instead, if it may not be used. `outer` is what it is in.
    fn check(
        &self,
        ordinal: u32,
        name: &[u8],
        outer: Option<&[u8]>,
        decided: Option<&Ordinals>,
    ) -> Option<Overflow> {
        let admitted = match decided {
            Some(overflowed) => !overflowed.contains(ordinal),
            None => self.known.admit(name, self.limit, self.now),
        };
        if admitted {
            outer.into_iter().for_each(|outer| self.known.remember(outer));
            return None;
        }
        let keeps_outer = outer.is_some_and(|outer| self.known.contains(outer));
        Some(Overflow { at: self.arrived_at, keeps_outer })
    }

    fn note(&mut self, ordinal: u32, own: &[u8], instead: &[u8]) {
        self.overflowed.insert(ordinal);
        let overflow = self.overflow.get_or_insert_with(|| NameOverflow {
            records: 0,
            example: own.to_vec(),
            name: instead.to_vec(),
        });
        overflow.records = self.overflowed.count();
    }
}

/// A target with the chunk's own name in it, as a uuid, is the same one in each chunk.
fn without_chunk<'t>(target: &'t [u8], chunk: &str) -> Cow<'t, [u8]> {
    let chunk = chunk.as_bytes();
    match target.windows(chunk.len().max(1)).position(|window| window == chunk) {
        Some(at) => [target.get(..at), target.get(at + chunk.len()..)]
            .into_iter()
            .flatten()
            .flatten()
            .copied()
            .collect(),
        None => target.into(),
    }
}

/// What a record takes in about any wire form: names and quotes of JSON, escapes.
fn estimated_len(record: &Record<'_, '_>) -> usize {
    record.body.len() * 5 / 4 + 128
}

/// The record with the fields to be sent; `chosen` holds them when that is not all.
fn select<'c, 'r>(which: &Fields, record: &Record<'c, 'r>, chosen: &'r mut Vec<Field<'c>>) -> Record<'c, 'r> {
    if *which == Fields::All {
        return *record;
    }
    chosen.extend(record.fields.iter().filter(|field| field.key.text().is_some_and(|name| which.pick(name))));
    record.with_fields(chosen)
}

/// An empty list for the fields of another record, in the memory of this one: collecting in place allocates nothing.
fn reuse<'b>(mut fields: Vec<Field<'_>>) -> Vec<Field<'b>> {
    fields.clear();
    fields.into_iter().map(|_| Field { key: Value::Nil, value: Value::Nil }).collect()
}
