//! One thread per instance: its event loop, its bounded queue, its drain at exit.
//!
//! The coroutine that Fluent Bit flushes on has 24 KiB of stack. So a flush only hands the chunk over and waits;
//! everything else happens here, in the [`Router`]. Does not interpret records.

mod statistics;

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use self::statistics::{SharedExporter, Statistics};
use crate::delivery::answer::FlushAnswer;
use crate::delivery::ledger::{self, ChunkMaker, Digest};
use crate::delivery::verdict::Verdict;
use crate::input::chunk::Chunk;
use crate::log::{Level, Log};
use crate::metrics::Exporter;
use crate::object::upload;
use crate::router::{ExitRecordFor, IncidentNotifier, MetricsWriter, Router, RouterConfig, join_all};
use crate::threads::{COMPUTING_THREAD, ConnectionScope, LOOKUP_GRACE};
use crate::watch::WatchConfig;

/// Everything an instance was configured to be.
#[derive(Debug)]
pub(crate) struct WorkerConfig {
    /// The instance's number, for its log lines and thread name.
    pub(crate) number: usize,
    pub(crate) router: RouterConfig,
    pub(crate) watch: WatchConfig,
    /// The host's exporter of metrics, if it has one.
    pub(crate) exporter: Option<Box<dyn Exporter>>,
}

/// The flushing side of the thread.
#[derive(Debug)]
pub(crate) struct Worker {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<(JoinHandle<()>, Receiver<()>)>>,
    /// How long a flush waits for the thread's answer.
    answer_timeout: Duration,
    exit_timeout: Duration,
    blocks_engine: Arc<AtomicBool>,
    exporter: SharedExporter,
}

/// One flush of the host's.
struct Job {
    tag: Vec<u8>,
    chunk: Arc<dyn Chunk>,
    answer: Arc<FlushAnswer>,
    /// The host's thread that waits.
    thread: usize,
    /// Wakes the flush, also when it is dropped.
    wake: SyncSender<()>,
}

/// More flushes at one time than any configuration of workers has.
const MAX_QUEUED_FLUSHES: usize = 64;

/// How much longer than its own timeout the thread is waited for before it is given up.
const WORKER_GRACE: Duration = Duration::from_secs(2);

/// How much time there always is at the end to say how everything ended; the host waits for as long as [`WORKER_GRACE`].
const FAREWELL_TIME: Duration = Duration::from_secs(1);

impl Worker {
    /// Starts the thread. Fails only when the system has no thread to give.
    pub(crate) fn start(mut config: WorkerConfig) -> std::io::Result<Self> {
        let answer_timeout = config.router.settings.flush_timeout + WORKER_GRACE;
        let exit_timeout = config.router.settings.exit_timeout;
        let exporter: SharedExporter = Arc::new(Mutex::new(config.exporter.take()));
        let thread_exporter = Arc::clone(&exporter);
        let blocks_engine = Arc::new(AtomicBool::new(false));
        let engine_is_blocked = Arc::clone(&blocks_engine);
        let (jobs, queue) = mpsc::channel(MAX_QUEUED_FLUSHES);
        let (ended, end) = sync_channel(1);
        let thread =
            std::thread::Builder::new().name(format!("ecs_router.{}", config.number)).spawn(move || {
                run(config, thread_exporter, queue, &engine_is_blocked);
                // Nobody may be waiting.
                ended.try_send(()).ok();
            })?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some((thread, end))),
            answer_timeout,
            exit_timeout,
            blocks_engine,
            exporter,
        })
    }

    /// Hands a chunk over and waits for the verdict. Runs on the host's small stack: enqueue, wait.
    pub(crate) fn flush(&self, tag: &[u8], chunk: Arc<dyn Chunk>, thread: usize) -> Verdict {
        let (wake, woken) = sync_channel(1);
        let answer = Arc::new(FlushAnswer::default());
        let job =
            Job { tag: tag.to_vec(), chunk: Arc::clone(&chunk), answer: Arc::clone(&answer), thread, wake };
        let queued = match self.jobs.lock() {
            Ok(jobs) => jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok()),
            Err(_) => false,
        };
        if !queued {
            return Verdict::Retry;
        }
        woken.recv_timeout(self.answer_timeout).ok();
        answer.take_or_give_up(|| digest(tag, &*chunk))
    }

    /// Flushes block the host's own event loop; the worker will say so once.
    pub(crate) fn blocks_engine(&self) {
        self.blocks_engine.store(true, Relaxed);
    }

    /// Takes no more flushes. Those that run go on until [`Self::finish`]. The exporter's target goes with
    /// the host's instance, so it is not touched from here on, even by a thread that does not end in time.
    pub(crate) fn close(&self) {
        statistics::close(&self.exporter);
        if let Ok(mut jobs) = self.jobs.lock() {
            jobs.take();
        }
    }

    /// Waits for the drain and the end of the thread; one that does not end in time is left behind.
    pub(crate) fn finish(&self) {
        self.close();
        let Some((thread, end)) = self.thread.lock().ok().and_then(|mut thread| thread.take()) else {
            return;
        };
        if end.recv_timeout(self.exit_timeout + WORKER_GRACE) != Err(RecvTimeoutError::Timeout) {
            // A panic of the thread was reported by the hook.
            thread.join().ok();
        }
    }
}

