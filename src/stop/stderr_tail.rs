//! Keeps the last lines that each container wrote, for the report of its end: those on standard error, or on standard
//! output where there are none.
//!
//! A container is known by the name in FireLens's tag and by its runtime id. The id alone is in the record, where the
//! application may have written it: so under another container's tag it names no other container.
//!
//! Owns joining split lines, and the bounds in lines, bytes and containers. Does not own which report shows the lines.
//! While a chunk is read its tail only borrows; lines that are among the last at the chunk's end are copied. Standard output
//! is most of what comes: of its records only the last of the chunk are looked at, at its end.
//!
//! Split lines: Docker's fluentd driver cuts at 16 KiB and marks the parts with `partial_id`. When a container dies, the
//! last part may never be marked as such (`daemon/logger/copier.go` of moby), so nothing waits for it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;

use super::StopEvent;
use super::last_lines::{MAX_CONTAINER_BYTES, MAX_LINE_BYTES};
use crate::input::decode;
use crate::input::record::{Record, Source, Timestamp};
use crate::json;
use crate::redact::report;

/// One more evicts the container that was silent for longest.
const MAX_CONTAINERS: usize = 64;

/// Lines of one container that are kept: one of a single character takes far more memory than the character.
const MAX_CONTAINER_LINES: usize = 1_000;

/// Runtime ids of one name: an application that makes ids up evicts only its own lines.
const MAX_IDS_OF_NAME: usize = 4;

/// Outside FireLens a chunk holds several containers: this many times the lines of one are looked at on standard output.
const CONTAINERS_OF_A_CHUNK: usize = 4;

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
pub struct StderrTail {
    max_lines: usize,
    streams: ContextStreams,
    /// Whether the text of a record may be several lines.
    splits_lines: bool,
    /// The container that wrote most recently comes last.
    containers: RefCell<Vec<ContainerTail>>,
}

#[derive(Debug)]
struct ContainerTail {
    key: ContainerKey<'static>,
    lines: VecDeque<TailLine<'static>>,
    /// Of which so many are the first of a record.
    records: usize,
    bytes: usize,
    /// The lines count only as long as no others come.
    are_spare: bool,
}

/// By what a container is known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ContainerKey<'c> {
    /// The container's name in FireLens's tag; `None` under other tags.
    name: Option<Cow<'c, [u8]>>,
    runtime_id: Cow<'c, [u8]>,
}

impl<'c> ContainerKey<'c> {
    fn new(name: Option<&'c [u8]>, runtime_id: &'c [u8]) -> Self {
        Self { name: name.map(Cow::Borrowed), runtime_id: Cow::Borrowed(runtime_id) }
    }

    fn into_owned(self) -> ContainerKey<'static> {
        ContainerKey {
            name: self.name.map(|name| name.into_owned().into()),
            runtime_id: self.runtime_id.into_owned().into(),
        }
    }
}

#[derive(Debug)]
struct TailLine<'c> {
    text: Cow<'c, [u8]>,
    /// The `partial_id` of a line that came in parts.
    partial_id: Option<Cow<'c, [u8]>>,
    /// It is the first of its record.
    is_first: bool,
}

impl<'c> TailLine<'c> {
    fn from_record(record: &Record<'c, '_>) -> Option<Self> {
        let text = record.text(b"log").filter(|text| !text.is_empty())?;
        let partial_id = record.get(b"partial_message").and_then(|_| record.id(b"partial_id"));
        Some(Self {
            text: Cow::Borrowed(json::cut(text, MAX_LINE_BYTES)),
            partial_id: partial_id.map(Cow::Borrowed),
            is_first: true,
        })
    }

    /// The last lines of a record that may be several, as far as a container may have them.
    fn split(record: &Record<'c, '_>) -> impl Iterator<Item = Self> {
        let text = record.text(b"log").unwrap_or_default();
        let lines = text.rsplit(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut bytes = 0;
        let fits = |line: &&[u8]| {
            bytes += line.len();
            bytes <= MAX_CONTAINER_BYTES
        };
        let cut = lines.map(|line| json::cut(line, MAX_LINE_BYTES)).take(MAX_CONTAINER_LINES);
        let kept: Vec<&[u8]> = cut.take_while(fits).collect();
        kept.into_iter().rev().enumerate().map(|(nth, line)| Self {
            text: Cow::Borrowed(line),
            partial_id: None,
            is_first: nth == 0,
        })
    }

    /// Whether `next` is the next part of this line.
    fn continues_in(&self, next: &TailLine<'_>) -> bool {
        self.partial_id.is_some() && self.partial_id == next.partial_id
    }

    fn append(&mut self, next: &[u8]) {
        let room = MAX_LINE_BYTES.saturating_sub(self.text.len());
        if room > 0 {
            self.text.to_mut().extend_from_slice(json::cut(next, room));
        }
    }

    fn into_owned(self) -> TailLine<'static> {
        TailLine {
            text: self.text.into_owned().into(),
            partial_id: self.partial_id.map(|partial_id| partial_id.into_owned().into()),
            is_first: self.is_first,
        }
    }
}

