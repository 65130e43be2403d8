//! Secrets inside a text: after the name of an option, a variable, a header or a field.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{names, values};

/// Attributes of an element of XML that are longer are not looked through.
const MAX_ATTRIBUTES_BYTES: usize = 256;

/// A name with what may be between it and its value: `--password `, `token=`, `"secret": "`, `X-Api-Key: `, `"pin"=>"`,
/// `<password>`, `user[password]=`, `"--password","`.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?P<dashes>-{0,2})\b(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?P<between>\\*["']?\]?[ \t\u{a0}]*(?:=>|[=:])[ \t\u{a0}]*|\\*["'] *, *|>|[ \t]+)(?P<quote>\\*["'])?"#,
    )
    .ok()
});

/// Hands every secret after a name to `found`; bytes that are not UTF-8 count as letters.
pub(super) fn find_named(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    named(&readable(text), false).into_iter().for_each(found);
}

/// The text with a letter for each byte that is not UTF-8, so that all others stay where they are.
fn readable(text: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(text) {
        return Cow::Borrowed(text);
    }
    let mut readable = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        readable.push_str(chunk.valid());
        readable.extend(chunk.invalid().iter().map(|_| 'x'));
    }
    Cow::Owned(readable)
}

/// What follows a name that says so; in a command, after every name of a variable. In order.
pub(super) fn named(text: &str, is_command: bool) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let Some(names) = &*NAMES else { return ranges };
    let mut from = 0;
    let mut sets_variable = false;
    let mut tags = Tags::default();
    while let Some(found) = names.captures_at(text, from) {
        let matched = Match::new(text, &found);
        match matched.secret(text, is_command || sets_variable, &mut tags) {
            Some(secret) => {
                from = secret.end;
                ranges.push(secret);
            }
            // A value may be a name itself: `--verbose --password x`.
            None => from = matched.name_end,
        }
        sets_variable = matched.is_followed_by_variable();
    }
    ranges
}

/// One name in a text, and where its value would begin.
struct Match<'t> {
    dashes: usize,
    name: &'t str,
    /// The name ends a path: `/etc/passwd`.
    is_in_path: bool,
    /// The name may be that of an element of XML.
    is_element: bool,
    /// The name stands in a mask: `[aws_key]`.
    is_in_mask: bool,
    name_end: usize,
    between: &'t str,
    /// The quotation mark before the value, with backslashes inside a quoted text.
    quote: &'t str,
    value_start: usize,
}

/// Whether brackets and the name between them are the mask of a rule; `user[aws_key]=` is a field.
fn is_mask(before: &str, name: &str, after: &str) -> bool {
    let is_bracketed = after.starts_with(']')
        && before
            .strip_suffix('[')
            .is_some_and(|text| !text.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    is_bracketed && names::OF_MASKS.contains(&name)
}

impl<'t> Match<'t> {
    fn new(text: &'t str, found: &Captures<'t>) -> Self {
        let group = |name| found.name(name).map_or("", |group| group.as_str());
        let before = found.get(0).and_then(|all| text.get(..all.start())).unwrap_or_default();
        Self {
            dashes: group("dashes").len(),
            name: group("name"),
            is_in_path: before.ends_with(['/', '\\']),
            is_element: before.ends_with(['<', ':']),
            is_in_mask: is_mask(before, group("name"), group("between")),
            name_end: found.name("name").map_or(text.len(), |name| name.end()),
            between: group("between"),
            quote: group("quote"),
            value_start: found.get(0).map_or(text.len(), |all| all.end()),
        }
    }

    /// `-e NAME=value`, `--env NAME=value`, `export NAME=value`.
    fn is_followed_by_variable(&self) -> bool {
        matches!((self.dashes, self.name), (1, "e") | (2, "env") | (0, "export"))
    }

    /// The secret that follows the name; `None` when none does. Asks the name first: where each value is searched to its
    /// end, a hostile text takes for ever.
    fn secret(&self, text: &str, sets_variable: bool, tags: &mut Tags) -> Option<Range<usize>> {
        if let Some(start) = self.content_start(text) {
            let length = tags.content_length(text, start);
            return (length > 0).then_some(start..start + length);
        }
        let rest = text.get(self.value_start..).filter(|rest| self.names_secret(rest, sets_variable))?;
        let value = self.value(rest);
        (!value.is_empty()).then_some(self.value_start + value.start..self.value_start + value.end)
    }

    /// Where the content of an element of XML begins that is named so, behind its attributes.
    fn content_start(&self, text: &str) -> Option<usize> {
        let is_secret = self.dashes == 0 && self.is_element && names::is_secret_field(self.name);
        match self.between {
            ">" => is_secret.then_some(self.value_start),
            between if is_secret && between.trim_ascii().is_empty() => {
                let attributes = text.as_bytes().get(self.name_end..)?.iter().take(MAX_ATTRIBUTES_BYTES);
                let at = attributes.clone().position(|byte| matches!(byte, b'<' | b'>'))?;
                let start = self.name_end + at + 1;
                (text.as_bytes().get(start - 1) == Some(&b'>')).then_some(start)
            }
            _ => None,
        }
    }

    fn names_secret(&self, rest: &str, sets_variable: bool) -> bool {
        if self.is_in_mask {
            return false;
        }
        // A field in quotes; the quotation mark before it was passed over.
        let is_field = self.between.contains(['"', '\'']);
        match self.between.trim_matches(|c| matches!(c, '\\' | '"' | '\'' | ']' | ' ' | '\t' | '\u{a0}')) {
            "=" | "=>" => names::is_secret(self.name) || sets_variable && is_variable(self.name),
            ">" => false,
            // A list of the words of a command.
            "," => {
                self.dashes > 0
                    && !self.quote.is_empty()
                    && !rest.starts_with("--")
                    && names::is_secret(self.name)
            }
            ":" if is_field => names::is_secret(self.name),
            ":" => {
                names::is_header(self.name, rest) || !self.is_in_path && names::is_field_in_text(self.name)
            }
            _ => self.dashes > 0 && !rest.starts_with("--") && names::is_secret(self.name),
        }
    }

    /// Up to the value's quotation mark, or up to what separates it from the next.
    fn value(&self, rest: &str) -> Range<usize> {
        match self.quote {
            "" if self.is_header(rest) => 0..values::header_length(rest),
            "" => 0..values::bare_length(rest),
            quote => values::quoted(rest, quote),
        }
    }

    /// The value of a header has blanks in it.
    fn is_header(&self, rest: &str) -> bool {
        self.between.trim() == ":" && names::is_header(self.name, rest)
    }
}

/// The tags of a text, each looked for once: there may be as many names before one as the text has room for.
#[derive(Default)]
struct Tags {
    /// Where the next begins; none begins between there and the place that was asked for last.
    next: Option<usize>,
}

impl Tags {
    /// Length of the content of an element that begins at `start`; 0 where no end tag follows it.
    fn content_length(&mut self, text: &str, start: usize) -> usize {
        let next = self.next.filter(|next| *next >= start).unwrap_or_else(|| {
            let rest = text.get(start..).unwrap_or_default();
            start + rest.find('<').unwrap_or(rest.len())
        });
        self.next = Some(next);
        match text.get(next..).is_some_and(|rest| rest.starts_with("</")) {
            true => next - start,
            false => 0,
        }
    }
}

/// `LOG_LEVEL`, as variables are written.
fn is_variable(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
