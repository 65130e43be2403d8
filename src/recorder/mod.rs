//! The flight recorder: the last lines of each container, held back in memory until the container writes an error or
//! stops.
//!
//! Owns: which lines are held and for how long (`rings`), in how much memory (`block`), and which ones an error releases
//! (`recording`). Does not own: what is an error (`classify`), or how released lines are delivered: they become
//! entries of the chunk that released them, after its own ones (`router::process`), so that the chunk is not confirmed
//! before they arrived, and its replay finds the same lines in its progress.
//!
//! Time is that of the records, so that a backlog is recorded as it happened, except that none is later than the arrival
//! of its chunk. Memory is bounded for each container and for all; what was released counts until its chunk is done.

mod block;
mod key;
mod recording;
mod released;
mod ring;
mod rings;

use std::cell::RefCell;

pub use self::block::RecordedLine;
pub use self::recording::ChunkRecording;
pub use self::released::{ReleasedLine, ReleasedLines};
use self::rings::Rings;
use crate::classify::classes::Class;
use crate::classify::provenance::ChunkOrigin;
use crate::config::RecorderSettings;

/// The flight recorder of one instance.
#[derive(Debug)]
pub struct Recorder {
    settings: RecorderSettings,
    rings: RefCell<Rings>,
}

impl Recorder {
    /// A recorder that holds nothing yet.
    #[must_use]
    pub fn new(settings: RecorderSettings) -> Self {
        let rings = RefCell::new(Rings::new(&settings));
        Self { settings, rings }
    }

    /// What it holds.
    #[must_use]
    pub fn settings(&self) -> &RecorderSettings {
        &self.settings
    }

    /// Where released lines go: positions in the destinations.
    #[must_use]
    pub fn destinations(&self) -> &[usize] {
        &self.settings.destinations
    }

    /// Whether lines of this class are held.
    #[must_use]
    #[inline]
    pub fn holds(&self, class: Class) -> bool {
        self.settings.classes.contains(&class)
    }

    /// Begins a chunk that is here for the first time; `arrived_at` is in seconds since 1970. Only one chunk is read at
    /// a time.
    #[must_use]
    pub fn begin_chunk<'p>(
        &'p self,
        tag: &'p [u8],
        origin: ChunkOrigin<'_>,
        arrived_at: i64,
    ) -> ChunkRecording<'p> {
        ChunkRecording::new(self, self.rings.borrow_mut(), tag, origin, arrived_at)
    }
}

#[cfg(test)]
mod tests;
