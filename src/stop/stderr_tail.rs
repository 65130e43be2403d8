//! The last lines that each container wrote to standard error, for the report of its end.
//!
//! Owns: keeping them, joining split lines, and the bounds in lines, bytes and containers. Does not own: which end
//! they are shown with. While a chunk is read only slices are noted; what is still among the last at its end is copied.
//!
//! Split lines: Docker's fluentd driver cuts at 16 KiB and marks the pieces with `partial_id`; the piece that ends a
//! line may never say so when the container dies (`daemon/logger/copier.go` of moby), so nobody waits for it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;

use super::StopEvent;
use crate::input::record::Record;
use crate::json;

/// Of one line; the rest is cut.
const LINE: usize = 2 << 10;

/// Of all lines of one container.
const BYTES: usize = 16 << 10;

/// Containers remembered; the one that was silent for longest makes room.
const CONTAINERS: usize = 64;

/// What the containers of one task, or of one host, said last.
#[derive(Debug)]
pub struct StderrTail {
    lines: usize,
    /// The most recent speaker last.
    speakers: RefCell<Vec<ContainerTail>>,
}

#[derive(Debug)]
struct ContainerTail {
    container: Vec<u8>,
    lines: VecDeque<TailLine<'static>>,
    bytes: usize,
}

#[derive(Debug)]
struct TailLine<'c> {
    text: Cow<'c, [u8]>,
    /// The `partial_id` of a line that came in pieces.
    piece_of: Option<Cow<'c, [u8]>>,
}

impl<'c> TailLine<'c> {
    fn of(record: &Record<'c, '_>) -> Option<Self> {
        let text = record.text(b"log").filter(|text| !text.is_empty())?;
        let piece_of = record.get(b"partial_message").and_then(|_| record.text(b"partial_id"));
        Some(Self { text: Cow::Borrowed(json::cut(text, LINE)), piece_of: piece_of.map(Cow::Borrowed) })
    }

    /// Whether `next` goes on where this one was split.
    fn goes_on_in(&self, next: &TailLine<'_>) -> bool {
        self.piece_of.is_some() && self.piece_of == next.piece_of
    }

    fn join(&mut self, next: &[u8]) {
        let room = LINE.saturating_sub(self.text.len());
        if room > 0 {
            self.text.to_mut().extend_from_slice(json::cut(next, room));
        }
    }

    fn into_owned(self) -> TailLine<'static> {
        TailLine {
            text: self.text.into_owned().into(),
            piece_of: self.piece_of.map(|piece_of| piece_of.into_owned().into()),
        }
    }
}

/// What was said in one chunk, still in the chunk's own bytes.
#[derive(Debug)]
pub struct ChunkTail<'c> {
    lines: usize,
    /// By container, with the one that spoke last remembered: neighbouring records mostly come from one.
    speakers: Vec<(&'c [u8], VecDeque<TailLine<'c>>)>,
    last: usize,
}

impl StderrTail {
    /// Keeps this many lines of each container; with 0 nothing is kept.
    #[must_use]
    pub fn new(lines: usize) -> Self {
        Self { lines, speakers: RefCell::default() }
    }

    /// For one chunk.
    #[must_use]
    pub fn begin_chunk<'c>(&self) -> ChunkTail<'c> {
        ChunkTail { lines: self.lines, speakers: Vec::new(), last: 0 }
    }

    /// Keeps what was heard.
    pub fn merge(&self, heard: ChunkTail<'_>) {
        for (container, lines) in heard.speakers {
            let mut speakers = self.speakers.borrow_mut();
            let mut speaker = take(&mut speakers, container);
            lines.into_iter().for_each(|line| speaker.say(line, self.lines));
            speakers.push(speaker);
        }
    }

    /// The last lines of the container that a stop is to be blamed on.
    #[must_use]
    pub fn for_stop(&self, stop: &StopEvent) -> Vec<String> {
        let culprit = stop.container.as_deref();
        let culprit = stop.containers.iter().find(|container| Some(&*container.name) == culprit);
        culprit
            .and_then(|container| container.runtime_id.as_deref())
            .map(|id| self.lines(id))
            .unwrap_or_default()
    }

    /// The last lines of the container with this id, the oldest first.
    #[must_use]
    pub fn lines(&self, container: &str) -> Vec<String> {
        let speakers = self.speakers.borrow();
        let speaker = speakers.iter().find(|speaker| speaker.container == container.as_bytes());
        let lines = speaker.into_iter().flat_map(|speaker| &speaker.lines);
        lines.map(|line| String::from_utf8_lossy(&line.text).into_owned()).collect()
    }
}

/// The container's lines so far; a new one may cost the one that was silent for longest its place.
fn take(speakers: &mut Vec<ContainerTail>, container: &[u8]) -> ContainerTail {
    if let Some(position) = speakers.iter().position(|speaker| speaker.container == container) {
        return speakers.remove(position);
    }
    if speakers.len() >= CONTAINERS {
        speakers.remove(0);
    }
    ContainerTail { container: container.to_vec(), lines: VecDeque::new(), bytes: 0 }
}

