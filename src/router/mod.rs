//! One chunk from bytes to verdict, and what is remembered between chunks.
//!
//! Owns: putting the stages (`pipeline`), the senders of `delivery` and the ledger of replays together for one
//! instance. Lives on the worker's thread; watchers submit their events here as Fluent Bit does. Does not own: the
//! thread, its queue and its end (`worker`).

pub mod dead_letter;
mod drop_reports;
mod emf;
mod encoder;
pub mod entries;
mod incidents;
mod incoming_chunk;
mod joining;
mod last_lines;
mod limiting;
mod masking;
mod memory_warning;
mod own_records;
pub mod pipeline;
pub mod process;
mod report;
mod sign_off;
mod turns;
mod waiting;
mod watchers;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::drop_reports::DropReports;
pub(crate) use self::emf::MetricsWriter;
pub(crate) use self::incidents::IncidentNotifier;
use self::incoming_chunk::IncomingChunk;
use self::joining::Joining;
use self::pipeline::Pipeline;
use self::process::{Processed, process_chunk};
pub(crate) use self::sign_off::ExitRecordFor;
use self::turns::Turns;
use self::waiting::InFlight;
use crate::config::{EmfSettings, FetchLogsSettings, Settings};
use crate::delivery::answer::FlushAnswer;
use crate::delivery::ledger::{ChunkMaker, Ledger};
use crate::delivery::progress::Progress;
use crate::delivery::sender::Sender;
use crate::delivery::verdict::{self, Verdict};
use crate::destination::Destination;
use crate::encode::batch::Batch;
use crate::encode::template::RenderContext;
use crate::incident::StateFile;
use crate::input::chunk::Chunk;
use crate::log::{Level, Log};
use crate::log_reader::LogReader;
use crate::metrics::Metrics;
use crate::object::spool::Spool;
use crate::task_metadata::TaskMetadata;
use crate::transport::Transport;
use crate::transport::http::Client;
use crate::watch::TaskSnapshot;

/// How long a thread that was asked to hang does: longer than the host waits for it at the end.
const HANG: Duration = Duration::from_secs(5);

/// What a router is made of.
#[derive(Debug)]
pub(crate) struct RouterConfig {
    pub(crate) settings: Settings,
    /// The destinations of the settings, in the order of routes and counters.
    pub(crate) destinations: Vec<OpenedDestination>,
    pub(crate) metrics: Arc<Metrics>,
    /// Where open incidents are kept.
    pub(crate) incident_file: Option<StateFile>,
    /// How the logs of stopped containers are read; `None`: they are not.
    pub(crate) fetch_logs: Option<FetchLogsSettings>,
    /// For the test host: panic at each chunk. Only debug builds ever set it.
    pub(crate) panic: bool,
    /// For the test host: block the thread at each chunk. Only debug builds ever set it.
    pub(crate) hang: bool,
}

/// One destination with what reaches it.
#[derive(Debug)]
pub(crate) struct OpenedDestination {
    pub(crate) destination: Destination,
    pub(crate) transport: Transport,
    /// Where its objects are filled, if it fills them on disk.
    pub(crate) spool: Option<Arc<Spool>>,
}

/// Takes chunks to their destinations.
pub(crate) struct Router {
    pipeline: Pipeline,
    senders: Vec<Rc<Sender<Transport>>>,
    spools: Vec<Option<Arc<Spool>>>,
    ledger: Ledger,
    /// Flushes whose answer is open.
    in_flight: RefCell<Vec<InFlight>>,
    /// Which large batch begins next.
    turns: Rc<Turns>,
    /// When the gauges of what waits were set.
    waiting_counted: Cell<Option<Instant>>,
    task: Rc<TaskSnapshot>,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
    flush_timeout: Duration,
    /// Taken by whoever sends news of incidents.
    incident_file: RefCell<Option<StateFile>>,
    log_reader: Option<Rc<LogReader>>,
    /// Which lines become one record; `None`: none.
    joining: Option<Joining>,
    /// Logs that are looked for again; dropped with the router.
    late_logs: RefCell<JoinSet<()>>,
    drop_reports: DropReports,
    /// How the counters become metrics in CloudWatch.
    emf: Option<EmfSettings>,
    /// Where the record about this router's end goes.
    exit_route: Vec<usize>,
    /// Where records about containers close to their memory limit go.
    memory_route: Vec<usize>,
    started_at: Timestamp,
    uuid: String,
    panic: bool,
    hang: bool,
}

