//! Outputs on this machine: a file, standard output.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::http::Failure;
use crate::encode::payload::Payload;

/// Appends under the file's lock, so that lines of several instances never mix.
pub(super) fn append(path: &Path, mode: u32, lines: &Payload) -> Result<(), Failure> {
    try_append(path, mode, lines)
        .map_err(|error| Failure::Local(format!("cannot write {}: {error}", path.display())))
}

fn try_append(path: &Path, mode: u32, lines: &Payload) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(mode).open(path)?;
    file.lock()?;
    let length_before = file.metadata()?.len();
    write_parts(&mut file, lines).inspect_err(|_| {
        // Half a batch must not stay: it would stand there twice after the next attempt.
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
        .map_err(|error| Failure::Local(format!("cannot print: {error}")))
}
