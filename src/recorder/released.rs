//! Lines that an error or a stop has released, until they are delivered.

use std::rc::Rc;

use super::block::{LineBlock, RecordedLine};

/// The lines that one chunk has released, in their order for ever: each has its ordinal in the chunk.
#[derive(Debug, Default)]
pub struct ReleasedLines {
    first_ordinal: u32,
    blocks: Vec<ReleasedBlock>,
}

/// A line that was released.
#[derive(Debug, Clone, Copy)]
pub struct ReleasedLine<'l> {
    /// Its place among the entries of the chunk that released it, after the chunk's own ones.
    pub ordinal: u32,
    /// The tag under which it came.
    pub tag: &'l [u8],
    /// The line.
    pub line: RecordedLine<'l>,
}

/// Lines of one container.
#[derive(Debug)]
pub(super) struct ReleasedBlock {
    pub(super) tag: Rc<[u8]>,
    pub(super) block: LineBlock,
    /// Older lines of the block are not released, in milliseconds since 1970.
    pub(super) since: i64,
}

impl ReleasedBlock {
    /// Every line of the block.
    pub(super) fn whole(tag: &Rc<[u8]>, block: LineBlock) -> Self {
        Self { tag: Rc::clone(tag), block, since: i64::MIN }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = RecordedLine<'_>> {
        self.block.lines().filter(|line| line.time.millis() >= self.since)
    }
}

impl ReleasedLines {
    pub(super) fn new(first_ordinal: u32, blocks: Vec<ReleasedBlock>) -> Self {
        Self { first_ordinal, blocks }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The ordinal of the first line; those of the chunk's own entries are less.
    #[must_use]
    pub fn first_ordinal(&self) -> u32 {
        self.first_ordinal
    }

    /// Every line with its ordinal.
    pub fn lines(&self) -> impl Iterator<Item = ReleasedLine<'_>> {
        let lines = self.blocks.iter().flat_map(|block| block.lines().map(|line| (&*block.tag, line)));
        let numbered = (self.first_ordinal..).zip(lines);
        numbered.map(|(ordinal, (tag, line))| ReleasedLine { ordinal, tag, line })
    }
}
