//! A folder for the spool of one replay, which ends with it, and what is left in a spool.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::terminal;

/// A private folder that is removed with all that is in it.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let name = format!("ecs_router-replay-{}-{now}", std::process::id());
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: cannot make the spool: {error}", path.display()))
        })?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            terminal::complain(format_args!("{}: cannot remove the spool: {error}", self.0.display()));
        }
    }
}

/// Objects that were not uploaded.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) objects: u64,
    pub(super) bytes: u64,
}

impl Left {
    /// What is left of a destination in a spool, whose layout `object::spool::folder` describes.
    pub(super) fn of(spool: &Path, destination: &str) -> Self {
        let prefix = format!("{destination}@");
        let mut left = Self::default();
        for path in entries(spool) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with(&prefix) {
                left.add(&path);
            }
        }
        left
    }

    fn add(&mut self, path: &Path) {
        if path.is_dir() {
            return entries(path).iter().for_each(|inner| self.add(inner));
        }
        if path.extension().is_some_and(|extension| extension == "spool" || extension == "refused") {
            self.objects += 1;
            self.bytes += fs::metadata(path).map_or(0, |metadata| metadata.len());
        }
    }
}

/// What is in a folder; nothing when it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}
