//! A child process of this binary that runs the plugin and treats its answers as Fluent Bit does.
//!
//! Chunks of up to 2 MB per flush interval, `Workers` flushes at one time per output, RETRY after a back-off, chunks on
//! disk when storage is asked for; SIGTERM: no more input, flush what there is within `Grace`, exit; SIGHUP: the same
//! with a new load of the plugin instead of the end. It knows the plugin's life cycle (`registry::{load, init, flush,
//! exit}`); the C border has a host of its own in `tests/host`.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use ecs_router::{Verdict, registry};
use rmp::decode as msgpack;
use tokio::signal::unix::{SignalKind, signal};

use super::Plan;

const MARK: &str = "ECS_ROUTER_FAULTS_PLAN";

const FLUSH: Duration = Duration::from_millis(300);
const GRACE: Duration = Duration::from_secs(20);
const CHUNK: usize = 2_000_000;

/// Back-off before a chunk comes again: `scheduler.base 1`, `scheduler.cap 2`.
const BACK_OFF_MS: std::ops::Range<u64> = 1_000..2_000;

/// This binary, told to run nothing but the test below.
pub(super) fn words() -> Vec<OsString> {
    let binary = std::env::current_exe().expect("the path of this test").into_os_string();
    let test = concat!(module_path!(), "::a_chunk_that_is_not_taken_comes_again").split_once("::").unwrap().1;
    [binary, "--exact".into(), test.into(), "--nocapture".into()].to_vec()
}

/// Tells the child what to be.
pub(super) fn prepare(command: &mut Command, plan: &Plan) {
    command.env(MARK, serde_json::to_string(plan).unwrap());
}

/// The stand-in itself: one that gives up a chunk would prove nothing about the plugin.
#[test]
fn a_chunk_that_is_not_taken_comes_again() {
    if let Ok(plan) = std::env::var(MARK) {
        play(serde_json::from_str(&plan).unwrap());
    }
    let cloud = fake_cloud::Cloud::start();
    let times = [fake_cloud::Fault::aws(400, "AccessDeniedException"), fake_cloud::Fault::ok()];
    cloud.script(fake_cloud::Api::PutLogEvents, times);
    let output = super::Output::to_groups(&cloud, ["/rest", "/rest"]);
    let setup = super::Setup { kind: super::Kind::StandIn, joins: false };
    let mut host = super::Host::new(&setup, output).start();
    let mut feed = crate::feed::Feed::default();
    feed.send(&host, 100);
    let tally = crate::tally::tally("(the stand-in)", &host, "/rest", &feed.sent, || {
        crate::tally::in_group(&cloud, "/rest")
    });
    tally.expect_once(&host);
    host.end();
}

/// A chunk, and where it is kept if it is.
struct Chunk {
    tag: String,
    bytes: Vec<u8>,
    file: Option<PathBuf>,
}

/// One output's turn with a chunk.
struct Job {
    chunk: Arc<Chunk>,
    output: usize,
    due: Instant,
}

#[derive(Default)]
struct State {
    filling: Option<Chunk>,
    jobs: VecDeque<Job>,
    /// Flushes under way.
    running: usize,
    handles: Vec<usize>,
    closed: bool,
    files: usize,
}

struct Engine {
    plan: Plan,
    state: Mutex<State>,
    changed: Condvar,
}

fn play(plan: Plan) -> ! {
    let engine = Arc::new(Engine { plan, state: Mutex::default(), changed: Condvar::new() });
    engine.load();
    engine.recover();
    for output in 0..engine.plan.outputs.len() {
        for _ in 0..engine.plan.outputs[output].workers {
            let engine = Arc::clone(&engine);
            std::thread::spawn(move || engine.work(output));
        }
    }
    let listener = UnixListener::bind(&engine.plan.socket).unwrap();
    let (listening, flushing) = (Arc::clone(&engine), Arc::clone(&engine));
    std::thread::spawn(move || listening.listen(&listener));
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(FLUSH);
            flushing.turn(&mut flushing.lock());
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(engine.obey());
    std::process::exit(0)
}

impl Engine {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn load(&self) {
        registry::load();
        let handles =
            self.plan.outputs.iter().map(|output| registry::init(&output.keys, |_| None).expect("it starts"));
        self.lock().handles = handles.collect();
    }

    /// Chunks that a killed process left behind.
    fn recover(&self) {
        let Some(storage) = &self.plan.storage else { return };
        std::fs::create_dir_all(storage).unwrap();
        let mut state = self.lock();
        for entry in std::fs::read_dir(storage).unwrap() {
            let file = entry.unwrap().path();
            let kept = std::fs::read(&file).unwrap();
            let split = kept.iter().position(|byte| *byte == b'\n').unwrap();
            let tag = String::from_utf8(kept[..split].to_vec()).unwrap();
            state.filling = Some(Chunk { tag, bytes: kept[split + 1..].to_vec(), file: Some(file) });
            self.turn(&mut state);
        }
        state.files = 1_000_000 * usize::try_from(std::process::id()).unwrap();
    }

