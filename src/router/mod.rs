//! One chunk from bytes to verdict, and what is remembered between chunks.
//!
//! Owns: putting the stages of `pipeline`, the couriers of `deliver` and the ledger of `ack` together for one instance.
//! Lives on the worker's thread; watchers bring their events in here as Fluent Bit does.

pub mod dead_letter;
mod encoder;
pub mod entries;
pub mod process;

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use self::process::{Processed, Stages, StopMemory};
use crate::classify::classes::Classifier;
use crate::classify::routes::Routes;
use crate::config::QueueSettings;
use crate::delivery::ledger::{self, Ledger};
use crate::delivery::progress::Progress;
use crate::delivery::sender::Sender;
use crate::delivery::verdict::{self, Verdict};
use crate::destination::Destination;
use crate::encode::batch::Batch;
use crate::encode::buffer_pool::BufferPool;
use crate::encode::template::RenderContext;
use crate::input::chunk::Chunk;
use crate::log::{Level, Log};
use crate::metrics::{Metrics, Reason};
use crate::object::spool::Spool;
use crate::object::upload::{UploadDeadline, Uploader};
use crate::transport::Transport;
use crate::transport::http::Client;
use crate::watch::{self, ChunkSink, QueueWatch, TaskEndpoint, TaskSnapshot, TaskWatch};
use crate::worker::statistics::Statistics;
use crate::worker::{OpenedDestination, WatchConfig, WorkerConfig, join_all};

/// The tag of dead letters.
const LETTERS: &[u8] = b"ecs_router.dead_letter";

/// How long the first chunk may wait for the task's metadata.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// What the thread works with.
pub(crate) struct Router {
    classifier: Classifier,
    routes: Routes,
    /// Where refused records go; `None` counts them only.
    dead_letter_routes: Option<Routes>,
    senders: Vec<Rc<Sender<Transport>>>,
    spools: Vec<Option<Arc<Spool>>>,
    ledger: Ledger,
    memory: StopMemory,
    pool: BufferPool,
    task: Rc<TaskSnapshot>,
    metrics: Arc<Metrics>,
    pub(crate) log: Rc<Log>,
    flush_timeout: Duration,
    uuid: String,
    panic: bool,
}

impl ChunkSink for Rc<Router> {
    async fn submit(&self, tag: &str, chunk: &[u8]) -> Verdict {
        self.route_chunk(tag.as_bytes(), &chunk).await
    }
}

impl Router {
    pub(crate) fn new(plan: WorkerConfig, log: Rc<Log>) -> Self {
        let sender = |(index, opened): (usize, OpenedDestination)| {
            let OpenedDestination { destination, transport, .. } = opened;
            Rc::new(Sender::new(index, destination, transport, Arc::clone(&plan.metrics), Rc::clone(&log)))
        };
        Self {
            spools: plan.destinations.iter().map(|opened| opened.spool.clone()).collect(),
            senders: plan.destinations.into_iter().enumerate().map(sender).collect(),
            classifier: plan.classifier,
            dead_letter_routes: Some(&plan.dead_letters)
                .filter(|route| !route.is_empty())
                .map(|route| Routes::all_to(route, &plan.routes)),
            routes: plan.routes,
            ledger: Ledger::default(),
            memory: StopMemory::new(plan.once, plan.context_lines),
            pool: BufferPool::default(),
            task: Rc::default(),
            metrics: Arc::clone(&plan.metrics),
            flush_timeout: plan.flush_timeout,
            uuid: uuid::Uuid::new_v4().to_string(),
            panic: plan.panic,
            log,
        }
    }

    /// Who tells what is counted.
    pub(crate) fn statistics(&self) -> Statistics {
        let (metrics, spools) = (Arc::clone(&self.metrics), self.spools.clone());
        Statistics { metrics, spools, log: Rc::clone(&self.log) }
    }

    /// Uploads in the background, one task per destination with a spool.
    pub(crate) fn upload(&self, leaving: &UploadDeadline) -> JoinSet<()> {
        let mut uploading = JoinSet::new();
        for (courier, spool) in self.senders.iter().zip(&self.spools) {
            if let Some(spool) = spool {
                let uploader = Uploader::new(Rc::clone(courier), Arc::clone(spool));
                uploading.spawn_local(uploader.run(leaving.clone(), self.task.stopping()));
            }
        }
        uploading
    }

