//! Texts with escapes: those of JSON (`\u0040`), those of addresses and forms (`%40`), and those of terminals (`ESC[31m`)
//! with what nobody sees either.

use std::borrow::Cow;
use std::ops::Range;

/// A text without its escapes.
pub(super) struct Decoded {
    pub(super) text: Vec<u8>,
    /// Where each byte of `text` begins in the text with escapes, and where that ends.
    positions: Vec<usize>,
    /// How a mask is written among those escapes.
    escape: fn(u8) -> &'static [u8],
    /// Every byte is one of the text with escapes, which has others between them.
    is_part: bool,
}

impl Decoded {
    /// `raw` is the inside of a text of JSON.
    pub(super) fn json(raw: &[u8]) -> Self {
        let mut decoded = Self::with_room(raw, json_escape);
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            let mut utf8 = [0; 4];
            let (bytes, length) = match (byte, raw.get(at + 1)) {
                (b'\\', Some(b'u')) => {
                    let (char, length) = unicode(raw, at);
                    (char.encode_utf8(&mut utf8).as_bytes(), length)
                }
                (b'\\', Some(escape)) => (std::slice::from_ref(unescaped(escape)), 2),
                _ => (std::slice::from_ref(byte), 1),
            };
            decoded.push(bytes, at);
            at += length;
        }
        decoded.positions.push(raw.len());
        decoded
    }

    /// `raw` has escapes as in an address: `me%40example.com`. Others stay as they are.
    pub(super) fn percent(raw: &[u8]) -> Self {
        let mut decoded = Self::with_room(raw, percent_escape);
        let mut at = 0;
        while let Some(byte) = raw.get(at) {
            let escape = raw.get(at..at + PERCENT_BYTES).and_then(percent_byte);
            decoded.push(&[escape.unwrap_or(*byte)], at);
            at += if escape.is_some() { PERCENT_BYTES } else { 1 };
        }
        decoded.positions.push(raw.len());
        decoded
    }

    /// `raw` as it is seen: without the sequences that control a terminal, and without what has no width.
    pub(super) fn visible(raw: &[u8]) -> Self {
        let mut decoded = Self { is_part: true, ..Self::with_room(raw, |_| b"") };
        let mut at = 0;
        while let Some((byte, rest)) = raw.get(at..).and_then(<[u8]>::split_first) {
            match hidden(*byte, rest) {
                0 => {
                    decoded.push(&[*byte], at);
                    at += 1;
                }
                length => at += length,
            }
        }
        decoded.positions.push(raw.len());
        decoded
    }

    fn with_room(raw: &[u8], escape: fn(u8) -> &'static [u8]) -> Self {
        let positions = Vec::with_capacity(raw.len() + 1);
        Self { text: Vec::with_capacity(raw.len()), positions, escape, is_part: false }
    }

    fn push(&mut self, bytes: &[u8], at: usize) {
        self.text.extend_from_slice(bytes);
        self.positions.extend(bytes.iter().map(|_| at));
    }

    /// Where this range of the decoded text is in the text with escapes; what is hidden around it does not belong to it.
    pub(super) fn range(&self, range: Range<usize>) -> Range<usize> {
        let end = match range.end.checked_sub(1).filter(|_| self.is_part) {
            Some(last) => self.position(last) + 1,
            None => self.position(range.end),
        };
        self.position(range.start)..end
    }

    /// Where this position of the decoded text is in the text with escapes.
    pub(super) fn position(&self, at: usize) -> usize {
        self.positions.get(at).or(self.positions.last()).copied().unwrap_or_default()
    }

    /// A mask as it is written in the text with escapes.
    pub(super) fn escaped(&self, mask: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(mask.len());
        for byte in mask {
            match (self.escape)(*byte) {
                [] => out.push(*byte),
                escape => out.extend_from_slice(escape),
            }
        }
        out
    }
}

/// The name of a field without its escapes.
pub(super) fn decoded_name(raw: &[u8]) -> Cow<'_, [u8]> {
    match raw.contains(&b'\\') {
        true => Cow::Owned(Decoded::json(raw).text),
        false => Cow::Borrowed(raw),
    }
}

/// Bytes of `%40`.
const PERCENT_BYTES: usize = 3;

fn percent_byte(escape: &[u8]) -> Option<u8> {
    let [b'%', digits @ ..] = escape else { return None };
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| is_hex).and_then(|digits| u8::from_str_radix(digits, 16).ok())
}

