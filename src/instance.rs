//! One `[OUTPUT]` of the plugin: start, flush, drain.
//!
//! Owns: everything that can fail when an instance starts, reported at once. Does not own: which instances exist
//! (`registry`), or the thread that does the work (`worker`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::classify::classes::Class;
use crate::config::{
    AwsEnvironment, AwsEnvironments, FetchLogsSettings, KeyReader, Lookup, MetadataMode, MetadataSettings,
    Problem, QueueSettings, Settings, exposures, idle_changes, idle_level_routes, is_signed, names_region,
    queue_needs_region,
};
use crate::delivery::verdict::Verdict;
use crate::destination::{self, Destination};
use crate::incident::StateFile;
use crate::input::chunk::Chunk;
use crate::log::{self, Level};
use crate::metrics::{Exporter, Metrics};
use crate::object::spool::Spool;
use crate::router::pipeline::new_metrics;
use crate::router::{OpenedDestination, RouterConfig};
use crate::transport::aws;
use crate::transport::http::Client;
use crate::transport::{Transport, UnusableFile};
use crate::watch::{Reporting, TaskEndpoint, WatchConfig};
use crate::worker::{Worker, WorkerConfig};

/// One `[OUTPUT]` of the plugin.
#[derive(Debug)]
pub struct Instance {
    worker: Worker,
    metrics: Arc<Metrics>,
    /// Whether it reports the exits of its task's containers.
    reports_exits: bool,
    init_thread: usize,
    #[cfg(debug_assertions)]
    panic_on_flush: bool,
}

impl Instance {
    /// Reads the configuration and starts the worker. `number` counts the instances from 0, as Fluent Bit does.
    ///
    /// # Errors
    /// Every problem of the configuration at once.
    pub fn start(number: usize, lookup: &dyn Lookup) -> Result<Self, Vec<Problem>> {
        Self::start_with(number, lookup, |_| None, false)
    }

    /// Starts with the host's exporter of metrics. `others_report`: another instance already reports the exits of the
    /// task's containers.
    pub(crate) fn start_with(
        number: usize,
        lookup: &dyn Lookup,
        open_exporter: impl FnOnce(&Metrics) -> Option<Box<dyn Exporter>>,
        others_report: bool,
    ) -> Result<Self, Vec<Problem>> {
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(lookup, &problems);
        let environments = aws_environments(&settings, lookup, &problems);
        let destinations = open_destinations(&settings, lookup, &environments, &problems);
        let queue = QueueSettings::read(&KeyReader::new(lookup, &problems), &environments);
        if let Some(what) = queue.as_ref().and_then(|queue| Client::for_aws(queue.ca_file.as_deref()).err()) {
            problems.borrow_mut().push(Problem { key: "queue.ca_file".into(), what });
        }
        let fetch_logs = FetchLogsSettings::read(&KeyReader::new(lookup, &problems), &environments);
        let task = task_endpoint(&settings, others_report, &problems);
        let incident_file = incident_file(&settings, &problems);
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(problems);
        }
        let idle = idle_level_routes(lookup, &settings.levels, &settings.classes);
        let changes = idle_changes(lookup, &settings.incidents);
        for Problem { key, what } in exposures(lookup, &settings).into_iter().chain(idle).chain(changes) {
            log::start_line(Level::Warn, format_args!("{key}: {what}"));
        }
        let metrics = Arc::new(new_metrics(&settings));
        let reports_exits = task.as_ref().is_some_and(|task| matches!(task.reporting, Reporting::Exits(_)));
        let config = WorkerConfig {
            number,
            exporter: open_exporter(&metrics),
            router: RouterConfig {
                settings,
                destinations,
                metrics: Arc::clone(&metrics),
                incident_file,
                fetch_logs,
                panic: wants_fault(lookup, "fault.panic", "worker"),
                hang: wants_fault(lookup, "fault.hang", "worker"),
            },
            watch: WatchConfig { task, queue },
        };
        let worker = Worker::start(config).map_err(|error| {
            vec![Problem { key: "ecs_router".into(), what: format!("cannot start its thread: {error}") }]
        })?;
        Ok(Self {
            worker,
            metrics,
            reports_exits,
            init_thread: thread_number(),
            #[cfg(debug_assertions)]
            panic_on_flush: wants_fault(lookup, "fault.panic", "coroutine"),
        })
    }

    /// Delivers one chunk, a copy of these bytes.
    pub fn flush(&self, tag: &[u8], chunk: &[u8]) -> Verdict {
        match chunk {
            [] => Verdict::Ok,
            chunk => self.flush_chunk(tag, Arc::new(chunk.to_vec())),
        }
    }

    /// Delivers one chunk wherever its bytes are. Runs on the host's small stack, so it only hands over and waits.
    pub(crate) fn flush_chunk(&self, tag: &[u8], chunk: Arc<dyn Chunk>) -> Verdict {
        #[cfg(debug_assertions)]
        assert!(!self.panic_on_flush, "a panic was asked for");
        if self.init_thread == thread_number() {
            self.worker.blocks_engine();
        }
        self.worker.flush(tag, chunk, thread_number())
    }

    /// Delivers what is in flight, within `exit_timeout`, and ends the worker. Later flushes answer RETRY.
    pub fn drain(&self) {
        self.worker.finish();
    }

    /// Takes no more flushes, as the first step of draining several instances at one time.
    pub(crate) fn close(&self) {
        self.worker.close();
    }

    /// Whether this instance reports the exits of its task's containers.
    pub(crate) fn reports_exits(&self) -> bool {
        self.reports_exits
    }

    /// The instance's counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

