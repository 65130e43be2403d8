//! Texts with escapes: those of JSON (`\u0040`), and those of addresses and forms (`%40`).

use std::borrow::Cow;

/// A text without its escapes.
pub(super) struct Decoded {
    pub(super) text: Vec<u8>,
    /// Where each byte of `text` begins in the text with escapes, and where that ends.
    positions: Vec<usize>,
    /// How a mask is written among those escapes.
    escape: fn(u8) -> &'static [u8],
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

    fn with_room(raw: &[u8], escape: fn(u8) -> &'static [u8]) -> Self {
        Self { text: Vec::with_capacity(raw.len()), positions: Vec::with_capacity(raw.len() + 1), escape }
    }

    fn push(&mut self, bytes: &[u8], at: usize) {
        self.text.extend_from_slice(bytes);
        self.positions.extend(bytes.iter().map(|_| at));
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

/// Whether a character of ASCII may be written as its number in JSON.
pub(super) fn has_numbered(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', text)
        .any(|at| matches!(text.get(at + 1..at + 5), Some([b'u', b'0', b'0', b'0'..=b'7'])))
}

/// Whether a character of ASCII may be written as in an address.
pub(super) fn has_percent(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| {
        matches!(text.get(at + 1..at + PERCENT_BYTES), Some([b'2'..=b'7', digit]) if digit.is_ascii_hexdigit())
    })
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