    /// Hands the chunk that is being filled to every output.
    fn turn(&self, state: &mut State) {
        if let Some(chunk) = state.filling.take().map(Arc::new) {
            let due = Instant::now();
            let job = |output| Job { chunk: Arc::clone(&chunk), output, due };
            state.jobs.extend((0..self.plan.outputs.len()).map(job));
            self.changed.notify_all();
        }
    }

    async fn obey(&self) {
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        let mut hang_up = signal(SignalKind::hangup()).unwrap();
        loop {
            tokio::select! {
                _ = terminate.recv() => {
                    self.come_to_rest();
                    return self.exit();
                }
                _ = hang_up.recv() => {
                    self.come_to_rest();
                    self.exit();
                    self.load();
                    self.lock().closed = false;
                    self.changed.notify_all();
                }
            }
        }
    }

    /// Takes no more input and flushes what there is, within `Grace`.
    fn come_to_rest(&self) {
        let end = Instant::now() + GRACE;
        self.lock().closed = true;
        self.turn(&mut self.lock());
        loop {
            let state = self.lock();
            if (state.jobs.is_empty() && state.running == 0) || Instant::now() > end {
                return;
            }
            drop(state);
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn exit(&self) {
        let handles = std::mem::take(&mut self.lock().handles);
        handles.into_iter().for_each(registry::exit);
    }
}

/// The way in.
impl Engine {
    fn listen(self: &Arc<Self>, listener: &UnixListener) {
        for stream in listener.incoming().flatten() {
            let engine = Arc::clone(self);
            std::thread::spawn(move || engine.converse(stream));
        }
    }

    fn converse(&self, stream: UnixStream) -> Option<()> {
        let mut answers = stream.try_clone().unwrap();
        let mut messages = BufReader::new(stream);
        loop {
            msgpack::read_array_len(&mut messages).ok()?;
            let tag = text(&mut messages);
            let length = msgpack::read_bin_len(&mut messages).unwrap();
            let entries = bytes(&mut messages, length);
            msgpack::read_map_len(&mut messages).unwrap();
            assert_eq!(text(&mut messages), "chunk");
            let id = text(&mut messages);
            self.store(&tag, &entries);
            let mut answer = vec![0x81];
            rmp::encode::write_str(&mut answer, "ack").unwrap();
            rmp::encode::write_str(&mut answer, &id).unwrap();
            answers.write_all(&answer).ok()?;
        }
    }

    /// Adds to the chunk being filled; waits while there is no room or no input wanted.
    fn store(&self, tag: &str, entries: &[u8]) {
        let mut state = self.lock();
        while state.closed || self.in_memory(&state) > self.plan.memory {
            state = self.changed.wait_timeout(state, FLUSH).unwrap().0;
        }
        if state.filling.as_ref().is_some_and(|chunk| chunk.bytes.len() + entries.len() > CHUNK) {
            self.turn(&mut state);
        }
        if state.filling.is_none() {
            state.files += 1;
            let file = self.plan.storage.as_ref().map(|storage| storage.join(state.files.to_string()));
            file.iter().for_each(|file| std::fs::write(file, format!("{tag}\n")).unwrap());
            state.filling = Some(Chunk { tag: tag.to_owned(), bytes: Vec::new(), file });
        }
        let chunk = state.filling.as_mut().unwrap();
        chunk.bytes.extend(entries);
        if let Some(file) = &chunk.file {
            append(file, entries);
        }
    }

    fn in_memory(&self, state: &State) -> usize {
        state.jobs.iter().map(|job| job.chunk.bytes.len()).sum()
    }
}

fn append(file: &Path, entries: &[u8]) {
    std::fs::File::options().append(true).open(file).unwrap().write_all(entries).unwrap();
}

fn text(from: &mut impl std::io::Read) -> String {
    let length = msgpack::read_str_len(from).unwrap();
    String::from_utf8(bytes(from, length)).unwrap()
}

fn bytes(from: &mut impl std::io::Read, length: u32) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(length).unwrap()];
    from.read_exact(&mut bytes).unwrap();
    bytes
}

/// The way out.
impl Engine {
    fn work(&self, output: usize) {
        loop {
            let mut state = self.lock();
            let ready = |job: &Job| job.output == output && job.due <= Instant::now();
            let Some(at) = state.jobs.iter().position(ready).filter(|_| !state.handles.is_empty()) else {
                drop(self.changed.wait_timeout(state, Duration::from_millis(20)).unwrap());
                continue;
            };
            let job = state.jobs.remove(at).unwrap();
            let handle = state.handles[output];
            state.running += 1;
            drop(state);
            let verdict =
                registry::flush(handle, job.chunk.tag.as_bytes(), Arc::new(job.chunk.bytes.clone()));
            self.settle(job, verdict);
        }
    }

    fn settle(&self, job: Job, verdict: Verdict) {
        let mut state = self.lock();
        state.running -= 1;
        if verdict == Verdict::Retry {
            let due = Instant::now() + Duration::from_millis(fastrand::u64(BACK_OFF_MS));
            state.jobs.push_back(Job { due, ..job });
        } else if let Some(Chunk { file: Some(file), .. }) = Arc::into_inner(job.chunk) {
            std::fs::remove_file(file).unwrap();
        }
        self.changed.notify_all();
    }
}
