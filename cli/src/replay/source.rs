//! A recording → chunks as Fluent Bit hands them over, never more than one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use ecs_router::input::decode;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::stamp;
use crate::records;

/// About what Fluent Bit makes a chunk of.
const CHUNK: usize = 1 << 20;

/// One entry of a recorded chunk that is longer than this is no entry.
const MAX_ENTRY: usize = 64 << 20;

/// From this size on, a recording takes long enough for a progress bar.
const LONG: u64 = 8 << 20;

/// The tag of a container's output under FireLens.
const TAG: &str = "app-firelens-0123456789abcdef0123456789abcdef";

/// What a recording is handed to.
pub(super) trait Sink {
    /// One chunk.
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()>;

    /// Something that could not be read.
    fn fault(&mut self, what: std::fmt::Arguments<'_>) -> io::Result<()>;
}

/// Reads a recording from its beginning to its end. `quiet`: nothing else moves on the terminal.
pub(super) fn read(path: &Path, tag: Option<&str>, quiet: bool, sink: &mut dyn Sink) -> io::Result<()> {
    let bar = progress(path, quiet);
    let plain: Box<dyn io::Read> = match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => {
            let named =
                |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
            Box::new(File::open(path).map_err(named)?)
        }
    };
    let mut input = BufReader::with_capacity(64 << 10, bar.wrap_read(plain));
    let done = match input.fill_buf()?.first() {
        Some(0xc1) => storage(input, tag, path, sink),
        // No text in UTF-8 begins with these, but for the byte order mark's 0xef.
        Some(byte) if *byte >= 0x80 && *byte != 0xef => msgpack(input, tag.unwrap_or(TAG), path, sink),
        _ => json(input, tag.unwrap_or(TAG), path, sink),
    };
    bar.finish_and_clear();
    done
}

/// Hidden where standard error is no terminal.
fn progress(path: &Path, quiet: bool) -> ProgressBar {
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if !quiet || length < LONG {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes}, {eta} left");
    let bar = ProgressBar::new(length);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn json(input: impl BufRead, tag: &str, path: &Path, sink: &mut dyn Sink) -> io::Result<()> {
    let mut chunk = Vec::new();
    let mut visit = |line, found: records::Found| match found {
        Ok(record) => {
            write(&record, &mut chunk);
            if chunk.len() >= CHUNK {
                sink.chunk(tag, &chunk)?;
                chunk.clear();
            }
            Ok(())
        }
        Err(what) => sink.fault(format_args!("{}:{line}: {what}", path.display())),
    };
    records::read(input, &mut visit)?;
    if chunk.is_empty() { Ok(()) } else { sink.chunk(tag, &chunk) }
}

/// `[[EventTime, {}], record]`
fn write(record: &Value, chunk: &mut Vec<u8>) {
    let time = stamp::timestamp(record);
    chunk.extend([0x92, 0x92, 0xd7, 0]);
    chunk.extend(u32::try_from(time.as_secs()).unwrap_or_default().to_be_bytes());
    chunk.extend(time.subsec_nanos().to_be_bytes());
    chunk.push(0x80);
    // A JSON value is always a msgpack value.
    chunk.extend(rmp_serde::to_vec(record).unwrap_or_default());
}

/// The entries of a chunk, as many at a time as a chunk of Fluent Bit has.
fn msgpack(mut input: impl BufRead, tag: &str, path: &Path, sink: &mut dyn Sink) -> io::Result<()> {
    let mut held = Vec::new();
    let (mut before, mut wanted) = (0, CHUNK);
    loop {
        let room = u64::try_from(wanted - held.len()).unwrap_or_default();
        let ended =
            input.by_ref().take(room).read_to_end(&mut held)? < usize::try_from(room).unwrap_or_default();
        let whole = match decode::records(&held, |_| {}).fault {
            None => held.len(),
            Some(fault) => fault.offset,
        };
        if whole > 0 {
            let rest = held.split_off(whole);
            sink.chunk(tag, &held)?;
            (held, before, wanted) = (rest, before + whole, CHUNK);
        } else {
            wanted *= 2;
        }
        if ended || wanted > MAX_ENTRY {
            break;
        }
        wanted = wanted.max(held.len() * 2);
    }
    match decode::records(&held, |_| {}).fault {
        Some(fault) => sink.fault(format_args!("{}: byte {before}: {}", path.display(), fault.what)),
        None => Ok(()),
    }
}

/// A file of Fluent Bit's filesystem storage (`lib/chunkio/include/chunkio/cio_file_st.h`): 24 bytes of head, the
/// last two of them the length of the metadata, which holds the tag; then the chunk.
fn storage(mut input: impl BufRead, tag: Option<&str>, path: &Path, sink: &mut dyn Sink) -> io::Result<()> {
    let mut head = [0; 24];
    input.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[10], head[11], head[12], head[13]]);
    let mut metadata = vec![0; usize::from(u16::from_be_bytes([head[22], head[23]]))];
    input.read_exact(&mut metadata)?;
    let own = tag_of(&metadata);
    let tag = tag.or(own.as_deref()).unwrap_or(TAG);
    // Written only by newer releases; without it the chunk ends with the file.
    let length = if length == 0 { u64::MAX } else { u64::from(length) };
    msgpack(input.take(length), tag, path, sink)
}

/// Behind four bytes of head where there are any (`FLB_INPUT_CHUNK_META_HEADER`), before whatever follows it.
fn tag_of(metadata: &[u8]) -> Option<String> {
    let tag = match metadata {
        [0xf1, 0x77, _, _, tag @ ..] => tag,
        tag => tag,
    };
    let end = tag.iter().position(|byte| !byte.is_ascii_graphic()).unwrap_or(tag.len());
    let tag = String::from_utf8_lossy(tag.get(..end)?).into_owned();
    (!tag.is_empty()).then_some(tag)
}

#[cfg(test)]
mod tests;
