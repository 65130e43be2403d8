//! The metrics as an endpoint shows them.
//!
//! Owns: names, help texts and labels by Prometheus's conventions (counters end with `_total`, units are spelled out).
//! Does not own: how a host shows anything (the plugin package), or when (`worker::statistics`).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{DestinationCounters, Metrics};

/// Whether a value may go down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// A metric with all its series, which differ in their labels' values.
#[derive(Debug, Clone, Copy)]
pub struct MetricFamily {
    /// Whether its values may go down.
    pub kind: MetricKind,
    /// Its name without the prefix `fluentbit_ecs_router_`.
    pub name: &'static str,
    /// The help text, one sentence.
    pub help: &'static str,
    values: MetricSource,
}

/// Where the values of a family come from.
#[derive(Debug, Clone, Copy)]
enum MetricSource {
    Instance(fn(&Metrics) -> &AtomicU64),
    Class,
    /// By class, too.
    Budget(fn(&Metrics) -> &[AtomicU64]),
    RedactionRule,
    Destination(fn(&DestinationCounters) -> &AtomicU64),
    Reason,
}

use MetricSource::{Budget, Class, Destination, Instance, Reason, RedactionRule};

const fn counter(name: &'static str, help: &'static str, values: MetricSource) -> MetricFamily {
    MetricFamily { kind: MetricKind::Counter, name, help, values }
}

const fn gauge(name: &'static str, help: &'static str, values: MetricSource) -> MetricFamily {
    MetricFamily { kind: MetricKind::Gauge, name, help, values }
}

/// Every metric of the plugin.
pub const FAMILIES: [MetricFamily; 47] = [
    counter("records_total", "Records read.", Class),
    counter("chunks_total", "Chunks read, without those that came again.", Instance(|all| &all.chunks)),
    counter(
        "malformed_chunks_total",
        "Chunks with bytes that are not records.",
        Instance(|all| &all.malformed_chunks),
    ),
    counter("replayed_chunks_total", "Chunks that came again.", Instance(|all| &all.replayed_chunks)),
    counter(
        "late_chunks_total",
        "Chunks that came more than 30 seconds after their oldest record.",
        Instance(|all| &all.late_chunks),
    ),
    counter("shapeless_entries_total", "Entries that hold no record.", Instance(|all| &all.shapeless)),
    counter(
        "dropped_records_total",
        "Records dropped on purpose: by a route, a limit or a sample.",
        Instance(|all| &all.dropped_on_purpose),
    ),
    counter("limited_records_total", "Records dropped by limit.<class>.", Budget(|all| &all.limited)),
    counter("sampled_out_records_total", "Records dropped by sample.<class>.", Budget(|all| &all.sampled)),
    counter(
        "missing_fields_total",
        "Chunks with a name that lacked a field without a fallback.",
        Instance(|all| &all.missing_fields),
    ),
    counter(
        "repeated_stops_total",
        "Events of stops that had been told already.",
        Instance(|all| &all.repeated_stops),
    ),
    counter(
        "unvouched_events_total",
        "Records like events under a tag that is not trusted.",
        Instance(|all| &all.unvouched_events),
    ),
    counter(
        "unmarked_records_total",
        "Records whose stream a filter has removed.",
        Instance(|all| &all.unmarked_records),
    ),
    counter(
        "unopened_envelopes_total",
        "Records that may hold events and exceed the budget for opening them.",
        Instance(|all| &all.unopened_envelopes),
    ),
    counter(
        "joined_lines_total",
        "Lines that became parts of the record before them.",
        Instance(|all| &all.joined_lines),
    ),
    counter("redacted_values_total", "Values that were masked.", RedactionRule),
    counter(
        "recorder_held_records_total",
        "Records that the flight recorder took.",
        Instance(|all| &all.recorder.held),
    ),
    counter(
        "recorder_released_records_total",
        "Records that the flight recorder sent around an error or a stop.",
        Instance(|all| &all.recorder.released),
    ),
    counter(
        "recorder_expired_records_total",
        "Records that the flight recorder discarded because no error came within its window.",
        Instance(|all| &all.recorder.expired),
    ),
    counter(
        "recorder_evicted_records_total",
        "Records that the flight recorder discarded for lack of memory.",
        Instance(|all| &all.recorder.evicted),
    ),
    counter(
        "recorder_evicted_bytes_total",
        "Memory of the records that the flight recorder discarded for lack of it.",
        Instance(|all| &all.recorder.evicted_bytes),
    ),
    gauge(
        "recorder_memory_bytes",
        "Memory that the flight recorder uses.",
        Instance(|all| &all.recorder.memory_bytes),
    ),
    counter(
        "delivered_records_total",
        "Records that the destination confirmed.",
        Destination(|one| &one.delivered),
    ),
    counter(
        "delivered_bytes_total",
        "Bytes of bodies that the destination took.",
        Destination(|one| &one.bytes),
    ),
    counter(
        "billed_bytes_total",
        "Bytes that the vendor bills for what was delivered.",
        Destination(|one| &one.billed),
    ),
    counter("requests_total", "Requests sent.", Destination(|one| &one.requests)),
    counter("retries_total", "Requests that had to be sent again.", Destination(|one| &one.retries)),
    counter(
        "misconfigured_replies_total",
        "Replies that said a key, an address, a name or a permission is wrong.",
        Destination(|one| &one.misconfigured),
    ),
    counter("cut_records_total", "Records whose end was cut off.", Destination(|one| &one.cut)),
    counter(
        "overflow_records_total",
        "Records beyond name_limit that went to the overflow name.",
        Destination(|one| &one.overflowed),
    ),
    counter(
        "refused_entities_total",
        "Entities of log events that the service refused.",
        Destination(|one| &one.refused_entities),
    ),
    counter("uploaded_objects_total", "Objects uploaded from the spool.", Destination(|one| &one.objects)),
    counter("lost_records_total", "Records that did not arrive.", Reason),
    counter("queue_received_messages_total", "Messages received.", Instance(|all| &all.queue.received)),
    counter("queue_deleted_messages_total", "Messages delivered.", Instance(|all| &all.queue.deleted)),
    counter("queue_left_messages_total", "Messages not delivered.", Instance(|all| &all.queue.left)),
    counter(
        "queue_poison_messages_total",
        "Messages that are not ECS events.",
        Instance(|all| &all.queue.poison),
    ),
    counter("opened_incidents_total", "Incidents that began.", Instance(|all| &all.incidents.opened)),
    counter("resolved_incidents_total", "Incidents that are over.", Instance(|all| &all.incidents.resolved)),
    counter(
        "evicted_incidents_total",
        "Incidents that ended because too many were open.",
        Instance(|all| &all.incidents.evicted),
    ),
    counter(
        "dropped_incident_news_total",
        "News of incidents that no destination took.",
        Instance(|all| &all.incidents.dropped_news),
    ),
    gauge("open_incidents", "Incidents that are not over.", Instance(|all| &all.incidents.open)),
    gauge(
        "breaker_state",
        "Circuit breaker: 0 closed, 1 half-open, 2 open.",
        Destination(|one| &one.breaker),
    ),
    gauge(
        "waiting_chunks",
        "Chunks that wait in Fluent Bit for the destination.",
        Destination(|one| &one.waiting_chunks),
    ),
    gauge(
        "waiting_records",
        "Records of these chunks that the destination lacks.",
        Destination(|one| &one.waiting_records),
    ),
    gauge("spool_objects", "Objects that wait in the spool.", Destination(|one| &one.spool_objects)),
    gauge("spool_bytes", "Bytes that wait in the spool.", Destination(|one| &one.spool_bytes)),
];