fn open_destinations(
    settings: &Settings,
    lookup: &dyn Lookup,
    environments: &AwsEnvironments,
    problems: &RefCell<Vec<Problem>>,
) -> Vec<OpenedDestination> {
    let reader = KeyReader::new(lookup, problems);
    let mut opened = Vec::new();
    for named in &settings.destinations {
        let destination = destination::open(named, &reader, environments);
        if let Some(advice) = &destination.advice {
            log::start_line(Level::Warn, advice);
        }
        let transport = match &destination.network {
            None => Ok(Transport::local()),
            Some(network) => Transport::remote(network),
        };
        let problem = |key, what| reader.for_destination(&named.name, named.kind).problem(key, what);
        match transport.map(|transport| with_spool(transport, &destination)) {
            Ok(Ok((transport, spool))) => opened.push(OpenedDestination { destination, transport, spool }),
            Ok(Err(what)) => problem("spool_dir", what),
            Err(UnusableFile { key, what }) => problem(key, what),
        }
    }
    opened
}

/// Takes the file of open incidents, where there are any and it is named.
fn incident_file(settings: &Settings, problems: &RefCell<Vec<Problem>>) -> Option<StateFile> {
    let path = settings.incidents.state_path.as_ref().filter(|_| settings.incidents.is_on)?;
    let problem = |error| Problem {
        key: "incident.state_path".into(),
        what: format!("cannot use {}: {error}", path.display()),
    };
    StateFile::open(path).map_err(|error| problems.borrow_mut().push(problem(error))).ok()
}

fn with_spool(
    transport: Transport,
    destination: &Destination,
) -> Result<(Transport, Option<Arc<Spool>>), String> {
    let Some(settings) = destination.store().and_then(|store| store.spool()) else {
        return Ok((transport, None));
    };
    let spool = Spool::open(settings.clone()).map(Arc::new).map_err(|error| match &settings.dir {
        Some(dir) => format!("cannot use {}: {error}", dir.display()),
        None => error.to_string(),
    })?;
    Ok((transport.with_spool(Arc::<Spool>::clone(&spool)), Some(spool)))
}

