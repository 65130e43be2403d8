//! Many outcomes → one verdict, and the memory of what already arrived.
//!
//! Fluent Bit knows only "this chunk" and replays it whole, without an id. The [`Ledger`] knows a chunk again by
//! the digest of its tag and bytes and remembers which of its entries which destination has confirmed, so that a
//! replay sends only what is missing. Sends nothing itself.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Duration, Instant};
use xxhash_rust::xxh3::Xxh3;

use crate::metrics::Reason;
use crate::stop::dedup::Claims;

/// The answer to one flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing of the chunk could be read.
    Error,
    /// Every record arrived, or was refused for good and counted.
    Ok,
    /// Come again with the same chunk.
    Retry,
}

/// Which entries of one chunk one destination has settled: confirmed, or refused for good.
#[derive(Debug, Default)]
pub struct Settled {
    wanted: u32,
    settled: u32,
    bits: Vec<u64>,
}

impl Settled {
    /// Whether this entry needs no sending any more.
    #[must_use]
    pub fn contains(&self, ordinal: u32) -> bool {
        let (word, bit) = place(ordinal);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Nothing has arrived yet, as with every chunk that comes for the first time.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settled == 0
    }

    fn insert(&mut self, ordinal: u32) {
        let (word, bit) = place(ordinal);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(word)
            && *bits & bit == 0
        {
            *bits |= bit;
            self.settled += 1;
        }
    }
}

fn place(ordinal: u32) -> (usize, u64) {
    (ordinal as usize / 64, 1 << (ordinal % 64))
}

/// A record that a destination refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Which destination.
    pub destination: usize,
    /// Which entry of the chunk.
    pub ordinal: u32,
    /// In one word.
    pub reason: Reason,
    /// In the service's words.
    pub why: Rc<str>,
    /// When.
    pub at: Timestamp,
}

/// How far one chunk has come, shared by everything that works on it.
#[derive(Debug)]
pub struct Progress {
    destinations: Vec<RefCell<Settled>>,
    replayed: Cell<bool>,
    claims: Claims,
    /// What is still to be stored as dead letters.
    letters: RefCell<Vec<DeadLetter>>,
    name: String,
    running: Cell<bool>,
    stopped: Notify,
}

impl Progress {
    /// Nothing has arrived yet.
    #[must_use]
    pub fn new(destinations: usize) -> Rc<Self> {
        let destinations = (0..destinations).map(|_| RefCell::default()).collect();
        Rc::new(Self {
            destinations,
            name: uuid::Uuid::new_v4().to_string(),
            replayed: Cell::new(false),
            claims: Claims::default(),
            letters: RefCell::default(),
            running: Cell::new(true),
            stopped: Notify::new(),
        })
    }

    /// Whether the chunk came before: what is counted once was counted then.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replayed.get()
    }

    /// These entries were refused for good: they need no sending any more, but somebody may want to keep them.
    pub fn refuse(
        &self,
        destination: usize,
        ordinals: impl IntoIterator<Item = u32>,
        reason: Reason,
        why: &str,
    ) {
        let (why, at) = (Rc::<str>::from(why), Timestamp::now());
        let letter = |ordinal| DeadLetter { destination, ordinal, reason, why: Rc::clone(&why), at };
        let from = self.letters.borrow().len();
        self.letters.borrow_mut().extend(ordinals.into_iter().map(letter));
        let ordinals: Vec<u32> =
            self.letters.borrow().iter().skip(from).map(|letter| letter.ordinal).collect();
        self.settle(destination, ordinals);
    }

    /// What was refused for good and is not stored yet.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.letters.borrow().clone()
    }

    /// Those that were refused are stored, or nobody wants them.
    pub fn clear_dead_letters(&self) {
        self.letters.borrow_mut().clear();
    }

    /// What the stop events of the chunk were found to be.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Names the chunk: its replay has the same name, an equal chunk another.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the destination has settled so far, while a chunk is read.
    #[must_use]
    pub fn settled(&self, destination: usize) -> Option<std::cell::Ref<'_, Settled>> {
        self.destinations.get(destination).map(RefCell::borrow)
    }

    /// How many entries of the chunk the destination is to get.
    pub fn expect(&self, destination: usize, entries: u32) {
        if let Some(settled) = self.destinations.get(destination) {
            settled.borrow_mut().wanted = entries;
        }
    }

    /// These entries need no sending any more.
    pub fn settle(&self, destination: usize, ordinals: impl IntoIterator<Item = u32>) {
        if let Some(settled) = self.destinations.get(destination) {
            let mut settled = settled.borrow_mut();
            ordinals.into_iter().for_each(|ordinal| settled.insert(ordinal));
        }
    }

    /// Entries the destination still lacks.
    #[must_use]
    pub fn missing(&self, destination: usize) -> u32 {
        self.destinations.get(destination).map_or(0, |settled| {
            let settled = settled.borrow();
            settled.wanted.saturating_sub(settled.settled)
        })
    }

    /// Nothing works on the chunk any more.
    pub fn stop(&self) {
        self.running.set(false);
        self.stopped.notify_waiters();
    }
}

/// `required[d]` says whether destination `d` counts. One more failure never improves the answer.
#[must_use]
pub fn verdict(progress: &Progress, required: impl IntoIterator<Item = bool>) -> Verdict {
    let lacking = |(destination, required): (usize, bool)| required && progress.missing(destination) > 0;
    if required.into_iter().enumerate().any(lacking) { Verdict::Retry } else { Verdict::Ok }
}

