//! `pipeline`: one chunk through the stages up to the batches, with nothing behind them.

use std::cell::RefCell;

use ecs_router::classify::classes::{BUILT_IN, Classifier};
use ecs_router::classify::routes::Routes;
use ecs_router::config::keys::DestinationKind;
use ecs_router::config::{DestinationSettings, KeyReader, Lookup, Problem, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::batch::Batch;
use ecs_router::encode::buffer_pool::BufferPool;
use ecs_router::encode::template::RenderContext;
use ecs_router::input::decode::MalformedChunk;
use ecs_router::metrics::Metrics;
use ecs_router::router::entries;
use ecs_router::router::process::{self, Stages, StopMemory};

/// Stands for the region that the machine would name; no request is made.
const REGION: &str = "us-east-1";

/// An output without a way to the network.
pub(crate) struct Dry {
    classifier: Classifier,
    routes: Routes,
    settings: Vec<DestinationSettings>,
    destinations: Vec<Box<dyn Destination>>,
    metrics: Metrics,
    memory: StopMemory,
}

/// What became of one record.
pub(crate) struct Row {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// By destination on its route. None at all: it is dropped on purpose.
    pub(crate) copies: Vec<Copy>,
}

/// One record at one destination.
pub(crate) struct Copy {
    /// The destination's position.
    pub(crate) destination: usize,
    /// Its place inside the destination and its bytes there; `None` when the destination leaves it out.
    pub(crate) sent: Option<(Vec<u8>, usize)>,
}

/// What became of one chunk.
pub(crate) struct Sorted {
    /// By entry: each record, and each event that a record carries.
    pub(crate) rows: Vec<Row>,
    /// By destination: how many batches.
    pub(crate) batches: Vec<usize>,
    /// Entries that are no records.
    pub(crate) shapeless: usize,
    /// Where reading had to stop.
    pub(crate) fault: Option<MalformedChunk>,
}

impl Dry {
    /// Reads the keys as the plugin does when it starts.
    pub(crate) fn open(lookup: &dyn Lookup) -> Result<Self, Vec<Problem>> {
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(lookup, &problems);
        let reader = KeyReader::new(lookup, &problems);
        let open = |named| destination::open(named, &reader, Some(REGION));
        let destinations: Vec<_> = settings.destinations.iter().map(open).collect();
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(problems);
        }
        let built_in = BUILT_IN.iter().map(|class| class.name().to_owned());
        let classes = built_in.chain(settings.classes.iter().map(|class| class.name.clone())).collect();
        let names = settings.destinations.iter().map(|named| named.name.clone()).collect();
        Ok(Self {
            classifier: Classifier::new(settings.classes).with_reader(settings.stop.reader),
            routes: Routes::new(settings.routes),
            settings: settings.destinations,
            destinations,
            metrics: Metrics::new(classes, names),
            memory: StopMemory::new(settings.stop.once, settings.stop.context_lines),
        })
    }

    /// Name and type of every destination.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = (&str, DestinationKind)> {
        self.settings.iter().map(|named| (named.name.as_str(), named.kind))
    }

    /// Takes a chunk through the stages.
    pub(crate) fn sort(&self, tag: &str, chunk: &[u8]) -> Sorted {
        let destinations: Vec<&dyn Destination> = self.destinations.iter().map(|one| &**one).collect();
        let (classifier, routes, metrics) = (&self.classifier, &self.routes, &self.metrics);
        let (pool, memory) = (&BufferPool::default(), Some(&self.memory));
        let stages = Stages { classifier, routes, destinations: &destinations, metrics, pool, memory };
        let progress = Progress::new(destinations.len());
        let scene = RenderContext { tag: tag.as_bytes(), uuid: "$(uuid)", chunk: "$(uuid)", task: None };
        let sorted = process::process_chunk(&stages, &scene, chunk, &progress);
        let mut rows = self.rows(&stages, chunk, &progress);
        for (destination, batches) in sorted.batches.iter().enumerate() {
            batches.iter().for_each(|batch| fill(&mut rows, destination, batch));
        }
        let batches = sorted.batches.iter().map(Vec::len).collect();
        Sorted { rows, batches, shapeless: sorted.tally.shapeless, fault: sorted.tally.fault }
    }

    /// Classes and routes, before anything is encoded.
    fn rows(&self, stages: &Stages<'_>, chunk: &[u8], progress: &Progress) -> Vec<Row> {
        let mut rows = Vec::new();
        entries::for_each_entry(stages, chunk, progress, |_, entry| {
            let copies = self.routes.get(entry.class).iter();
            rows.push(Row {
                class: entry.class_name.to_owned(),
                copies: copies.map(|&destination| Copy { destination, sent: None }).collect(),
            });
        });
        rows
    }
}

/// Notes what a batch holds of which record.
fn fill(rows: &mut [Row], destination: usize, batch: &Batch) {
    for item in batch.items.iter() {
        let row = usize::try_from(item.ordinal).ok().and_then(|at| rows.get_mut(at));
        let copies = row.map(|row| row.copies.iter_mut()).into_iter().flatten();
        for copy in copies.filter(|copy| copy.destination == destination) {
            copy.sent = Some((batch.target().to_vec(), item.end - item.start));
        }
    }
}
