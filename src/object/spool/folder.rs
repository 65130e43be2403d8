//! The folders of a spool: each running instance fills one of its own, and takes over those nobody holds any more.
//!
//! ```text
//! <spool_dir>/<destination>@<bucket>/gate                 held for a moment while folders come and go
//! <spool_dir>/<destination>@<bucket>/<uuid>/lock          held as long as the instance lives
//! <spool_dir>/<destination>@<bucket>/<uuid>/<uuid>.spool
//! <spool_dir>/<destination>@<bucket>/<uuid>.refused       what no configuration can have made
//! ```
//!
//! The system drops a lock with its process, however that ends, so a held lock is a living owner. What another user
//! made, and what is not a regular file, is neither used nor touched.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use super::place::{self, DefaultPlaces};
use crate::log::{self, Level};
use crate::transport::disk;

const GATE_FILE: &str = "gate";
const LOCK_FILE: &str = "lock";
const EXTENSION: &str = "spool";
const REFUSED_EXTENSION: &str = "refused";

/// How long the start waits for the gate, which others hold for moments only.
const GATE_WAIT: Duration = Duration::from_secs(5);

/// How long an instance waits that has other work.
const SHORT_GATE_WAIT: Duration = Duration::from_millis(100);

/// This instance's own folder.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) base: PathBuf,
    own: PathBuf,
    /// The user that owns what this instance makes here.
    owner: u32,
    _lock: File,
}

/// What ended instances left behind.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    /// Paths and sizes, oldest first.
    pub(super) files: Vec<(PathBuf, u64)>,
    /// What lies between them that this user did not make, or that is not a regular file.
    pub(super) strangers: Vec<PathBuf>,
}

/// A file that was taken over, with the time at which it was written last.
type Taken = (SystemTime, PathBuf, u64);

impl Folder {
    /// Makes and locks a new folder, below `dir` or in the default place.
    pub(super) fn open(dir: Option<&Path>, label: &str) -> io::Result<Self> {
        match dir {
            Some(dir) => Self::open_in(dir, label).map_err(|error| place::with_advice(&error)),
            None => Self::open_default(&DefaultPlaces::default(), label),
        }
    }

    /// Takes the first of the default places that can be used, and says if it was not the first.
    pub(super) fn open_default(places: &DefaultPlaces, label: &str) -> io::Result<Self> {
        let mut unusable = Vec::new();
        for dir in place::candidates(places) {
            match Self::open_in(&dir, label) {
                Ok(folder) if unusable.is_empty() => return Ok(folder),
                Ok(folder) => {
                    let why = unusable.join("; ");
                    let text =
                        format!("the spool is in {}: {why}; choose a folder with spool_dir", dir.display());
                    log::start_line(Level::Warn, text);
                    return Ok(folder);
                }
                Err(error) => {
                    unusable.push(format!("cannot use {}: {}", dir.display(), place::with_advice(&error)));
                }
            }
        }
        Err(io::Error::other(unusable.join("; ")))
    }

    fn open_in(dir: &Path, label: &str) -> io::Result<Self> {
        place::create(dir)?;
        let base = dir.join(file_name(label));
        place::create(&base)?;
        let owner = place::owner_of_new_files(&base)?;
        place::check_place(dir, owner)?;
        place::make_private(&base, owner)?;
        let _gate = hold_gate(&base, GATE_WAIT)?;
        let own = base.join(Uuid::new_v4().to_string());
        place::create(&own)?;
        let path = own.join(LOCK_FILE);
        let lock = lock_file(&path)?;
        disk::lock(&lock, &path, Duration::ZERO)?;
        Ok(Self { base, own, owner, _lock: lock })
    }

    /// A path for a new file.
    pub(super) fn new_file(&self) -> PathBuf {
        self.own.join(Uuid::new_v4().to_string()).with_extension(EXTENSION)
    }

    /// Moves a file to where no instance looks for files. Returns its new path.
    pub(super) fn set_aside(&self, file: &Path) -> io::Result<PathBuf> {
        let aside = self.base.join(Uuid::new_v4().to_string()).with_extension(REFUSED_EXTENSION);
        fs::rename(file, &aside)?;
        Ok(aside)
    }

    /// Moves the files of folders without an owner into this one.
    pub(super) fn claim_orphans(&self) -> io::Result<Leftovers> {
        let _gate = hold_gate(&self.base, SHORT_GATE_WAIT)?;
        let mut taken = Vec::new();
        let mut strangers = Vec::new();
        for entry in fs::read_dir(&self.base)? {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path)?;
            match metadata.is_dir() && path != self.own {
                true if metadata.uid() == self.owner => self.take_over(&path, &mut taken, &mut strangers)?,
                true => strangers.push(path),
                false => {}
            }
        }
        taken.sort_by_key(|(modified, ..)| *modified);
        let files = taken.into_iter().map(|(_, path, size)| (path, size)).collect();
        Ok(Leftovers { files, strangers })
    }

    fn take_over(
        &self,
        other: &Path,
        taken: &mut Vec<Taken>,
        strangers: &mut Vec<PathBuf>,
    ) -> io::Result<()> {
        let path = other.join(LOCK_FILE);
        let Ok(lock) = lock_file(&path) else {
            strangers.push(path);
            return Ok(());
        };
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        for entry in fs::read_dir(other)? {
            let path = entry?.path();
            if !is_spool_file(&path) {
                continue;
            }
            let metadata = fs::symlink_metadata(&path)?;
            if !self.is_own_file(&metadata) {
                strangers.push(path);
                continue;
            }
            let new_path = self.new_file();
            fs::rename(&path, &new_path)?;
            taken.push((metadata.modified()?, new_path, metadata.len()));
        }
        remove(other);
        Ok(())
    }

    /// A second name would let somebody else read or change the file.
    fn is_own_file(&self, metadata: &Metadata) -> bool {
        metadata.is_file() && metadata.uid() == self.owner && metadata.nlink() == 1
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let Ok(_gate) = hold_gate(&self.base, SHORT_GATE_WAIT) else { return };
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

fn hold_gate(base: &Path, max_wait: Duration) -> io::Result<File> {
    let path = base.join(GATE_FILE);
    let gate = lock_file(&path)?;
    disk::lock(&gate, &path, max_wait)?;
    Ok(gate)
}

fn lock_file(path: &Path) -> io::Result<File> {
    disk::open_regular(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600), path)
}

/// A name that is one path segment, whatever the user called the destination.
fn file_name(label: &str) -> String {
    let name: String = label.chars().map(|c| if is_safe(c) { c } else { '_' }).collect();
    name.trim_start_matches('.').to_owned()
}

fn is_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '@' | '.')
}
