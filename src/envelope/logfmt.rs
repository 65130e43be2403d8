//! Parses `key=value key="quoted value"`, the ECS agent's default format, quoted as Go's `%q` does. Knows no field.
//!
//! The agent's formatter: `ecs-agent/logger/log.go` of <https://github.com/aws/amazon-ecs-agent>.

use std::collections::BTreeMap;
use std::str::Chars;

/// How every line of the agent begins.
pub(super) const LINE_START: &str = "level=";

/// The pairs of a line. Words without a `=` are skipped. A line that ends inside a value has been cut, and the value might
/// have meant something else with the rest, so such a line has no pairs at all.
pub(super) fn fields(line: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut rest = line.trim();
    while let Some((word, separator, after)) = word(rest) {
        rest = after;
        if separator != Some('=') {
            continue;
        }
        let Some((value, after)) = value(rest) else { return BTreeMap::new() };
        fields.insert(word.to_owned(), value);
        rest = after;
    }
    fields
}

/// The next word, the character that ends it, and what follows.
fn word(text: &str) -> Option<(&str, Option<char>, &str)> {
    let text = text.trim_start();
    let mut chars = text.chars();
    let end = chars.find(|c| matches!(c, '=' | ' '));
    let after = chars.as_str();
    let length = text.len() - after.len() - end.map_or(0, char::len_utf8);
    text.get(..length).filter(|_| !text.is_empty()).map(|word| (word, end, after))
}

fn value(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('"') {
        Some(quoted) => unquote(quoted),
        None => word_up_to_space(text),
    }
}

/// The agent writes an empty text as `""`, so an empty word means that the line was cut.
fn word_up_to_space(text: &str) -> Option<(String, &str)> {
    let (word, after) = text.split_once(' ').unwrap_or((text, ""));
    (!word.is_empty()).then(|| (word.to_owned(), after))
}

/// The text up to the closing quotation mark, and what follows that; `None` without one.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut chars = text.chars();
    let mut value = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(unescape(&mut chars)?),
            c => value.push(c),
        }
    }
}

/// <https://go.dev/ref/spec#Rune_literals>
fn unescape(chars: &mut Chars<'_>) -> Option<char> {
    Some(match chars.next()? {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        // A byte that is no UTF-8.
        'x' => hex_number(chars, 2).map(|_| char::REPLACEMENT_CHARACTER)?,
        'u' => char_from(hex_number(chars, 4)?),
        'U' => char_from(hex_number(chars, 8)?),
        itself => itself,
    })
}

fn hex_number(chars: &mut Chars<'_>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0, |number: u32, _| Some((number << 4) | chars.next()?.to_digit(16)?))
}

fn char_from(code: u32) -> char {
    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_and_without_quotes() {
        let fields = fields(
            r#"level=info time=2026-11-19T21:13:58Z msg="a \"quoted\" \\ thing\n\u00e4\x80" ports=[{80 tcp}] empty="" n=3"#,
        );
        for (key, value) in [
            ("level", "info"),
            ("msg", "a \"quoted\" \\ thing\nä\u{fffd}"),
            ("ports", "[{80"),
            ("empty", ""),
            ("n", "3"),
        ] {
            assert_eq!(fields.get(key).map(String::as_str), Some(value), "{key}");
        }
        assert!(!fields.contains_key("tcp}]"));
    }

    #[test]
    fn a_cut_line_has_no_fields() {
        for cut in
            ["level=info msg=", r#"level=info msg="a"#, r#"level=info msg="a\"#, r#"level=info msg="a\u00"#]
        {
            assert!(fields(cut).is_empty(), "{cut}");
        }
    }
}
