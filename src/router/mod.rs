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
use self::joining::Joining;
use self::pipeline::Pipeline;
use self::process::{Processed, process_chunk};
pub(crate) use self::sign_off::ExitRecordFor;
use self::turns::Turns;
use crate::classify::provenance::ChunkOrigin;
use crate::config::{EmfSettings, FetchLogsSettings, QueueSettings, Settings};
use crate::delivery::answer::FlushAnswer;
use crate::delivery::ledger::{self, ChunkMaker, Ledger};
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
use crate::object::upload::{UploadDeadline, Uploader};
use crate::transport::Transport;
use crate::transport::http::Client;
use crate::watch::{
    self, ChunkSink, MemoryWarning, QueueWatch, TaskEndpoint, TaskSnapshot, TaskWatch, WatchConfig,
};

/// The tag of dead letters.
const DEAD_LETTER_TAG: &[u8] = b"ecs_router.dead_letter";

/// How long the first chunk may wait for the task's metadata.
const FIRST_LOOK_TIMEOUT: Duration = Duration::from_secs(1);

/// How often the chunks that wait are counted: there may be thousands.
const WAITING_INTERVAL: Duration = Duration::from_secs(1);

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

/// A chunk of the host's, until its flush is answered.
struct InFlight {
    answer: Arc<FlushAnswer>,
    progress: Rc<Progress>,
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

impl ChunkSink for Rc<Router> {
    async fn submit(&self, tag: &str, chunk: &[u8]) -> Verdict {
        self.end_records_of(chunk);
        self.route(ChunkMaker::Watcher, tag.as_bytes(), ChunkOrigin::Trusted, &chunk, None).await
    }

    async fn warn_of_memory(&self, warning: &MemoryWarning) {
        self.tell_memory_warning(warning).await;
    }
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

    /// Uploads in the background, one task per destination with a spool.
    pub(crate) fn start_uploads(&self, deadline: &UploadDeadline) -> JoinSet<()> {
        let mut uploading = JoinSet::new();
        for (sender, spool) in self.senders.iter().zip(&self.spools) {
            if let Some(spool) = spool {
                let uploader = Uploader::new(Rc::clone(sender), Arc::clone(spool));
                uploading.spawn_local(uploader.run(deadline.clone(), self.task.stopping()));
            }
        }
        uploading
    }

    /// Starts the watchers. The task is looked at once before the first chunk, so that the first names are complete; a
    /// slow endpoint is waited for no longer than [`FIRST_LOOK_TIMEOUT`].
    pub(crate) async fn start_watchers(
        self: &Rc<Self>,
        config: WatchConfig,
        shutdown: &watch::ShutdownRx,
    ) -> JoinSet<()> {
        self.warn_without_events(&config);
        self.announce_recorder();
        let mut watchers = JoinSet::new();
        if let Some(mut task) = config.task.and_then(|endpoint| self.task_watch(endpoint)) {
            tokio::time::timeout(FIRST_LOOK_TIMEOUT, task.poll()).await.ok();
            watchers.spawn_local(task.run(shutdown.clone()));
        }
        if let Some(queue) = config.queue.and_then(|settings| self.queue_watch(&settings)) {
            watchers.spawn_local(queue.run(shutdown.clone()));
        }
        watchers
    }

    fn task_watch(self: &Rc<Self>, endpoint: TaskEndpoint) -> Option<TaskWatch<Rc<Self>>> {
        let client = Client::new(None).map_err(|error| self.log.line(Level::Error, error)).ok()?;
        Some(TaskWatch::new(endpoint, client, Rc::clone(self), Rc::clone(&self.log), Rc::clone(&self.task)))
    }

    fn queue_watch(self: &Rc<Self>, settings: &QueueSettings) -> Option<QueueWatch<Rc<Self>>> {
        let metrics = Arc::clone(&self.metrics);
        QueueWatch::new(settings, self.flush_timeout, Rc::clone(self), metrics, Rc::clone(&self.log))
            .map_err(|error| self.log.line(Level::Error, format_args!("queue.ca_file: {error}")))
            .ok()
    }

    /// Takes one chunk of Fluent Bit from bytes to verdict.
    pub(crate) async fn route_chunk(
        self: &Rc<Self>,
        tag: &[u8],
        chunk: &dyn Chunk,
        answer: &Arc<FlushAnswer>,
    ) {
        self.remember_given_up();
        let verdict = self.route(ChunkMaker::Host, tag, self.pipeline.origin(tag), chunk, Some(answer)).await;
        answer.give(verdict);
        self.remember_given_up();
        self.in_flight.borrow_mut().retain(|flight| !Arc::ptr_eq(&flight.answer, answer));
    }

