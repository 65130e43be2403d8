//! The order of stages: decode → open carriers → classify → once → route → encode → batch. Contains no decision of its
//! own.

use super::encoder::DestinationEncoder;
use crate::classify::classes::{BUILT_IN, Class, Classifier, Entry};
use crate::classify::routes::Routes;
use crate::delivery::progress::Progress;
use crate::destination::Destination;
use crate::encode::batch::Batch;
use crate::encode::buffer_pool::BufferPool;
use crate::encode::template::RenderContext;
use crate::input::decode::Tally;
use crate::metrics::Metrics;
use crate::stop::StopEvent;
use crate::stop::dedup::{Occurrence, StopDedup};
use crate::stop::stderr_tail::StderrTail;

/// What a chunk became.
#[derive(Debug, Default)]
pub struct Processed {
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

impl Processed {
    #[inline]
    fn count(&mut self, class: Class) {
        if let Some(count) = self.classes.get_mut(class.index()) {
            *count += 1;
        }
    }
}

/// What an instance remembers from chunk to chunk.
#[derive(Debug)]
pub struct StopMemory {
    /// Stops that were told; `None` tells each event.
    dedup: Option<StopDedup>,
    /// What containers said last.
    pub(super) stderr_tail: StderrTail,
}

impl StopMemory {
    /// With `once` each stop is told once; `context_lines` are kept of each container.
    #[must_use]
    pub fn new(once: bool, context_lines: usize) -> Self {
        Self { dedup: once.then(StopDedup::default), stderr_tail: StderrTail::new(context_lines) }
    }

    pub(super) fn standing(&self, stop: &StopEvent, progress: &Progress, nth: usize) -> Occurrence {
        self.dedup.as_ref().map_or(Occurrence::First, |once| once.observe(stop, progress.claims(), nth))
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
    /// Where there is room to write.
    pub pool: &'p BufferPool,
    /// What is remembered; without it each chunk stands for itself.
    pub memory: Option<&'p StopMemory>,
}

/// Takes a chunk through the stages. Entries that `progress` knows as settled are not encoded again.
#[must_use]
pub fn process_chunk(
    stages: &Stages<'_>,
    scene: &RenderContext<'_>,
    chunk: &[u8],
    progress: &Progress,
) -> Processed {
    let destinations = stages.destinations.iter().copied().enumerate();
    let mut desks: Vec<DestinationEncoder<'_>> =
        destinations.map(|(index, one)| DestinationEncoder::new(index, one, progress, stages.pool)).collect();
    let classes = vec![0; BUILT_IN.len() + stages.routes.own_classes()];
    let mut sorted = Processed { classes, ..Processed::default() };
    let deal = |ordinal: u32, entry: &Entry<'_, '_, '_>| {
        sorted.count(entry.class);
        let route = stages.routes.get(entry.class);
        sorted.dropped += u64::from(route.is_empty());
        for &index in route {
            if let Some(desk) = desks.get_mut(index)
                && let Some(missing) = desk.push(entry, scene, ordinal, stages.metrics)
                && sorted.missing_field.is_none()
            {
                sorted.missing_field = Some(missing.to_owned());
            }
        }
    };
    let (tally, repeated) = super::entries::for_each_entry(stages, chunk, progress, deal);
    let batches = desks.into_iter().map(|desk| desk.into_batches(progress)).collect();
    let mut sorted = Processed { batches, tally, ..sorted };
    repeated.into_iter().for_each(|class| {
        sorted.count(class);
        sorted.repeated += 1;
    });
    sorted
}
