//! What became of the lines of the flight recorder.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of the flight recorder's lines.
#[derive(Debug, Default)]
pub struct RecorderCounters {
    /// Taken by the recorder, whatever became of them.
    pub held: AtomicU64,
    /// Sent to its destinations.
    pub released: AtomicU64,
    /// Discarded because no error came within the window.
    pub expired: AtomicU64,
    /// Discarded because there was no memory for them.
    pub evicted: AtomicU64,
    /// Memory of those, in bytes.
    pub evicted_bytes: AtomicU64,
    /// Memory in use, in bytes.
    pub memory_bytes: AtomicU64,
}

/// The values of these counters, of one chunk or of a whole run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecorderCounts {
    /// Taken by the recorder, whatever became of them.
    pub held: u64,
    /// Sent to its destinations.
    pub released: u64,
    /// Discarded because no error came within the window.
    pub expired: u64,
    /// Discarded because there was no memory for them.
    pub evicted: u64,
    /// Memory of those, in bytes.
    pub evicted_bytes: u64,
    /// Memory in use, in bytes.
    pub memory_bytes: u64,
}

impl RecorderCounters {
    /// Adds what one chunk did.
    pub fn add(&self, counts: &RecorderCounts) {
        let RecorderCounts { held, released, expired, evicted, evicted_bytes, memory_bytes } = *counts;
        self.held.fetch_add(held, Relaxed);
        self.released.fetch_add(released, Relaxed);
        self.expired.fetch_add(expired, Relaxed);
        self.evicted.fetch_add(evicted, Relaxed);
        self.evicted_bytes.fetch_add(evicted_bytes, Relaxed);
        self.memory_bytes.store(memory_bytes, Relaxed);
    }

    /// What happened so far.
    #[must_use]
    pub fn counts(&self) -> RecorderCounts {
        RecorderCounts {
            held: self.held.load(Relaxed),
            released: self.released.load(Relaxed),
            expired: self.expired.load(Relaxed),
            evicted: self.evicted.load(Relaxed),
            evicted_bytes: self.evicted_bytes.load(Relaxed),
            memory_bytes: self.memory_bytes.load(Relaxed),
        }
    }
}

impl RecorderCounts {
    /// Lines that are neither released nor discarded.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        self.held.saturating_sub(self.released + self.expired + self.evicted)
    }
}
