//! The task metadata endpoint: looks at the task every few seconds, and reports containers that ended.
//!
//! Owns: when to look, waiting for a container's last lines, and reporting again what did not arrive. What an exit is
//! stands in `exits`. Trouble with the endpoint is said once a minute and never holds up a log record.
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
use super::{ChunkSink, ShutdownRx, chunk_of};
use crate::delivery::verdict::Verdict;
use crate::destination::HttpRequest;
use crate::encode::payload::Payload;
use crate::log::{Level, Log};
use crate::stop;
use crate::task_metadata::{TaskContainer, TaskMetadata};
use crate::transport::http::Client;

/// The tag of reports.
const TAG: &str = "ecs_router.task";

/// How long one question may take.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How often to look while the task is ending: the router has its own signal coming.
const HURRY: Duration = Duration::from_millis(500);

/// The longest pause between looks in vain.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long after its end a container's last lines may still be on their way through Fluent Bit, with `Flush 1`.
const LAST_LINES: Duration = Duration::from_millis(1_200);

/// When to report again what did not arrive.
const AGAIN: Duration = Duration::from_secs(2);

/// Reports that wait at one time; beyond, the oldest is let go and it is said.
const MOST_WAITING: usize = 1_000;

/// What was last seen of the task.
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

    /// Turns true when the task is to end, mostly well before the router hears of it.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    fn saw(&self, task: TaskMetadata) -> Rc<TaskMetadata> {
        let task = Rc::new(task);
        self.stopping.send_if_modified(|stopping| {
            std::mem::replace(stopping, task.is_stopping()) != task.is_stopping()
        });
        self.task.replace(Some(Rc::clone(&task)));
        task
    }
}

/// The endpoint and what to ask it for.
#[derive(Debug, Clone)]
pub struct TaskEndpoint {
    /// The value of `ECS_CONTAINER_METADATA_URI_V4`.
    pub address: String,
    /// How often to ask.
    pub interval: Duration,
    /// What else than names the looks are for.
    pub reporting: Reporting,
}

/// What else than names the looks are for.
#[derive(Debug, Clone)]
pub enum Reporting {
    /// Nothing: another instance reports.
    Off,
    /// Exits of containers that this reader does not ignore.
    Exits(stop::EventReader),
}

/// Looks at the task.
#[derive(Debug)]
pub struct TaskWatch<I> {
    endpoint: TaskEndpoint,
    client: Client,
    inlet: I,
    log: Rc<Log>,
    sight: Rc<TaskSnapshot>,
    since: Timestamp,
    exits: Option<Exits>,
    in_vain: u32,
    waiting: Vec<Report>,
    bringing: JoinSet<(Report, Verdict)>,
}

/// An exit on its way.
#[derive(Debug)]
struct Report {
    due: Instant,
    chunk: Vec<u8>,
}

