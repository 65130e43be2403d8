//! Tokens of frequent forms: JSON Web Tokens, ids of AWS access keys, and what follows `Bearer` or `Basic`.
//!
//! Each is looked for from a byte that it has, without a pattern of regex, whose groups take ten times as long. What they find
//! is held against such patterns in the tests.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem;

/// How the JSON of a token's head begins in base64: `{"`.
const JSON_BEGIN: &[u8] = b"eyJ";

/// The head of a token has more than its algorithm's name.
const MIN_HEAD_BYTES: usize = 11;
const MIN_PART_BYTES: usize = 8;

/// Claims that say nothing: `{}`.
const NO_CLAIMS: &[u8] = b"e30.";

/// Parts of an encrypted token after its second: its vector, its content and its tag
/// (<https://www.rfc-editor.org/rfc/rfc7516#section-3.1>).
const ENCRYPTED_PARTS: usize = 3;

/// Whether a JSON Web Token may be in the text. `false` is certain.
pub(super) fn may_hold_jwt(text: &[u8]) -> bool {
    memchr::memchr_iter(b'J', text).any(|at| text.get(..=at).is_some_and(|text| text.ends_with(JSON_BEGIN)))
}

/// Hands every JSON Web Token in the text to `found`, also one that was cut within its claims.
pub(super) fn find_jwts(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut at = 0;
    while let Some(begin) = text.get(at..).and_then(|rest| memmem::find(rest, JSON_BEGIN)) {
        let start = at + begin;
        let token = text.get(start..).unwrap_or_default();
        let length = jwt_length(token);
        if length > 0 {
            found(start..start + length);
        }
        // Another head within the same part ends where that ends.
        at = start + length.max(part(token));
    }
}

/// How many bytes of a token are at the beginning; 0: none is there.
fn jwt_length(text: &[u8]) -> usize {
    let head = part(text);
    if head < MIN_HEAD_BYTES || text.get(head) != Some(&b'.') {
        return 0;
    }
    let rest = text.get(head + 1..).unwrap_or_default();
    let second = part(rest);
    let is_followed = rest.get(second) == Some(&b'.');
    let length = match second {
        // The key of an encrypted token is empty where both sides have it.
        0 => encrypted_length(rest, ENCRYPTED_PARTS),
        length if is_followed && (length >= MIN_PART_BYTES || rest.starts_with(NO_CLAIMS)) => {
            let third = second + 1 + part(rest.get(second + 1..).unwrap_or_default());
            third + rest.get(third..).map_or(0, |rest| encrypted_length(rest, ENCRYPTED_PARTS - 1))
        }
        MIN_PART_BYTES.. if rest.starts_with(JSON_BEGIN) => second,
        _ => 0,
    };
    if length > 0 { head + 1 + length } else { 0 }
}

/// Bytes of this many parts with a dot before each; 0 unless all of them are there.
fn encrypted_length(text: &[u8], parts: usize) -> usize {
    let mut length = 0;
    for _ in 0..parts {
        let bytes = text.get(length..).and_then(|rest| rest.strip_prefix(b".")).map_or(0, part);
        if bytes == 0 {
            return 0;
        }
        length += 1 + bytes;
    }
    length
}

/// Bytes of base64, in its form for addresses, at the beginning.
fn part(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count()
}

/// Beginnings of access keys, lasting and temporary
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>, read 2026-11).
const AWS_KEYS: [&[u8]; 4] = [b"AKIA", b"ASIA", b"ABIA", b"ACCA"];
const AWS_KEY_BYTES: usize = 20;

/// Whether the id of an AWS access key may be in the text. `false` is certain.
pub(super) fn may_hold_aws_key(text: &[u8]) -> bool {
    memchr::memchr_iter(b'A', text).any(|at| matches!(text.get(at + 2..at + 4), Some([b'I' | b'C', b'A'])))
}

/// Hands the id of every AWS access key in the text to `found`.
pub(super) fn find_aws_keys(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    memchr::memchr_iter(b'A', text)
        .filter(|at| is_aws_key(text, *at))
        .for_each(|at| found(at..at + AWS_KEY_BYTES));
}

