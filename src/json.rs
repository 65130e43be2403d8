//! msgpack values → JSON text, straight into a request body.
//!
//! Owns: escaping. Does not own: which fields are written or where. There is no value tree and no allocation;
//! text that is not UTF-8 becomes U+FFFD, never an error.
//!
//! A [`Writer`] writes either JSON (`QUOTED = false`) or JSON that stands inside a JSON string
//! (`QUOTED = true`), as CloudWatch's `message` does: both escapings in one pass, and the length of the inner
//! text, which is what CloudWatch counts, is known without writing it anywhere.

use crate::decode;
use crate::record::{Record, Value};

/// Nested deeper than this, a value is replaced by [`TOO_DEEP`]: the one place that recurses stays within 20 KiB of stack.
pub const MAX_DEPTH: u8 = 64;

const TOO_DEEP: &[u8] = b"[nested too deeply]";

/// Writes JSON to the end of a buffer.
#[derive(Debug)]
pub struct Writer<'o, const QUOTED: bool> {
    out: &'o mut Vec<u8>,
    start: usize,
    /// Bytes that the outer quoting added: written length minus this is the inner length.
    added: usize,
}

impl<'o, const QUOTED: bool> Writer<'o, QUOTED> {
    /// Starts at the end of `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start, added: 0 }
    }

    /// UTF-8 bytes of the text a reader gets: after unquoting once when `QUOTED`, as written otherwise.
    #[must_use]
    pub fn inner_len(&self) -> usize {
        self.out.len() - self.start - self.added
    }

    /// Punctuation and literals, which need no escaping but for the quotation mark (see [`Self::quote`]).
    pub fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// A record's fields as an object; `first` is written before them (pairs of our own) and says if it wrote any.
    pub fn record(&mut self, record: &Record<'_, '_>, first: impl FnOnce(&mut Self) -> bool) {
        self.raw(b"{");
        let mut comma = first(self);
        for field in record.fields {
            if comma {
                self.raw(b",");
            }
            comma = true;
            self.key(field.key);
            self.raw(b":");
            self.value(field.value);
        }
        self.raw(b"}");
    }

    /// One value of any kind.
    pub fn value(&mut self, value: Value<'_>) {
        self.value_at(value, MAX_DEPTH);
    }

    /// A JSON string of these bytes.
    pub fn string(&mut self, text: &[u8]) {
        self.quote();
        self.contents(text);
        self.quote();
    }

    /// Text as it is, no JSON value: escaped once, for the outer string, when `QUOTED`, else only made UTF-8.
    pub fn text(&mut self, text: &[u8]) {
        if QUOTED {
            let start = self.out.len();
            Writer::<false>::new(self.out).contents(text);
            self.added += self.out.len() - start - utf8_len(text);
        } else {
            self.raw(String::from_utf8_lossy(text).as_bytes());
        }
    }

    /// An integer.
    pub fn integer(&mut self, number: i64) {
        self.raw(itoa::Buffer::new().format(number).as_bytes());
    }

    /// The inside of a JSON string, which itself stands inside of one when `QUOTED`.
    pub fn contents(&mut self, text: &[u8]) {
        match std::str::from_utf8(text) {
            Ok(text) => self.escape(text.as_bytes()),
            Err(_) => self.lossy(text),
        }
    }

    fn value_at(&mut self, value: Value<'_>, depth: u8) {
        match value {
            Value::Text(text) | Value::Binary(text) => self.string(text),
            Value::Unsigned(number) => self.raw(itoa::Buffer::new().format(number).as_bytes()),
            Value::Signed(number) => self.integer(number),
            Value::Nil => self.raw(b"null"),
            Value::Bool(true) => self.raw(b"true"),
            Value::Bool(false) => self.raw(b"false"),
            Value::Float(number) => self.float(number),
            Value::Extension(_, data) => self.hex(data),
            Value::Array(..) | Value::Map(..) if depth == 0 => self.string(TOO_DEEP),
            Value::Array(_, items) => self.array(items, depth - 1),
            Value::Map(_, entries) => self.object(entries, depth - 1),
        }
    }

    fn array(&mut self, items: &[u8], depth: u8) {
        self.raw(b"[");
        for (position, item) in decode::elements(items).enumerate() {
            if position > 0 {
                self.raw(b",");
            }
            self.value_at(item, depth);
        }
        self.raw(b"]");
    }

    fn object(&mut self, entries: &[u8], depth: u8) {
        self.raw(b"{");
        for (position, (key, value)) in decode::pairs(entries).enumerate() {
            if position > 0 {
                self.raw(b",");
            }
            self.key(key);
            self.raw(b":");
            self.value_at(value, depth);
        }
        self.raw(b"}");
    }

    /// JSON has only text keys: a number or literal is written as its text, a container by its kind.
    pub fn key(&mut self, key: Value<'_>) {
        match key {
            Value::Text(text) | Value::Binary(text) => self.string(text),
            Value::Array(..) => self.string(b"[array]"),
            Value::Map(..) => self.string(b"[map]"),
            Value::Extension(_, data) => self.hex(data),
            scalar => {
                self.quote();
                self.value_at(scalar, 0);
                self.quote();
            }
        }
    }

    /// NaN and the infinities have no JSON form.
    fn float(&mut self, number: f64) {
        match serde_json::Number::from_f64(number) {
            Some(number) => self.raw(number.to_string().as_bytes()),
            None => self.raw(b"null"),
        }
    }

    fn hex(&mut self, data: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.quote();
        for byte in data {
            self.raw(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        self.quote();
    }

    #[inline]
    fn quote(&mut self) {
        if QUOTED {
            self.raw(b"\\\"");
            self.added += 1;
        } else {
            self.raw(b"\"");
        }
    }

    #[cold]
    fn lossy(&mut self, text: &[u8]) {
        for chunk in text.utf8_chunks() {
            self.escape(chunk.valid().as_bytes());
            if !chunk.invalid().is_empty() {
                self.raw("\u{FFFD}".as_bytes());
            }
        }
    }

    /// Copies runs that need nothing, escapes the byte between them.
    fn escape(&mut self, mut text: &[u8]) {
        loop {
            let (plain, rest) = text.split_at(plain_prefix(text));
            self.raw(plain);
            let Some((&byte, tail)) = rest.split_first() else { return };
            self.escaped(byte);
            text = tail;
        }
    }

    fn escaped(&mut self, byte: u8) {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0C => b'f',
            _ => return self.unicode_escape(byte),
        };
        if !QUOTED {
            return self.raw(&[b'\\', short]);
        }
        if matches!(short, b'"' | b'\\') {
            self.raw(&[b'\\', b'\\', b'\\', short]);
            self.added += 2;
        } else {
            self.raw(&[b'\\', b'\\', short]);
            self.added += 1;
        }
    }

    fn unicode_escape(&mut self, byte: u8) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        if QUOTED {
            self.raw(b"\\");
            self.added += 1;
        }
        self.raw(&[b'\\', b'u', b'0', b'0', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
}

impl Writer<'_, false> {
    /// A value as JSON text inside a JSON string, for readers that take no containers.
    pub fn quoted(&mut self, value: Value<'_>) {
        self.raw(b"\"");
        Writer::<true>::new(self.out).value(value);
        self.raw(b"\"");
    }
}

/// Length of the text once what is not UTF-8 has been replaced.
fn utf8_len(text: &[u8]) -> usize {
    let replaced = |invalid: &[u8]| if invalid.is_empty() { 0 } else { '\u{FFFD}'.len_utf8() };
    match std::str::from_utf8(text) {
        Ok(text) => text.len(),
        Err(_) => text.utf8_chunks().map(|chunk| chunk.valid().len() + replaced(chunk.invalid())).sum(),
    }
}

/// How many leading bytes need no escape. Sixteen at a step: a fixed-width inner loop without a branch is what
/// the compiler turns into vector compares.
#[inline]
fn plain_prefix(text: &[u8]) -> usize {
    const STEP: usize = 16;
    let mut plain = 0;
    for step in text.chunks_exact(STEP) {
        if step.iter().fold(false, |found, &byte| found | needs_escape(byte)) {
            break;
        }
        plain += STEP;
    }
    let rest = text.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|&byte| needs_escape(byte)).unwrap_or(rest.len())
}

