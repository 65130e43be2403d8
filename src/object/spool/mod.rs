//! Objects being filled, on disk.
//!
//! Owns: one file per object, when an object is due, the limit of all together, and finding again what a process
//! that died left behind. Does not own: where objects go and how. A write that succeeded survives the process,
//! though not the machine: nothing is synced, as a container's disk does not outlive its machine either.

mod deflate;
mod file;
mod folder;

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub use self::deflate::{GZIP_LEVEL, deflate};
use self::deflate::{Packer, StoredBatch};
pub use self::file::{Batches, Content, Header};
use self::folder::Folder;
use crate::encode::payload::Payload;
use crate::transport::AppendLines;
use crate::transport::http::Failure;

/// Stands for the uuid in an object's name until the object is opened.
pub const UUID: u8 = 0;

/// How a spool behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Where it is; missing folders are made.
    pub dir: PathBuf,
    /// Keeps the files of different destinations apart.
    pub label: String,
    /// An object of this many bytes is due, before compression.
    pub object_size: u64,
    /// An object of this age is due.
    pub object_age: Duration,
    /// Bytes of all files together.
    pub limit: u64,
    /// Large batches are packed: the objects will be gzip.
    pub packs: bool,
}

/// Why lines were not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The limit is reached.
    #[error(
        "the spool is full: {0} bytes wait for their upload; Fluent Bit keeps what comes, raise spool_limit for longer outages"
    )]
    Full(u64),
    /// The disk does not take it.
    #[error("cannot write {}: {error}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// An object that is filled no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its file; [`Batches::open`] reads it.
    pub path: PathBuf,
    /// The file's size.
    pub bytes: u64,
}

/// More files at one time than a sensible key template makes; the oldest gives way to the next.
const MAX_OPEN: usize = 1_000;

/// The objects of one destination.
#[derive(Debug)]
pub struct Spool {
    rules: SpoolSettings,
    folder: Folder,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<Vec<u8>, Filling>,
    waiting: Vec<Waiting>,
    under_way: usize,
    bytes: u64,
    /// Made when the first large batch comes.
    packer: Option<Packer>,
}

#[derive(Debug)]
struct Filling {
    object: Object,
    /// Bytes of its lines.
    lines: u64,
    opened: Instant,
}

#[derive(Debug)]
struct Waiting {
    object: Object,
    from: Instant,
}

impl Spool {
    /// Opens a folder of its own; what others left behind is due at once.
    pub fn open(rules: SpoolSettings) -> io::Result<Self> {
        let folder = Folder::open(&rules.dir, &rules.label)?;
        let spool = Self { rules, folder, state: Mutex::default(), changed: Notify::new() };
        spool.adopt()?;
        Ok(spool)
    }

    /// Takes over what instances that are gone left behind; answers with how many objects that were.
    pub fn adopt(&self) -> io::Result<usize> {
        let found = self.folder.claim_orphans()?;
        let mut state = self.state();
        for (path, bytes) in &found {
            state.bytes += bytes;
            let object = Object { path: path.clone(), bytes: *bytes };
            state.waiting.push(Waiting { object, from: Instant::now() });
        }
        drop(state);
        self.changed.notify_one();
        Ok(found.len())
    }