    /// Begins to watch what is to be watched. The task is looked at once before the first chunk, so that the first
    /// names are whole already; a slow endpoint is not waited for longer than [`FIRST_LOOK`].
    pub(crate) async fn watch(
        self: &Rc<Self>,
        what: WatchConfig,
        leaving: &watch::ShutdownRx,
    ) -> JoinSet<()> {
        let mut watchers = JoinSet::new();
        if let Some(mut task) = what.task.and_then(|endpoint| self.task_watch(endpoint)) {
            tokio::time::timeout(FIRST_LOOK, task.look()).await.ok();
            watchers.spawn_local(task.run(leaving.clone()));
        }
        if let Some(queue) = what.queue.and_then(|settings| self.queue_watch(&settings)) {
            watchers.spawn_local(queue.run(leaving.clone()));
        }
        watchers
    }

    fn task_watch(self: &Rc<Self>, endpoint: TaskEndpoint) -> Option<TaskWatch<Rc<Self>>> {
        let (log, sight) = (Rc::clone(&self.log), Rc::clone(&self.task));
        let client = Client::new(None).map_err(|why| self.log.line(Level::Error, why)).ok()?;
        Some(TaskWatch::new(endpoint, client, Rc::clone(self), log, sight))
    }

    fn queue_watch(self: &Rc<Self>, settings: &QueueSettings) -> Option<QueueWatch<Rc<Self>>> {
        let (metrics, log) = (Arc::clone(&self.metrics), Rc::clone(&self.log));
        QueueWatch::new(settings, self.flush_timeout, Rc::clone(self), metrics, log)
            .map_err(|why| self.log.line(Level::Error, format_args!("queue.ca_file: {why}")))
            .ok()
    }

