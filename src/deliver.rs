//! When to send, when to send again, when to give up.
//!
//! Owns: retry, back-off, `Retry-After`, splitting, preparation, the deadline. The only place that acts on a
//! `Judgement`. Knows no vendor. Time is tokio's and the transport is a parameter, so tests run on a script and a
//! paused clock and take milliseconds.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;

use http::header::RETRY_AFTER;
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::time::{Duration, Instant};

use crate::ack::Progress;
use crate::batch::Batch;
use crate::destination::{Destination, Judgement, Pace, Purpose, Reply, Request};
use crate::http::Failure;
use crate::log::{Level, Log};
use crate::metrics::{self, Metrics, Reason};
use crate::pace::Pacer;
use crate::wire::Transport;

/// The first pause; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer, unless the vendor asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A service that keeps asking for preparations is not to be followed for ever.
const MAX_PREPARATIONS: usize = 12;

/// Brings batches to one destination.
#[derive(Debug)]
pub struct Courier<T> {
    index: usize,
    /// Whose batches.
    pub destination: Box<dyn Destination>,
    transport: T,
    slots: Semaphore,
    pacer: Pacer,
    /// One preparation at a time: fifty streams of one new group then make the group once.
    preparing: Mutex<()>,
    random: RefCell<fastrand::Rng>,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
}

/// What a batch came to.
enum Outcome {
    /// Nothing of it is left to send.
    Settled,
    /// Halves may fare better.
    Split(Batch),
    /// Not in this flush.
    GivenUp,
}

/// What has been tried for one batch, and what is still to do.
struct Journey<'c> {
    steps: VecDeque<Request>,
    attempt: u32,
    preparations: usize,
    reauthorized: bool,
    preparing: Option<MutexGuard<'c, ()>>,
}

