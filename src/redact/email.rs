//! Addresses of e-mail: a name before the sign, a name of a host with a dot after it.
//!
//! Letters beyond ASCII may be in both. Scripts without blanks do not tell where such a name begins: there it is taken from
//! the blank on, but only if the sign comes right after such a letter.

use std::ops::Range;

/// Ends of names of files, not of hosts: `logo@2x.png`.
const FILE_ENDINGS: [&[u8]; 12] =
    [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"ico", b"css", b"js", b"mjs", b"html", b"json"];

/// The longest name of a host, with letters of up to four bytes
/// (<https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4>).
const MAX_HOST_BYTES: usize = 4 * 253;

/// The first character after the scripts that write blanks between words: Latin, Greek and Cyrillic.
const END_OF_ALPHABETS: char = '\u{530}';

/// Hands every address in the text to `found`.
pub(super) fn find(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    memchr::memchr_iter(b'@', text).filter_map(|at| around(text, at)).for_each(found);
}

/// The address whose sign is at `at`.
fn around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let host = host(text.get(at + 1..)?)?;
    let local = local(text.get(..at)?)?;
    Some(at - local..at + 1 + host)
}

/// Bytes of the name at the end of `before`.
fn local(before: &[u8]) -> Option<usize> {
    let ascii = before.iter().rev().take_while(|byte| is_local(char::from(**byte))).count();
    let ends = before.len().checked_sub(ascii + 1).and_then(|at| before.get(at)).is_none_or(u8::is_ascii);
    let length = match ends {
        true => ascii,
        false => trailing(before, |char| is_local(char) || char.is_alphabetic() && char < END_OF_ALPHABETS),
    };
    let name = before.get(before.len() - length..)?;
    let leading = name.iter().take_while(|byte| is_leading(**byte)).count();
    Some(length - leading)
        .filter(|length| *length > 0)
        .or_else(|| Some(trailing(before, char::is_alphanumeric)).filter(|length| *length > 0))
}

fn is_local(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '%' | '+' | '-' | '\'')
}

/// No name begins with a quotation mark, a dot or the like.
const fn is_leading(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'_'
}

/// Bytes of the characters at the end of the text that pass `test`.
fn trailing(text: &[u8], test: impl Fn(char) -> bool) -> usize {
    let mut rest = text;
    while let Some((_, before)) = split_last_char(rest).filter(|(char, _)| test(*char)) {
        rest = before;
    }
    text.len() - rest.len()
}

/// The last character, if the text ends in UTF-8, and what comes before it.
#[inline]
fn split_last_char(text: &[u8]) -> Option<(char, &[u8])> {
    let last = text.last()?;
    if last.is_ascii() {
        return Some((char::from(*last), text.get(..text.len() - 1)?));
    }
    let continued = text.iter().rev().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
    let start = text.len().checked_sub(continued + 1)?;
    let char = std::str::from_utf8(text.get(start..)?).ok()?.chars().next()?;
    Some((char, text.get(..start)?))
}

/// Bytes of the name of a host at the beginning of `rest`.
fn host(rest: &[u8]) -> Option<usize> {
    ascii_host(rest).or_else(|| international_host(rest))
}

/// The length of a host name in ASCII: labels, of which the last is of letters.
fn ascii_host(rest: &[u8]) -> Option<usize> {
    let length =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')).count();
    let name = rest.get(..length)?;
    let trailing = name.iter().rev().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let name = name.get(..length - trailing)?;
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let last = name.get(dot + 1..)?;
    let is_name = last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic) || last.starts_with(b"xn--");
    let is_file = FILE_ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending));
    let begins = name.first().is_some_and(u8::is_ascii_alphanumeric);
    (is_name && !is_file && begins && dot > 0).then_some(name.len())
}

/// The length of a host name with letters beyond ASCII: up to the end of the last label in ASCII, for a sentence may go on
/// after it; without one, up to what is not a letter.
fn international_host(rest: &[u8]) -> Option<usize> {
    let ascii = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if rest.get(ascii.count()).is_none_or(u8::is_ascii) {
        return None;
    }
    let rest = rest.get(..rest.len().min(MAX_HOST_BYTES))?;
    let valid = rest.utf8_chunks().next()?.valid();
    let name = valid.split(|char: char| !char.is_alphanumeric() && !matches!(char, '.' | '-')).next()?;
    if name.is_ascii() || !name.starts_with(char::is_alphanumeric) {
        return None;
    }
    let name = name.trim_end_matches(['.', '-']);
    let dot = name.rfind('.')?;
    let last = name.get(dot + 1..)?;
    let ascii = last.bytes().take_while(u8::is_ascii_alphabetic).count();
    Some(if ascii >= 2 { dot + 1 + ascii } else { name.len() })
}

#[cfg(test)]
mod tests;
