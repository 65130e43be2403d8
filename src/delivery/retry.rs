//! One call to a service, from its request to its outcome.
//!
//! Owns: the retry loop, the turns (slots, rate limit, breaker), preparation, following a bucket to its region, the
//! deadline. Does not own: the length of a pause ([`super::backoff`]), or what becomes of records ([`super::sender`]).
//! Whether a call brings a batch of records or a part of an object makes no difference here.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Duration, Instant};

use super::attempts::Attempts;
use super::backoff::Backoff;
use super::breaker::{Change, CircuitBreaker, Permit};
use super::call::{Call, Outcome};
use super::rate_limit::RateLimiter;
use super::reporter::Reporter;
use crate::destination::{Endpoint, Network, NotTaken, Purpose, Reply, ReplyAction, Request, RetryTiming};
use crate::log::Level;
use crate::transport::SendRequest;
use crate::transport::http::Failure;

/// How much longer preparations may go on than the records that need them. They bring no records, so nothing can arrive
/// twice; if each flush had to begin anew, a group would never be made at a service that takes half a flush for each
/// reply.
const EXTRA_PREPARATION_TIME: Duration = Duration::from_secs(30);

/// A service that keeps asking for preparations is not to be followed for ever.
const MAX_PREPARATIONS: usize = 12;

/// More reasons than a service has to refuse an entity.
const MAX_REFUSED_ENTITIES: usize = 16;

/// Requests that are under way when credentials expire are refused together; that is over by then.
const RENEWAL_TIME: Duration = Duration::from_secs(5);

/// The way to one destination, with everything that decides when to take it: slots, rate limit, breaker, retries.
#[derive(Debug)]
pub(crate) struct RetryingTransport<T> {
    transport: T,
    slots: Semaphore,
    rate_limiter: RateLimiter,
    breaker: CircuitBreaker,
    /// Since when the service refuses every set of credentials.
    refused_since: Cell<Option<Instant>>,
    /// Why entities were refused, as far as it was said.
    refused_entities: RefCell<BTreeSet<String>>,
    /// One preparation at a time: fifty streams of one new group then make the group once.
    preparing: Mutex<()>,
    reporter: Rc<Reporter>,
}

/// One reply and what it means.
struct Answer {
    purpose: Purpose,
    reply: Reply,
    action: ReplyAction,
    retry_after: Option<Duration>,
    /// Of this machine's disk, not of the service.
    is_local: bool,
}

/// How a call goes on after an answer.
enum Next {
    Continue,
    RetryAfter(Duration),
    End(Outcome),
}

impl<T: SendRequest> RetryingTransport<T> {
    pub(super) fn new(transport: T, network: Option<&Network>, reporter: Rc<Reporter>) -> Self {
        Self {
            transport,
            slots: Semaphore::new(network.map_or(1, |network| network.concurrency)),
            rate_limiter: RateLimiter::new(network.and_then(|network| network.min_interval)),
            breaker: CircuitBreaker::default(),
            refused_since: Cell::default(),
            refused_entities: RefCell::default(),
            preparing: Mutex::new(()),
            reporter,
        }
    }

    /// Sends the call's request, and whatever it turns out to need first, until the outcome is clear. No attempt to
    /// deliver begins after `deadline`.
    pub(crate) async fn send_with_retry(
        &self,
        call: &dyn Call,
        backoff: &mut Backoff,
        deadline: Instant,
    ) -> Outcome {
        let mut attempts = Attempts::new(call, backoff);
        while let Some(request) = attempts.requests.front() {
            let deadline = match request.purpose {
                Purpose::Prepare(_) => deadline + EXTRA_PREPARATION_TIME,
                _ => deadline,
            };
            let Some(answer) = self.attempt(&mut attempts, deadline).await else { return Outcome::GivenUp };
            match self.act_on(answer, &mut attempts, deadline).await {
                Next::Continue => {}
                Next::RetryAfter(pause) => {
                    if !self.pause_before_retry(attempts.backoff, pause, deadline).await {
                        return Outcome::GivenUp;
                    }
                }
                Next::End(outcome) => return outcome,
            }
        }
        Outcome::GivenUp
    }

    /// Waits before the next attempt; `false`, at once, when that attempt would begin after the deadline.
    pub(super) async fn pause_before_retry(
        &self,
        backoff: &mut Backoff,
        pause: Duration,
        deadline: Instant,
    ) -> bool {
        backoff.record_failure();
        if Instant::now() + pause >= deadline {
            return false;
        }
        self.reporter.counters().retries.fetch_add(1, Relaxed);
        tokio::time::sleep(pause).await;
        true
    }

    /// Lets the next attempt through, however lately the last one failed: the process ends.
    pub(super) fn allow_probe(&self) {
        self.breaker.allow_probe();
    }

