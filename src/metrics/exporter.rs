//! The counters as a metrics endpoint shows them, and the boards they are shown on.
//!
//! Owns: names, help texts and labels by Prometheus's conventions (counters end with `_total`, units are spelled out),
//! and when a board is up. Does not own: how a host shows anything (`ffi`).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use super::{DestinationCounters, Metrics};

/// What a family's numbers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// They only grow.
    Counter,
    /// They come and go.
    Gauge,
}

/// Numbers of one meaning.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// What its numbers do.
    pub kind: MetricKind,
    /// Its name, behind `fluentbit_ecs_router_`.
    pub name: &'static str,
    /// A sentence about it.
    pub help: &'static str,
    numbers: Numbers,
}

/// Where a family's numbers come from.
#[derive(Debug, Clone, Copy)]
enum Numbers {
    Instance(fn(&Metrics) -> &AtomicU64),
    Class,
    DestinationCounters(fn(&DestinationCounters) -> &AtomicU64),
    Reason,
}

use Numbers::{Class, DestinationCounters as Each, Instance, Reason};

const fn counter(name: &'static str, help: &'static str, numbers: Numbers) -> Family {
    Family { kind: MetricKind::Counter, name, help, numbers }
}

const fn gauge(name: &'static str, help: &'static str, numbers: Numbers) -> Family {
    Family { kind: MetricKind::Gauge, name, help, numbers }
}

/// Every family there is.
pub const FAMILIES: [Family; 22] = [
    counter("records_total", "Records read.", Class),
    counter("chunks_total", "Chunks read, without those that came again.", Instance(|all| &all.chunks)),
    counter(
        "malformed_chunks_total",
        "Chunks with bytes that are no records.",
        Instance(|all| &all.malformed_chunks),
    ),
    counter("replayed_chunks_total", "Chunks that came again.", Instance(|all| &all.replayed_chunks)),
    counter("shapeless_entries_total", "Entries that hold no record.", Instance(|all| &all.shapeless)),
    counter(
        "dropped_records_total",
        "Records whose class is routed to drop.",
        Instance(|all| &all.dropped_on_purpose),
    ),
    counter(
        "missing_fields_total",
        "Chunks with a name that used a fallback.",
        Instance(|all| &all.missing_fields),
    ),
    counter(
        "repeated_stops_total",
        "Events of stops that had been told already.",
        Instance(|all| &all.repeated_stops),
    ),
    counter("delivered_records_total", "Records that the destination confirmed.", Each(|one| &one.delivered)),
    counter("delivered_bytes_total", "Bytes of bodies that the destination took.", Each(|one| &one.bytes)),
    counter("requests_total", "Requests sent.", Each(|one| &one.requests)),
    counter("retries_total", "Requests that had to be sent again.", Each(|one| &one.retries)),
    counter("cut_records_total", "Records whose end was cut off.", Each(|one| &one.cut)),
    counter("uploaded_objects_total", "Objects uploaded from the spool.", Each(|one| &one.objects)),
    counter("lost_records_total", "Records that did not arrive.", Reason),
    counter("queue_received_messages_total", "Messages received.", Instance(|all| &all.queue.received)),
    counter("queue_deleted_messages_total", "Messages delivered.", Instance(|all| &all.queue.deleted)),
    counter("queue_left_messages_total", "Messages not delivered.", Instance(|all| &all.queue.left)),
    counter("queue_poison_messages_total", "Messages that are no events.", Instance(|all| &all.queue.poison)),
    gauge("breaker_state", "Circuit breaker: 0 closed, 1 half-open, 2 open.", Each(|one| &one.breaker)),
    gauge("spool_objects", "Objects that wait in the spool.", Each(|one| &one.spool_objects)),
    gauge("spool_bytes", "Bytes that wait in the spool.", Each(|one| &one.spool_bytes)),
];

impl Family {
    /// The names of its labels.
    #[must_use]
    pub const fn labels(&self) -> &'static [&'static str] {
        match self.numbers {
            Instance(_) => &[],
            Class => &["class"],
            Each(_) => &["destination"],
            Reason => &["destination", "reason"],
        }
    }

    /// Shows `see` the values of the labels and the number of each of its series: the same ones in the same order at
    /// any time, those of 0 too. Makes nothing.
    pub fn each(&self, metrics: &Metrics, see: &mut dyn FnMut(&[&str], u64)) {
        match self.numbers {
            Instance(number) => see(&[], number(metrics).load(Relaxed)),
            Class => metrics.each_class(&mut |class, count| see(&[class], count)),
            Each(number) => {
                metrics.destinations.iter().for_each(|one| see(&[&one.name], number(one).load(Relaxed)));
            }
            Reason => {
                for one in &metrics.destinations {
                    one.reasons().for_each(|(reason, count)| see(&[&one.name, reason.name()], count));
                }
            }
        }
    }
}

