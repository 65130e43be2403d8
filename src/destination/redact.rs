//! What others say, as it may stand in one line of our log.
//!
//! A service may repeat what it was sent, in quotes ("Value 'hunter2' at 'logEvents.1.member.message' failed to satisfy
//! constraint"), and the log is no place for what records hold: it may come back as a record itself.

/// Characters of it that are shown.
const MOST: usize = 300;

/// Stands for what was quoted.
const MASK: char = '…';

/// Without what would break the line or command the terminal, without what it quotes, and not too much of it.
pub(super) fn shown(text: &str) -> impl Iterator<Item = char> {
    without_quotes(text).into_iter().take(MOST)
}

/// What stands in quotes is masked, but for the name of a member behind "at".
fn without_quotes(text: &str) -> Vec<char> {
    let mut shown = Vec::new();
    let mut left = text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}'));
    while let Some(c) = left.next() {
        let opens =
            matches!(c, '\'' | '"' | '`') && !shown.last().is_some_and(|c: &char| c.is_alphanumeric());
        let names = shown.ends_with(&[' ', 'a', 't', ' ']);
        shown.push(c);
        if opens && !names {
            shown.push(MASK);
            shown.extend(left.by_ref().find(|inside| *inside == c));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_masked_and_the_rest_is_shown() {
        for (said, expected) in [
            ("The specified log group does not exist.", "The specified log group does not exist."),
            (
                "Value 'hunter2' at 'logEvents.1.member.message' failed to satisfy constraint",
                "Value '…' at 'logEvents.1.member.message' failed to satisfy constraint",
            ),
            ("cannot read {\"log\": \"hunter2\"}", "cannot read {\"…\": \"…\"}"),
            ("the rate isn't allowed; it's 'too high'", "the rate isn't allowed; it's '…'"),
            ("unexpected `hunter2\nhunter2`, line 1", "unexpected `…`, line 1"),
            ("it breaks off in 'hunter2", "it breaks off in '…"),
            ("", ""),
        ] {
            assert_eq!(shown(said).collect::<String>(), expected);
        }
    }

    #[test]
    fn it_is_one_line_of_bounded_length() {
        assert_eq!(shown(&"é\n\u{2028}".repeat(1_000)).collect::<String>(), "é".repeat(MOST));
    }
}