    /// Sends one request; `None` when its turn did not come in time.
    async fn attempt(&self, attempts: &mut Attempts<'_>, deadline: Instant) -> Option<Answer> {
        let is_in_time = || Instant::now() < deadline;
        let _slot = self.slots.acquire().await.ok().filter(|_| is_in_time())?;
        let call = attempts.call;
        let request = attempts.requests.front_mut()?;
        if !self.rate_limiter.acquire(deadline).await {
            return None;
        }
        // What stays on this machine does not depend on how the service fares.
        let permit = match request.endpoint.http() {
            Some(_) => Some(self.breaker.try_acquire(deadline).await?),
            None => None,
        };
        let is_local = permit.is_none();
        if !matches!(request.endpoint, Endpoint::Spool { .. }) {
            self.reporter.counters().requests.fetch_add(1, Relaxed);
        }
        let reply = self.transport.send(request).await;
        let purpose = request.purpose;
        let (reply, action) = match reply {
            Ok(reply) => {
                let action = call.classify_reply(purpose, &reply);
                if !matches!(action, ReplyAction::Reauthorize { .. } | ReplyAction::SendInstead(_)) {
                    self.refused_since.set(None);
                }
                (reply, action)
            }
            Err(failure) => {
                if failure.is_cut_off() {
                    call.note_unanswered(purpose);
                }
                (Reply::default(), classify_failure(&failure, self.reporter.name()))
            }
        };
        if purpose.delivers() && action.is_accepted() {
            let sent = request.endpoint.bytes_sent();
            self.reporter.counters().bytes.fetch_add(sent, Relaxed);
            let billed = call.billed_bytes(&NotTaken::from_action(&action), sent);
            self.reporter.counters().billed.fetch_add(billed, Relaxed);
        }
        if purpose.delivers() {
            self.report_refused_entity(call, &reply);
        }
        if let Some(permit) = permit {
            self.record_outcome(permit, &action, call);
        }
        let retry_after = reply.retry_after(SystemTime::now());
        Some(Answer { purpose, reply, action, retry_after, is_local })
    }

