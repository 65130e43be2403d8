//! A key that occurs twice in a map has one value, the last, and counts once.
//!
//! Owns: finding such keys in what was read, and leaving out all of a key's pairs but the last. Does not own how pairs are
//! read (`decode`) or which fields a chunk's records share (`shared_run`).
//!
//! Keys repeat when a filter adds fields to a record that has them already: `parser` with `Reserve_Data On` puts the
//! application's own keys before those of FireLens. It is rare, so one bit per key says cheaply that all keys differ, and
//! keys are compared only where two share a bit.

use std::collections::HashSet;
use std::ops::BitOr;

use super::key_name::{key_name, plain_name};
use super::msgpack::MsgpackReader;
use super::record::{Field, Source, Value};

/// Records of more fields are searched with a set, so that the cost grows with the fields and not with their square.
const FEW_FIELDS: usize = 64;

/// Nested maps of more pairs are searched with a set; the keys of smaller ones are noted on the stack.
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

    /// Keys of the same name have the same bit, whatever kind they are of.
    #[inline]
    fn of_key(key: Value<'_>) -> Self {
        match plain_name(key) {
            Some(name) => Self::of(name),
            None => Self::of_rare(key),
        }
    }

    #[cold]
    fn of_rare(key: Value<'_>) -> Self {
        Self::of(&key_name(key))
    }

    pub(super) fn of_fields(fields: &[Field<'_>]) -> Self {
        fields.iter().map(|field| Self::of_key(field.key)).fold(Self::default(), BitOr::bitor)
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

/// The fields of the record at hand, in room that is used for every record of a chunk.
#[derive(Debug, Default)]
pub(super) struct RecordFields<'a> {
    list: Vec<Field<'a>>,
    may_repeat: bool,
}

/// What was left out of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeats {
    /// The stream, when `source` was there with different values.
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
        self.may_repeat = false;
    }

    /// Appends a field, with the bytes of its key, to those with these keys. Names that are not UTF-8 are told apart by
    /// their bytes where they share no bit: to look at each byte of each name would cost every record a twentieth.
    #[inline]
    pub(super) fn push(&mut self, name: &[u8], field: Field<'a>, keys: &mut KeyBits) {
        let key = KeyBits::of(name);
        if keys.meets(key) {
            self.note_repeat(field.key);
        }
        *keys = *keys | key;
        self.list.push(field);
    }

    /// Appends a field whose name differs from the bytes of its key. [`Self::drop_repeats`] compares it with the others.
    #[cold]
    pub(super) fn push_rare(&mut self, field: Field<'a>) {
        self.may_repeat = true;
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

    /// Notes whether the record has this key already. Where it has many fields, [`Self::drop_repeats`] finds out.
    #[cold]
    fn note_repeat(&mut self, key: Value<'_>) {
        let is_known = |list: &[Field<'_>]| plain_name(key).is_none() || has_key(list, key);
        self.may_repeat |= !self.may_repeat && self.list.len() <= FEW_FIELDS && is_known(&self.list);
    }

    /// Keeps only the last value of each key. `None`: no key occurred twice.
    #[inline]
    pub(super) fn drop_repeats(&mut self) -> Option<Repeats> {
        if !self.may_repeat && self.list.len() <= FEW_FIELDS {
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
    let name = key_name(key);
    fields.iter().any(|field| is_called(field.key, &name))
}

fn is_called(key: Value<'_>, name: &[u8]) -> bool {
    key.text() == Some(name) || (plain_name(key).is_none() && *key_name(key) == *name)
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

/// Removes the pairs whose key comes again after them.
pub(super) fn keep_last<'a, P>(pairs: &mut Vec<P>, key: impl Fn(&P) -> Value<'a>) {
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs.reverse();
    pairs.retain(|pair| seen.insert(key_name(key(pair))));
    pairs.reverse();
}

/// For each key whether it comes again after itself; `None`: no key does.
pub(super) fn repeated<'a>(
    keys: impl DoubleEndedIterator<Item = Value<'a>> + ExactSizeIterator + Clone,
) -> Option<Vec<bool>> {
    if keys.len() <= FEW_PAIRS && are_plain_and_distinct(keys.clone()) {
        return None;
    }
    let mut seen = HashSet::with_capacity(keys.len());
    let mut repeated: Vec<bool> = keys.rev().map(|key| !seen.insert(key_name(key))).collect();
    repeated.reverse();
    repeated.contains(&true).then_some(repeated)
}

/// Whether all keys have a plain name that no other has. The cost grows with the square of their number.
fn are_plain_and_distinct<'a>(keys: impl Iterator<Item = Value<'a>> + Clone) -> bool {
    let mut seen = KeyBits::default();
    keys.clone().enumerate().all(|(count, key)| {
        let Some(name) = plain_name(key) else { return false };
        let bit = KeyBits::of(name);
        let is_repeated =
            seen.meets(bit) && keys.clone().take(count).any(|earlier| earlier.text() == Some(name));
        seen = seen | bit;
        !is_repeated
    })
}

/// Whether a key may occur twice in a map; certain for the usual map of a few text keys.
pub(super) fn may_repeat(entries: &[u8]) -> bool {
    let mut reader = MsgpackReader::new(entries);
    let mut names: [&[u8]; FEW_PAIRS] = [&[]; FEW_PAIRS];
    let mut seen = KeyBits::default();
    for count in 0.. {
        let (Ok(key), Ok(_)) = (reader.value(), reader.value()) else { return false };
        let Some(name) = plain_name(key) else { return true };
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
