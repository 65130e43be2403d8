//! Which entries of a chunk limits and samples drop. The first attempt decides: a replay drops the same ones and counts
//! none of them again.
//!
//! Does not own: the rules, and what each container has used up (`limit`).

use crate::classify::classes::Entry;
use crate::delivery::progress::{Ordinals, Progress};
use crate::limit::{DropRule, LineLimiter};

/// What is dropped of one chunk.
pub(super) struct ChunkLimiting<'p> {
    limiter: &'p LineLimiter,
    tag: &'p [u8],
    /// What was dropped the first time; `None`: this is the first time.
    decided: Option<Ordinals>,
    dropped: Ordinals,
    counts: DropCounts,
}

/// Records that were dropped, by `Class::index`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DropCounts {
    /// By a limit.
    pub limited: Vec<u64>,
    /// Because they are not in the sample.
    pub sampled: Vec<u64>,
}

impl DropCounts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.limited.iter().chain(&self.sampled).sum()
    }
}

impl<'p> ChunkLimiting<'p> {
    pub(super) fn new(limiter: &'p LineLimiter, tag: &'p [u8], classes: usize, progress: &Progress) -> Self {
        Self {
            limiter,
            tag,
            decided: progress.dropped(),
            dropped: Ordinals::default(),
            counts: DropCounts { limited: vec![0; classes], sampled: vec![0; classes] },
        }
    }

    /// Whether the entry is dropped.
    pub(super) fn drops(&mut self, ordinal: u32, entry: &Entry<'_, '_, '_>) -> bool {
        if let Some(stop) = entry.stop {
            self.limiter.spare(stop, entry.record.time.millis());
        }
        if let Some(decided) = &self.decided {
            return decided.contains(ordinal);
        }
        let Some(rule) = self.limiter.judge(entry, ordinal, self.tag) else { return false };
        self.note(ordinal, rule, entry.class.index());
        true
    }

    fn note(&mut self, ordinal: u32, rule: DropRule, class: usize) {
        self.dropped.insert(ordinal);
        let counts = match rule {
            DropRule::Limit => &mut self.counts.limited,
            DropRule::Sample => &mut self.counts.sampled,
        };
        if let Some(count) = counts.get_mut(class) {
            *count += 1;
        }
    }

    /// Keeps the decision for replays, and returns what was dropped for the first time.
    pub(super) fn finish(self, progress: &Progress) -> DropCounts {
        progress.note_dropped(self.dropped);
        self.counts
    }
}
