//! What one chunk does to the recorder, entry by entry.

use std::cell::RefMut;

use super::Recorder;
use super::block::RecordedLine;
use super::key::SourceKey;
use super::released::{ReleasedBlock, ReleasedLines};
use super::rings::Rings;
use crate::classify::classes::{Class, Entry};
use crate::classify::provenance::ChunkOrigin;
use crate::level::LogLevel;
use crate::metrics::RecorderCounts;
use crate::stop::{Severity, StopEvent};

/// The recorder while a chunk is read.
#[derive(Debug)]
pub struct ChunkRecording<'p> {
    recorder: &'p Recorder,
    rings: RefMut<'p, Rings>,
    tag: &'p [u8],
    is_firelens: bool,
    /// No record is later, in milliseconds since 1970.
    now_ms: i64,
    /// The ring of the last line: neighbouring records mostly come from one container.
    last: Option<usize>,
    next_ordinal: u32,
    released: Vec<ReleasedBlock>,
}

impl<'p> ChunkRecording<'p> {
    pub(super) fn new(
        recorder: &'p Recorder,
        mut rings: RefMut<'p, Rings>,
        tag: &'p [u8],
        origin: ChunkOrigin<'_>,
        arrived_at: i64,
    ) -> Self {
        let now_ms = arrived_at.saturating_add(1).saturating_mul(1_000);
        rings.forget_silent(now_ms);
        let is_firelens = matches!(origin, ChunkOrigin::Firelens(_));
        let released = Vec::new();
        Self { recorder, rings, tag, is_firelens, now_ms, last: None, next_ordinal: 0, released }
    }

    /// Takes the next entry; `is_dropped`: its class goes nowhere. Returns whether the recorder holds it.
    #[inline(never)]
    pub fn observe(&mut self, ordinal: u32, entry: &Entry<'_, '_, '_>, is_dropped: bool) -> bool {
        self.next_ordinal = ordinal.saturating_add(1);
        if let Some(stop) = entry.stop {
            self.observe_stop(stop, entry);
            return false;
        }
        let is_held = self.recorder.holds(entry.class);
        if is_held {
            self.hold(entry);
        }
        if is_error(entry) && (is_held || !is_dropped) {
            let at = self.place(entry);
            let error_ms = self.time(entry);
            self.rings.release(at, error_ms, &mut self.released);
        }
        is_held
    }

    /// Ends the chunk: what it has released, and what is to be counted.
    #[must_use]
    pub fn finish(mut self) -> (ReleasedLines, RecorderCounts) {
        (ReleasedLines::new(self.next_ordinal, self.released), self.rings.take_counts())
    }

    fn observe_stop(&mut self, stop: &StopEvent, entry: &Entry<'_, '_, '_>) {
        if entry.class == Class::Stop && stop.severity != Severity::Info {
            let at_ms = stop.at().unwrap_or_else(|| entry.record.time.millis()).min(self.now_ms);
            self.rings.release_stop(stop, at_ms, &mut self.released);
        }
    }

    fn hold(&mut self, entry: &Entry<'_, '_, '_>) {
        let at = self.place(entry);
        let at_ms = self.time(entry);
        let Entry { record, class, level, .. } = *entry;
        let line = RecordedLine { time: record.time, class, level, body: record.body };
        self.rings.take(at, &line, at_ms, &mut self.released);
    }

    fn time(&self, entry: &Entry<'_, '_, '_>) -> i64 {
        entry.record.time.millis().min(self.now_ms)
    }

    /// The place of the ring of the entry's container.
    fn place(&mut self, entry: &Entry<'_, '_, '_>) -> usize {
        let key = SourceKey::of_entry(self.tag, self.is_firelens, entry);
        if let Some(last) = self.last
            && self.rings.key(last) == Some(key)
        {
            return last;
        }
        let at = self.rings.place(key, self.now_ms);
        self.last = Some(at);
        at
    }
}

/// Whether a line is an error: by its level or, where it has none, by its stream.
fn is_error(entry: &Entry<'_, '_, '_>) -> bool {
    match entry.level {
        Some(level) => level >= LogLevel::Error,
        None => matches!(entry.class, Class::Stderr | Class::Error),
    }
}
