//! The order of stages: decode → open carriers → classify → once → route → encode → batch. Contains no decision of its
//! own.

use std::cell::Ref;
use std::sync::atomic::Ordering::Relaxed;

use crate::ack::{Progress, Settled};
use crate::batch::{Batch, Item, Lanes};
use crate::carrier::Carried;
use crate::classify::{BUILT_IN, Class, Classifier, Entry, Sight};
use crate::config::Fields;
use crate::decode::{self, Tally};
use crate::destination::{Destination, Encoded};
use crate::last_words::LastWords;
use crate::metrics::{Metrics, Reason};
use crate::once::{Once, Standing};
use crate::record::{Field, Record, Value};
use crate::route::Routes;
use crate::stop::StopEvent;
use crate::template::Scene;

/// What a chunk became.
#[derive(Debug, Default)]
pub struct Sorted {
    /// By destination: what it is to get.
    pub batches: Vec<Vec<Batch>>,
    /// What was read.
    pub tally: Tally,
    /// By `Class::index`: how many records.
    pub classes: Vec<u64>,
    /// Records whose class is dropped on purpose.
    pub dropped: u64,
    /// Events of stops that were told already.
    pub repeated: u64,
    /// A template field that some record lacked.
    pub missing_field: Option<String>,
}

impl Sorted {
    #[inline]
    fn count(&mut self, class: Class) {
        if let Some(count) = self.classes.get_mut(class.index()) {
            *count += 1;
        }
    }
}

/// What an instance remembers from chunk to chunk.
#[derive(Debug)]
pub struct Memory {
    /// Stops that were told; `None` tells each event.
    once: Option<Once>,
    /// What containers said last.
    last_words: LastWords,
}

impl Memory {
    /// With `once` each stop is told once; `context_lines` are kept of each container.
    #[must_use]
    pub fn new(once: bool, context_lines: usize) -> Self {
        Self { once: once.then(Once::default), last_words: LastWords::new(context_lines) }
    }

    fn standing(&self, stop: &StopEvent, progress: &Progress, nth: usize) -> Standing {
        self.once.as_ref().map_or(Standing::First, |once| once.standing(stop, progress.claims(), nth))
    }
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
    /// What is remembered; without it each chunk stands for itself.
    pub memory: Option<&'p Memory>,
}

/// Takes a chunk through the stages. Entries that `progress` knows as settled are not encoded again.
#[must_use]
pub fn sort(stages: &Stages<'_>, scene: &Scene<'_>, chunk: &[u8], progress: &Progress) -> Sorted {
    let mut heard = stages.memory.map(|memory| memory.last_words.listen());
    let mut table = Table::new(stages, scene, progress);
    let tally = decode::records(chunk, |record| {
        let sight = stages.classifier.look(record);
        if let (Sight::Plain(Class::Stderr), Some(heard)) = (&sight, &mut heard) {
            heard.note(record);
        }
        table.lay(record, sight);
    });
    if let (Some(memory), Some(heard)) = (stages.memory, heard)
        && !progress.is_replay()
    {
        memory.last_words.keep(heard);
    }
    table.clear(tally)
}

/// What a chunk is laid out on: one desk per destination.
struct Table<'p> {
    stages: &'p Stages<'p>,
    scene: &'p Scene<'p>,
    progress: &'p Progress,
    desks: Vec<Desk<'p>>,
    ordinal: u32,
    stops: usize,
    sorted: Sorted,
}

impl<'p> Table<'p> {
    fn new(stages: &'p Stages<'p>, scene: &'p Scene<'p>, progress: &'p Progress) -> Self {
        let destinations = stages.destinations.iter().copied().enumerate();
        let classes = vec![0; BUILT_IN.len() + stages.routes.own_classes()];
        Self {
            desks: destinations.map(|(index, one)| Desk::new(index, one, progress)).collect(),
            sorted: Sorted { classes, ..Sorted::default() },
            stages,
            scene,
            progress,
            ordinal: 0,
            stops: 0,
        }
    }

