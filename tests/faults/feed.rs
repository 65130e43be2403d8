//! Numbered lines by the forward protocol, each a part of a stack trace. The host acknowledges each message once it has stored it, and only what is
//! acknowledged counts as sent; what a dying host may or may not have stored is not sent again.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::ops::RangeInclusive;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use rmp::encode as msgpack;
use serde_json::{Value, json};

use crate::host::Alive;
use test_support::chunk::{Chunk, Layout, TimeForm, value};
use test_support::record::{line, now_ms};

/// A tag for the records of several containers: one of FireLens would name a single one.
pub(crate) const TAG: &str = "app.0123";

/// Lines in one message. Their number is not a multiple of [`TRACE`], so that messages, and chunks, end amid of traces.
const BATCH: usize = 100;

/// Lines of a stack trace: every line is part of one.
pub(crate) const TRACE: usize = 3;

/// How many containers they come from.
pub(crate) const CONTAINERS: usize = 4;

/// How long the host may take to acknowledge.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent {
    /// Stored by the host.
    pub(crate) sure: BTreeSet<usize>,
    /// Perhaps stored: the host ended before it said so.
    pub(crate) unsure: BTreeSet<usize>,
}

impl Sent {
    /// Those that this is true for.
    pub(crate) fn only(&self, holds: impl Fn(usize) -> bool) -> Self {
        let some = |all: &BTreeSet<usize>| all.iter().copied().filter(|number| holds(*number)).collect();
        Self { sure: some(&self.sure), unsure: some(&self.unsure) }
    }

    /// How many records they are: the lines of a trace that a message cut may each be one.
    pub(crate) fn records(&self, joins: bool) -> RangeInclusive<usize> {
        let all: BTreeSet<usize> = self.sure.union(&self.unsure).copied().collect();
        if !joins {
            return self.sure.len()..=all.len();
        }
        let traces = |lines: &BTreeSet<usize>| lines.iter().map(|line| line / TRACE).collect::<BTreeSet<_>>();
        let all = traces(&all);
        let cut = all.iter().filter(|trace| is_cut(**trace)).count();
        traces(&self.sure).len()..=all.len() + (TRACE - 1) * cut
    }

    /// The traces that were sent whole and in one message.
    pub(crate) fn uncut_traces(&self) -> impl Iterator<Item = usize> {
        let is_whole = |first: &&usize| {
            first.is_multiple_of(TRACE) && (**first..**first + TRACE).all(|line| self.sure.contains(&line))
        };
        let traces = self.sure.iter().filter(is_whole).map(|first| first / TRACE);
        traces.filter(|trace| !is_cut(*trace))
    }

    /// Those of standard error.
    pub(crate) fn stderr(&self) -> Self {
        self.only(is_stderr)
    }

    /// The others.
    pub(crate) fn stdout(&self) -> Self {
        self.only(|number| !is_stderr(number))
    }
}

/// Every third trace is standard error.
pub(crate) fn is_stderr(number: usize) -> bool {
    (number / TRACE).is_multiple_of(3)
}

/// Whether the lines of this trace are in two messages.
fn is_cut(trace: usize) -> bool {
    let first = trace * TRACE;
    first / BATCH != (first + TRACE - 1) / BATCH
}

/// Where numbered records come from; numbers go on where they stopped.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    next: usize,
    pub(crate) sent: Sent,
    connection: Option<UnixStream>,
    behind_ms: Vec<i64>,
    padding: usize,
    /// Which lines are standard error.
    is_stderr: Option<fn(usize) -> bool>,
}

impl Feed {
    /// With other lines of standard error.
    pub(crate) fn with_stderr(is_stderr: fn(usize) -> bool) -> Self {
        Self { is_stderr: Some(is_stderr), ..Self::default() }
    }

    /// Times of traces are this many ms behind the machine's clock, taken in turn.
    pub(crate) fn behind(behind_ms: &[i64]) -> Self {
        Self { behind_ms: behind_ms.to_vec(), ..Self::default() }
    }

    /// With this many bytes added to each record.
    pub(crate) fn padded(padding: usize) -> Self {
        Self { padding, ..Self::default() }
    }

    /// Sends this many records, each of them acknowledged.
    #[track_caller]
    pub(crate) fn send(&mut self, host: &Alive, records: usize) {
        for _ in 0..records / BATCH {
            assert!(self.send_batch(&host.socket), "the host does not take records\n{}", host.said());
        }
    }