impl<I: ChunkSink + Clone + 'static> TaskWatch<I> {
    /// What is seen is shown in `sight`, and what is to be reported goes to `inlet`.
    pub fn new(
        endpoint: TaskEndpoint,
        client: Client,
        inlet: I,
        log: Rc<Log>,
        sight: Rc<TaskSnapshot>,
    ) -> Self {
        Self {
            endpoint,
            client,
            inlet,
            log,
            sight,
            since: Timestamp::now(),
            exits: None,
            in_vain: 0,
            waiting: Vec::new(),
            bringing: JoinSet::new(),
        }
    }

    /// Looks until the process ends, then once more, and reports what is left.
    pub async fn run(mut self, mut leaving: ShutdownRx) {
        let mut next_look = Instant::now() + self.endpoint.interval;
        while !*leaving.borrow_and_update() {
            let next = self.waiting.iter().map(|report| report.due).chain([next_look]).min();
            tokio::select! {
                () = tokio::time::sleep_until(next.unwrap_or(next_look)) => {}
                Some(done) = self.bringing.join_next() => self.put_back(done.ok()),
                Ok(()) = leaving.changed() => {}
            }
            if Instant::now() >= next_look {
                next_look = Instant::now() + self.look().await;
            }
            self.bring(|report| report.due <= Instant::now());
        }
        self.look().await;
        self.finish().await;
    }

    /// The process ends: nobody is waited for any more but those who are to take the reports.
    async fn finish(&mut self) {
        self.bring(|_| true);
        while let Some(done) = self.bringing.join_next().await {
            self.put_back(done.ok());
            if !self.waiting.is_empty() {
                tokio::time::sleep(HURRY).await;
                self.bring(|_| true);
            }
        }
    }

    /// Looks once; answers with the pause until the next look.
    pub async fn look(&mut self) -> Duration {
        match self.ask().await {
            Ok(task) => {
                self.in_vain = 0;
                let task = self.sight.saw(task);
                let exits = self.exits.as_mut().map(|exits| exits.look(&task)).unwrap_or_default();
                exits.into_iter().for_each(|exit| self.wait_for_last_lines(&exit));
                if task.is_stopping() { HURRY.min(self.endpoint.interval) } else { self.endpoint.interval }
            }
            Err(why) => {
                self.log.once_a_minute(
                    Level::Warn,
                    "task_metadata",
                    format_args!("the task metadata endpoint is of no use: {why}; logs go on without it"),
                );
                self.in_vain += 1;
                self.endpoint.interval.saturating_mul(1 << self.in_vain.min(10)).min(LONGEST_PAUSE)
            }
        }
    }

    async fn ask(&mut self) -> Result<TaskMetadata, String> {
        if self.exits.is_none()
            && let Reporting::Exits(reader) = &self.endpoint.reporting
        {
            let own: TaskContainer =
                serde_json::from_slice(&self.get("").await?).map_err(|error| error.to_string())?;
            let own = Some(own.docker_id).filter(|id| !id.is_empty());
            self.exits = Some(Exits::new(reader.clone(), own, self.since));
        }
        TaskMetadata::parse(&self.get("/task").await?)
    }

    async fn get(&self, path: &str) -> Result<Bytes, String> {
        let request = HttpRequest {
            method: Method::GET,
            url: format!("{}{path}", self.endpoint.address.trim_end_matches('/')),
            headers: HeaderMap::new(),
            body: Payload::default(),
            sign: None,
        };
        let reply = self.client.send(&request, TIMEOUT).await.map_err(|failure| failure.to_string())?;
        match reply.status {
            200 => Ok(reply.body),
            status => Err(format!("it answers {status}")),
        }
    }

    fn wait_for_last_lines(&mut self, exit: &ContainerExit) {
        let now = Timestamp::now();
        let ended = exit.finished.unwrap_or(now);
        let age = Duration::try_from(now.duration_since(ended)).unwrap_or_default();
        let due = Instant::now() + LAST_LINES.saturating_sub(age);
        self.waiting.push(Report { due, chunk: chunk_of(ended.as_millisecond(), &exit.event) });
        if self.waiting.len() > MOST_WAITING {
            self.waiting.remove(0);
            self.log.once_a_minute(
                Level::Error,
                "task_reports",
                "too many container exits wait; the oldest is lost",
            );
        }
    }

    fn bring(&mut self, which: impl Fn(&Report) -> bool) {
        for report in self.waiting.extract_if(.., |report| which(report)) {
            let inlet = self.inlet.clone();
            self.bringing.spawn_local(async move {
                let verdict = inlet.submit(TAG, &report.chunk).await;
                (report, verdict)
            });
        }
    }

    fn put_back(&mut self, done: Option<(Report, Verdict)>) {
        if let Some((report, Verdict::Retry)) = done {
            self.waiting.push(Report { due: Instant::now() + AGAIN, ..report });
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
    }

    #[tokio::test]
    async fn reports_that_wait_are_bounded_and_the_oldest_goes_first() {
        let endpoint = TaskEndpoint {
            address: "http://127.0.0.1:9".to_owned(),
            interval: LONGEST_PAUSE,
            reporting: Reporting::Off,
        };
        let (client, log) = (Client::new(None).unwrap(), Rc::new(Log::new(0)));
        let mut watch = TaskWatch::new(endpoint, client, Nobody, log, Rc::default());
        for number in 0..=MOST_WAITING {
            watch.wait_for_last_lines(&ContainerExit { finished: None, event: json!({ "id": number }) });
        }
        assert_eq!(watch.waiting.len(), MOST_WAITING);
        let oldest: (f64, serde_json::Value) = rmp_serde::from_slice(&watch.waiting[0].chunk).unwrap();
        assert_eq!(oldest.1, json!({ "id": 1 }));
    }
}
