//! Lines one after another in one piece of memory, so that holding a line costs a copy and no allocation of its own.

use std::cell::Cell;
use std::rc::Rc;

use crate::classify::classes::Class;
use crate::input::record::Timestamp;
use crate::level::LogLevel;

/// A block of this many bytes takes no more lines.
const BLOCK_BYTES: usize = 64 * 1_024;

/// A line of a container as the recorder holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedLine<'l> {
    /// When it was written.
    pub time: Timestamp,
    /// What it is.
    pub class: Class,
    /// How grave it is.
    pub level: Option<LogLevel>,
    /// The record as msgpack.
    pub body: &'l [u8],
}

/// The memory of all blocks of one recorder, and of one container's, also of those that are released and not delivered yet.
#[derive(Debug, Clone, Default)]
pub(super) struct BlockMemory {
    total: Rc<Cell<usize>>,
    container: Rc<Cell<usize>>,
}

impl BlockMemory {
    /// For the blocks of one more container.
    pub(super) fn of_container(&self) -> Self {
        Self { total: Rc::clone(&self.total), container: Rc::default() }
    }

    /// What the blocks of all containers take.
    pub(super) fn bytes(&self) -> usize {
        self.total.get()
    }

    /// What the blocks of this container take.
    pub(super) fn container_bytes(&self) -> usize {
        self.container.get()
    }

    pub(super) fn is_of_same_container(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.container, &other.container)
    }

    fn add(&self, bytes: usize) {
        self.total.set(self.total.get() + bytes);
        self.container.set(self.container.get() + bytes);
    }

    fn free(&self, bytes: usize) {
        self.total.set(self.total.get() - bytes);
        self.container.set(self.container.get() - bytes);
    }
}

/// Some lines of one container, in the order in which they came.
#[derive(Debug)]
pub(super) struct LineBlock {
    bodies: Vec<u8>,
    heads: Vec<LineHead>,
    /// In milliseconds since 1970.
    newest: i64,
    /// What the block takes of the memory.
    bytes: usize,
    memory: BlockMemory,
}

#[derive(Debug, Clone, Copy)]
struct LineHead {
    time: Timestamp,
    class: Class,
    level: Option<LogLevel>,
    /// Where its body ends.
    end: usize,
}

impl LineBlock {
    pub(super) fn new(memory: &BlockMemory) -> Self {
        Self { bodies: Vec::new(), heads: Vec::new(), newest: i64::MIN, bytes: 0, memory: memory.clone() }
    }

    /// Whether the line still fits; one that is longer than a block has one of its own.
    pub(super) fn has_room_for(&self, line: &RecordedLine<'_>) -> bool {
        self.bodies.is_empty() || self.bodies.len() + line.body.len() <= BLOCK_BYTES
    }

    /// Copies a line that came at `at_ms`.
    pub(super) fn push(&mut self, line: &RecordedLine<'_>, at_ms: i64) {
        let RecordedLine { time, class, level, body } = *line;
        self.bodies.extend_from_slice(body);
        self.heads.push(LineHead { time, class, level, end: self.bodies.len() });
        self.newest = self.newest.max(at_ms);
        let bytes = self.bodies.capacity() + self.heads.capacity() * size_of::<LineHead>();
        self.memory.add(bytes - self.bytes);
        self.bytes = bytes;
    }

    pub(super) fn memory(&self) -> &BlockMemory {
        &self.memory
    }

    /// The time of its latest line, in milliseconds since 1970.
    pub(super) fn newest(&self) -> i64 {
        self.newest
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many lines it has.
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = RecordedLine<'_>> {
        let mut start = 0;
        self.heads.iter().map(move |head| {
            let body = self.bodies.get(start..head.end).unwrap_or_default();
            start = head.end;
            RecordedLine { time: head.time, class: head.class, level: head.level, body }
        })
    }
}

impl Drop for LineBlock {
    fn drop(&mut self) {
        self.memory.free(self.bytes);
    }
}
