//! Counters: what came in, what arrived, and what did not, with the reason.
//!
//! Every record that is dropped, cut or rejected goes through [`Destination::lost`] or [`Destination::cut`]; nothing else
//! may let one go. Read by the summary line, the tests and the demo.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Why a record did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Older than the service takes.
    TooOld,
    /// Further in the future than the service takes.
    TooNew,
    /// Older than the log group's retention.
    Expired,
    /// Refused by the service for good.
    Refused,
    /// It had nothing to send.
    Empty,
    /// The destination is set not to take records like it.
    Filtered,
    /// The destination is best effort and did not take it in time.
    BestEffort,
}

impl Reason {
    /// In the order of the counters.
    pub const ALL: [Reason; 7] = [
        Reason::TooOld,
        Reason::TooNew,
        Reason::Expired,
        Reason::Refused,
        Reason::Empty,
        Reason::Filtered,
        Reason::BestEffort,
    ];

    /// The word in summaries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Reason::TooOld => "too_old",
            Reason::TooNew => "too_new",
            Reason::Expired => "expired",
            Reason::Refused => "refused",
            Reason::Empty => "empty",
            Reason::Filtered => "filtered",
            Reason::BestEffort => "best_effort",
        }
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|reason| *reason == self).unwrap_or_default()
    }
}

/// All counters of one instance.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Records read, by `Class::index`.
    classes: Vec<(String, AtomicU64)>,
    destinations: Vec<Destination>,
    /// Chunks, whatever became of them.
    pub chunks: AtomicU64,
    /// Chunks with malformed bytes.
    pub malformed_chunks: AtomicU64,
    /// Entries of a chunk that hold no record.
    pub shapeless: AtomicU64,
    /// Records whose class is dropped on purpose.
    pub dropped_on_purpose: AtomicU64,
    /// Chunks that came again after a retry and were known.
    pub replayed_chunks: AtomicU64,
    /// Names that had to use a fallback.
    pub missing_fields: AtomicU64,
    /// Events of stops that were told already.
    pub repeated_stops: AtomicU64,
    /// Messages of the queue, when one is polled.
    pub queue: Queue,
}

/// Counters of the queue of events.
#[derive(Debug, Default)]
pub struct Queue {
    /// Received, also those that came again.
    pub received: AtomicU64,
    /// Deleted, their events having arrived.
    pub deleted: AtomicU64,
    /// Left to the queue because their events could not be delivered.
    pub left: AtomicU64,
    /// Left to the queue's redrive policy because they are no events.
    pub poison: AtomicU64,
}

/// Counters of one destination.
#[derive(Debug, Default)]
pub struct Destination {
    name: String,
    /// Records confirmed.
    pub delivered: AtomicU64,
    /// Requests sent, whatever the reply.
    pub requests: AtomicU64,
    /// Requests that had to be sent again.
    pub retries: AtomicU64,
    /// Records whose end was cut off.
    pub cut: AtomicU64,
    /// Objects uploaded from the spool.
    pub objects: AtomicU64,
    /// Its circuit breaker: 0 closed, 1 half open, 2 open.
    pub breaker: AtomicU64,
    lost: [AtomicU64; Reason::ALL.len()],
}

/// The counters of one destination at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The destination's name.
    pub name: String,
    /// Records confirmed.
    pub delivered: u64,
    /// Requests sent.
    pub requests: u64,
    /// Requests that had to be sent again.
    pub retries: u64,
    /// Records whose end was cut off.
    pub cut: u64,
    /// Objects uploaded from the spool.
    pub objects: u64,
    /// Records that did not arrive, by reason; only those that happened.
    pub lost: Vec<(Reason, u64)>,
}

impl Metrics {
    /// Counters for these classes (in the order of `Class::index`) and destinations.
    #[must_use]
    pub fn new(classes: Vec<String>, destinations: Vec<String>) -> Self {
        let destinations =
            destinations.into_iter().map(|name| Destination { name, ..Destination::default() });
        Self {
            classes: classes.into_iter().map(|name| (name, AtomicU64::new(0))).collect(),
            destinations: destinations.collect(),
            ..Self::default()
        }
    }

    /// Counts what one chunk held: records by class, those dropped on purpose, entries that are no records, a fault.
    pub fn count_chunk(&self, classes: &[u64], dropped: u64, shapeless: u64, faulty: bool) {
        self.chunks.fetch_add(1, Relaxed);
        for ((_, counter), count) in self.classes.iter().zip(classes) {
            counter.fetch_add(*count, Relaxed);
        }
        self.dropped_on_purpose.fetch_add(dropped, Relaxed);
        self.shapeless.fetch_add(shapeless, Relaxed);
        self.malformed_chunks.fetch_add(u64::from(faulty), Relaxed);
    }

    /// The counters of a destination.
    #[must_use]
    pub fn destination(&self, index: usize) -> &Destination {
        static NOBODY: Destination = Destination {
            name: String::new(),
            delivered: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            breaker: AtomicU64::new(0),
            lost: [const { AtomicU64::new(0) }; Reason::ALL.len()],
        };
        self.destinations.get(index).unwrap_or(&NOBODY)
    }

    /// Records read so far, by class name; planned stops count as stops.
    #[must_use]
    pub fn classes(&self) -> Vec<(String, u64)> {
        let mut sums: Vec<(String, u64)> = Vec::new();
        for (name, counter) in &self.classes {
            let count = counter.load(Relaxed);
            match sums.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += count,
                None => sums.push((name.clone(), count)),
            }
        }
        sums
    }

    /// Every destination's counters.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Snapshot> {
        self.destinations.iter().map(Destination::snapshot).collect()
    }
}

impl Destination {
    /// The one way a record is let go.
    pub fn lost(&self, reason: Reason, records: u64) {
        if let Some(counter) = self.lost.get(reason.index()) {
            counter.fetch_add(records, Relaxed);
        }
    }

    fn snapshot(&self) -> Snapshot {
        let lost = Reason::ALL.into_iter().zip(self.lost.iter().map(|counter| counter.load(Relaxed)));
        Snapshot {
            name: self.name.clone(),
            delivered: self.delivered.load(Relaxed),
            requests: self.requests.load(Relaxed),
            retries: self.retries.load(Relaxed),
            cut: self.cut.load(Relaxed),
            objects: self.objects.load(Relaxed),
            lost: lost.filter(|(_, count)| *count > 0).collect(),
        }
    }
}