impl MetricFamily {
    /// The names of its labels.
    #[must_use]
    pub const fn labels(&self) -> &'static [&'static str] {
        match self.values {
            Instance(_) => &[],
            Class | Budget(_) => &["class"],
            RedactionRule => &["rule"],
            Destination(_) => &["destination"],
            Reason => &["destination", "reason"],
        }
    }

    /// Visits each series with the values of its labels and its number: always the same series in the same order, those
    /// of 0 too. Allocates nothing.
    pub fn for_each_series(&self, metrics: &Metrics, visit: &mut dyn FnMut(&[&str], u64)) {
        match self.values {
            Instance(number) => visit(&[], number(metrics).load(Relaxed)),
            Class => metrics.for_each_class(&mut |class, count| visit(&[class], count)),
            Budget(counters) => {
                let counters = counters(metrics);
                metrics.for_each_class_in(&|index| counters.get(index), &mut |class, count| {
                    visit(&[class], count)
                });
            }
            RedactionRule => {
                metrics.redacted.iter().for_each(|(name, count)| visit(&[name], count.load(Relaxed)));
            }
            Destination(number) => {
                metrics.destinations.iter().for_each(|one| visit(&[&one.name], number(one).load(Relaxed)));
            }
            Reason => {
                for one in &metrics.destinations {
                    one.reasons().for_each(|(reason, count)| visit(&[&one.name, reason.name()], count));
                }
            }
        }
    }
}

/// Shows the metrics of one instance at the host's own endpoint.
pub trait Exporter: fmt::Debug + Send {
    /// Writes the current values.
    fn export(&mut self, metrics: &Metrics);
}

#[cfg(test)]
mod tests;
