//! Keeps the last lines that each container wrote to standard error, for the report of its end.
//!
//! A container is known by the name in FireLens's tag and by its runtime id. The id alone stands in the record, where the
//! application may have written it: so under another container's tag it names no other container.
//!
//! Owns joining split lines, and the bounds in lines, bytes and containers. Does not own which report shows the lines.
//! While a chunk is read its tail only borrows; lines that are among the last at the chunk's end are copied.
//!
//! Split lines: Docker's fluentd driver cuts at 16 KiB and marks the parts with `partial_id`. When a container dies, the
//! last part may never be marked as such (`daemon/logger/copier.go` of moby), so nothing waits for it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;

use super::{StopEvent, redact};
use crate::input::record::Record;
use crate::json;

/// A longer line is cut.
const MAX_LINE_BYTES: usize = 2 << 10;

/// All lines of one container together.
const MAX_CONTAINER_BYTES: usize = 16 << 10;

/// One more evicts the container that was silent for longest.
const MAX_CONTAINERS: usize = 64;

/// Runtime ids of one name: an application that makes ids up evicts only its own lines.
const MAX_IDS_OF_NAME: usize = 4;

/// The last lines of each container of one task, or of one host.
#[derive(Debug)]
pub struct StderrTail {
    max_lines: usize,
    /// The container that wrote most recently comes last.
    containers: RefCell<Vec<ContainerTail>>,
}

#[derive(Debug)]
struct ContainerTail {
    key: ContainerKey<'static>,
    lines: VecDeque<TailLine<'static>>,
    bytes: usize,
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
}

impl<'c> TailLine<'c> {
    fn from_record(record: &Record<'c, '_>) -> Option<Self> {
        let text = record.text(b"log").filter(|text| !text.is_empty())?;
        let partial_id = record.get(b"partial_message").and_then(|_| record.text(b"partial_id"));
        Some(Self {
            text: Cow::Borrowed(json::cut(text, MAX_LINE_BYTES)),
            partial_id: partial_id.map(Cow::Borrowed),
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
        }
    }
}

/// The last lines of each container in one chunk, borrowed from the chunk.
#[derive(Debug)]
pub struct ChunkTail<'c> {
    max_lines: usize,
    containers: Vec<(ContainerKey<'c>, VecDeque<TailLine<'c>>)>,
    /// The container that wrote last: neighbouring records mostly come from one.
    last: usize,
}

impl StderrTail {
    /// Keeps this many lines of each container; with 0 nothing is kept.
    #[must_use]
    pub fn new(max_lines: usize) -> Self {
        Self { max_lines, containers: RefCell::default() }
    }

    /// An empty tail for one chunk, to be merged at its end.
    #[must_use]
    pub fn begin_chunk<'c>(&self) -> ChunkTail<'c> {
        ChunkTail { max_lines: self.max_lines, containers: Vec::new(), last: 0 }
    }

