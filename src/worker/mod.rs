//! One thread per instance: its event loop, its bounded queue, its watchers, its drain at exit.
//!
//! The coroutine that Fluent Bit flushes on has 24 KiB of stack. So a flush only hands the chunk over and waits;
//! everything else happens here, in [`house`]. Does not interpret records.

pub(crate) mod statistics;

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::classify::classes::Classifier;
use crate::classify::routes::Routes;
use crate::config::QueueSettings;
use crate::delivery::verdict::Verdict;
use crate::destination::Destination;
use crate::input::chunk::Chunk;
use crate::log::{Level, Log};
use crate::metrics::{Metrics, Place};
use crate::object::spool::Spool;
use crate::object::upload;
use crate::router::Router;
use crate::transport::Transport;
use crate::watch::TaskEndpoint;

/// Everything an instance was configured to be.
#[derive(Debug)]
pub struct WorkerConfig {
    /// The instance's number, for its log lines and thread name.
    pub number: usize,
    /// What a record is.
    pub classifier: Classifier,
    /// Where a class goes.
    pub routes: Routes,
    /// Where records go that a destination refused for good.
    pub dead_letters: Vec<usize>,
    /// The destinations, in the order of routes and counters.
    pub destinations: Vec<OpenedDestination>,
    /// Each stop is told once.
    pub once: bool,
    /// Last lines of standard error to keep of each container.
    pub context_lines: usize,
    /// What is watched besides the chunks.
    pub watching: WatchConfig,
    /// How long one flush may try.
    pub flush_timeout: Duration,
    /// How long the drain at exit may take.
    pub exit_timeout: Duration,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where the host shows it.
    pub board: Place,
    /// How often the log tells of it.
    pub stats_interval: Option<Duration>,
    /// For the test host: panic on the worker at each flush. Only debug builds ever set it.
    pub panic: bool,
}

/// One destination with what reaches it.
#[derive(Debug)]
pub struct OpenedDestination {
    /// What to send, and what replies mean.
    pub destination: Box<dyn Destination>,
    /// The way to it.
    pub transport: Transport,
    /// Where its objects are filled, if it fills them on disk.
    pub spool: Option<Arc<Spool>>,
}

/// What is watched besides the chunks.
#[derive(Debug, Clone, Default)]
pub struct WatchConfig {
    /// The task metadata endpoint.
    pub task: Option<TaskEndpoint>,
    /// A queue of events.
    pub queue: Option<QueueSettings>,
}

/// The flushing side of the thread.
#[derive(Debug)]
pub struct Worker {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<(JoinHandle<()>, Receiver<()>)>>,
    patience: Duration,
    exit_timeout: Duration,
    blocks_engine: Arc<AtomicBool>,
    board: Place,
}

/// One flush of the host's.
struct Job {
    tag: Vec<u8>,
    chunk: Arc<dyn Chunk>,
    reply: SyncSender<Verdict>,
}

/// More flushes at one time than any configuration of workers has.
const QUEUE: usize = 64;

/// How much longer than its timeout a flush waits for the worker's answer before it gives up on the worker.
const GRACE: Duration = Duration::from_secs(2);

impl Worker {
    /// Starts the thread. Fails only when the system has no thread to give.
    pub fn start(plan: WorkerConfig) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (ended, end) = sync_channel(1);
        let (patience, exit_timeout) = (plan.flush_timeout + GRACE, plan.exit_timeout);
        let blocks_engine = Arc::new(AtomicBool::new(false));
        let (seen, board) = (Arc::clone(&blocks_engine), plan.board.clone());
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
            board,
        })
    }

    /// Hands a chunk over and waits for the verdict. Runs on the host's small stack: enqueue, wait.
    pub fn flush(&self, tag: &[u8], chunk: Arc<dyn Chunk>) -> Verdict {
        let (reply, answer) = sync_channel(1);
        let job = Job { tag: tag.to_vec(), chunk, reply };
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

    /// Takes no more flushes. Those that run go on until [`Self::finish`]. The host's board goes with the host's
    /// instance, so it is left alone from here on, even by a thread that does not end in time.
    pub fn close(&self) {
        self.board.take_down();
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

fn run(plan: WorkerConfig, queue: mpsc::Receiver<Job>, blocks_engine: Arc<AtomicBool>) {
    let log = Rc::new(Log::new(plan.number));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return log.line(Level::Error, format_args!("cannot start the event loop: {error}")),
    };
    LocalSet::new().block_on(&runtime, serve(plan, log, queue, blocks_engine));
    // Name look-ups run on threads of their own, which cannot be interrupted.
    runtime.shutdown_timeout(Duration::from_millis(100));
}

/// Takes jobs until the queue closes, then lets what runs come to an end.
async fn serve(plan: WorkerConfig, log: Rc<Log>, queue: mpsc::Receiver<Job>, blocks_engine: Arc<AtomicBool>) {
    let (exit_timeout, watching) = (plan.exit_timeout, plan.watching.clone());
    let (board, stats_interval) = (plan.board.clone(), plan.stats_interval);
    let house = Rc::new(Router::new(plan, Rc::clone(&log)));
    let (leave, leaving) = watch::channel(None);
    let _telling = house.statistics().begin(board, stats_interval);
    let mut uploading = house.upload(&leaving);
    let (stop_watching, watching_ends) = watch::channel(false);
    let mut watchers = house.watch(watching, &watching_ends).await;
    let mut running = take_jobs(&house, queue, &blocks_engine).await;
    let end = Instant::now() + exit_timeout;
    house.allow_probes();
    // The last exits, and the events under way, are still for this process to report.
    stop_watching.send_replace(true);
    let all = async { tokio::join!(join_all(&mut running), join_all(&mut watchers)) };
    if tokio::time::timeout_at(end, all).await.is_err() {
        let (left, watchers) = (running.len(), watchers.len());
        log.line(
            Level::Error,
            format_args!(
                "{left} chunks and the events of {watchers} watchers were not delivered before exit_timeout ended; \
                 raise it, Grace and the container's stopTimeout"
            ),
        );
    }
    // Only now is everything in the spool that will be.
    leave.send_replace(Some(end - upload::ABORT_AT_EXIT.min(exit_timeout)));
    tokio::time::timeout_at(end, join_all(&mut uploading)).await.ok();
    house.log_summary();
}

/// Runs every job at one time until the queue closes; answers with those that still run.
async fn take_jobs(
    house: &Rc<Router>,
    mut queue: mpsc::Receiver<Job>,
    blocks_engine: &AtomicBool,
) -> JoinSet<()> {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            job = queue.recv() => match job {
                Some(job) => { running.spawn_local(flush(Rc::clone(house), job)); }
                None => return running,
            },
            Some(_) = running.join_next() => {}
        }
        if blocks_engine.swap(false, Relaxed) {
            let advice = "a flush blocks Fluent Bit's own event loop: set 'Workers 2' in this [OUTPUT]";
            house.log.once_a_minute(Level::Warn, "workers", advice);
        }
    }
}

async fn flush(house: Rc<Router>, job: Job) {
    let verdict = house.route_chunk(&job.tag, &*job.chunk).await;
    // The coroutine may have stopped waiting.
    job.reply.try_send(verdict).ok();
}

pub(crate) async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
