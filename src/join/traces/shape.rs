//! Small shapes that lines of several languages share.

use memchr::memmem;

pub(super) fn contains(line: &[u8], part: &[u8]) -> bool {
    memmem::find(line, part).is_some()
}

/// Whether the line has nothing but blanks.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// The line without its indentation; `None` when it has none, or is blank.
pub(super) fn indented(line: &[u8]) -> Option<&[u8]> {
    let text = line.trim_ascii_start();
    (text.len() < line.len() && !text.is_empty()).then_some(text)
}

/// What follows the digits that the text begins with; `None` when it begins with none.
pub(super) fn after_number(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(digits..).filter(|_| digits > 0)
}

/// Whether the text begins with this and then a number.
pub(super) fn starts_with_number(text: &[u8], prefix: &[u8]) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| after_number(rest).is_some())
}

/// What comes before the first blank.
pub(super) fn first_word(line: &[u8]) -> &[u8] {
    line.split(u8::is_ascii_whitespace).next().unwrap_or_default()
}

/// Whether the line begins as a record of a log does: with a date, a bracket, a brace or a level.
pub(super) fn looks_like_a_record(line: &[u8]) -> bool {
    const LEVELS: [&[u8]; 9] =
        [b"TRACE", b"DEBUG", b"INFO", b"NOTICE", b"WARN", b"WARNING", b"ERROR", b"FATAL", b"CRITICAL"];
    let word = first_word(line);
    let letters = word.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    match line.first() {
        Some(first) => {
            first.is_ascii_digit()
                || b"[{<".contains(first)
                || LEVELS.iter().any(|level| level.eq_ignore_ascii_case(letters))
        }
        None => false,
    }
}
