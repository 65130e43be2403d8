//! What becomes of a batch: sent, split, sent again in part, rejected; and what of it is settled.
//!
//! Does not own: when one call is tried again (`retry`). Knows no vendor. Time is tokio's and the transport is a
//! parameter, so tests run on a script and a paused clock and take milliseconds.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::call::{Call, Outcome};
use super::progress::Progress;
use super::reporter::Reporter;
use super::retry::RetryingTransport;
use crate::config::Common;
use crate::destination::{Destination, NotTaken, Purpose, Reply, ReplyAction, Request};
use crate::encode::batch::Batch;
use crate::log::{Level, Log};
use crate::metrics::{Metrics, Reason};
use crate::transport::SendRequest;

/// What a line about records that were rejected for good ends with.
const NOT_RETRIED: &str = "they are not retried, and lost unless route.dead_letter is set to keep them";

/// What Fluent Bit does with chunks that wait. Its own keys are out of a plugin's reach, so the line is the same whatever
/// they say.
const RETRY_LIMIT: &str =
    "Fluent Bit drops a chunk after Retry_Limit retries (1 if not set), unless Retry_Limit is no_limits";

/// Sends batches to one destination.
#[derive(Debug)]
pub(crate) struct Sender<T> {
    pub(crate) destination: Destination,
    pub(crate) transport: RetryingTransport<T>,
    pub(crate) reporter: Rc<Reporter>,
}

enum BatchOutcome {
    /// Nothing of the batch is left to send.
    Settled,
    /// Halves may fare better; the service's reason.
    Split(Batch, String),
    /// Not in this flush.
    GivenUp,
}

struct BatchCall<'b> {
    destination: &'b Destination,
    batch: &'b Batch,
    reporter: &'b Reporter,
}

impl Call for BatchCall<'_> {
    fn request(&self) -> Request {
        self.destination.uncompressed_request(self.batch)
    }

    fn classify_reply(&self, purpose: Purpose, reply: &Reply) -> ReplyAction {
        self.destination.classify_reply(purpose, self.batch, reply)
    }

    fn billed_bytes(&self, not_taken: &NotTaken, sent: u64) -> u64 {
        self.destination.billed_bytes(self.batch, not_taken, sent)
    }

    fn refused_entity(&self, reply: &Reply) -> Option<String> {
        self.destination.refused_entity(self.batch, reply)
    }

    fn prepared_resource(&self) -> Option<&'static str> {
        self.destination.prepared_resource()
    }

    fn note_unanswered(&self, purpose: Purpose) {
        self.destination.note_unanswered(purpose);
    }

    fn is_made_anew(&self, purpose: Purpose) -> bool {
        self.destination.is_made_anew(purpose)
    }

    fn set_region(&self, region: &str) {
        if let Some(store) = self.destination.store() {
            store.set_region(region);
        }
    }

    fn fate(&self) -> String {
        let Common { name, required, .. } = &self.destination.common;
        match required {
            true => format!("{}; {RETRY_LIMIT}", self.reporter.waiting()),
            false => format!("{name}.required is off, so nobody keeps its records"),
        }
    }

    fn loses(&self) -> bool {
        !self.destination.common.required
    }
}

impl<T: SendRequest> Sender<T> {
    /// `index` is the destination's place in the routes and counters.
    pub(crate) fn new(
        index: usize,
        destination: Destination,
        transport: T,
        metrics: Arc<Metrics>,
        log: Rc<Log>,
    ) -> Self {
        let reporter = Rc::new(Reporter::new(index, &destination.common.name, metrics, log));
        let transport = RetryingTransport::new(transport, destination.network.as_ref(), Rc::clone(&reporter));
        Self { destination, transport, reporter }
    }

    /// Sends one batch, in as many parts as it takes, and notes in `progress` what is settled. No attempt begins after
    /// `deadline`, but one that has begun is waited for, because its outcome decides about duplicates.
    pub(crate) async fn send_batch(self: Rc<Self>, batch: Batch, progress: Rc<Progress>, deadline: Instant) {
        if let Some(reason) = batch.refusal {
            return self.settle_partial(&batch, &progress, &[], &[(0..batch.items.len(), reason)]);
        }
        let mut pending = vec![batch];
        while let Some(batch) = pending.pop() {
            match self.send_until_settled(batch, &progress, deadline).await {
                BatchOutcome::Settled => {}
                BatchOutcome::GivenUp => return,
                BatchOutcome::Split(batch, reason) => match batch.halves() {
                    Some((left, right)) => pending.extend([right, left]),
                    None => self.settle_rejected(&batch, &progress, &reason),
                },
            }
        }
    }