#[inline]
const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The longest prefix of `text` that is at most `max` bytes and ends between two characters.
/// Bytes that are not UTF-8 count as characters of their own.
#[must_use]
pub fn cut(text: &[u8], max: usize) -> &[u8] {
    let mut end = max.min(text.len());
    while end > 0
        && end < text.len()
        && text.get(end).is_some_and(|byte| byte & 0xC0 == 0x80)
        && max - end < 4
    {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &[u8]) -> String {
        let mut out = Vec::new();
        Writer::<false>::new(&mut out).string(text);
        String::from_utf8(out).unwrap()
    }

    fn quoted(text: &[u8]) -> (String, usize) {
        let mut out = Vec::new();
        let mut writer = Writer::<true>::new(&mut out);
        writer.string(text);
        let inner = writer.inner_len();
        (String::from_utf8(out).unwrap(), inner)
    }

    #[test]
    fn escapes_what_json_asks_for() {
        assert_eq!(plain(b"a\"b\\c\n\r\t\x08\x0c\x01\x1f/"), r#""a\"b\\c\n\r\t\b\f\u0001\u001f/""#);
    }

    #[test]
    fn text_that_is_not_utf8_gets_replacement_characters() {
        assert_eq!(plain(b"ok \xff\xfe end"), "\"ok \u{FFFD}\u{FFFD} end\"");
    }

    #[test]
    fn floats_without_a_json_form_are_null() {
        let mut out = Vec::new();
        Writer::<false>::new(&mut out).value(Value::Float(f64::NAN));
        Writer::<false>::new(&mut out).value(Value::Float(1.5));
        assert_eq!(out, b"null1.5");
    }

    #[test]
    fn deep_nesting_is_replaced_not_followed() {
        let deep = [vec![0x91; 100_000], vec![0xc0]].concat();
        let mut out = Vec::new();
        let value = decode::elements(&deep).next().unwrap();
        Writer::<false>::new(&mut out).value(value);
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("nested too deeply") && text.len() < 300, "{text}");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("aé".as_bytes(), 2), b"a");
        assert_eq!(cut("aé".as_bytes(), 3), "aé".as_bytes());
        assert_eq!(cut("日本".as_bytes(), 5), "日".as_bytes());
        assert_eq!(cut(b"\x80\x80\x80\x80\x80\x80\x80\x80", 6).len(), 2);
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in ".*") {
            let ours: String = serde_json::from_str(&plain(text.as_bytes())).unwrap();
            prop_assert_eq!(&ours, &text);
        }

        #[test]
        fn text_in_a_string_is_quoted_once(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut out = Vec::new();
            let mut writer = Writer::<true>::new(&mut out);
            writer.text(&bytes);
            let inner = writer.inner_len();
            let text: String = serde_json::from_str(&format!("\"{}\"", String::from_utf8(out).unwrap())).unwrap();
            prop_assert_eq!(inner, text.len());
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn quoting_twice_in_one_pass_equals_quoting_twice(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let (written, inner) = quoted(&bytes);
            let once: String = serde_json::from_str(&format!("\"{written}\"")).unwrap();
            prop_assert_eq!(once.len(), inner);
            let twice: String = serde_json::from_str(&once).unwrap();
            prop_assert_eq!(twice, String::from_utf8_lossy(&bytes));
        }
    }
}
