//! One chunk from bytes to verdict, and what is remembered between chunks.
//!
//! Owns: putting the stages (`pipeline`), the senders of `delivery` and the ledger of replays together for one
//! instance. Lives on the worker's thread; watchers submit their events here as Fluent Bit does. Does not own: the
//! thread, its queue and its end (`worker`).

pub mod dead_letter;
mod encoder;
pub mod entries;
mod incidents;
pub mod pipeline;
pub mod process;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use self::incidents::NewsDesk;
use self::pipeline::Pipeline;
use self::process::{Processed, process_chunk};
use crate::classify::provenance::ChunkOrigin;
use crate::config::{QueueSettings, Settings};
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
use crate::metrics::{Metrics, Reason, Snapshot};
use crate::object::spool::Spool;
use crate::object::upload::{UploadDeadline, Uploader};
use crate::transport::Transport;
use crate::transport::http::Client;
use crate::watch::{self, ChunkSink, QueueWatch, TaskEndpoint, TaskSnapshot, TaskWatch, WatchConfig};

/// The tag of dead letters.
const DEAD_LETTER_TAG: &[u8] = b"ecs_router.dead_letter";

/// The most of a target that is shown in the log.
const MAX_SHOWN_CHARS: usize = 120;

/// How long the first chunk may wait for the task's metadata.
const FIRST_LOOK_TIMEOUT: Duration = Duration::from_secs(1);

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
    task: Rc<TaskSnapshot>,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
    flush_timeout: Duration,
    /// Taken by whoever sends news of incidents.
    incident_file: RefCell<Option<StateFile>>,
    uuid: String,
    panic: bool,
    hang: bool,
}

