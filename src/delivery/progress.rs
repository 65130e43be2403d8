//! How far one chunk has come: which entries which destination has settled, and what was rejected on the way.
//!
//! Owns: the bits per destination, the dead letters not stored yet, and whether something still works on the chunk.
//! Does not own: recognising the chunk when it comes again (`ledger`), or the answer (`verdict`).

use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::incident::Sightings;
use crate::join::shared::SharedLines;
use crate::metrics::Reason;
use crate::recorder::ReleasedLines;
use crate::stop::dedup::Claims;
use crate::stop::{ReadChanges, ReadLog};

/// Which entries of one chunk one destination has settled: delivered, or rejected for good.
#[derive(Debug, Default)]
pub struct Settled {
    expected: u32,
    settled: Ordinals,
    /// Those that share the overflow name; `None` until that was decided, for a replay must not decide anew.
    overflowed: Option<Ordinals>,
}

/// A set of entries of one chunk, one bit for each.
#[derive(Debug, Clone, Default)]
pub struct Ordinals {
    count: u32,
    bits: Vec<u64>,
}

impl Settled {
    /// Whether this entry needs no sending any more.
    #[must_use]
    pub fn contains(&self, ordinal: u32) -> bool {
        self.settled.contains(ordinal)
    }

    /// Whether nothing is settled yet, as with every chunk that comes for the first time.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settled.count() == 0
    }

    /// The entries that share the overflow name; `None` when that is still to be decided.
    #[must_use]
    pub fn overflowed(&self) -> Option<&Ordinals> {
        self.overflowed.as_ref()
    }
}

impl Ordinals {
    /// Whether this entry is in the set.
    #[must_use]
    pub fn contains(&self, ordinal: u32) -> bool {
        let (word, bit) = bit_position(ordinal);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// How many entries are in the set.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Adds an entry.
    pub fn insert(&mut self, ordinal: u32) {
        let (word, bit) = bit_position(ordinal);
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        if let Some(bits) = self.bits.get_mut(word)
            && *bits & bit == 0
        {
            *bits |= bit;
            self.count += 1;
        }
    }
}

fn bit_position(ordinal: u32) -> (usize, u64) {
    (ordinal as usize / 64, 1 << (ordinal % 64))
}

/// A record that a destination rejected for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The destination's index.
    pub destination: usize,
    /// The entry's place in the chunk.
    pub ordinal: u32,
    /// The reason as the metrics name it.
    pub reason: Reason,
    /// The reason in the service's words.
    pub why: Rc<str>,
    /// When the record was rejected.
    pub at: Timestamp,
}

/// How far one chunk has come, shared by everything that works on it.
#[derive(Debug)]
pub struct Progress {
    destinations: Vec<RefCell<Settled>>,
    replayed: Cell<bool>,
    claims: Claims,
    sightings: Sightings,
    shared: SharedLines,
    /// Its lines are among the last of their containers already.
    is_heard: Cell<bool>,
    /// By place among the chunk's stop events: what was read of the containers' logs.
    logs: RefCell<BTreeMap<usize, ReadLog>>,
    /// By the same place: what changed with a deployment that failed.
    changes: RefCell<BTreeMap<usize, ReadChanges>>,
    /// Lines that the chunk has released from the flight recorder.
    released: OnceCell<ReleasedLines>,
    /// Rejected records that are not stored as dead letters yet.
    dead_letters: RefCell<Vec<DeadLetter>>,
    /// Entries that limits and samples dropped; `None` until that was decided, for a replay must not decide anew.
    dropped: RefCell<Option<Ordinals>>,
    name: String,
    /// In seconds since the epoch.
    arrived_at: i64,
    running: Cell<bool>,
    stopped: Notify,
    /// Whether the ledger has it, or gave it to a replay that has not begun.
    pub(super) is_kept: Cell<bool>,
}

impl Progress {
    /// Starts with nothing settled.
    #[must_use]
    pub fn new(destinations: usize) -> Rc<Self> {
        let destinations = (0..destinations).map(|_| RefCell::default()).collect();
        Rc::new(Self {
            destinations,
            name: uuid::Uuid::new_v4().to_string(),
            arrived_at: Timestamp::now().as_second(),
            replayed: Cell::new(false),
            claims: Claims::default(),
            sightings: Sightings::default(),
            shared: SharedLines::default(),
            is_heard: Cell::new(false),
            logs: RefCell::default(),
            changes: RefCell::default(),
            released: OnceCell::new(),
            dead_letters: RefCell::default(),
            dropped: RefCell::default(),
            running: Cell::new(true),
            stopped: Notify::new(),
            is_kept: Cell::new(false),
        })
    }