    /// The host is another one from now on.
    pub(crate) fn hang_up(&mut self) {
        self.connection = None;
    }

    /// One message; `false` when the host was not there or did not acknowledge.
    pub(crate) fn send_batch(&mut self, socket: &PathBuf) -> bool {
        let numbers = self.next..self.next + BATCH;
        let Some(mut connection) = self.connection.take().or_else(|| connect(socket)) else {
            return false;
        };
        self.next += BATCH;
        let acknowledged = self.exchange(&mut connection, numbers.clone());
        if acknowledged {
            self.connection = Some(connection);
            self.sent.sure.extend(numbers);
        } else {
            self.sent.unsure.extend(numbers);
        }
        acknowledged
    }

    fn exchange(&self, connection: &mut UnixStream, numbers: std::ops::Range<usize>) -> bool {
        let id = format!("m{}", numbers.start);
        let message = message(&self.entries(numbers), &id);
        // `{"ack": id}`
        let mut answer = vec![0; 1 + 4 + 1 + id.len()];
        connection.write_all(&message).is_ok()
            && connection.read_exact(&mut answer).is_ok()
            && answer.ends_with(id.as_bytes())
    }

    fn entries(&self, numbers: std::ops::Range<usize>) -> Vec<u8> {
        let now = now_ms();
        let entry = |chunk: Chunk, number: usize| {
            let turn = number / TRACE % self.behind_ms.len().max(1);
            let behind = self.behind_ms.get(turn).copied().unwrap_or(0);
            chunk.with(now - behind, &self.record(number))
        };
        numbers.fold(Chunk::of(Layout::Legacy, TimeForm::Event), entry).bytes().to_vec()
    }

    fn record(&self, number: usize) -> Value {
        let is_stderr = self.is_stderr.unwrap_or(is_stderr);
        let source = if is_stderr(number) { "stderr" } else { "stdout" };
        // Letters that hardly shrink: what fills a disk has to fill it compressed as well.
        let mut random = fastrand::Rng::with_seed(number as u64);
        let padding: String = (0..self.padding).map(|_| random.alphanumeric()).collect();
        let text = match number % TRACE {
            0 => format!("java.lang.IllegalStateException: n={number} GET /orders/{number} {padding}"),
            _ => format!("\tat com.example.Orders.place(Orders.java:{number}) n={number} {padding}"),
        };
        let text = text.trim_end();
        let container = number / TRACE % CONTAINERS;
        let mut record = line(&format!("c{container}"), source, text);
        record["container_id"] = format!("{container:064x}").into();
        record
    }
}

fn connect(socket: &PathBuf) -> Option<UnixStream> {
    let connection = UnixStream::connect(socket).ok()?;
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.set_write_timeout(Some(PATIENCE)).unwrap();
    Some(connection)
}

/// Packed forward mode with an id to acknowledge: `[tag, entries, {"chunk": id}]`.
fn message(entries: &[u8], id: &str) -> Vec<u8> {
    let mut out = vec![0x93];
    value(&mut out, &TAG.into());
    msgpack::write_bin(&mut out, entries).unwrap();
    value(&mut out, &json!({ "chunk": id }));
    out
}

/// A feed that sends as fast as the host takes, on a thread of its own.
pub(crate) struct Stream {
    stop: Arc<AtomicBool>,
    /// How many records the host has acknowledged.
    acknowledged: Arc<AtomicUsize>,
    thread: JoinHandle<Feed>,
}

impl Stream {
    /// A host that goes away is waited for; `pause` lies between two messages.
    pub(crate) fn start(mut feed: Feed, host: &Alive, pause: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, socket) = (Arc::clone(&stop), host.socket.clone());
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&acknowledged);
        let thread = std::thread::spawn(move || {
            while !stopped.load(Relaxed) {
                feed.send_batch(&socket);
                counter.store(feed.sent.sure.len(), Relaxed);
                std::thread::sleep(pause);
            }
            feed
        });
        Self { stop, acknowledged, thread }
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Relaxed)
    }

    /// Answers with the feed and all it has sent.
    pub(crate) fn stop(self) -> Feed {
        self.stop.store(true, Relaxed);
        self.thread.join().expect("the feed does not panic")
    }
}