/// Chunks that were answered with RETRY.
#[derive(Debug, Default)]
pub struct Ledger {
    open: RefCell<HashMap<Digest, VecDeque<Rc<Progress>>>>,
    order: RefCell<VecDeque<(Instant, Digest)>>,
}

type Digest = u128;

/// Chunks remembered at one time: 2 MB each at the host makes that more than any buffer it has.
const MAX_OPEN: usize = 4_096;

/// Fluent Bit's longest back-off is 2,000 s; after twice that a chunk will not come again.
const MAX_AGE: Duration = Duration::from_secs(4_000);

impl Ledger {
    /// What is known of this chunk. Work that still runs for it is waited for, until
    /// `deadline`; then `None`: come again.
    ///
    /// Two equal chunks at one time are two entries: each replay takes one, so both are delivered once.
    pub async fn begin(
        &self,
        digest: Digest,
        destinations: usize,
        deadline: Instant,
    ) -> Option<Rc<Progress>> {
        let Some(progress) = self.take(digest) else {
            return Some(Progress::new(destinations));
        };
        while progress.running.get() {
            let stopped = progress.stopped.notified();
            if progress.running.get() && tokio::time::timeout_at(deadline, stopped).await.is_err() {
                self.keep(digest, &progress);
                return None;
            }
        }
        progress.replayed.set(true);
        progress.running.set(true);
        Some(progress)
    }

    /// Remembers a chunk that was answered with RETRY.
    pub fn keep(&self, digest: Digest, progress: &Rc<Progress>) {
        self.forget_old();
        self.open.borrow_mut().entry(digest).or_default().push_back(Rc::clone(progress));
        self.order.borrow_mut().push_back((Instant::now(), digest));
    }

    /// Whether there is anything to look up; most of the time there is not, and no digest is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open.borrow().is_empty()
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

/// Knows a chunk again. Not cryptographic: the bytes come from our own host.
#[must_use]
pub fn digest(tag: &[u8], chunk: &[u8]) -> Digest {
    let mut hasher = Xxh3::new();
    hasher.update(tag);
    hasher.update(&tag.len().to_le_bytes());
    hasher.update(chunk);
    hasher.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(1)
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_finds_what_was_settled() {
        let ledger = Ledger::default();
        let first = ledger.begin(1, 2, later()).await.unwrap();
        assert!(!first.is_replay());
        first.expect(0, 3);
        first.settle(0, [0, 2, 2]);
        assert_eq!(verdict(&first, [true, true]), Verdict::Retry);
        assert_eq!(verdict(&first, [false, true]), Verdict::Ok, "best effort does not count");
        ledger.keep(1, &first);
        first.stop();
        let again = ledger.begin(1, 2, later()).await.unwrap();
        assert!(again.is_replay() && ledger.is_empty());
        assert!(again.settled(0).unwrap().contains(2) && !again.settled(0).unwrap().contains(1));
        again.settle(0, [1]);
        assert_eq!(verdict(&again, [true, true]), Verdict::Ok);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_waits_for_work_that_still_runs() {
        let ledger = Ledger::default();
        let first = ledger.begin(1, 1, later()).await.unwrap();
        ledger.keep(1, &first);
        assert!(ledger.begin(1, 1, later()).await.is_none(), "still running at the deadline");
        let finish = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            first.stop();
        };
        let (found, ()) = tokio::join!(ledger.begin(1, 1, later()), finish);
        assert!(found.unwrap().is_replay());
    }

    #[tokio::test(start_paused = true)]
    async fn two_equal_chunks_are_two_entries() {
        let ledger = Ledger::default();
        let a = ledger.begin(1, 1, later()).await.unwrap();
        ledger.keep(1, &a);
        let b = Progress::new(1);
        ledger.keep(1, &b);
        a.stop();
        b.stop();
        assert!(ledger.begin(1, 1, later()).await.unwrap().is_replay());
        assert!(ledger.begin(1, 1, later()).await.unwrap().is_replay());
        assert!(!ledger.begin(1, 1, later()).await.unwrap().is_replay());
    }

    #[tokio::test(start_paused = true)]
    async fn the_ledger_is_bounded_in_entries_and_age() {
        let ledger = Ledger::default();
        for digest in 0..2 * MAX_OPEN as u128 {
            ledger.keep(digest, &Progress::new(1));
        }
        assert!(ledger.open.borrow().len() <= MAX_OPEN && ledger.order.borrow().len() <= MAX_OPEN);
        tokio::time::advance(MAX_AGE + Duration::from_secs(1)).await;
        ledger.keep(1 << 100, &Progress::new(1));
        assert_eq!(ledger.open.borrow().len(), 1);
    }

    #[test]
    fn tag_and_bytes_both_count() {
        assert_ne!(digest(b"a", b"bc"), digest(b"ab", b"c"));
        assert_eq!(digest(b"a", b"bc"), digest(b"a", b"bc"));
    }

    proptest! {
        #[test]
        fn one_more_failure_never_improves_the_verdict(
            wanted in proptest::collection::vec(0u32..5, 1..5), settled in proptest::collection::vec(0u32..5, 5),
            required in proptest::collection::vec(any::<bool>(), 5), worse in 0usize..5,
        ) {
            let answer = |fail: Option<usize>| {
                let progress = Progress::new(wanted.len());
                for (at, &count) in wanted.iter().enumerate() {
                    progress.expect(at, count);
                    if fail != Some(at) {
                        progress.settle(at, 0..settled[at].min(count));
                    }
                }
                verdict(&progress, required.iter().copied())
            };
            if answer(None) == Verdict::Retry {
                prop_assert_eq!(answer(Some(worse)), Verdict::Retry);
            }
        }
    }
}