/// Where the counters of one instance are shown.
pub trait Board: fmt::Debug + Send {
    /// Shows what is counted by now.
    fn show(&mut self, metrics: &Metrics);
}

/// Whoever may have a board for an instance.
pub trait Boards {
    /// A board for these counters; `None` when there is none.
    fn open(&self, metrics: &Metrics) -> Option<Box<dyn Board>>;
}

/// Nobody has one.
#[derive(Debug, Clone, Copy)]
pub struct NoBoards;

impl Boards for NoBoards {
    fn open(&self, _metrics: &Metrics) -> Option<Box<dyn Board>> {
        None
    }
}

/// Where a board hangs until somebody takes it down; after that nobody touches it any more, on whatever thread.
#[derive(Debug, Clone, Default)]
pub struct Place(Arc<Mutex<Option<Box<dyn Board>>>>);

impl Place {
    /// A place for this board, if there is one.
    #[must_use]
    pub fn of(board: Option<Box<dyn Board>>) -> Self {
        Self(Arc::new(Mutex::new(board)))
    }

    /// Shows what is counted by now. `false`: no board hangs here, nor will one again.
    #[must_use]
    pub fn show(&self, metrics: &Metrics) -> bool {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board.as_mut().map(|board| board.show(metrics)).is_some()
    }

    /// Waits until nobody shows anything, then takes the board away.
    pub fn take_down(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{BreakerState, Reason};

    fn metrics() -> Metrics {
        let classes = ["stop", "stop", "stderr"].map(str::to_owned).to_vec();
        Metrics::new(classes, vec!["errors".to_owned(), "lines".to_owned()])
    }

    /// As Prometheus would write it.
    fn text(metrics: &Metrics) -> Vec<String> {
        let mut lines = Vec::new();
        for family in &FAMILIES {
            family.each(metrics, &mut |values, number| {
                assert_eq!(values.len(), family.labels().len(), "{}", family.name);
                let labels: Vec<_> = family
                    .labels()
                    .iter()
                    .zip(values)
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                lines.push(format!("{}{{{}}} {number}", family.name, labels.join(",")));
            });
        }
        lines
    }

    #[test]
    fn every_number_stands_under_its_labels() {
        let metrics = metrics();
        metrics.count_chunk(&[1, 2, 5], 0, 0, false);
        metrics.destination(1).count_lost(Reason::Refused, 3);
        metrics.destination(0).set_breaker(BreakerState::HalfOpen);
        metrics.destination(1).set_spool(4, 500);
        let text = text(&metrics);
        for line in [
            "records_total{class=stop} 3",
            "records_total{class=stderr} 5",
            "chunks_total{} 1",
            "lost_records_total{destination=lines,reason=refused} 3",
            "lost_records_total{destination=errors,reason=refused} 0",
            "breaker_state{destination=errors} 1",
            "breaker_state{destination=lines} 0",
            "spool_bytes{destination=lines} 500",
            "spool_objects{destination=lines} 4",
        ] {
            assert_eq!(text.iter().filter(|found| *found == line).count(), 1, "{line} in {text:#?}");
        }
    }

    #[test]
    fn the_series_are_the_same_whatever_was_counted() {
        let without_numbers = |metrics: &Metrics| -> Vec<String> {
            text(metrics).iter().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
        };
        let metrics = metrics();
        let before = without_numbers(&metrics);
        metrics.count_chunk(&[1, 2, 5], 1, 1, true);
        metrics.destination(0).count_lost(Reason::Empty, 3);
        assert_eq!(without_numbers(&metrics), before);
    }

    #[test]
    fn names_keep_to_the_conventions() {
        for family in &FAMILIES {
            let word = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(family.name.chars().all(word), "{}", family.name);
            assert_eq!(
                family.kind == MetricKind::Counter,
                family.name.ends_with("_total"),
                "{}",
                family.name
            );
            assert!(family.help.ends_with('.'), "{}", family.name);
        }
    }

    #[derive(Debug)]
    struct Count(Arc<AtomicU64>);

    impl Board for Count {
        fn show(&mut self, _metrics: &Metrics) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn a_board_that_was_taken_down_is_not_touched() {
        let shown = Arc::new(AtomicU64::new(0));
        let place = Place::of(Some(Box::new(Count(Arc::clone(&shown)))));
        let elsewhere = place.clone();
        assert!(place.show(&metrics()));
        elsewhere.take_down();
        assert!(!place.show(&metrics()));
        assert_eq!(shown.load(Relaxed), 1);
    }
}
