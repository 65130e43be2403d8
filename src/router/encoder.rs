//! One destination's share of a chunk: each entry's target and wire form, gathered in partitions and packed into batches.

use std::cell::Ref;
use std::sync::atomic::Ordering::Relaxed;

use crate::classify::classes::Entry;
use crate::config::Fields;
use crate::delivery::progress::{Progress, Settled};
use crate::destination::{Destination, Encoded};
use crate::encode::batch::Batch;
use crate::encode::buffer_pool::BufferPool;
use crate::encode::partition::{BatchItem, Partitions};
use crate::encode::template::RenderContext;
use crate::input::record::{Field, Record, Value};
use crate::metrics::{Metrics, Reason};

/// Where one destination's share of a chunk is gathered.
pub(super) struct DestinationEncoder<'d> {
    index: usize,
    destination: &'d dyn Destination,
    /// What needs no sending any more, when the chunk came before.
    settled: Option<Ref<'d, Settled>>,
    first_time: bool,
    partitions: Partitions,
    target: Vec<u8>,
    /// Room for the fields to be sent of the record at hand, when that is not all of them; empty between records.
    chosen: Vec<Field<'static>>,
    wanted: u32,
    /// What is settled without being sent.
    unsent: Vec<u32>,
}

impl<'d> DestinationEncoder<'d> {
    pub(super) fn new(
        index: usize,
        destination: &'d dyn Destination,
        progress: &'d Progress,
        pool: &BufferPool,
    ) -> Self {
        let settled = progress.settled(index);
        Self {
            index,
            destination,
            settled,
            first_time: !progress.is_replay(),
            partitions: Partitions::new(pool),
            target: Vec::new(),
            chosen: Vec::new(),
            wanted: 0,
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
        self.wanted += 1;
        if self.is_settled(ordinal) && !self.destination.deduplicates_requests() {
            return None;
        }
        self.target.clear();
        let missing = self.destination.target(entry, context, &mut self.target);
        let fields = &self.destination.common().fields;
        let mut chosen = reuse(std::mem::take(&mut self.chosen));
        let picked = select(fields, entry.record, &mut chosen);
        let picked = &Entry { record: &picked, ..*entry };
        let partition = self.partitions.get_or_insert(&self.target);
        let (place, encoded) = partition
            .write(estimated_len(picked.record), |out| self.destination.encode(picked, context, out));
        self.chosen = reuse(chosen);
        let size = match encoded {
            Encoded::Complete { size } => size,
            Encoded::Truncated { size } => {
                metrics.destination(self.index).cut.fetch_add(u64::from(self.first_time), Relaxed);
                size
            }
            Encoded::Empty => return self.leave_out(ordinal, Reason::Empty, metrics),
            Encoded::Filtered => return self.leave_out(ordinal, Reason::Filtered, metrics),
        };
        let at_ms = entry.record.time.millis();
        partition.push(BatchItem { ordinal, at_ms, start: place.start, end: place.end, size });
        missing
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

    pub(super) fn into_batches(self, progress: &Progress) -> Vec<Batch> {
        let mut batches = self.partitions.pack(&self.destination.limits());
        if let Some(settled) = self.settled.as_ref().filter(|settled| !settled.is_empty()) {
            let open = |batch: Batch| batch.unsettled(|ordinal| settled.contains(ordinal));
            batches = batches.into_iter().filter_map(open).collect();
        }
        drop(self.settled);
        progress.expect(self.index, self.wanted);
        progress.settle(self.index, self.unsent);
        batches
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

/// The same room for fields of another record: an empty list outlives nothing, and collecting it reuses its memory.
fn reuse<'b>(mut fields: Vec<Field<'_>>) -> Vec<Field<'b>> {
    fields.clear();
    fields.into_iter().map(|_| Field { key: Value::Nil, value: Value::Nil }).collect()
}
