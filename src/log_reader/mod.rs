//! Reads the last lines of a stopped container from CloudWatch Logs, for tasks without a router of ours, what changed between
//! two revisions of a task definition, and how many tasks a service wants.
//!
//! The stations: `task_definition` (which group and stream the container logs to) → `api` (the operations, and what
//! their replies say), `changes` (what differs between two definitions) → [`LogReader`] (bounded in time and in calls per second, with `pauses` after failures). Does not own:
//! which stops are worth it and what a report shows of the lines (`stop`), or when a report waits for them (`router`).
//!
//! What fails is said in the report, so that nothing here is tried for long: a report never waits longer than its deadline.

mod api;
mod changes;
mod pauses;
mod task_definition;

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, timeout_at};

use self::api::{ReadCall, ReadPurpose};
use self::pauses::Pauses;
use self::task_definition::{ContainerLog, Definitions};
use crate::config::FetchLogsSettings;
use crate::delivery::RateLimiter;
use crate::destination::{ReadFailure, Reply, read_failure};
use crate::log::{Level, Log};
use crate::stop::{FailedRevision, LogPlace, MissingLines, ReadChanges, ReadLog, StopEvent};
use crate::transport::aws::Signer;
use crate::transport::http::{Client, Failure};

/// Calls are at least so far apart: a fifth of what GetLogEvents allows an account by default, and a tenth of
/// DescribeTaskDefinition's burst (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/cloudwatch_limits_cwl.html>,
/// read 2026-11).
const CALL_INTERVAL: Duration = Duration::from_millis(100);

/// How long to wait before a call is tried again, once.
const RETRY_PAUSE: Duration = Duration::from_millis(300);

/// Pages without events that are passed over: GetLogEvents may answer with some before the last lines.
const MAX_PAGES: usize = 3;

/// Reads logs for one instance.
#[derive(Debug)]
pub(crate) struct LogReader {
    settings: FetchLogsSettings,
    client: Client,
    signer: Signer,
    definitions: Definitions,
    /// One definition at a time, so that the tasks of a crash loop ask once.
    describing: Mutex<()>,
    limiter: RateLimiter,
    pauses: Pauses,
    closing: watch::Sender<bool>,
    log: Rc<Log>,
}

impl LogReader {
    pub(crate) fn new(settings: FetchLogsSettings, client: Client, log: Rc<Log>) -> Self {
        Self {
            signer: Signer::new(settings.identity.clone(), client.clone()),
            settings,
            client,
            definitions: Definitions::default(),
            describing: Mutex::default(),
            limiter: RateLimiter::new(Some(CALL_INTERVAL)),
            pauses: Pauses::default(),
            closing: watch::Sender::new(false),
            log,
        }
    }

    /// Reads no more: the process ends, and reports go out as they are.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Whether last lines are wanted.
    pub(crate) fn reads_lines(&self) -> bool {
        self.settings.lines
    }

    /// Whether changes of revisions are wanted.
    pub(crate) fn reads_changes(&self) -> bool {
        self.settings.changes
    }

    /// Reads how many tasks the service of a deployment that failed wants, and what changed between its revision and the one
    /// before, until the deadline at the latest.
    pub(crate) async fn read_changes(
        &self,
        deployment: &StopEvent,
        mut failed: FailedRevision,
        deadline: Instant,
    ) -> ReadChanges {
        let (desired, changes) = tokio::join!(
            self.unless_closing(self.desired(deployment, deadline)),
            self.unless_closing(self.changes(deployment, &failed, deadline)),
        );
        failed.note_desired(desired);
        ReadChanges { failed, changes: changes.transpose() }
    }

