//! The format of a spool file: batches of lines, with a frame before each.
//!
//! ```text
//! {"key":"logs/6f1c….json.gz","opened":"2026-11-18T10:26:40Z"}     once
//! {"bytes":57}                                                     before each batch
//! {"date":"…","log":"a line"}
//! {"date":"…","log":"and another of the same batch"}
//! {"bytes":31408,"deflated":{"bytes":370121,"crc32":2774532198}}   before a batch that was compressed
//! …
//! ```
//!
//! A batch counts only when its frame and all its bytes are there: what a killed process left half written is not
//! read, whatever whole lines it holds, because it was never confirmed and comes again.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, IoSlice, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::transport::disk;

/// What the file will become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The object's key.
    pub(crate) key: String,
    /// When the file was opened, for whoever looks into the folder.
    pub(crate) opened: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Frame {
    /// Bytes up to the next frame.
    bytes: u64,
    /// What the batch holds, if it is deflated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deflated: Option<Content>,
}

/// What a deflated batch holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    /// Bytes of its lines.
    pub(crate) bytes: u64,
    /// CRC-32 of its lines, as gzip has it.
    pub(crate) crc32: u32,
}

/// Longer than any header or frame: a key has at most 1,024 bytes.
const MAX_LINE_BYTES: u64 = 8 << 10;

impl Header {
    pub(super) fn line(&self) -> Vec<u8> {
        json_line(self)
    }
}

/// The line before a batch of this many bytes.
pub(super) fn frame(bytes: usize, deflated: Option<Content>) -> Vec<u8> {
    json_line(&Frame { bytes: bytes as u64, deflated })
}

fn json_line(value: &impl Serialize) -> Vec<u8> {
    // Plain structs of text and numbers always have a JSON form.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Opens a new file that only this user may read.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
}

/// Opens a file to append to.
pub(super) fn reopen(path: &Path) -> io::Result<File> {
    disk::open_regular(OpenOptions::new().append(true), path)
}

/// Appends all parts, in one call where the system allows.
pub(super) fn write<'p>(file: &mut File, parts: impl Iterator<Item = &'p [u8]>) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = parts.map(IoSlice::new).collect();
    let mut rest = slices.as_mut_slice();
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads the batches of a file, up to the last whole one. [`Read`] ends with the current batch.
#[derive(Debug)]
pub(crate) struct Batches {
    file: BufReader<File>,
    /// Bytes left of the current batch.
    left_in_batch: u64,
    /// Bytes left of the file.
    left_in_file: u64,
}

const READ_BUFFER_BYTES: usize = 64 << 10;

impl Batches {
    /// Opens the file and reads its header; `None` when the process died before the header was whole, so that nothing
    /// in the file was confirmed.
    pub(crate) fn open(path: &Path) -> io::Result<Option<(Header, Self)>> {
        let file = disk::open_regular(OpenOptions::new().read(true), path)?;
        let left_in_file = file.metadata()?.len();
        let mut batches =
            Self { file: BufReader::with_capacity(READ_BUFFER_BYTES, file), left_in_batch: 0, left_in_file };
        let header: Option<Header> = batches.json_line()?;
        Ok(header.map(|header| (header, batches)))
    }

    /// The most bytes that can still be read.
    pub(crate) fn max_remaining(&self) -> u64 {
        self.left_in_file
    }

    /// Reads the next line as JSON; `None` when it is torn.
    fn json_line<T: for<'d> Deserialize<'d>>(&mut self) -> io::Result<Option<T>> {
        let mut line = Vec::new();
        let read = (&mut self.file).take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
        self.left_in_file = self.left_in_file.saturating_sub(read as u64);
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        // A whole line of another form is not a torn write: somebody must look before anything is thrown away.
        serde_json::from_slice(&line).map(Some).map_err(io::Error::from)
    }

    /// Goes on to the next batch when the current one is read: what it holds, or `None` inside when its lines are plain.
    /// `None` at the end: nothing after a torn frame counts.
    pub(crate) fn next_batch(&mut self) -> io::Result<Option<Option<Content>>> {
        let frame: Option<Frame> = self.json_line()?;
        let whole = frame.filter(|frame| frame.bytes <= self.left_in_file);
        self.left_in_batch = whole.as_ref().map_or(0, |frame| frame.bytes);
        if whole.is_none() {
            self.left_in_file = 0;
        }
        Ok(whole.map(|frame| frame.deflated))
    }
}

impl Read for Batches {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.file).take(self.left_in_batch).read(out)?;
        if read == 0 && self.left_in_batch > 0 && !out.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        self.left_in_batch -= read as u64;
        self.left_in_file = self.left_in_file.saturating_sub(read as u64);
        Ok(read)
    }
}