    /// Sends the batch, and again what was not taken of it, until there is an outcome.
    async fn send_until_settled(
        &self,
        mut batch: Batch,
        progress: &Progress,
        deadline: Instant,
    ) -> BatchOutcome {
        let mut backoff = Backoff::default();
        loop {
            let call = BatchCall { destination: &self.destination, batch: &batch, reporter: &self.reporter };
            let outcome = self.transport.send_with_retry(&call, &mut backoff, deadline).await;
            let (retry, retry_after) = match outcome {
                Outcome::GivenUp => return BatchOutcome::GivenUp,
                Outcome::Split { reason } => return BatchOutcome::Split(batch, reason),
                Outcome::Delivered(_) => {
                    self.settle_delivered(&batch, progress);
                    return BatchOutcome::Settled;
                }
                Outcome::PartialUnknown { rejected } => {
                    self.settle_partial_unknown(&batch, progress, rejected);
                    return BatchOutcome::Settled;
                }
                Outcome::Rejected { reason } => {
                    self.settle_rejected(&batch, progress, &reason);
                    return BatchOutcome::Settled;
                }
                Outcome::Partial { retry, rejected, retry_after } => {
                    self.settle_partial(&batch, progress, &retry, &rejected);
                    (retry, retry_after)
                }
            };
            if retry.is_empty() {
                return BatchOutcome::Settled;
            }
            let text =
                format!("{} of {} records not accepted; will be retried", retry.len(), batch.items.len());
            self.reporter.log(Level::Warn, "later", &text);
            batch = batch.select(&retry);
            let pause = backoff.retry_pause(retry_after);
            if !self.transport.pause_before_retry(&mut backoff, pause, deadline).await {
                return BatchOutcome::GivenUp;
            }
        }
    }

    /// Accepted except for some records.
    fn settle_partial(
        &self,
        batch: &Batch,
        progress: &Progress,
        retry: &[usize],
        rejected: &[(Range<usize>, Reason)],
    ) {
        let mut open: Vec<u32> =
            retry.iter().filter_map(|&at| batch.items.get(at)).map(|item| item.ordinal).collect();
        open.sort_unstable();
        for (range, reason) in rejected {
            let items = batch.items.get(range.clone()).unwrap_or_default();
            let ordinals = items.iter().map(|item| item.ordinal);
            progress.reject(self.reporter.index(), ordinals, *reason, reason.name());
            self.reporter.counters().count_lost(*reason, range.len() as u64);
            let why = self.destination.rejection_text(*reason);
            let text = format!("{} records rejected: {why}; {NOT_RETRIED}", range.len());
            self.reporter.log(Level::Error, reason.name(), &text);
        }
        let settled = ordinals(batch).filter(|ordinal| open.binary_search(ordinal).is_err());
        progress.settle(self.reporter.index(), settled);
        let lost: usize = rejected.iter().map(|(range, _)| range.len()).sum();
        self.count_delivered(batch.items.len().saturating_sub(lost + retry.len()));
    }

    /// Accepted except for some records that nobody names: none of them can be sent again alone.
    fn settle_partial_unknown(&self, batch: &Batch, progress: &Progress, rejected: usize) {
        let rejected = rejected.min(batch.items.len());
        progress.settle(self.reporter.index(), ordinals(batch));
        self.reporter.counters().count_lost(Reason::Refused, rejected as u64);
        self.count_delivered(batch.items.len() - rejected);
    }

    fn settle_delivered(&self, batch: &Batch, progress: &Progress) {
        progress.settle(self.reporter.index(), ordinals(batch));
        self.count_delivered(batch.items.len());
    }

    fn settle_rejected(&self, batch: &Batch, progress: &Progress, reason: &str) {
        progress.reject(self.reporter.index(), ordinals(batch), Reason::Refused, reason);
        self.reporter.counters().count_lost(Reason::Refused, batch.items.len() as u64);
        let text = format!("{} records rejected: {reason}; {NOT_RETRIED}", batch.items.len());
        self.reporter.log(Level::Error, Reason::Refused.name(), &text);
    }

    fn count_delivered(&self, records: usize) {
        self.reporter.counters().delivered.fetch_add(records as u64, Relaxed);
    }

    /// Lets the destination be tried once more, however lately it failed: the process ends.
    pub(crate) fn allow_probe(&self) {
        self.transport.allow_probe();
    }
}

fn ordinals(batch: &Batch) -> impl Iterator<Item = u32> {
    batch.items.iter().map(|item| item.ordinal)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wrong_settings;
