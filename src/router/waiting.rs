//! Chunks that come again, or may: what is kept for their replay, what of them is still on its way, and the gauges that
//! count them.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Router;
use crate::delivery::answer::FlushAnswer;
use crate::delivery::ledger::Digest;
use crate::delivery::progress::Progress;
use crate::delivery::verdict::Verdict;

/// How often the chunks that wait are counted: there may be thousands.
const WAITING_INTERVAL: Duration = Duration::from_secs(1);

/// A chunk of the host's, until its flush is answered.
pub(super) struct InFlight {
    pub(super) answer: Arc<FlushAnswer>,
    pub(super) progress: Rc<Progress>,
}

impl Router {
    /// Hands the chunks whose flush has given up to the ledger, because each comes again: before a chunk that may be one
    /// of them is looked up, and at the end of each.
    pub(super) fn remember_given_up(&self) {
        self.in_flight.borrow_mut().retain(|flight| {
            let digest = flight.answer.given_up();
            self.remember(digest, &flight.progress);
            digest.is_none()
        });
    }

    /// Keeps the progress for the replay. A chunk whose bytes were gone before it had a digest is kept when its flush gives
    /// up.
    pub(super) fn remember(&self, digest: Option<Digest>, progress: &Rc<Progress>) {
        if let Some(digest) = digest {
            self.ledger.keep(digest, progress);
        }
    }

    /// Sets the gauges of what waits at the host, at most once a [`WAITING_INTERVAL`] unless nothing waits any more.
    fn count_waiting(&self) {
        let is_fresh = |at: Instant| at.elapsed() < WAITING_INTERVAL;
        if !self.ledger.is_empty() && self.waiting_counted.get().is_some_and(is_fresh) {
            return;
        }
        self.waiting_counted.set(Some(Instant::now()));
        for index in 0..self.senders.len() {
            let (chunks, records) = self.ledger.waiting(index);
            self.metrics.destination(index).set_waiting(chunks, records);
        }
    }

    /// Sets them now.
    pub(super) fn recount_waiting(&self) {
        self.waiting_counted.set(None);
        self.count_waiting();
    }

    /// Keeps a chunk that comes again, by the digest that it has or gets, and counts what waits.
    pub(super) fn keep_for_replay(
        &self,
        verdict: Verdict,
        digest: Option<Digest>,
        progress: &Rc<Progress>,
        new_digest: impl FnOnce() -> Option<Digest>,
    ) {
        if verdict == Verdict::Retry {
            self.remember(digest.or_else(new_digest), progress);
        }
        if digest.is_some() || verdict == Verdict::Retry {
            self.count_waiting();
        }
    }

    /// Waits in the background for requests on their way. Not part of the drain: at exit nobody is left to come again.
    pub(super) fn finish_once_sent(
        self: &Rc<Self>,
        mut sending: JoinSet<()>,
        progress: Rc<Progress>,
        verdict: Verdict,
    ) {
        let this = Rc::clone(self);
        if verdict != Verdict::Retry {
            progress.sightings().arrive();
        }
        tokio::task::spawn_local(async move {
            this.note_replies(&mut sending, &progress).await;
            this.finish_chunk(&progress, verdict);
        });
    }

    /// Waits until every batch has its reply, and notes at each who has been told.
    pub(super) async fn note_replies(&self, sending: &mut JoinSet<()>, progress: &Progress) {
        while sending.join_next().await.is_some() {
            self.pipeline.note_told(progress);
        }
    }

    /// Nothing is on its way any more.
    pub(super) fn finish_chunk(&self, progress: &Progress, verdict: Verdict) {
        if verdict != Verdict::Retry {
            let owed = self.pipeline.confirm(progress);
            self.count_best_effort_losses(progress, owed);
        }
        progress.stop();
    }
}
