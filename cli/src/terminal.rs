//! Text for people: the terminal's width, wrapping, cutting, and no control characters of somebody else's.

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 110;

/// Columns to write in; where there is no terminal, as many as read well.
pub(crate) fn width() -> usize {
    let columns = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    columns.unwrap_or(WIDEST).clamp(40, WIDEST)
}

/// Lines of at most `width` characters, broken between words; a word that is longer stands alone.
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

/// One line of at most `width` characters.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let text = plain(text);
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Without line ends and other control characters: a log line could paint the terminal.
pub(crate) fn plain(text: &str) -> String {
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
        assert_eq!(cut("grün und blau", 5), "grün…");
        assert_eq!(cut("a\u{1b}[31m\nb", 20), "a [31m b");
    }
}
