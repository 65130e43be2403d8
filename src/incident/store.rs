//! The file of open incidents: in a private folder, replaced as a whole, used by one process at a time.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use crate::transport::disk;
use crate::transport::open_folder::OpenFolder;

/// Permission bits of a folder that is made for it.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// Bytes of the largest file that is read: far more than all lists together can take.
const MAX_BYTES: u64 = 64 << 20;

/// How long the start waits for the process before, which may still be ending.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The file, held as long as this lives.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    folder: OpenFolder,
    name: OsString,
    _lock: File,
}

impl StateFile {
    /// Takes the file, whether it exists or not; missing folders are made.
    ///
    /// # Errors
    /// The folder or file cannot be used, or others could change it, or another process holds it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
        let folder_path = path.parent().unwrap_or(Path::new(""));
        let folder = OpenFolder::open(folder_path, PRIVATE_FOLDER)?;
        check_folder(&folder, folder_path)?;
        let lock_name = beside(&name, "lock");
        let lock = folder.open_regular(&lock_name, OFlags::WRONLY | OFlags::CREATE, PRIVATE_FILE)?;
        disk::lock(&lock, &folder.path_of(&lock_name), LOCK_WAIT)?;
        Ok(Self { path: path.to_owned(), folder, name, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the process before wrote; `None`: nothing.
    ///
    /// # Errors
    /// The file cannot be read, is another user's, or larger than this plugin writes.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let file = match self.folder.open_regular(&self.name, OFlags::RDONLY, 0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let is_own = self.folder.is_own(metadata.uid())?;
        if !is_own || metadata.nlink() != 1 || metadata.len() > MAX_BYTES {
            return Err(disk::refused("it was not written by this plugin; remove it".to_owned()));
        }
        let mut text = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// Replaces what is in the file, all or nothing.
    ///
    /// # Errors
    /// The disk does not take it, or it is more than [`Self::read`] takes; the file is then as it was.
    pub(crate) fn write(&self, text: &[u8]) -> io::Result<()> {
        if text.len() as u64 > MAX_BYTES {
            let what = "there is more than 64 MB to remember, which no incidents of ECS are; look at who sends events";
            return Err(disk::refused(what.to_owned()));
        }
        let new = beside(&self.name, "new");
        // What a process left that was killed while it wrote.
        self.folder.remove(&new).ok();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let mut file = self.folder.open_regular(&new, flags, PRIVATE_FILE)?;
        file.write_all(text)?;
        file.sync_all()?;
        self.folder.rename(&new, &self.name)
    }

    /// Moves away what cannot be read, for somebody to look at. Returns where to.
    ///
    /// # Errors
    /// The file cannot be renamed.
    pub(crate) fn set_aside(&self) -> io::Result<PathBuf> {
        let aside = beside(&self.name, "unreadable");
        self.folder.rename(&self.name, &aside)?;
        Ok(self.folder.path_of(&aside))
    }
}

/// `incidents.json` → `incidents.json.lock`
fn beside(name: &OsStr, ending: &str) -> OsString {
    let mut name = name.to_owned();
    name.push(".");
    name.push(ending);
    name
}

fn check_folder(folder: &OpenFolder, path: &Path) -> io::Result<()> {
    let metadata = folder.metadata()?;
    if disk::is_writable_by_others(&metadata) || !folder.is_own(metadata.uid())? {
        return Err(disk::refused(format!(
            "others than Fluent Bit's user can write the folder {}; choose one that is its own (chmod 700)",
            path.display()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
