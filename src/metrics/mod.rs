//! Counters: what came in, what arrived, and what did not, with the reason.
//!
//! Every record that is dropped, cut or rejected is counted by [`DestinationCounters::count_lost`] or in
//! [`DestinationCounters::cut`]; nothing else may let one go. Read by the summary line (`summary`), the host's metrics
//! endpoint (`exporter`), CloudWatch's metrics (`emf`), the tests and the demo.

mod destination;
mod emf;
mod exporter;
mod recorder;
mod sign_off;
mod stops;
mod summary;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub use self::destination::{DestinationCounters, Snapshot};
pub use self::emf::{EmfScope, EmfSource, MetricsReading};
pub use self::exporter::{Exporter, FAMILIES, MetricFamily, MetricKind};
pub use self::recorder::{RecorderCounters, RecorderCounts};
pub use self::sign_off::{SignOff, SuspectedGaps};
pub use self::stops::{StopCounters, StopCounts, StopSeries};

/// The reason that a record did not arrive.
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
    /// Every reason, in the order of the counters.
    pub const ALL: [Reason; 7] = [
        Reason::TooOld,
        Reason::TooNew,
        Reason::Expired,
        Reason::Refused,
        Reason::Empty,
        Reason::Filtered,
        Reason::BestEffort,
    ];

    /// The word for it in summaries and labels.
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

    /// Whether the record is missing somewhere; the other reasons leave out what is not wanted.
    #[must_use]
    pub const fn is_loss(self) -> bool {
        !matches!(self, Reason::Filtered | Reason::Empty)
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|reason| *reason == self).unwrap_or_default()
    }
}

/// The state of a destination's circuit breaker; the numbers are the values of the gauge.
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
    /// Records that limits dropped, by `Class::index`.
    limited: Vec<AtomicU64>,
    /// Records that samples dropped, by `Class::index`.
    sampled: Vec<AtomicU64>,
    destinations: Vec<DestinationCounters>,
    /// Chunks read, whatever became of them; replays do not count.
    pub chunks: AtomicU64,
    /// Chunks with malformed bytes.
    pub malformed_chunks: AtomicU64,
    /// Entries of a chunk that hold no record.
    pub shapeless: AtomicU64,
    /// Records that are dropped on purpose: by a route, a limit or a sample.
    pub dropped_on_purpose: AtomicU64,
    /// Chunks that came again after a retry and were known.
    pub replayed_chunks: AtomicU64,
    /// Chunks with a name that lacked a field without a fallback.
    pub missing_fields: AtomicU64,
    /// Events of stops that were reported already.
    pub repeated_stops: AtomicU64,
    /// Records that read like events, but came in a way that nobody vouches for.
    pub unvouched_events: AtomicU64,
    /// Records of FireLens that a filter has robbed of the fields that tell their stream.
    pub unmarked_records: AtomicU64,
    /// Records that may hold events but take too much to open, so they were delivered as they are.
    pub unopened_envelopes: AtomicU64,
    /// Lines that became parts of the record before them.
    pub joined_lines: AtomicU64,
    /// Chunks that came late.
    pub late_chunks: AtomicU64,
    /// How late the latest of them was, in milliseconds.
    pub longest_delay_ms: AtomicU64,
    /// Values masked, by rule.
    redacted: Vec<(String, AtomicU64)>,
    /// Messages of the queue of events, when one is polled.
    pub queue: QueueCounters,
    /// Incidents, where stops become some.
    pub incidents: IncidentCounters,
    /// Stops by service and category.
    pub stops: StopCounters,
    /// Lines of the flight recorder, where it is on.
    pub recorder: RecorderCounters,
}

/// Counters of incidents.
#[derive(Debug, Default)]
pub struct IncidentCounters {
    /// Begun.
    pub opened: AtomicU64,
    /// Over.
    pub resolved: AtomicU64,
    /// Over only because there were too many at one time.
    pub evicted: AtomicU64,
    /// Not over yet.
    pub open: AtomicU64,
    /// News that was dropped because nobody took it for too long.
    pub dropped_news: AtomicU64,
}

/// Counters of the messages of the queue of events.
#[derive(Debug, Default)]
pub struct QueueCounters {
    /// Received, also those that came again.
    pub received: AtomicU64,
    /// Deleted, their events having arrived.
    pub deleted: AtomicU64,
    /// Left to the queue because their events could not be delivered.
    pub left: AtomicU64,
    /// Left to the queue's redrive policy because they are not events of ECS.
    pub poison: AtomicU64,
}

