//! Secrets inside a text: after the name of an option, a variable, a header or a field.
//!
//! A name is looked for from what follows it, a separator (`=`, `:`) or the dash of an option, and from the `<` of an element of
//! XML: a search that begins at each word takes ten times as long.

use std::borrow::Cow;
use std::ops::Range;

use super::{elements, names, values};

/// Stands for a byte that is not UTF-8: no letter of a name, and nothing that ends a value.
const NO_TEXT: char = '\u{1a}';

/// Hands every secret after a name to `found`; bytes that are not UTF-8 end no value.
pub(super) fn find_named(text: &[u8], is_command: bool, found: &mut dyn FnMut(Range<usize>)) {
    named(&readable(text), is_command).into_iter().for_each(found);
}

/// The text with one byte for each that is not UTF-8, so that all others stay where they are.
fn readable(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text) {
        return Cow::Borrowed(text);
    }
    let mut readable = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        readable.push_str(chunk.valid());
        readable.extend(chunk.invalid().iter().map(|_| NO_TEXT));
    }
    Cow::Owned(readable)
}

/// What follows a name that says so; in a command, after every name of a variable. In order.
pub(super) fn named(text: &str, is_command: bool) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut search = Search { text, is_command, done: 0, tags: elements::Tags::default() };
    let mut at = 0;
    while let Some(sign) = next_sign(text, at) {
        at = sign + 1;
        if let Some(secret) = search.secret(sign).filter(|secret| !secret.is_empty()) {
            (at, search.done) = (secret.end.max(at), secret.end);
            ranges.push(secret);
        }
    }
    ranges
}

/// Where the next byte is that may follow a name, or begin an option or an element.
fn next_sign(text: &str, from: usize) -> Option<usize> {
    let is_sign = |byte: &u8| matches!(byte, b'=' | b':' | b'-' | b'<');
    text.as_bytes().get(from..)?.iter().position(is_sign).map(|at| from + at)
}

/// A text on the way from its beginning to its end.
struct Search<'t> {
    text: &'t str,
    is_command: bool,
    /// Where the secret before ends.
    done: usize,
    tags: elements::Tags,
}

impl Search<'_> {
    /// The secret whose name is around the sign at `at`.
    fn secret(&mut self, at: usize) -> Option<Range<usize>> {
        match self.text.as_bytes().get(at)? {
            b'-' => self.of_option(at),
            b'<' if !self.text.get(at..)?.starts_with("<-") => self.tags.secret(self.text, at),
            _ => self.of_field(at),
        }
    }

    /// The value of an option whose last dash is at `at`: `--password x`, `"--password", "x"`.
    fn of_option(&self, at: usize) -> Option<Range<usize>> {
        // Within a name there is a dash before each of its parts: it is read at its beginning alone.
        let after = self.text.get(at + 1..).filter(|after| after.starts_with(is_letter))?;
        if self.text.get(..=at)?.trim_end_matches(['-', '.']).ends_with(is_letter) {
            return None;
        }
        let name = after.get(..name_length(after))?;
        let value = value_of_option(after.get(name.len()..)?)?;
        let start = self.text.len() - value.len();
        let quote = values::quotation_mark(value).unwrap_or_default();
        let word = value.get(quote.len()..)?;
        let is_value = names::may_follow_option(word.as_bytes()) && names::is_secret(name);
        is_value.then(|| self.value(start, value, values::Kind::Word))
    }

    /// The value behind the separator at `at`: `token=`, `"secret": "`, `X-Api-Key: `, `"pin"=>"`, `user[password]=`.
    fn of_field(&self, at: usize) -> Option<Range<usize>> {
        let field = Field::before(self.text.get(self.done..at)?, self.text.get(..at)?)?;
        let separator = Separator::of(self.text.get(at..)?)?;
        let end = at + separator.length;
        let (start, rest) = values::start(self.text, end, separator.may_end_line);
        if !self.names_secret(&field, separator, rest) {
            return None;
        }
        let is_header = separator.is_colon && !field.is_quoted && names::is_header(field.name, rest);
        let kind = if is_header { values::Kind::Header } else { values::Kind::Word };
        let lines = if separator.may_end_line { values::lines(self.text, at..end, start) } else { None };
        Some(lines.unwrap_or_else(|| self.value(start, rest, kind)))
    }

    fn value(&self, start: usize, rest: &str, kind: values::Kind) -> Range<usize> {
        let value = values::value(rest, kind);
        start + value.start..start + value.end
    }

    fn names_secret(&self, field: &Field<'_>, separator: Separator, rest: &str) -> bool {
        let name = field.name;
        if field.is_in_mask {
            return false;
        }
        if !separator.is_colon {
            return names::is_secret(name) || names::is_variable(name) && self.is_set(field);
        }
        match field.is_quoted {
            true => names::is_secret(name) || rest.starts_with('[') && names::is_list(name),
            false if field.is_in_path => names::is_header(name, rest),
            false => {
                names::is_header(name, rest)
                    || names::is_field_in_text(name)
                    || names::is_credentials(name, rest)
            }
        }
    }

    /// `-e NAME=value`, `--env NAME=value`, `export NAME=value`.
    fn is_set(&self, field: &Field<'_>) -> bool {
        let before = field.before.trim_end_matches(|c| {
            matches!(c, ' ' | '\t' | '"' | '\'' | '\\' | ',' | '=' | ':' | '$' | '(' | '[')
        });
        let sets = |word: &str| before.strip_suffix(word).is_some_and(|text| !text.ends_with(is_in_name));
        self.is_command || ["-e", "--env", "export"].into_iter().any(sets)
    }
}

