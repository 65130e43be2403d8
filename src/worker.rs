//! One thread per instance: its event loop, its bounded queue, its drain at exit.
//!
//! The coroutine that Fluent Bit flushes on has 24 KiB of stack. So a flush only copies the chunk, hands it over
//! and waits; everything else happens here. Does not interpret records.

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::ack::{self, Ledger, Progress, Verdict};
use crate::batch::Batch;
use crate::classify::Classifier;
use crate::deliver::Courier;
use crate::destination::Destination;
use crate::log::{Level, Log};
use crate::metrics::{Metrics, Reason};
use crate::pipeline::{self, Sorted, Stages};
use crate::route::Routes;
use crate::spool::Spool;
use crate::template::Scene;
use crate::upload::{self, Leaving, Uploader};
use crate::wire::Wire;

/// Everything an instance was configured to be.
#[derive(Debug)]
pub struct Plan {
    /// The instance's number, for its log lines and thread name.
    pub number: usize,
    /// What a record is.
    pub classifier: Classifier,
    /// Where a class goes.
    pub routes: Routes,
    /// Each destination with its way out.
    pub destinations: Vec<(Box<dyn Destination>, Wire)>,
    /// How long one flush may try.
    pub flush_timeout: Duration,
    /// How long the drain at exit may take.
    pub exit_timeout: Duration,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// For the test host: panic on the worker at each flush. Only debug builds ever set it.
    pub panic: bool,
}

/// The flushing side of the thread.
#[derive(Debug)]
pub struct Worker {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<(JoinHandle<()>, Receiver<()>)>>,
    patience: Duration,
    exit_timeout: Duration,
    blocks_engine: Arc<AtomicBool>,
}

/// One flush.
#[derive(Debug)]
struct Job {
    tag: Vec<u8>,
    chunk: Vec<u8>,
    reply: SyncSender<Verdict>,
}

/// More flushes at one time than any configuration of workers has.
const QUEUE: usize = 64;

/// How much longer than its timeout a flush waits for the worker's answer before it gives up on the worker.
const GRACE: Duration = Duration::from_secs(2);

impl Worker {
    /// Starts the thread. Fails only when the system has no thread to give.
    pub fn start(plan: Plan) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (ended, end) = sync_channel(1);
        let (patience, exit_timeout) = (plan.flush_timeout + GRACE, plan.exit_timeout);
        let blocks_engine = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&blocks_engine);
        let thread =
            std::thread::Builder::new().name(format!("ecs_router.{}", plan.number)).spawn(move || {
                run(plan, queue, seen);
                // Nobody may be waiting.
                ended.try_send(()).ok();
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some((thread, end))),
            patience,
            exit_timeout,
            blocks_engine,
        })
    }

    /// Hands a chunk over and waits for the verdict. Runs on the host's small stack: copy, enqueue, wait.
    pub fn flush(&self, tag: &[u8], chunk: &[u8]) -> Verdict {
        let (reply, answer) = sync_channel(1);
        let job = Job { tag: tag.to_vec(), chunk: chunk.to_vec(), reply };
        let queued = match self.jobs.lock() {
            Ok(jobs) => jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok()),
            Err(_) => false,
        };
        if queued { answer.recv_timeout(self.patience).unwrap_or(Verdict::Retry) } else { Verdict::Retry }
    }

    /// Flushes block the host's own event loop; the worker will say so once.
    pub fn blocks_engine(&self) {
        self.blocks_engine.store(true, Relaxed);
    }

    /// Takes no more flushes. Those that run go on until [`Self::finish`].
    pub fn close(&self) {
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.take();
        }
    }

    /// Waits for the drain and the end of the thread; one that does not end in time is left behind.
    pub fn finish(&self) {
        self.close();
        let Some((thread, end)) = self.thread.lock().ok().and_then(|mut thread| thread.take()) else {
            return;
        };
        if end.recv_timeout(self.exit_timeout + GRACE) != Err(RecvTimeoutError::Timeout) {
            // A panic of the thread was reported by the hook.
            thread.join().ok();
        }
    }
}

