//! Text for a terminal: its width, wrapping, truncation, and no control characters from records.

/// Longer lines are hard to read, however wide the terminal is.
const MAX_COLUMNS: usize = 110;

/// Columns to write in: those of the terminal, within what reads well.
pub(crate) fn width() -> usize {
    let columns = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    columns.unwrap_or(MAX_COLUMNS).clamp(40, MAX_COLUMNS)
}

/// Breaks text between words into lines of at most `width` characters. A longer word gets a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// One line of at most `width` characters, without control characters.
pub(crate) fn truncate(text: &str, width: usize) -> String {
    let text = strip_controls(text);
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Replaces line ends and other control characters: a log line must not control the terminal.
pub(crate) fn strip_controls(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-very-long-word b", 5), ["a-very-long-word", "b"]);
        assert_eq!(wrap(" ", 5), [""; 0]);
    }

    #[test]
    fn cut_text_says_so_and_paints_nothing() {
        assert_eq!(truncate("grün und blau", 5), "grün…");
        assert_eq!(truncate("a\u{1b}[31m\nb", 20), "a [31m b");
    }
}
