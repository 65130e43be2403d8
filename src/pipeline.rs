//! The order of stages: decode → classify → route → encode → batch. Contains no decision of its own.

use std::cell::Ref;
use std::sync::atomic::Ordering::Relaxed;

use crate::ack::{Progress, Settled};
use crate::batch::{Batch, Item, Lanes};
use crate::classify::{BUILT_IN, Classifier, Entry};
use crate::config::Fields;
use crate::decode::{self, Tally};
use crate::destination::{Destination, Encoded};
use crate::metrics::{Metrics, Reason};
use crate::record::{Field, Record};
use crate::route::Routes;
use crate::template::Scene;

/// What a chunk became.
#[derive(Debug)]
pub struct Sorted {
    /// By destination: what it is to get.
    pub batches: Vec<Vec<Batch>>,
    /// What was read.
    pub tally: Tally,
    /// By `Class::index`: how many records.
    pub classes: Vec<u64>,
    /// Records whose class is dropped on purpose.
    pub dropped: u64,
    /// A template field that some record lacked.
    pub missing_field: Option<String>,
}

/// What the stages need besides the chunk.
#[derive(Debug, Clone, Copy)]
pub struct Stages<'p> {
    /// What a record is.
    pub classifier: &'p Classifier,
    /// Where a class goes.
    pub routes: &'p Routes,
    /// How it is written there.
    pub destinations: &'p [&'p dyn Destination],
    /// What is counted.
    pub metrics: &'p Metrics,
}

/// Takes a chunk through the stages. Entries that `progress` knows as settled are not encoded again.
#[must_use]
pub fn sort(stages: &Stages<'_>, scene: &Scene<'_>, chunk: &[u8], progress: &Progress) -> Sorted {
    let destinations = stages.destinations.iter().copied().enumerate();
    let mut desks: Vec<Desk<'_, '_>> =
        destinations.map(|(index, one)| Desk::new(index, one, progress)).collect();
    let mut classes = vec![0u64; BUILT_IN.len() + stages.routes.own_classes()];
    let (mut ordinal, mut missing_field, mut dropped) = (0u32, None, 0u64);
    let tally = decode::records(chunk, |record| {
        let (class, stop) = stages.classifier.class_of(record);
        let entry = Entry { record, class, class_name: stages.classifier.name(class), stop: stop.as_ref() };
        if let Some(count) = classes.get_mut(class.index()) {
            *count += 1;
        }
        let route = stages.routes.of(class);
        dropped += u64::from(route.is_empty());
        for &index in route {
            if let Some(desk) = desks.get_mut(index) {
                let missing = desk.take(&entry, scene, ordinal, stages.metrics);
                missing_field = missing_field.or(missing);
            }
        }
        ordinal = ordinal.saturating_add(1);
    });
    let missing_field = missing_field.map(str::to_owned);
    let batches = desks.into_iter().map(|desk| desk.close(progress)).collect();
    Sorted { batches, tally, classes, dropped, missing_field }
}

/// Where one destination's share of a chunk is gathered.
struct Desk<'d, 'c> {
    index: usize,
    destination: &'d dyn Destination,
    /// What needs no sending any more, when the chunk came before.
    settled: Option<Ref<'d, Settled>>,
    first_time: bool,
    lanes: Lanes,
    target: Vec<u8>,
    /// The fields to be sent of the record at hand, when that is not all of them.
    chosen: Vec<Field<'c>>,
    wanted: u32,
    /// What is settled without being sent.
    unsent: Vec<u32>,
}

impl<'d, 'c> Desk<'d, 'c> {
    fn new(index: usize, destination: &'d dyn Destination, progress: &'d Progress) -> Self {
        let settled = progress.settled(index);
        Self {
            index,
            destination,
            settled,
            first_time: !progress.is_replay(),
            lanes: Lanes::default(),
            target: Vec::new(),
            chosen: Vec::new(),
            wanted: 0,
            unsent: Vec::new(),
        }
    }

    /// Encodes one entry into its lane; answers with a template field it lacked.
    fn take(
        &mut self,
        entry: &Entry<'_, 'c, '_>,
        scene: &Scene<'_>,
        ordinal: u32,
        metrics: &Metrics,
    ) -> Option<&'d str> {
        self.wanted += 1;
        if self.is_settled(ordinal) && !self.destination.knows_repeats() {
            return None;
        }
        self.target.clear();
        let missing = self.destination.target(entry, scene, &mut self.target);
        let fields = &self.destination.common().fields;
        let picked = Record { fields: pick(fields, entry.record.fields, &mut self.chosen), ..*entry.record };
        let entry = &Entry { record: &picked, ..*entry };
        let lane = self.lanes.of(&self.target);
        let start = lane.wire.len();
        let counters = metrics.destination(self.index);
        let size = match self.destination.encode(entry, scene, &mut lane.wire) {
            Encoded::Whole { size } => size,
            Encoded::Cut { size } => {
                counters.cut.fetch_add(u64::from(self.first_time), Relaxed);
                size
            }
            Encoded::Empty => return self.leave_out(ordinal, Reason::Empty, metrics),
            Encoded::Skipped => return self.leave_out(ordinal, Reason::Filtered, metrics),
        };
        lane.items.push(Item {
            ordinal,
            at_ms: entry.record.time.millis(),
            start,
            end: lane.wire.len(),
            size,
        });
        missing
    }

    /// Settles what has nothing to send. Names that lacked a field do not matter then.
    fn leave_out(&mut self, ordinal: u32, reason: Reason, metrics: &Metrics) -> Option<&'d str> {
        metrics.destination(self.index).lost(reason, u64::from(!self.is_settled(ordinal)));
        self.unsent.push(ordinal);
        None
    }

    fn is_settled(&self, ordinal: u32) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.contains(ordinal))
    }

    fn close(self, progress: &Progress) -> Vec<Batch> {
        let mut batches = self.lanes.pack(&self.destination.limits());
        if let Some(settled) = &self.settled {
            let open = |batch: Batch| batch.open(|ordinal| settled.contains(ordinal));
            batches = batches.into_iter().filter_map(open).collect();
        }
        drop(self.settled);
        progress.expect(self.index, self.wanted);
        progress.settle(self.index, self.unsent);
        batches
    }
}

/// The fields to be sent; `chosen` holds them when that is not all.
fn pick<'r, 'c>(which: &Fields, all: &'r [Field<'c>], chosen: &'r mut Vec<Field<'c>>) -> &'r [Field<'c>] {
    if *which == Fields::All {
        return all;
    }
    chosen.clear();
    chosen.extend(all.iter().filter(|field| field.key.text().is_some_and(|name| which.pick(name))));
    chosen
}
