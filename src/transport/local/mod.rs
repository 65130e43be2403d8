//! Outputs on this machine: a file, standard output.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::OFlags;

use super::disk;
use super::http::Failure;
use super::open_folder::OpenFolder;
use crate::encode::payload::Payload;

/// Permission bits of folders that are made; the process's umask takes away from them.
const FOLDER_MODE: u32 = 0o750;

/// How long a file may be locked by others, whom a batch of this size does not take longer.
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// Appends under the file's lock, so that lines of several instances never mix.
pub(super) fn append(path: &Path, mode: u32, lines: &Payload) -> Result<(), Failure> {
    try_append(path, mode, lines).map_err(|error| {
        let text = format!("cannot write {}: {error}", path.display());
        if may_pass(error.kind()) { Failure::Local(text) } else { Failure::Path(text) }
    })
}

/// Whether the same path may be writable a moment later: no space, or locked, and not a path that is wrong. A folder that
/// is a file already exists, says the system.
fn may_pass(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{AlreadyExists, IsADirectory, NotADirectory, PermissionDenied, ReadOnlyFilesystem};
    !matches!(kind, AlreadyExists | IsADirectory | NotADirectory | PermissionDenied | ReadOnlyFilesystem)
}

fn try_append(path: &Path, mode: u32, lines: &Payload) -> io::Result<()> {
    let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
    let folder = OpenFolder::open(path.parent().unwrap_or(Path::new("")), FOLDER_MODE)?;
    let mut file = folder.open_regular(name, OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND, mode)?;
    folder.check_file(name, &file.metadata()?)?;
    disk::lock(&file, path, LOCK_WAIT)?;
    let length_before = file.metadata()?.len();
    write_parts(&mut file, lines).inspect_err(|_| {
        // Half a batch must not stay: it would be there twice after the next attempt.
        file.set_len(length_before).ok();
    })
}

fn write_parts(file: &mut File, lines: &Payload) -> io::Result<()> {
    lines.parts().try_for_each(|part| file.write_all(part))
}

pub(super) fn print(lines: &Payload) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    lines
        .parts()
        .try_for_each(|part| out.write_all(part))
        .and_then(|()| out.flush())
        .map_err(|error| Failure::Local(format!("cannot write to standard output: {error}")))
}

#[cfg(test)]
mod tests;