/// Begins a sequence that controls a terminal.
const ESC: u8 = 0x1B;

/// Whether a match may be written in another way in these texts, or have something hidden in it. `false` is certain.
pub(super) fn may_hide(text: &[u8]) -> bool {
    memchr::memchr3_iter(b'\\', b'%', ESC, text).any(|at| match text.get(at) {
        Some(b'\\') => is_numbered(text, at),
        Some(b'%') => is_percent(text, at),
        _ => true,
    }) || has_invisible(text)
}

/// Whether a character that counts may be written as its number in JSON.
pub(super) fn has_numbered(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', text).any(|at| is_numbered(text, at))
}

/// Whether a character that counts may be written as in an address.
pub(super) fn has_percent(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| is_percent(text, at))
}

/// Whether the text has what a terminal or nobody shows.
pub(super) fn has_hidden(text: &[u8]) -> bool {
    memchr::memchr(ESC, text).is_some() || has_invisible(text)
}

fn has_invisible(text: &[u8]) -> bool {
    // Behind the last character nothing is hidden by one.
    !text.is_ascii()
        && text.windows(3).any(|window| matches!(window, [first, rest @ ..] if invisible(*first, rest) > 0))
}

/// Whether the backslash at `at` begins a character of ASCII, one that is hidden, or one that separates digits of a card.
fn is_numbered(text: &[u8], at: usize) -> bool {
    let Some([b'u', digits @ ..]) = text.get(at + 1..at + 6) else { return false };
    matches!(
        std::array::from_fn(|at| digits.get(at).map_or(0, u8::to_ascii_lowercase)),
        [b'0', b'0', b'0'..=b'7', _]
            | [b'0', b'0', b'a', b'0' | b'd']
            | [b'2', b'0', b'0', b'b'..=b'f']
            | [b'2', b'0', b'1', b'1' | b'3']
            | [b'2', b'0', b'2', b'a'..=b'f']
            | [b'2', b'0', b'6', _]
            | [b'0', b'6', b'1', b'c']
            | [b'1', b'1', b'5' | b'6', _]
            | [b'1', b'8', b'0', b'e']
            | [b'3', b'1', b'6', b'4']
            | [b'f', b'e', b'0' | b'f', _]
            | [b'f', b'f', b'a' | b'f', _]
            | [b'd', b'b', b'4', b'0']
    )
}

/// Whether the percent sign at `at` begins a character that counts, written as in an address. Of a longer character the
/// first byte tells enough.
fn is_percent(text: &[u8], at: usize) -> bool {
    match text.get(at + 1..at + PERCENT_BYTES) {
        Some([b'2'..=b'7', digit]) => digit.is_ascii_hexdigit(),
        Some([b'1', b'b' | b'B'] | [b'c' | b'C' | b'e' | b'E', b'2'] | [b'e' | b'E', b'f' | b'F']) => true,
        _ => false,
    }
}

/// Bytes that nobody sees from here on; 0: this is seen.
fn hidden(first: u8, rest: &[u8]) -> usize {
    match first {
        ESC => control_sequence(rest),
        0..0x80 => 0,
        _ => invisible(first, rest),
    }
}

/// Bytes of a sequence that controls a terminal, whose `ESC` is before `rest`: as `printable::without_colours` leaves out, and
/// the character set (`ESC(B`) that some terminals select where colours end
/// (<https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>).
fn control_sequence(rest: &[u8]) -> usize {
    match rest {
        [b'[', parameters @ ..] => {
            let length = parameters.iter().take_while(|byte| matches!(byte, 0x20..=0x3F)).count();
            match parameters.get(length) {
                Some(0x40..=0x7E) => 2 + length + 1,
                None => 2 + length,
                Some(_) => 2,
            }
        }
        [b'(' | b')', b'0' | b'A' | b'B', ..] => 3,
        _ => 1,
    }
}

/// Bytes of a character without a width of its own: what `printable::is_unprintable` has of them, the joiners, and the
/// selectors of variants. 0: it is none.
fn invisible(first: u8, rest: &[u8]) -> usize {
    match (first, rest) {
        (0xC2, [0xAD, ..]) | (0xD8, [0x9C, ..]) => 2,
        (0xE1, [0x85, 0x9F | 0xA0, ..] | [0xA0, 0x8E, ..]) | (0xE3, [0x85, 0xA4, ..]) => 3,
        (0xE2, [0x80, 0x8B..=0x8F | 0xAA..=0xAE, ..] | [0x81, 0xA0..=0xAF, ..]) => 3,
        (0xEF, [0xB8, 0x80..=0x8F, ..] | [0xBB, 0xBF, ..] | [0xBE, 0xA0, ..] | [0xBF, 0xB9..=0xBB, ..]) => 3,
        (0xF3, [0xA0, 0x80 | 0x81, ..]) => 4,
        _ => 0,
    }
}

