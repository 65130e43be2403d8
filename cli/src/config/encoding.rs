//! From a file's bytes to text: byte order marks, UTF-16, and characters that look like others.

use super::Setting;
use super::SettingValue;

/// Blanks that editors and web pages put where an ordinary one was meant: no-break, zero-width, ideographic and others.
pub(super) const BLANKS_OF_WORD_PROCESSORS: [char; 8] =
    ['\u{a0}', '\u{2002}', '\u{2003}', '\u{2009}', '\u{200b}', '\u{202f}', '\u{3000}', '\u{feff}'];

/// Quotation marks that word processors and chats make of `"` and `'`.
const TYPOGRAPHIC_QUOTES: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];

/// The text of a file, and what was unusual about its bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DecodedText {
    pub(super) text: String,
    /// The file begins with UTF-8's byte order mark.
    pub(super) has_byte_order_mark: bool,
    pub(super) is_utf16: bool,
    /// The first line, counted from 1, that is not UTF-8.
    pub(super) invalid_line: Option<usize>,
}

/// Decodes UTF-8 and UTF-16.
pub(super) fn decode(bytes: &[u8]) -> DecodedText {
    if let Some(text) = utf16(bytes) {
        return DecodedText { text, is_utf16: true, ..DecodedText::default() };
    }
    let rest = bytes.strip_prefix(b"\xef\xbb\xbf");
    let has_byte_order_mark = rest.is_some();
    let bytes = rest.unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let invalid_line = std::str::from_utf8(bytes).err().map(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        1 + before.filter(|byte| **byte == b'\n').count()
    });
    DecodedText { text, has_byte_order_mark, is_utf16: false, invalid_line }
}

/// The text, if the bytes begin with UTF-16's mark or have a zero beside their first letter.
fn utf16(bytes: &[u8]) -> Option<String> {
    let is_little = match bytes {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        [first, 0, ..] if *first != 0 => true,
        [0, second, ..] if *second != 0 => false,
        _ => return None,
    };
    let units = bytes.as_chunks::<2>().0.iter();
    let units: Vec<u16> = units
        .map(|pair| if is_little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) })
        .collect();
    let text = String::from_utf16_lossy(&units);
    Some(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// The text with lines as Unix ends them, if a carriage return alone ends each of its lines.
pub(super) fn without_lone_returns(text: &str) -> Option<String> {
    let has_lines = !text.contains('\n') && text.trim_end().contains('\r');
    has_lines.then(|| text.replace('\r', "\n"))
}

/// Message and suggestion for a key or value with characters that only look like others.
pub(super) fn look_alike(setting: &Setting) -> Option<(&'static str, &'static str)> {
    let value = match &setting.value {
        SettingValue::Text(text) | SettingValue::Interpolated(text) => text.as_str(),
        SettingValue::Unknown | SettingValue::Nested => "",
    };
    let ends_quote = |text: &str| text.ends_with(TYPOGRAPHIC_QUOTES) || text.ends_with(['"', '\'']);
    let starts_quote = |text: &str| text.starts_with(TYPOGRAPHIC_QUOTES);
    if setting.key.contains(TYPOGRAPHIC_QUOTES) || (starts_quote(value) && ends_quote(value)) {
        return Some((
            "has typographic quotation marks, which are taken for a part of the text",
            "leave the quotation marks out",
        ));
    }
    let has_at_edge =
        |text: &str| text.starts_with(BLANKS_OF_WORD_PROCESSORS) || text.ends_with(BLANKS_OF_WORD_PROCESSORS);
    (setting.key.contains(BLANKS_OF_WORD_PROCESSORS) || has_at_edge(value)).then_some(ODD_BLANK)
}

/// Message and suggestion for such a blank.
pub(super) const ODD_BLANK: (&str, &str) = (
    "has a blank that is not an ordinary one (a no-break space or the like), which is taken for a letter",
    "write an ordinary blank",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_read_with_and_without_a_mark() {
        let little: Vec<u8> = "[OUTPUT]\nä".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}[OUTPUT]\nä".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let decoded = decode(&bytes);
            assert!(decoded.is_utf16);
            assert_eq!(decoded.text, "[OUTPUT]\nä");
        }
    }

    #[test]
    fn marks_and_foreign_bytes_are_noticed() {
        let marked = decode("\u{feff}a".as_bytes());
        assert_eq!((marked.text.as_str(), marked.has_byte_order_mark), ("a", true));
        assert_eq!(decode(b"a\nb\xe9\n").invalid_line, Some(2));
        assert_eq!(
            decode("a\nä".as_bytes()),
            DecodedText { text: "a\nä".to_owned(), ..DecodedText::default() }
        );
        assert_eq!(decode(b""), DecodedText::default());
    }
}