    /// Copies a chunk's last lines.
    pub fn merge(&self, chunk_tail: ChunkTail<'_>) {
        for (key, lines) in chunk_tail.containers {
            let mut containers = self.containers.borrow_mut();
            let mut container = take_or_insert(&mut containers, key);
            lines.into_iter().for_each(|line| container.push(line, self.max_lines));
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
        let lines = container.into_iter().flat_map(|container| &container.lines);
        lines.map(|line| redact::text(&String::from_utf8_lossy(&line.text)).into_owned()).collect()
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
    ContainerTail { key: key.into_owned(), lines: VecDeque::new(), bytes: 0 }
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
    fn push(&mut self, line: TailLine<'_>, max_lines: usize) {
        match self.lines.back_mut() {
            Some(last) if last.continues_in(&line) => {
                self.bytes -= last.text.len();
                last.append(&line.text);
                self.bytes += last.text.len();
            }
            _ => {
                self.bytes += line.text.len();
                self.lines.push_back(line.into_owned());
            }
        }
        while (self.lines.len() > max_lines || self.bytes > MAX_CONTAINER_BYTES)
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= oldest.text.len();
        }
    }
}

impl<'c> ChunkTail<'c> {
    /// Notes a record that an application wrote to standard error; `name` is the container's in FireLens's tag.
    pub fn observe(&mut self, record: &Record<'c, '_>, name: Option<&'c [u8]>) {
        if self.max_lines == 0 {
            return;
        }
        if let (Some(id), Some(line)) = (record.text(b"container_id"), TailLine::from_record(record)) {
            self.push(ContainerKey::new(name, id), line);
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

    fn observe(tail: &StderrTail, records: &[Json]) {
        let chunk: Vec<u8> =
            records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
        let mut chunk_tail = tail.begin_chunk();
        decode::records(&chunk, |record| chunk_tail.observe(record, None));
        tail.merge(chunk_tail);
    }

    #[test]
    fn the_last_lines_of_each_container_are_kept_in_order() {
        let tail = StderrTail::new(3);
        observe(&tail, &[line("a", "1"), line("b", "x"), line("a", "2"), line("a", "3"), line("a", "4")]);
        assert_eq!(tail.lines("web", "a"), ["2", "3", "4"]);
        observe(&tail, &[line("a", "5"), line("a", "")]);
        assert_eq!(tail.lines("web", "a"), ["3", "4", "5"]);
        assert_eq!(tail.lines("web", "b"), ["x"]);
        assert!(tail.lines("web", "c").is_empty());
    }

    #[test]
    fn pieces_are_joined_and_a_last_one_is_not_waited_for() {
        let tail = StderrTail::new(5);
        let records =
            [line("a", "before"), piece("one ", "p", false), piece("two", "p", true), line("a", "after")];
        observe(&tail, &records);
        assert_eq!(tail.lines("web", "a"), ["before", "one two", "after"]);
        observe(&tail, &[piece("dying ", "q", false)]);
        assert_eq!(tail.lines("web", "a").last().unwrap(), "dying ");
        observe(&tail, &[piece("words", "q", false), piece("other", "r", false)]);
        assert_eq!(tail.lines("web", "a")[3..], ["dying words", "other"]);
    }

    #[test]
    fn lines_bytes_and_containers_are_bounded() {
        let tail = StderrTail::new(100);
        let long = "é".repeat(5_000);
        observe(&tail, &(0..100).map(|_| line("a", &long)).collect::<Vec<_>>());
        assert_eq!(tail.lines("web", "a").len(), MAX_CONTAINER_BYTES / MAX_LINE_BYTES);
        assert!(tail.lines("web", "a").iter().all(|line| line.len() == MAX_LINE_BYTES));
        let pieces: Vec<Json> = (0..20).map(|_| piece(&long, "p", false)).collect();
        observe(&tail, &pieces);
        assert_eq!(tail.lines("web", "a").last().unwrap().len(), MAX_LINE_BYTES);
        for number in 0..2 * MAX_CONTAINERS {
            observe(&tail, &[line(&number.to_string(), "x"), line("a", "still here")]);
        }
        assert_eq!(tail.containers.borrow().len(), MAX_CONTAINERS);
        assert!(tail.lines("web", "0").is_empty() && !tail.lines("web", "a").is_empty());
    }

    #[test]
    fn a_container_that_makes_up_ids_costs_little_and_hides_no_others_lines() {
        let tail = StderrTail::new(3);
        let by = |name: &'static [u8], records: &[Json]| {
            let chunk: Vec<u8> =
                records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
            let mut chunk_tail = tail.begin_chunk();
            decode::records(&chunk, |record| chunk_tail.observe(record, Some(name)));
            assert!(chunk_tail.containers.len() <= MAX_CONTAINERS);
            tail.merge(chunk_tail);
        };
        by(b"web", &[line("a", "genuine")]);
        let made_up: Vec<Json> = (0..5_000).map(|number| line(&format!("id-{number}"), "x")).collect();
        by(b"hostile", &made_up);
        made_up.chunks(100).for_each(|records| by(b"hostile", records));
        assert_eq!(tail.lines("web", "a"), ["genuine"]);
        assert_eq!(tail.lines("hostile", "id-4999"), ["x"], "the newest are kept");
        observe(&tail, &made_up);
        assert_eq!(tail.containers.borrow().len(), MAX_CONTAINERS);
    }

    #[test]
    fn secrets_in_lines_are_masked() {
        let tail = StderrTail::new(3);
        observe(
            &tail,
            &[line("a", "cannot connect to postgres://shop:hunter2@db/shop"), line("a", "token=hunter2")],
        );
        assert_eq!(
            tail.lines("web", "a"),
            ["cannot connect to postgres://[redacted]@db/shop", "token=[redacted]"]
        );
    }

    #[test]
    fn nothing_is_kept_when_nothing_is_wanted() {
        let tail = StderrTail::new(0);
        observe(&tail, &[line("a", "1")]);
        assert!(tail.lines("web", "a").is_empty());
    }
}
