//! Makes a service's error text fit to be quoted in one line of the log.
//!
//! A service may repeat, in quotes, what it was sent ("Value 'hunter2' at 'logEvents.1.member.message' failed to satisfy
//! constraint"). The contents of records must not get into the log, which may itself be collected and come back as a
//! record. Nor must a key or a token that the service repeats.

use crate::printable::is_unprintable;
use crate::redact::report;

/// Longer error texts are cut.
const MAX_QUOTED_CHARS: usize = 300;

/// No more of a text is read. It is more than is shown, because a secret is recognised by what stands around it.
const MAX_READ_BYTES: usize = 8 << 10;

/// Replaces text in quotation marks.
const MASK: char = '…';

/// The text on one line: without control characters, with quoted text and what looks like a secret masked, and cut at
/// [`MAX_QUOTED_CHARS`].
pub(super) fn quoted(text: &str) -> impl Iterator<Item = char> {
    let text = text.get(..text.floor_char_boundary(MAX_READ_BYTES)).unwrap_or(text);
    mask_quotes(&report::masked(text)).into_iter().take(MAX_QUOTED_CHARS)
}

/// Masks text in quotation marks, except the name of a member after "at".
fn mask_quotes(text: &str) -> Vec<char> {
    let mut masked = Vec::new();
    let mut rest = text.chars().filter(|c| !is_unprintable(*c));
    while let Some(c) = rest.next() {
        let is_opening =
            matches!(c, '\'' | '"' | '`') && !masked.last().is_some_and(|c: &char| c.is_alphanumeric());
        let is_member_name = masked.ends_with(&[' ', 'a', 't', ' ']);
        masked.push(c);
        if is_opening && !is_member_name {
            masked.push(MASK);
            masked.extend(rest.by_ref().find(|inside| *inside == c));
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_masked_and_the_rest_is_shown() {
        for (text, expected) in [
            ("The specified log group does not exist.", "The specified log group does not exist."),
            (
                "Value 'hunter2' at 'logEvents.1.member.message' failed to satisfy constraint",
                "Value '…' at 'logEvents.1.member.message' failed to satisfy constraint",
            ),
            ("cannot read {\"log\": \"hunter2\"}", "cannot read {\"…\": \"…\"}"),
            ("the rate isn't allowed; it's 'too high'", "the rate isn't allowed; it's '…'"),
            ("unexpected `hunter2\nhunter2`, line 1", "unexpected `…`, line 1"),
            ("it breaks off in 'hunter2", "it breaks off in '…"),
            (
                "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl is not valid",
                "token [redacted] is not valid",
            ),
            ("no such key: api_key=hunter2", "no such key: api_key=[redacted]"),
            (
                "The security token included in the request is expired",
                "The security token included in the request is expired",
            ),
            ("", ""),
        ] {
            assert_eq!(quoted(text).collect::<String>(), expected);
        }
    }

    #[test]
    fn it_is_one_line_of_bounded_length() {
        assert_eq!(quoted(&"é\n\u{2028}".repeat(1_000)).collect::<String>(), "é".repeat(MAX_QUOTED_CHARS));
    }
}
