//! One chunk, read line by line and written again with its joined records.
//!
//! Owns: which line goes into which record. `earlier` is what chunks leave to each other, `rewrite` writes the chunk.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::earlier::is_overtaken;
pub(crate) use super::earlier::{EarlierChunks, OpenTail, StreamKey};
use super::record::{OpenRecord, Taken};
use super::rewrite::{ChunkRewrite, Slot};
use super::rules::JoinRules;
use crate::input::log_line::{self, LogLine, PlacedEntry};
use crate::input::record::Timestamp;

/// Records of one chunk that may wait for lines of the next: an ordinary tag has fewer streams at one time.
const MAX_OPEN_TAILS: usize = 64;

/// An open record at the end of the chunk.
#[derive(Debug)]
pub(crate) struct LeftOpen {
    pub(crate) tail: OpenTail,
    /// Whether lines of this chunk are in it.
    pub(crate) has_lines: bool,
}

/// A record of an earlier chunk that ends in this one.
#[derive(Debug)]
pub(crate) struct ClosedTail {
    pub(crate) key: StreamKey<'static>,
    /// The entry of the record, and those of lines that turned out not to be part of it.
    pub(crate) entries: Vec<u8>,
    /// Whether lines of this chunk are in it.
    pub(crate) has_lines: bool,
}

/// What became of a chunk.
#[derive(Debug, Default)]
pub(crate) struct JoinedChunk {
    /// The chunk with its joined records; `None`: it is as it was.
    pub(crate) bytes: Option<Vec<u8>>,
    /// Lines that became parts of the record before them.
    pub(crate) joined: u64,
    /// The places of its entries that are in records of several chunks, in ascending order.
    pub(crate) absorbed: Vec<u32>,
    /// Records of earlier chunks that ended.
    pub(crate) closed: Vec<ClosedTail>,
    /// Records that wait for lines of the next chunk.
    pub(crate) open: Vec<LeftOpen>,
    /// By stream, when its last line in this chunk was written.
    pub(crate) last_times: Vec<(StreamKey<'static>, Timestamp)>,
}

impl JoinedChunk {
    /// A chunk that stays as it is, and so do the records that wait.
    fn unread(tails: Vec<OpenTail>) -> Self {
        let open = tails.into_iter().map(|tail| LeftOpen { tail, has_lines: false });
        Self { open: open.collect(), ..Self::default() }
    }
}

/// A chunk that was joined without any before it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct JoinedAlone {
    /// The chunk with its joined records; `None`: it is as it was.
    pub bytes: Option<Vec<u8>>,
    /// Lines that became parts of the record before them.
    pub lines: u64,
}

/// Joins the lines of a chunk without any before or after it.
#[must_use]
pub fn join_alone(rules: &JoinRules, chunk: &[u8]) -> JoinedAlone {
    let joined = join(rules, chunk, &mut EarlierChunks::default(), &[], false);
    JoinedAlone { bytes: joined.bytes, lines: joined.joined }
}

/// Joins the lines of a chunk, also with what earlier chunks of its tag left open, unless a later one came first.
/// `absorbed` is what to leave out because it is in records of several chunks. With `may_wait` the last record of each stream
/// may stay open. A malformed chunk stays as it is.
pub(crate) fn join(
    rules: &JoinRules,
    chunk: &[u8],
    earlier: &mut EarlierChunks,
    absorbed: &[u32],
    may_wait: bool,
) -> JoinedChunk {
    let tails = std::mem::take(&mut earlier.tails);
    let mut joining = ChunkJoining::new(rules, chunk, tails.clone(), &earlier.last_times);
    for (position, entry) in (0..).zip(log_line::entries(chunk)) {
        let Ok(PlacedEntry { place, line }) = entry else { return JoinedChunk::unread(tails) };
        match line {
            _ if absorbed.binary_search(&position).is_ok() => joining.rewrite.leave_out(),
            Some(line) => joining.take(position, place, &line),
            None => joining.rewrite.keep(place),
        }
    }
    joining.finish(may_wait)
}