    /// The outcome of reading, which ends with the process.
    async fn unless_closing<T>(
        &self,
        reading: impl Future<Output = Result<T, MissingLines>>,
    ) -> Result<T, MissingLines> {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            outcome = reading => outcome,
            _ = closing.wait_for(|closing| *closing) => Err(MissingLines::Timeout),
        }
    }

    /// How many tasks the service wants.
    async fn desired(&self, deployment: &StopEvent, deadline: Instant) -> Result<u64, MissingLines> {
        let call = api::service(deployment).ok_or(MissingLines::NotFound)?;
        api::desired_count(&self.call(&call, deadline).await?.body)
    }

    /// What changed; `None`: there is nothing to compare.
    async fn changes(
        &self,
        deployment: &StopEvent,
        failed: &FailedRevision,
        deadline: Instant,
    ) -> Result<Option<Vec<String>>, MissingLines> {
        let Some((before, after)) = failed.compared() else { return Ok(None) };
        self.compare(deployment.region.as_deref(), before, after, deadline).await.map(Some)
    }

    async fn compare(
        &self,
        region: Option<&str>,
        before: &str,
        after: &str,
        deadline: Instant,
    ) -> Result<Vec<String>, MissingLines> {
        let mut definitions = Vec::new();
        for arn in [before, after] {
            let reply = self.call(&api::describe(region, arn, ReadPurpose::Changes), deadline).await?;
            definitions.push(changes::definition(&reply.body).ok_or(MissingLines::Unavailable)?);
        }
        let [before, after] = definitions.as_slice() else { return Err(MissingLines::Unavailable) };
        Ok(changes::between(before, after))
    }

    /// Reads the last lines of the stop's container, until the deadline at the latest. `place` is where they are, if that
    /// need not be asked.
    pub(crate) async fn read(&self, stop: &StopEvent, place: Option<LogPlace>, deadline: Instant) -> ReadLog {
        let mut closing = self.closing.subscribe();
        tokio::select! {
            log = self.read_until(stop, place.clone(), deadline) => log,
            _ = closing.wait_for(|closing| *closing) => {
                ReadLog { lines: Some(Err(MissingLines::Timeout)), place }
            }
        }
    }

    async fn read_until(&self, stop: &StopEvent, place: Option<LogPlace>, deadline: Instant) -> ReadLog {
        let place = match place {
            Some(place) => Ok(place),
            None => self.locate(stop, deadline).await,
        };
        match place {
            Err(why) => ReadLog { lines: Some(Err(why)), place: None },
            Ok(place) => {
                let lines = self.last_lines(stop, &place, deadline).await;
                // A link to what is not there helps nobody.
                let is_there = lines != Err(MissingLines::NotFound);
                ReadLog { lines: Some(lines), place: Some(place).filter(|_| is_there) }
            }
        }
    }

    /// Where the container logs to, by its task definition.
    async fn locate(&self, stop: &StopEvent, deadline: Instant) -> Result<LogPlace, MissingLines> {
        let arn = stop.task_definition_arn().ok_or(MissingLines::NotFound)?;
        let Ok(_one_at_a_time) = timeout_at(deadline, self.describing.lock()).await else {
            return Err(MissingLines::Timeout);
        };
        let containers = match self.definitions.get(arn) {
            Some(containers) => containers,
            None => self.describe(stop, arn, deadline).await?,
        };
        task_definition::place(&containers, stop)
    }

    async fn describe(
        &self,
        stop: &StopEvent,
        arn: &str,
        deadline: Instant,
    ) -> Result<Rc<[ContainerLog]>, MissingLines> {
        let reply =
            self.call(&api::describe(stop.region.as_deref(), arn, ReadPurpose::Lines), deadline).await?;
        let containers = task_definition::parse(&reply.body).ok_or(MissingLines::Unavailable)?;
        Ok(self.definitions.keep(arn, containers))
    }

    async fn last_lines(
        &self,
        stop: &StopEvent,
        place: &LogPlace,
        deadline: Instant,
    ) -> Result<Vec<String>, MissingLines> {
        let region = place.region.as_deref().or(stop.region.as_deref());
        let mut token = None;
        for _ in 0..MAX_PAGES {
            let call = api::events(region, place, self.settings.max_lines, token.as_deref());
            let page = api::page(&self.call(&call, deadline).await?).ok_or(MissingLines::Unavailable)?;
            if !page.lines.is_empty() {
                return Ok(page.lines);
            }
            if page.next == token {
                break;
            }
            token = page.next;
        }
        Err(MissingLines::Empty)
    }

    /// Calls, and once again where that may help.
    async fn call(&self, call: &ReadCall, deadline: Instant) -> Result<Reply, MissingLines> {
        if let Some(why) = self.pauses.of(&call.scope) {
            return Err(why);
        }
        let mut outcome = self.attempt(call, deadline).await;
        let may_pass = matches!(outcome, Err(MissingLines::Throttled | MissingLines::Unavailable));
        if may_pass && Instant::now() + RETRY_PAUSE < deadline {
            sleep(RETRY_PAUSE).await;
            outcome = self.attempt(call, deadline).await;
        }
        if let Err(why) = outcome {
            self.pauses.note(&call.scope, why);
        }
        outcome
    }

    async fn attempt(&self, call: &ReadCall, deadline: Instant) -> Result<Reply, MissingLines> {
        if !self.limiter.acquire(deadline).await {
            return Err(MissingLines::Throttled);
        }
        match timeout_at(deadline, self.send(call, deadline)).await {
            Ok(Ok(reply)) => self.judge(call, reply),
            Ok(Err(failure)) => Err(self.judge_failure(call, &failure)),
            Err(_) => {
                self.complain(call, MissingLines::Timeout, "no reply in time");
                Err(MissingLines::Timeout)
            }
        }
    }

    async fn send(&self, call: &ReadCall, deadline: Instant) -> Result<Reply, Failure> {
        let no_address = || Failure::Connect(format!("{} in this region", call.service.label()));
        let region = call.region().ok_or_else(no_address)?;
        let address = self.settings.address(call.service, region).ok_or_else(no_address)?;
        let mut request = call.request(address);
        self.signer.key_in(call.service.label(), region).await?.sign(&mut request)?;
        self.client.send(&request, deadline.saturating_duration_since(Instant::now())).await
    }

    fn judge(&self, call: &ReadCall, reply: Reply) -> Result<Reply, MissingLines> {
        let Some((failure, reason)) = read_failure(&reply, call.operation) else { return Ok(reply) };
        let why = match failure {
            ReadFailure::Denied => MissingLines::Permission,
            ReadFailure::Throttled => MissingLines::Throttled,
            ReadFailure::NotFound => return Err(MissingLines::NotFound),
            ReadFailure::CredentialsRefused => {
                self.signer.credentials_refused();
                MissingLines::Unavailable
            }
            ReadFailure::Unavailable => MissingLines::Unavailable,
        };
        self.complain(call, why, &reason);
        Err(why)
    }

    fn judge_failure(&self, call: &ReadCall, failure: &Failure) -> MissingLines {
        let why = match failure {
            Failure::Credentials(_) => MissingLines::Permission,
            Failure::Timeout(_) => MissingLines::Timeout,
            _ => MissingLines::Unavailable,
        };
        self.complain(call, why, &failure.to_string());
        why
    }

    fn complain(&self, call: &ReadCall, why: MissingLines, reason: &str) {
        let ReadCall { operation, purpose, .. } = call;
        let advice = advice(why, *purpose);
        let (key, text) = match purpose {
            ReadPurpose::Lines => (
                "fetch_logs",
                format!(
                    "stop.fetch_logs: {operation} failed, and reports go out without last lines: {reason}; {advice}"
                ),
            ),
            ReadPurpose::Changes => (
                "fetch_changes",
                format!(
                    "stop.fetch_changes: {operation} failed, and the report goes out without what changed: {reason}; {advice}"
                ),
            ),
            ReadPurpose::Desired => (
                "fetch_changes",
                format!(
                    "stop.fetch_changes: {operation} failed, and the report goes out without how many tasks are wanted: {reason}; {advice}"
                ),
            ),
        };
        self.log.once_a_minute(Level::Warn, &format!("{key}/{operation}"), text);
    }
}

