//! An entry as a message with attributes, for New Relic and Datadog.
//!
//! The message is the application's line (`log`, else `message`), a stop's `summary`, or what `log_key` and
//! `stop_format raw` leave of the entry; everything else is an attribute. A record without a message is sent as JSON
//! text, which both services parse.

use super::{Encoded, content};
use crate::classify::classes::Entry;
use crate::config::Common;
use crate::encode::run_cache::RunCache;
use crate::input::decode;
use crate::input::record::{Field, Value};
use crate::json::Writer;

/// Fields that hold an application's line, in order of preference.
const LINE_FIELDS: &[&[u8]] = &[b"log", b"message"];

/// The field of a stop event that becomes the message.
const STOP_FIELDS: &[&[u8]] = &[b"summary"];

/// A message and its attributes.
#[derive(Debug)]
pub(super) struct AttributedLine<'l> {
    pub(super) entry: &'l Entry<'l, 'l, 'l>,
    common: &'l Common,
    runs: &'l RunCache,
    /// `None` when the message is the whole content.
    message: Option<Value<'l>>,
    fields: &'l [Field<'l>],
    /// Index of the message in `fields`.
    message_index: usize,
}

/// How much of a line is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    Whole,
    /// All attributes, and the beginning of the message, as JSON of at most this many bytes.
    CutMessage(usize),
    /// No attributes; the message holds the beginning of the whole content, as JSON of at most this many bytes.
    MessageOnly(usize),
}

/// Calls `write` with the entry as a line.
pub(super) fn with_line<R>(
    common: &Common,
    runs: &RunCache,
    entry: &Entry<'_, '_, '_>,
    write: impl FnOnce(&AttributedLine<'_>) -> R,
) -> R {
    match entry.stop {
        Some(stop) if common.enrich_stops => {
            let stop_fields = rmp_serde::to_vec_named(stop).unwrap_or_default();
            write(&AttributedLine::new(common, runs, entry, &fields(&stop_fields), STOP_FIELDS))
        }
        None if content::is_record(common, entry) => {
            write(&AttributedLine::new(common, runs, entry, entry.record.fields, LINE_FIELDS))
        }
        _ => write(&AttributedLine::new(common, runs, entry, &[], &[])),
    }
}

/// The top-level pairs of a msgpack map.
fn fields(map: &[u8]) -> Vec<Field<'_>> {
    let Some(Value::Map(_, entries)) = decode::elements(map).next() else { return Vec::new() };
    decode::pairs(entries).map(|(key, value)| Field { key, value }).collect()
}

/// Appends a line of at most `max` bytes. `write` writes the line to the given extent and returns the length of its
/// message. A line that is too long loses the end of its message; when the attributes alone are too long, it loses all
/// of them.
pub(super) fn write_within(
    max: usize,
    out: &mut Vec<u8>,
    write: impl Fn(Extent, &mut Vec<u8>) -> usize,
) -> Encoded {
    let start = out.len();
    let message_len = write(Extent::Whole, out);
    let excess = (out.len() - start).saturating_sub(max);
    if excess == 0 {
        return Encoded::Complete { size: out.len() - start };
    }
    out.truncate(start);
    match message_len.checked_sub(excess).filter(|room| *room > content::MAX_MARKER_BYTES) {
        Some(room) => write(Extent::CutMessage(room), out),
        None => {
            let marker_len = write(Extent::MessageOnly(0), out);
            let overhead = out.len() - start - marker_len;
            out.truncate(start);
            write(Extent::MessageOnly(max.saturating_sub(overhead)), out)
        }
    };
    Encoded::Truncated { size: out.len() - start }
}

impl<'l> AttributedLine<'l> {
    fn new(
        common: &'l Common,
        runs: &'l RunCache,
        entry: &'l Entry<'l, 'l, 'l>,
        fields: &'l [Field<'l>],
        candidates: &[&[u8]],
    ) -> Self {
        let index_of = |name: &&[u8]| fields.iter().position(|field| field.key.text() == Some(name));
        match candidates.iter().find_map(index_of) {
            Some(message_index) => {
                let message = fields.get(message_index).map(|field| field.value);
                Self { entry, common, runs, message, fields, message_index }
            }
            None => Self { entry, common, runs, message: None, fields: &[], message_index: 0 },
        }
    }

    /// All fields that the message and the attributes come from.
    pub(super) fn fields(&self) -> &'l [Field<'l>] {
        self.fields
    }

    /// Every field but the message.
    pub(super) fn attributes(&self, extent: Extent) -> impl Iterator<Item = &'l Field<'l>> + use<'l> {
        let message_index = self.message_index;
        let fields = if matches!(extent, Extent::MessageOnly(_)) { &[] } else { self.fields };
        fields.iter().enumerate().filter(move |(index, _)| *index != message_index).map(|(_, field)| field)
    }

    /// The length of [`Self::attributes`].
    pub(super) fn attribute_count(&self, extent: Extent) -> usize {
        if matches!(extent, Extent::MessageOnly(_)) { 0 } else { self.fields.len().saturating_sub(1) }
    }

    /// Appends the message as the inside of a JSON string; returns its length.
    pub(super) fn write_message(&self, extent: Extent, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        match (extent, self.message) {
            (Extent::Whole, Some(message)) => write_plain(message, &mut Writer::<true>::new(out)),
            (Extent::Whole, None) => {
                content::write(self.common, self.runs, self.entry, &mut Writer::<true>::new(out))
            }
            (Extent::CutMessage(room), message) => self.write_cut(message, room, out),
            (Extent::MessageOnly(room), _) => self.write_cut(None, room, out),
        }
        out.len() - start
    }

    fn write_cut(&self, message: Option<Value<'_>>, room: usize, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        let mut writer = Writer::<false>::new(&mut text);
        match message {
            Some(message) => write_plain(message, &mut writer),
            None => content::write(self.common, self.runs, self.entry, &mut writer),
        }
        Writer::<false>::new(out).contents(&content::cut_for_string(&text, room));
    }
}

/// Writes text as it is, anything else as JSON.
fn write_plain<const QUOTED: bool>(value: Value<'_>, out: &mut Writer<'_, QUOTED>) {
    match value.text() {
        Some(text) => out.text(text),
        None => out.value(value),
    }
}
