//! Objects being filled, on disk.
//!
//! Owns: one file per object, when an object is due, the limit of all together, and claiming what a process that died
//! left behind. Does not own: where objects go and how. A write that succeeded survives the process, though not the
//! machine: nothing is synced, as a container's disk does not outlive its machine either.

mod deflate;
mod file;
mod folder;
mod place;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use self::deflate::StoredBatch;
pub(crate) use self::file::{Batches, Content, Header};
use self::folder::{Folder, Leftovers};
use crate::destination::object_store::{SpoolSettings, UUID_PLACEHOLDER};
use crate::encode::payload::Payload;
use crate::transport::AppendLines;
use crate::transport::http::Failure;

/// Why lines were not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// The limit of all files together is reached; their bytes.
    #[error(
        "the spool is full: {0} bytes wait for upload; see the errors of the uploads, or raise spool_limit"
    )]
    Full(u64),
    /// The disk does not take them.
    #[error("cannot write {}: {error}", path.display())]
    Disk { path: PathBuf, error: io::Error },
}

/// The file of one object; [`Batches::open`] reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
}

/// More open objects at one time than a sensible key template makes; the oldest is sealed for the next.
const MAX_OPEN_OBJECTS: usize = 1_000;

/// What ended instances left behind.
#[derive(Debug)]
pub(crate) struct Adopted {
    /// How many objects were taken over.
    pub(crate) objects: usize,
    /// What was left where it is, because this user did not make it or it is not a regular file; each is named once.
    pub(crate) strangers: Vec<PathBuf>,
}

/// The objects of one destination: open ones are filled, sealed ones wait for their upload.
#[derive(Debug)]
pub struct Spool {
    settings: SpoolSettings,
    folder: Folder,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    open: HashMap<Vec<u8>, OpenObject>,
    waiting: Vec<WaitingObject>,
    /// Uploads that have begun.
    under_way: usize,
    /// Of all files.
    bytes: u64,
    /// Files of others that have been named.
    named_strangers: HashSet<PathBuf>,
}

#[derive(Debug)]
struct OpenObject {
    object: Object,
    /// Before compression, without frames.
    line_bytes: u64,
    opened: Instant,
}

#[derive(Debug)]
struct WaitingObject {
    object: Object,
    due: Instant,
}

impl Spool {
    /// Opens a folder of its own. Objects that ended instances left behind stay theirs until the uploader claims them.
    ///
    /// # Errors
    /// The folder cannot be made, locked or read, or others could put something into it.
    pub fn open(settings: SpoolSettings) -> io::Result<Self> {
        let folder = Folder::open(settings.dir.as_deref(), &settings.label)?;
        Ok(Self { settings, folder, state: Mutex::default(), changed: Notify::new() })
    }

    /// Takes over the objects that ended instances left behind; they are due at once.
    pub(crate) fn claim_orphans(&self) -> io::Result<Adopted> {
        let Leftovers { files, mut strangers } = self.folder.claim_orphans()?;
        let mut state = self.state();
        strangers.retain(|path| state.named_strangers.insert(path.clone()));
        for (path, bytes) in &files {
            state.bytes += bytes;
            let object = Object { path: path.clone(), bytes: *bytes };
            state.waiting.push(WaitingObject { object, due: Instant::now() });
        }
        drop(state);
        self.changed.notify_one();
        Ok(Adopted { objects: files.len(), strangers })
    }

    /// Adds lines to the object of this name. All of them are in the file when this succeeds, none otherwise.
    pub(crate) fn append(&self, name: &[u8], lines: &Payload) -> Result<(), AppendError> {
        if lines.is_empty() {
            return Ok(());
        }
        let batch = match self.settings.deflate_batches {
            true => deflate::deflate(lines),
            false => StoredBatch::Plain(lines.clone()),
        };
        let mut state = self.state();
        let bytes = batch.parts().map(<[u8]>::len).sum();
        let frame = file::frame(bytes, batch.content());
        let size = (frame.len() + bytes) as u64;
        // A batch above the limit by itself has to pass, or it would stand in the way for ever.
        if state.bytes > 0 && state.bytes + size > self.settings.limit {
            state.evict_largest();
            self.changed.notify_one();
            return Err(AppendError::Full(state.bytes));
        }
        if !state.open.contains_key(name) {
            state.seal_oldest_at_limit();
            let opened = self.open_object(name)?;
            state.bytes += opened.object.bytes;
            state.open.insert(name.to_vec(), opened);
        }
        let Some(open) = state.open.get_mut(name) else { return Ok(()) };
        let written = open.append(&frame, &batch, size);
        open.line_bytes += lines.len() as u64;
        let full = open.line_bytes >= self.settings.object_size;
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

    fn open_object(&self, name: &[u8]) -> Result<OpenObject, AppendError> {
        let path = self.folder.new_file();
        let header = Header { key: key(name), opened: jiff::Timestamp::now().to_string() }.line();
        let failed = |error| AppendError::Disk { path: path.clone(), error };
        let mut file = file::create(&path).map_err(failed)?;
        file::write(&mut file, std::iter::once(header.as_slice())).map_err(|error| {
            std::fs::remove_file(&path).ok();
            failed(error)
        })?;
        let object = Object { bytes: header.len() as u64, path };
        Ok(OpenObject { object, line_bytes: 0, opened: Instant::now() })
    }

    /// Takes the next object that is due now, oldest first. It stays counted until it is removed.
    pub(crate) fn take_due(&self) -> Option<Object> {
        let now = Instant::now();
        let mut state = self.state();
        state.seal_where(|open| open.opened + self.settings.object_age <= now);
        let position = state.waiting.iter().position(|waiting| waiting.due <= now)?;
        state.under_way += 1;
        Some(state.waiting.remove(position).object)
    }

    /// When the next object will be due by itself.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let state = self.state();
        let open = state.open.values().map(|open| open.opened + self.settings.object_age);
        open.chain(state.waiting.iter().map(|waiting| waiting.due)).min()
    }