impl Router {
    pub(crate) fn new(config: RouterConfig, log: Rc<Log>) -> Self {
        let metrics = config.metrics;
        let new_sender = |(index, opened): (usize, OpenedDestination)| {
            let OpenedDestination { destination, transport, .. } = opened;
            Rc::new(Sender::new(index, destination, transport, Arc::clone(&metrics), Rc::clone(&log)))
        };
        Self {
            spools: config.destinations.iter().map(|opened| opened.spool.clone()).collect(),
            senders: config.destinations.into_iter().enumerate().map(new_sender).collect(),
            flush_timeout: config.settings.flush_timeout,
            emf: config.settings.emf.clone(),
            exit_route: config.settings.exit_route.clone(),
            memory_route: config.settings.memory_route.clone(),
            started_at: Timestamp::now(),
            joining: config.settings.join.clone().map(Joining::new),
            pipeline: Pipeline::new(config.settings, Arc::clone(&metrics)),
            ledger: Ledger::default(),
            in_flight: RefCell::default(),
            turns: Rc::default(),
            incident_file: RefCell::new(config.incident_file),
            late_logs: RefCell::default(),
            drop_reports: DropReports::default(),
            log_reader: config.fetch_logs.and_then(|settings| open_log_reader(settings, &log)),
            waiting_counted: Cell::default(),
            task: Rc::default(),
            uuid: uuid::Uuid::new_v4().to_string(),
            panic: config.panic,
            hang: config.hang,
            metrics,
            log,
        }
    }

    /// The spool of each destination that has one.
    pub(crate) fn spools(&self) -> &[Option<Arc<Spool>>] {
        &self.spools
    }

    /// Sets the gauges of what waits in spools.
    pub(crate) fn update_spool_gauges(&self) {
        update_spool_gauges(&self.spools, &self.metrics);
    }

    /// Takes one chunk of Fluent Bit from bytes to verdict.
    pub(crate) async fn route_chunk(
        self: &Rc<Self>,
        tag: &[u8],
        chunk: &dyn Chunk,
        answer: &Arc<FlushAnswer>,
    ) {
        self.remember_given_up();
        let origin = self.pipeline.origin(tag);
        let chunk = IncomingChunk { maker: ChunkMaker::Host, tag, origin, bytes: chunk };
        let verdict = self.route(chunk, Some(answer)).await;
        answer.give(verdict);
        self.remember_given_up();
        self.in_flight.borrow_mut().retain(|flight| !Arc::ptr_eq(&flight.answer, answer));
    }

    /// Takes one chunk from bytes to verdict. Answers at the deadline at the latest; requests that are on their way then
    /// are still waited for in the background, so that the replay knows whether they arrived.
    async fn route(self: &Rc<Self>, chunk: IncomingChunk<'_>, answer: Option<&Arc<FlushAnswer>>) -> Verdict {
        assert!(!self.panic, "a panic was asked for");
        if self.hang {
            std::thread::sleep(HANG);
        }
        let deadline = Instant::now() + self.flush_timeout;
        self.route_until(chunk, answer, deadline).await
    }

    async fn route_until(
        self: &Rc<Self>,
        chunk: IncomingChunk<'_>,
        answer: Option<&Arc<FlushAnswer>>,
        deadline: Instant,
    ) -> Verdict {
        // While nothing waits for a replay, no digest is needed, unless what is delivered is not what came.
        let needs_digest = self.joining.is_some() || !self.ledger.is_empty();
        let digest = if needs_digest { chunk.digest() } else { None };
        let progress = self.ledger.begin(digest, self.senders.len(), deadline).await;
        let Some(progress) = progress else { return Verdict::Retry };
        if chunk.maker == ChunkMaker::HeardJoined {
            progress.note_heard();
        }
        if let Some(answer) = answer {
            let flight = InFlight { answer: Arc::clone(answer), progress: Rc::clone(&progress) };
            self.in_flight.borrow_mut().push(flight);
        }
        let joined = self.join(chunk, &progress);
        let chunk = IncomingChunk { bytes: joined.or(chunk.bytes), ..chunk };
        self.read_logs(chunk, &progress).await;
        let read = chunk.bytes.read(|bytes| {
            let processed = self.process(chunk, bytes, &progress);
            // The host gives up soon and takes its bytes back, and then brings the chunk again.
            let is_late = Instant::now() >= deadline;
            (processed, digest.or_else(|| is_late.then(|| chunk.digest_of(bytes))))
        });
        let Ok((processed, digest)) = read else {
            // The host did not wait for the worker and has its bytes back.
            self.remember(digest, &progress);
            progress.stop();
            return Verdict::Retry;
        };
        if chunk.maker == ChunkMaker::Host && !progress.is_replay() {
            self.note_delay(&processed);
        }
        let unreadable = processed.tally.fault.is_some() && processed.tally.records == 0;
        let mut sending = self.send(processed.batches, &progress, self.sending_deadline(deadline));
        let in_time =
            tokio::time::timeout_at(deadline, self.note_replies(&mut sending, &progress)).await.is_ok();
        let stored = self.store_dead_letters(chunk, &progress, deadline).await;
        let shared = self.deliver_shared(chunk, &progress, deadline).await;
        let verdict = match self.verdict(&progress) {
            _ if unreadable => Verdict::Error,
            Verdict::Ok if !(stored && shared) => Verdict::Retry,
            verdict => verdict,
        };
        self.keep_for_replay(verdict, digest, &progress, || chunk.digest());
        if in_time {
            self.finish_chunk(&progress, verdict);
            return verdict;
        }
        self.finish_once_sent(sending, progress, verdict);
        verdict
    }