/// What a byte of a mask is written as; nothing: as it is.
const fn json_escape(byte: u8) -> &'static [u8] {
    match byte {
        b'"' => b"\\\"",
        b'\\' => b"\\\\",
        _ => b"",
    }
}

const fn percent_escape(byte: u8) -> &'static [u8] {
    match byte {
        b'"' => b"%22",
        b'%' => b"%25",
        _ => b"",
    }
}

const fn unescaped(escape: &u8) -> &u8 {
    match escape {
        b'n' => &b'\n',
        b'r' => &b'\r',
        b't' => &b'\t',
        b'b' => &0x08,
        b'f' => &0x0C,
        other => other,
    }
}

/// The character of `\u…` at `at`, or of two of them, and its length with the escapes.
fn unicode(raw: &[u8], at: usize) -> (char, usize) {
    let unit = |at: usize| {
        let digits = raw.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let Some(first) = unit(at) else { return (char::REPLACEMENT_CHARACTER, 2) };
    let pair = char::decode_utf16([first, unit(at + 6).unwrap_or_default()]).next();
    match pair {
        Some(Ok(char)) => (char, if char.len_utf16() == 2 { 12 } else { 6 }),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_every_byte_knows_where_it_was() {
        for raw in [r"a\n\\\/\u00e9\ud83d\ude00z", "plain é", r"\ud83d", r"\u12"] {
            let decoded = Decoded::json(raw.as_bytes());
            if let Ok(text) = serde_json::from_str::<String>(&format!("\"{raw}\"")) {
                assert_eq!(String::from_utf8(decoded.text.clone()).unwrap(), text);
            }
            assert_eq!(decoded.position(decoded.text.len()), raw.len());
        }
        let decoded = Decoded::json(br"a\u0040b");
        assert_eq!((decoded.text.as_slice(), decoded.position(1), decoded.position(2)), (&b"a@b"[..], 1, 7));
    }

    #[test]
    fn what_nobody_sees_is_left_out_and_stays_outside_of_ranges() {
        let raw = "\u{1b}[1;36ma\u{1b}[0m\u{200b}b\u{1b}(B\u{e0020}é\u{1b}x";
        let decoded = Decoded::visible(raw.as_bytes());
        assert_eq!(decoded.text, "abéx".as_bytes());
        assert_eq!(decoded.range(0..1), 7..8);
        assert_eq!(raw.get(decoded.range(1..4)), Some("b\u{1b}(B\u{e0020}é"));
        assert!(has_hidden(raw.as_bytes()) && !has_hidden("“naïve” – 日本語 👍".as_bytes()));
    }

    /// What takes no width is what `printable` leaves out, without what ends a line or a joiner that writing needs.
    #[test]
    fn what_is_invisible_is_so_everywhere() {
        for char in ('\u{a0}'..=char::MAX).filter(|char| !matches!(char, '\u{2028}' | '\u{2029}')) {
            let is_invisible = match char.to_string().as_bytes() {
                [first, rest @ ..] => invisible(*first, rest) == char.len_utf8(),
                [] => false,
            };
            let is_extra = matches!(char, '\u{200c}' | '\u{200d}' | '\u{2065}' | '\u{fe00}'..='\u{fe0f}');
            assert_eq!(is_invisible, is_extra || crate::printable::is_unprintable(char), "{char:?}");
        }
    }

    #[test]
    fn escapes_of_addresses_are_decoded_and_others_stay() {
        let decoded = Decoded::percent(b"me%40example.com+100% %zz %E3%81%82%4");
        assert_eq!(decoded.text, "me@example.com+100% %zz あ%4".as_bytes());
        assert_eq!((decoded.position(2), decoded.position(3)), (2, 5));
        assert_eq!(decoded.escaped(b"\"[card]\""), b"%22[card]%22");
        for (text, has) in
            [("%40", true), ("a%2f", true), ("%E3%81%82", false), ("5% %4 %%4x", false), ("", false)]
        {
            assert_eq!(has_percent(text.as_bytes()), has, "{text}");
        }
    }
}
