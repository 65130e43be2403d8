//! Which instances exist, and their life: start, flush, drain.
//!
//! The host knows an instance by a number, never by an address: Fluent Bit 1.9.10 calls exit once with the last
//! instance's context and newer releases once for each, so the first exit drains every instance of its load and a
//! number that is gone is simply not there any more. Touches no raw pointer.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::classify::classes::{BUILT_IN, Class, Classifier};
use crate::classify::routes::Routes;
use crate::config::{
    KeyReader, Lookup, MetadataMode, MetadataSettings, Problem, QueueSettings, Settings, queue_needs_region,
};
use crate::delivery::ack::Verdict;
use crate::destination::{self, Destination};
use crate::input::chunk::Chunk;
use crate::log::{self, Level};
use crate::metrics::{Boards, Metrics, NoBoards, Place};
use crate::object::spool::Spool;
use crate::transport::Transport;
use crate::transport::aws;
use crate::transport::http::Client;
use crate::version;
use crate::watch::{Reporting, TaskEndpoint};
use crate::worker::{WatchConfig, Worker, WorkerConfig};

/// One `[OUTPUT]` of the plugin.
#[derive(Debug)]
pub struct Instance {
    worker: Worker,
    metrics: Arc<Metrics>,
    /// It reports the exits of its task's containers.
    reports: bool,
    init_thread: usize,
    #[cfg(debug_assertions)]
    panic_on_flush: bool,
}

impl Instance {
    /// Reads the configuration and starts the worker. `number` counts instances, as Fluent Bit does, from 0.
    ///
    /// # Errors
    /// Every problem of the configuration at once.
    pub fn start(number: usize, lookup: &dyn Lookup) -> Result<Self, Vec<Problem>> {
        Self::start_beside(number, lookup, &NoBoards, false)
    }

    /// The same with the host's board; `others_report` when another instance reports the exits of the task's
    /// containers already.
    fn start_beside(
        number: usize,
        lookup: &dyn Lookup,
        boards: &dyn Boards,
        others_report: bool,
    ) -> Result<Self, Vec<Problem>> {
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(lookup, &problems);
        let region = region(&settings, lookup, &problems);
        let destinations = open_destinations(&settings, lookup, region.as_deref(), &problems);
        let queue = QueueSettings::read(&KeyReader::new(lookup, &problems), region.as_deref());
        if let Some(what) = queue.as_ref().and_then(|queue| Client::new(queue.ca_file.as_deref()).err()) {
            problems.borrow_mut().push(Problem { key: "queue.ca_file".into(), what });
        }
        let task = task_endpoint(&settings, others_report, &problems);
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(problems);
        }
        let metrics = Arc::new(counters(&settings));
        let reports = task.as_ref().is_some_and(|task| matches!(task.reporting, Reporting::Exits(_)));
        let plan = WorkerConfig {
            number,
            classifier: Classifier::new(settings.classes).with_reader(settings.stop.reader),
            routes: Routes::new(settings.routes),
            dead_letters: settings.dead_letters,
            destinations,
            once: settings.stop.once,
            context_lines: settings.stop.context_lines,
            watching: WatchConfig { task, queue },
            flush_timeout: settings.flush_timeout,
            exit_timeout: settings.exit_timeout,
            board: Place::of(boards.open(&metrics)),
            stats_interval: settings.stats_interval,
            metrics: Arc::clone(&metrics),
            panic: wants_panic(lookup, "worker"),
        };
        let worker = Worker::start(plan).map_err(|error| {
            vec![Problem { key: "ecs_router".into(), what: format!("cannot start its thread: {error}") }]
        })?;
        Ok(Self {
            worker,
            metrics,
            reports,
            init_thread: thread_mark(),
            #[cfg(debug_assertions)]
            panic_on_flush: wants_panic(lookup, "coroutine"),
        })
    }

    /// Delivers one chunk, a copy of these bytes.
    pub fn flush(&self, tag: &[u8], chunk: &[u8]) -> Verdict {
        match chunk {
            [] => Verdict::Ok,
            chunk => self.flush_lent(tag, Arc::new(chunk.to_vec())),
        }
    }

    /// Delivers one chunk, wherever its bytes are. Runs on the host's small stack, so it only hands over and waits.
    fn flush_lent(&self, tag: &[u8], chunk: Arc<dyn Chunk>) -> Verdict {
        #[cfg(debug_assertions)]
        assert!(!self.panic_on_flush, "a panic was asked for");
        if self.init_thread == thread_mark() {
            self.worker.blocks_engine();
        }
        self.worker.flush(tag, chunk)
    }

    /// Delivers what is under way, within `exit_timeout`, and ends the worker. Later flushes answer RETRY.
    pub fn drain(&self) {
        self.worker.finish();
    }

    /// What was counted so far.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

