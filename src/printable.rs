//! Text that is shown to people, by the log, the command line and Slack: nothing in it controls a terminal, turns text
//! round or begins a line that the program did not write.
//!
//! The one place that decides which characters those are. What is stored somewhere keeps its text; there JSON's own
//! escapes are enough.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::error::Category;

/// Stands for a character that is not shown.
const REPLACEMENT: char = ' ';

/// Begins a sequence that controls a terminal.
const CSI: &str = "\u{1b}[";

/// Whether a character must not be shown: controls (C0, DELETE, C1), separators of lines, what changes the direction of text
/// (<https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>, read 2026-11), and what nobody sees, by which
/// one name can look like another. The joiners stay, for writing and emoji need them.
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{206F}')
        || matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
        || matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{E0000}'..='\u{E007F}')
}

/// What is wrong with JSON and where, without the texts in it, which may be long, secret or both.
#[must_use]
pub fn json_fault(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Io => "it cannot be read",
        Category::Syntax => "it is not JSON",
        Category::Data => "a field is missing or has another form",
        Category::Eof => "it ends too early",
    };
    format!("{what}, at line {}, column {}", error.line(), error.column())
}

/// The text on one line: every unprintable character, line ends among them, becomes a blank.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    replace(text, is_unprintable)
}

/// The text with its own lines and tabs; every other unprintable character becomes a blank.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    replace(text, |c| is_unprintable(c) && !matches!(c, '\n' | '\t'))
}

/// The text without the sequences by which programs colour their lines (CSI: `ESC [ … m`), which say nothing outside of a
/// terminal. For lines only: a name that loses characters may look like another.
#[must_use]
pub fn without_colours(text: &str) -> Cow<'_, str> {
    if !text.contains(CSI) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(CSI);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Parameters, and then the letter that says what to do: <https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>.
        let rest = part.trim_start_matches(|c| matches!(c, '\u{20}'..='\u{3f}'));
        let mut rest = rest.chars();
        match rest.next() {
            Some('@'..='~') | None => plain.push_str(rest.as_str()),
            Some(_) => plain.push_str(part),
        }
    }
    Cow::Owned(plain)
}

fn replace(text: &str, is_replaced: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_replaced) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_replaced(c) { REPLACEMENT } else { c }).collect())
}

/// JSON with escapes for the unprintable characters of its strings: a program that reads it gets them as they were.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unprintable(c) && !matches!(c, '\n' | '\t') {
            // Writing to memory does not fail.
            true => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| write!(escaped, "\\u{unit:04x}").unwrap_or_default()),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNPRINTABLE: &str = "\0\u{7}\u{1b}\r\u{7f}\u{80}\u{85}\u{9b}\u{9f}\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{206a}\u{206f}\u{e0000}\u{e0041}\u{e007f}";

    #[test]
    fn what_controls_anything_becomes_a_blank() {
        let blanks = " ".repeat(UNPRINTABLE.chars().count());
        assert_eq!(line(UNPRINTABLE), blanks);
        assert_eq!(lines(UNPRINTABLE), blanks);
        assert_eq!(line("a\nb\tc"), "a b c");
        assert_eq!(lines("a\nb\tc"), "a\nb\tc");
    }

    #[test]
    fn what_nobody_sees_makes_no_name_look_like_another() {
        for hidden in [
            '\u{ad}', '\u{115f}', '\u{1160}', '\u{180e}', '\u{200b}', '\u{2060}', '\u{2064}', '\u{3164}',
            '\u{feff}', '\u{ffa0}', '\u{fff9}', '\u{fffb}',
        ] {
            assert_eq!(line(&format!("we{hidden}b")), "we b", "{:?}", hidden);
        }
    }

    #[test]
    fn other_text_is_left() {
        let text = "it cost 5 €, \"später\" – שלום مرحبا 👩‍🚀 日本語";
        assert_eq!((line(text), lines(text), json(text)), (text.into(), text.into(), text.into()));
    }

    #[test]
    fn a_fault_in_json_repeats_none_of_it() {
        for (json, said) in [
            ("hunter2", "it is not JSON, at line 1, column 1"),
            (r#"["hunter2"]"#, "a field is missing or has another form, at line 1, column 10"),
            ("[1,", "it ends too early, at line 1, column 3"),
        ] {
            assert_eq!(json_fault(&serde_json::from_str::<Vec<u64>>(json).unwrap_err()), said, "{json}");
        }
    }

    #[test]
    fn colours_of_a_terminal_are_left_out() {
        for (text, expected) in [
            ("\u{1b}[31mERROR\u{1b}[0m \u{1b}[1;38;5;9mdb\u{1b}[22m lost", "ERROR db lost"),
            ("\u{1b}[2K\u{1b}[1Gcompiling", "compiling"),
            ("cut in the middle \u{1b}[3", "cut in the middle "),
            ("\u{1b}[31é is none", "31é is none"),
            ("a [31m b", "a [31m b"),
        ] {
            assert_eq!(without_colours(text), expected, "{text:?}");
        }
    }

    #[test]
    fn json_says_the_same_in_escapes() {
        let value = serde_json::json!({ UNPRINTABLE: [UNPRINTABLE] });
        let text = serde_json::to_string(&value).unwrap();
        let escaped = json(&text);
        assert!(!escaped.chars().any(is_unprintable), "{escaped:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }
}
