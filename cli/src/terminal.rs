//! The only way out of the program: standard output and standard error, with nothing in the text that controls a
//! terminal. Besides, the terminal's width, wrapping and truncation.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use ecs_router::printable;
use serde_json::Value;

/// Longer lines are hard to read, however wide the terminal is.
const MAX_COLUMNS: usize = 110;

/// Narrower lines hold hardly a word.
const MIN_COLUMNS: usize = 20;

/// What a word in colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emphasis {
    Error,
    Warning,
    Note,
}

impl Emphasis {
    /// What a terminal wants before the word.
    const fn sequence(self) -> &'static str {
        match self {
            Self::Error => "\u{1b}[1;31m",
            Self::Warning => "\u{1b}[1;33m",
            Self::Note => "\u{1b}[36m",
        }
    }
}

/// Text on its way to people: what must not be shown becomes blanks, and only lines and tabs stay.
#[derive(Debug)]
pub(crate) struct Shown<W> {
    inner: W,
    has_colour: bool,
}

#[cfg(test)]
impl Shown<Vec<u8>> {
    /// In memory, for tests.
    pub(crate) fn in_memory(has_colour: bool) -> Self {
        Self { inner: Vec::new(), has_colour }
    }

    /// What was written.
    pub(crate) fn text(self) -> String {
        String::from_utf8_lossy(&self.inner).into_owned()
    }
}

impl<W: Write> Shown<W> {
    /// Writes a word in colour where there is one.
    pub(crate) fn write_emphasised(&mut self, emphasis: Emphasis, word: &str) -> io::Result<()> {
        if !self.has_colour {
            return self.write_all(word.as_bytes());
        }
        self.inner.write_all(emphasis.sequence().as_bytes())?;
        self.write_all(word.as_bytes())?;
        self.inner.write_all(b"\x1b[0m")
    }
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.inner.write_all(printable::lines(&String::from_utf8_lossy(text)).as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Standard output; what is written is shown when it is flushed.
pub(crate) fn output() -> Shown<BufWriter<StdoutLock<'static>>> {
    let has_colour = is_interactive() && takes_colour();
    Shown { inner: BufWriter::new(io::stdout().lock()), has_colour }
}

/// <https://no-color.org>, and terminals that know no colours.
fn takes_colour() -> bool {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_unwanted && std::env::var_os("TERM").is_some_and(|term| term != "dumb")
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

/// Columns to write in: those that `COLUMNS` asks for, otherwise the terminal's, within what reads well.
pub(crate) fn width() -> usize {
    let terminal = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    within_reason(asked.filter(|columns| *columns > 0).or_else(terminal))
}

fn within_reason(columns: Option<usize>) -> usize {
    columns.unwrap_or(MAX_COLUMNS).clamp(MIN_COLUMNS, MAX_COLUMNS)
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
        let mut shown = Shown::in_memory(false);
        write!(shown, "é\t日本\u{9b}語\nx").unwrap();
        assert_eq!(shown.text(), "é\t日本 語\nx");
    }

    #[test]
    fn only_the_programs_own_words_are_in_colour() {
        let mut shown = Shown::in_memory(true);
        shown.write_emphasised(Emphasis::Error, "er\u{1b}ror").unwrap();
        assert_eq!(shown.text(), "\u{1b}[1;31mer ror\u{1b}[0m");
        let mut plain = Shown::in_memory(false);
        plain.write_emphasised(Emphasis::Note, "note").unwrap();
        assert_eq!(plain.text(), "note");
    }

    #[test]
    fn a_width_is_one_in_which_people_can_read() {
        for (columns, width) in [(None, 110), (Some(72), 72), (Some(400), 110), (Some(3), 20)] {
            assert_eq!(within_reason(columns), width);
        }
    }
}
