//! The most memory that each container was seen to use, from `/task/stats` of the task metadata endpoint.
//!
//! Pure. The format is that of Docker's statistics, by runtime id
//! (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html>, read 2026-11).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::task_metadata::TaskMetadata;

/// What one container uses now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemoryReading {
    /// The container's runtime id.
    pub(super) id: String,
    /// The container's name.
    pub(super) container: String,
    /// In bytes.
    pub(super) used: u64,
    /// What it, or else its task, may use, in bytes.
    pub(super) limit: u64,
}

impl MemoryReading {
    /// Whether it uses this share of its limit, in percent, or more.
    pub(super) fn is_above(&self, percent: u64) -> bool {
        self.used.saturating_mul(100) >= self.limit.saturating_mul(percent)
    }
}

/// The containers of one task.
#[derive(Debug, Default)]
pub(super) struct MemoryPeaks(BTreeMap<String, MemoryPeak>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MemoryPeak {
    used: u64,
    limit: u64,
    seen_at: Timestamp,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContainerStats {
    memory_stats: MemoryStats,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MemoryStats {
    usage: u64,
    limit: u64,
    stats: BTreeMap<String, Value>,
}

impl MemoryStats {
    /// Without the page cache that the kernel takes back under pressure, as `docker stats` counts.
    fn used(&self) -> u64 {
        let cache =
            ["total_inactive_file", "inactive_file"].iter().find_map(|name| self.stats.get(*name)?.as_u64());
        self.usage.saturating_sub(cache.unwrap_or_default())
    }
}

impl MemoryPeaks {
    /// Notes what the containers use now.
    pub(super) fn update(&mut self, task: &TaskMetadata, readings: &[MemoryReading], now: Timestamp) {
        for MemoryReading { id, used, limit, .. } in readings {
            self.note(id.clone(), MemoryPeak { used: *used, limit: *limit, seen_at: now });
        }
        self.0.retain(|id, _| task.containers.iter().any(|container| container.docker_id == *id));
    }

    fn note(&mut self, id: String, seen: MemoryPeak) {
        let peak = self.0.entry(id).or_insert(seen);
        if seen.used >= peak.used {
            *peak = seen;
        }
    }

    /// Adds what is known of the container to the event about its end.
    pub(super) fn add_to(&self, event: &mut Value) {
        let Some(container) = event.pointer_mut("/detail/container").and_then(Value::as_object_mut) else {
            return;
        };
        let id = container.get("runtimeId").and_then(Value::as_str).unwrap_or_default();
        if let Some(peak) = self.0.get(id).filter(|peak| peak.used > 0) {
            let memory = json!({"highestBytes": peak.used, "limitBytes": peak.limit, "seenAt": peak.seen_at.to_string()});
            container.insert("memory".to_owned(), memory);
        }
    }
}

/// What the endpoint says of the task's containers; what cannot be read is passed over.
pub(super) fn readings(task: &TaskMetadata, stats: &[u8]) -> Vec<MemoryReading> {
    let stats = serde_json::from_slice::<BTreeMap<String, Value>>(stats).unwrap_or_default();
    stats.into_iter().filter_map(|(id, value)| reading(task, id, value)).collect()
}

fn reading(task: &TaskMetadata, id: String, stats: Value) -> Option<MemoryReading> {
    let read = serde_json::from_value::<ContainerStats>(stats).unwrap_or_default().memory_stats;
    let limit = limit(task, &id, read.limit)?;
    let container = task.containers.iter().find(|container| container.docker_id == id)?.name.clone();
    Some(MemoryReading { id, container, used: read.used(), limit })
}

/// The container's own limit, else its task's, else what its statistics say; `None` for a container that is not one of the
/// task's, or has no limit.
fn limit(task: &TaskMetadata, id: &str, of_stats: u64) -> Option<u64> {
    let container = task.containers.iter().find(|container| container.docker_id == id)?;
    let known = container.limits.memory_bytes().or_else(|| task.limits.memory_bytes());
    known.or(Some(of_stats)).filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> TaskMetadata {
        let task = json!({"TaskARN": "a", "Limits": {"CPU": 0.25, "Memory": 1024}, "Containers": [
            {"DockerId": "app", "Name": "app", "Limits": {"CPU": 2, "Memory": 512}},
            {"DockerId": "side", "Name": "side", "Limits": {"CPU": 2}}]});
        TaskMetadata::parse(task.to_string().as_bytes()).unwrap()
    }

    fn stats(used: u64) -> Vec<u8> {
        let memory =
            json!({"usage": used + 7, "limit": 9_223_372_036_854_771_712_u64, "stats": {"inactive_file": 7}});
        json!({"app": {"memory_stats": memory}, "side": {"memory_stats": memory}, "gone": null, "other": {}})
            .to_string()
            .into()
    }

    fn of(peaks: &MemoryPeaks, id: &str) -> Value {
        let mut event = json!({"detail": {"container": {"runtimeId": id}}});
        peaks.add_to(&mut event);
        event["detail"]["container"]["memory"].clone()
    }

    #[test]
    fn the_highest_usage_counts_against_the_nearest_limit() {
        let mut peaks = MemoryPeaks::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        for (second, used) in [(10, 100), (12, 500), (14, 300)] {
            peaks.update(&task(), &readings(&task(), &stats(used)), at(second));
        }
        let seen_at = at(12).to_string();
        assert_eq!(
            of(&peaks, "app"),
            json!({"highestBytes": 500, "limitBytes": 512 << 20, "seenAt": seen_at})
        );
        assert_eq!(of(&peaks, "side")["limitBytes"], 1024 << 20);
        assert_eq!(of(&peaks, "other"), Value::Null);
        assert_eq!(readings(&task(), b"<html>"), []);
        peaks.update(&task(), &[], at(16));
        assert_eq!(of(&peaks, "app")["highestBytes"], 500);
        let other = TaskMetadata::default();
        peaks.update(&other, &readings(&other, &stats(1)), at(18));
        assert_eq!(of(&peaks, "app"), Value::Null, "another task's");
    }
}
