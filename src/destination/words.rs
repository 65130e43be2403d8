//! What a service says of a refusal, made fit for the log.
//!
//! A service may repeat what it was sent, in quotes ("Value 'hunter2' at 'logEvents.1.member.message' failed to satisfy
//! constraint"), and the log is no place for what records hold: it may come back as a record itself.

/// Characters of it that are shown.
const LONGEST: usize = 300;

/// Stands for what was quoted.
const MASK: char = '…';

/// The message on one line, cut, and without what it quotes. The name of a member, which stands behind "at", is kept.
pub(super) fn of_service(message: &str) -> String {
    let mut shown = String::new();
    let mut left = message.chars().filter(|c| !c.is_control());
    while let Some(c) = left.next() {
        let opens = matches!(c, '\'' | '"' | '`') && !shown.ends_with(char::is_alphanumeric);
        let names = shown.ends_with(" at ");
        shown.push(c);
        if opens && !names {
            shown.push(MASK);
            shown.extend(left.by_ref().find(|inside| *inside == c));
        }
    }
    shown.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_masked_and_the_rest_is_shown() {
        for (said, shown) in [
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
            assert_eq!(of_service(said), shown);
        }
    }

    #[test]
    fn it_is_one_line_of_bounded_length() {
        assert_eq!(of_service(&"é\n".repeat(1_000)), "é".repeat(LONGEST));
    }
}