impl ContainerTail {
    fn say(&mut self, line: TailLine<'_>, most: usize) {
        match self.lines.back_mut() {
            Some(last) if last.goes_on_in(&line) => {
                self.bytes -= last.text.len();
                last.join(&line.text);
                self.bytes += last.text.len();
            }
            _ => {
                self.bytes += line.text.len();
                self.lines.push_back(line.into_owned());
            }
        }
        while (self.lines.len() > most || self.bytes > BYTES)
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= oldest.text.len();
        }
    }
}

impl<'c> ChunkTail<'c> {
    /// Notes a record that an application wrote to standard error.
    pub fn observe(&mut self, record: &Record<'c, '_>) {
        if self.lines == 0 {
            return;
        }
        if let (Some(container), Some(line)) = (record.text(b"container_id"), TailLine::of(record)) {
            self.say(container, line);
        }
    }

    fn say(&mut self, container: &'c [u8], line: TailLine<'c>) {
        let most = self.lines;
        let Some((_, lines)) = self.speaker(container) else { return };
        match lines.back_mut() {
            Some(last) if last.goes_on_in(&line) => last.join(&line.text),
            _ => lines.push_back(line),
        }
        if lines.len() > most {
            lines.pop_front();
        }
    }

    fn speaker(&mut self, container: &'c [u8]) -> Option<&mut (&'c [u8], VecDeque<TailLine<'c>>)> {
        if self.speakers.get(self.last).is_none_or(|(known, _)| *known != container) {
            let known = self.speakers.iter().position(|(known, _)| *known == container);
            self.last = known.unwrap_or_else(|| {
                self.speakers.push((container, VecDeque::new()));
                self.speakers.len() - 1
            });
        }
        self.speakers.get_mut(self.last)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::input::decode;

    fn line(container: &str, log: &str) -> Json {
        json!({"container_id": container, "source": "stderr", "log": log})
    }

    fn piece(log: &str, id: &str, last: bool) -> Json {
        json!({
            "container_id": "a", "source": "stderr", "log": log, "partial_message": "true", "partial_id": id,
            "partial_last": last.to_string(),
        })
    }

    fn hear(words: &StderrTail, records: &[Json]) {
        let chunk: Vec<u8> =
            records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
        let mut heard = words.begin_chunk();
        decode::records(&chunk, |record| heard.observe(record));
        words.merge(heard);
    }

    #[test]
    fn the_last_lines_of_each_container_are_kept_in_order() {
        let words = StderrTail::new(3);
        hear(&words, &[line("a", "1"), line("b", "x"), line("a", "2"), line("a", "3"), line("a", "4")]);
        assert_eq!(words.lines("a"), ["2", "3", "4"]);
        hear(&words, &[line("a", "5"), line("a", "")]);
        assert_eq!(words.lines("a"), ["3", "4", "5"]);
        assert_eq!(words.lines("b"), ["x"]);
        assert!(words.lines("c").is_empty());
    }

    #[test]
    fn pieces_are_joined_and_a_last_one_is_not_waited_for() {
        let words = StderrTail::new(5);
        let records =
            [line("a", "before"), piece("one ", "p", false), piece("two", "p", true), line("a", "after")];
        hear(&words, &records);
        assert_eq!(words.lines("a"), ["before", "one two", "after"]);
        hear(&words, &[piece("dying ", "q", false)]);
        assert_eq!(words.lines("a").last().unwrap(), "dying ");
        hear(&words, &[piece("words", "q", false), piece("other", "r", false)]);
        assert_eq!(words.lines("a")[3..], ["dying words", "other"]);
    }

    #[test]
    fn lines_bytes_and_containers_are_bounded() {
        let words = StderrTail::new(100);
        let long = "é".repeat(5_000);
        hear(&words, &(0..100).map(|_| line("a", &long)).collect::<Vec<_>>());
        assert_eq!(words.lines("a").len(), BYTES / LINE);
        assert!(words.lines("a").iter().all(|line| line.len() == LINE));
        let pieces: Vec<Json> = (0..20).map(|_| piece(&long, "p", false)).collect();
        hear(&words, &pieces);
        assert_eq!(words.lines("a").last().unwrap().len(), LINE);
        for number in 0..2 * CONTAINERS {
            hear(&words, &[line(&number.to_string(), "x"), line("a", "still here")]);
        }
        assert_eq!(words.speakers.borrow().len(), CONTAINERS);
        assert!(words.lines("0").is_empty() && !words.lines("a").is_empty());
    }

    #[test]
    fn nothing_is_kept_when_nothing_is_wanted() {
        let words = StderrTail::new(0);
        hear(&words, &[line("a", "1")]);
        assert!(words.lines("a").is_empty());
    }
}
