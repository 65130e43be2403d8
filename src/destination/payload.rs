//! What of an entry is sent: the whole record, one field's text, or a stop event; and how it is cut when too long.

use crate::classify::Entry;
use crate::config::Common;
use crate::json::{self, Writer};
use crate::record::{Record, Value};

/// Writes the entry's payload: a JSON object, or bare text when `log_key` names a string.
pub(super) fn write<const QUOTED: bool>(
    common: &Common,
    entry: &Entry<'_, '_, '_>,
    out: &mut Writer<'_, QUOTED>,
) {
    match select(common, entry) {
        Payload::Json(text) => out.text(&text),
        Payload::Text(text) => out.text(text),
        Payload::Value(value) => out.value(value),
        Payload::Record(record) => out.record(record, |_| false),
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
    match common.log_key.as_ref().and_then(|key| entry.record.get(key.as_bytes())) {
        Some(Value::Text(text) | Value::Binary(text)) => Payload::Text(text),
        Some(value) => Payload::Value(value),
        None => Payload::Record(entry.record),
    }
}

fn marker(lost: usize) -> String {
    format!(" [truncated {lost} bytes]")
}

/// Room kept for the marker, whatever number it holds.
const MARKER_ROOM: usize = " [truncated 18446744073709551615 bytes]".len();

fn cut_text(text: &[u8], max: usize) -> Vec<u8> {
    let kept = json::cut(text, max.saturating_sub(MARKER_ROOM));
    [kept, marker(text.len() - kept.len()).as_bytes()].concat()
}

fn cut_record(record: &Record<'_, '_>, max: usize) -> Vec<u8> {
    let whole = as_json(record);
    let longest =
        record.fields.iter().enumerate().max_by_key(|(_, field)| field.value.text().map_or(0, <[u8]>::len));
    let Some((position, text)) = longest.and_then(|(position, field)| Some((position, field.value.text()?)))
    else {
        return cut_text(&whole, max);
    };
    let room = max.saturating_sub(MARKER_ROOM + whole.len().saturating_sub(escaped_len(text)));
    let kept = longest_within(text, room);
    if kept.is_empty() {
        return cut_text(&whole, max);
    }
    let shortened = [kept, marker(text.len() - kept.len()).as_bytes()].concat();
    let mut fields = record.fields.to_vec();
    if let Some(field) = fields.get_mut(position) {
        field.value = Value::Text(&shortened);
    }
    as_json(&Record { fields: &fields, ..*record })
}

/// The longest beginning of `text` that takes no more than `room` bytes as the inside of a JSON string. Escapes make
/// that anything from one to six times as long as the text, so it is searched by halves.
fn longest_within(text: &[u8], room: usize) -> &[u8] {
    let (mut fits, mut too_long) = (0, text.len() + 1);
    while too_long - fits > 1 {
        let middle = fits.midpoint(too_long);
        if escaped_len(json::cut(text, middle)) <= room {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    json::cut(text, fits)
}

fn escaped_len(text: &[u8]) -> usize {
    let mut out = Vec::with_capacity(text.len());
    Writer::<false>::new(&mut out).contents(text);
    out.len()
}

fn as_json(record: &Record<'_, '_>) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::<false>::new(&mut out).record(record, |_| false);
    out
}
