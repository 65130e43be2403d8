//! A key that stands twice in a map has one value, the last, and counts once.
//!
//! Owns: finding such keys in what was read, and leaving out all of a key's pairs but the last. Does not own how pairs are
//! read (`decode`) or which fields a chunk's records share (`shared_run`).
//!
//! Keys repeat when a filter adds fields to a record that has them already: `parser` with `Reserve_Data On` puts the
//! application's own keys before those of FireLens. It is rare, so one bit per key says cheaply that all keys differ, and
//! keys are compared only where two share a bit.

use std::collections::HashSet;
use std::ops::BitOr;

use super::msgpack::MsgpackReader;
use super::record::{Field, Source, Value};

/// Records of more fields are searched with a set, so that the cost grows with the fields and not with their square.
const FEW_FIELDS: usize = 64;

/// The same for nested maps, whose keys are noted on the stack.
const FEW_PAIRS: usize = 16;

/// The field that says which stream a line was written to.
const SOURCE: &[u8] = b"source";

/// A set of keys in which every key has one of 64 bits: keys without a common bit are different.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct KeyBits(u64);

impl KeyBits {
    /// The bit follows from length, first and last byte, which tell most names of log fields apart.
    #[inline]
    fn of(key: &[u8]) -> Self {
        Self(1 << (Self::hash(key) & 63))
    }

    #[inline]
    fn hash(key: &[u8]) -> usize {
        match key {
            [first, .., last] => 4 * key.len() + usize::from(*first) + 3 * usize::from(*last),
            _ => key.len(),
        }
    }

    pub(super) fn of_fields(fields: &[Field<'_>]) -> Self {
        fields.iter().map(|field| Self::of(bytes(field.key))).fold(Self::default(), BitOr::bitor)
    }

    #[inline]
    const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for KeyBits {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The bytes of a text key; keys of other kinds share a bit and are told apart by comparing them.
#[inline]
fn bytes(key: Value<'_>) -> &[u8] {
    key.text().unwrap_or_default()
}

/// The fields of the record at hand, in room that is used for every record of a chunk.
#[derive(Debug, Default)]
pub(super) struct RecordFields<'a> {
    list: Vec<Field<'a>>,
    has_repeated_key: bool,
}

/// What was left out of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeats {
    /// The stream, when `source` stood there with different values.
    pub(super) conflicting_source: Option<Source>,
}

impl<'a> RecordFields<'a> {
    pub(super) fn with_capacity(fields: usize) -> Self {
        Self { list: Vec::with_capacity(fields), ..Self::default() }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Field<'a>] {
        &self.list
    }

    pub(super) fn into_vec(self) -> Vec<Field<'a>> {
        self.list
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.has_repeated_key = false;
    }

    /// Appends a field, with the bytes of its key, to those with these keys.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8], field: Field<'a>, keys: &mut KeyBits) {
        let key = KeyBits::of(name);
        if keys.meets(key) {
            self.note_repeat(field.key);
        }
        *keys = *keys | key;
        self.list.push(field);
    }

    /// Appends fields whose keys differ from each other.
    #[inline]
    pub(super) fn extend(&mut self, run: &[Field<'a>], run_keys: KeyBits, keys: &mut KeyBits) {
        if keys.meets(run_keys) {
            run.iter().for_each(|field| self.note_repeat(field.key));
        }
        *keys = *keys | run_keys;
        self.list.extend_from_slice(run);
    }

    /// Looks whether the record has this key already. Where it has many, [`Self::drop_repeats`] finds out.
    #[cold]
    fn note_repeat(&mut self, key: Value<'_>) {
        self.has_repeated_key |= self.list.len() <= FEW_FIELDS && has_key(&self.list, key);
    }

    /// Leaves each key its last value. `None`: no key stood twice.
    #[inline]
    pub(super) fn drop_repeats(&mut self) -> Option<Repeats> {
        if !self.has_repeated_key && self.list.len() <= FEW_FIELDS {
            return None;
        }
        self.drop_all_but_last()
    }

    #[cold]
    fn drop_all_but_last(&mut self) -> Option<Repeats> {
        let before = self.list.len();
        let conflicting_source = conflicting_source(&self.list);
        keep_last(&mut self.list, |field| field.key);
        (self.list.len() < before).then_some(Repeats { conflicting_source })
    }
}

/// Whether one of the fields has this key.
pub(super) fn has_key(fields: &[Field<'_>], key: Value<'_>) -> bool {
    match key.text() {
        Some(name) => fields.iter().any(|field| field.key.text() == Some(name)),
        None => fields.iter().any(|field| KeyIdentity::of(field.key) == KeyIdentity::of(key)),
    }
}

/// The stream of a record in which `source` has different values: standard error if one of them says so, so that no error
/// hides behind an application's field, or else standard output if one says so.
fn conflicting_source(fields: &[Field<'_>]) -> Option<Source> {
    let sources = || fields.iter().filter(|field| field.key.text() == Some(SOURCE)).map(|field| field.value);
    let first = sources().next();
    if sources().all(|source| Some(source) == first) {
        return None;
    }
    let says = |stream: &[u8]| sources().any(|source| source.text() == Some(stream));
    match (says(b"stderr"), says(b"stdout")) {
        (true, _) => Some(Source::Stderr),
        (false, true) => Some(Source::Stdout),
        (false, false) => None,
    }
}

/// Removes the pairs whose key comes again behind them.
pub(super) fn keep_last<'a, P>(pairs: &mut Vec<P>, key: impl Fn(&P) -> Value<'a>) {
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs.reverse();
    pairs.retain(|pair| seen.insert(KeyIdentity::of(key(pair))));
    pairs.reverse();
}

/// What makes two keys the same: the bytes of text and binary, kind and value of anything else.
#[derive(Debug, PartialEq, Eq, Hash)]
enum KeyIdentity<'a> {
    Text(&'a [u8]),
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(u64),
    Extension(i8, &'a [u8]),
    Array(&'a [u8]),
    Map(&'a [u8]),
}

impl<'a> KeyIdentity<'a> {
    fn of(key: Value<'a>) -> Self {
        match key {
            Value::Text(text) | Value::Binary(text) => Self::Text(text),
            Value::Nil => Self::Nil,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Unsigned(number) => Self::Unsigned(number),
            Value::Signed(number) => Self::Signed(number),
            Value::Float(number) => Self::Float(number.to_bits()),
            Value::Extension(kind, data) => Self::Extension(kind, data),
            Value::Array(_, items) => Self::Array(items),
            Value::Map(_, entries) => Self::Map(entries),
        }
    }
}

/// Whether a key may stand twice in a map; certain for the usual map of a few text keys.
pub(super) fn may_repeat(entries: &[u8]) -> bool {
    let mut reader = MsgpackReader::new(entries);
    let mut names: [&[u8]; FEW_PAIRS] = [&[]; FEW_PAIRS];
    let mut seen = KeyBits::default();
    for count in 0.. {
        let (Ok(key), Ok(_)) = (reader.value(), reader.value()) else { return false };
        let Some(name) = key.text() else { return true };
        let bit = KeyBits::of(name);
        if seen.meets(bit) && names.iter().take(count).any(|earlier| *earlier == name) {
            return true;
        }
        seen = seen | bit;
        match names.get_mut(count) {
            Some(place) => *place = name,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests;