    /// Resolves when something may have become due earlier than [`Self::next_due`] said.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Makes everything due now. Wakes nobody, because the uploader itself asks for it.
    pub(crate) fn seal_all(&self) {
        let mut state = self.state();
        state.seal_where(|_| true);
        let now = Instant::now();
        state.waiting.iter_mut().for_each(|waiting| waiting.due = now);
    }

    /// Removes the file of an object that arrived.
    pub(crate) fn remove(&self, object: &Object) -> io::Result<()> {
        let removed = match std::fs::remove_file(&object.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        let mut state = self.state();
        state.under_way -= 1;
        state.bytes = state.bytes.saturating_sub(object.bytes);
        removed
    }

    /// Moves the file of an object aside that must not be uploaded. Returns where it is now.
    pub(crate) fn set_aside(&self, object: &Object) -> io::Result<PathBuf> {
        let aside = self.folder.set_aside(&object.path)?;
        let mut state = self.state();
        state.under_way -= 1;
        state.bytes = state.bytes.saturating_sub(object.bytes);
        Ok(aside)
    }

    /// Lets an object that did not arrive wait until it is due again.
    pub(crate) fn requeue(&self, object: Object, due: Instant) {
        let mut state = self.state();
        state.under_way -= 1;
        state.waiting.push(WaitingObject { object, due });
        drop(state);
        self.changed.notify_one();
    }

    /// How many objects have not arrived, and their bytes.
    pub(crate) fn left(&self) -> (usize, u64) {
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
    fn seal(&mut self, name: &[u8]) {
        if let Some(OpenObject { object, .. }) = self.open.remove(name) {
            self.waiting.push(WaitingObject { object, due: Instant::now() });
        }
    }

    fn seal_where(&mut self, is_due: impl Fn(&OpenObject) -> bool) {
        let now = Instant::now();
        let mut sealed: Vec<OpenObject> =
            self.open.extract_if(|_, open| is_due(open)).map(|(_, open)| open).collect();
        sealed.sort_by_key(|open| open.opened);
        let waiting = sealed.into_iter().map(|open| WaitingObject { object: open.object, due: now });
        self.waiting.extend(waiting);
    }

    /// Seals the largest object before its time, unless something is on its way out already.
    fn evict_largest(&mut self) {
        if self.waiting.is_empty() && self.under_way == 0 {
            let largest = self.open.iter().max_by_key(|(_, open)| open.object.bytes);
            if let Some(name) = largest.map(|(name, _)| name.clone()) {
                self.seal(&name);
            }
        }
    }

    fn seal_oldest_at_limit(&mut self) {
        if self.open.len() >= MAX_OPEN_OBJECTS {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.opened);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                self.seal(&name);
            }
        }
    }
}

impl OpenObject {
    fn append(&mut self, frame: &[u8], batch: &StoredBatch, size: u64) -> Result<(), AppendError> {
        let path = &self.object.path;
        let failed = |error| AppendError::Disk { path: path.clone(), error };
        let mut file = file::reopen(path).map_err(failed)?;
        let written = file::write(&mut file, std::iter::once(frame).chain(batch.parts()));
        if written.is_err() {
            // Half a batch is not read in any case; without it the object's size is what it is counted for.
            file.set_len(self.object.bytes).ok();
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
    for (position, part) in name.split(|byte| *byte == UUID_PLACEHOLDER).enumerate() {
        if position > 0 {
            key.push_str(&uuid);
        }
        key.push_str(&String::from_utf8_lossy(part));
    }
    key
}

#[cfg(test)]
mod tests;