/// What to do about it.
fn advice(why: MissingLines, purpose: ReadPurpose) -> &'static str {
    match (why, purpose) {
        (MissingLines::Permission, ReadPurpose::Lines) => {
            "the task role needs ecs:DescribeTaskDefinition and logs:GetLogEvents, or write stop.fetch_logs off"
        }
        (MissingLines::Permission, ReadPurpose::Changes) => {
            "the task role needs ecs:DescribeTaskDefinition, or write stop.fetch_changes off"
        }
        (MissingLines::Permission, ReadPurpose::Desired) => {
            "the task role needs ecs:DescribeServices, or write stop.fetch_changes off"
        }
        (MissingLines::Throttled, ReadPurpose::Changes | ReadPurpose::Desired) => {
            "nothing to do if it passes"
        }
        (_, ReadPurpose::Changes | ReadPurpose::Desired) => {
            "if it stays, check the task role and the way to the endpoint of ecs"
        }
        (MissingLines::Throttled, ReadPurpose::Lines) => {
            "nothing to do if it passes; the reports link the stream"
        }
        (_, ReadPurpose::Lines) => {
            "if it stays, check the task role and the way to the endpoints of ecs and logs"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MissingLines, ReadPurpose, advice};

    #[test]
    fn only_a_refusal_asks_for_permissions() {
        assert!(advice(MissingLines::Permission, ReadPurpose::Lines).contains("logs:GetLogEvents"));
        let of_changes = advice(MissingLines::Permission, ReadPurpose::Changes);
        assert!(of_changes.contains("ecs:Describe") && !of_changes.contains("logs:"), "{of_changes}");
        assert!(advice(MissingLines::Permission, ReadPurpose::Desired).contains("ecs:DescribeServices"));
        for why in [MissingLines::Timeout, MissingLines::Throttled, MissingLines::Unavailable] {
            for purpose in [ReadPurpose::Lines, ReadPurpose::Changes, ReadPurpose::Desired] {
                assert!(!advice(why, purpose).contains("needs"), "{why:?}");
            }
        }
    }
}
