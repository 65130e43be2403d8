//! What of an entry is sent: the whole record, one field's text, or a stop event; and how it is cut when too long.

use crate::classify::classes::Entry;
use crate::config::Common;
use crate::encode::run_cache::RunCache;
use crate::input::record::{Record, Value};
use crate::json::{self, Writer};

/// Writes the entry's payload: a JSON object, or bare text when `log_key` names a string.
pub(super) fn write<const QUOTED: bool>(
    common: &Common,
    runs: &RunCache,
    entry: &Entry<'_, '_, '_>,
    out: &mut Writer<'_, QUOTED>,
) {
    match select(common, entry) {
        Payload::Json(text) => out.text(&text),
        Payload::Text(text) => out.text(text),
        Payload::Value(value) => out.value(value),
        Payload::Record(record) => runs.write_record(record, out, |_| false),
    }
}

/// The payload as plain text of at most `max` bytes: a record loses the end of its longest text, so that it stays
/// JSON; anything else loses its end. A marker says how much is gone.
pub(super) fn cut(common: &Common, entry: &Entry<'_, '_, '_>, max: usize) -> Vec<u8> {
    match select(common, entry) {
        Payload::Json(text) => cut_text(&text, max),
        Payload::Text(text) => cut_text(&String::from_utf8_lossy(text).into_owned().into_bytes(), max),
        Payload::Value(value) => {
            let mut text = Vec::new();
            Writer::<false>::new(&mut text).value(value);
            cut_text(&text, max)
        }
        Payload::Record(record) => cut_record(record, max),
    }
}

/// Whether the payload is the record itself, and not a field or a stop event.
pub(super) fn is_record(common: &Common, entry: &Entry<'_, '_, '_>) -> bool {
    entry.stop.is_none() && selected(common, entry).is_none()
}

/// Whether the payload is text, and not JSON.
pub(super) fn is_bare(common: &Common, entry: &Entry<'_, '_, '_>) -> bool {
    entry.stop.is_none() && selected(common, entry).and_then(Value::text).is_some()
}

fn selected<'p>(common: &Common, entry: &Entry<'_, 'p, '_>) -> Option<Value<'p>> {
    common.log_key.as_ref().and_then(|key| entry.record.get(key.as_bytes()))
}

enum Payload<'p> {
    Json(Vec<u8>),
    Text(&'p [u8]),
    Value(Value<'p>),
    Record(&'p Record<'p, 'p>),
}

fn select<'p>(common: &Common, entry: &Entry<'p, 'p, 'p>) -> Payload<'p> {
    if let Some(stop) = entry.stop {
        let text =
            if common.enrich_stops { serde_json::to_vec(stop) } else { serde_json::to_vec(&stop.event) };
        if let Ok(text) = text {
            return Payload::Json(text);
        }
    }
    match selected(common, entry) {
        Some(Value::Text(text) | Value::Binary(text)) => Payload::Text(text),
        Some(value) => Payload::Value(value),
        None => Payload::Record(entry.record),
    }
}

fn marker(lost: usize) -> String {
    format!(" [truncated {lost} bytes]")
}

/// Room kept for the marker, whatever number it holds.
pub(super) const MARKER_ROOM: usize = " [truncated 18446744073709551615 bytes]".len();

fn cut_text(text: &[u8], max: usize) -> Vec<u8> {
    let kept = json::cut(text, max.saturating_sub(MARKER_ROOM));
    [kept, marker(text.len() - kept.len()).as_bytes()].concat()
}

/// The beginning of `text` and a marker, such that its JSON string, without the quotation marks, has at most `room`
/// bytes; room for the marker must be there.
pub(super) fn cut_for_string(text: &[u8], room: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut left = room.saturating_sub(MARKER_ROOM);
    let fits = |c: &char| {
        let rest = left.checked_sub(string_len(*c));
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    let kept: String = text.chars().take_while(fits).collect();
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
    let longest =
        record.fields.iter().enumerate().max_by_key(|(_, field)| field.value.text().map_or(0, <[u8]>::len));
    let Some((position, text)) = longest.and_then(|(position, field)| Some((position, field.value.text()?)))
    else {
        return cut_text(&whole, max);
    };
    // What the text may still take: its present share of the JSON less all that is too much.
    let share: usize = String::from_utf8_lossy(text).chars().map(string_len).sum();
    let Some(room) = (share + max).checked_sub(whole.len()).filter(|room| *room > MARKER_ROOM) else {
        return cut_text(&whole, max);
    };
    let shortened = cut_for_string(text, room);
    let mut fields = record.fields.to_vec();
    if let Some(field) = fields.get_mut(position) {
        field.value = Value::Text(&shortened);
    }
    as_json(&record.with_fields(&fields))
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
        let batch = batches_of(&*cloudwatch, &chunk(&[record])).0.remove(0);
        let body: Json = serde_json::from_slice(&body_of(&request_of(&*cloudwatch, &batch))).unwrap();
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
