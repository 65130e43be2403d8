//! `router::pipeline`: one chunk through the stages up to the batches, with nothing behind them.

use std::cell::RefCell;
use std::sync::Arc;

use ecs_router::config::keys::DestinationKind;
use ecs_router::config::{DestinationSettings, KeyReader, Lookup, Problem, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::batch::Batch;
use ecs_router::encode::template::RenderContext;
use ecs_router::input::decode::MalformedChunk;
use ecs_router::router::entries::for_each_entry;
use ecs_router::router::pipeline::{Pipeline, Stages, new_metrics};
use ecs_router::router::process::process_chunk;

/// Stands in for the region of the machine; no request is made.
const PLACEHOLDER_REGION: &str = "us-east-1";

/// An output without a way to the network.
pub(crate) struct DryRun {
    pipeline: Pipeline,
    settings: Vec<DestinationSettings>,
    destinations: Vec<Destination>,
}

/// What became of one record.
pub(crate) struct DryRecord {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// By destination on its route. None at all: it is dropped on purpose.
    pub(crate) copies: Vec<DryCopy>,
}

/// One record at one destination.
pub(crate) struct DryCopy {
    /// The destination's position.
    pub(crate) destination: usize,
    /// Its place inside the destination and its bytes there; `None` when the destination leaves it out.
    pub(crate) sent: Option<(Vec<u8>, usize)>,
}

/// What became of one chunk.
pub(crate) struct DryChunk {
    /// By entry: each record, and each event that a record carries.
    pub(crate) rows: Vec<DryRecord>,
    /// By destination: how many batches.
    pub(crate) batches: Vec<usize>,
    /// Entries that are no records.
    pub(crate) shapeless: usize,
    /// Where reading had to stop.
    pub(crate) fault: Option<MalformedChunk>,
}

impl DryRun {
    /// Reads the keys as the plugin does when it starts.
    pub(crate) fn open(lookup: &dyn Lookup) -> Result<Self, Vec<Problem>> {
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(lookup, &problems);
        let reader = KeyReader::new(lookup, &problems);
        let destinations = settings.destinations.iter();
        let destinations =
            destinations.map(|named| destination::open(named, &reader, Some(PLACEHOLDER_REGION))).collect();
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(problems);
        }
        let metrics = Arc::new(new_metrics(&settings));
        Ok(Self {
            settings: settings.destinations.clone(),
            destinations,
            pipeline: Pipeline::new(settings, metrics),
        })
    }

    /// Name and type of every destination.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = (&str, DestinationKind)> {
        self.settings.iter().map(|named| (named.name.as_str(), named.kind))
    }

    /// Takes a chunk through the stages.
    pub(crate) fn process(&self, tag: &str, chunk: &[u8]) -> DryChunk {
        let destinations: Vec<&Destination> = self.destinations.iter().collect();
        let stages = self.pipeline.stages(self.pipeline.origin(tag.as_bytes()), &destinations);
        let progress = Progress::new(destinations.len());
        let context = RenderContext {
            tag: tag.as_bytes(),
            uuid: "$(uuid)",
            chunk: "$(uuid)",
            task: None,
            overflow: None,
        };
        let processed = process_chunk(&stages, &context, chunk, &progress);
        let mut rows = rows(&stages, chunk, &progress);
        for (destination, batches) in processed.batches.iter().enumerate() {
            batches.iter().for_each(|batch| fill_in_batch(&mut rows, destination, batch));
        }
        let batches = processed.batches.iter().map(Vec::len).collect();
        DryChunk { rows, batches, shapeless: processed.tally.shapeless, fault: processed.tally.fault }
    }
}

/// Classes and routes, before anything is encoded.
fn rows(stages: &Stages<'_>, chunk: &[u8], progress: &Progress) -> Vec<DryRecord> {
    let mut rows = Vec::new();
    for_each_entry(stages, chunk, progress, |_, entry| {
        let route = stages.routes.get(entry.class).iter();
        rows.push(DryRecord {
            class: entry.class_name.to_owned(),
            copies: route.map(|&destination| DryCopy { destination, sent: None }).collect(),
        });
    });
    rows
}

/// Fills in where each record of the batch goes, and its size there.
fn fill_in_batch(rows: &mut [DryRecord], destination: usize, batch: &Batch) {
    for item in batch.items.iter() {
        let row = usize::try_from(item.ordinal).ok().and_then(|at| rows.get_mut(at));
        let copies = row.map(|row| row.copies.iter_mut()).into_iter().flatten();
        for copy in copies.filter(|copy| copy.destination == destination) {
            copy.sent = Some((batch.target().to_vec(), item.end - item.start));
        }
    }
}
