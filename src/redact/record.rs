//! Whole records, as msgpack: every text, also inside lists and maps, and numbers that may be cards.
//!
//! Names of fields stay: they say what a value is, and two of them must not become one.

use std::ops::Range;

use super::anchors::Haystack;
use super::names;
use super::redactor::Redactor;
use super::secret_names::NameMeaning;
use crate::input::decode;
use crate::input::record::{Field, Record, Value};
use crate::json::MAX_DEPTH;

/// The headers of numbers with eight bytes, and so of every card that is a number: Fluent Bit's Lua makes floats of all
/// (<https://github.com/msgpack/msgpack/blob/master/spec.md#int-format-family>).
const WIDE_NUMBERS: [u8; 3] = [0xcb, 0xcf, 0xd3];

/// The least number of thirteen digits.
const MIN_CARD: u64 = 1_000_000_000_000;
const MIN_CARD_FLOAT: f64 = 1e12;

/// What a redactor keeps from record to record of one chunk: the fields that neighbours share, once they were searched,
/// and room for the others.
#[derive(Debug, Clone, Default)]
pub struct RecordSearch {
    /// Where the chunk holds the shared fields. They never move.
    address: usize,
    length: usize,
    /// Nothing in them can match.
    is_clean: bool,
    haystack: Haystack,
}

/// Most masks are shorter than what they stand for.
const ROOM_FOR_MASKS: usize = 64;

/// A value that is written anew, by its position.
type Replaced = Vec<(usize, Vec<u8>)>;

impl RecordSearch {
    /// Whether nothing is masked in what the last record shares with others.
    #[must_use]
    pub(crate) const fn keeps_run(&self) -> bool {
        self.is_clean
    }
}

impl Redactor {
    /// The record's body with every match masked; `None` when nothing matches. `search` must stay with one redactor
    /// and one chunk. `counts` has a row for each rule of the output and grows by the matches.
    #[must_use]
    pub fn record(
        &self,
        record: &Record<'_, '_>,
        search: &mut RecordSearch,
        counts: &mut [u64],
    ) -> Option<Vec<u8>> {
        let clean = self.find_clean(record, search)?;
        let mut masking = ValueMasking { redactor: self, haystack: &mut search.haystack, counts };
        let mut replaced = Replaced::new();
        for (at, field) in record.fields.iter().enumerate().filter(|(at, _)| !clean.contains(at)) {
            replaced.extend(masking.field(field.key, field.value, MAX_DEPTH).map(|new| (at, new)));
        }
        if replaced.is_empty() {
            return None;
        }
        let run = record.split_at_run().map(|split| split.raw).filter(|_| !clean.is_empty());
        Some(rewritten(record, clean, run.unwrap_or_default(), &replaced))
    }

    /// The fields in which nothing can match, as far as that is known; `None`: all. Fields that records repeat are searched
    /// once.
    fn find_clean(&self, record: &Record<'_, '_>, search: &mut RecordSearch) -> Option<Range<usize>> {
        let Some(split) = record.split_at_run() else {
            return self.may_match_in(record.fields.iter(), &mut search.haystack).then_some(0..0);
        };
        if search.address != split.raw.as_ptr().addr() || search.length != split.raw.len() {
            search.address = split.raw.as_ptr().addr();
            search.length = split.raw.len();
            search.is_clean = !self.may_match_in(split.run.iter(), &mut search.haystack);
        }
        if !search.is_clean {
            return Some(0..0);
        }
        let start = split.before.len();
        self.may_match_in(split.before.iter().chain(split.after), &mut search.haystack)
            .then_some(start..start + split.run.len())
    }

    fn may_match_in<'f>(
        &self,
        fields: impl Iterator<Item = &'f Field<'f>> + Clone,
        haystack: &mut Haystack,
    ) -> bool {
        haystack.fill(|push| {
            fields.clone().for_each(|field| {
                field.key.text().filter(|_| self.has_secrets).into_iter().for_each(&mut *push);
                push_texts(field.value, self.has_secrets, MAX_DEPTH, push);
            });
        });
        self.may_match(haystack)
            || fields.clone().any(|field| self.may_be_card(field.value))
            || self.has_patterns && fields.into_iter().any(|field| self.pattern_may_match(field.value))
    }

    fn pattern_may_match(&self, value: Value<'_>) -> bool {
        let mut may_match = false;
        let mut search = |text: &[u8]| may_match |= self.pattern_may_match_text(text);
        push_texts(value, false, MAX_DEPTH, &mut search);
        push_numbers(value, MAX_DEPTH, &mut search);
        may_match
    }

    fn may_be_card(&self, value: Value<'_>) -> bool {
        self.has_cards
            && match value {
                Value::Unsigned(number) => number >= MIN_CARD,
                Value::Float(number) => number >= MIN_CARD_FLOAT,
                Value::Array(_, packed) | Value::Map(_, packed) => has_wide_number(packed),
                _ => false,
            }
    }
}