/// What the machine says about AWS, read for each profile that the queue or a destination with signed requests names.
pub(crate) fn aws_environments(
    settings: &Settings,
    lookup: &dyn Lookup,
    problems: &RefCell<Vec<Problem>>,
) -> AwsEnvironments {
    let wanted = wanted_profiles(settings, &KeyReader::new(lookup, problems));
    if wanted.is_empty() {
        return AwsEnvironments::default();
    }
    // A thread of its own, for the host's may run futures already, and a runtime inside a runtime panics.
    std::thread::scope(|scope| scope.spawn(|| read_environments(wanted)).join().unwrap_or_default())
}

/// What the machine says about AWS for nobody's keys, without the region.
pub(crate) fn aws_environment() -> AwsEnvironment {
    read_environments(BTreeMap::from([(None, false)])).of(None).clone()
}

fn read_environments(wanted: BTreeMap<Option<String>, bool>) -> AwsEnvironments {
    let mut environments = AwsEnvironments::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let (Ok(client), Ok(runtime)) = (Client::new(None), runtime) else { return environments };
    for (profile, wants_region) in wanted {
        let environment = runtime.block_on(aws::environment(&client, profile.as_deref(), wants_region));
        environments.insert(profile, environment);
    }
    environments
}

/// Each profile, and whether somebody who names it does not name a region. The instance metadata, which may have to be
/// asked for one, are slow where there are none.
fn wanted_profiles(settings: &Settings, reader: &KeyReader<'_>) -> BTreeMap<Option<String>, bool> {
    let destinations = settings.destinations.iter().filter_map(|named| {
        let reader = reader.for_destination(&named.name, named.kind);
        is_signed(&reader, named.kind).then(|| (reader.text("profile"), !names_region(&reader)))
    });
    let queue =
        reader.written("queue.url").map(|_| (reader.text("queue.profile"), queue_needs_region(reader)));
    let mut wanted = BTreeMap::new();
    let fetch_logs = FetchLogsSettings::is_wanted(reader).then_some((None, true));
    for (profile, wants_region) in destinations.chain(queue).chain(fetch_logs) {
        *wanted.entry(profile).or_default() |= wants_region;
    }
    wanted
}

/// The variable in which the agent names the task metadata endpoint
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html>, read 2026-11).
const METADATA_URI_VARIABLE: &str = "ECS_CONTAINER_METADATA_URI_V4";

fn task_endpoint(
    settings: &Settings,
    others_report: bool,
    problems: &RefCell<Vec<Problem>>,
) -> Option<TaskEndpoint> {
    let MetadataSettings { mode, interval, memory_warning } = settings.task_metadata;
    let address = std::env::var(METADATA_URI_VARIABLE).ok().filter(|address| !address.is_empty());
    match (mode, address) {
        (MetadataMode::Off, _) | (MetadataMode::Auto, None) => None,
        (MetadataMode::On | MetadataMode::Auto, Some(address)) => {
            let reporting = match others_report || drops_stops(settings) {
                true => Reporting::Off,
                false => Reporting::Exits(settings.stop.reader.clone()),
            };
            Some(TaskEndpoint { address, interval, reporting, memory_warning })
        }
        (MetadataMode::On, None) => {
            let what = format!(
                "is on, but {METADATA_URI_VARIABLE} is not set; ECS sets it in every container of a task"
            );
            problems.borrow_mut().push(Problem { key: "task_metadata".into(), what });
            None
        }
    }
}

/// Whether stop events are dropped, so that no report of this instance would arrive anywhere.
fn drops_stops(settings: &Settings) -> bool {
    settings.routes.get(Class::Stop.index()).is_none_or(Vec::is_empty)
}

/// A number that tells threads apart, without allocating, on any stack.
fn thread_number() -> usize {
    thread_local!(static MARK: u8 = const { 0 });
    MARK.with(|mark| std::ptr::from_ref(mark).addr())
}

/// `fault.panic` and `fault.hang` let the test host see that a panic stays inside and that a thread is left behind; they
/// exist in debug builds only.
fn wants_fault(lookup: &dyn Lookup, key: &str, place: &str) -> bool {
    cfg!(debug_assertions) && lookup.get(key).as_deref() == Some(place)
}

#[cfg(test)]
mod tests;