impl ChunkSink for Rc<Router> {
    async fn submit(&self, tag: &str, chunk: &[u8]) -> Verdict {
        self.route(ChunkMaker::Watcher, tag.as_bytes(), ChunkOrigin::Trusted, &chunk).await
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
            pipeline: Pipeline::new(config.settings, Arc::clone(&metrics)),
            ledger: Ledger::default(),
            incident_file: RefCell::new(config.incident_file),
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

    /// Warns when stop events have a route, but nothing that is trusted can bring one.
    fn warn_without_events(&self, config: &WatchConfig) {
        let is_watching = config.task.is_some() || config.queue.is_some();
        if self.pipeline.wants_stops() && !is_watching && !self.pipeline.trusts_a_tag() {
            self.log.line(
                Level::Warn,
                "route.stop is set, but no stop event can arrive: this is not an ECS task, and neither queue.url nor \
                 stop.trusted_tags is set; set one of them, or write: route.stop drop",
            );
        }
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
    pub(crate) async fn route_chunk(self: &Rc<Self>, tag: &[u8], chunk: &dyn Chunk) -> Verdict {
        self.route(ChunkMaker::Host, tag, self.pipeline.origin(tag), chunk).await
    }

    /// Takes one chunk from bytes to verdict. Answers at the deadline at the latest; requests that are on their way then
    /// are still waited for in the background, so that the replay knows whether they arrived.
    async fn route(
        self: &Rc<Self>,
        maker: ChunkMaker,
        tag: &[u8],
        origin: ChunkOrigin<'_>,
        chunk: &dyn Chunk,
    ) -> Verdict {
        assert!(!self.panic, "a panic was asked for");
        if self.hang {
            std::thread::sleep(HANG);
        }
        let deadline = Instant::now() + self.flush_timeout;
        // While nothing waits for a replay, no digest is needed.
        let digest = if self.ledger.is_empty() { None } else { chunk_digest(maker, tag, chunk) };
        let progress = self.ledger.begin(digest.unwrap_or_default(), self.senders.len(), deadline).await;
        let Some(progress) = progress else { return Verdict::Retry };
        let Ok(processed) = chunk.read(|bytes| self.process(tag, origin, bytes, &progress)) else {
            // The host did not wait for the worker and has its bytes back.
            self.remember(digest, &progress);
            progress.stop();
            return Verdict::Retry;
        };
        let unreadable = processed.tally.fault.is_some() && processed.tally.records == 0;
        let mut sending = self.send(processed.batches, &progress, deadline);
        let in_time = tokio::time::timeout_at(deadline, join_all(&mut sending)).await.is_ok();
        let stored = self.store_dead_letters(tag, origin, chunk, &progress, deadline).await;
        let verdict = match self.verdict(&progress) {
            _ if unreadable => Verdict::Error,
            Verdict::Ok if !stored => Verdict::Retry,
            verdict => verdict,
        };
        if verdict == Verdict::Retry {
            self.remember(digest.or_else(|| chunk_digest(maker, tag, chunk)), &progress);
        }
        if in_time {
            self.finish_chunk(&progress, verdict);
            return verdict;
        }
        let this = Rc::clone(self);
        // Not part of the drain: at exit nobody is left to come again.
        tokio::task::spawn_local(async move {
            join_all(&mut sending).await;
            this.finish_chunk(&progress, verdict);
        });
        verdict
    }

    /// Keeps the progress for the replay. A chunk whose bytes were gone before it had a digest will not be recognised.
    fn remember(&self, digest: Option<u128>, progress: &Rc<Progress>) {
        if let Some(digest) = digest {
            self.ledger.keep(digest, progress);
        }
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
        if progress.is_replay() {
            self.metrics.replayed_chunks.fetch_add(1, Relaxed);
        } else {
            let Processed { tally, classes, dropped, .. } = &processed;
            self.metrics.count_chunk(classes, *dropped, tally.shapeless as u64, tally.fault.is_some());
            self.metrics.repeated_stops.fetch_add(processed.repeated, Relaxed);
            self.metrics.unvouched_events.fetch_add(processed.unvouched, Relaxed);
            self.metrics.unmarked_records.fetch_add(processed.unmarked, Relaxed);
            self.metrics.unopened_envelopes.fetch_add(processed.unopened, Relaxed);
        }
        self.report_overflows(&processed);
        self.report(&processed);
        self.report_provenance(tag, origin, &processed);
        processed
    }

    /// Counts and logs names beyond a destination's limit of new ones.
    fn report_overflows(&self, processed: &Processed) {
        for (index, (sender, overflow)) in self.senders.iter().zip(&processed.overflows).enumerate() {
            let Some(overflow) = overflow else { continue };
            let Some(limit) = &sender.destination.name_limit else { continue };
            let name = &sender.destination.common.name;
            self.metrics.destination(index).overflowed.fetch_add(u64::from(overflow.records), Relaxed);
            let text = format_args!(
                "destination {name}: more than {} new names in a minute; {} records of a chunk went to '{}' instead, one of them from '{}'; use fields with fewer values in the name ({}), or raise {name}.name_limit",
                limit.per_minute.unwrap_or_default(),
                overflow.records,
                shown(&overflow.name),
                shown(&overflow.example),
                limit.templates,
            );
            self.log.once_a_minute(Level::Warn, &format!("{name}/name_limit"), text);
        }
    }

    /// Logs what was wrong with a chunk.
    fn report(&self, processed: &Processed) {
        if let Some(fault) = &processed.tally.fault {
            let read = processed.tally.records;
            self.log.once_a_minute(
                Level::Error,
                "malformed",
                format_args!(
                    "{fault}; the {read} records before it are delivered, the rest of the chunk is lost"
                ),
            );
        }
        if processed.tally.shapeless > 0 {
            let count = processed.tally.shapeless;
            self.log.once_a_minute(
                Level::Warn,
                "shapeless",
                format_args!(
                    "{count} entries of a chunk are not records (no time, or no map) and were skipped; check the input that writes them"
                ),
            );
        }
        if processed.unopened > 0 {
            let count = processed.unopened;
            self.log.once_a_minute(
                Level::Warn,
                "unopened",
                format_args!("{count} records may hold ECS events, but opening them exceeds the limits of one chunk; they are delivered unopened; send smaller batches (Firehose's buffer, SQS's batch size), and check who can send records here"),
            );
        }
        if let Some(field) = &processed.missing_field {
            self.metrics.missing_fields.fetch_add(1, Relaxed);
            self.log.once_a_minute(
                Level::Warn,
                "missing_field",
                format_args!("$({field}) is used in a name but missing in a record; its fallback was used; choose one with $({field}:-…)"),
            );
        }
    }

    /// Logs what nobody vouches for, and what to write.
    fn report_provenance(&self, tag: &[u8], origin: ChunkOrigin<'_>, processed: &Processed) {
        let tag = String::from_utf8_lossy(tag);
        let Processed { unvouched, unmarked, .. } = processed;
        if *unvouched > 0 {
            self.log.once_a_minute(
                Level::Warn,
                "unvouched",
                format_args!(
                    "{unvouched} records look like ECS events, but stop.trusted_tags does not name their tag {tag}; they are \
                     delivered as class 'other'; if only ECS events arrive under this tag, write: stop.trusted_tags {tag}"
                ),
            );
        }
        if let (ChunkOrigin::Firelens(firelens), 1..) = (origin, *unmarked) {
            let container = String::from_utf8_lossy(firelens.container);
            self.log.once_a_minute(
                Level::Warn,
                "unmarked",
                format_args!(
                    "a filter removed FireLens's fields (container_id, container_name, source) from {unmarked} records of \
                     container {container}; stdout and stderr are unknown, and they are delivered as class 'other'; \
                     write Reserve_Data On in the parser filter, and do not change these fields in other filters"
                ),
            );
        }
    }

    /// Every batch of every destination at one time; how many really go out together is the destination's `concurrency`.
    fn send(&self, batches: Vec<Vec<Batch>>, progress: &Rc<Progress>, deadline: Instant) -> JoinSet<()> {
        let mut sending = JoinSet::new();
        for (sender, batches) in self.senders.iter().zip(batches) {
            for batch in batches {
                sending.spawn_local(Rc::clone(sender).send_batch(batch, Rc::clone(progress), deadline));
            }
        }
        sending
    }

    fn verdict(&self, progress: &Progress) -> Verdict {
        verdict::verdict(progress, self.senders.iter().map(|sender| sender.destination.common.required))
    }

    /// The chunk will not come again: what a best-effort destination lacks now is lost, except for what is `owed` to those
    /// who alert people.
    fn count_best_effort_losses(&self, progress: &Progress, owed: u32) {
        for (index, sender) in self.senders.iter().enumerate() {
            let owed = if self.pipeline.alerts(index) { owed } else { 0 };
            let missing = progress.missing(index).saturating_sub(owed);
            if missing > 0 {
                let name = &sender.destination.common.name;
                self.metrics.destination(index).count_lost(Reason::BestEffort, u64::from(missing));
                let text = format_args!(
                    "destination {name}: {missing} records lost: it is best effort (required off) and did not accept them in \
                     time; to retry them, write: {name}.required on"
                );
                self.log.once_a_minute(Level::Error, &format!("{name}/best_effort"), text);
            }
        }
    }

    /// Allows every destination one more attempt, also behind an open breaker, because the process ends.
    pub(crate) fn allow_probes(&self) {
        self.senders.iter().for_each(|sender| sender.allow_probe());
    }

    /// Logs one line per destination: what became of its records since the start.
    pub(crate) fn log_summary(&self) {
        for counters in self.metrics.snapshot() {
            let Snapshot { name, delivered, requests, lost, .. } = &counters;
            let lost: u64 = lost.iter().filter(|(reason, _)| reason.is_loss()).map(|(_, count)| count).sum();
            let objects = match counters.objects {
                0 => String::new(),
                objects => format!(", {objects} objects uploaded"),
            };
            let text = format_args!(
                "destination {name}: {delivered} records delivered in {requests} requests, {lost} lost{objects}"
            );
            self.log.line(Level::Info, text);
        }
    }
}

/// A target as a line of the log may hold it.
fn shown(target: &[u8]) -> String {
    let names: Vec<_> =
        target.split(|byte| *byte == 0).map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    names.join(" ").chars().take(MAX_SHOWN_CHARS).flat_map(char::escape_debug).collect()
}

/// By what the chunk is recognised when it comes again; `None` when its bytes are gone.
fn chunk_digest(maker: ChunkMaker, tag: &[u8], chunk: &dyn Chunk) -> Option<u128> {
    chunk.read(|bytes| ledger::digest(maker, tag, bytes)).ok()
}

/// Waits until every task of the set has ended.
pub(crate) async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