/// One stream of one container while its chunk is read.
#[derive(Debug)]
struct Stream<'a> {
    key: StreamKey<'a>,
    open: Option<OpenRecord<'a>>,
    /// The first line of the open record; `None`: it came in an earlier chunk.
    first: Option<Slot>,
    /// Lines of this chunk that are parts of it, without the first.
    parts: Vec<u32>,
    /// The last lines, which are parts of it only if another one follows.
    possible: Vec<Slot>,
    /// When the last line in this chunk was written.
    last_time: Option<Timestamp>,
    /// A later chunk came before this one, so this one has nothing to do with what is open.
    is_overtaken: bool,
    /// What that later chunk left open.
    later: Option<OpenRecord<'a>>,
}

impl Stream<'_> {
    fn has_lines(&self) -> bool {
        self.first.is_some() || !self.parts.is_empty() || !self.possible.is_empty()
    }

    /// Leaves what the next chunks need to know.
    fn leave(self, result: &mut JoinedChunk) {
        let key = self.key.into_owned();
        if let Some(later) = self.later {
            let tail = OpenTail { key: key.clone(), record: later.into_owned() };
            result.open.push(LeftOpen { tail, has_lines: false });
        }
        result.last_times.extend(self.last_time.map(|time| (key, time)));
    }
}

struct ChunkJoining<'r, 'a> {
    rules: &'r JoinRules,
    rewrite: ChunkRewrite<'a>,
    streams: Vec<Stream<'a>>,
    by_key: HashMap<StreamKey<'a>, usize>,
    /// The stream of the last line: neighbouring lines mostly come from one.
    last: usize,
    last_times: &'r HashMap<StreamKey<'a>, Timestamp>,
    result: JoinedChunk,
}

impl<'r, 'a> ChunkJoining<'r, 'a> {
    fn new(
        rules: &'r JoinRules,
        chunk: &'a [u8],
        tails: Vec<OpenTail>,
        last_times: &'r HashMap<StreamKey<'a>, Timestamp>,
    ) -> Self {
        let mut joining = Self {
            rules,
            rewrite: ChunkRewrite::new(chunk),
            last_times,
            streams: Vec::new(),
            by_key: HashMap::new(),
            last: 0,
            result: JoinedChunk::default(),
        };
        for OpenTail { key, record } in tails {
            joining.add_stream(key, Some(record));
        }
        joining
    }

    fn add_stream(&mut self, key: StreamKey<'a>, open: Option<OpenRecord<'a>>) -> usize {
        let index = self.streams.len();
        self.by_key.insert(key.clone(), index);
        self.streams.push(Stream {
            key,
            open,
            first: None,
            parts: Vec::new(),
            possible: Vec::new(),
            last_time: None,
            is_overtaken: false,
            later: None,
        });
        index
    }

    fn stream(&mut self, line: &LogLine<'a>) -> usize {
        let key = StreamKey { container: Cow::Borrowed(line.container), source: Cow::Borrowed(line.source) };
        if self.streams.get(self.last).is_none_or(|stream| stream.key != key) {
            self.last = match self.by_key.get(&key) {
                Some(index) => *index,
                None => self.add_stream(key, None),
            };
        }
        self.last
    }

    fn take(&mut self, position: u32, place: Range<usize>, line: &LogLine<'a>) {
        let index = self.stream(line);
        self.note_time(index, line.time);
        let rules = self.rules;
        let open = self.streams.get_mut(index).and_then(|stream| stream.open.as_mut());
        match open.and_then(|record| record.take(rules, line)) {
            Some(Taken::Certain(parts)) => {
                self.result.joined += parts;
                return self.move_into_record(index, position);
            }
            Some(Taken::Possible) => {
                let slot = self.rewrite.keep_apart(position, place);
                return self.note_possible(index, slot);
            }
            None => self.close(index),
        }
        let Some(record) = OpenRecord::begin(rules, line) else { return self.rewrite.keep(place) };
        let slot = self.rewrite.keep_apart(position, place);
        if let Some(stream) = self.streams.get_mut(index) {
            stream.open = Some(record);
            stream.first = Some(slot);
        }
    }

