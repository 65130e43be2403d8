//! Opens files where another user may have been first: no links, no pipes or devices, no waiting for ever.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

/// Permission bits that let others than the owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// In a folder with this bit, a file is renamed and removed by its owner or the folder's only.
pub(crate) const STICKY: u32 = 0o1000;
pub(crate) const ROOT: u32 = 0;

/// Time between two attempts to lock.
const LOCK_INTERVAL: Duration = Duration::from_millis(10);

/// The user that the process runs as.
pub(crate) fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Opens a regular file. The path must not end in a link, and a pipe or device is refused instead of waited for.
pub(crate) fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let opened = options.custom_flags(flags).open(path);
    let file = opened.map_err(|error| explain(path, error))?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(not_regular(path)),
    }
}

/// Why a file could not be opened, where the system's words would not tell.
pub(super) fn explain(path: &Path, error: io::Error) -> io::Error {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => link(path),
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => not_regular(path),
        _ => error,
    }
}

pub(super) fn not_regular(path: &Path) -> io::Error {
    refused(format!("{} is not a regular file; remove it, or choose another path", path.display()))
}

/// A link that is not followed.
pub(crate) fn link(path: &Path) -> io::Error {
    refused(format!(
        "{} is a symbolic link, and links are not followed; write the path it points to",
        path.display()
    ))
}

pub(crate) fn refused(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, what)
}

/// Locks the file, waiting no longer than `max_wait` for whoever holds it.
pub(crate) fn lock(file: &File, path: &Path, max_wait: Duration) -> io::Result<()> {
    let deadline = Instant::now() + max_wait;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Err(locked(path)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_INTERVAL),
        }
    }
}

fn locked(path: &Path) -> io::Error {
    let what = format!("{} is locked by another process; end that process", path.display());
    io::Error::new(io::ErrorKind::WouldBlock, what)
}

/// Refuses a link in the folder `holder` that another user could have made, as the kernel does with
/// `fs.protected_symlinks`: one in a folder that others can write, unless its owner, root or this user made it.
pub(super) fn check_link(place: &Path, holder: &Metadata, link: &Metadata) -> io::Result<()> {
    let is_trusted = [ROOT, own_user(), holder.uid()].contains(&link.uid());
    match is_trusted || !is_writable_by_others(holder) {
        true => Ok(()),
        false => Err(refused(format!(
            "{} is a symbolic link of user {} in a folder that anybody can write; write the path it points to",
            place.display(),
            link.uid()
        ))),
    }
}

/// Whether others than the owner can make files in the folder.
pub(crate) fn is_writable_by_others(folder: &Metadata) -> bool {
    folder.mode() & WRITABLE_BY_OTHERS != 0
}