/// What the thread works with.
struct House {
    classifier: Classifier,
    routes: Routes,
    couriers: Vec<Rc<Courier<Wire>>>,
    spools: Vec<Option<Arc<Spool>>>,
    ledger: Ledger,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
    flush_timeout: Duration,
    uuid: String,
    panic: bool,
}

fn run(plan: Plan, queue: mpsc::Receiver<Job>, blocks_engine: Arc<AtomicBool>) {
    let log = Rc::new(Log::new(plan.number));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return log.line(Level::Error, format_args!("cannot start the event loop: {error}")),
    };
    let exit_timeout = plan.exit_timeout;
    let house = Rc::new(House::new(plan, log));
    LocalSet::new().block_on(&runtime, serve(house, queue, exit_timeout, blocks_engine));
    // Name look-ups run on threads of their own, which cannot be interrupted.
    runtime.shutdown_timeout(Duration::from_millis(100));
}

/// Takes jobs until the queue closes, then lets those that run come to an end.
async fn serve(
    house: Rc<House>,
    mut queue: mpsc::Receiver<Job>,
    exit_timeout: Duration,
    blocks_engine: Arc<AtomicBool>,
) {
    let mut running = JoinSet::new();
    let (leave, leaving) = watch::channel(None);
    let mut uploading = house.upload(&leaving);
    loop {
        tokio::select! {
            job = queue.recv() => match job {
                Some(job) => { running.spawn_local(Rc::clone(&house).flush(job)); }
                None => break,
            },
            Some(_) = running.join_next() => {}
        }
        if blocks_engine.swap(false, Relaxed) {
            let advice = "a flush blocks Fluent Bit's own event loop: set 'Workers 2' in this [OUTPUT]";
            house.log.once_a_minute(Level::Warn, "workers", advice);
        }
    }
    let end = Instant::now() + exit_timeout;
    if tokio::time::timeout_at(end, finish(&mut running)).await.is_err() {
        let left = running.len();
        house
            .log
            .line(Level::Error, format_args!("{left} chunks were not delivered before exit_timeout ended"));
    }
    // Only now is everything in the spool that will be.
    leave.send_replace(Some(end - upload::ABORT_AT_EXIT.min(exit_timeout)));
    tokio::time::timeout_at(end, finish(&mut uploading)).await.ok();
    house.say_goodbye();
}

impl House {
    fn new(plan: Plan, log: Rc<Log>) -> Self {
        let courier = |(index, (destination, wire))| {
            Rc::new(Courier::new(index, destination, wire, Arc::clone(&plan.metrics), Rc::clone(&log)))
        };
        Self {
            spools: plan.destinations.iter().map(|(_, wire)| wire.spool()).collect(),
            couriers: plan.destinations.into_iter().enumerate().map(courier).collect(),
            classifier: plan.classifier,
            routes: plan.routes,
            ledger: Ledger::default(),
            metrics: Arc::clone(&plan.metrics),
            flush_timeout: plan.flush_timeout,
            uuid: uuid::Uuid::new_v4().to_string(),
            panic: plan.panic,
            log,
        }
    }

    /// Uploads in the background, one task per destination with a spool.
    fn upload(&self, leaving: &Leaving) -> JoinSet<()> {
        let mut uploading = JoinSet::new();
        for (courier, spool) in self.couriers.iter().zip(&self.spools) {
            if let Some(spool) = spool {
                let uploader = Uploader::new(Rc::clone(courier), Arc::clone(spool));
                uploading.spawn_local(uploader.run(leaving.clone()));
            }
        }
        uploading
    }

