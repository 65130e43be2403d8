//! An entry as services want it that tell a message from its attributes: New Relic and Datadog.
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

/// The field of a stop's report that a person reads first.
const REPORT_FIELDS: &[&[u8]] = &[b"summary"];

/// A message and its attributes.
#[derive(Debug)]
pub(super) struct AttributedLine<'l> {
    pub(super) entry: &'l Entry<'l, 'l, 'l>,
    common: &'l Common,
    runs: &'l RunCache,
    /// `None`: the payload as a whole.
    message: Option<Value<'l>>,
    fields: &'l [Field<'l>],
    /// Which of the fields is the message.
    position: usize,
}

/// How much of a line is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Extent {
    Whole,
    /// All attributes, and so much of the message that its JSON takes at most this many bytes.
    Cut(usize),
    /// No attributes; the message holds the beginning of the whole payload, as JSON of at most this many bytes.
    Alone(usize),
}

/// Gives `write` the entry as a line.
pub(super) fn with_line<R>(
    common: &Common,
    runs: &RunCache,
    entry: &Entry<'_, '_, '_>,
    write: impl FnOnce(&AttributedLine<'_>) -> R,
) -> R {
    match entry.stop {
        Some(stop) if common.enrich_stops => {
            let report = rmp_serde::to_vec_named(stop).unwrap_or_default();
            write(&AttributedLine::new(common, runs, entry, &fields(&report), REPORT_FIELDS))
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

/// Appends a line of at most `max` bytes. `write` writes one to the given extent and answers with the bytes that
/// its message took; what is too long loses the end of its message, or all attributes when they are what is too long.
pub(super) fn fit(max: usize, out: &mut Vec<u8>, write: impl Fn(Extent, &mut Vec<u8>) -> usize) -> Encoded {
    let start = out.len();
    let message = write(Extent::Whole, out);
    let excess = (out.len() - start).saturating_sub(max);
    if excess == 0 {
        return Encoded::Complete { size: out.len() - start };
    }
    out.truncate(start);
    match message.checked_sub(excess).filter(|room| *room > content::MARKER_ROOM) {
        Some(room) => write(Extent::Cut(room), out),
        None => {
            let marker = write(Extent::Alone(0), out);
            let around = out.len() - start - marker;
            out.truncate(start);
            write(Extent::Alone(max.saturating_sub(around)), out)
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
        let holds = |name: &&[u8]| fields.iter().position(|field| field.key.text() == Some(name));
        match candidates.iter().find_map(holds) {
            Some(position) => {
                let message = fields.get(position).map(|field| field.value);
                Self { entry, common, runs, message, fields, position }
            }
            None => Self { entry, common, runs, message: None, fields: &[], position: 0 },
        }
    }

    /// Every field but the message.
    pub(super) fn attributes(&self, extent: Extent) -> impl Iterator<Item = &'l Field<'l>> {
        let position = self.position;
        let fields = if matches!(extent, Extent::Alone(_)) { &[] } else { self.fields };
        fields.iter().enumerate().filter(move |(at, _)| *at != position).map(|(_, field)| field)
    }

    /// How many those are.
    pub(super) fn attribute_count(&self, extent: Extent) -> usize {
        if matches!(extent, Extent::Alone(_)) { 0 } else { self.fields.len().saturating_sub(1) }
    }

    /// Appends the inside of the JSON string that is the message; answers with its length.
    pub(super) fn write_message(&self, extent: Extent, out: &mut Vec<u8>) -> usize {
        let start = out.len();
        match (extent, self.message) {
            (Extent::Whole, Some(message)) => plain(message, &mut Writer::<true>::new(out)),
            (Extent::Whole, None) => {
                content::write(self.common, self.runs, self.entry, &mut Writer::<true>::new(out))
            }
            (Extent::Cut(room), message) => self.write_cut(message, room, out),
            (Extent::Alone(room), _) => self.write_cut(None, room, out),
        }
        out.len() - start
    }

    fn write_cut(&self, message: Option<Value<'_>>, room: usize, out: &mut Vec<u8>) {
        let mut text = Vec::new();
        let mut writer = Writer::<false>::new(&mut text);
        match message {
            Some(message) => plain(message, &mut writer),
            None => content::write(self.common, self.runs, self.entry, &mut writer),
        }
        Writer::<false>::new(out).contents(&content::cut_for_string(&text, room));
    }
}

/// Text as it is, anything else as JSON.
fn plain<const QUOTED: bool>(value: Value<'_>, out: &mut Writer<'_, QUOTED>) {
    match value.text() {
        Some(text) => out.text(text),
        None => out.value(value),
    }
}
