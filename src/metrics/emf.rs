//! The counters as CloudWatch's embedded metric format: log events from which CloudWatch makes metrics.
//!
//! Owns: names, units, dimensions, and that values are what was counted since the last documents. Does not own: when they
//! are written (`router::emf`), or the way to CloudWatch. The format:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>,
//! read 2026-11.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use serde_json::{Map, Value, json};

use super::{Metrics, Snapshot, StopCounts, StopSeries};

/// What all documents of one process say.
#[derive(Debug, Clone, Default)]
pub struct EmfSource {
    /// Namespace of the metrics.
    pub namespace: String,
    /// Name of the cluster that the router runs in.
    pub cluster: Option<String>,
    /// The router's own service, or its task definition's family.
    pub service: Option<String>,
    /// Id of the router's own task: a property, never a dimension.
    pub task_id: Option<String>,
}

/// What of a destination is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmfScope {
    /// Nothing: it is the one that takes the metrics.
    Hidden,
    /// All but the spool, which it does not have.
    WithoutSpool,
    /// All.
    Whole,
}

/// Every value that the documents are made of, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricsReading {
    read: u64,
    malformed_chunks: u64,
    unvouched_events: u64,
    open_incidents: u64,
    destinations: Vec<Snapshot>,
    stops: BTreeMap<StopSeries, StopCounts>,
}

impl Metrics {
    /// Reads what the documents are made of.
    #[must_use]
    pub fn reading(&self) -> MetricsReading {
        MetricsReading {
            read: self.classes().iter().map(|(_, count)| count).sum(),
            malformed_chunks: self.malformed_chunks.load(Relaxed),
            unvouched_events: self.unvouched_events.load(Relaxed),
            open_incidents: self.incidents.open.load(Relaxed),
            destinations: self.snapshot(),
            stops: self.stops.read(),
        }
    }
}

/// A metric's name, unit and value.
type EmfMetric = (&'static str, &'static str, u64);

/// The longest value of a dimension, in characters; CloudWatch takes 1,024.
const MAX_DIMENSION_CHARS: usize = 255;

/// Stands for a dimension's value that nothing tells.
const UNKNOWN: &str = "unknown";

impl MetricsReading {
    /// The documents about what happened since `before`, dated `at_ms`; `scopes` says what of each destination is shown.
    #[must_use]
    pub fn documents(
        &self,
        before: &MetricsReading,
        source: &EmfSource,
        scopes: &[EmfScope],
        at_ms: i64,
    ) -> Vec<Value> {
        let head = DocumentHead { source, at_ms };
        let mut documents = vec![head.about_router(self, before)];
        for (index, (now, scope)) in self.destinations.iter().zip(scopes).enumerate() {
            let since =
                before.destinations.get(index).map_or_else(|| now.clone(), |before| now.since(before));
            documents.extend(head.about_destination(&since, *scope));
        }
        for (series, counts) in &self.stops {
            let before = before.stops.get(series).copied().unwrap_or_default();
            documents.extend(head.about_stops(series, counts.since(before)));
        }
        documents
    }
}

impl StopCounts {
    fn since(self, before: StopCounts) -> StopCounts {
        StopCounts {
            all: self.all.saturating_sub(before.all),
            failed: self.failed.saturating_sub(before.failed),
        }
    }
}

/// What each document begins with.
struct DocumentHead<'s> {
    source: &'s EmfSource,
    at_ms: i64,
}

impl DocumentHead<'_> {
    fn about_router(&self, now: &MetricsReading, before: &MetricsReading) -> Value {
        let metrics = [
            ("ReadRecords", "Count", now.read.saturating_sub(before.read)),
            ("MalformedChunks", "Count", now.malformed_chunks.saturating_sub(before.malformed_chunks)),
            ("UnvouchedEvents", "Count", now.unvouched_events.saturating_sub(before.unvouched_events)),
            ("OpenIncidents", "Count", now.open_incidents),
        ];
        self.document(&self.place(), &metrics)
    }

    /// Also of a destination without traffic: an alarm needs values to leave its state.
    fn about_destination(&self, since: &Snapshot, scope: EmfScope) -> Option<Value> {
        let lost = since.lost.iter().filter(|(reason, _)| reason.is_loss());
        let mut metrics = vec![
            ("DeliveredRecords", "Count", since.delivered),
            ("DeliveredBytes", "Bytes", since.bytes),
            ("LostRecords", "Count", lost.map(|(_, count)| count).sum::<u64>()),
            ("Requests", "Count", since.requests),
            ("Retries", "Count", since.retries),
            ("MisconfiguredReplies", "Count", since.misconfigured),
            ("WaitingRecords", "Count", since.waiting_records),
            ("BreakerState", "None", since.breaker),
        ];
        match scope {
            EmfScope::Hidden => return None,
            EmfScope::WithoutSpool => {}
            EmfScope::Whole => {
                metrics.push(("SpoolObjects", "Count", since.spool_objects));
                metrics.push(("SpoolBytes", "Bytes", since.spool_bytes));
            }
        }
        let [cluster, service] = self.place();
        let mut document = self.document(&[cluster, service, ("Destination", since.name.as_str())], &metrics);
        if !since.lost.is_empty() {
            document["lost"] = since.lost.iter().map(|(reason, count)| (reason.name(), *count)).collect();
        }
        Some(document)
    }

    /// Of stops that happened only: most services never stop in most ways, and each combination is billed.
    fn about_stops(&self, series: &StopSeries, since: StopCounts) -> Option<Value> {
        let dimensions =
            [("Cluster", &*series.cluster), ("Service", &series.service), ("Category", &series.category)];
        let metrics = [("Stops", "Count", since.all), ("FailedStops", "Count", since.failed)];
        (since.all > 0).then(|| self.document(&dimensions, &metrics))
    }

    /// Where the router runs.
    fn place(&self) -> [(&'static str, &str); 2] {
        [
            ("Cluster", self.source.cluster.as_deref().unwrap_or_default()),
            ("Service", self.source.service.as_deref().unwrap_or_default()),
        ]
    }

    fn document(&self, dimensions: &[(&str, &str)], metrics: &[EmfMetric]) -> Value {
        let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
        let definitions: Vec<Value> =
            metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
        let directive = json!({
            "Namespace": self.source.namespace, "Dimensions": [names], "Metrics": definitions,
        });
        let mut root = Map::new();
        root.insert("_aws".into(), json!({"Timestamp": self.at_ms, "CloudWatchMetrics": [directive]}));
        for (name, value) in dimensions {
            root.insert((*name).to_owned(), dimension(value).into());
        }
        for (name, _, value) in metrics {
            root.insert((*name).to_owned(), (*value).into());
        }
        root.extend(self.source.task_id.as_ref().map(|id| ("task_id".to_owned(), id.as_str().into())));
        Value::Object(root)
    }
}

/// A value that CloudWatch takes: some visible ASCII, which does not begin with a colon.
fn dimension(text: &str) -> String {
    let ascii = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '_' };
    let text: String =
        text.trim_start_matches([':', ' ']).trim_end().chars().take(MAX_DIMENSION_CHARS).map(ascii).collect();
    if text.is_empty() { UNKNOWN.to_owned() } else { text }
}

#[cfg(test)]
mod tests;
