//! The JSON object of a line, read no further than the level in it.
//!
//! Strings are passed over and not decoded: the keys and names looked for hold nothing to decode. An object that is cut
//! off ends where its text does.

use memchr::memchr2;

use super::words::{LevelKey, LevelReading, Scalar};
use super::{GELF_MESSAGE, LogLevel};

/// Bytes of a line that are read: the level stands among an object's first keys, or behind a message of usual length.
const MAX_BYTES: usize = 8 << 10;

/// Objects within objects that `level.field` may lead into.
const MAX_STEPS: usize = 8;

/// A value of the object; the text of a string is as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonValue<'t> {
    Text(&'t [u8]),
    /// A number, true, false or null.
    Bare(&'t [u8]),
    /// With its brackets, as far as they are there.
    Object(&'t [u8]),
    Array,
}

/// The top-level pairs of an object, up to what is no JSON.
#[derive(Debug)]
pub(super) struct Pairs<'t> {
    rest: &'t [u8],
}

/// The level that an object's own keys tell, or those of the object `log` in it.
pub(super) fn level(pairs: Pairs<'_>) -> Option<LogLevel> {
    let mut if_gelf = None;
    let mut is_gelf = false;
    for (key, value) in pairs {
        match (LevelKey::find(key), value) {
            (Some(key), value) => match value.scalar().and_then(|value| key.read(value)) {
                Some(LevelReading::Certain(level)) => return Some(level),
                Some(LevelReading::InGelf(level)) => if_gelf = Some(level),
                None => {}
            },
            (None, JsonValue::Object(inner)) if key == b"log" => {
                let level = Pairs::of_object(inner).and_then(level_in_log);
                if level.is_some() {
                    return level;
                }
            }
            _ => is_gelf |= key == GELF_MESSAGE,
        }
        if is_gelf && if_gelf.is_some() {
            return if_gelf;
        }
    }
    None
}

/// `{"log":{"level":"error"}}`, as Elastic nests it.
fn level_in_log(mut pairs: Pairs<'_>) -> Option<LogLevel> {
    pairs.find_map(|(key, value)| match LevelKey::find(key)?.read(value.scalar()?)? {
        LevelReading::Certain(level) => Some(level),
        LevelReading::InGelf(_) => None,
    })
}

/// The value under the key `name`, or under the one that `steps` lead to.
pub(super) fn scalar<'t>(text: &'t [u8], name: &str, steps: &[String]) -> Option<Scalar<'t>> {
    let find = |text: &'t [u8], name: &str| {
        Pairs::of_object(text)?.find(|(key, _)| *key == name.as_bytes()).map(|(_, value)| value)
    };
    let stepwise = || {
        let (last, path) = steps.split_last()?;
        let inner = path.iter().take(MAX_STEPS).try_fold(text, |text, step| match find(text, step)? {
            JsonValue::Object(inner) => Some(inner),
            _ => None,
        })?;
        find(inner, last)
    };
    find(text, name).or_else(stepwise)?.scalar()
}

impl<'t> JsonValue<'t> {
    fn scalar(self) -> Option<Scalar<'t>> {
        match self {
            Self::Text(text) => Some(Scalar::Text(text)),
            Self::Bare(text) if text.first().is_some_and(u8::is_ascii_digit) => Some(Scalar::Text(text)),
            _ => None,
        }
    }
}

impl<'t> Pairs<'t> {
    /// `None` when the text does not begin as an object.
    #[inline]
    pub(super) fn of_object(text: &'t [u8]) -> Option<Self> {
        let rest = trim(text).strip_prefix(b"{")?;
        let rest = trim(rest.get(..MAX_BYTES).unwrap_or(rest));
        matches!(rest.first(), Some(b'"' | b'}')).then_some(Self { rest })
    }
}

impl<'t> Iterator for Pairs<'t> {
    type Item = (&'t [u8], JsonValue<'t>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, rest) = string(self.rest.strip_prefix(b"\"")?)?;
        let rest = trim(trim(rest).strip_prefix(b":")?);
        let (value, rest) = value(rest)?;
        let rest = trim(rest);
        self.rest = rest.strip_prefix(b",").map_or(rest, trim);
        Some((key, value))
    }
}

#[inline]
fn value(text: &[u8]) -> Option<(JsonValue<'_>, &[u8])> {
    match text.split_first()? {
        (b'"', rest) => string(rest).map(|(text, rest)| (JsonValue::Text(text), rest)),
        (b'{', _) => {
            text.split_at_checked(nested_len(text)).map(|(inner, rest)| (JsonValue::Object(inner), rest))
        }
        (b'[', _) => text.split_at_checked(nested_len(text)).map(|(_, rest)| (JsonValue::Array, rest)),
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
            let end = text.iter().position(is_end).unwrap_or(text.len());
            text.split_at_checked(end).map(|(bare, rest)| (JsonValue::Bare(bare), rest))
        }
    }
}

/// The string whose opening quotation mark has been read, and what follows its closing one.
#[inline]
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + memchr2(b'"', b'\\', text.get(from..)?)?;
        match text.get(at)? {
            b'"' => {
                let (inner, rest) = text.split_at_checked(at)?;
                return Some((inner, rest.strip_prefix(b"\"")?));
            }
            // Whatever is escaped, a quotation mark among it, is passed over.
            _ => from = at + 2,
        }
    }
}

/// The length of the object or array that the text begins with; all of the text when it does not end there.
fn nested_len(text: &[u8]) -> usize {
    let mut depth = 0usize;
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => match string(after) {
                Some((_, after)) => rest = after,
                None => return text.len(),
            },
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    text.len() - rest.len()
}

#[inline]
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = text {
        text = rest;
    }
    text
}
