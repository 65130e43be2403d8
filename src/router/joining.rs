//! Records whose lines are in several chunks: what a chunk leaves open, how long it is held for the rest, and how the whole
//! record is delivered.
//!
//! Fluent Bit keeps a chunk until its flush is answered. So a chunk that ends inside of a record is answered only after that
//! record has arrived; everything else in it is sent at once. The next chunk of its tag brings the rest, or the record is
//! delivered as it is when `join.wait` is over. It is a chunk of its own, with its own place in the ledger, and each chunk
//! that has lines of it is confirmed only if it is delivered. A chunk that comes again finds which of its lines are in such
//! records, and shares nothing more.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use tokio::time::{Instant, timeout_at};

use super::Router;
use super::entries::for_each_entry;
use super::incoming_chunk::IncomingChunk;
use crate::delivery::ledger::ChunkMaker;
use crate::delivery::progress::Progress;
use crate::delivery::verdict::Verdict;
use crate::input::chunk::Chunk;
use crate::input::record::Timestamp;
use crate::join::chunk::{self, ClosedTail, EarlierChunks, JoinedChunk, LeftOpen, OpenTail, StreamKey};
use crate::join::rules::JoinRules;
use crate::join::shared::SharedRecord;

/// Chunks that wait at the host while others may still be held: beyond that, destinations are down, and records end with
/// their chunk instead of filling the memory.
const MAX_WAITING_CHUNKS: usize = 64;

/// Tags of which it is known when their last lines were written.
const MAX_TAGS: usize = 1_024;

/// Streams of all tags together whose last times are remembered, at about 300 bytes each.
const MAX_STREAMS: usize = 4_096;

/// Threads of the host that are told apart.
const MAX_THREADS: usize = 64;

/// What is joined, and what waits for its rest.
pub(super) struct Joining {
    rules: JoinRules,
    /// By tag.
    open: RefCell<HashMap<Vec<u8>, Vec<OpenShared>>>,
    /// By tag, what tells whether a chunk was overtaken by a later one.
    last_times: RefCell<HashMap<Vec<u8>, LastTimes>>,
    /// Flushes that are held. Each blocks a thread of the host.
    held: Rc<Cell<usize>>,
    /// The threads that flushes came from.
    threads: RefCell<BTreeSet<usize>>,
    has_ended: Cell<bool>,
}

/// By stream, when its last line so far was written.
type LastTimes = HashMap<StreamKey<'static>, Timestamp>;

struct OpenShared {
    tail: OpenTail,
    shared: Rc<SharedRecord>,
}

/// A chunk as it is delivered.
#[derive(Default)]
pub(super) struct ChunkToSend {
    /// `None`: as it came.
    bytes: Option<Vec<u8>>,
    /// Lines that became parts of the record before them.
    lines: u64,
    /// Keeps the flush counted as held.
    _hold: Option<Hold>,
}

/// A flush that is held, as long as this lives.
struct Hold(Rc<Cell<usize>>);

