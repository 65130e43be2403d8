//! The last lines in one chunk. While the chunk is read its tail only borrows from it. Standard output is most of what
//! comes: of its records only the last of the chunk are looked at, at its end.

use std::collections::VecDeque;

use super::ContextStreams;
use super::container_key::{ContainerKey, evicted};
use super::line::TailLine;
use crate::input::record::{Record, Source};

/// Outside FireLens a chunk holds several containers: this many times the lines of one are looked at on standard output.
const CONTAINERS_OF_A_CHUNK: usize = 4;

/// The last lines of each container in one chunk, borrowed from the chunk.
#[derive(Debug)]
pub struct ChunkTail<'c> {
    max_lines: usize,
    streams: ContextStreams,
    splits_lines: bool,
    pub(super) containers: Vec<(ContainerKey<'c>, VecDeque<TailLine<'c>>)>,
    /// The container that wrote last: neighbouring records mostly come from one.
    last: usize,
    pub(super) fallback: FallbackRecords<'c>,
}

impl<'c> ChunkTail<'c> {
    pub(super) fn new(max_lines: usize, streams: ContextStreams, splits_lines: bool) -> Self {
        Self {
            max_lines,
            streams,
            splits_lines,
            containers: Vec::new(),
            last: 0,
            fallback: FallbackRecords::default(),
        }
    }

    /// Notes a record that an application wrote to this stream; `name` is the container's in FireLens's tag. An error on
    /// standard output counts like standard error.
    #[inline]
    pub fn observe(
        &mut self,
        record: &Record<'c, '_>,
        source: Source,
        is_error: bool,
        name: Option<&'c [u8]>,
    ) {
        match (self.streams, source) {
            _ if self.max_lines == 0 => {}
            (ContextStreams::Auto | ContextStreams::Stderr, Source::Stderr) | (ContextStreams::Both, _) => {
                self.push_record(record, name);
            }
            (ContextStreams::Auto | ContextStreams::Stderr, Source::Stdout) if is_error => {
                self.push_record(record, name);
            }
            (ContextStreams::Auto | ContextStreams::Stdout, Source::Stdout) => {
                self.fallback.push(record.body, name, self.max_lines);
            }
            (ContextStreams::Stderr, Source::Stdout) | (ContextStreams::Stdout, Source::Stderr) => {}
        }
    }

    fn push_record(&mut self, record: &Record<'c, '_>, name: Option<&'c [u8]>) {
        if let (Some(id), Some(line)) = (record.id(b"container_id"), TailLine::from_record(record)) {
            match self.splits_lines {
                true => self.push_lines(&ContainerKey::new(name, id), record),
                false => self.push(ContainerKey::new(name, id), line),
            }
        }
    }

    #[inline(never)]
    fn push_lines(&mut self, key: &ContainerKey<'c>, record: &Record<'c, '_>) {
        let max_lines = self.max_lines;
        let Some((_, lines)) = self.container(key.clone()) else { return };
        lines.extend(TailLine::split(record));
        while records_in(lines) > max_lines {
            pop_record(lines);
        }
    }

    fn push(&mut self, key: ContainerKey<'c>, line: TailLine<'c>) {
        let max_lines = self.max_lines;
        let Some((_, lines)) = self.container(key) else { return };
        match lines.back_mut() {
            Some(last) if last.continues_in(&line) => last.append(&line),
            _ => lines.push_back(line),
        }
        if lines.len() > max_lines {
            lines.pop_front();
        }
    }

    fn container(
        &mut self,
        key: ContainerKey<'c>,
    ) -> Option<&mut (ContainerKey<'c>, VecDeque<TailLine<'c>>)> {
        if self.containers.get(self.last).is_none_or(|(known, _)| *known != key) {
            let position = self.containers.iter().position(|(known, _)| *known == key);
            self.last = position.unwrap_or_else(|| self.insert(key));
        }
        self.containers.get_mut(self.last)
    }

    /// Adds a container; returns where it stands.
    fn insert(&mut self, key: ContainerKey<'c>) -> usize {
        if let Some(position) = evicted(self.containers.iter().map(|(known, _)| known), &key) {
            self.containers.remove(position);
        }
        self.containers.push((key, VecDeque::new()));
        self.containers.len() - 1
    }
}

/// The last records of a chunk that count only for a container without others: a ring.
#[derive(Debug, Default)]
pub(super) struct FallbackRecords<'c> {
    pub(super) bodies: Vec<&'c [u8]>,
    /// Where the next one goes.
    next: usize,
    capacity: usize,
    /// The container's in FireLens's tag, the same for the whole chunk.
    pub(super) name: Option<&'c [u8]>,
}

impl<'c> FallbackRecords<'c> {
    #[inline]
    fn push(&mut self, body: &'c [u8], name: Option<&'c [u8]>, max_lines: usize) {
        match self.bodies.get_mut(self.next) {
            Some(oldest) => *oldest = body,
            None => self.append(body, name, max_lines),
        }
        self.next += 1;
        if self.next == self.capacity {
            self.next = 0;
        }
    }

    /// Makes room for all with the first.
    #[cold]
    fn append(&mut self, body: &'c [u8], name: Option<&'c [u8]>, max_lines: usize) {
        if self.bodies.is_empty() {
            self.capacity = if name.is_some() { max_lines } else { CONTAINERS_OF_A_CHUNK * max_lines };
            self.name = name;
            self.bodies.reserve_exact(self.capacity);
        }
        self.bodies.push(body);
    }

    /// The oldest first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &'c [u8]> {
        let (newest, oldest) = self.bodies.split_at_checked(self.next).unwrap_or_default();
        oldest.iter().chain(newest).copied()
    }
}

/// Takes the oldest record out, with all of its lines.
fn pop_record(lines: &mut VecDeque<TailLine<'_>>) {
    lines.pop_front();
    while lines.pop_front_if(|line| !line.is_first).is_some() {}
}

pub(super) fn records_in(lines: &VecDeque<TailLine<'_>>) -> usize {
    lines.iter().filter(|line| line.is_first).count()
}