    /// Whether the chunk came before: what is counted once was counted then.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.replayed.get()
    }

    /// Settles entries that were rejected for good, and keeps them as dead letters.
    pub fn reject(
        &self,
        destination: usize,
        ordinals: impl IntoIterator<Item = u32>,
        reason: Reason,
        why: &str,
    ) {
        let why: Rc<str> = why.into();
        let at = Timestamp::now();
        let ordinals: Vec<u32> = ordinals.into_iter().collect();
        let dead_letters = ordinals.iter().map(|&ordinal| DeadLetter {
            destination,
            ordinal,
            reason,
            why: Rc::clone(&why),
            at,
        });
        self.dead_letters.borrow_mut().extend(dead_letters);
        self.settle(destination, ordinals);
    }

    /// Returns what was rejected for good and is not stored yet.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.dead_letters.borrow().clone()
    }

    /// Forgets the dead letters: they are stored, or nobody wants them.
    pub fn clear_dead_letters(&self) {
        self.dead_letters.borrow_mut().clear();
    }

    /// What the chunk's stop events have claimed in the memory of stops.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What the chunk's stop events are to their incidents.
    #[must_use]
    pub fn sightings(&self) -> &Sightings {
        &self.sightings
    }

    /// Notes that its lines were heard before.
    pub(crate) fn note_heard(&self) {
        self.is_heard.set(true);
    }

    /// Whether its lines are among the last of their containers already.
    pub(crate) fn is_heard(&self) -> bool {
        self.is_heard.get()
    }

    /// What the chunk shares with others: lines of records that are in several chunks.
    pub(crate) fn shared(&self) -> &SharedLines {
        &self.shared
    }

    /// Notes what was read of the log of a stop's container, for the stop's report in this chunk and its replays.
    pub fn note_log(&self, nth: usize, log: ReadLog) {
        self.logs.borrow_mut().insert(nth, log);
    }

    /// What was read of the log for the stop at this place among the chunk's stop events.
    #[must_use]
    pub fn log(&self, nth: usize) -> Option<ReadLog> {
        self.logs.borrow().get(&nth).cloned()
    }

    /// Notes what changed with a deployment that failed, for its report in this chunk and its replays.
    pub fn note_changes(&self, nth: usize, changes: ReadChanges) {
        self.changes.borrow_mut().insert(nth, changes);
    }

    /// What changed with the deployment at this place among the chunk's stop events.
    #[must_use]
    pub fn changes(&self, nth: usize) -> Option<ReadChanges> {
        self.changes.borrow().get(&nth).cloned()
    }

    /// Notes what the chunk has released from the flight recorder, for its replays. The first time decides.
    pub fn note_released(&self, lines: ReleasedLines) {
        if !lines.is_empty() {
            self.released.set(lines).ok();
        }
    }

    /// What the chunk has released from the flight recorder, if anything.
    #[must_use]
    pub fn released(&self) -> Option<&ReleasedLines> {
        self.released.get()
    }

    /// Names the chunk: its replay has the same name, an equal chunk another.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When the chunk came for the first time, in seconds since the epoch.
    #[must_use]
    pub fn arrived_at(&self) -> i64 {
        self.arrived_at
    }

    /// What the destination has settled so far; `None` when there is no such destination.
    #[must_use]
    pub fn settled(&self, destination: usize) -> Option<Ref<'_, Settled>> {
        self.destinations.get(destination).map(RefCell::borrow)
    }

    /// Notes how many entries of the chunk the destination is to get.
    pub fn expect(&self, destination: usize, entries: u32) {
        if let Some(settled) = self.destinations.get(destination) {
            settled.borrow_mut().expected = entries;
        }
    }

    /// Notes which entries share the destination's overflow name, unless that was noted before.
    pub fn note_overflow(&self, destination: usize, entries: Ordinals) {
        if let Some(settled) = self.destinations.get(destination) {
            settled.borrow_mut().overflowed.get_or_insert(entries);
        }
    }

    /// The entries that limits and samples dropped; `None` when that is still to be decided.
    #[must_use]
    pub fn dropped(&self) -> Option<Ordinals> {
        self.dropped.borrow().clone()
    }

    /// Notes which entries limits and samples dropped, unless that was noted before.
    pub fn note_dropped(&self, entries: Ordinals) {
        self.dropped.borrow_mut().get_or_insert(entries);
    }

    /// Notes that these entries need no sending any more.
    pub fn settle(&self, destination: usize, ordinals: impl IntoIterator<Item = u32>) {
        if let Some(settled) = self.destinations.get(destination) {
            let mut settled = settled.borrow_mut();
            ordinals.into_iter().for_each(|ordinal| settled.settled.insert(ordinal));
        }
    }

    /// How many entries the destination still lacks.
    #[must_use]
    pub fn missing(&self, destination: usize) -> u32 {
        self.destinations.get(destination).map_or(0, |settled| {
            let settled = settled.borrow();
            settled.expected.saturating_sub(settled.settled.count())
        })
    }

    /// Notes that nothing works on the chunk any more.
    pub fn stop(&self) {
        self.running.set(false);
        self.stopped.notify_waiters();
    }

    /// Begins a replay once nothing works on the chunk any more. `false`: something still did at the deadline.
    pub(super) async fn begin_replay(&self, deadline: Instant) -> bool {
        while self.running.get() {
            let stopped = self.stopped.notified();
            if self.running.get() && timeout_at(deadline, stopped).await.is_err() {
                return false;
            }
        }
        self.replayed.set(true);
        self.running.set(true);
        true
    }
}