    #[inline]
    fn lay(&mut self, record: &Record<'_, '_>, sight: Sight) {
        match sight {
            Sight::Plain(class) => self.deal(record, class, None),
            Sight::Stop(class, stop) => self.lay_stop(record, class, *stop),
            Sight::Carries(carried) => self.unpack(record, &carried),
        }
    }

    #[cold]
    fn lay_stop(&mut self, record: &Record<'_, '_>, class: Class, mut stop: StopEvent) {
        let nth = self.stops;
        self.stops += 1;
        if let Some(memory) = self.stages.memory {
            match memory.standing(&stop, self.progress, nth) {
                Standing::First => {}
                Standing::Update => stop.update = true,
                Standing::Followed => return self.deal(record, Class::Other, None),
                Standing::Repeated => {
                    self.sorted.count(class);
                    self.sorted.repeated += 1;
                    return;
                }
            }
            stop.last_lines = memory.last_words.of_stop(&stop);
        }
        self.deal(record, class, Some(&stop));
    }

    /// Each event of a carrier is a record of its own; what else the carrier holds stays in it.
    #[cold]
    fn unpack(&mut self, carrier: &Record<'_, '_>, carried: &Carried) {
        for event in &carried.events {
            // A JSON value always has a msgpack form.
            let body = rmp_serde::to_vec(event).unwrap_or_default();
            let fields = decode::fields(&body);
            let record = Record { time: carrier.time, fields: &fields, body: &body };
            self.lay(&record, self.stages.classifier.look_at_event(&record));
        }
        if carried.rest {
            self.deal(carrier, self.stages.classifier.plain_class(carrier), None);
        }
    }

    /// Hands the record to the desk of every destination of its class.
    #[inline]
    fn deal(&mut self, record: &Record<'_, '_>, class: Class, stop: Option<&StopEvent>) {
        let entry = Entry { record, class, class_name: self.stages.classifier.name(class), stop };
        self.sorted.count(class);
        let route = self.stages.routes.of(class);
        self.sorted.dropped += u64::from(route.is_empty());
        for &index in route {
            if let Some(desk) = self.desks.get_mut(index)
                && let Some(missing) = desk.take(&entry, self.scene, self.ordinal, self.stages.metrics)
                && self.sorted.missing_field.is_none()
            {
                self.sorted.missing_field = Some(missing.to_owned());
            }
        }
        self.ordinal = self.ordinal.saturating_add(1);
    }

    fn clear(self, tally: Tally) -> Sorted {
        let batches = self.desks.into_iter().map(|desk| desk.close(self.progress)).collect();
        Sorted { batches, tally, ..self.sorted }
    }
}

/// Where one destination's share of a chunk is gathered.
struct Desk<'d> {
    index: usize,
    destination: &'d dyn Destination,
    /// What needs no sending any more, when the chunk came before.
    settled: Option<Ref<'d, Settled>>,
    first_time: bool,
    lanes: Lanes,
    target: Vec<u8>,
    /// Room for the fields to be sent of the record at hand, when that is not all of them; empty between records.
    chosen: Vec<Field<'static>>,
    wanted: u32,
    /// What is settled without being sent.
    unsent: Vec<u32>,
}

impl<'d> Desk<'d> {
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
        entry: &Entry<'_, '_, '_>,
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
        let mut chosen = recycle(std::mem::take(&mut self.chosen));
        let picked = Record { fields: pick(fields, entry.record.fields, &mut chosen), ..*entry.record };
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
    chosen.extend(all.iter().filter(|field| field.key.text().is_some_and(|name| which.pick(name))));
    chosen
}

/// The same room for fields of another record: an empty list outlives nothing, and collecting it reuses its memory.
fn recycle<'b>(mut fields: Vec<Field<'_>>) -> Vec<Field<'b>> {
    fields.clear();
    fields.into_iter().map(|_| Field { key: Value::Nil, value: Value::Nil }).collect()
}