/// Takes the oldest record out, with all of its lines.
fn pop_record(lines: &mut VecDeque<TailLine<'_>>) {
    lines.pop_front();
    while lines.pop_front_if(|line| !line.is_first).is_some() {}
}

fn records_in(lines: &VecDeque<TailLine<'_>>) -> usize {
    lines.iter().filter(|line| line.is_first).count()
}

/// The last lines of each container in one chunk, borrowed from the chunk.
#[derive(Debug)]
pub struct ChunkTail<'c> {
    max_lines: usize,
    streams: ContextStreams,
    splits_lines: bool,
    containers: Vec<(ContainerKey<'c>, VecDeque<TailLine<'c>>)>,
    /// The container that wrote last: neighbouring records mostly come from one.
    last: usize,
    spare: SpareRecords<'c>,
}

/// The last records of a chunk that count only for a container without others: a ring.
#[derive(Debug, Default)]
struct SpareRecords<'c> {
    bodies: Vec<&'c [u8]>,
    /// Where the next one goes.
    next: usize,
    capacity: usize,
    /// The container's in FireLens's tag, the same for the whole chunk.
    name: Option<&'c [u8]>,
}

impl<'c> SpareRecords<'c> {
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
    fn in_order(&self) -> impl Iterator<Item = &'c [u8]> {
        let (newest, oldest) = self.bodies.split_at_checked(self.next).unwrap_or_default();
        oldest.iter().chain(newest).copied()
    }
}

impl StderrTail {
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
        ChunkTail {
            max_lines: self.max_lines,
            streams: self.streams,
            splits_lines: self.splits_lines,
            containers: Vec::new(),
            last: 0,
            spare: SpareRecords::default(),
        }
    }

    /// Copies a chunk's last lines.
    pub fn merge(&self, chunk_tail: ChunkTail<'_>) {
        for (key, lines) in chunk_tail.containers {
            let mut containers = self.containers.borrow_mut();
            let mut container = take_or_insert(&mut containers, key);
            lines.into_iter().for_each(|line| container.push(line, self.max_lines));
            containers.push(container);
        }
        let name = chunk_tail.spare.name;
        chunk_tail.spare.in_order().for_each(|body| self.merge_spare(body, name));
    }

    /// Copies the line of a record that counts only for a container without others.
    fn merge_spare(&self, body: &[u8], name: Option<&[u8]>) {
        let fields = decode::fields(body);
        let record = Record::new(Timestamp::default(), &fields, body);
        if let (Some(id), Some(line)) = (record.id(b"container_id"), TailLine::from_record(&record)) {
            let mut containers = self.containers.borrow_mut();
            let mut container = take_or_insert(&mut containers, ContainerKey::new(name, id));
            match self.splits_lines {
                true => TailLine::split(&record).for_each(|line| container.push_spare(line, self.max_lines)),
                false => container.push_spare(line, self.max_lines),
            }
            containers.push(container);
        }
    }

    /// The last lines of the stop's culprit, the oldest first.
    #[must_use]
    pub fn for_stop(&self, stop: &StopEvent) -> Vec<String> {
        let culprit = stop.container.as_deref();
        let culprit = stop.containers.iter().find(|container| Some(&*container.name) == culprit);
        culprit
            .and_then(|container| Some(self.lines(&container.name, container.runtime_id.as_deref()?)))
            .unwrap_or_default()
    }

    /// The last lines of the container with this name and runtime id, the oldest first: those under its own tag of
    /// FireLens, or else those under other tags. Secrets in them are masked, for a report is read by more people than a
    /// log.
    #[must_use]
    pub fn lines(&self, name: &str, runtime_id: &str) -> Vec<String> {
        let containers = self.containers.borrow();
        let find = |name| {
            let key = ContainerKey::new(name, runtime_id.as_bytes());
            containers.iter().find(|container| container.key == key)
        };
        let container = find(Some(name.as_bytes())).or_else(|| find(None));
        let masked = report::masked_records(container.map(ContainerTail::records).unwrap_or_default());
        if !self.splits_lines {
            return masked;
        }
        let lines = masked.iter().flat_map(|record| record.split('\n'));
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
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
    ContainerTail { key: key.into_owned(), lines: VecDeque::new(), records: 0, bytes: 0, are_spare: true }
}

