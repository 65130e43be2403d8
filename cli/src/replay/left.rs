//! What a replay leaves in a spool.

use std::fs;
use std::path::{Path, PathBuf};

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
