//! What a router says of itself when it ends: what became of every record, and where some may be missing that it never
//! saw.
//!
//! Owns: the one line and the one record. Does not own: where they go, or when (`router::sign_off`).

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::summary::cut_words;
use super::{EmfSource, RecorderCounts, Snapshot};

/// Signs that records are missing which the router never had, or does not have any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SuspectedGaps {
    /// Chunks with bytes that were not records and were skipped.
    pub malformed_chunks: u64,
    /// Entries of chunks that held no record.
    pub shapeless_entries: u64,
    /// Chunks that came late: an input was paused, and its sender may have dropped lines meanwhile.
    pub late_chunks: u64,
    /// How late the latest of them was, in seconds.
    pub longest_delay_seconds: u64,
    /// Chunks that were handed back to Fluent Bit and have not come again.
    pub waiting_chunks: u64,
    /// Chunks on which work was not done when the time for the exit was over.
    pub unfinished_chunks: u64,
}

impl SuspectedGaps {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// `2 malformed chunks, 1 late chunks (up to 95 s)`, or `none`.
    fn words(&self) -> String {
        let delay = format!("late chunks (up to {} s)", self.longest_delay_seconds);
        let counts = [
            (self.malformed_chunks, "malformed chunks"),
            (self.shapeless_entries, "entries without a record"),
            (self.late_chunks, &*delay),
            (self.waiting_chunks, "chunks handed back to Fluent Bit"),
            (self.unfinished_chunks, "chunks unfinished"),
        ];
        let found = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = found.map(|(count, what)| format!("{count} {what}")).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    }
}

/// What one router did, from its start to its end.
#[derive(Debug, Clone, Default)]
pub struct SignOff {
    /// Where it ran.
    pub source: EmfSource,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Records read.
    pub read: u64,
    /// Records that were dropped on purpose: by a route, a limit or a sample.
    pub dropped: u64,
    /// Dropped records that limits and samples dropped.
    pub over_limits: u64,
    /// What became of the lines of the flight recorder; `None`: it is off.
    pub recorder: Option<RecorderCounts>,
    /// What became of the others, by destination.
    pub destinations: Vec<Snapshot>,
    /// What may be missing besides.
    pub gaps: SuspectedGaps,
}

/// Stands in [`SignOff`]'s record, which is not the report of a stop.
const ROUTER_EVENT: &str = "exit";

impl SignOff {
    /// Whether somebody should look: records were lost, skipped, handed back or not finished. That some were late is a hint
    /// only, for a record may keep an old time of its own.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        let besides_late = SuspectedGaps { late_chunks: 0, longest_delay_seconds: 0, ..self.gaps };
        self.lost() > 0 || !besides_late.is_empty()
    }

    /// `1200 records read, 1198 delivered, 2 lost (errors: too_old 2); gaps suspected: none`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text =
            format!("{} records read, {} delivered, {} lost", self.read, self.delivered(), self.lost());
        let reasons: Vec<String> = self.destinations.iter().filter_map(reasons).collect();
        if !reasons.is_empty() {
            // Writing to a text cannot fail.
            write!(text, " ({})", reasons.join("; ")).ok();
        }
        text += &cut_words(self.cut());
        if self.over_limits > 0 {
            write!(text, ", {} dropped by limits and samples", self.over_limits).ok();
        }
        if let Some(counts) = &self.recorder {
            text = text + "; recorder: " + &recorder_words(counts);
        }
        text + "; gaps suspected: " + &self.gaps.words()
    }

    /// The record; its own delivery is not in it.
    #[must_use]
    pub fn record(&self) -> Value {
        let mut record = json!({
            "router_event": ROUTER_EVENT,
            "summary": format!("Router of {} ended: {}.", self.place(), self.summary()),
            "started_at": self.started_at.to_string(),
            "ended_at": self.ended_at.to_string(),
            "runtime_seconds": self.ended_at.duration_since(self.started_at).as_secs(),
            "records_read": self.read,
            "records_delivered": self.delivered(),
            "records_lost": self.lost(),
            "records_left_out": self.left_out(),
            "records_cut": self.cut(),
            "records_dropped": self.dropped,
            "gaps_suspected": !self.gaps.is_empty(),
            "gaps": self.gaps,
            "destinations": self.destinations.iter().map(destination).collect::<Vec<_>>(),
            "version": env!("CARGO_PKG_VERSION"),
        });
        if self.over_limits > 0 {
            record["records_over_limits"] = self.over_limits.into();
        }
        if let Some(counts) = &self.recorder {
            record["recorder"] = recorder_object(counts);
        }
        let EmfSource { cluster, service, task_id, .. } = &self.source;
        for (key, value) in [("cluster", cluster), ("service", service), ("task_id", task_id)] {
            if let Some(value) = value {
                record[key] = value.as_str().into();
            }
        }
        record
    }

    fn place(&self) -> String {
        let EmfSource { cluster, service, task_id, .. } = &self.source;
        match (task_id, service, cluster) {
            (Some(task), Some(service), Some(cluster)) => {
                format!("task {task} of {service} (cluster {cluster})")
            }
            (Some(task), ..) => format!("task {task}"),
            _ => "a process outside of ECS".to_owned(),
        }
    }

    fn delivered(&self) -> u64 {
        self.destinations.iter().map(|one| one.delivered).sum()
    }

    fn lost(&self) -> u64 {
        self.destinations.iter().map(|one| sum(one, true)).sum()
    }

    fn cut(&self) -> u64 {
        self.destinations.iter().map(|one| one.cut).sum()
    }

    fn left_out(&self) -> u64 {
        self.destinations.iter().map(|one| sum(one, false)).sum()
    }
}

/// Records that did not arrive: lost, or left out on purpose.
fn sum(one: &Snapshot, is_loss: bool) -> u64 {
    one.lost.iter().filter(|(reason, _)| reason.is_loss() == is_loss).map(|(_, count)| count).sum()
}

/// `errors: too_old 2, refused 1`, of a destination that lost some.
fn reasons(one: &Snapshot) -> Option<String> {
    let lost = one.lost.iter().filter(|(reason, _)| reason.is_loss());
    let words: Vec<String> = lost.map(|(reason, count)| format!("{} {count}", reason.name())).collect();
    (!words.is_empty()).then(|| format!("{}: {}", one.name, words.join(", ")))
}

/// `900 lines held, 120 released, 780 not delivered on purpose`, of which some for lack of memory.
fn recorder_words(counts: &RecorderCounts) -> String {
    let RecorderCounts { held, released, evicted, .. } = *counts;
    let kept_back = held.saturating_sub(released);
    let for_lack_of_memory = match evicted {
        0 => String::new(),
        evicted => format!(" ({evicted} of them for lack of memory)"),
    };
    format!("{held} lines held, {released} released, {kept_back} not released on purpose{for_lack_of_memory}")
}

fn recorder_object(counts: &RecorderCounts) -> Value {
    json!({
        "held": counts.held,
        "released": counts.released,
        "expired": counts.expired,
        "evicted": counts.evicted,
        "held_at_the_end": counts.remaining(),
    })
}

fn destination(one: &Snapshot) -> Value {
    let reasons: Value = one.lost.iter().map(|(reason, count)| (reason.name(), *count)).collect();
    json!({
        "name": one.name,
        "delivered": one.delivered,
        "lost": sum(one, true),
        "left_out": sum(one, false),
        "cut": one.cut,
        "reasons": reasons,
        "waiting_records": one.waiting_records,
        "spool_objects": one.spool_objects,
        "spool_bytes": one.spool_bytes,
    })
}

#[cfg(test)]
mod tests;