/// A name and how it stands before its separator.
struct Field<'t> {
    name: &'t str,
    before: &'t str,
    /// The name is in quotation marks, as in JSON.
    is_quoted: bool,
    /// The name ends a path: `/etc/passwd`.
    is_in_path: bool,
    /// The name stands in a mask: `[aws_key]`.
    is_in_mask: bool,
}

impl<'t> Field<'t> {
    /// The field whose name ends `unread`, the end of `before`, but for what may stand between it and its separator.
    fn before(unread: &'t str, before: &'t str) -> Option<Self> {
        let open = unread.trim_end_matches(['?', '+']).trim_end_matches(values::is_blank);
        let open = without_index(open);
        let inside = open.strip_suffix(']').unwrap_or(open);
        let unquoted = inside.strip_suffix(['"', '\'', '`']).unwrap_or(inside);
        let is_quoted = unquoted.len() < inside.len();
        let unquoted = unquoted.trim_end_matches('\\');
        let start = unquoted.trim_end_matches(is_in_name).len();
        let name = unquoted.get(start..)?.trim_start_matches(['-', '.']);
        if name.is_empty() {
            return None;
        }
        let name_start = before.len() - unread.len() + unquoted.len() - name.len();
        let before = before.get(..name_start)?;
        Some(Self {
            name,
            before,
            is_quoted,
            is_in_path: before.trim_end_matches('-').ends_with(['/', '\\']),
            is_in_mask: inside.len() < open.len() && !is_quoted && is_mask(before, name),
        })
    }
}

/// The text without the index of an item at its end: `password[0]`, `password[]`.
fn without_index(text: &str) -> &str {
    let index = text.strip_suffix(']').map(|text| text.trim_end_matches(|c: char| c.is_ascii_digit()));
    index.and_then(|text| text.strip_suffix('[')).unwrap_or(text)
}

/// Whether the bracket before a name is that of a rule's mask; `user[aws_key]=` is a field.
fn is_mask(before: &str, name: &str) -> bool {
    let is_bracketed = before
        .strip_suffix('[')
        .is_some_and(|text| !text.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    is_bracketed && names::OF_MASKS.contains(&name)
}

/// What stands between a name and its value.
#[derive(Clone, Copy)]
struct Separator {
    is_colon: bool,
    /// The value may stand below it.
    may_end_line: bool,
    length: usize,
}

impl Separator {
    /// The separator at the beginning: `=`, `:`, `=>`, `:=`, `==`, `<-`.
    fn of(rest: &str) -> Option<Self> {
        if rest.starts_with("<-") {
            return Some(Self { is_colon: false, may_end_line: false, length: 2 });
        }
        let colon = usize::from(rest.starts_with(':'));
        let mut length = colon;
        while let Some(sign) = rest.get(length..).and_then(equals) {
            length += sign;
        }
        let is_colon = length == colon;
        let may_end_line = is_colon || rest.get(..length)?.ends_with('>');
        (length > 0).then_some(Self { is_colon, may_end_line, length })
    }
}

/// Bytes up to the end of an equals sign, if only blanks are before it.
fn equals(rest: &str) -> Option<usize> {
    let sign = rest.trim_start_matches(values::is_blank).strip_prefix('=')?;
    Some(rest.len() - sign.strip_prefix('>').unwrap_or(sign).len())
}

/// The text from the value of an option on, which begins behind blanks, or in a list of words as the next of them.
fn value_of_option(rest: &str) -> Option<&str> {
    let value = rest.trim_start_matches([' ', '\t']);
    if value.len() < rest.len() {
        return Some(value);
    }
    let quote = values::quotation_mark(rest)?;
    let value = rest.get(quote.len()..)?.trim_start_matches(' ').strip_prefix(',')?.trim_start_matches(' ');
    values::quotation_mark(value).map(|_| value)
}

fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| is_in_name(char::from(*byte))).count()
}

const fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

const fn is_in_name(c: char) -> bool {
    is_letter(c) || matches!(c, '.' | '-')
}
