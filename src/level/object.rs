//! The JSON object of a line, read no further than the level in it.
//!
//! Strings are passed over and not decoded: the keys and names looked for hold nothing to decode. An object that is cut
//! off ends where its text does.

use memchr::memchr;

use super::words::{LevelKey, LevelReading, Scalar};
use super::{GELF_MESSAGE, LogLevel};

/// Bytes of a line that are read: the level is among an object's first keys, or after a message of usual length.
const MAX_BYTES: usize = 8 << 10;

/// Objects within objects that `level.field` may lead into.
const MAX_STEPS: usize = 8;

/// A value of the object; the text of a string is as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonValue<'t> {
    Text(&'t [u8]),
    /// A number, true, false or null.
    Bare(&'t [u8]),
    /// With its brackets, as far as they are there.
    Object(&'t [u8]),
    Array,
}

/// The top-level pairs of an object, up to what is no JSON.
#[derive(Debug)]
pub(crate) struct Pairs<'t> {
    rest: &'t [u8],
}

/// The level that an object's own keys tell, or those of the object `log` in it.
pub(super) fn level(mut pairs: Pairs<'_>) -> Option<LogLevel> {
    let mut if_gelf = None;
    let mut is_gelf = false;
    while let Some(key) = pairs.key() {
        let reading = match LevelKey::find(key) {
            Some(key) => pairs.value()?.scalar().and_then(|value| key.read(value)),
            None if key == b"log" => level_in_log(pairs.value()?).map(LevelReading::Certain),
            None => {
                is_gelf |= key == GELF_MESSAGE;
                pairs.skip_value()?;
                None
            }
        };
        match reading {
            Some(LevelReading::Certain(level)) => return Some(level),
            Some(LevelReading::InGelf(level)) => if_gelf = Some(level),
            None => {}
        }
        if is_gelf && if_gelf.is_some() {
            return if_gelf;
        }
    }
    None
}

/// `{"log":{"level":"error"}}`, as Elastic nests it.
fn level_in_log(log: JsonValue<'_>) -> Option<LogLevel> {
    let JsonValue::Object(inner) = log else { return None };
    Pairs::of_object(inner)?.find_map(|(key, value)| match LevelKey::find(key)?.read(value.scalar()?)? {
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
    pub(crate) fn of_object(text: &'t [u8]) -> Option<Self> {
        let rest = trim(text).strip_prefix(b"{")?;
        let rest = trim(rest.get(..MAX_BYTES).unwrap_or(rest));
        matches!(rest.first(), Some(b'"' | b'}')).then_some(Self { rest })
    }

    /// The next key; its value has to be read or passed over before the key after it.
    #[inline(always)]
    fn key(&mut self) -> Option<&'t [u8]> {
        let (key, rest) = string(self.rest.strip_prefix(b"\"")?)?;
        self.rest = after_sign(b':', rest)?;
        Some(key)
    }

    fn value(&mut self) -> Option<JsonValue<'t>> {
        let (value, rest) = value(self.rest)?;
        self.rest = after_sign(b',', rest).unwrap_or_default();
        Some(value)
    }

    #[inline(always)]
    fn skip_value(&mut self) -> Option<()> {
        let (_, rest) = match self.rest.strip_prefix(b"\"") {
            Some(text) => string(text)?,
            None => return self.value().map(|_| ()),
        };
        self.rest = after_sign(b',', rest).unwrap_or_default();
        Some(())
    }
}

impl<'t> Iterator for Pairs<'t> {
    type Item = (&'t [u8], JsonValue<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.key()?;
        Some((key, self.value()?))
    }
}

/// What follows this sign, with which the text begins except for blanks, which are rare before it.
#[inline]
fn after_sign(sign: u8, text: &[u8]) -> Option<&[u8]> {
    match text {
        [first, rest @ ..] if *first == sign => Some(trim(rest)),
        _ => trim(text).strip_prefix(&[sign]).map(trim),
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
    let (inner, rest) = text.split_at_checked(quotation_mark(text)?)?;
    match inner.last() {
        Some(b'\\') => string_behind(inner.len(), text),
        _ => Some((inner, rest.get(1..)?)),
    }
}

/// Reads a string, as `string` does, whose quotation mark at `at` may be escaped.
#[inline(never)]
fn string_behind(mut at: usize, text: &[u8]) -> Option<(&[u8], &[u8])> {
    loop {
        let (inner, rest) = text.split_at_checked(at)?;
        if !ends_in_escape(inner) {
            return Some((inner, rest.get(1..)?));
        }
        at += 1 + quotation_mark(rest.get(1..)?)?;
    }
}

/// Whether the byte after this text is escaped.
#[inline]
fn ends_in_escape(text: &[u8]) -> bool {
    let mut backslashes = 0;
    for byte in text.iter().rev() {
        if *byte != b'\\' {
            break;
        }
        backslashes += 1;
    }
    backslashes % 2 == 1
}

/// Where the next quotation mark stands. Most keys and many values are short: for those a call of `memchr` costs more
/// than it saves.
#[inline]
fn quotation_mark(text: &[u8]) -> Option<usize> {
    let Some((head, rest)) = text.split_first_chunk() else { return memchr(b'"', text) };
    let in_head = quotation_mark_in(*head);
    if in_head.is_some() {
        return in_head;
    }
    let in_rest = match rest.first_chunk().and_then(|next| quotation_mark_in(*next)) {
        None => memchr(b'"', rest),
        found => found,
    };
    in_rest.map(|at| head.len() + at)
}

/// Where the first quotation mark of eight bytes stands. A byte that equals it becomes zero, and zero is the byte that
/// borrows when 1 is taken away.
#[inline]
fn quotation_mark_in(bytes: [u8; 8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let differing = u64::from_le_bytes(bytes) ^ (ONES * u64::from(b'"'));
    let equal = differing.wrapping_sub(ONES) & !differing & (ONES << 7);
    (equal != 0).then_some((equal.trailing_zeros() / 8) as usize)
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