impl Hold {
    fn new(held: &Rc<Cell<usize>>) -> Self {
        held.set(held.get() + 1);
        Self(Rc::clone(held))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl ChunkToSend {
    pub(super) fn or<'c>(&'c self, chunk: &'c dyn Chunk) -> &'c dyn Chunk {
        match &self.bytes {
            Some(bytes) => bytes,
            None => chunk,
        }
    }
}

impl Joining {
    pub(super) fn new(rules: JoinRules) -> Self {
        Self {
            rules,
            open: RefCell::default(),
            last_times: RefCell::default(),
            held: Rc::default(),
            threads: RefCell::default(),
            has_ended: Cell::new(false),
        }
    }

    /// Notes a thread that flushes come from. Only if there is another one can a chunk be held: it is the other one that
    /// brings the next.
    pub(super) fn note_thread(&self, thread: usize) {
        let mut threads = self.threads.borrow_mut();
        if threads.len() < MAX_THREADS {
            threads.insert(thread);
        }
    }

    fn may_hold(&self, waiting_chunks: usize) -> bool {
        let is_another_free = self.held.get() + 1 < self.threads.borrow().len();
        is_another_free && !self.has_ended.get() && waiting_chunks < MAX_WAITING_CHUNKS
    }

    /// Joins the lines of a chunk, together with what earlier chunks of its tag left open.
    fn join(&self, tag: &[u8], chunk: &[u8], progress: &Progress, may_hold: bool) -> ChunkToSend {
        if progress.is_replay() {
            let mut alone = EarlierChunks::default();
            let joined = chunk::join(&self.rules, chunk, &mut alone, &progress.shared().absorbed(), false);
            return ChunkToSend { bytes: joined.bytes, lines: 0, _hold: None };
        }
        let waiting = self.open.borrow_mut().remove(tag).unwrap_or_default();
        let mut known: HashMap<StreamKey<'static>, Rc<SharedRecord>> = HashMap::new();
        let mut earlier = EarlierChunks { tails: Vec::new(), last_times: self.take_last_times(tag) };
        for OpenShared { tail, shared } in waiting {
            known.insert(tail.key.clone(), shared);
            earlier.tails.push(tail);
        }
        let JoinedChunk { bytes, joined, absorbed, closed, open, last_times } =
            chunk::join(&self.rules, chunk, &mut earlier, &[], may_hold);
        earlier.note(last_times);
        self.last_times.borrow_mut().insert(tag.to_vec(), earlier.last_times);
        let mut records = Vec::new();
        for ClosedTail { key, entries, has_lines } in closed {
            let Some(shared) = known.remove(&key) else { continue };
            shared.close(entries);
            records.extend(has_lines.then_some(shared));
        }
        let _hold = open.iter().any(|open| open.has_lines).then(|| Hold::new(&self.held));
        records.extend(self.wait_for_rest(tag, open, known));
        progress.shared().note(absorbed, records);
        ChunkToSend { bytes, lines: joined, _hold }
    }

    fn take_last_times(&self, tag: &[u8]) -> LastTimes {
        let mut by_tag = self.last_times.borrow_mut();
        let streams: usize = by_tag.values().map(HashMap::len).sum();
        if by_tag.len() >= MAX_TAGS || streams >= MAX_STREAMS {
            by_tag.clear();
        }
        by_tag.remove(tag).unwrap_or_default()
    }

    /// Keeps what is open for the next chunk; returns the records that have lines of this one.
    fn wait_for_rest(
        &self,
        tag: &[u8],
        open: Vec<LeftOpen>,
        mut known: HashMap<StreamKey<'static>, Rc<SharedRecord>>,
    ) -> Vec<Rc<SharedRecord>> {
        let until = Instant::now() + self.rules.wait;
        let mut records = Vec::new();
        let mut waiting = Vec::new();
        for LeftOpen { tail, has_lines } in open {
            let shared = known.remove(&tail.key).unwrap_or_else(|| SharedRecord::new(until));
            records.extend(has_lines.then(|| Rc::clone(&shared)));
            waiting.push(OpenShared { tail, shared });
        }
        if !waiting.is_empty() {
            self.open.borrow_mut().insert(tag.to_vec(), waiting);
        }
        records
    }

    /// The entries of a record once nothing can follow, or once the time is up.
    async fn closed(&self, tag: &[u8], shared: &Rc<SharedRecord>) -> Option<Arc<[u8]>> {
        if let Some(entries) = shared.closed().await {
            return Some(entries);
        }
        self.give_up_waiting(tag, shared);
        shared.entries()
    }

    /// Closes the record as it is.
    fn give_up_waiting(&self, tag: &[u8], shared: &Rc<SharedRecord>) {
        let mut open = self.open.borrow_mut();
        let Some(waiting) = open.get_mut(tag) else { return };
        if let Some(at) = waiting.iter().position(|one| Rc::ptr_eq(&one.shared, shared)) {
            let OpenShared { tail, shared } = waiting.swap_remove(at);
            shared.close(tail.record.entries());
        }
        if waiting.is_empty() {
            open.remove(tag);
        }
    }

    /// Closes the records that wait for lines of the containers which this event names, and returns them with their tags.
    fn close_of(&self, event: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut closed = Vec::new();
        let mut open = self.open.borrow_mut();
        for (tag, waiting) in open.iter_mut() {
            for OpenShared { tail, shared } in
                waiting.extract_if(.., |one| one.tail.key.is_container_in(event))
            {
                let entries = tail.record.entries();
                shared.is_heard.set(true);
                shared.close(entries.clone());
                closed.push((tag.clone(), entries));
            }
        }
        open.retain(|_, waiting| !waiting.is_empty());
        closed
    }

    /// No chunk will come any more: what waits is delivered as it is.
    pub(super) fn end(&self) {
        self.has_ended.set(true);
        for OpenShared { tail, shared } in self.open.take().into_values().flatten() {
            shared.close(tail.record.entries());
        }
    }
}

impl Router {
    /// Notes a thread of the host that flushes come from.
    pub(crate) fn note_thread(&self, thread: usize) {
        if let Some(joining) = &self.joining {
            joining.note_thread(thread);
        }
    }

    /// No chunk will come any more.
    pub(crate) fn stop_joining(&self) {
        if let Some(joining) = &self.joining {
            joining.end();
        }
    }

    /// A container whose stop is about to be reported writes nothing more: what waits for more of its lines is delivered as it
    /// is, and is heard at once, so that the report has it.
    pub(super) fn end_records_of(&self, event: &[u8]) {
        let Some(joining) = &self.joining else { return };
        let destinations = self.destinations();
        for (tag, entries) in joining.close_of(event) {
            let stages = self.pipeline.stages(self.pipeline.origin(&tag), &destinations);
            for_each_entry(&stages, &entries, &Progress::new(destinations.len()), |_, _| {});
        }
    }

    /// Joins the lines of a chunk of the host's, where that is wanted.
    pub(super) fn join(&self, chunk: IncomingChunk<'_>, progress: &Progress) -> ChunkToSend {
        let Some(joining) = self.joining.as_ref().filter(|_| chunk.maker == ChunkMaker::Host) else {
            return ChunkToSend::default();
        };
        let may_hold = joining.may_hold(self.ledger.len());
        // Bytes that are gone are noticed by whoever reads them next.
        let joined = chunk.bytes.read(|bytes| joining.join(chunk.tag, bytes, progress, may_hold));
        let to_send = joined.unwrap_or_default();
        self.metrics.joined_lines.fetch_add(to_send.lines, Relaxed);
        to_send
    }

    /// Delivers the records that have lines in this chunk and in others, as soon as they are whole; `false`: the chunk has to
    /// come again for them.
    pub(super) async fn deliver_shared(
        self: &Rc<Self>,
        chunk: IncomingChunk<'_>,
        progress: &Progress,
        deadline: Instant,
    ) -> bool {
        let Some(joining) = &self.joining else { return true };
        let mut all_delivered = true;
        for shared in progress.shared().records() {
            let Some(entries) = joining.closed(chunk.tag, &shared).await else { continue };
            all_delivered &= self.deliver_record(chunk, &shared, &entries, deadline).await;
        }
        all_delivered
    }

    /// Delivers one of them, unless another chunk has done so or is about to. It comes as `chunk` did.
    async fn deliver_record(
        self: &Rc<Self>,
        chunk: IncomingChunk<'_>,
        shared: &SharedRecord,
        entries: &Arc<[u8]>,
        deadline: Instant,
    ) -> bool {
        let Ok(mut delivered) = timeout_at(deadline, shared.delivered.lock()).await else { return false };
        if !*delivered {
            let maker = if shared.is_heard.get() { ChunkMaker::HeardJoined } else { ChunkMaker::Joined };
            let record = IncomingChunk { maker, bytes: entries, ..chunk };
            *delivered = Box::pin(self.route_until(record, None, deadline)).await != Verdict::Retry;
        }
        *delivered
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::join::rules::LineRule;

    #[test]
    fn made_up_containers_and_tags_take_little_memory() {
        let rules = JoinRules {
            pieces: true,
            lines: Some(LineRule::Traces),
            wait: Duration::from_secs(2),
            max_bytes: 1 << 20,
        };
        let joining = Joining::new(rules);
        for tag in 0..100 {
            for part in 0..2 {
                let line = |nth: usize| json!({"container_id": format!("{part}-{nth}"), "source": "stderr", "log": "x"});
                let chunk: Vec<u8> =
                    (0..500).flat_map(|nth| rmp_serde::to_vec(&(1u64, line(nth))).unwrap()).collect();
                joining.join(format!("t{tag}").as_bytes(), &chunk, &Progress::new(1), false);
            }
        }
        let remembered: Vec<usize> = joining.last_times.borrow().values().map(HashMap::len).collect();
        assert!(remembered.iter().all(|streams| (1..=256).contains(streams)), "{remembered:?}");
        assert!(remembered.iter().sum::<usize>() <= MAX_STREAMS + 256, "{remembered:?}");
    }
}