/// The chunk's digest, from a thread that has more stack than the host's coroutine; `None` where there is no thread to
/// have.
fn digest(tag: &[u8], chunk: &dyn Chunk) -> Option<Digest> {
    std::thread::scope(|scope| {
        let read = || chunk.read(|bytes| ledger::digest(ChunkMaker::Host, tag, bytes)).ok();
        std::thread::Builder::new().spawn_scoped(scope, read).ok()?.join().ok()?
    })
}

fn run(
    config: WorkerConfig,
    exporter: SharedExporter,
    queue: mpsc::Receiver<Job>,
    blocks_engine: &AtomicBool,
) {
    let log = Log::new(config.number);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().thread_name(COMPUTING_THREAD).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return log.line(Level::Error, format_args!("cannot start the event loop: {error}")),
    };
    let connections = ConnectionScope::open();
    LocalSet::new().block_on(&runtime, serve(config, exporter, queue, blocks_engine));
    drop(connections);
    runtime.shutdown_timeout(LOOKUP_GRACE);
}

/// Takes jobs until the queue closes, then lets what runs come to an end.
async fn serve(
    config: WorkerConfig,
    exporter: SharedExporter,
    queue: mpsc::Receiver<Job>,
    blocks_engine: &AtomicBool,
) {
    let log = Rc::new(Log::new(config.number));
    let exit_timeout = config.router.settings.exit_timeout;
    let stats_interval = config.router.settings.stats_interval;
    let metrics = Arc::clone(&config.router.metrics);
    let router = Rc::new(Router::new(config.router, Rc::clone(&log)));
    let statistics = Statistics { metrics, spools: router.spools().to_vec(), log: Rc::clone(&log) };
    // Ends when it is dropped.
    let _statistics = statistics.start(exporter, stats_interval);
    let (set_upload_deadline, upload_deadline) = watch::channel(None);
    let mut uploads = router.start_uploads(&upload_deadline);
    let (stop_watching, shutdown) = watch::channel(false);
    let incident_notifier = IncidentNotifier::start(&router, &log);
    let metrics_writer = MetricsWriter::start(&router, &log);
    let drop_reports = router.start_drop_reports();
    let mut watchers = router.start_watchers(config.watch, &shutdown).await;
    let mut running = take_jobs(&router, &log, queue, blocks_engine).await;
    let end = Instant::now() + exit_timeout;
    router.allow_probes();
    router.stop_reading_logs();
    router.stop_joining();
    // The last exits, and the events under way, are still for this process to report.
    stop_watching.send_replace(true);
    let drain = async { tokio::join!(join_all(&mut running), join_all(&mut watchers)) };
    if tokio::time::timeout_at(end, drain).await.is_err() {
        log_undelivered(&log, running.len(), watchers.len());
    }
    let unfinished = running.len();
    let in_time = || end.max(Instant::now() + FAREWELL_TIME);
    router.report_drops(in_time()).await;
    drop(drop_reports);
    router.send_exit_record(ExitRecordFor::Spools, unfinished, in_time()).await;
    // Only now is everything in the spool that will be.
    set_upload_deadline.send_replace(Some(end - upload::ABORT_AT_EXIT.min(exit_timeout)));
    let last_news = async {
        if let Some(incident_notifier) = incident_notifier {
            incident_notifier.finish(end).await;
        }
    };
    tokio::join!(tokio::time::timeout_at(end, join_all(&mut uploads)), last_news).0.ok();
    let last_metrics = async {
        if let Some(metrics_writer) = metrics_writer {
            metrics_writer.finish(in_time()).await;
        }
    };
    tokio::join!(last_metrics, router.send_exit_record(ExitRecordFor::Services, unfinished, in_time()));
    router.log_summary();
    router.log_sign_off(unfinished);
}

fn log_undelivered(log: &Log, chunks: usize, watchers: usize) {
    log.line(
        Level::Error,
        format_args!(
            "{chunks} chunks and the events of {watchers} watchers were not delivered within exit_timeout; they are lost unless \
             Fluent Bit or the queue still has them; raise exit_timeout, Grace and the container's stopTimeout"
        ),
    );
}

/// Runs every job at one time until the queue closes; answers with those that still run.
async fn take_jobs(
    router: &Rc<Router>,
    log: &Log,
    mut queue: mpsc::Receiver<Job>,
    blocks_engine: &AtomicBool,
) -> JoinSet<()> {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            job = queue.recv() => match job {
                Some(job) => { running.spawn_local(flush(Rc::clone(router), job)); }
                None => return running,
            },
            Some(_) = running.join_next() => {}
        }
        if blocks_engine.swap(false, Relaxed) {
            let advice = "flushes block Fluent Bit's own event loop, and inputs wait; write 'Workers 2' in this [OUTPUT]";
            log.once_a_minute(Level::Warn, "workers", advice);
        }
    }
}

async fn flush(router: Rc<Router>, job: Job) {
    router.note_thread(job.thread);
    router.route_chunk(&job.tag, &*job.chunk, &job.answer).await;
    // The coroutine may have stopped waiting.
    job.wake.try_send(()).ok();
}
