//! Counters: what came in, what arrived, and what did not, with the reason.
//!
//! Every record that is dropped, cut or rejected goes through [`DestinationCounters::lost`] or [`DestinationCounters::cut`]; nothing else
//! may let one go. Read by the summary line (`summary`), the host's metrics endpoint (`board`), the tests and the
//! demo.

mod destination;
mod exporter;
mod summary;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub use self::destination::{DestinationCounters, Snapshot};
pub use self::exporter::{Board, Boards, FAMILIES, Family, MetricKind, NoBoards, Place};

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

    /// Whether somebody misses the record; the others are left out as they should be.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        !matches!(self, Reason::Filtered | Reason::Empty)
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|reason| *reason == self).unwrap_or_default()
    }
}

/// How a destination's circuit breaker stands; the numbers are what the gauge shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests go out.
    #[default]
    Closed = 0,
    /// One request goes out to see whether the service is back.
    HalfOpen = 1,
    /// No request goes out.
    Open = 2,
}

/// All counters of one instance.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Records read, by `Class::index`.
    classes: Vec<(String, AtomicU64)>,
    destinations: Vec<DestinationCounters>,
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
    pub queue: QueueCounters,
}

/// Counters of the queue of events.
#[derive(Debug, Default)]
pub struct QueueCounters {
    /// Received, also those that came again.
    pub received: AtomicU64,
    /// Deleted, their events having arrived.
    pub deleted: AtomicU64,
    /// Left to the queue because their events could not be delivered.
    pub left: AtomicU64,
    /// Left to the queue's redrive policy because they are no events.
    pub poison: AtomicU64,
}

impl Metrics {
    /// Counters for these classes (in the order of `Class::index`) and destinations.
    #[must_use]
    pub fn new(classes: Vec<String>, destinations: Vec<String>) -> Self {
        Self {
            classes: classes.into_iter().map(|name| (name, AtomicU64::new(0))).collect(),
            destinations: destinations.into_iter().map(DestinationCounters::named).collect(),
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
    pub fn destination(&self, index: usize) -> &DestinationCounters {
        static NOBODY: DestinationCounters = DestinationCounters::nobody();
        self.destinations.get(index).unwrap_or(&NOBODY)
    }

    /// Records read so far, by class name; planned stops count as stops.
    #[must_use]
    pub fn classes(&self) -> Vec<(String, u64)> {
        let mut classes = Vec::new();
        self.each_class(&mut |name, count| classes.push((name.to_owned(), count)));
        classes
    }

    /// The same without making anything.
    fn each_class(&self, see: &mut dyn FnMut(&str, u64)) {
        for (place, (name, _)) in self.classes.iter().enumerate() {
            let same = |(other, _): &&(String, AtomicU64)| other == name;
            if self.classes.iter().take(place).any(|class| same(&class)) {
                continue;
            }
            see(name, self.classes.iter().filter(same).map(|(_, count)| count.load(Relaxed)).sum());
        }
    }

    /// Every destination's counters.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Snapshot> {
        self.destinations.iter().map(DestinationCounters::snapshot).collect()
    }
}
