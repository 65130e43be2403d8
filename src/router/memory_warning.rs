//! Tells that a container stays close to its memory limit: a line in the log, and a record where somebody wants it.
//!
//! Owns: what the record says, and to whom it goes. Does not own: when a container is to be told of (`watch`).

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Router;
use super::own_records::OwnNames;
use super::process::OwnRecord;
use crate::delivery::progress::Progress;
use crate::level::LogLevel;
use crate::log::Level;
use crate::metrics::{EmfSource, Reason};
use crate::watch::MemoryWarning;

/// What names may hold of the record.
const WARNING_NAMES: OwnNames = OwnNames { tag: b"ecs_router.memory", class: "memory_warning" };

/// What to do about it.
const HINT: &str = "Raise the container's memory limit, or find out what grows: at its limit the kernel kills it (exit 137).";

impl Router {
    /// Tells it once; a destination that does not take the record within `flush_timeout` goes without.
    pub(super) async fn tell_memory_warning(&self, warning: &MemoryWarning) {
        let source = self.own_source();
        let summary = summary(warning, &source);
        self.log.line(Level::Warn, format_args!("{summary} {HINT}"));
        if self.memory_route.is_empty() {
            return;
        }
        let records = [OwnRecord {
            at_ms: warning.at.as_millisecond(),
            content: record(warning, &source, &summary),
            level: self.pipeline.own_level(LogLevel::Warn),
        }];
        let routes = self.pipeline.routes_to(&self.memory_route);
        let progress = Progress::new(self.senders.len());
        let deadline = Instant::now() + self.flush_timeout;
        self.send_own(&routes, WARNING_NAMES, &records, &progress, deadline).await;
        for index in self.memory_route.iter().filter(|index| progress.missing(**index) > 0) {
            self.metrics.destination(*index).count_lost(Reason::BestEffort, 1);
            if let Some(sender) = self.senders.get(*index) {
                let name = &sender.destination.common.name;
                let text = format_args!(
                    "destination {name}: a record of route.memory_warning was not taken within flush_timeout and is lost"
                );
                self.log.line(Level::Error, text);
            }
        }
    }
}

/// `Container app of web (cluster prod, task 0123abcd) uses 490 of 512 MiB, 95 % of its limit or more for 10 s.`
fn summary(warning: &MemoryWarning, source: &EmfSource) -> String {
    let MemoryWarning { container, used, limit, threshold, since, at } = warning;
    let place: Vec<String> = [("cluster", &source.cluster), ("task", &source.task_id)]
        .into_iter()
        .filter_map(|(what, name)| Some(format!("{what} {}", name.as_ref()?)))
        .collect();
    let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
    let owner = source.service.as_ref().map(|service| format!(" of {service}")).unwrap_or_default();
    format!(
        "Container {container}{owner}{place} uses {} of {} MiB, {threshold} % of its limit or more for {} s.",
        used >> 20,
        limit >> 20,
        at.duration_since(*since).as_secs()
    )
}

fn record(warning: &MemoryWarning, source: &EmfSource, summary: &str) -> Value {
    let mut record = json!({
        "router_event": WARNING_NAMES.class,
        "severity": "warning",
        "log": summary,
        "hint": HINT,
        "container_name": warning.container,
        "used_bytes": warning.used,
        "limit_bytes": warning.limit,
        "used_percent": warning.used.saturating_mul(100).checked_div(warning.limit),
        "threshold_percent": warning.threshold,
        "above_since": warning.since.to_string(),
        "seen_at": warning.at.to_string(),
    });
    let EmfSource { cluster, service, task_id, .. } = source;
    for (key, value) in [("cluster", cluster), ("service", service), ("task_id", task_id)] {
        if let Some(value) = value {
            record[key] = value.as_str().into();
        }
    }
    record
}