/// A name in a map and its value.
type Pair<'v> = (Value<'v>, Value<'v>);

/// The values of one record, one after the other.
struct ValueMasking<'m> {
    redactor: &'m Redactor,
    haystack: &'m mut Haystack,
    counts: &'m mut [u64],
}

impl ValueMasking<'_> {
    /// The value of a field as msgpack with every match masked; `None` when nothing matches.
    fn field(&mut self, key: Value<'_>, value: Value<'_>, depth: u8) -> Option<Vec<u8>> {
        match value {
            Value::Map(_, entries) if depth > 0 => self.map(entries, depth - 1),
            Value::Nil | Value::Bool(_) => None,
            _ => {
                let kind = self.redactor.meaning_of_name(key.text().unwrap_or_default());
                match (kind, value) {
                    (kind, Value::Array(_, items)) if depth > 0 => self.array(kind, items, depth - 1),
                    // Alone it is a number of them.
                    (NameMeaning::List, _) => self.value(NameMeaning::Other, value, depth),
                    _ => self.value(kind, value, depth),
                }
            }
        }
    }

    /// The same for a value of its own, or for one in a list whose name is of this kind.
    fn value(&mut self, kind: NameMeaning, value: Value<'_>, depth: u8) -> Option<Vec<u8>> {
        match value {
            Value::Text(text) | Value::Binary(text) => {
                let secret =
                    (kind != NameMeaning::Other).then(|| self.redactor.secret(text, self.counts)).flatten();
                secret
                    .or_else(|| self.redactor.text_in(self.haystack, text, self.counts))
                    .map(|text| packed_text(&text))
            }
            Value::Unsigned(_) | Value::Signed(_) | Value::Float(_) => {
                let digits = digits(value)?;
                let is_secret = kind == NameMeaning::Secret;
                let secret =
                    is_secret.then(|| self.redactor.secret(digits.as_bytes(), self.counts)).flatten();
                secret
                    .or_else(|| self.redactor.number(digits.as_bytes(), self.counts))
                    .map(|text| packed_text(&text))
            }
            // What is deeper is not written: whoever writes the record puts a mark in its place.
            Value::Array(_, items) if depth > 0 => self.array(kind, items, depth - 1),
            Value::Map(_, entries) if depth > 0 => self.map(entries, depth - 1),
            _ => None,
        }
    }

    /// What a list holds is named as the list is.
    fn array(&mut self, kind: NameMeaning, items: &[u8], depth: u8) -> Option<Vec<u8>> {
        let mut replaced = Replaced::new();
        let mut last: &[u8] = &[];
        for (at, item) in decode::elements(items).enumerate() {
            let word = item.text().unwrap_or_default();
            let secret = self.redactor.of_option(last, word, self.counts).map(|text| packed_text(&text));
            last = word;
            replaced.extend(secret.or_else(|| self.value(kind, item, depth)).map(|new| (at, new)));
        }
        (!replaced.is_empty()).then(|| array(items, &replaced))
    }

    /// A text whose name is in the field before it, if that says that it is a secret.
    fn of_pair(&mut self, (name_key, name): Pair<'_>, (key, value): Pair<'_>) -> Option<Vec<u8>> {
        let is_secret = names::are_name_and_value(name_key.text()?, key.text()?)
            && self.redactor.meaning_of_name(name.text()?) == NameMeaning::Secret;
        let value = value.text().filter(|_| is_secret)?;
        self.redactor.secret(value, self.counts).map(|text| packed_text(&text))
    }

    fn map(&mut self, entries: &[u8], depth: u8) -> Option<Vec<u8>> {
        let mut replaced = Replaced::new();
        let mut last = None;
        for (at, (key, value)) in decode::pairs(entries).enumerate() {
            let secret = last.and_then(|last| self.of_pair(last, (key, value)));
            last = Some((key, value));
            replaced.extend(secret.or_else(|| self.field(key, value, depth)).map(|new| (at, new)));
        }
        (!replaced.is_empty()).then(|| map(decode::pairs(entries), decode::pairs(entries).count(), &replaced))
    }
}

/// Pushes every text of a value, and with `names` those of its fields. Headers of msgpack are not among them: that of a text
/// of 64 bytes is an `@`.
fn push_texts(value: Value<'_>, names: bool, depth: u8, push: &mut dyn FnMut(&[u8])) {
    match value {
        Value::Text(text) | Value::Binary(text) => push(text),
        Value::Array(_, items) if depth > 0 => {
            decode::elements(items).for_each(|item| push_texts(item, names, depth - 1, push));
        }
        Value::Map(_, entries) if depth > 0 => decode::pairs(entries).for_each(|(key, value)| {
            key.text().filter(|_| names).into_iter().for_each(&mut *push);
            push_texts(value, names, depth - 1, push);
        }),
        _ => {}
    }
}