    /// Notes when a line was written. The first of its stream shows whether a later chunk came before this one.
    fn note_time(&mut self, index: usize, time: Timestamp) {
        let Some(stream) = self.streams.get_mut(index) else { return };
        if stream.last_time.is_none() {
            let last = self.last_times.get(&stream.key);
            stream.is_overtaken = last.is_some_and(|last| is_overtaken(time, *last));
            stream.later = stream.open.take_if(|_| stream.is_overtaken);
        }
        stream.last_time = stream.last_time.max(Some(time));
    }

    fn note_possible(&mut self, index: usize, slot: Slot) {
        if let Some(stream) = self.streams.get_mut(index) {
            stream.possible.push(slot);
        }
    }

    /// The line, and the possible ones before it, are in the stream's open record.
    fn move_into_record(&mut self, index: usize, position: u32) {
        let Some(stream) = self.streams.get_mut(index) else { return };
        self.rewrite.leave_out();
        for slot in stream.possible.drain(..) {
            stream.parts.push(slot.position);
            self.rewrite.remove(slot);
        }
        stream.parts.push(position);
        if stream.open.as_ref().is_some_and(OpenRecord::is_complete) {
            self.close(index);
        }
    }

    /// Nothing follows in the stream's open record.
    fn close(&mut self, index: usize) {
        let Some(stream) = self.streams.get_mut(index) else { return };
        let Some(mut record) = stream.open.take() else { return };
        match stream.first {
            Some(slot) if record.is_joined() => {
                self.rewrite.replace(slot, record.entry().into_owned());
            }
            Some(_) => {}
            None => {
                let key = stream.key.clone().into_owned();
                let has_lines = !stream.parts.is_empty();
                // Possible lines of this chunk stay in it.
                record.forget_possible(stream.possible.len());
                self.result.absorbed.append(&mut stream.parts);
                self.result.closed.push(ClosedTail { key, entries: record.entries(), has_lines });
            }
        }
        stream.first = None;
        stream.parts.clear();
        stream.possible.clear();
    }

    fn finish(mut self, may_wait: bool) -> JoinedChunk {
        let mut bytes = 0;
        for index in 0..self.streams.len() {
            let open = self.streams.get(index).and_then(|stream| Some((stream.open.as_ref()?.len(), stream)));
            let Some((len, stream)) = open else { continue };
            let is_small = bytes + len <= self.rules.max_bytes && self.result.open.len() < MAX_OPEN_TAILS;
            if stream.has_lines() && !(may_wait && is_small && !stream.is_overtaken) {
                self.close(index);
            } else {
                bytes += len;
                self.leave_open(index);
            }
        }
        self.streams.drain(..).for_each(|stream| stream.leave(&mut self.result));
        self.result.absorbed.sort_unstable();
        self.result.bytes = self.rewrite.finish();
        self.result
    }

    /// Takes the stream's open record out of the chunk, where it waits for more lines.
    fn leave_open(&mut self, index: usize) {
        let Some(stream) = self.streams.get_mut(index) else { return };
        let has_lines = stream.has_lines();
        let Some(record) = stream.open.take() else { return };
        for slot in stream.first.into_iter().chain(stream.possible.drain(..)) {
            self.result.absorbed.push(slot.position);
            self.rewrite.remove(slot);
        }
        self.result.absorbed.append(&mut stream.parts);
        let tail = OpenTail { key: stream.key.clone().into_owned(), record: record.into_owned() };
        self.result.open.push(LeftOpen { tail, has_lines });
    }
}

#[cfg(test)]
mod tests;
