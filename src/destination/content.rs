//! The content of an entry: what of it is sent (the whole record, one field, or a stop event), and how it is cut when
//! too long. Destinations put their own frame around it.

use crate::classify::classes::Entry;
use crate::config::Common;
use crate::encode::run_cache::RunCache;
use crate::input::record::{Record, Value};
use crate::json::{self, Writer};

/// Writes the entry's content: a JSON value, or plain text when `log_key` names a text field.
pub(super) fn write<const QUOTED: bool>(
    common: &Common,
    runs: &RunCache,
    entry: &Entry<'_, '_, '_>,
    out: &mut Writer<'_, QUOTED>,
) {
    match select(common, entry) {
        Content::Stop(text) => out.text(&text),
        Content::Text(text) => out.text(text),
        Content::Value(value) => out.value(value),
        Content::Record(record) => runs.write_record(record, out, |_| false),
    }
}

/// The content as text of at most `max` bytes. A record loses the end of its longest text, so that it stays JSON;
/// anything else loses its end. A marker says how many bytes are gone.
pub(super) fn cut(common: &Common, entry: &Entry<'_, '_, '_>, max: usize) -> Vec<u8> {
    match select(common, entry) {
        Content::Stop(text) => cut_text(&text, max),
        Content::Text(text) => cut_text(&String::from_utf8_lossy(text).into_owned().into_bytes(), max),
        Content::Value(value) => {
            let mut text = Vec::new();
            Writer::<false>::new(&mut text).value(value);
            cut_text(&text, max)
        }
        Content::Record(record) => cut_record(record, max),
    }
}

/// Whether the content is the whole record, not a field or a stop event.
pub(super) fn is_record(common: &Common, entry: &Entry<'_, '_, '_>) -> bool {
    entry.stop.is_none() && log_key_field(common, entry).is_none()
}

/// Whether the content is plain text, not JSON.
pub(super) fn is_text(common: &Common, entry: &Entry<'_, '_, '_>) -> bool {
    entry.stop.is_none() && log_key_field(common, entry).and_then(Value::text).is_some()
}

/// The field that `log_key` names.
fn log_key_field<'c>(common: &Common, entry: &Entry<'_, 'c, '_>) -> Option<Value<'c>> {
    common.log_key.as_ref().and_then(|key| entry.record.get(key.as_bytes()))
}

enum Content<'c> {
    /// A stop event, serialized.
    Stop(Vec<u8>),
    /// The text of the field that `log_key` names.
    Text(&'c [u8]),
    /// That field's value when it is not text.
    Value(Value<'c>),
    Record(&'c Record<'c, 'c>),
}

fn select<'c>(common: &Common, entry: &Entry<'c, 'c, 'c>) -> Content<'c> {
    if let Some(stop) = entry.stop {
        let text =
            if common.enrich_stops { serde_json::to_vec(stop) } else { serde_json::to_vec(&stop.event) };
        if let Ok(text) = text {
            return Content::Stop(text);
        }
    }
    match log_key_field(common, entry) {
        Some(Value::Text(text) | Value::Binary(text)) => Content::Text(text),
        Some(value) => Content::Value(value),
        None => Content::Record(entry.record),
    }
}

fn marker(lost: usize) -> String {
    format!(" [truncated {lost} bytes]")
}

/// Bytes of the longest marker.
pub(super) const MAX_MARKER_BYTES: usize = " [truncated 18446744073709551615 bytes]".len();

pub(super) fn cut_text(text: &[u8], max: usize) -> Vec<u8> {
    let kept = json::cut(text, max.saturating_sub(MAX_MARKER_BYTES));
    [kept, marker(text.len() - kept.len()).as_bytes()].concat()
}

/// The beginning of `text` and a marker, which as a JSON string take at most `room` bytes without the quotation marks.
/// `room` must be at least [`MAX_MARKER_BYTES`].
pub(super) fn cut_for_string(text: &[u8], room: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let room = room.saturating_sub(MAX_MARKER_BYTES);
    let mut kept = String::new();
    let mut escaped_len = 0;
    for c in text.chars() {
        escaped_len += string_len(c);
        if escaped_len > room {
            break;
        }
        kept.push(c);
    }
    let lost = text.len() - kept.len();
    (kept + &marker(lost)).into_bytes()
}

/// Bytes of a character in a JSON string.
fn string_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{C}' => 2,
        '\0'..'\u{20}' => 6,
        _ => c.len_utf8(),
    }
}

fn cut_record(record: &Record<'_, '_>, max: usize) -> Vec<u8> {
    let whole = as_json(record);
    let Some((position, text)) = longest_text(record) else {
        return cut_text(&whole, max);
    };
    let text_len: usize = String::from_utf8_lossy(text).chars().map(string_len).sum();
    // What the text may still take: its own length less the excess of the whole record.
    let Some(room) = (text_len + max).checked_sub(whole.len()).filter(|room| *room > MAX_MARKER_BYTES) else {
        return cut_text(&whole, max);
    };
    let shortened = cut_for_string(text, room);
    let mut fields = record.fields.to_vec();
    if let Some(field) = fields.get_mut(position) {
        field.value = Value::Text(&shortened);
    }
    as_json(&record.with_fields(&fields))
}

/// The record's longest text, and which of its fields holds it.
fn longest_text<'r>(record: &Record<'r, '_>) -> Option<(usize, &'r [u8])> {
    let texts = record.fields.iter().enumerate().filter_map(|(at, field)| Some((at, field.value.text()?)));
    texts.max_by_key(|(_, text)| text.len())
}

fn as_json(record: &Record<'_, '_>) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::<false>::new(&mut out).record(record, |_| false);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::config::keys::DestinationKind;
    use crate::destination::testing::{batches_of, body_of, chunk, open, request_of};

    fn message(keys: &[(&str, &str)], record: Json) -> String {
        let cloudwatch = open(DestinationKind::Cloudwatch, &[&[("log_group", "g")], keys].concat());
        let batch = batches_of(&cloudwatch, &chunk(&[record])).0.remove(0);
        let body: Json = serde_json::from_slice(&body_of(&request_of(&cloudwatch, &batch))).unwrap();
        body["logEvents"][0]["message"].as_str().unwrap().to_owned()
    }

    #[test]
    fn bare_text_arrives_as_it_was() {
        let text = "it \"broke\"\n\tat é \\";
        assert_eq!(message(&[("log_key", "log")], json!({"log": text})), text);
    }

    #[test]
    fn a_cut_record_is_still_json_of_nearly_the_length_allowed() {
        let max = 1_048_576 - 26;
        let message = message(&[], json!({"log": "\u{1}é\"x".repeat(300_000), "n": 1}));
        assert!((max - 64..=max).contains(&message.len()), "{}", message.len());
        let record: Json = serde_json::from_str(&message).unwrap();
        assert_eq!(record["n"], 1);
        assert!(record["log"].as_str().unwrap().ends_with(" bytes]"));
    }
}
