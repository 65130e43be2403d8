//! Counters of one destination, and their values at one moment.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{BreakerState, Reason};

/// Counters of one destination.
#[derive(Debug, Default)]
pub struct DestinationCounters {
    pub(super) name: String,
    /// Records confirmed.
    pub delivered: AtomicU64,
    /// Bytes of request bodies that were taken, as they went over the wire; one taken in part counts whole.
    pub bytes: AtomicU64,
    /// Bytes that the vendor bills for what was delivered.
    pub billed: AtomicU64,
    /// Requests sent, whatever the reply.
    pub requests: AtomicU64,
    /// Requests that had to be sent again.
    pub retries: AtomicU64,
    /// Records whose end was cut off.
    pub cut: AtomicU64,
    /// Objects uploaded from the spool.
    pub objects: AtomicU64,
    /// Records that went to the overflow name because their own was one too many.
    pub overflowed: AtomicU64,
    /// Entities of log events that the service refused; the events are not lost by it.
    pub refused_entities: AtomicU64,
    /// Replies that said a key, an address, a name or a permission is wrong.
    pub misconfigured: AtomicU64,
    /// A gauge: chunks that were answered with RETRY for it, and perhaps for others, and have not come again.
    pub(super) waiting_chunks: AtomicU64,
    /// A gauge: their records that it lacks.
    pub(super) waiting_records: AtomicU64,
    /// A gauge: the circuit breaker, as the numbers of [`BreakerState`].
    pub(super) breaker: AtomicU64,
    /// A gauge: objects in the spool that have not arrived.
    pub(super) spool_objects: AtomicU64,
    /// A gauge: their bytes.
    pub(super) spool_bytes: AtomicU64,
    lost: [AtomicU64; Reason::ALL.len()],
}

/// The values of one destination's counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The destination's name.
    pub name: String,
    /// Records confirmed.
    pub delivered: u64,
    /// Bytes of request bodies that were taken.
    pub bytes: u64,
    /// Bytes that the vendor bills for what was delivered.
    pub billed: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that had to be sent again.
    pub retries: u64,
    /// Records whose end was cut off.
    pub cut: u64,
    /// Objects uploaded from the spool.
    pub objects: u64,
    /// Objects that wait in the spool.
    pub spool_objects: u64,
    /// Bytes of the objects that wait in the spool.
    pub spool_bytes: u64,
    /// Entities of log events that the service refused.
    pub refused_entities: u64,
    /// Replies that said that something is set wrongly.
    pub misconfigured: u64,
    /// Records that wait at the host for it.
    pub waiting_records: u64,
    /// The circuit breaker, as the numbers of [`BreakerState`].
    pub breaker: u64,
    /// Records that did not arrive, by reason; only those that happened.
    pub lost: Vec<(Reason, u64)>,
}

impl DestinationCounters {
    pub(super) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Counters for a destination that does not exist.
    pub(super) const fn unknown() -> Self {
        Self {
            name: String::new(),
            delivered: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            billed: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            overflowed: AtomicU64::new(0),
            refused_entities: AtomicU64::new(0),
            misconfigured: AtomicU64::new(0),
            waiting_chunks: AtomicU64::new(0),
            waiting_records: AtomicU64::new(0),
            breaker: AtomicU64::new(0),
            spool_objects: AtomicU64::new(0),
            spool_bytes: AtomicU64::new(0),
            lost: [const { AtomicU64::new(0) }; Reason::ALL.len()],
        }
    }

    /// Counts records that will not arrive: the one way to let a record go.
    pub fn count_lost(&self, reason: Reason, records: u64) {
        if let Some(counter) = self.lost.get(reason.index()) {
            counter.fetch_add(records, Relaxed);
        }
    }

    /// Whether the circuit breaker is open: nothing is sent for now.
    #[must_use]
    pub fn is_breaker_open(&self) -> bool {
        self.breaker.load(Relaxed) == BreakerState::Open as u64
    }

    /// Sets the gauge of the circuit breaker.
    pub fn set_breaker(&self, state: BreakerState) {
        self.breaker.store(state as u64, Relaxed);
    }

    /// Sets the gauges of what waits at the host.
    pub fn set_waiting(&self, chunks: u64, records: u64) {
        self.waiting_chunks.store(chunks, Relaxed);
        self.waiting_records.store(records, Relaxed);
    }

    /// Chunks that wait at the host for this destination, and how many of their records it lacks.
    #[must_use]
    pub fn waiting(&self) -> (u64, u64) {
        (self.waiting_chunks.load(Relaxed), self.waiting_records.load(Relaxed))
    }

    /// Sets the gauges of what waits in the spool.
    pub fn set_spool(&self, objects: u64, bytes: u64) {
        self.spool_objects.store(objects, Relaxed);
        self.spool_bytes.store(bytes, Relaxed);
    }

    /// Each reason with its count, those of 0 too.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.into_iter().zip(self.lost.iter().map(|counter| counter.load(Relaxed)))
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            name: self.name.clone(),
            delivered: self.delivered.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            billed: self.billed.load(Relaxed),
            requests: self.requests.load(Relaxed),
            retries: self.retries.load(Relaxed),
            cut: self.cut.load(Relaxed),
            objects: self.objects.load(Relaxed),
            spool_objects: self.spool_objects.load(Relaxed),
            spool_bytes: self.spool_bytes.load(Relaxed),
            refused_entities: self.refused_entities.load(Relaxed),
            misconfigured: self.misconfigured.load(Relaxed),
            waiting_records: self.waiting_records.load(Relaxed),
            breaker: self.breaker.load(Relaxed),
            lost: self.reasons().filter(|(_, count)| *count > 0).collect(),
        }
    }
}

impl Snapshot {
    /// What was counted since an earlier moment; the gauges (spool, waiting, breaker) stay as they are.
    #[must_use]
    pub fn since(&self, earlier: &Snapshot) -> Snapshot {
        let before = |reason| earlier.lost.iter().find(|(known, _)| *known == reason).map_or(0, |(_, n)| *n);
        let lost = self.lost.iter().map(|(reason, count)| (*reason, count - before(*reason)));
        Snapshot {
            delivered: self.delivered - earlier.delivered,
            bytes: self.bytes - earlier.bytes,
            billed: self.billed - earlier.billed,
            requests: self.requests - earlier.requests,
            retries: self.retries - earlier.retries,
            cut: self.cut - earlier.cut,
            objects: self.objects - earlier.objects,
            refused_entities: self.refused_entities - earlier.refused_entities,
            misconfigured: self.misconfigured - earlier.misconfigured,
            lost: lost.filter(|(_, count)| *count > 0).collect(),
            ..self.clone()
        }
    }
}
