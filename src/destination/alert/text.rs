//! Plain text within a vendor's limits.

use crate::printable;

const ELLIPSIS: char = '…';

/// The text on one line, of at most `max` as `len_of` counts its characters; an ellipsis shows that its end is missing.
pub(crate) fn line(text: &str, max: usize, len_of: fn(char) -> usize) -> String {
    clip(&printable::line(text), max, len_of)
}

/// The text with its own line ends, of at most `max` as `len_of` counts its characters.
pub(crate) fn lines(text: &str, max: usize, len_of: fn(char) -> usize) -> String {
    clip(&printable::lines(text), max, len_of)
}

fn clip(text: &str, max: usize, len_of: fn(char) -> usize) -> String {
    if text.chars().map(len_of).sum::<usize>() <= max {
        return text.to_owned();
    }
    let room = max.saturating_sub(len_of(ELLIPSIS));
    let mut clipped = String::new();
    let mut length = 0;
    for c in text.chars() {
        length += len_of(c);
        if length > room {
            break;
        }
        clipped.push(c);
    }
    clipped.push(ELLIPSIS);
    clipped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_shows_it() {
        assert_eq!(line("abcdef", 6, char::len_utf16), "abcdef");
        assert_eq!(line("abcdefg", 6, char::len_utf16), "abcde…");
        assert_eq!(line("🔴🔴🔴", 5, char::len_utf16), "🔴🔴…");
        assert_eq!(line("a\nb\u{1b}c", 9, char::len_utf16), "a b c");
        assert_eq!(lines("a\nb\u{1b}c", 9, char::len_utf16), "a\nb c");
    }
}
