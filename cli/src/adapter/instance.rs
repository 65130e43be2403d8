//! `instance`: a running instance, as Fluent Bit would have it.

use std::sync::atomic::Ordering::Relaxed;

use ecs_router::Verdict;
use ecs_router::config::{Lookup, Problem};
use ecs_router::instance::Instance;
use ecs_router::metrics::{RecorderCounts, Snapshot};

/// An output that really delivers.
pub(crate) struct LiveRun(Instance);

impl LiveRun {
    /// Starts it on a thread of its own, as Fluent Bit does with `Workers 1` and more: chunks do not come from the
    /// thread that starts it.
    pub(crate) fn start(lookup: &(dyn Lookup + Sync)) -> Result<Self, Vec<Problem>> {
        match std::thread::scope(|scope| scope.spawn(|| Instance::start(0, lookup)).join()) {
            Ok(started) => started.map(Self),
            Err(_panic) => {
                Err(vec![Problem { key: "ecs_router".to_owned(), what: "cannot start".to_owned() }])
            }
        }
    }

    /// Delivers one chunk and waits for the answer.
    pub(crate) fn flush(&self, tag: &str, chunk: &[u8]) -> Verdict {
        self.0.flush(tag.as_bytes(), chunk)
    }

    /// Delivers what is in flight and ends.
    pub(crate) fn drain(&self) {
        self.0.drain();
    }

    /// The counters of every destination.
    pub(crate) fn counters(&self) -> Vec<Snapshot> {
        self.0.metrics().snapshot()
    }

    /// Values masked, by rule.
    pub(crate) fn redacted(&self) -> Vec<(String, u64)> {
        self.0.metrics().redacted()
    }

    /// Lines that became parts of the record before them.
    pub(crate) fn joined_lines(&self) -> u64 {
        self.0.metrics().joined_lines.load(Relaxed)
    }

    /// Records that limits and samples dropped.
    pub(crate) fn over_limits(&self) -> u64 {
        self.0.metrics().over_limits()
    }

    /// What the flight recorder did.
    pub(crate) fn recorder(&self) -> RecorderCounts {
        self.0.metrics().recorder.counts()
    }

    /// Records by class.
    pub(crate) fn classes(&self) -> Vec<(String, u64)> {
        self.0.metrics().classes()
    }
}