/// Which of these containers, the oldest first, has to go before this new one comes.
fn evicted<'k>(
    known: impl ExactSizeIterator<Item = &'k ContainerKey<'k>> + Clone,
    new: &ContainerKey<'_>,
) -> Option<usize> {
    let is_same_name = |key: &ContainerKey<'_>| new.name.is_some() && key.name == new.name;
    if known.clone().filter(|key| is_same_name(key)).count() >= MAX_IDS_OF_NAME {
        return known.clone().position(is_same_name);
    }
    (known.len() >= MAX_CONTAINERS).then_some(0)
}

impl ContainerTail {
    /// The text of each record: a secret may go over several of its lines.
    fn records(&self) -> Vec<String> {
        let mut records: Vec<String> = Vec::new();
        for line in &self.lines {
            let text = String::from_utf8_lossy(&line.text);
            match records.last_mut().filter(|_| !line.is_first) {
                Some(record) => {
                    record.push('\n');
                    record.push_str(&text);
                }
                None => records.push(text.into_owned()),
            }
        }
        records
    }

    /// Adds a line for which spare ones make way.
    fn push(&mut self, line: TailLine<'_>, max_lines: usize) {
        if std::mem::take(&mut self.are_spare) {
            self.lines.clear();
            self.records = 0;
            self.bytes = 0;
        }
        self.append(line, max_lines);
    }

    /// Adds a line that counts only as long as no others come.
    fn push_spare(&mut self, line: TailLine<'_>, max_lines: usize) {
        if self.are_spare {
            self.append(line, max_lines);
        }
    }

    fn append(&mut self, line: TailLine<'_>, max_lines: usize) {
        match self.lines.back_mut() {
            Some(last) if last.continues_in(&line) => {
                self.bytes -= last.text.len();
                last.append(&line.text);
                self.bytes += last.text.len();
            }
            _ => {
                self.bytes += line.text.len();
                self.records += usize::from(line.is_first);
                self.lines.push_back(line.into_owned());
            }
        }
        while self.records > max_lines {
            self.pop_line();
            while self.lines.front().is_some_and(|line| !line.is_first) {
                self.pop_line();
            }
        }
        while self.bytes > MAX_CONTAINER_BYTES || self.lines.len() > MAX_CONTAINER_LINES {
            self.pop_line();
        }
    }

    fn pop_line(&mut self) {
        if let Some(line) = self.lines.pop_front() {
            self.records -= usize::from(line.is_first);
            self.bytes -= line.text.len();
        }
    }
}

impl<'c> ChunkTail<'c> {
    /// Notes a record that an application wrote to this stream; `name` is the container's in FireLens's tag. An error on
    /// standard output is heard like standard error.
    #[inline]
    pub fn hear(&mut self, record: &Record<'c, '_>, source: Source, is_error: bool, name: Option<&'c [u8]>) {
        match (self.streams, source) {
            _ if self.max_lines == 0 => {}
            (ContextStreams::Auto | ContextStreams::Stderr, Source::Stderr) | (ContextStreams::Both, _) => {
                self.observe(record, name);
            }
            (ContextStreams::Auto | ContextStreams::Stderr, Source::Stdout) if is_error => {
                self.observe(record, name);
            }
            (ContextStreams::Auto | ContextStreams::Stdout, Source::Stdout) => {
                self.spare.push(record.body, name, self.max_lines);
            }
            (ContextStreams::Stderr, Source::Stdout) | (ContextStreams::Stdout, Source::Stderr) => {}
        }
    }

    fn observe(&mut self, record: &Record<'c, '_>, name: Option<&'c [u8]>) {
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
            Some(last) if last.continues_in(&line) => last.append(&line.text),
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

#[cfg(test)]
mod tests;
