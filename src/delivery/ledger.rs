//! What is remembered of chunks that Fluent Bit will send again.
//!
//! Fluent Bit knows only "this chunk" and replays it whole, without an id. The [`Ledger`] recognises a chunk by the
//! digest of its tag and bytes and remembers its [`Progress`], so that a replay sends only what is missing.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use tokio::time::{Duration, Instant};
use xxhash_rust::xxh3::Xxh3;

use super::progress::Progress;

/// Chunks that were answered with RETRY.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    open: RefCell<HashMap<Digest, VecDeque<Rc<Progress>>>>,
    /// When each was remembered, oldest first.
    order: RefCell<VecDeque<(Instant, Digest)>>,
}

/// Identifies a chunk.
pub(crate) type Digest = u128;

/// Chunks remembered at one time: 2 MB each at the host makes that more than any buffer it has.
const MAX_OPEN: usize = 4_096;

/// Fluent Bit's longest back-off is 2,000 s; after twice that a chunk will not come again.
const MAX_AGE: Duration = Duration::from_secs(4_000);

impl Ledger {
    /// Finds the progress of the chunk with this digest, or starts one; without a digest, starts one. Waits for work that still runs for it; `None` when that takes
    /// beyond `deadline`, so the chunk has to come again.
    ///
    /// Two equal chunks at one time are two entries: each replay takes one, so both are delivered once.
    pub(crate) async fn begin(
        &self,
        digest: Option<Digest>,
        destinations: usize,
        deadline: Instant,
    ) -> Option<Rc<Progress>> {
        let known = digest.and_then(|digest| Some((digest, self.take(digest)?)));
        let Some((digest, progress)) = known else {
            return Some(Progress::new(destinations));
        };
        let is_ready = progress.begin_replay(deadline).await;
        progress.is_kept.set(false);
        if !is_ready {
            self.keep(digest, &progress);
            return None;
        }
        Some(progress)
    }

    /// Remembers a chunk that will come again: it was answered with RETRY, or its flush has given up. Once, also when both
    /// are true.
    pub(crate) fn keep(&self, digest: Digest, progress: &Rc<Progress>) {
        if progress.is_kept.replace(true) {
            return;
        }
        self.forget_old();
        self.open.borrow_mut().entry(digest).or_default().push_back(Rc::clone(progress));
        self.order.borrow_mut().push_back((Instant::now(), digest));
    }

    /// Whether there is anything to look up; most of the time there is not, and no digest is needed.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.borrow().is_empty()
    }

    /// How many chunks are remembered.
    pub(crate) fn len(&self) -> usize {
        self.order.borrow().len()
    }

    /// Chunks that wait for this destination, and how many of their records it lacks.
    pub(crate) fn waiting(&self, destination: usize) -> (u64, u64) {
        let open = self.open.borrow();
        let missing = open.values().flatten().map(|progress| progress.missing(destination));
        missing
            .filter(|records| *records > 0)
            .fold((0, 0), |(chunks, records), more| (chunks + 1, records + u64::from(more)))
    }

    fn take(&self, digest: Digest) -> Option<Rc<Progress>> {
        let mut open = self.open.borrow_mut();
        let waiting = open.get_mut(&digest)?;
        let progress = waiting.pop_front();
        if waiting.is_empty() {
            open.remove(&digest);
        }
        let mut order = self.order.borrow_mut();
        if let Some(position) = order.iter().position(|(_, known)| *known == digest) {
            order.remove(position);
        }
        progress
    }

    fn forget_old(&self) {
        loop {
            let oldest = self.order.borrow().front().copied();
            let Some((at, digest)) = oldest else { return };
            if self.order.borrow().len() < MAX_OPEN && at.elapsed() < MAX_AGE {
                return;
            }
            self.take(digest);
        }
    }
}

/// Who made a chunk. A tag does not tell: an application may be able to choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChunkMaker {
    /// Fluent Bit brought it.
    Host = 0,
    /// One of the plugin's own watchers.
    Watcher = 1,
    /// The router, of what was rejected for good.
    DeadLetter = 2,
    /// The router, of lines in several chunks that are one record.
    Joined = 3,
    /// The router, of lines in several chunks of a container that stopped: they are among its last lines already.
    HeardJoined = 4,
}

/// Identifies a chunk. Not cryptographic: equal bytes under an equal tag are told apart by who made them.
pub(crate) fn digest(maker: ChunkMaker, tag: &[u8], chunk: &[u8]) -> Digest {
    let mut hasher = Xxh3::new();
    hasher.update(&[maker as u8]);
    hasher.update(tag);
    hasher.update(&tag.len().to_le_bytes());
    hasher.update(chunk);
    hasher.digest128()
}

#[cfg(test)]
mod tests;