impl Journey<'_> {
    fn new(request: Request) -> Self {
        let steps = VecDeque::from([request]);
        Self { steps, attempt: 0, preparations: 0, reauthorized: false, preparing: None }
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

impl<T: Transport> Courier<T> {
    /// `index` is the destination's place in the routes and counters.
    pub fn new(
        index: usize,
        destination: Box<dyn Destination>,
        transport: T,
        metrics: Arc<Metrics>,
        log: Rc<Log>,
    ) -> Self {
        let slots = destination.network().map_or(1, |network| network.concurrency);
        let pacer = Pacer::new(destination.network().and_then(|network| network.pace));
        Self {
            index,
            destination,
            transport,
            slots: Semaphore::new(slots),
            pacer,
            preparing: Mutex::new(()),
            random: RefCell::new(fastrand::Rng::new()),
            metrics,
            log,
        }
    }

    /// Brings one batch, in as many pieces as it takes; what arrived is noted in `progress`. No attempt begins
    /// after `deadline`, but one that has begun is waited for, because its outcome decides about duplicates.
    pub async fn bring(self: Rc<Self>, batch: Batch, progress: Rc<Progress>, deadline: Instant) {
        let mut pending = vec![batch];
        while let Some(batch) = pending.pop() {
            match self.settle(batch, &progress, deadline).await {
                Outcome::Settled => {}
                Outcome::GivenUp => return,
                Outcome::Split(batch) => match batch.halves() {
                    Some((left, right)) => pending.extend([right, left]),
                    None => self.refuse(&batch, &progress),
                },
            }
        }
    }

    /// Sends the batch's request, and whatever it turns out to need first, until there is an outcome.
    async fn settle(&self, mut batch: Batch, progress: &Progress, deadline: Instant) -> Outcome {
        let mut journey = Journey::new(self.destination.request(&batch));
        while let Some(step) = journey.steps.front() {
            let purpose = step.purpose;
            let Some((judgement, asked)) = self.attempt(step, &batch, deadline).await else {
                return Outcome::GivenUp;
            };
            let pause = match judgement {
                Judgement::Delivered if purpose == Purpose::Deliver => {
                    return self.delivered(&batch, progress);
                }
                Judgement::Delivered => journey.prepared(),
                Judgement::Forgiven { why } => {
                    self.say(Level::Warn, "forgiven", &why);
                    journey.prepared()
                }
                Judgement::Prepare(requests) => match self.prepare(&mut journey, purpose, requests).await {
                    true => None,
                    false => return Outcome::GivenUp,
                },
                Judgement::Partial { retry, refused } => {
                    self.part(&batch, progress, &retry, &refused);
                    if retry.is_empty() {
                        return Outcome::Settled;
                    }
                    batch = batch.only(&retry);
                    journey.steps = VecDeque::from([self.destination.request(&batch)]);
                    Some(self.later(&journey, asked, "some records were not taken"))
                }
                Judgement::Short { refused, why } => return self.short(&batch, progress, refused, &why),
                Judgement::Split { why } => return self.split(batch, &why),
                Judgement::Refused { why } => return self.refused(&batch, progress, &why),
                Judgement::Reauthorize { why } => Some(self.reauthorize(&mut journey, &why)),
                Judgement::Later { pace: Pace::Slow, why } => return self.give_up(&why),
                Judgement::Later { pace: Pace::Soon, why } => Some(self.later(&journey, asked, &why)),
            };
            if let Some(pause) = pause
                && !self.rest(&mut journey, pause, deadline).await
            {
                return Outcome::GivenUp;
            }
        }
        Outcome::GivenUp
    }

    /// Puts what must be made first before the step that asked for it. `false`: this goes on for too long.
    async fn prepare<'c>(
        &'c self,
        journey: &mut Journey<'c>,
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
    fn reauthorize(&self, journey: &mut Journey<'_>, why: &str) -> Duration {
        self.transport.credentials_refused();
        self.say(Level::Warn, "credentials", why);
        match std::mem::replace(&mut journey.reauthorized, true) {
            true => self.pause(journey.attempt),
            false => Duration::ZERO,
        }
    }

    fn later(&self, journey: &Journey<'_>, asked: Option<Duration>, why: &str) -> Duration {
        self.say(Level::Warn, "later", why);
        // "Retry-After: 0" is no reason for a storm.
        asked.map_or_else(|| self.pause(journey.attempt), |asked| asked.max(FIRST_PAUSE))
    }

    /// Waits before the next attempt; `false` when that would be after the deadline.
    async fn rest(&self, journey: &mut Journey<'_>, pause: Duration, deadline: Instant) -> bool {
        journey.attempt += 1;
        if Instant::now() + pause >= deadline {
            return false;
        }
        self.counters().retries.fetch_add(1, Relaxed);
        tokio::time::sleep(pause).await;
        true
    }

    fn give_up(&self, why: &str) -> Outcome {
        self.say(Level::Error, "slow", why);
        Outcome::GivenUp
    }

    fn split(&self, batch: Batch, why: &str) -> Outcome {
        self.say(Level::Warn, "split", why);
        Outcome::Split(batch)
    }

    fn refused(&self, batch: &Batch, progress: &Progress, why: &str) -> Outcome {
        self.say(Level::Error, "refused", why);
        self.refuse(batch, progress);
        Outcome::Settled
    }

    /// One request, one judgement, and the pause the vendor asked for; `None` when its turn did not come in time.
    async fn attempt(
        &self,
        step: &Request,
        batch: &Batch,
        deadline: Instant,
    ) -> Option<(Judgement, Option<Duration>)> {
        let _slot = self.slots.acquire().await.ok().filter(|_| Instant::now() < deadline)?;
        self.pacer.turn(deadline).await.then_some(())?;
        self.counters().requests.fetch_add(1, Relaxed);
        Some(match self.transport.send(&step.outlet).await {
            Ok(reply) => {
                let asked = retry_after(&reply, SystemTime::now());
                (self.destination.judge(step.purpose, batch, &reply), asked)
            }
            Err(failure) => (judge_failure(&failure), None),
        })
    }

    /// Accepted but for some records.
    fn part(
        &self,
        batch: &Batch,
        progress: &Progress,
        retry: &[usize],
        refused: &[(std::ops::Range<usize>, Reason)],
    ) {
        let mut open: Vec<u32> =
            retry.iter().filter_map(|&at| batch.items.get(at)).map(|item| item.ordinal).collect();
        open.sort_unstable();
        let lost: usize = refused.iter().map(|(range, _)| range.len()).sum();
        for (range, reason) in refused {
            self.counters().lost(*reason, range.len() as u64);
            self.say(
                Level::Error,
                reason.name(),
                &format!("{} records rejected: {}", range.len(), reason.name()),
            );
        }
        let done = batch
            .items
            .iter()
            .map(|item| item.ordinal)
            .filter(|ordinal| open.binary_search(ordinal).is_err());
        progress.settle(self.index, done);
        let delivered = batch.items.len().saturating_sub(lost + retry.len());
        self.counters().delivered.fetch_add(delivered as u64, Relaxed);
    }

    /// Accepted but for some records that nobody names: none of them can be sent again alone.
    fn short(&self, batch: &Batch, progress: &Progress, refused: usize, why: &str) -> Outcome {
        let refused = refused.min(batch.items.len());
        self.say(if refused > 0 { Level::Error } else { Level::Warn }, "rejected", why);
        progress.settle(self.index, batch.items.iter().map(|item| item.ordinal));
        self.counters().lost(Reason::Refused, refused as u64);
        self.counters().delivered.fetch_add((batch.items.len() - refused) as u64, Relaxed);
        Outcome::Settled
    }

    fn delivered(&self, batch: &Batch, progress: &Progress) -> Outcome {
        progress.settle(self.index, batch.items.iter().map(|item| item.ordinal));
        self.counters().delivered.fetch_add(batch.items.len() as u64, Relaxed);
        Outcome::Settled
    }

    fn refuse(&self, batch: &Batch, progress: &Progress) {
        progress.settle(self.index, batch.items.iter().map(|item| item.ordinal));
        self.counters().lost(Reason::Refused, batch.items.len() as u64);
    }

    /// Exponential with full jitter, so that many routers do not come back at the same instant.
    fn pause(&self, attempt: u32) -> Duration {
        let ceiling = FIRST_PAUSE.saturating_mul(1 << attempt.min(10)).min(LONGEST_PAUSE);
        ceiling.mul_f64(0.5 + 0.5 * self.random.borrow_mut().f64())
    }

    fn counters(&self) -> &metrics::Destination {
        self.metrics.destination(self.index)
    }

    fn say(&self, level: Level, subject: &str, why: &str) {
        let name = &self.destination.common().name;
        self.log.once_a_minute(
            level,
            &format!("{name}/{subject}"),
            format_args!("destination {name}: {why}"),
        );
    }
}

fn judge_failure(failure: &Failure) -> Judgement {
    let pace = match failure {
        Failure::Connect(_) | Failure::Timeout(_) | Failure::Interrupted(_) | Failure::Local(_) => Pace::Soon,
        Failure::Credentials(_) => Pace::Slow,
    };
    Judgement::Later { pace, why: failure.to_string() }
}

/// Seconds or an HTTP date (RFC 9110 §10.2.3).
fn retry_after(reply: &Reply, now: SystemTime) -> Option<Duration> {
    let text = reply.header(&RETRY_AFTER)?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    SystemTime::from(at).duration_since(now).ok()
}

#[cfg(test)]
#[path = "deliver_tests.rs"]
mod tests;
