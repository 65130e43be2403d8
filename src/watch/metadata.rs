//! The task metadata endpoint: polls the task every few seconds, and reports containers that ended.
//!
//! Owns: when to poll, waiting for a container's last lines, and submitting again what did not arrive. What counts as an
//! exit is in `container_exits`. Trouble with the endpoint is logged once a minute and never delays a log record.
//!
//! Limits: agents allow 40 requests a second and answer 429 beyond
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html>, read 2026-11).

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::container_exits::{ContainerExit, Exits};
use super::memory::{self, MemoryPeaks};
use super::memory_warning::{MemoryWarning, MemoryWarnings};
use super::{ChunkSink, ShutdownRx, encode_chunk};
use crate::delivery::verdict::Verdict;
use crate::destination::HttpRequest;
use crate::encode::payload::Payload;
use crate::log::{Level, Log};
use crate::printable::json_fault;
use crate::stop;
use crate::task_metadata::{TaskContainer, TaskMetadata};
use crate::transport::http::Client;

/// The tag of the reports.
const REPORT_TAG: &str = "ecs_router.task";

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// After this many failures in a row, statistics are asked for no more.
const MAX_FAILED_STATS: u32 = 5;

/// How often to poll while the task is stopping: the router's own signal is coming.
const STOPPING_INTERVAL: Duration = Duration::from_millis(500);

/// The longest pause after polls that failed.
const MAX_PAUSE: Duration = Duration::from_secs(30);

/// How long a container's last lines may still be on their way through Fluent Bit after its end, with `Flush 1`.
const LAST_LINES_WAIT: Duration = Duration::from_millis(1_200);

/// How long to wait before a report that did not arrive is submitted again.
const RETRY_WAIT: Duration = Duration::from_secs(2);

/// Reports that wait at one time; beyond, the oldest is dropped and that is logged.
const MAX_WAITING_REPORTS: usize = 1_000;

/// Of all reports that wait; a thousand of usual ones have less.
const MAX_WAITING_BYTES: usize = 16 << 20;

/// What the endpoint last said of the task.
#[derive(Debug)]
pub struct TaskSnapshot {
    task: RefCell<Option<Rc<TaskMetadata>>>,
    stopping: watch::Sender<bool>,
}

impl Default for TaskSnapshot {
    fn default() -> Self {
        Self { task: RefCell::default(), stopping: watch::Sender::new(false) }
    }
}

impl TaskSnapshot {
    /// The task, if the endpoint ever answered.
    #[must_use]
    pub fn task(&self) -> Option<Rc<TaskMetadata>> {
        self.task.borrow().clone()
    }

    /// Turns true when the task is to stop, mostly well before the router gets its signal.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    fn update(&self, task: TaskMetadata) -> Rc<TaskMetadata> {
        let task = Rc::new(task);
        self.stopping.send_if_modified(|stopping| {
            std::mem::replace(stopping, task.is_stopping()) != task.is_stopping()
        });
        self.task.replace(Some(Rc::clone(&task)));
        task
    }
}

/// The endpoint, and what it is polled for.
#[derive(Debug, Clone)]
pub struct TaskEndpoint {
    /// The value of `ECS_CONTAINER_METADATA_URI_V4`.
    pub address: String,
    /// How often to poll.
    pub interval: Duration,
    /// Whether exits of containers are reported.
    pub reporting: Reporting,
    /// The share of its memory limit, in percent, above which a container is reported; `None`: none is.
    pub memory_warning: Option<u64>,
}

/// Whether exits of containers are reported, besides filling in names.
#[derive(Debug, Clone)]
pub enum Reporting {
    /// Exits are not reported: another instance does that, or nobody wants them.
    Off,
    /// Exits of containers that this reader does not ignore are reported.
    Exits(stop::EventReader),
}

/// Polls the endpoint.
#[derive(Debug)]
pub struct TaskWatch<S> {
    endpoint: TaskEndpoint,
    client: Client,
    sink: S,
    log: Rc<Log>,
    snapshot: Rc<TaskSnapshot>,
    /// Exits before this moment are not reported.
    started: Timestamp,
    exits: Option<Exits>,
    memory: MemoryPeaks,
    /// `None`: no container is warned of.
    warnings: Option<MemoryWarnings>,
    /// Statistics that were asked for in vain, one after the other.
    failed_stats: u32,
    failed_polls: u32,
    waiting: Vec<Report>,
    submitting: JoinSet<(Report, Verdict)>,
    /// Warnings on their way.
    warning: JoinSet<()>,
}

