//! The only way out of the program: standard output and standard error, with nothing in the text that controls a
//! terminal. Besides, the terminal's width, wrapping and truncation.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use ecs_router::printable;
use serde_json::Value;

/// Longer lines are hard to read, however wide the terminal is.
const MAX_COLUMNS: usize = 110;

/// Text on its way to people: what must not be shown becomes blanks, and only lines and tabs stay.
#[derive(Debug)]
pub(crate) struct Shown<W>(W);

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write_all(printable::lines(&String::from_utf8_lossy(text)).as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Standard output; what is written is shown when it is flushed.
pub(crate) fn output() -> Shown<BufWriter<StdoutLock<'static>>> {
    Shown(BufWriter::new(io::stdout().lock()))
}

/// Whether a person sees standard output as it is written.
pub(crate) fn is_interactive() -> bool {
    io::stdout().is_terminal()
}

/// Writes one line to standard error.
pub(crate) fn complain(text: fmt::Arguments<'_>) {
    // Without standard error there is nowhere to complain to.
    writeln!(io::stderr(), "{}", printable::line(&text.to_string())).ok();
}

/// The value on one line, with escapes for what must not be shown.
pub(crate) fn json_line(value: &Value) -> String {
    printable::json(&value.to_string()).into_owned()
}

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
    let text = printable::line(text);
    if text.chars().count() <= width {
        return text.into_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
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

    #[test]
    fn lines_and_characters_of_several_bytes_pass() {
        let mut shown = Shown(Vec::new());
        write!(shown, "é\t日本\u{9b}語\nx").unwrap();
        assert_eq!(String::from_utf8(shown.0).unwrap(), "é\t日本 語\nx");
    }
}
