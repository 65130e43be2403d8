//! When to send, when to send again, when to give up.
//!
//! Owns: what becomes of a batch (splitting, refusing, noting what arrived), and in [`carry`] the one loop of retry
//! and back-off, which batches and the parts of objects share. The only place that acts on a `Judgement`. Knows no
//! vendor. Time is tokio's and the transport is a parameter, so tests run on a script and a paused clock and take
//! milliseconds.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::breaker::CircuitBreaker;
use super::progress::Progress;
use super::rate_limit::RateLimiter;
use crate::destination::Destination;
use crate::encode::batch::Batch;
use crate::log::{Level, Log};
use crate::metrics::{self, Metrics, Reason};
use crate::transport::SendRequest;

pub use super::retry::{AttemptCount, Call, Outcome};

/// Brings batches to one destination.
#[derive(Debug)]
pub struct Sender<T> {
    index: usize,
    /// Whose batches.
    pub destination: Box<dyn Destination>,
    pub(super) transport: T,
    pub(super) slots: Semaphore,
    pub(super) pacer: RateLimiter,
    pub(super) breaker: CircuitBreaker,
    /// One preparation at a time: fifty streams of one new group then make the group once.
    pub(super) preparing: Mutex<()>,
    pub(super) random: RefCell<fastrand::Rng>,
    metrics: Arc<Metrics>,
    pub(super) log: Rc<Log>,
}

/// What a batch came to.
enum BatchOutcome {
    /// Nothing of it is left to send.
    Settled,
    /// Halves may fare better; why the whole did not.
    Split(Batch, String),
    /// Not in this flush.
    GivenUp,
}

impl<T: SendRequest> Sender<T> {
    /// `index` is the destination's place in the routes and counters.
    pub fn new(
        index: usize,
        destination: Box<dyn Destination>,
        transport: T,
        metrics: Arc<Metrics>,
        log: Rc<Log>,
    ) -> Self {
        let slots = destination.network().map_or(1, |network| network.concurrency);
        let pacer = RateLimiter::new(destination.network().and_then(|network| network.min_interval));
        Self {
            index,
            destination,
            transport,
            slots: Semaphore::new(slots),
            pacer,
            breaker: CircuitBreaker::default(),
            preparing: Mutex::new(()),
            random: RefCell::new(fastrand::Rng::new()),
            metrics,
            log,
        }
    }

    /// Brings one batch, in as many pieces as it takes; what arrived is noted in `progress`. No attempt begins
    /// after `deadline`, but one that has begun is waited for, because its outcome decides about duplicates.
    pub async fn send_batch(self: Rc<Self>, batch: Batch, progress: Rc<Progress>, deadline: Instant) {
        let mut pending = vec![batch];
        while let Some(batch) = pending.pop() {
            match self.settle(batch, &progress, deadline).await {
                BatchOutcome::Settled => {}
                BatchOutcome::GivenUp => return,
                BatchOutcome::Split(batch, why) => match batch.halves() {
                    Some((left, right)) => pending.extend([right, left]),
                    None => self.refuse(&batch, &progress, &why),
                },
            }
        }
    }

    /// Carries the batch, and again what was not taken of it, until there is an outcome.
    async fn settle(&self, mut batch: Batch, progress: &Progress, deadline: Instant) -> BatchOutcome {
        let mut tries = AttemptCount::default();
        loop {
            let errand = Call {
                request: &|| self.destination.request(&batch),
                judge: &|purpose, reply| self.destination.classify_reply(purpose, &batch, reply),
            };
            match self.send_with_retry(&errand, &mut tries, deadline).await {
                Outcome::Delivered(_) => return self.delivered(&batch, progress),
                Outcome::PartialUnknown { refused } => return self.short(&batch, progress, refused),
                Outcome::Split { reason } => return BatchOutcome::Split(batch, reason),
                Outcome::Rejected { reason } => {
                    self.refuse(&batch, progress, &reason);
                    return BatchOutcome::Settled;
                }
                Outcome::GivenUp => return BatchOutcome::GivenUp,
                Outcome::Partial { retry, refused, asked } => {
                    self.part(&batch, progress, &retry, &refused);
                    if retry.is_empty() {
                        return BatchOutcome::Settled;
                    }
                    batch = batch.select(&retry);
                    let pause = self.later(&tries, asked, "some records were not taken");
                    if !self.rest(&mut tries, pause, deadline).await {
                        return BatchOutcome::GivenUp;
                    }
                }
            }
        }
    }

    /// Accepted but for some records.
    fn part(&self, batch: &Batch, progress: &Progress, retry: &[usize], refused: &[(Range<usize>, Reason)]) {
        let mut open: Vec<u32> =
            retry.iter().filter_map(|&at| batch.items.get(at)).map(|item| item.ordinal).collect();
        open.sort_unstable();
        let lost: usize = refused.iter().map(|(range, _)| range.len()).sum();
        for (range, reason) in refused {
            let items = batch.items.get(range.clone()).unwrap_or_default();
            progress.refuse(self.index, items.iter().map(|item| item.ordinal), *reason, reason.name());
            self.counters().count_lost(*reason, range.len() as u64);
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
    fn short(&self, batch: &Batch, progress: &Progress, refused: usize) -> BatchOutcome {
        let refused = refused.min(batch.items.len());
        progress.settle(self.index, batch.items.iter().map(|item| item.ordinal));
        self.counters().count_lost(Reason::Refused, refused as u64);
        self.counters().delivered.fetch_add((batch.items.len() - refused) as u64, Relaxed);
        BatchOutcome::Settled
    }

    fn delivered(&self, batch: &Batch, progress: &Progress) -> BatchOutcome {
        progress.settle(self.index, batch.items.iter().map(|item| item.ordinal));
        self.counters().delivered.fetch_add(batch.items.len() as u64, Relaxed);
        BatchOutcome::Settled
    }

    fn refuse(&self, batch: &Batch, progress: &Progress, why: &str) {
        progress.refuse(self.index, batch.items.iter().map(|item| item.ordinal), Reason::Refused, why);
        self.counters().count_lost(Reason::Refused, batch.items.len() as u64);
    }

    /// The process ends: the destination is tried once more, however lately it failed.
    pub fn allow_probe(&self) {
        self.breaker.allow_probe();
    }

    /// The destination's counters.
    pub fn counters(&self) -> &metrics::DestinationCounters {
        self.metrics.destination(self.index)
    }

    /// Speaks of the destination, once a minute per subject.
    pub fn say(&self, level: Level, subject: &str, why: &str) {
        let name = &self.destination.common().name;
        self.log.once_a_minute(
            level,
            &format!("{name}/{subject}"),
            format_args!("destination {name}: {why}"),
        );
    }
}

#[cfg(test)]
mod tests;
