//! Reads the last lines of a stopped container from CloudWatch Logs, for tasks without a router of ours.
//!
//! The stations: `task_definition` (which group and stream the container logs to) → `api` (the two operations, and what
//! their replies say) → [`LogReader`] (bounded in time and in calls per second, with `pauses` after failures). Does not own:
//! which stops are worth it and what a report shows of the lines (`stop`), or when a report waits for them (`router`).
//!
//! What fails is said in the report, so that nothing here is tried for long: a report never waits longer than its deadline.

mod api;
mod pauses;
mod task_definition;

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep, timeout_at};

use self::api::ReadCall;
use self::pauses::Pauses;
use self::task_definition::{ContainerLog, Definitions};
use crate::config::FetchLogsSettings;
use crate::delivery::RateLimiter;
use crate::destination::{ReadFailure, Reply, read_failure};
use crate::log::{Level, Log};
use crate::stop::{LogPlace, MissingLines, ReadLog, StopEvent};
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
        let reply = self.call(&api::describe(stop.region.as_deref(), arn), deadline).await?;
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
        self.signer.sign_in(&mut request, call.service.label(), region).await?;
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
        let text = format_args!(
            "stop.fetch_logs: {} failed, and reports go out without last lines: {reason}; {}",
            call.operation,
            advice(why)
        );
        self.log.once_a_minute(Level::Warn, &format!("fetch_logs/{}", call.operation), text);
    }
}

/// What to do about it.
fn advice(why: MissingLines) -> &'static str {
    match why {
        MissingLines::Permission => {
            "the task role needs ecs:DescribeTaskDefinition and logs:GetLogEvents, or write stop.fetch_logs off"
        }
        MissingLines::Throttled => "nothing to do if it passes; the reports link the stream",
        _ => "if it stays, check the task role and the way to the endpoints of ecs and logs",
    }
}

#[cfg(test)]
mod tests {
    use super::{MissingLines, advice};

    #[test]
    fn only_a_refusal_asks_for_permissions() {
        assert!(advice(MissingLines::Permission).contains("logs:GetLogEvents"));
        for why in [MissingLines::Timeout, MissingLines::Throttled, MissingLines::Unavailable] {
            assert!(!advice(why).contains("logs:GetLogEvents"), "{why:?}");
        }
    }
}
