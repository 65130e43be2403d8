//! msgpack values → JSON text, straight into a request body.
//!
//! Owns: escaping. Does not own: which fields are written or where. There is no value tree and no allocation;
//! text that is not UTF-8 becomes U+FFFD, never an error.
//!
//! A [`Writer`] writes either JSON (`QUOTED = false`) or JSON that is inside a JSON string
//! (`QUOTED = true`), as CloudWatch's `message` does: both escapings in one pass, and the length of the inner
//! text, which is what CloudWatch counts, is known without writing it anywhere.

use crate::input::key_name::key_name;
use crate::input::nested::NestedReader;
use crate::input::record::{Field, Record, Value, ValueHead};

/// Nested deeper than this, a value is replaced by a marker: the one place that recurses stays within 20 KiB of stack.
pub const MAX_DEPTH: u8 = 64;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

const TOO_DEEP: &[u8] = b"[nested too deeply]";

/// Writes JSON to the end of a buffer.
#[derive(Debug)]
pub struct Writer<'o, const QUOTED: bool> {
    out: &'o mut Vec<u8>,
    start: usize,
    /// Bytes that the outermost escaping added: written length minus this is the inner length.
    added: usize,
}

impl<'o, const QUOTED: bool> Writer<'o, QUOTED> {
    /// Starts at the end of `out`.
    pub fn new(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start, added: 0 }
    }

    /// Bytes of the written text once it is unescaped, as CloudWatch counts a message.
    #[must_use]
    pub fn inner_len(&self) -> usize {
        self.out.len() - self.start - self.added
    }

    /// Punctuation and literals, which need no escaping except for the quotation mark.
    pub fn raw(&mut self, text: &[u8]) {
        self.out.extend_from_slice(text);
    }

    /// Writes a record's fields as an object; `first` writes pairs before them and returns whether it wrote any.
    pub fn record(&mut self, record: &Record<'_, '_>, first: impl FnOnce(&mut Self) -> bool) {
        self.object(record, |out| {
            let comma = first(out);
            out.fields(record.fields, comma);
        });
    }

    /// Writes an object around what `inside` writes of a record.
    #[inline]
    pub(super) fn object(&mut self, record: &Record<'_, '_>, inside: impl FnOnce(&mut Self)) {
        // Room for the punctuation and the usual escapes at once, instead of growing step by step.
        self.out.reserve(record.body.len() + record.body.len() / 4 + 8 * record.fields.len());
        self.raw(b"{");
        inside(self);
        self.raw(b"}");
    }

    /// Writes fields with commas between them, and with `comma` before the first. Returns whether the next field needs a
    /// comma.
    #[inline]
    pub(super) fn fields(&mut self, fields: &[Field<'_>], mut comma: bool) -> bool {
        for field in fields {
            if comma {
                self.raw(b",");
            }
            comma = true;
            match (field.key, field.value) {
                (Value::Text(key), Value::Text(text)) => self.text_pair(key, text),
                (key, value) => {
                    self.key(key);
                    self.raw(b":");
                    self.value(value);
                }
            }
        }
        comma
    }

    /// Copies what another writer of this kind wrote, of which the outermost escaping added this many bytes.
    pub(super) fn copy(&mut self, text: &[u8], added: usize) {
        self.raw(text);
        self.added += added;
    }

    /// Writes text under a text key, as nearly every field of a log record is: the punctuation between the two in one step.
    #[inline]
    fn text_pair(&mut self, key: &[u8], text: &[u8]) {
        self.quote();
        self.contents(key);
        if QUOTED {
            self.raw(b"\\\":\\\"");
            self.added += 2;
        } else {
            self.raw(b"\":\"");
        }
        self.contents(text);
        self.quote();
    }

    /// Writes a value of any kind.
    pub fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Array(..) | Value::Map(..) => {
                let (head, mut values) = NestedReader::open(value);
                self.nested(head, &mut values);
            }
            scalar => self.scalar(scalar),
        }
    }

    /// Writes a JSON string of these bytes.
    pub fn string(&mut self, text: &[u8]) {
        self.quote();
        self.contents(text);
        self.quote();
    }

    /// Writes bare text: escaped once for the outer string when `QUOTED`, else only made UTF-8.
    pub fn text(&mut self, text: &[u8]) {
        if QUOTED {
            let mut plain = Writer::<false>::new(self.out);
            plain.contents(text);
            self.added += plain.added;
        } else {
            self.raw(String::from_utf8_lossy(text).as_bytes());
        }
    }

    /// Writes an integer.
    pub fn integer(&mut self, number: i64) {
        self.raw(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Writes the inside of a JSON string: runs of plain ASCII are copied, the rest is escaped or proved to be UTF-8.
    #[inline]
    pub fn contents(&mut self, mut text: &[u8]) {
        loop {
            let (plain, rest) = text.split_at(plain_prefix::<true>(text));
            self.raw(plain);
            match rest.split_first() {
                None => return,
                Some((byte, tail)) if byte.is_ascii() => {
                    self.escaped(*byte);
                    text = tail;
                }
                Some(_) => return self.non_ascii(rest),
            }
        }
    }

    fn scalar(&mut self, value: Value<'_>) {
        match value {
            Value::Text(text) | Value::Binary(text) => self.string(text),
            Value::Unsigned(number) => self.raw(itoa::Buffer::new().format(number).as_bytes()),
            Value::Signed(number) => self.integer(number),
            Value::Nil => self.raw(b"null"),
            Value::Bool(true) => self.raw(b"true"),
            Value::Bool(false) => self.raw(b"false"),
            Value::Float(number) => self.float(number),
            Value::Extension(_, data) => self.hex(data),
            Value::Array(..) | Value::Map(..) => self.value(value),
        }
    }

    /// Writes the value of which `values` has read the head.
    pub(super) fn nested<'v>(&mut self, head: ValueHead<'v>, values: &mut NestedReader<'v>) {
        self.nested_at(head, values, MAX_DEPTH);
    }

    fn nested_at<'v>(&mut self, head: ValueHead<'v>, values: &mut NestedReader<'v>, depth: u8) {
        match head {
            ValueHead::Scalar(value) => self.scalar(value),
            ValueHead::Array(_) | ValueHead::Map(_) if depth == 0 => {
                values.skip(head);
                self.string(TOO_DEEP);
            }
            ValueHead::Array(count) => self.array(count, values, depth - 1),
            ValueHead::Map(count) => self.map(count, values, depth - 1),
        }
    }

    fn array(&mut self, count: u32, values: &mut NestedReader<'_>, depth: u8) {
        self.raw(b"[");
        for _ in 0..count {
            let Some(item) = values.head() else { break };
            self.nested_at(item, values, depth);
            self.raw(b",");
        }
        self.close(b"]");
    }

    fn map(&mut self, count: u32, values: &mut NestedReader<'_>, depth: u8) {
        self.raw(b"{");
        let map = values.open_map(count);
        for _ in 0..count {
            let Some((key, value)) = values.pair() else { break };
            values.note_pair(&map, key, self.out.len(), self.added);
            self.key(key);
            self.raw(b":");
            self.nested_at(value, values, depth);
            self.raw(b",");
        }
        self.added -= values.close_map(&map, self.out, self.added);
        self.close(b"}");
    }

    /// Ends a container, without the comma after what it holds.
    fn close(&mut self, bracket: &[u8]) {
        self.out.pop_if(|last| *last == b',');
        self.raw(bracket);
    }

    /// Writes a key. JSON has only text keys; see [`key_name`].
    pub fn key(&mut self, key: Value<'_>) {
        match key.text() {
            Some(text) => self.string(text),
            None => self.string(&key_name(key)),
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
        self.quote();
        for byte in data {
            self.raw(&[HEX_DIGITS[usize::from(byte >> 4)], HEX_DIGITS[usize::from(byte & 15)]]);
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

    /// Text beyond ASCII must be proved to be UTF-8 once; then only escapes matter.
    fn non_ascii(&mut self, text: &[u8]) {
        for chunk in text.utf8_chunks() {
            self.escape(chunk.valid().as_bytes());
            if !chunk.invalid().is_empty() {
                self.raw("\u{FFFD}".as_bytes());
            }
        }
    }

    /// Writes the inside of a JSON string that is known to be UTF-8.
    fn escape(&mut self, mut text: &[u8]) {
        loop {
            let (plain, rest) = text.split_at(plain_prefix::<false>(text));
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
        match (QUOTED, short) {
            (false, _) => self.grow(&[b'\\', short], 1),
            (true, b'"' | b'\\') => self.grow(&[b'\\', b'\\', b'\\', short], 2),
            (true, _) => self.grow(&[b'\\', b'\\', short], 1),
        }
    }

    fn unicode_escape(&mut self, byte: u8) {
        let escape =
            [b'\\', b'u', b'0', b'0', HEX_DIGITS[usize::from(byte >> 4)], HEX_DIGITS[usize::from(byte & 15)]];
        if QUOTED {
            self.grow(b"\\", 1);
            self.raw(&escape);
        } else {
            self.grow(&escape, escape.len() - 1);
        }
    }

    /// Writes an escape that the outermost unescaping makes this much shorter.
    fn grow(&mut self, escape: &[u8], added: usize) {
        self.raw(escape);
        self.added += added;
    }
}

impl Writer<'_, false> {
    /// Writes a value as JSON text inside a JSON string, for services that take no containers.
    pub fn quoted(&mut self, value: Value<'_>) {
        self.raw(b"\"");
        Writer::<true>::new(self.out).value(value);
        self.raw(b"\"");
    }
}

/// How many leading bytes can be copied as they are; with `ASCII`, other characters end the run too.
///
/// Sixteen bytes at a step, in a loop of fixed width without a branch, which the compiler turns into vector
/// compares; the last step overlaps the one before, so that no byte is looked at alone in texts of eight and more.
#[inline]
fn plain_prefix<const ASCII: bool>(text: &[u8]) -> usize {
    let (steps, rest) = text.as_chunks::<16>();
    for (index, step) in steps.iter().enumerate() {
        if has_end::<ASCII>(step) {
            return index * 16 + short_prefix::<ASCII>(step);
        }
    }
    match text.last_chunk::<16>() {
        Some(last) if !has_end::<ASCII>(last) => text.len(),
        _ => text.len() - rest.len() + short_prefix::<ASCII>(rest),
    }
}

#[inline]
fn has_end<const ASCII: bool>(step: &[u8; 16]) -> bool {
    step.iter().fold(0, |found, &byte| found | u8::from(ends_run::<ASCII>(byte))) != 0
}

/// [`plain_prefix`] for sixteen bytes at most.
#[inline]
fn short_prefix<const ASCII: bool>(text: &[u8]) -> usize {
    let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) else {
        return text.iter().position(|&byte| ends_run::<ASCII>(byte)).unwrap_or(text.len());
    };
    run_ends::<ASCII>(u64::from_le_bytes(*first))
        .or_else(|| run_ends::<ASCII>(u64::from_le_bytes(*last)).map(|inside| text.len() - 8 + inside))
        .unwrap_or(text.len())
}

#[inline]
const fn ends_run<const ASCII: bool>(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\') | (ASCII & (byte >= 0x80))
}

/// The first of eight bytes that ends a run. Each term sets the top bit of a byte that matches; a borrow can only
/// disturb bytes after the first match, which do not matter.
#[inline]
const fn run_ends<const ASCII: bool>(word: u64) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = word ^ (ONES * b'"' as u64);
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = word ^ (ONES * b'\\' as u64);
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    let high = if ASCII { word } else { 0 };
    match (control | quote | backslash | high) & TOPS {
        0 => None,
        found => Some(found.trailing_zeros() as usize / 8),
    }
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
mod tests;
