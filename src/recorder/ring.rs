//! The last lines of one container.

use std::collections::VecDeque;
use std::rc::Rc;

use super::block::{BlockMemory, LineBlock, RecordedLine};
use super::key::SourceKey;

/// The lines of one container that are held, oldest first.
#[derive(Debug)]
pub(super) struct Ring {
    tag: Rc<[u8]>,
    container_id: Box<[u8]>,
    blocks: VecDeque<LineBlock>,
    memory: BlockMemory,
    /// The time of its latest line, in milliseconds since 1970.
    newest: i64,
    /// Lines up to then are released as they come, in milliseconds since 1970.
    open_until: i64,
    /// When a chunk with its lines came last, in milliseconds since 1970.
    pub(super) heard_at: i64,
}

impl Ring {
    /// `memory` is that of the recorder.
    pub(super) fn new(key: SourceKey<'_>, memory: &BlockMemory) -> Self {
        Self {
            tag: key.tag.into(),
            container_id: key.container_id.into(),
            blocks: VecDeque::new(),
            memory: memory.of_container(),
            newest: i64::MIN,
            open_until: i64::MIN,
            heard_at: i64::MIN,
        }
    }

    pub(super) fn key(&self) -> SourceKey<'_> {
        SourceKey { tag: &self.tag, container_id: &self.container_id }
    }

    pub(super) fn tag(&self) -> &Rc<[u8]> {
        &self.tag
    }

    /// The memory of its lines, also of those that are released and not delivered yet.
    pub(super) fn memory(&self) -> &BlockMemory {
        &self.memory
    }

    /// Whether it holds no line.
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many lines it holds.
    pub(super) fn len(&self) -> usize {
        self.blocks.iter().map(LineBlock::len).sum()
    }

    /// Whether a line of this time is released as it comes.
    pub(super) fn is_open_at(&self, at_ms: i64) -> bool {
        at_ms <= self.open_until
    }

    /// Holds a line that was written at `at_ms`.
    pub(super) fn push(&mut self, line: &RecordedLine<'_>, at_ms: i64) {
        self.newest = self.newest.max(at_ms);
        if self.blocks.back().is_none_or(|block| !block.has_room_for(line)) {
            self.blocks.push_back(LineBlock::new(&self.memory));
        }
        if let Some(block) = self.blocks.back_mut() {
            block.push(line, at_ms);
        }
    }

    /// Lets go of blocks in which everything is older than the window. Returns how many lines that were.
    pub(super) fn expire(&mut self, window_ms: i64) -> usize {
        let since = self.newest.saturating_sub(window_ms);
        let mut expired = 0;
        while self.blocks.front().is_some_and(|block| block.newest() < since) {
            expired += self.pop_oldest().map_or(0, |block| block.len());
        }
        expired
    }

    pub(super) fn pop_oldest(&mut self) -> Option<LineBlock> {
        self.blocks.pop_front()
    }

    /// Takes all lines out, and lets those pass that come until `after_ms` later than this error or the latest line.
    pub(super) fn open(&mut self, error_ms: i64, after_ms: i64) -> VecDeque<LineBlock> {
        let latest = error_ms.max(self.newest);
        self.open_until = self.open_until.max(latest.saturating_add(after_ms));
        std::mem::take(&mut self.blocks)
    }
}