    /// Hands the chunks whose flush has given up to the ledger, because each comes again: before a chunk that may be one
    /// of them is looked up, and at the end of each.
    fn remember_given_up(&self) {
        self.in_flight.borrow_mut().retain(|flight| {
            let digest = flight.answer.given_up();
            self.remember(digest, &flight.progress);
            digest.is_none()
        });
    }

    /// Takes one chunk from bytes to verdict. Answers at the deadline at the latest; requests that are on their way then
    /// are still waited for in the background, so that the replay knows whether they arrived.
    async fn route(
        self: &Rc<Self>,
        maker: ChunkMaker,
        tag: &[u8],
        origin: ChunkOrigin<'_>,
        chunk: &dyn Chunk,
        answer: Option<&Arc<FlushAnswer>>,
    ) -> Verdict {
        assert!(!self.panic, "a panic was asked for");
        if self.hang {
            std::thread::sleep(HANG);
        }
        let deadline = Instant::now() + self.flush_timeout;
        self.route_until(maker, tag, origin, chunk, answer, deadline).await
    }

    async fn route_until(
        self: &Rc<Self>,
        maker: ChunkMaker,
        tag: &[u8],
        origin: ChunkOrigin<'_>,
        chunk: &dyn Chunk,
        answer: Option<&Arc<FlushAnswer>>,
        deadline: Instant,
    ) -> Verdict {
        // While nothing waits for a replay, no digest is needed, unless what is delivered is not what came.
        let needs_digest = self.joining.is_some() || !self.ledger.is_empty();
        let digest = if needs_digest { chunk_digest(maker, tag, chunk) } else { None };
        let progress = self.ledger.begin(digest.unwrap_or_default(), self.senders.len(), deadline).await;
        let Some(progress) = progress else { return Verdict::Retry };
        if maker == ChunkMaker::HeardJoined {
            progress.note_heard();
        }
        if let Some(answer) = answer {
            let flight = InFlight { answer: Arc::clone(answer), progress: Rc::clone(&progress) };
            self.in_flight.borrow_mut().push(flight);
        }
        let joined = self.join(maker, tag, chunk, &progress);
        let chunk = joined.or(chunk);
        self.read_logs(origin, chunk, &progress).await;
        let read = chunk.read(|bytes| {
            let processed = self.process(tag, origin, bytes, &progress);
            // The host gives up soon and takes its bytes back, and then brings the chunk again.
            let is_late = Instant::now() >= deadline;
            (processed, digest.or_else(|| is_late.then(|| ledger::digest(maker, tag, bytes))))
        });
        let Ok((processed, digest)) = read else {
            // The host did not wait for the worker and has its bytes back.
            self.remember(digest, &progress);
            progress.stop();
            return Verdict::Retry;
        };
        if maker == ChunkMaker::Host && !progress.is_replay() {
            self.note_delay(&processed);
        }
        let unreadable = processed.tally.fault.is_some() && processed.tally.records == 0;
        let mut sending = self.send(processed.batches, &progress, self.sending_deadline(deadline));
        let in_time =
            tokio::time::timeout_at(deadline, self.note_replies(&mut sending, &progress)).await.is_ok();
        let stored = self.store_dead_letters(tag, origin, chunk, &progress, deadline).await;
        let shared = self.deliver_shared(tag, origin, &progress, deadline).await;
        let verdict = match self.verdict(&progress) {
            _ if unreadable => Verdict::Error,
            Verdict::Ok if !(stored && shared) => Verdict::Retry,
            verdict => verdict,
        };
        if verdict == Verdict::Retry {
            self.remember(digest.or_else(|| chunk_digest(maker, tag, chunk)), &progress);
        }
        if digest.is_some() || verdict == Verdict::Retry {
            self.count_waiting();
        }
        if in_time {
            self.finish_chunk(&progress, verdict);
            return verdict;
        }
        self.finish_once_sent(sending, progress, verdict);
        verdict
    }

    /// Waits in the background for requests on their way. Not part of the drain: at exit nobody is left to come again.
    fn finish_once_sent(self: &Rc<Self>, mut sending: JoinSet<()>, progress: Rc<Progress>, verdict: Verdict) {
        let this = Rc::clone(self);
        if verdict != Verdict::Retry {
            progress.sightings().arrive();
        }
        tokio::task::spawn_local(async move {
            this.note_replies(&mut sending, &progress).await;
            this.finish_chunk(&progress, verdict);
        });
    }