    /// One chunk, from bytes to verdict. The answer goes out at the deadline at the latest; requests that are on
    /// their way then are still waited for, so that the replay knows whether they arrived.
    async fn flush(self: Rc<Self>, job: Job) {
        assert!(!self.panic, "a panic was asked for");
        let deadline = Instant::now() + self.flush_timeout;
        let mut digest = (!self.ledger.is_empty()).then(|| ack::digest(&job.tag, &job.chunk));
        let known = self.ledger.begin(digest.unwrap_or_default(), self.couriers.len(), deadline).await;
        let Some(progress) = known else { return answer(&job, Verdict::Retry) };
        let sorted = self.sort(&job, &progress);
        let unreadable = sorted.tally.fault.is_some() && sorted.tally.records == 0;
        let mut sending = self.send(sorted.batches, &progress, deadline);
        let in_time = tokio::time::timeout_at(deadline, finish(&mut sending)).await.is_ok();
        let verdict = if unreadable { Verdict::Error } else { self.verdict(&progress) };
        if verdict == Verdict::Retry {
            let digest = *digest.get_or_insert_with(|| ack::digest(&job.tag, &job.chunk));
            self.ledger.keep(digest, &progress);
        }
        if in_time {
            self.close(&progress, verdict);
            return answer(&job, verdict);
        }
        answer(&job, verdict);
        // Not part of the drain: at exit nobody is left to come again.
        tokio::task::spawn_local(async move {
            finish(&mut sending).await;
            self.close(&progress, verdict);
        });
    }

    /// Nothing is on its way any more.
    fn close(&self, progress: &Progress, verdict: Verdict) {
        if verdict != Verdict::Retry {
            self.let_go(progress);
        }
        progress.stop();
    }

    fn sort(&self, job: &Job, progress: &Progress) -> Sorted {
        let destinations: Vec<&dyn Destination> =
            self.couriers.iter().map(|courier| &*courier.destination).collect();
        let stages = Stages {
            classifier: &self.classifier,
            routes: &self.routes,
            destinations: &destinations,
            metrics: &self.metrics,
        };
        let sorted = pipeline::sort(&stages, &self.scene(job, progress), &job.chunk, progress);
        if progress.is_replay() {
            self.metrics.replayed_chunks.fetch_add(1, Relaxed);
        } else {
            let Sorted { tally, classes, dropped, .. } = &sorted;
            self.metrics.count_chunk(classes, *dropped, tally.shapeless as u64, tally.fault.is_some());
        }
        self.report(&sorted);
        sorted
    }

    fn scene<'s>(&'s self, job: &'s Job, progress: &'s Progress) -> Scene<'s> {
        Scene { tag: &job.tag, uuid: &self.uuid, chunk: progress.name() }
    }

    fn report(&self, sorted: &Sorted) {
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
                format_args!("$({field}) is in a name but not in a record; its fallback was used"),
            );
        }
    }

    /// Every batch of every destination at one time; how many really go out together is the destination's `concurrency`.
    fn send(&self, batches: Vec<Vec<Batch>>, progress: &Rc<Progress>, deadline: Instant) -> JoinSet<()> {
        let mut sending = JoinSet::new();
        for (courier, batches) in self.couriers.iter().zip(batches) {
            for batch in batches {
                sending.spawn_local(Rc::clone(courier).bring(batch, Rc::clone(progress), deadline));
            }
        }
        sending
    }

    fn verdict(&self, progress: &Progress) -> Verdict {
        ack::verdict(progress, self.couriers.iter().map(|courier| courier.destination.common().required))
    }

    /// The chunk will not come again: what a best-effort destination lacks now is lost.
    fn let_go(&self, progress: &Progress) {
        for (index, courier) in self.couriers.iter().enumerate() {
            let missing = progress.missing(index);
            if missing > 0 {
                let name = &courier.destination.common().name;
                self.metrics.destination(index).lost(Reason::BestEffort, u64::from(missing));
                let text =
                    format_args!("destination {name} is best effort and did not take {missing} records");
                self.log.once_a_minute(Level::Warn, &format!("{name}/best_effort"), text);
            }
        }
    }

    fn say_goodbye(&self) {
        for counters in self.metrics.snapshot() {
            let unwanted = |reason: Reason| matches!(reason, Reason::Filtered | Reason::Empty);
            let lost = counters.lost.iter().filter(|(reason, _)| !unwanted(*reason)).map(|(_, count)| count);
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

async fn finish(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}

/// The coroutine may have stopped waiting.
fn answer(job: &Job, verdict: Verdict) {
    job.reply.try_send(verdict).ok();
}
