//! The entries of a chunk as joining sees them: where each stands, and the few fields that tell whose line it is.
//!
//! Owns: finding these fields, and writing an entry again with another text. Does not own: which lines are one record
//! (`join`).

use std::ops::Range;

use super::decode::read_time;
use super::key_name::plain_name;
use super::msgpack::{MsgpackReader, ReadResult};
use super::record::{MAX_ID_BYTES, Timestamp, Value};

/// FireLens's field with the text of a line.
const TEXT: &[u8] = b"log";

/// The fields of Docker's drivers about the pieces of a line that was too long.
///
/// Source: moby `daemon/logger/fluentd/fluentd.go`.
const PIECE_FIELDS: [&[u8]; 4] = [b"partial_message", b"partial_id", b"partial_ordinal", b"partial_last"];

/// One entry of a chunk.
#[derive(Debug, Clone)]
pub(crate) struct PlacedEntry<'a> {
    /// Where it is in the chunk.
    pub(crate) place: Range<usize>,
    /// `None`: it is not a line of a container.
    pub(crate) line: Option<LogLine<'a>>,
}

/// One line of a container.
#[derive(Debug, Clone)]
pub(crate) struct LogLine<'a> {
    /// The bytes of the whole entry.
    pub(crate) entry: &'a [u8],
    pub(crate) time: Timestamp,
    /// The container's id, or else its name; empty where the record has neither.
    pub(crate) container: &'a [u8],
    /// The stream's name; empty where the record has none.
    pub(crate) source: &'a [u8],
    pub(crate) text: &'a [u8],
    /// Set when the driver cut the line.
    pub(crate) piece: Option<LinePiece<'a>>,
}

/// What Docker's driver says of a piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinePiece<'a> {
    pub(crate) id: &'a [u8],
    /// From 1 on; `None` where it cannot be read.
    pub(crate) ordinal: Option<u32>,
    pub(crate) is_last: bool,
}

/// The entries of a chunk, in order; an error, which comes last, where it is malformed.
pub(crate) fn entries(chunk: &[u8]) -> impl Iterator<Item = ReadResult<PlacedEntry<'_>>> {
    let mut reader = MsgpackReader::new(chunk);
    let mut is_malformed = false;
    std::iter::from_fn(move || {
        let is_over = is_malformed || reader.position() >= chunk.len();
        let entry = (!is_over).then(|| read_entry(&mut reader));
        is_malformed |= entry.as_ref().is_some_and(Result::is_err);
        entry
    })
}

fn read_entry<'a>(reader: &mut MsgpackReader<'a>) -> ReadResult<PlacedEntry<'a>> {
    let start = reader.position();
    let mut fields = LineFields::default();
    let time = match reader.array_header()? {
        None => {
            reader.value()?;
            None
        }
        Some(count @ ..2) => {
            reader.skip(u64::from(count))?;
            None
        }
        Some(count) => {
            let time = read_time(reader)?;
            let has_map = read_map(reader, &mut fields)?;
            reader.skip(u64::from(count) - 2)?;
            time.filter(|_| has_map)
        }
    };
    let entry = reader.since(start)?;
    let line = time.and_then(|time| fields.into_line(time, entry));
    Ok(PlacedEntry { place: start..reader.position(), line })
}

/// Reads the fields of a record; `false` when no map begins here.
fn read_map<'a>(reader: &mut MsgpackReader<'a>, fields: &mut LineFields<'a>) -> ReadResult<bool> {
    let Some(count) = reader.map_header()? else {
        reader.value()?;
        return Ok(false);
    };
    for _ in 0..count {
        let key = reader.value()?;
        let value = reader.value()?;
        if let Some(name) = plain_name(key) {
            fields.note(name, value);
        }
    }
    Ok(true)
}

/// The fields that matter, while a record is read.
#[derive(Debug, Default)]
struct LineFields<'a> {
    container: &'a [u8],
    name: &'a [u8],
    source: &'a [u8],
    text: Option<&'a [u8]>,
    /// The text occurs twice: a joined record could not say which of both it replaces.
    repeats_text: bool,
    is_piece: bool,
    id: &'a [u8],
    ordinal: Option<u32>,
    is_last: bool,
}

impl<'a> LineFields<'a> {
    fn note(&mut self, name: &'a [u8], value: Value<'a>) {
        let text = value.text().unwrap_or_default();
        match name {
            b"log" => {
                self.repeats_text |= self.text.is_some();
                self.text = value.text();
            }
            b"container_id" => self.container = text,
            b"container_name" => self.name = text,
            b"source" => self.source = text,
            b"partial_message" => self.is_piece = is_true(value),
            b"partial_id" => self.id = text,
            b"partial_ordinal" => self.ordinal = ordinal(value),
            b"partial_last" => self.is_last = is_true(value),
            _ => {}
        }
    }

