//! Events that do not come through Fluent Bit: exits of sibling containers, and a queue of ECS events.
//!
//! Owns: polling for them, and submitting each to the router like everything else, as a chunk of one record.
//! Does not own: what an event means (`stop`), where it goes, or whether it arrived: the verdict says so.

mod container_exits;
mod memory;
mod memory_warning;
mod metadata;
mod pacing;
mod queue;
mod sqs;

use serde_json::Value;
use tokio::sync::watch;

pub use self::memory_warning::MemoryWarning;
pub use self::metadata::{Reporting, TaskEndpoint, TaskSnapshot, TaskWatch};
pub use self::queue::QueueWatch;
use crate::config::QueueSettings;
use crate::delivery::verdict::Verdict;

/// What is watched besides the chunks.
#[derive(Debug, Default)]
pub(crate) struct WatchConfig {
    /// The task metadata endpoint.
    pub(crate) task: Option<TaskEndpoint>,
    /// A queue of ECS events.
    pub(crate) queue: Option<QueueSettings>,
}

/// Takes the chunks of watchers.
pub trait ChunkSink {
    /// Delivers a chunk and returns the answer that Fluent Bit would get. The same bytes after RETRY are a replay.
    fn submit(&self, tag: &str, chunk: &[u8]) -> impl Future<Output = Verdict>;

    /// Tells that a container stays close to its memory limit.
    fn warn_of_memory(&self, warning: &MemoryWarning) -> impl Future<Output = ()>;
}

/// Turns true when the process ends: one last poll, nothing new after it.
pub type ShutdownRx = watch::Receiver<bool>;

/// A chunk of one record; times before 1970 become 1970.
fn encode_chunk(time_ms: i64, event: &Value) -> Vec<u8> {
    let time_ms = time_ms.max(0);
    let seconds = time_ms.div_euclid(1_000);
    let millis = time_ms.rem_euclid(1_000);
    let encoded = match (u64::try_from(seconds), millis) {
        (Ok(seconds), 0) => rmp_serde::to_vec(&(seconds, event)),
        _ => rmp_serde::to_vec(&(time_ms as f64 / 1_000.0, event)),
    };
    // A JSON value always has a msgpack form.
    encoded.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input::decode;

    #[test]
    fn a_chunk_holds_the_event_and_its_time() {
        for (time, read) in
            [(1_795_000_000_000, 1_795_000_000_000), (1_795_000_000_123, 1_795_000_000_123), (-1, 0)]
        {
            let chunk = encode_chunk(time, &json!({"source": "aws.ecs", "detail": {"n": [1]}}));
            let mut seen = Vec::new();
            decode::records(&chunk, |record| seen.push((record.time.millis(), record.fields.len())));
            assert_eq!(seen, [(read, 2)]);
        }
    }
}