    /// Waits until every batch has its reply, and notes at each who has been told.
    async fn note_replies(&self, sending: &mut JoinSet<()>, progress: &Progress) {
        while sending.join_next().await.is_some() {
            self.pipeline.note_told(progress);
        }
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

    /// Keeps the progress for the replay. A chunk whose bytes were gone before it had a digest is kept when its flush gives
    /// up.
    fn remember(&self, digest: Option<u128>, progress: &Rc<Progress>) {
        if let Some(digest) = digest {
            self.ledger.keep(digest, progress);
        }
    }

    /// Sets the gauges of what waits at the host, at most once a [`WAITING_INTERVAL`] unless nothing waits any more.
    fn count_waiting(&self) {
        let is_fresh = |at: Instant| at.elapsed() < WAITING_INTERVAL;
        if !self.ledger.is_empty() && self.waiting_counted.get().is_some_and(is_fresh) {
            return;
        }
        self.waiting_counted.set(Some(Instant::now()));
        for index in 0..self.senders.len() {
            let (chunks, records) = self.ledger.waiting(index);
            self.metrics.destination(index).set_waiting(chunks, records);
        }
    }

    /// Sets them now.
    fn recount_waiting(&self) {
        self.waiting_counted.set(None);
        self.count_waiting();
    }

    /// Stores what destinations refused for good, where that is wanted. A dead letter that is refused itself is counted
    /// and no more. `false`: the chunk has to come again for them.
    async fn store_dead_letters(
        self: &Rc<Self>,
        tag: &[u8],
        origin: ChunkOrigin<'_>,
        chunk: &dyn Chunk,
        progress: &Progress,
        deadline: Instant,
    ) -> bool {
        if progress.dead_letters().is_empty() {
            return true;
        }
        let destinations = self.destinations();
        let Some(stages) = self.pipeline.dead_letter_stages(&destinations) else {
            progress.clear_dead_letters();
            return true;
        };
        let names: Vec<&str> = destinations.iter().map(|one| &*one.common.name).collect();
        let original = self.pipeline.stages(origin, &destinations);
        let encoded = chunk.read(|bytes| dead_letter::encode(&original, tag, bytes, progress, &names));
        let Ok(dead_letters) = encoded else { return false };
        let digest = ledger::digest(ChunkMaker::DeadLetter, DEAD_LETTER_TAG, &dead_letters);
        let own_progress = self.ledger.begin(digest, self.senders.len(), deadline).await;
        let Some(own_progress) = own_progress else { return false };
        let context = RenderContext {
            tag: DEAD_LETTER_TAG,
            uuid: &self.uuid,
            chunk: own_progress.name(),
            task: None,
            overflow: None,
        };
        let processed = process_chunk(&stages, &context, &dead_letters, &own_progress);
        let mut sending = self.send(processed.batches, &own_progress, deadline);
        // What is still on its way at the deadline is given up: it may be stored twice, but not lost.
        tokio::time::timeout_at(deadline, join_all(&mut sending)).await.ok();
        let stored = self.verdict(&own_progress) != Verdict::Retry;
        match stored {
            true => {
                self.count_best_effort_losses(&own_progress, 0);
                progress.clear_dead_letters();
            }
            false => self.ledger.keep(digest, &own_progress),
        }
        own_progress.stop();
        stored
    }

    /// Nothing is on its way any more.
    fn finish_chunk(&self, progress: &Progress, verdict: Verdict) {
        if verdict != Verdict::Retry {
            let owed = self.pipeline.confirm(progress);
            self.count_best_effort_losses(progress, owed);
        }
        progress.stop();
    }

    fn destinations(&self) -> Vec<&Destination> {
        self.senders.iter().map(|sender| &sender.destination).collect()
    }

    /// Encodes a chunk for every destination, and counts what it held unless it came before.
    fn process(&self, tag: &[u8], origin: ChunkOrigin<'_>, chunk: &[u8], progress: &Progress) -> Processed {
        let destinations = self.destinations();
        let task = self.task.task();
        let context = RenderContext {
            tag,
            uuid: &self.uuid,
            chunk: progress.name(),
            task: task.as_deref(),
            overflow: None,
        };
        let processed =
            process_chunk(&self.pipeline.stages(origin, &destinations), &context, chunk, progress);
        self.count(&processed, progress);
        self.report(tag, origin, &processed);
        processed
    }

    /// Every batch of every destination at one time, but for the turns of large ones; how many really go out together is
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

/// By what the chunk is recognised when it comes again; `None` when its bytes are gone.
fn chunk_digest(maker: ChunkMaker, tag: &[u8], chunk: &dyn Chunk) -> Option<u128> {
    chunk.read(|bytes| ledger::digest(maker, tag, bytes)).ok()
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
