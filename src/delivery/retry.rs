//! One errand, from its request to what it came to.
//!
//! Owns: retry, back-off, keeping to `Retry-After`, preparation, following a bucket to its region, the deadline. Whether the
//! errand is a batch of records or a part of an object makes no difference here.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use tokio::sync::MutexGuard;
use tokio::time::{Duration, Instant};

use super::breaker::{Change, Permit};
use super::sender::Sender;
use crate::destination::{Endpoint, Purpose, Reply, ReplyAction, Request, RetryTiming};
use crate::log::Level;
use crate::metrics::Reason;
use crate::transport::SendRequest;
use crate::transport::http::Failure;

/// The first pause; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer, unless the vendor asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How much longer preparations may go on than the records that need them. They bring none, so nothing can arrive twice;
/// if each flush had to begin anew, a group would never be made at a service that takes half a flush for each reply.
const LONGER: Duration = Duration::from_secs(30);

/// A service that keeps asking for preparations is not to be followed for ever.
const MAX_PREPARATIONS: usize = 12;

/// Something to be brought, whatever it is: how its request is made, and what replies mean.
#[allow(missing_debug_implementations, reason = "it holds closures")]
pub struct Call<'e> {
    /// Makes the request; again when the destination turned out to be elsewhere.
    pub request: &'e dyn Fn() -> Request,
    /// Judges a reply to it, or to what had to be prepared for it.
    pub judge: &'e dyn Fn(Purpose, &Reply) -> ReplyAction,
}

/// What an errand came to.
#[derive(Debug)]
pub enum Outcome {
    /// It is done.
    Delivered(Reply),
    /// Done, but for some records.
    Partial {
        /// Positions to send again.
        retry: Vec<usize>,
        /// Positions that are refused for good.
        refused: Vec<(Range<usize>, Reason)>,
        /// The pause the vendor asked for.
        asked: Option<Duration>,
    },
    /// Done, but for this many records that nobody names.
    PartialUnknown {
        /// Refused for good.
        refused: usize,
    },
    /// Halves may fare better.
    Split {
        /// The service's reason.
        reason: String,
    },
    /// Refused for good.
    Rejected {
        /// The service's reason.
        reason: String,
    },
    /// Not by the deadline, or not before a person acted.
    GivenUp,
}

/// How often something was tried in vain; the pauses grow with it.
#[derive(Debug, Default)]
pub struct AttemptCount(u32);

/// What is still to do for one errand.
struct Attempts<'c> {
    steps: VecDeque<Request>,
    preparations: usize,
    /// Who has asked for preparations.
    asked: Vec<Purpose>,
    reauthorized: bool,
    moved: bool,
    preparing: Option<MutexGuard<'c, ()>>,
}

impl Attempts<'_> {
    fn new(request: Request) -> Self {
        let steps = VecDeque::from([request]);
        let asked = Vec::new();
        Self { steps, preparations: 0, asked, reauthorized: false, moved: false, preparing: None }
    }

    /// Whether this step has asked for preparations before. Whoever has to wait now lets others prepare.
    fn asks_again(&mut self, step: Purpose) -> bool {
        let again = self.asked.contains(&step);
        if again {
            self.preparing = None;
        } else {
            self.asked.push(step);
        }
        again
    }

    /// The preparation in front is done; with the last one, others may prepare.
    fn prepared(&mut self) -> Option<Duration> {
        self.steps.pop_front();
        if self.steps.len() <= 1 {
            self.preparing = None;
        }
        None
    }
}

