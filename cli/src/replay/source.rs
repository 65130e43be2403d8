//! A recording → chunks as Fluent Bit hands them over, one at a time.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use ecs_router::input::decode;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::ReplayArguments;
use super::matching::TagMatcher;
use crate::adapter::tag::TagConflict;
use crate::records::{self, timestamp};
use crate::terminal;

/// About the size of Fluent Bit's chunks.
const CHUNK_BYTES: usize = 1 << 20;

/// Longer data in a recorded chunk is not an entry.
const MAX_ENTRY_BYTES: usize = 64 << 20;

/// Smaller recordings are read too fast for a progress bar.
const PROGRESS_BAR_MIN_BYTES: u64 = 8 << 20;

/// The tag of a recording that holds none, and that the command line gives none. It is trusted: whoever replays a
/// recording vouches for it.
pub(super) const DEFAULT_TAG: &str = "ecs_router.replay";

/// Receives a recording.
pub(super) trait Sink {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()>;

    /// Called at the end with what never reaches the output, for its `Match` does not take the tag.
    fn unmatched(&mut self, tag: &str, records: u64, matcher: &TagMatcher) -> io::Result<()>;

    /// Called at the end for what people may not expect, and what is not an error.
    fn note(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        terminal::complain(message);
        Ok(())
    }

    /// Called for a part of the recording that cannot be read.
    fn error(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()>;
}

/// Reads a whole recording and keeps back what the output does not match. `quiet`: standard output is not the terminal,
/// so that a progress bar disturbs nothing.
pub(super) fn read(
    arguments: &ReplayArguments,
    matcher: &TagMatcher,
    quiet: bool,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let mut matching =
        Matching { matcher, unmatched: BTreeMap::new(), conflict: TagConflict::default(), inner: sink };
    let result = read_all(&arguments.records, arguments.tag.as_deref(), quiet, &mut matching);
    let Matching { unmatched, conflict, inner, .. } = matching;
    if let Some(why) = arguments.tag.as_deref().and_then(|tag| conflict.describe(tag)) {
        inner.note(format_args!("{why}"))?;
    }
    for (tag, records) in unmatched {
        inner.unmatched(&tag, records, matcher)?;
    }
    result
}

/// Lets through what the output would get.
struct Matching<'m> {
    matcher: &'m TagMatcher,
    /// Records by tag.
    unmatched: BTreeMap<String, u64>,
    conflict: TagConflict,
    inner: &'m mut dyn Sink,
}

impl Sink for Matching<'_> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        // A recording without a tag is one of what the output got.
        if tag == DEFAULT_TAG || self.matcher.takes(tag) {
            self.conflict.add(tag, bytes);
            return self.inner.chunk(tag, bytes);
        }
        let mut records = 0;
        decode::records(bytes, |_| records += 1);
        *self.unmatched.entry(tag.to_owned()).or_default() += records;
        Ok(())
    }

    fn unmatched(&mut self, tag: &str, records: u64, matcher: &TagMatcher) -> io::Result<()> {
        self.inner.unmatched(tag, records, matcher)
    }

    fn note(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.inner.note(message)
    }

    fn error(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.inner.error(message)
    }
}

/// What people are told of records that the output does not match.
pub(super) fn unmatched_message(tag: &str, records: u64, matcher: &TagMatcher) -> String {
    let TagMatcher { written, location, .. } = matcher;
    format!(
        "{records} record(s) under the tag '{tag}' do not match '{written}', the Match of the output in {}:{}, which \
         never gets them",
        location.file, location.line
    )
}

fn read_all(path: &Path, tag: Option<&str>, quiet: bool, sink: &mut dyn Sink) -> io::Result<()> {
    let bar = progress(path, quiet);
    let file: Box<dyn io::Read> = match path == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(records::open_file(path)?),
    };
    let mut input = BufReader::with_capacity(64 << 10, bar.wrap_read(file));
    let result = match input.fill_buf()?.first() {
        None => sink.error(format_args!("{}: is empty", path.display())),
        Some(0xc1) => storage(input, tag, path, sink),
        // Text does not begin with these bytes, except for those of a byte order mark, of UTF-8 or UTF-16.
        Some(byte) if *byte >= 0x80 && !matches!(byte, 0xef | 0xfe | 0xff) => {
            msgpack(input, tag.unwrap_or(DEFAULT_TAG), path, sink)
        }
        _ => json(input, tag.unwrap_or(DEFAULT_TAG), path, sink),
    };
    bar.finish_and_clear();
    result
}

/// A progress bar, which is hidden when standard error is not a terminal.
fn progress(path: &Path, quiet: bool) -> ProgressBar {
    let length = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if !quiet || length < PROGRESS_BAR_MIN_BYTES {
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
    records::read(input, &mut |line, record| match record {
        Ok(record) => {
            write(&record, &mut chunk);
            if chunk.len() >= CHUNK_BYTES {
                sink.chunk(tag, &chunk)?;
                chunk.clear();
            }
            Ok(())
        }
        Err(error) => sink.error(format_args!("{}:{line}: {error}", path.display())),
    })?;
    if chunk.is_empty() { Ok(()) } else { sink.chunk(tag, &chunk) }
}

/// `[[EventTime, {}], record]`
fn write(record: &Value, chunk: &mut Vec<u8>) {
    let time = timestamp::of_record(record);
    chunk.extend([0x92, 0x92, 0xd7, 0]);
    chunk.extend(u32::try_from(time.as_secs()).unwrap_or_default().to_be_bytes());
    chunk.extend(time.subsec_nanos().to_be_bytes());
    chunk.push(0x80);
    // Every JSON value is a msgpack value, so this does not fail.
    chunk.extend(rmp_serde::to_vec(record).unwrap_or_default());
}

/// Splits recorded entries into chunks of about the size of Fluent Bit's.
fn msgpack(mut input: impl BufRead, tag: &str, path: &Path, sink: &mut dyn Sink) -> io::Result<()> {
    let mut held = Vec::new();
    let mut offset = 0;
    let mut wanted = CHUNK_BYTES;
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
            held = rest;
            offset += whole;
            wanted = CHUNK_BYTES;
        } else {
            wanted *= 2;
        }
        if ended || wanted > MAX_ENTRY_BYTES {
            break;
        }
        wanted = wanted.max(held.len() * 2);
    }
    match decode::records(&held, |_| {}).fault {
        Some(fault) => sink.error(format_args!("{}: byte {offset}: {}", path.display(), fault.what)),
        None => Ok(()),
    }
}

/// Reads a file of Fluent Bit's filesystem storage (`lib/chunkio/include/chunkio/cio_file_st.h`): a header of 24 bytes,
/// the last two of them the length of the metadata, which holds the tag; then the chunk.
fn storage(mut input: impl BufRead, tag: Option<&str>, path: &Path, sink: &mut dyn Sink) -> io::Result<()> {
    let mut head = [0; 24];
    input.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[10], head[11], head[12], head[13]]);
    let mut metadata = vec![0; usize::from(u16::from_be_bytes([head[22], head[23]]))];
    input.read_exact(&mut metadata)?;
    let own = tag_of(&metadata);
    let tag = tag.or(own.as_deref()).unwrap_or(DEFAULT_TAG);
    // Only newer releases write the length; without it, the chunk ends with the file.
    let length = if length == 0 { u64::MAX } else { u64::from(length) };
    msgpack(input.take(length), tag, path, sink)
}

/// The tag in the metadata: after the header (`FLB_INPUT_CHUNK_META_HEADER`) if there is one, up to what follows it.
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