    /// One chunk, from bytes to verdict. Answers at the deadline at the latest; requests that are on their way then
    /// are still waited for in the background, so that the replay knows whether they arrived.
    pub(crate) async fn route_chunk(self: &Rc<Self>, tag: &[u8], chunk: &dyn Chunk) -> Verdict {
        assert!(!self.panic, "a panic was asked for");
        let deadline = Instant::now() + self.flush_timeout;
        let digest = || chunk.read(|bytes| ledger::digest(tag, bytes));
        let known_by = (!self.ledger.is_empty()).then(digest).and_then(Result::ok);
        let known = self.ledger.begin(known_by.unwrap_or_default(), self.senders.len(), deadline).await;
        let Some(progress) = known else { return Verdict::Retry };
        let Ok(sorted) = chunk.read(|bytes| self.sort(tag, bytes, &progress)) else {
            // The host did not wait for the worker and has its bytes back.
            self.remember(known_by, &progress);
            progress.stop();
            return Verdict::Retry;
        };
        let unreadable = sorted.tally.fault.is_some() && sorted.tally.records == 0;
        let mut sending = self.send(sorted.batches, &progress, deadline);
        let in_time = tokio::time::timeout_at(deadline, join_all(&mut sending)).await.is_ok();
        let stored = self.store_dead_letters(tag, chunk, &progress, deadline).await;
        let verdict = match self.verdict(&progress) {
            _ if unreadable => Verdict::Error,
            Verdict::Ok if !stored => Verdict::Retry,
            verdict => verdict,
        };
        if verdict == Verdict::Retry {
            self.remember(known_by.or_else(|| digest().ok()), &progress);
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

    /// A chunk whose bytes were gone before anything knew it will not be known when it comes again.
    fn remember(&self, known_by: Option<u128>, progress: &Rc<Progress>) {
        if let Some(digest) = known_by {
            self.ledger.keep(digest, progress);
        }
    }

    /// Stores what destinations refused for good, where that is wanted. A letter that is refused itself is counted and
    /// no more. `false`: the chunk has to come again for them.
    async fn store_dead_letters(
        self: &Rc<Self>,
        tag: &[u8],
        chunk: &dyn Chunk,
        progress: &Progress,
        deadline: Instant,
    ) -> bool {
        let Some(routes) = &self.dead_letter_routes else {
            progress.clear_dead_letters();
            return true;
        };
        if progress.dead_letters().is_empty() {
            return true;
        }
        let destinations = self.destinations();
        let names: Vec<&str> = destinations.iter().map(|one| &*one.common().name).collect();
        let write = |bytes: &[u8]| {
            dead_letter::dead_letters(&self.stages(&destinations), tag, bytes, progress, &names)
        };
        let Ok(letters) = chunk.read(write) else { return false };
        let digest = ledger::digest(LETTERS, &letters);
        let known = self.ledger.begin(digest, self.senders.len(), deadline).await;
        let Some(letters_progress) = known else { return false };
        let stages = Stages { routes, memory: None, ..self.stages(&destinations) };
        let scene =
            RenderContext { tag: LETTERS, uuid: &self.uuid, chunk: letters_progress.name(), task: None };
        let sorted = process::process_chunk(&stages, &scene, &letters, &letters_progress);
        let mut sending = self.send(sorted.batches, &letters_progress, deadline);
        // What is still on its way at the deadline is given up: it may be stored twice, but not lost.
        tokio::time::timeout_at(deadline, join_all(&mut sending)).await.ok();
        let stored = self.verdict(&letters_progress) != Verdict::Retry;
        match stored {
            true => {
                self.count_best_effort_losses(&letters_progress);
                progress.clear_dead_letters();
            }
            false => self.ledger.keep(digest, &letters_progress),
        }
        letters_progress.stop();
        stored
    }

    /// Nothing is on its way any more.
    fn finish_chunk(&self, progress: &Progress, verdict: Verdict) {
        if verdict != Verdict::Retry {
            progress.claims().confirm();
            self.count_best_effort_losses(progress);
        }
        progress.stop();
    }

    fn destinations(&self) -> Vec<&dyn Destination> {
        self.senders.iter().map(|courier| &*courier.destination).collect()
    }

    fn stages<'s>(&'s self, destinations: &'s [&'s dyn Destination]) -> Stages<'s> {
        Stages {
            classifier: &self.classifier,
            routes: &self.routes,
            destinations,
            metrics: &self.metrics,
            pool: &self.pool,
            memory: Some(&self.memory),
        }
    }

    fn sort(&self, tag: &[u8], chunk: &[u8], progress: &Progress) -> Processed {
        let destinations = self.destinations();
        let task = self.task.task();
        let scene = RenderContext { tag, uuid: &self.uuid, chunk: progress.name(), task: task.as_deref() };
        let sorted = process::process_chunk(&self.stages(&destinations), &scene, chunk, progress);
        if progress.is_replay() {
            self.metrics.replayed_chunks.fetch_add(1, Relaxed);
        } else {
            let Processed { tally, classes, dropped, .. } = &sorted;
            self.metrics.count_chunk(classes, *dropped, tally.shapeless as u64, tally.fault.is_some());
            self.metrics.repeated_stops.fetch_add(sorted.repeated, Relaxed);
        }
        self.report(&sorted);
        sorted
    }

    fn report(&self, sorted: &Processed) {
        if let Some(fault) = &sorted.tally.fault {
            let read = sorted.tally.records;
            self.log.once_a_minute(
                Level::Error,
                "malformed",
                format_args!("{fault}; {read} records before it are delivered"),
            );
        }
        if sorted.tally.shapeless > 0 {
            let count = sorted.tally.shapeless;
            self.log.once_a_minute(
                Level::Warn,
                "shapeless",
                format_args!("{count} entries of a chunk hold no record and were left out"),
            );
        }
        if let Some(field) = &sorted.missing_field {
            self.metrics.missing_fields.fetch_add(1, Relaxed);
            self.log.once_a_minute(
                Level::Warn,
                "missing_field",
                format_args!("$({field}) is in a name but not in a record, so its fallback stands there; write $({field}:-…) to choose it"),
            );
        }
    }

    /// Every batch of every destination at one time; how many really go out together is the destination's `concurrency`.
    fn send(&self, batches: Vec<Vec<Batch>>, progress: &Rc<Progress>, deadline: Instant) -> JoinSet<()> {
        let mut sending = JoinSet::new();
        for (courier, batches) in self.senders.iter().zip(batches) {
            for batch in batches {
                sending.spawn_local(Rc::clone(courier).send_batch(batch, Rc::clone(progress), deadline));
            }
        }
        sending
    }

    fn verdict(&self, progress: &Progress) -> Verdict {
        verdict::verdict(progress, self.senders.iter().map(|courier| courier.destination.common().required))
    }

    /// The chunk will not come again: what a best-effort destination lacks now is lost.
    fn count_best_effort_losses(&self, progress: &Progress) {
        for (index, courier) in self.senders.iter().enumerate() {
            let missing = progress.missing(index);
            if missing > 0 {
                let name = &courier.destination.common().name;
                self.metrics.destination(index).count_lost(Reason::BestEffort, u64::from(missing));
                let text =
                    format_args!("destination {name} is best effort and did not take {missing} records");
                self.log.once_a_minute(Level::Warn, &format!("{name}/best_effort"), text);
            }
        }
    }

    /// The process ends: every destination gets one more chance.
    pub(crate) fn allow_probes(&self) {
        self.senders.iter().for_each(|courier| courier.allow_probe());
    }

    pub(crate) fn log_summary(&self) {
        for counters in self.metrics.snapshot() {
            let lost = counters.lost.iter().filter(|(reason, _)| reason.is_loss()).map(|(_, count)| count);
            let lost: u64 = lost.sum();
            let (name, delivered, requests) = (&counters.name, counters.delivered, counters.requests);
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