/// Pushes every number of a value in digits.
fn push_numbers(value: Value<'_>, depth: u8, push: &mut dyn FnMut(&[u8])) {
    match value {
        Value::Array(_, items) if depth > 0 => {
            decode::elements(items).for_each(|item| push_numbers(item, depth - 1, push));
        }
        Value::Map(_, entries) if depth > 0 => {
            decode::pairs(entries).for_each(|(_, value)| push_numbers(value, depth - 1, push));
        }
        _ => digits(value).iter().for_each(|digits| push(digits.as_bytes())),
    }
}

/// A number as people write it: without an exponent, and without a fraction where it has none.
fn digits(value: Value<'_>) -> Option<String> {
    match value {
        Value::Unsigned(number) => Some(number.to_string()),
        Value::Signed(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        _ => None,
    }
}

fn has_wide_number(packed: &[u8]) -> bool {
    packed.iter().any(|byte| WIDE_NUMBERS.contains(byte))
}

/// The record with these values. If the range is not empty, its fields are written as `raw` already.
fn rewritten(record: &Record<'_, '_>, range: Range<usize>, raw: &[u8], replaced: &Replaced) -> Vec<u8> {
    let mut out = Vec::with_capacity(record.body.len() + ROOM_FOR_MASKS);
    head(&mut out, record.fields.len(), rmp::encode::write_map_len);
    let mut replaced = replaced.iter().peekable();
    for (at, Field { key, value }) in record.fields.iter().enumerate() {
        if !raw.is_empty() && range.contains(&at) {
            if at == range.start {
                out.extend_from_slice(raw);
            }
            continue;
        }
        write(&mut out, *key);
        match replaced.next_if(|(position, _)| *position == at) {
            Some((_, new)) => out.extend_from_slice(new),
            None => write(&mut out, *value),
        }
    }
    out
}

fn array(items: &[u8], replaced: &Replaced) -> Vec<u8> {
    let mut out = Vec::with_capacity(items.len());
    head(&mut out, decode::elements(items).count(), rmp::encode::write_array_len);
    let mut replaced = replaced.iter().peekable();
    for (at, item) in decode::elements(items).enumerate() {
        match replaced.next_if(|(position, _)| *position == at) {
            Some((_, new)) => out.extend_from_slice(new),
            None => write(&mut out, item),
        }
    }
    out
}

fn map<'v>(
    pairs: impl Iterator<Item = (Value<'v>, Value<'v>)>,
    count: usize,
    replaced: &Replaced,
) -> Vec<u8> {
    let mut out = Vec::new();
    head(&mut out, count, rmp::encode::write_map_len);
    let mut replaced = replaced.iter().peekable();
    for (at, (key, value)) in pairs.enumerate() {
        write(&mut out, key);
        match replaced.next_if(|(position, _)| *position == at) {
            Some((_, new)) => out.extend_from_slice(new),
            None => write(&mut out, value),
        }
    }
    out
}

type WriteResult<T> = Result<T, rmp::encode::ValueWriteError>;

fn head(out: &mut Vec<u8>, count: usize, write: fn(&mut Vec<u8>, u32) -> WriteResult<rmp::Marker>) {
    // Writing to memory cannot fail, and what was read has 32 bits of length.
    write(out, length(count)).ok();
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn packed_text(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 5);
    write(&mut out, Value::Text(text));
    out
}

/// Writes a value as it was read.
fn write(out: &mut Vec<u8>, value: Value<'_>) {
    // Writing to memory cannot fail.
    try_write(out, value).ok();
}

fn try_write(out: &mut Vec<u8>, value: Value<'_>) -> WriteResult<()> {
    match value {
        Value::Nil => out.push(rmp::Marker::Null.to_u8()),
        Value::Bool(true) => out.push(rmp::Marker::True.to_u8()),
        Value::Bool(false) => out.push(rmp::Marker::False.to_u8()),
        Value::Unsigned(number) => rmp::encode::write_uint(out, number).map(drop)?,
        Value::Signed(number) => rmp::encode::write_sint(out, number).map(drop)?,
        Value::Float(number) => rmp::encode::write_f64(out, number)?,
        Value::Text(text) => {
            rmp::encode::write_str_len(out, length(text.len()))?;
            out.extend_from_slice(text);
        }
        Value::Binary(bytes) => {
            rmp::encode::write_bin_len(out, length(bytes.len()))?;
            out.extend_from_slice(bytes);
        }
        Value::Extension(kind, data) => {
            rmp::encode::write_ext_meta(out, length(data.len()), kind)?;
            out.extend_from_slice(data);
        }
        Value::Array(count, items) => {
            rmp::encode::write_array_len(out, count)?;
            out.extend_from_slice(items);
        }
        Value::Map(count, entries) => {
            rmp::encode::write_map_len(out, count)?;
            out.extend_from_slice(entries);
        }
    }
    Ok(())
}
