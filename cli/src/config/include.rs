//! Included files: finds them, and reads none of them twice.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::wildcard::matches;
use super::{Configuration, Location};

/// Configurations are kilobytes long.
const MAX_FILE_BYTES: u64 = 8 << 20;

pub(super) struct Includes {
    /// The folder of the file that is checked.
    root: PathBuf,
    /// Canonical paths of the files that were read.
    seen: BTreeSet<PathBuf>,
    /// Files that are beside the one that is read, in the same ConfigMap.
    pub(super) beside: BTreeSet<String>,
}

impl Includes {
    pub(super) fn new(path: &Path) -> Self {
        Self { root: folder(path), seen: BTreeSet::new(), beside: BTreeSet::new() }
    }

    /// Reads a file; `included_at` is the line that includes it.
    pub(super) fn read(
        &mut self,
        path: &Path,
        included_at: Option<&Location>,
        configuration: &mut Configuration,
    ) {
        let location =
            || included_at.cloned().unwrap_or(Location { file: path.display().to_string().into(), line: 1 });
        let bytes = match read_file(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                return configuration.error(
                    location(),
                    format!("{} cannot be read: {error}", path.display()),
                    "",
                );
            }
        };
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(canonical) {
            return configuration.error(
                location(),
                format!("{} is included for the second time, which Fluent Bit refuses", path.display()),
                "include every file once, and none from itself",
            );
        }
        super::read_bytes(path, &bytes, self, configuration);
    }

    /// Reads the file that the file at `path` includes. An absolute path that does not exist here is taken to be in the
    /// image.
    pub(super) fn follow(
        &mut self,
        target: &str,
        path: &Path,
        included_at: &Location,
        configuration: &mut Configuration,
    ) {
        let name = Path::new(target).file_name().and_then(|name| name.to_str()).unwrap_or(target);
        if target.contains("${") || self.beside.contains(name) {
            return;
        }
        if target.contains('*') {
            return self.follow_all(target, path, included_at, configuration);
        }
        let candidates = [folder(path).join(target), self.root.join(target)];
        match candidates.iter().find(|path| path.exists()) {
            Some(path) => self.read(path, Some(included_at), configuration),
            None if Path::new(target).is_absolute() => {}
            None => configuration.error(
                included_at.clone(),
                format!("{target} is not there"),
                "write a path relative to this file, or an absolute one in the container",
            ),
        }
    }

    fn follow_all(
        &mut self,
        pattern: &str,
        path: &Path,
        included_at: &Location,
        configuration: &mut Configuration,
    ) {
        let files = expand(&folder(path), pattern);
        if files.is_empty() && !Path::new(pattern).is_absolute() {
            let message = format!("no file is called {pattern}, and Fluent Bit wants one at least");
            configuration.error(included_at.clone(), message, "");
        }
        files.iter().for_each(|path| self.read(path, Some(included_at), configuration));
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if path == Path::new(super::STANDARD_INPUT) {
        let mut bytes = Vec::new();
        io::stdin().lock().take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(io::Error::other("it is too large for a configuration"));
    }
    std::fs::read(path)
}

/// The files that match a pattern with wildcards, sorted.
fn expand(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let start = if pattern.starts_with('/') { PathBuf::from("/") } else { folder.to_owned() };
    let mut paths = vec![start];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        paths = paths.iter().flat_map(|folder| expand_part(folder, part)).collect();
    }
    paths.retain(|path| path.is_file());
    paths.sort();
    paths
}

fn expand_part(folder: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains('*') {
        return vec![folder.join(part)];
    }
    let folder_to_list = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder_to_list).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let visible = names.filter(|name| !name.starts_with('.') && matches(part, name));
    visible.map(|name| folder.join(name)).collect()
}