    async fn act_on<'c>(&'c self, answer: Answer, attempts: &mut Attempts<'c>, deadline: Instant) -> Next {
        let Answer { purpose, reply, action, retry_after, is_local } = answer;
        if action.is_tried_again() && attempts.call.is_made_anew(purpose) {
            attempts.make_anew();
        }
        match action {
            ReplyAction::Delivered if purpose.delivers() => Next::End(Outcome::Delivered(reply)),
            ReplyAction::Delivered => {
                attempts.finish_preparation();
                Next::Continue
            }
            ReplyAction::Ignored { reason } => {
                self.reporter.log(Level::Warn, "forgiven", &format!("{reason}; delivery goes on without it"));
                attempts.finish_preparation();
                Next::Continue
            }
            ReplyAction::Prepare(requests) => {
                if attempts.asks_again(purpose) && !self.wait_to_appear(attempts, retry_after, deadline).await
                {
                    return Next::End(Outcome::GivenUp);
                }
                self.prepare(attempts, purpose, requests).await
            }
            ReplyAction::Partial { retry, rejected } => {
                Next::End(Outcome::Partial { retry, rejected, retry_after })
            }
            ReplyAction::PartialUnknown { rejected, reason } => {
                self.report_rejected(rejected, reason);
                Next::End(Outcome::PartialUnknown { rejected })
            }
            ReplyAction::Split { reason } => {
                self.reporter.log(Level::Warn, "split", &format!("{reason}; sending smaller batches"));
                Next::End(Outcome::Split { reason })
            }
            ReplyAction::Rejected { reason } => Next::End(Outcome::Rejected { reason }),
            ReplyAction::SendInstead(request) => {
                attempts.replace_front(*request);
                Next::Continue
            }
            ReplyAction::WrongRegion { region, reason } if !attempts.moved => {
                let name = self.reporter.name();
                let text = format!("{reason}; now using region {region}; write: {name}.region {region}");
                self.reporter.log(Level::Warn, "moved", &text);
                self.transport.set_region(&region);
                attempts.restart_in(&region);
                Next::Continue
            }
            ReplyAction::WrongRegion { reason, .. }
            | ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } => {
                self.report_misconfigured("slow", attempts.call, &reason);
                Next::End(Outcome::GivenUp)
            }
            ReplyAction::Reauthorize { reason } => Next::RetryAfter(self.reauthorize(attempts, &reason)),
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason } => {
                self.report_retry(&reason, is_local);
                Next::RetryAfter(attempts.backoff.retry_pause(retry_after))
            }
        }
    }

    /// A full disk behind uploads that fail has a line of its own, whatever the service said within the minute.
    fn report_retry(&self, reason: &str, is_local: bool) {
        let subject = if is_local { "disk" } else { "later" };
        self.reporter.log(Level::Warn, subject, &format!("{reason}; will be retried"));
    }

    fn report_rejected(&self, rejected: usize, reason: String) {
        match rejected {
            0 => self.reporter.log(Level::Warn, "rejected", &reason),
            _ => {
                let text = format!("{reason}; they are not retried, and are lost");
                self.reporter.log(Level::Error, "rejected", &text);
            }
        }
    }

    /// What was just made is not found everywhere at once. `false`: it would be after the deadline.
    async fn wait_to_appear(
        &self,
        attempts: &mut Attempts<'_>,
        retry_after: Option<Duration>,
        deadline: Instant,
    ) -> bool {
        let what = attempts.call.prepared_resource().unwrap_or("what was just made");
        let text = format!("{what} is not visible yet; will be retried");
        self.reporter.log(Level::Warn, "later", &text);
        let pause = attempts.backoff.retry_pause(retry_after);
        self.pause_before_retry(attempts.backoff, pause, deadline).await
    }

    /// Puts what must be made first before the request whose reply asked for it.
    async fn prepare<'c>(
        &'c self,
        attempts: &mut Attempts<'c>,
        asked_by: Purpose,
        requests: Vec<Request>,
    ) -> Next {
        attempts.preparations += 1;
        if attempts.preparations > MAX_PREPARATIONS {
            let text = format!(
                "the service still reports something missing after {MAX_PREPARATIONS} requests to create it; will be retried"
            );
            self.reporter.log(Level::Error, "prepare", &text);
            return Next::End(Outcome::GivenUp);
        }
        if attempts.preparing.is_none() {
            attempts.preparing = Some(self.preparing.lock().await);
        }
        if !asked_by.delivers() {
            attempts.requests.pop_front();
        }
        requests.into_iter().rev().for_each(|request| attempts.requests.push_front(request));
        Next::Continue
    }

    /// Asks for other credentials. The pause is zero the first time, when they may only have expired.
    fn reauthorize(&self, attempts: &mut Attempts<'_>, reason: &str) -> Duration {
        self.transport.credentials_refused();
        let since = self.refused_since.get().unwrap_or_else(Instant::now);
        self.refused_since.set(Some(since));
        let is_first = !std::mem::replace(&mut attempts.reauthorized, true);
        if !is_first || since.elapsed() >= RENEWAL_TIME {
            self.report_refused_credentials(attempts.call, reason);
        }
        if is_first { Duration::ZERO } else { attempts.backoff.pause() }
    }

    fn report_refused_credentials(&self, call: &dyn Call, reason: &str) {
        let name = self.reporter.name();
        let hint = self.transport.credentials_hint(name);
        let reason = format!("{reason}; fresh credentials are refused, too: {hint}");
        self.report_misconfigured("credentials", call, &reason);
    }

    /// Counts an entity that was refused; why is said once in the life of the process.
    fn report_refused_entity(&self, call: &dyn Call, reply: &Reply) {
        let Some(reason) = call.refused_entity(reply) else { return };
        self.reporter.counters().refused_entities.fetch_add(1, Relaxed);
        let mut said = self.refused_entities.borrow_mut();
        if said.len() < MAX_REFUSED_ENTITIES && said.insert(reason.clone()) {
            self.reporter.log_always(Level::Warn, format_args!("{reason}"));
        }
    }

    /// A person must act before this call can succeed.
    fn report_misconfigured(&self, subject: &str, call: &dyn Call, reason: &str) {
        self.reporter.counters().misconfigured.fetch_add(1, Relaxed);
        self.reporter.log(Level::Error, subject, &format!("{reason}; {}", call.fate()));
    }

    /// Tells the breaker what one answer says about the destination as a whole. A missing permission or name concerns
    /// one group, key or stream, and others may do; credentials are the same for all of them.
    fn record_outcome(&self, permit: Permit<'_>, action: &ReplyAction, call: &dyn Call) {
        let (change, reason) = match action {
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
            | ReplyAction::Reauthorize { reason } => (permit.failed(), reason.as_str()),
            ReplyAction::Retry { timing: RetryTiming::NextFlush, .. } | ReplyAction::SendInstead(_) => {
                permit.inconclusive();
                return;
            }
            _ => (permit.succeeded(), ""),
        };
        self.reporter.counters().set_breaker(self.breaker.state());
        match change {
            None => {}
            Some(Change::Opened(pause, failures)) => {
                let seconds = pause.as_secs();
                let fate = call.fate();
                let answer = if call.loses() { "its records are lost meanwhile" } else { "nothing lost" };
                self.reporter.log_always(
                    Level::Error,
                    format_args!(
                        "delivery paused, {answer}: circuit breaker open after {failures} consecutive failures ({reason}); next attempt in {seconds} s; {fate}"
                    ),
                );
            }
            Some(Change::Closed) => {
                self.reporter
                    .log_always(Level::Info, format_args!("circuit breaker closed, delivering again"));
            }
        }
    }
}

fn classify_failure(failure: &Failure, name: &str) -> ReplyAction {
    let timing = match failure {
        Failure::Connect(_)
        | Failure::Timeout(_)
        | Failure::Interrupted(_)
        | Failure::Token(_)
        | Failure::Local(_) => RetryTiming::Backoff,
        Failure::Credentials(_) | Failure::TokenRefused { .. } | Failure::Path(_) => RetryTiming::NextFlush,
    };
    let advice = failure.advice(name).map(|advice| format!("; {advice}")).unwrap_or_default();
    ReplyAction::Retry { timing, reason: format!("{failure}{advice}") }
}