/// An exit that waits to be submitted.
#[derive(Debug)]
struct Report {
    due: Instant,
    chunk: Vec<u8>,
}

impl<S: ChunkSink + Clone + 'static> TaskWatch<S> {
    /// What the endpoint says is kept in `snapshot`, and reports go to `sink`.
    pub fn new(
        endpoint: TaskEndpoint,
        client: Client,
        sink: S,
        log: Rc<Log>,
        snapshot: Rc<TaskSnapshot>,
    ) -> Self {
        Self {
            warnings: endpoint.memory_warning.map(MemoryWarnings::new),
            warning: JoinSet::new(),
            endpoint,
            client,
            sink,
            log,
            snapshot,
            started: Timestamp::now(),
            exits: None,
            memory: MemoryPeaks::default(),
            failed_stats: 0,
            failed_polls: 0,
            waiting: Vec::new(),
            submitting: JoinSet::new(),
        }
    }

    /// Polls until the process ends, then once more, and submits the reports that are left.
    pub async fn run(mut self, mut shutdown: ShutdownRx) {
        let mut next_poll = Instant::now() + self.endpoint.interval;
        while !*shutdown.borrow_and_update() {
            let next = self.waiting.iter().map(|report| report.due).chain([next_poll]).min();
            tokio::select! {
                () = tokio::time::sleep_until(next.unwrap_or(next_poll)) => {}
                Some(done) = self.submitting.join_next() => self.requeue(done.ok()),
                Ok(()) = shutdown.changed() => {}
            }
            if Instant::now() >= next_poll {
                next_poll = Instant::now() + self.poll().await;
            }
            self.submit_where(|report| report.due <= Instant::now());
        }
        self.poll().await;
        self.finish().await;
    }

    /// Submits every report at once, and again until it is taken: the process ends.
    async fn finish(&mut self) {
        self.submit_where(|_| true);
        while let Some(done) = self.submitting.join_next().await {
            self.requeue(done.ok());
            if !self.waiting.is_empty() {
                tokio::time::sleep(STOPPING_INTERVAL).await;
                self.submit_where(|_| true);
            }
        }
        while self.warning.join_next().await.is_some() {}
    }

    /// Polls once; returns the pause until the next poll.
    pub async fn poll(&mut self) -> Duration {
        match self.request_task().await {
            Ok(task) => {
                self.failed_polls = 0;
                let task = self.snapshot.update(task);
                let exits = self.exits.as_mut().map(|exits| exits.update(&task)).unwrap_or_default();
                for mut exit in exits {
                    self.memory.add_to(&mut exit.event);
                    self.queue_report(&exit);
                }
                self.note_memory(&task).await;
                if task.is_stopping() {
                    STOPPING_INTERVAL.min(self.endpoint.interval)
                } else {
                    self.endpoint.interval
                }
            }
            Err(reason) => {
                self.log.once_a_minute(
                    Level::Warn,
                    "task_metadata",
                    format_args!("task metadata endpoint failed: {reason}; until it answers, names use fallbacks and container exits are not reported; will be retried"),
                );
                self.failed_polls += 1;
                self.endpoint.interval.saturating_mul(1 << self.failed_polls.min(10)).min(MAX_PAUSE)
            }
        }
    }

    async fn request_task(&mut self) -> Result<TaskMetadata, String> {
        if self.exits.is_none()
            && let Reporting::Exits(reader) = &self.endpoint.reporting
        {
            let own: TaskContainer =
                serde_json::from_slice(&self.get("").await?).map_err(|error| json_fault(&error))?;
            let own = Some(own.docker_id).filter(|id| !id.is_empty());
            self.exits = Some(Exits::new(reader.clone(), own, self.started));
        }
        TaskMetadata::parse(&self.get("/task").await?)
    }

    /// Notes what the containers use, for the report of one that is killed and for warnings. An endpoint without statistics is left alone.
    async fn note_memory(&mut self, task: &TaskMetadata) {
        let is_wanted = self.exits.is_some() || self.warnings.is_some();
        if !is_wanted || self.failed_stats >= MAX_FAILED_STATS {
            return;
        }
        match self.get("/task/stats").await {
            Ok(stats) => {
                self.failed_stats = 0;
                let now = Timestamp::now();
                let readings = memory::readings(task, &stats);
                self.memory.update(task, &readings, now);
                let warnings = self.warnings.as_mut().map(|warnings| warnings.update(&readings, now));
                warnings.into_iter().flatten().for_each(|warning| self.tell(warning));
            }
            Err(reason) => {
                self.failed_stats += 1;
                if self.failed_stats == MAX_FAILED_STATS {
                    let text = format_args!(
                        "task metadata endpoint: no statistics ({reason}); reports of killed containers go out without their \
                         memory, and no container is warned of"
                    );
                    self.log.line(Level::Info, text);
                }
            }
        }
    }

    /// Tells it beside everything else: a destination that is slow holds up no report.
    fn tell(&mut self, warning: MemoryWarning) {
        while self.warning.try_join_next().is_some() {}
        let sink = self.sink.clone();
        self.warning.spawn_local(async move { sink.warn_of_memory(&warning).await });
    }

    async fn get(&self, path: &str) -> Result<Bytes, String> {
        let request = HttpRequest {
            method: Method::GET,
            url: format!("{}{path}", self.endpoint.address.trim_end_matches('/')),
            headers: HeaderMap::new(),
            body: Payload::default(),
            sign: None,
        };
        let reply =
            self.client.send(&request, REQUEST_TIMEOUT).await.map_err(|failure| failure.to_string())?;
        match reply.status {
            200 => Ok(reply.body),
            status => Err(format!("it answered {status}")),
        }
    }

    /// Queues the report of an exit until the container's last lines have arrived.
    fn queue_report(&mut self, exit: &ContainerExit) {
        let now = Timestamp::now();
        let ended = exit.finished.unwrap_or(now);
        let age = Duration::try_from(now.duration_since(ended)).unwrap_or_default();
        let due = Instant::now() + LAST_LINES_WAIT.saturating_sub(age);
        self.keep(Report { due, chunk: encode_chunk(ended.as_millisecond(), &exit.event) });
    }

    /// Keeps a report until it is due, as far as there is room.
    fn keep(&mut self, report: Report) {
        self.waiting.push(report);
        let bytes = |waiting: &[Report]| waiting.iter().map(|report| report.chunk.len()).sum::<usize>();
        while self.waiting.len() > MAX_WAITING_REPORTS
            || (self.waiting.len() > 1 && bytes(&self.waiting) > MAX_WAITING_BYTES)
        {
            self.waiting.remove(0);
            self.log.once_a_minute(
                Level::Error,
                "task_reports",
                "more than 1000 container exits wait for delivery, or 16 MB of them; the oldest report is lost; see the destination's errors",
            );
        }
    }

    fn submit_where(&mut self, is_due: impl Fn(&Report) -> bool) {
        for report in self.waiting.extract_if(.., |report| is_due(report)) {
            let sink = self.sink.clone();
            self.submitting.spawn_local(async move {
                let verdict = sink.submit(REPORT_TAG, &report.chunk).await;
                (report, verdict)
            });
        }
    }

    fn requeue(&mut self, done: Option<(Report, Verdict)>) {
        if let Some((report, Verdict::Retry)) = done {
            self.keep(Report { due: Instant::now() + RETRY_WAIT, ..report });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Clone)]
    struct Nobody;

    impl ChunkSink for Nobody {
        async fn submit(&self, _: &str, _: &[u8]) -> Verdict {
            Verdict::Retry
        }

        async fn warn_of_memory(&self, _: &MemoryWarning) {}
    }

    #[tokio::test]
    async fn reports_that_wait_are_bounded_and_the_oldest_goes_first() {
        let endpoint = TaskEndpoint {
            address: "http://127.0.0.1:9".to_owned(),
            interval: MAX_PAUSE,
            reporting: Reporting::Off,
            memory_warning: None,
        };
        let (client, log) = (Client::new(None).unwrap(), Rc::new(Log::new(0)));
        let mut watch = TaskWatch::new(endpoint, client, Nobody, log, Rc::default());
        for number in 0..=MAX_WAITING_REPORTS {
            watch.queue_report(&ContainerExit { finished: None, event: json!({ "id": number }) });
        }
        assert_eq!(watch.waiting.len(), MAX_WAITING_REPORTS);
        let oldest: (f64, serde_json::Value) = rmp_serde::from_slice(&watch.waiting[0].chunk).unwrap();
        assert_eq!(oldest.1, json!({ "id": 1 }));
        let chunk = |bytes| Report { due: Instant::now(), chunk: vec![0; bytes] };
        for _ in 0..10 {
            watch.requeue(Some((chunk(1), Verdict::Retry)));
        }
        assert_eq!(watch.waiting.len(), MAX_WAITING_REPORTS, "those that were submitted in vain count, too");
        watch.requeue(Some((chunk(MAX_WAITING_BYTES), Verdict::Retry)));
        assert_eq!(watch.waiting.len(), 1);
    }
}