fn open_destinations(
    settings: &Settings,
    lookup: &dyn Lookup,
    region: Option<&str>,
    problems: &RefCell<Vec<Problem>>,
) -> Vec<(Box<dyn Destination>, Transport)> {
    let reader = KeyReader::new(lookup, problems);
    let mut opened = Vec::new();
    for named in &settings.destinations {
        let destination = destination::open(named, &reader, region);
        let wire = match destination.network() {
            None => Ok(Transport::local()),
            Some(network) => Transport::remote(network),
        };
        let problem = |key, what| reader.for_destination(&named.name, named.kind).problem(key, what);
        match wire.map(|wire| with_spool(wire, &*destination)) {
            Ok(Ok(wire)) => opened.push((destination, wire)),
            Ok(Err(what)) => problem("spool_dir", what),
            Err(what) => problem("ca_file", what),
        }
    }
    opened
}

fn with_spool(wire: Transport, destination: &dyn Destination) -> Result<Transport, String> {
    match destination.store().and_then(|store| store.spool()) {
        None => Ok(wire),
        Some(rules) => Spool::open(rules.clone())
            .map(|spool| wire.with_spool(spool))
            .map_err(|error| format!("cannot use {}: {error}", rules.dir.display())),
    }
}

/// The machine's region, asked for only when a destination needs one and does not name it.
fn region(settings: &Settings, lookup: &dyn Lookup, problems: &RefCell<Vec<Problem>>) -> Option<String> {
    let reader = KeyReader::new(lookup, problems);
    let needs = |named: &&crate::config::DestinationSettings| {
        named.kind.is_aws() && reader.for_destination(&named.name, named.kind).written("region").is_none()
    };
    if !settings.destinations.iter().any(|named| needs(&named)) && !queue_needs_region(&reader) {
        return None;
    }
    let client = Client::new(None).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(aws::region(&client))
}

/// Where the agent says that the task's metadata are
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html>, read 2026-11).
const METADATA_ADDRESS: &str = "ECS_CONTAINER_METADATA_URI_V4";

fn task_endpoint(
    settings: &Settings,
    others_report: bool,
    problems: &RefCell<Vec<Problem>>,
) -> Option<TaskEndpoint> {
    let MetadataSettings { mode, interval } = settings.task_metadata;
    let address = std::env::var(METADATA_ADDRESS).ok().filter(|address| !address.is_empty());
    match (mode, address) {
        (MetadataMode::Off, _) | (MetadataMode::Auto, None) => None,
        (MetadataMode::On | MetadataMode::Auto, Some(address)) => {
            let reporting = match others_report || drops_stops(settings) {
                true => Reporting::Off,
                false => Reporting::Exits(settings.stop.reader.clone()),
            };
            Some(TaskEndpoint { address, interval, reporting })
        }
        (MetadataMode::On, None) => {
            let what =
                format!("is on, but {METADATA_ADDRESS} is not set; ECS sets it in every container of a task");
            problems.borrow_mut().push(Problem { key: "task_metadata".into(), what });
            None
        }
    }
}

/// No report of this instance would ever arrive anywhere.
fn drops_stops(settings: &Settings) -> bool {
    settings.routes.get(Class::Stop.index()).is_none_or(Vec::is_empty)
}