    fn into_line(self, time: Timestamp, entry: &'a [u8]) -> Option<LogLine<'a>> {
        let Self { container, name, source, id, ordinal, is_last, .. } = self;
        let container = if container.is_empty() { name } else { container };
        // Streams are remembered by both, and no container has longer ones.
        let is_named = container.len() <= MAX_ID_BYTES && source.len() <= MAX_ID_BYTES;
        let text = self.text.filter(|_| is_named && !self.repeats_text)?;
        let piece = self.is_piece.then_some(LinePiece { id, ordinal, is_last });
        Some(LogLine { entry, time, container, source, text, piece })
    }
}

fn is_true(value: Value<'_>) -> bool {
    value == Value::Bool(true) || value.text().is_some_and(|text| text.eq_ignore_ascii_case(b"true"))
}

fn ordinal(value: Value<'_>) -> Option<u32> {
    match value {
        Value::Unsigned(number) => u32::try_from(number).ok(),
        _ => std::str::from_utf8(value.text()?).ok()?.parse().ok(),
    }
}

/// The entry again, with this text as its line; `whole` leaves out that it was a piece. An entry that is not a line stays as
/// it is.
pub(crate) fn with_text(entry: &[u8], text: &[u8], whole: bool) -> Vec<u8> {
    rewrite(entry, text, whole).unwrap_or_else(|_| entry.to_vec())
}

fn rewrite(entry: &[u8], text: &[u8], whole: bool) -> ReadResult<Vec<u8>> {
    let mut reader = MsgpackReader::new(entry);
    reader.array_header()?;
    read_time(&mut reader)?;
    let mut out = Vec::with_capacity(entry.len() + text.len());
    out.extend_from_slice(reader.since(0)?);
    let count = reader.map_header()?.unwrap_or_default();
    let mut pairs = Vec::with_capacity(text.len());
    let mut kept = 0;
    for _ in 0..count {
        let start = reader.position();
        let key = reader.value()?;
        let name = plain_name(key).unwrap_or_default();
        let key_end = reader.position();
        reader.value()?;
        if whole && PIECE_FIELDS.contains(&name) {
            continue;
        }
        kept += 1;
        if name == TEXT {
            pairs.extend_from_slice(entry.get(start..key_end).unwrap_or_default());
            write_text(&mut pairs, text);
        } else {
            pairs.extend_from_slice(reader.since(start)?);
        }
    }
    // Writing into memory cannot fail.
    rmp::encode::write_map_len(&mut out, kept).ok();
    out.append(&mut pairs);
    out.extend_from_slice(reader.rest());
    Ok(out)
}

fn write_text(out: &mut Vec<u8>, text: &[u8]) {
    // Writing into memory cannot fail, and no text of this size exists.
    rmp::encode::write_str_len(out, u32::try_from(text.len()).unwrap_or(u32::MAX)).ok();
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn read_entries(chunk: &[u8]) -> Option<Vec<PlacedEntry<'_>>> {
        entries(chunk).collect::<ReadResult<_>>().ok()
    }

    fn entry(record: &Json) -> Vec<u8> {
        [&[0x92, 7][..], &rmp_serde::to_vec(record).unwrap()].concat()
    }

    #[test]
    fn a_piece_is_read_with_its_container_and_stream() {
        let chunk = entry(&json!({
            "container_id": "c1", "source": "stderr", "log": "part", "partial_message": "true",
            "partial_id": "p", "partial_ordinal": "2", "partial_last": "false",
        }));
        let entries = read_entries(&chunk).unwrap();
        let line = entries[0].line.as_ref().unwrap();
        assert_eq!((line.container, line.source, line.text), (&b"c1"[..], &b"stderr"[..], &b"part"[..]));
        assert_eq!(line.piece, Some(LinePiece { id: b"p", ordinal: Some(2), is_last: false }));
        assert_eq!((entries[0].place.clone(), line.time.seconds), (0..chunk.len(), 7));
    }

    #[test]
    fn names_that_no_container_has_are_not_remembered() {
        for (name, longest) in [("container_id", 256), ("container_name", 256), ("source", 256)] {
            for (length, is_line) in [(longest, true), (longest + 1, false)] {
                let chunk = entry(&json!({"log": "Error: x", name: "x".repeat(length)}));
                assert_eq!(read_entries(&chunk).unwrap()[0].line.is_some(), is_line, "{name} {length}");
            }
        }
    }

    #[test]
    fn another_text_leaves_all_else_as_it_is() {
        let long = "x".repeat(70_000);
        let piece = json!({
            "a": 1, "partial_message": "true", "log": "part", "partial_id": "p", "partial_ordinal": "1",
            "partial_last": "false", "z": [1, {"log": "inner"}],
        });
        let whole = with_text(&entry(&piece), long.as_bytes(), true);
        assert_eq!(whole, entry(&json!({"a": 1, "log": long, "z": [1, {"log": "inner"}]})));
        let unfinished = with_text(&entry(&piece), b"more", false);
        assert_eq!(read_entries(&unfinished).unwrap()[0].line.as_ref().unwrap().text, b"more");
        assert!(read_entries(&unfinished).unwrap()[0].line.as_ref().unwrap().piece.is_some());
    }

    #[test]
    fn what_is_no_line_is_no_line_and_malformed_chunks_are_not_read() {
        let twice = [&[0x92, 7, 0x82][..], b"\xa3log\xa1a\xa3log\xa1b"].concat();
        let chunk = [entry(&json!({"other": 1})), vec![0x91, 1], twice, vec![0xc0]].concat();
        assert!(read_entries(&chunk).unwrap().iter().all(|entry| entry.line.is_none()));
        assert!(read_entries(&[0x92, 7, 0x81, 0xa3]).is_none());
    }
}
