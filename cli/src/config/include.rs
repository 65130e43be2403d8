//! Files that include files: where they are, and none of them twice.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::wildcard::matches;
use super::{Configuration, Place};

/// Configurations are kilobytes.
const MAX_FILE: u64 = 8 << 20;

/// The files that were read so far.
pub(super) struct Includes {
    /// The folder of the file that is checked.
    root: PathBuf,
    read: BTreeSet<PathBuf>,
}

impl Includes {
    /// For the file that the user names.
    pub(super) fn new(path: &Path) -> Self {
        Self { root: folder(path), read: BTreeSet::new() }
    }

    /// Reads a file; `from` is the line that includes it.
    pub(super) fn read(&mut self, path: &Path, from: Option<&Place>, configuration: &mut Configuration) {
        let here = || from.cloned().unwrap_or(Place { file: path.display().to_string().into(), line: 1 });
        let text = match text_of(path) {
            Ok(text) => text,
            Err(what) => {
                return configuration.fault(here(), format!("{} cannot be read: {what}", path.display()), "");
            }
        };
        let known = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !self.read.insert(known) {
            return configuration.fault(
                here(),
                format!("{} is included for the second time, which Fluent Bit refuses", path.display()),
                "include every file once, and none from itself",
            );
        }
        super::read_text(path, &text, self, configuration);
    }

    /// Follows an include of the file at `path`. Absolute paths that are not here are taken to be in the image.
    pub(super) fn follow(
        &mut self,
        target: &str,
        path: &Path,
        at: &Place,
        configuration: &mut Configuration,
    ) {
        if target.contains("${") {
            return;
        }
        if target.contains('*') {
            return self.follow_all(target, path, at, configuration);
        }
        let candidates = [folder(path).join(target), self.root.join(target)];
        match candidates.iter().find(|path| path.exists()) {
            Some(found) => self.read(found, Some(at), configuration),
            None if Path::new(target).is_absolute() => {}
            None => configuration.fault(
                at.clone(),
                format!("{target} is not there"),
                "write a path relative to this file, or an absolute one in the container",
            ),
        }
    }

    fn follow_all(&mut self, pattern: &str, path: &Path, at: &Place, configuration: &mut Configuration) {
        let found = expand(&folder(path), pattern);
        if found.is_empty() && !Path::new(pattern).is_absolute() {
            let what = format!("no file is called {pattern}, and Fluent Bit wants one at least");
            configuration.fault(at.clone(), what, "");
        }
        found.iter().for_each(|path| self.read(path, Some(at), configuration));
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

fn text_of(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.len() > MAX_FILE {
        return Err("it is too large for a configuration".to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// The files of a pattern with wildcards, in order.
fn expand(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let start = if pattern.starts_with('/') { PathBuf::from("/") } else { folder.to_owned() };
    let mut found = vec![start];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        found = found.iter().flat_map(|folder| step(folder, part)).collect();
    }
    found.retain(|path| path.is_file());
    found.sort();
    found
}

fn step(folder: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains('*') {
        return vec![folder.join(part)];
    }
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(here).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let visible = names.filter(|name| !name.starts_with('.') && matches(part, name));
    visible.map(|name| folder.join(name)).collect()
}