    /// Adds lines to the object of this name. All of them are in the file when this succeeds, none otherwise.
    pub fn append(&self, name: &[u8], lines: &Payload) -> Result<(), Refusal> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut state = self.state();
        let batch = state.batch(lines, self.rules.packs);
        let bytes = batch.pieces().map(<[u8]>::len).sum();
        let frame = file::frame(bytes, batch.content());
        let size = (frame.len() + bytes) as u64;
        // What is larger than the limit by itself has to pass, or it would stand in the way for ever.
        if state.bytes > 0 && state.bytes + size > self.rules.limit {
            state.relieve();
            self.changed.notify_one();
            return Err(Refusal::Full(state.bytes));
        }
        if !state.open.contains_key(name) {
            state.make_room();
            let filling = self.fresh(name)?;
            state.bytes += filling.object.bytes;
            state.open.insert(name.to_vec(), filling);
        }
        let Some(filling) = state.open.get_mut(name) else { return Ok(()) };
        let written = filling.append(&frame, &batch, size);
        filling.lines += lines.len() as u64;
        let full = filling.lines >= self.rules.object_size;
        match written {
            Ok(()) => state.bytes += size,
            // The file is gone, or ends with half a batch that cannot be taken back: this object takes no more.
            Err(_) => state.seal(name),
        }
        if full {
            state.seal(name);
        }
        drop(state);
        // A new object brings a new time to wake up at.
        self.changed.notify_one();
        written
    }

    fn fresh(&self, name: &[u8]) -> Result<Filling, Refusal> {
        let path = self.folder.new_file();
        let header = Header { key: key(name), opened: jiff::Timestamp::now().to_string() }.line();
        let failed = |error| Refusal::Disk { path: path.clone(), error };
        let mut opened = file::create(&path).map_err(failed)?;
        file::write(&mut opened, std::iter::once(header.as_slice())).map_err(|error| {
            std::fs::remove_file(&path).ok();
            failed(error)
        })?;
        let object = Object { bytes: header.len() as u64, path };
        Ok(Filling { object, lines: 0, opened: Instant::now() })
    }

    /// The next object that is due now, oldest first. It stays counted until it is removed.
    pub fn take_due(&self) -> Option<Object> {
        let now = Instant::now();
        let mut state = self.state();
        state.seal_where(|filling| filling.opened + self.rules.object_age <= now);
        let due = state.waiting.iter().position(|waiting| waiting.from <= now)?;
        state.under_way += 1;
        Some(state.waiting.remove(due).object)
    }

    /// When the next object will be due by itself.
    pub fn next_due(&self) -> Option<Instant> {
        let state = self.state();
        let filling = state.open.values().map(|filling| filling.opened + self.rules.object_age);
        filling.chain(state.waiting.iter().map(|waiting| waiting.from)).min()
    }

    /// Resolves when something may have become due earlier than [`Self::next_due`] said.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Everything is due now. Wakes nobody: who asks for it is who uploads.
    pub fn seal_all(&self) {
        let mut state = self.state();
        state.seal_where(|_| true);
        let now = Instant::now();
        state.waiting.iter_mut().for_each(|waiting| waiting.from = now);
    }

    /// The object arrived: its file goes.
    pub fn remove(&self, object: &Object) -> io::Result<()> {
        let removed = match std::fs::remove_file(&object.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let mut state = self.state();
        state.under_way -= 1;
        state.bytes = state.bytes.saturating_sub(object.bytes);
        removed
    }

    /// The object did not arrive: it is due again from then on.
    pub fn put_back(&self, object: Object, from: Instant) {
        let mut state = self.state();
        state.under_way -= 1;
        state.waiting.push(Waiting { object, from });
        drop(state);
        self.changed.notify_one();
    }

    /// Objects that have not arrived, and their bytes.
    pub fn left(&self) -> (usize, u64) {
        let state = self.state();
        (state.open.len() + state.waiting.len() + state.under_way, state.bytes)
    }

    /// Nothing panics while it holds the state; if something did, the state is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AppendLines for Spool {
    fn append_lines(&self, name: &[u8], lines: &Payload) -> Result<(), Failure> {
        self.append(name, lines).map_err(|error| Failure::Local(error.to_string()))
    }
}

impl State {
    fn batch(&mut self, lines: &Payload, packs: bool) -> StoredBatch {
        match packs && Packer::is_for(lines) {
            true => self.packer.get_or_insert_with(Packer::new).pack(lines),
            false => StoredBatch::Plain(lines.clone()),
        }
    }

    fn seal(&mut self, name: &[u8]) {
        if let Some(Filling { object, .. }) = self.open.remove(name) {
            self.waiting.push(Waiting { object, from: Instant::now() });
        }
    }

    fn seal_where(&mut self, due: impl Fn(&Filling) -> bool) {
        let now = Instant::now();
        let mut sealed: Vec<Filling> =
            self.open.extract_if(|_, filling| due(filling)).map(|(_, filling)| filling).collect();
        sealed.sort_by_key(|filling| filling.opened);
        self.waiting.extend(sealed.into_iter().map(|filling| Waiting { object: filling.object, from: now }));
    }

    /// Full, and nothing is on its way out: the largest object goes before its time.
    fn relieve(&mut self) {
        if self.waiting.is_empty() && self.under_way == 0 {
            let largest = self.open.iter().max_by_key(|(_, filling)| filling.object.bytes);
            if let Some(name) = largest.map(|(name, _)| name.clone()) {
                self.seal(&name);
            }
        }
    }

    fn make_room(&mut self) {
        if self.open.len() >= MAX_OPEN {
            let oldest = self.open.iter().min_by_key(|(_, filling)| filling.opened);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                self.seal(&name);
            }
        }
    }
}

impl Filling {
    fn append(&mut self, frame: &[u8], batch: &StoredBatch, size: u64) -> Result<(), Refusal> {
        let path = &self.object.path;
        let failed = |error| Refusal::Disk { path: path.clone(), error };
        let mut opened = file::reopen(path).map_err(failed)?;
        let written = file::write(&mut opened, std::iter::once(frame).chain(batch.pieces()));
        if written.is_err() {
            // Half a batch is not read in any case; without it the object's size is what it is counted for.
            opened.set_len(self.object.bytes).ok();
        }
        written.map_err(failed)?;
        self.object.bytes += size;
        Ok(())
    }
}

/// The object's key: its name with a uuid of its own.
fn key(name: &[u8]) -> String {
    let mut key = String::with_capacity(name.len() + 36);
    let uuid = uuid::Uuid::new_v4().to_string();
    for (position, part) in name.split(|byte| *byte == UUID).enumerate() {
        if position > 0 {
            key.push_str(&uuid);
        }
        key.push_str(&String::from_utf8_lossy(part));
    }
    key
}

#[cfg(test)]
mod tests;