fn is_aws_key(text: &[u8], at: usize) -> bool {
    let end = at + AWS_KEY_BYTES;
    let Some(key) = text.get(at..end) else { return false };
    let is_beside_word =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    AWS_KEYS.iter().any(|kind| key.starts_with(kind))
        && key.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && !is_beside_word(at.checked_sub(1))
        && !is_beside_word(Some(end))
}

/// A token of fewer bytes is prose.
const MIN_CREDENTIALS_BYTES: usize = 8;

/// From this many letters of both cases on, a token of letters alone is one: `Bearer OpenIdConnect` has fewer.
const MIN_LETTERS: usize = 20;

/// Whether `Bearer` or `Basic` may be in the text. `false` is certain.
pub(super) fn may_hold_credentials(text: &[u8]) -> bool {
    memchr::memchr2_iter(b'b', b'B', text).any(|at| {
        matches!(
            text.get(at + 1..at + 4),
            Some([b'e' | b'E', b'a' | b'A', b'r' | b'R'] | [b'a' | b'A', b's' | b'S', b'i' | b'I'])
        )
    })
}

/// Hands what follows each `Bearer` or `Basic` in the text to `found`.
pub(super) fn find_credentials(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut done = 0;
    for at in memchr::memchr2_iter(b'b', b'B', text) {
        if at >= done
            && let Some(range) = credentials_at(text, at)
        {
            done = range.end;
            found(range);
        }
    }
}

/// What follows the scheme that is at `at`.
fn credentials_at(text: &[u8], at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let begins = |name: &[u8]| rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name));
    let is_bearer = begins(b"bearer");
    let scheme = if is_bearer { b"bearer".len() } else { b"basic".len() };
    let is_inside_word = at.checked_sub(1).and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    if is_inside_word || !is_bearer && !begins(b"basic") {
        return None;
    }
    let start = at + scheme + separator(rest.get(scheme..)?, is_bearer)?;
    let token = token(text.get(start..)?);
    let is_meant = token.len() >= MIN_CREDENTIALS_BYTES
        && if is_bearer { is_bearer_token(token) } else { is_basic(token) };
    is_meant.then_some(start..start + token.len())
}

/// Bytes between a scheme and its token: blanks, a plus in the data of a form; before them a colon or the like, as in a list of
/// settings, and behind them a quotation mark.
fn separator(rest: &[u8], is_bearer: bool) -> Option<usize> {
    let sign = usize::from(is_bearer && matches!(rest.first(), Some(b':' | b'=')));
    let blanks = rest.get(sign..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'+')).count();
    let length = Some(sign + blanks).filter(|length| *length > 0)?;
    Some(length + usize::from(matches!(rest.get(length), Some(b'"' | b'\''))))
}

/// The `token68` at the beginning (<https://www.rfc-editor.org/rfc/rfc7235#section-2.1>), without the dot that ends a
/// sentence.
fn token(text: &[u8]) -> &[u8] {
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let length = text.iter().take_while(|byte| is_part(byte)).count();
    let signs = text.get(length..).map_or(0, |rest| rest.iter().take_while(|byte| **byte == b'=').count());
    let token = text.get(..length + signs).filter(|_| length >= MIN_CREDENTIALS_BYTES).unwrap_or_default();
    let dots = token.iter().rev().take_while(|byte| **byte == b'.').count();
    token.get(..token.len() - dots).unwrap_or_default()
}

/// "Bearer authentication failed" is prose.
fn is_bearer_token(token: &[u8]) -> bool {
    let letters = token.iter().all(u8::is_ascii_alphabetic);
    let is_mixed =
        token.iter().skip(1).any(u8::is_ascii_uppercase) && token.iter().any(u8::is_ascii_lowercase);
    !letters || token.len() >= MIN_LETTERS && is_mixed
}

/// "Basic authentication" is prose, and `dXNlcjpwYXNz` a user with a password.
fn is_basic(token: &[u8]) -> bool {
    if !token.iter().all(u8::is_ascii_alphabetic) {
        return true;
    }
    let whole = token.get(..token.len() / 4 * 4).unwrap_or_default();
    STANDARD_NO_PAD.decode(whole).is_ok_and(|decoded| decoded.is_ascii() && decoded.contains(&b':'))
}

#[cfg(test)]
mod tests;
