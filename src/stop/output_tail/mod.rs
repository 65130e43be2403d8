//! Keeps the last lines that each container wrote, for the report of its end: those on standard error, or on standard
//! output where there are none.
//!
//! A container is known by the name in FireLens's tag and by its runtime id (`container_key`). The id alone is in the
//! record, where the application may have written it: so under another container's tag it names no other container.
//!
//! Owns joining split lines (`line`), and the bounds in lines, bytes and containers. Does not own which report shows the
//! lines. While a chunk is read its tail (`chunk_tail`) only borrows; lines that are among the last at the chunk's end are
//! copied (`container_tail`).

mod chunk_tail;
mod container_key;
mod container_tail;
mod line;

use std::cell::RefCell;

pub use self::chunk_tail::ChunkTail;
use self::container_key::{ContainerKey, evicted};
use self::container_tail::ContainerTail;
use self::line::TailLine;
use super::StopEvent;
use crate::input::decode;
use crate::input::record::{Record, Timestamp};
use crate::redact::report;

/// What a container's last lines are taken from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContextStreams {
    /// Standard error; standard output of a container that wrote nothing there.
    #[default]
    Auto,
    /// Standard error alone.
    Stderr,
    /// Standard output alone.
    Stdout,
    /// Both, in the order in which they came.
    Both,
}

/// The last lines of each container of one task, or of one host.
#[derive(Debug)]
pub struct OutputTail {
    max_lines: usize,
    streams: ContextStreams,
    /// Whether the text of a record may be several lines.
    splits_lines: bool,
    /// The container that wrote most recently comes last.
    containers: RefCell<Vec<ContainerTail>>,
}

impl OutputTail {
    /// Keeps this many lines of each container; with 0 nothing is kept.
    #[must_use]
    pub fn new(max_lines: usize) -> Self {
        Self {
            max_lines,
            streams: ContextStreams::default(),
            splits_lines: false,
            containers: RefCell::default(),
        }
    }

    /// Takes the lines from these streams instead of the default.
    #[must_use]
    pub fn with_streams(self, streams: ContextStreams) -> Self {
        Self { streams, ..self }
    }

    /// Takes the text of a record apart into its lines, because records are joined lines. A record counts as one line, and goes
    /// or stays as a whole, as far as the bytes of a container allow.
    #[must_use]
    pub fn with_split_lines(self, splits_lines: bool) -> Self {
        Self { splits_lines, ..self }
    }

    /// An empty tail for one chunk, to be merged at its end.
    #[must_use]
    pub fn begin_chunk<'c>(&self) -> ChunkTail<'c> {
        ChunkTail::new(self.max_lines, self.streams, self.splits_lines)
    }

    /// Copies a chunk's last lines.
    pub fn merge(&self, chunk_tail: ChunkTail<'_>) {
        for (key, lines) in chunk_tail.containers {
            let mut containers = self.containers.borrow_mut();
            let mut container = take_or_insert(&mut containers, key);
            lines.into_iter().for_each(|line| container.push(line, self.max_lines));
            containers.push(container);
        }
        let name = chunk_tail.fallback.name;
        chunk_tail.fallback.in_order().for_each(|body| self.merge_fallback(body, name));
    }

    /// Copies the line of a record that counts only for a container without others.
    fn merge_fallback(&self, body: &[u8], name: Option<&[u8]>) {
        let fields = decode::fields(body);
        let record = Record::new(Timestamp::default(), &fields, body);
        if let (Some(id), Some(line)) = (record.id(b"container_id"), TailLine::from_record(&record)) {
            let mut containers = self.containers.borrow_mut();
            let mut container = take_or_insert(&mut containers, ContainerKey::new(name, id));
            match self.splits_lines {
                true => {
                    TailLine::split(&record).for_each(|line| container.push_fallback(line, self.max_lines))
                }
                false => container.push_fallback(line, self.max_lines),
            }
            containers.push(container);
        }
    }

    /// Fills in the last lines of the stop's culprit, the oldest first. They are uncut, and those of a record together, until
    /// the rules of a destination have masked them ([`StopEvent::with_lines_shown`]).
    pub fn fill_in(&self, stop: &mut StopEvent) {
        stop.last_lines = self.of_culprit(stop);
        stop.are_lines_joined = self.splits_lines && !stop.last_lines.is_empty();
    }

    /// Whether nothing is known of what the stop's culprit wrote.
    #[must_use]
    pub fn lacks_lines(&self, stop: &StopEvent) -> bool {
        self.of_culprit(stop).is_empty()
    }

    fn of_culprit(&self, stop: &StopEvent) -> Vec<String> {
        let culprit = stop.container.as_deref();
        let culprit = stop.containers.iter().find(|container| Some(&*container.name) == culprit);
        culprit
            .and_then(|container| Some(self.records(&container.name, container.runtime_id.as_deref()?)))
            .unwrap_or_default()
    }

    /// The last records of the container with this name and runtime id, the oldest first: those under its own tag of
    /// FireLens, or else those under other tags. Secrets in them are masked, for a report is read by more people than a
    /// log.
    fn records(&self, name: &str, runtime_id: &str) -> Vec<String> {
        let containers = self.containers.borrow();
        let find = |name| {
            let key = ContainerKey::new(name, runtime_id.as_bytes());
            containers.iter().find(|container| container.key == key)
        };
        let container = find(Some(name.as_bytes())).or_else(|| find(None));
        report::masked_records(container.map(ContainerTail::records).unwrap_or_default())
    }

    /// The lines of a container as a report shows them.
    #[cfg(test)]
    fn lines(&self, name: &str, runtime_id: &str) -> Vec<String> {
        super::last_lines::shown(&self.records(name, runtime_id), self.splits_lines)
    }
}

/// Takes the container's tail out of the list, or makes one and room for it.
fn take_or_insert(containers: &mut Vec<ContainerTail>, key: ContainerKey<'_>) -> ContainerTail {
    if let Some(position) = containers.iter().position(|container| container.key == key) {
        return containers.remove(position);
    }
    if let Some(position) = evicted(containers.iter().map(|container| &container.key), &key) {
        containers.remove(position);
    }
    ContainerTail::new(key)
}

#[cfg(test)]
mod tests;