impl Metrics {
    /// Counters for these classes (in the order of `Class::index`) and destinations.
    #[must_use]
    pub fn new(classes: Vec<String>, destinations: Vec<String>) -> Self {
        Self {
            limited: classes.iter().map(|_| AtomicU64::new(0)).collect(),
            sampled: classes.iter().map(|_| AtomicU64::new(0)).collect(),
            classes: classes.into_iter().map(|name| (name, AtomicU64::new(0))).collect(),
            destinations: destinations.into_iter().map(DestinationCounters::new).collect(),
            ..Self::default()
        }
    }

    /// Counts stops of this many services apart.
    #[must_use]
    pub fn with_max_services(self, max_services: usize) -> Self {
        Self { stops: StopCounters::new(max_services), ..self }
    }

    /// Adds counters for these rules of redaction.
    #[must_use]
    pub fn with_redaction_rules(self, rules: Vec<String>) -> Self {
        Self { redacted: rules.into_iter().map(|name| (name, AtomicU64::new(0))).collect(), ..self }
    }

    /// Counts masked values, in the order of the rules.
    pub fn count_redacted(&self, counts: &[u64]) {
        for ((_, counter), count) in self.redacted.iter().zip(counts) {
            counter.fetch_add(*count, Relaxed);
        }
    }

    /// Masked values so far, by rule.
    #[must_use]
    pub fn redacted(&self) -> Vec<(String, u64)> {
        self.redacted.iter().map(|(name, count)| (name.clone(), count.load(Relaxed))).collect()
    }

    /// Counts what one chunk held: records by class, those dropped on purpose, entries that are not records, and whether
    /// reading had to stop.
    pub fn count_chunk(&self, classes: &[u64], dropped: u64, shapeless: u64, faulty: bool) {
        self.chunks.fetch_add(1, Relaxed);
        for ((_, counter), count) in self.classes.iter().zip(classes) {
            counter.fetch_add(*count, Relaxed);
        }
        self.dropped_on_purpose.fetch_add(dropped, Relaxed);
        self.shapeless.fetch_add(shapeless, Relaxed);
        self.malformed_chunks.fetch_add(u64::from(faulty), Relaxed);
    }

    /// Counts what limits and samples dropped, by `Class::index`; it is among what was dropped on purpose.
    pub fn count_limited(&self, limited: &[u64], sampled: &[u64]) {
        for (counters, counts) in [(&self.limited, limited), (&self.sampled, sampled)] {
            counters.iter().zip(counts).for_each(|(counter, count)| _ = counter.fetch_add(*count, Relaxed));
        }
    }

    /// Records that limits and samples dropped.
    #[must_use]
    pub fn over_limits(&self) -> u64 {
        self.limited.iter().chain(&self.sampled).map(|counter| counter.load(Relaxed)).sum()
    }

    /// The counters of a destination; a sink for everything when there is no such destination.
    #[must_use]
    pub fn destination(&self, index: usize) -> &DestinationCounters {
        static UNKNOWN: DestinationCounters = DestinationCounters::unknown();
        self.destinations.get(index).unwrap_or(&UNKNOWN)
    }

    /// Records read so far, by class name; planned stops count as stops.
    #[must_use]
    pub fn classes(&self) -> Vec<(String, u64)> {
        let mut classes = Vec::new();
        self.for_each_class(&mut |name, count| classes.push((name.to_owned(), count)));
        classes
    }

    /// Visits each class name once, with its records. Allocates nothing.
    fn for_each_class(&self, visit: &mut dyn FnMut(&str, u64)) {
        self.for_each_class_in(&|index| self.classes.get(index).map(|(_, count)| count), visit);
    }

    /// Visits each class name once, with the sum of these counters, which are by `Class::index`.
    fn for_each_class_in<'m>(
        &'m self,
        counter: &dyn Fn(usize) -> Option<&'m AtomicU64>,
        visit: &mut dyn FnMut(&str, u64),
    ) {
        for (position, (name, _)) in self.classes.iter().enumerate() {
            if self.classes.iter().take(position).any(|(other, _)| other == name) {
                continue;
            }
            let same = self.classes.iter().enumerate().filter(|(_, (other, _))| other == name);
            visit(name, same.filter_map(|(index, _)| counter(index)).map(|count| count.load(Relaxed)).sum());
        }
    }

    /// Every destination's counters.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Snapshot> {
        self.destinations.iter().map(DestinationCounters::snapshot).collect()
    }
}
