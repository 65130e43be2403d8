//! How near a container came to its memory limit, as the task metadata endpoint saw it before the end.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{field, time};

/// The memory of a container before it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryUse {
    /// The most that was seen, without the page cache that the kernel takes back under pressure.
    pub highest_bytes: u64,
    /// What the container, or else its task, may use.
    pub limit_bytes: u64,
    /// When that was seen.
    pub seen_at: String,
}

/// From here on, a container that was killed was most likely killed for its memory.
const NEAR_PERCENT: u64 = 90;

impl MemoryUse {
    /// What our own event says of a container.
    pub(super) fn from_container(source: &Value) -> Option<Self> {
        let memory = source.get("memory")?;
        let bytes = |name| u64::try_from(field::integer(memory, name)?).ok().filter(|bytes| *bytes > 0);
        Some(Self {
            highest_bytes: bytes("highestBytes")?,
            limit_bytes: bytes("limitBytes")?,
            seen_at: field::string(memory, "seenAt")?,
        })
    }

    pub(super) fn is_near_limit(&self) -> bool {
        self.highest_bytes.saturating_mul(100) >= self.limit_bytes.saturating_mul(NEAR_PERCENT)
    }

    /// `509 of 512 MiB were used 4 s before`
    pub(super) fn describe(&self, stopped_at: Option<&str>) -> String {
        let before = stopped_at.and_then(|stopped| time::seconds_between(&self.seen_at, stopped));
        let before = before.map(|seconds| format!(" {seconds} s before")).unwrap_or_default();
        format!("{} of {} MiB were used{before}", self.highest_bytes >> 20, self.limit_bytes >> 20)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::stop::{self, StopEvent};

    fn exit(code: i64, highest: u64, seen_at: &str) -> StopEvent {
        let container = json!({"name": "app", "exitCode": code, "stoppedAt": "2026-11-19T21:13:58Z",
            "memory": {"highestBytes": highest << 20, "limitBytes": 512 << 20, "seenAt": seen_at}});
        let event = json!({"source": "ecs_router", "detail-type": "ECS Container Exit",
            "detail": {"container": container}});
        stop::read(event).unwrap()
    }

    #[test]
    fn only_a_killed_container_near_its_limit_is_told_to_have_more() {
        let near = exit(137, 509, "2026-11-19T21:13:54Z");
        assert!(near.summary.contains("; 509 of 512 MiB were used 4 s before"), "{}", near.summary);
        assert!(near.hint.starts_with("Raise the container's memory limit"), "{}", near.hint);
        let far = exit(137, 100, "2026-11-19T21:13:59Z");
        assert!(far.summary.contains("; 100 of 512 MiB were used."), "{}", far.summary);
        assert!(far.hint.starts_with("Compare its memory"), "{}", far.hint);
        assert_eq!(exit(1, 509, "2026-11-19T21:13:54Z").memory, None);
        assert_eq!(exit(137, 0, "2026-11-19T21:13:54Z").memory, None);
    }
}