    /// No attempt to deliver begins later. A chunk whose own weight has used up its time is sent all the same, while its
    /// flush is answered with RETRY: its replay finds what has arrived. Otherwise it would come again for ever.
    fn sending_deadline(&self, deadline: Instant) -> Instant {
        if Instant::now() < deadline {
            return deadline;
        }
        let text = "reading and encoding a chunk took longer than flush_timeout; its records are sent, but other chunks \
                    wait meanwhile; give the container more CPU, raise flush_timeout, or find out who writes such records";
        self.log.once_a_minute(Level::Warn, "slow chunk", text);
        Instant::now() + self.flush_timeout
    }

    /// What the names of a chunk may hold. `task` is `None` where they must not hold anything of the task.
    fn render_context<'c>(
        &'c self,
        tag: &'c [u8],
        progress: &'c Progress,
        task: Option<&'c TaskMetadata>,
    ) -> RenderContext<'c> {
        RenderContext { tag, uuid: &self.uuid, chunk: progress.name(), task, overflow: None }
    }

    fn destinations(&self) -> Vec<&Destination> {
        self.senders.iter().map(|sender| &sender.destination).collect()
    }

    /// Encodes a chunk for every destination, and counts what it held unless it came before.
    fn process(&self, chunk: IncomingChunk<'_>, bytes: &[u8], progress: &Progress) -> Processed {
        let IncomingChunk { tag, origin, .. } = chunk;
        let destinations = self.destinations();
        let task = self.task.task();
        let context = self.render_context(tag, progress, task.as_deref());
        let processed =
            process_chunk(&self.pipeline.stages(origin, &destinations), &context, bytes, progress);
        self.count(&processed, progress);
        self.report(tag, origin, &processed);
        processed
    }

    /// Every batch of every destination at one time, except for the turns of large ones; how many really go out together is
    /// the destination's `concurrency`.
    fn send(&self, batches: Vec<Vec<Batch>>, progress: &Rc<Progress>, deadline: Instant) -> JoinSet<()> {
        let mut sending = JoinSet::new();
        for (sender, batches) in self.senders.iter().zip(batches) {
            for batch in batches {
                let turns = Rc::clone(&self.turns);
                let sender = Rc::clone(sender);
                let progress = Rc::clone(progress);
                sending.spawn_local(async move {
                    turns.wait(&batch).await;
                    sender.send_batch(batch, progress, deadline).await;
                });
            }
        }
        sending
    }

    fn verdict(&self, progress: &Progress) -> Verdict {
        verdict::verdict(progress, self.senders.iter().map(|sender| sender.destination.common.required))
    }

    /// Allows every destination one more attempt, also behind an open breaker, because the process ends.
    pub(crate) fn allow_probes(&self) {
        self.senders.iter().for_each(|sender| sender.allow_probe());
    }
}

fn open_log_reader(settings: FetchLogsSettings, log: &Rc<Log>) -> Option<Rc<LogReader>> {
    let client = Client::for_aws(None);
    let complain = |error| log.line(Level::Error, format_args!("stop.fetch_logs: {error}"));
    let client = client.map_err(complain).ok()?;
    Some(Rc::new(LogReader::new(settings, client, Rc::clone(log))))
}

/// Sets the gauges of what waits in these spools, by destination.
pub(crate) fn update_spool_gauges(spools: &[Option<Arc<Spool>>], metrics: &Metrics) {
    for (index, spool) in spools.iter().enumerate() {
        if let Some(spool) = spool {
            let (objects, bytes) = spool.left();
            metrics.destination(index).set_spool(objects as u64, bytes);
        }
    }
}

/// Waits until every task of the set has ended.
pub(crate) async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