impl<T: SendRequest> Sender<T> {
    /// Sends the errand's request, and whatever it turns out to need first, until it is clear what it came to.
    /// No attempt to deliver begins after `deadline`.
    pub async fn send_with_retry(
        &self,
        errand: &Call<'_>,
        tries: &mut AttemptCount,
        deadline: Instant,
    ) -> Outcome {
        let mut journey = Attempts::new((errand.request)());
        while let Some(step) = journey.steps.front() {
            let purpose = step.purpose;
            let deadline = if purpose == Purpose::Deliver { deadline } else { deadline + LONGER };
            let Some((reply, judgement, asked)) = self.attempt(step, errand, deadline).await else {
                return Outcome::GivenUp;
            };
            let pause = match judgement {
                ReplyAction::Delivered if purpose == Purpose::Deliver => return Outcome::Delivered(reply),
                ReplyAction::Delivered => journey.prepared(),
                ReplyAction::Ignored { reason } => {
                    self.say(Level::Warn, "forgiven", &reason);
                    journey.prepared()
                }
                ReplyAction::Prepare(requests) => {
                    if journey.asks_again(purpose) && !self.wait_to_appear(tries, asked, deadline).await
                        || !self.prepare(&mut journey, purpose, requests).await
                    {
                        return Outcome::GivenUp;
                    }
                    None
                }
                ReplyAction::Partial { retry, refused } => return Outcome::Partial { retry, refused, asked },
                ReplyAction::PartialUnknown { refused, reason } => {
                    let level = if refused > 0 { Level::Error } else { Level::Warn };
                    return self.end(level, "rejected", &reason, Outcome::PartialUnknown { refused });
                }
                ReplyAction::Split { reason } => {
                    self.say(Level::Warn, "split", &reason);
                    return Outcome::Split { reason };
                }
                ReplyAction::Rejected { reason } => {
                    self.say(Level::Error, "refused", &reason);
                    return Outcome::Rejected { reason };
                }
                ReplyAction::WrongRegion { reason, .. } if journey.moved => {
                    return self.end(Level::Error, "slow", &reason, Outcome::GivenUp);
                }
                ReplyAction::WrongRegion { region, reason } => {
                    self.follow(&region, &reason);
                    journey = Attempts { moved: true, ..Attempts::new((errand.request)()) };
                    None
                }
                ReplyAction::Reauthorize { reason } => Some(self.reauthorize(&mut journey, tries, &reason)),
                ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } => {
                    return self.end(Level::Error, "slow", &reason, Outcome::GivenUp);
                }
                ReplyAction::Retry { timing: RetryTiming::Backoff, reason } => {
                    Some(self.later(tries, asked, &reason))
                }
            };
            if let Some(pause) = pause
                && !self.rest(tries, pause, deadline).await
            {
                return Outcome::GivenUp;
            }
        }
        Outcome::GivenUp
    }

    /// From now on everything goes to that region.
    fn follow(&self, region: &str, reason: &str) {
        self.say(Level::Warn, "moved", &format!("{reason}; set region {region}"));
        self.transport.set_region(region);
        if let Some(store) = self.destination.store() {
            store.set_region(region);
        }
    }

    /// What was made is not found everywhere at once. `false`: it would be after the deadline.
    async fn wait_to_appear(
        &self,
        tries: &mut AttemptCount,
        asked: Option<Duration>,
        deadline: Instant,
    ) -> bool {
        let pause = self.later(tries, asked, "what was just made is not found yet");
        self.rest(tries, pause, deadline).await
    }

    /// Puts what must be made first before the step that asked for it. `false`: this goes on for too long.
    async fn prepare<'c>(
        &'c self,
        journey: &mut Attempts<'c>,
        asked_by: Purpose,
        requests: Vec<Request>,
    ) -> bool {
        journey.preparations += 1;
        if journey.preparations > MAX_PREPARATIONS {
            self.say(Level::Error, "prepare", "the service keeps asking for something to be made first");
            return false;
        }
        if journey.preparing.is_none() {
            journey.preparing = Some(self.preparing.lock().await);
        }
        if asked_by != Purpose::Deliver {
            journey.steps.pop_front();
        }
        requests.into_iter().rev().for_each(|request| journey.steps.push_front(request));
        true
    }

    /// The first time at once with other credentials, after that with pauses.
    fn reauthorize(&self, journey: &mut Attempts<'_>, tries: &AttemptCount, reason: &str) -> Duration {
        self.transport.credentials_refused();
        self.say(Level::Warn, "credentials", reason);
        match std::mem::replace(&mut journey.reauthorized, true) {
            true => self.pause(tries),
            false => Duration::ZERO,
        }
    }

    /// The pause before something is tried again.
    pub(super) fn later(&self, tries: &AttemptCount, asked: Option<Duration>, reason: &str) -> Duration {
        self.say(Level::Warn, "later", reason);
        // "Retry-After: 0" is no reason for a storm.
        asked.map_or_else(|| self.pause(tries), |asked| asked.max(FIRST_PAUSE))
    }

    /// Waits before the next attempt; `false` when that would be after the deadline.
    pub(super) async fn rest(&self, tries: &mut AttemptCount, pause: Duration, deadline: Instant) -> bool {
        tries.0 += 1;
        if Instant::now() + pause >= deadline {
            return false;
        }
        self.counters().retries.fetch_add(1, Relaxed);
        tokio::time::sleep(pause).await;
        true
    }

    fn end(&self, level: Level, subject: &str, reason: &str, arrival: Outcome) -> Outcome {
        self.say(level, subject, reason);
        arrival
    }

    /// One request, one judgement, and the pause the vendor asked for; `None` when its turn did not come in time.
    async fn attempt(
        &self,
        step: &Request,
        errand: &Call<'_>,
        deadline: Instant,
    ) -> Option<(Reply, ReplyAction, Option<Duration>)> {
        let _slot = self.slots.acquire().await.ok().filter(|_| Instant::now() < deadline)?;
        self.pacer.acquire(deadline).await.then_some(())?;
        // What stays on this machine does not depend on how the service fares.
        let is_remote = matches!(step.endpoint, Endpoint::Http(_));
        let pass = if is_remote { Some(self.breaker.try_acquire(deadline).await?) } else { None };
        if !matches!(step.endpoint, Endpoint::Spool { .. }) {
            self.counters().requests.fetch_add(1, Relaxed);
        }
        let (reply, judgement) = match self.transport.send(&step.endpoint).await {
            Ok(reply) => {
                let judgement = (errand.judge)(step.purpose, &reply);
                if step.purpose == Purpose::Deliver && judgement.is_accepted() {
                    self.counters().bytes.fetch_add(step.endpoint.bytes_sent(), Relaxed);
                }
                (reply, judgement)
            }
            Err(failure) => (Reply::default(), judge_failure(&failure)),
        };
        pass.into_iter().for_each(|pass| self.learn(pass, &judgement));
        let asked = reply.retry_after(SystemTime::now());
        Some((reply, judgement, asked))
    }

    /// What one outcome says about the destination as a whole. A missing permission or name concerns one group, key or
    /// stream; others may do.
    fn learn(&self, pass: Permit<'_>, judgement: &ReplyAction) {
        let (change, reason) = match judgement {
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason } => (pass.failed(), reason.as_str()),
            ReplyAction::Retry { timing: RetryTiming::NextFlush, .. } | ReplyAction::Reauthorize { .. } => {
                pass.inconclusive();
                return;
            }
            _ => (pass.succeeded(), ""),
        };
        self.counters().set_breaker(self.breaker.state_now());
        match change {
            None => {}
            Some(Change::Opened(pause, failures)) => {
                let seconds = pause.as_secs();
                self.announce(
                    Level::Error,
                    format_args!(
                        "is left alone after {failures} failures in a row ({reason}); one request tries again in {seconds} s, \
                         and until it succeeds chunks are answered with RETRY at once"
                    ),
                );
            }
            Some(Change::Closed) => self.announce(Level::Info, format_args!("answers again")),
        }
    }

    /// Speaks of the destination, every time.
    fn announce(&self, level: Level, what: std::fmt::Arguments<'_>) {
        let name = &self.destination.common().name;
        self.log.line(level, format_args!("destination {name} {what}"));
    }

    /// Exponential with full jitter, so that many routers do not come back at the same instant.
    fn pause(&self, tries: &AttemptCount) -> Duration {
        let ceiling = FIRST_PAUSE.saturating_mul(1 << tries.0.min(10)).min(LONGEST_PAUSE);
        ceiling.mul_f64(0.5 + 0.5 * self.random.borrow_mut().f64())
    }
}

fn judge_failure(failure: &Failure) -> ReplyAction {
    let pace = match failure {
        Failure::Connect(_) | Failure::Timeout(_) | Failure::Interrupted(_) | Failure::Local(_) => {
            RetryTiming::Backoff
        }
        Failure::Credentials(_) => RetryTiming::NextFlush,
    };
    ReplyAction::Retry { timing: pace, reason: failure.to_string() }
}
