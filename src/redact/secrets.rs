//! Secrets inside a text: after the name of an option, a variable, a header or a field, and, for the reports of stops,
//! in an address or known by their own form.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::names;
use super::spans::merged;
use super::{forms, tokens};

/// Stands for a secret in the report of a stop.
pub(crate) const MASK: &str = "[redacted]";

/// Hands what it finds in a text to a visitor.
type Find = fn(&[u8], &mut dyn FnMut(Range<usize>));

/// What is masked by its form in the report of a stop, whatever the user says.
static FORMS: [Find; 7] = [
    |text, found| forms::USER_IN_ADDRESS.find(text, found),
    |text, found| forms::SLACK_HOOK.find(text, found),
    tokens::find_credentials,
    tokens::find_aws_keys,
    |text, found| forms::VENDOR_TOKEN.find(text, found),
    tokens::find_jwts,
    |text, found| forms::PRIVATE_KEY.find(text, found),
];

/// A name with what may be between it and its value: `--password `, `token=`, `"secret": "`, `X-Api-Key: `, `"pin"=>"`,
/// `<password>`.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?P<dashes>-{0,2})\b(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?P<between>\\*["']? *(?:=>|[=:]) *|>|[ \t]+)(?P<quote>\\*["'])?"#,
    )
    .ok()
});

/// The text with every secret in it masked.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    masked_by(text, false)
}

/// A word or text of a command, where every variable that is set is masked as in `environment`.
pub(crate) fn masked_in_command(text: &str) -> String {
    masked_by(text, true).into_owned()
}

fn masked_by(text: &str, is_command: bool) -> Cow<'_, str> {
    match replaced(text, &named(text, is_command)) {
        Cow::Borrowed(text) => by_form(text),
        Cow::Owned(text) => Cow::Owned(by_form(&text).into_owned()),
    }
}

fn by_form(text: &str) -> Cow<'_, str> {
    let mut spans = Vec::new();
    FORMS.iter().for_each(|find| find(text.as_bytes(), &mut |range| spans.push((range, ()))));
    let ranges: Vec<Range<usize>> = merged(spans).into_iter().map(|(range, ())| range).collect();
    replaced(text, &ranges)
}

/// The text with these ranges masked, which are in order.
fn replaced<'t>(text: &'t str, ranges: &[Range<usize>]) -> Cow<'t, str> {
    let Some(last) = ranges.last() else { return Cow::Borrowed(text) };
    let mut masked = String::new();
    let mut copied = 0;
    for range in ranges {
        masked.push_str(text.get(copied..range.start).unwrap_or_default());
        masked.push_str(MASK);
        copied = range.end;
    }
    Cow::Owned(masked + text.get(last.end..).unwrap_or_default())
}

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
fn named(text: &str, is_command: bool) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let Some(names) = &*NAMES else { return ranges };
    let mut from = 0;
    let mut sets_variable = false;
    let mut tags = Tags::default();
    while let Some(found) = names.captures_at(text, from) {
        let matched = Match::new(text, &found);
        match matched.secret_end(text, is_command || sets_variable, &mut tags) {
            Some(end) => {
                ranges.push(matched.value_start..end);
                from = end;
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
    name_end: usize,
    between: &'t str,
    /// The quotation mark before the value, with backslashes inside a quoted text.
    quote: &'t str,
    value_start: usize,
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

    /// Where the secret that follows the name ends; `None` when none does. Asks the name first: where each value
    /// is searched to its end, a hostile text takes for ever.
    fn secret_end(&self, text: &str, sets_variable: bool, tags: &mut Tags) -> Option<usize> {
        let rest = text.get(self.value_start..).filter(|rest| self.names_secret(rest, sets_variable))?;
        let length = match self.between {
            ">" => tags.content_length(text, self.value_start),
            _ => self.value_length(rest),
        };
        (length > 0).then_some(self.value_start + length)
    }

    fn names_secret(&self, rest: &str, sets_variable: bool) -> bool {
        // A field in quotes; the quotation mark before it was passed over.
        let is_field = self.between.contains(['"', '\'']);
        match self.between.trim_matches(|c| matches!(c, '\\' | '"' | '\'' | ' ' | '\t')) {
            "=" | "=>" => names::is_secret(self.name) || sets_variable && is_variable(self.name),
            ">" => self.is_element && names::is_secret_field(self.name),
            ":" if is_field => names::is_secret(self.name),
            ":" => {
                names::is_header(self.name, rest) || !self.is_in_path && names::is_field_in_text(self.name)
            }
            _ => self.dashes > 0 && !rest.starts_with("--") && names::is_secret(self.name),
        }
    }

    /// Bytes up to the value's quotation mark, or up to what separates it from the next.
    fn value_length(&self, rest: &str) -> usize {
        let length = match self.quote {
            "" if self.is_header(rest) => rest.find(['"', '\'', '\n', '\r']),
            "" => rest
                .find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | ',' | '"' | '\'' | ')' | '}')),
            quote => end_of_quoted(rest, quote),
        };
        length.unwrap_or(rest.len())
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

/// Where a quoted text ends; a mark with one backslash more than the first had is inside.
fn end_of_quoted(rest: &str, quote: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + rest.get(from..)?.find(quote)?;
        let is_escaped = rest.get(..at)?.ends_with('\\');
        if !is_escaped {
            return Some(at);
        }
        from = at + quote.len();
    }
}

/// `LOG_LEVEL`, as variables are written.
fn is_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
