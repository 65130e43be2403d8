//! The folders of a spool: each running instance fills one of its own, and takes over those nobody holds any more.
//!
//! ```text
//! <spool_dir>/<destination>@<bucket>/gate                 held for a moment while folders come and go
//! <spool_dir>/<destination>@<bucket>/<uuid>/lock          held as long as the instance lives
//! <spool_dir>/<destination>@<bucket>/<uuid>/<uuid>.spool
//! ```
//!
//! The system drops a lock with its process, however that ends, so a held lock is a living owner.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

const GATE_FILE: &str = "gate";
const LOCK_FILE: &str = "lock";
const EXTENSION: &str = "spool";

/// This instance's own folder.
#[derive(Debug)]
pub(super) struct Folder {
    base: PathBuf,
    own: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes and locks a new folder below `dir`.
    pub(super) fn open(dir: &Path, label: &str) -> io::Result<Self> {
        let base = dir.join(file_name(label));
        create_folder(&base)?;
        let _gate = hold_gate(&base)?;
        let own = base.join(Uuid::new_v4().to_string());
        create_folder(&own)?;
        let lock = lock_file(&own.join(LOCK_FILE))?;
        lock.lock()?;
        Ok(Self { base, own, _lock: lock })
    }

    /// A path for a new file.
    pub(super) fn new_file(&self) -> PathBuf {
        self.own.join(Uuid::new_v4().to_string()).with_extension(EXTENSION)
    }

    /// Moves the files of folders without an owner into this one. Returns their new paths and sizes, oldest first.
    pub(super) fn claim_orphans(&self) -> io::Result<Vec<(PathBuf, u64)>> {
        let _gate = hold_gate(&self.base)?;
        let mut claimed = Vec::new();
        for entry in fs::read_dir(&self.base)? {
            let path = entry?.path();
            if path != self.own && path.is_dir() {
                self.take_over(&path, &mut claimed)?;
            }
        }
        claimed.sort_by_key(|(modified, ..)| *modified);
        Ok(claimed.into_iter().map(|(_, path, size)| (path, size)).collect())
    }

    fn take_over(
        &self,
        other: &Path,
        claimed: &mut Vec<(std::time::SystemTime, PathBuf, u64)>,
    ) -> io::Result<()> {
        let lock = lock_file(&other.join(LOCK_FILE))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        for entry in fs::read_dir(other)? {
            let path = entry?.path();
            if is_spool_file(&path) {
                let metadata = fs::metadata(&path)?;
                let new_path = self.new_file();
                fs::rename(&path, &new_path)?;
                claimed.push((metadata.modified()?, new_path, metadata.len()));
            }
        }
        remove(other);
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let Ok(_gate) = hold_gate(&self.base) else { return };
        let left = fs::read_dir(&self.own).is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| is_spool_file(&entry.path())))
        });
        if !left {
            remove(&self.own);
        }
    }
}

fn is_spool_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// Nobody else opens a folder while the gate is held, so nobody can have locked this one in between.
fn remove(folder: &Path) {
    // A folder that holds something else stays; the next start looks at it again.
    fs::remove_file(folder.join(LOCK_FILE)).ok();
    fs::remove_dir(folder).ok();
}

fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn hold_gate(base: &Path) -> io::Result<File> {
    let gate = lock_file(&base.join(GATE_FILE))?;
    gate.lock()?;
    Ok(gate)
}

fn lock_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A name that is one path segment, whatever the user called the destination.
fn file_name(label: &str) -> String {
    let name: String = label.chars().map(|c| if is_safe(c) { c } else { '_' }).collect();
    name.trim_start_matches('.').to_owned()
}

fn is_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '.')
}
