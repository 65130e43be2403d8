//! When to send, when to send again, when to give up.
//!
//! Owns: what becomes of a batch (splitting, refusing, noting what arrived), and in [`carry`] the one loop of retry
//! and back-off, which batches and the parts of objects share. The only place that acts on a `Judgement`. Knows no
//! vendor. Time is tokio's and the transport is a parameter, so tests run on a script and a paused clock and take
//! milliseconds.

mod carry;

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use crate::ack::Progress;
use crate::batch::Batch;
use crate::destination::Destination;
use crate::log::{Level, Log};
use crate::metrics::{self, Metrics, Reason};
use crate::wire::Transport;

pub use self::carry::{Arrival, Errand};

/// Brings batches to one destination.
#[derive(Debug)]
pub struct Courier<T> {
    index: usize,
    /// Whose batches.
    pub destination: Box<dyn Destination>,
    transport: T,
    slots: Semaphore,
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
    /// This is left, and worth another try now.
    Rest(Batch),
    /// Halves may fare better.
    Split,
    /// Not in this flush.
    GivenUp,
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
        Self {
            index,
            destination,
            transport,
            slots: Semaphore::new(slots),
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
            match self.settle(&batch, &progress, deadline).await {
                Outcome::Settled => {}
                Outcome::Rest(rest) => pending.push(rest),
                Outcome::GivenUp => return,
                Outcome::Split => match batch.halves() {
                    Some((left, right)) => pending.extend([right, left]),
                    None => self.refuse(&batch, &progress),
                },
            }
        }
    }

    async fn settle(&self, batch: &Batch, progress: &Progress, deadline: Instant) -> Outcome {
        let errand = Errand {
            request: &|| self.destination.request(batch),
            judge: &|purpose, reply| self.destination.judge(purpose, batch, reply),
        };
        match self.carry(&errand, deadline).await {
            Arrival::Done(_) => self.delivered(batch, progress),
            Arrival::Partial { retry, refused } => self.part(batch, progress, &retry, &refused),
            Arrival::Split => Outcome::Split,
            Arrival::Refused => {
                self.refuse(batch, progress);
                Outcome::Settled
            }
            Arrival::GivenUp => Outcome::GivenUp,
        }
    }

    /// Accepted but for some records.
    fn part(
        &self,
        batch: &Batch,
        progress: &Progress,
        retry: &[usize],
        refused: &[(Range<usize>, Reason)],
    ) -> Outcome {
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
        if retry.is_empty() { Outcome::Settled } else { Outcome::Rest(batch.only(retry)) }
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

    /// The destination's counters.
    pub fn counters(&self) -> &metrics::Destination {
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
#[path = "deliver_tests.rs"]
mod tests;