fn counters(settings: &Settings) -> Metrics {
    let built_in = BUILT_IN.iter().map(|class| class.name().to_owned());
    let own = settings.classes.iter().map(|class| class.name.clone());
    let destinations = settings.destinations.iter().map(|destination| destination.name.clone());
    Metrics::new(built_in.chain(own).collect(), destinations.collect())
}

/// Tells threads apart without allocating, on any stack.
fn thread_mark() -> usize {
    thread_local!(static MARK: u8 = const { 0 });
    MARK.with(|mark| std::ptr::from_ref(mark).addr())
}

/// `fault.panic` lets the test host see that a panic stays inside; it exists in debug builds only.
fn wants_panic(lookup: &dyn Lookup, place: &str) -> bool {
    cfg!(debug_assertions) && lookup.get("fault.panic").as_deref() == Some(place)
}

// ---- the table of instances ------------------------------------------------------------------------------------

static INSTANCES: Mutex<Table> = Mutex::new(Table { next: 0, load: 0, live: BTreeMap::new() });

struct Table {
    /// Numbers are not used twice, so that a stale one never names somebody else.
    next: usize,
    /// Which load of the library by the host this is. A hot reload loads it again beside the running one, and when
    /// the new configuration is refused, only what belongs to the new load may end.
    load: usize,
    live: BTreeMap<usize, Live>,
}

struct Live {
    load: usize,
    instance: Arc<Instance>,
}

fn table() -> std::sync::MutexGuard<'static, Table> {
    INSTANCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The host loads the library, for the first time or again.
pub fn load() {
    table().load += 1;
    log::start_line(Level::Info, format_args!("ecs_router {}", version::DESCRIPTION));
}

/// Starts an instance and answers with its handle, which is never 0. Problems are written to the log, all of them.
pub fn init(lookup: &dyn Lookup, boards: &dyn Boards) -> Option<usize> {
    let (number, load, others_report) = {
        let mut table = table();
        table.next += 1;
        let reports = |live: &Live| live.load == table.load && live.instance.reports;
        (table.next - 1, table.load, table.live.values().any(reports))
    };
    match Instance::start_beside(number, lookup, boards, others_report) {
        Ok(instance) => {
            table().live.insert(number + 1, Live { load, instance: Arc::new(instance) });
            Some(number + 1)
        }
        Err(problems) => {
            let count = problems.len();
            log::start_line(
                Level::Error,
                format_args!("cannot start: {count} problem(s) in the configuration"),
            );
            problems.iter().for_each(|problem| log::start_line(Level::Error, problem));
            None
        }
    }
}

/// Flushes a chunk to the instance of this handle. One that is gone cannot deliver: come again.
pub fn flush(handle: usize, tag: &[u8], chunk: Arc<dyn Chunk>) -> Verdict {
    let instance = table().live.get(&handle).map(|live| Arc::clone(&live.instance));
    instance.map_or(Verdict::Retry, |instance| instance.flush_lent(tag, chunk))
}

/// The handle of the only instance, for hosts that flush without a context.
#[must_use]
pub fn only() -> Option<usize> {
    let table = table();
    table.live.keys().next().copied().filter(|_| table.live.len() == 1)
}

/// Drains every instance of the load that this handle belongs to: on 1.9.10 no second exit comes. A handle that is
/// not known does nothing: its instances are drained already, or never started.
pub fn exit(handle: usize) {
    let mut table = table();
    let Some(load) = table.live.get(&handle).map(|live| live.load) else { return };
    let ending =
        table.live.extract_if(.., |_, live| live.load == load).map(|(_, live)| live.instance).collect();
    drop(table);
    drain(ending);
}

/// Drains every instance there is.
pub fn exit_all() {
    let ending = std::mem::take(&mut table().live);
    drain(ending.into_values().map(|live| live.instance).collect());
}

/// All at one time: the budget of each begins when the first is closed. No board of any is touched after that.
fn drain(ending: Vec<Arc<Instance>>) {
    ending.iter().for_each(|instance| instance.worker.close());
    ending.iter().for_each(|instance| instance.drain());
}

#[cfg(test)]
mod tests;
