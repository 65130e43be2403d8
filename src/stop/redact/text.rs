//! Secrets inside a text: behind the name of an option, a variable, a header or a field, in an address, or known by
//! their own form.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::MASK;
use super::names;

/// What is masked by its form, whatever stands before it; what the group `kept` holds stays. Forms of the vendors' keys:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>,
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>,
/// <https://docs.slack.dev/authentication/tokens>, read 2026-11.
static FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        // An address's user and password; what stands before the last @ of the authority.
        r"(?P<address>[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s'\x22<>]+@",
        r"(?P<hook>https://hooks\.slack\.com/services/)[A-Za-z0-9/_-]+",
        r"(?P<scheme>\b(?i:bearer|basic) +)[A-Za-z0-9._~+/-]{8,}=*",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})",
        r"\b(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{10,})",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    ];
    Regex::new(&forms.join("|")).ok()
});

/// A name with what may stand between it and its value: `--password `, `token=`, `"secret": "`, `X-Api-Key: `.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?P<dashes>-{0,2})\b(?P<name>[A-Za-z][A-Za-z0-9_.-]*)(?P<between>\\*["']? *[=:] *|[ \t]+)(?P<quote>\\*["'])?"#,
    )
    .ok()
});

/// The text with every secret in it masked.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    match by_name(text, false) {
        Cow::Borrowed(text) => by_form(text),
        Cow::Owned(text) => Cow::Owned(by_form(&text).into_owned()),
    }
}

/// A word or text of a command, where every variable that is set is masked as in `environment`.
pub(super) fn masked_in_command(text: &str) -> String {
    by_form(&by_name(text, true)).into_owned()
}

fn by_form(text: &str) -> Cow<'_, str> {
    let Some(forms) = &*FORMS else { return Cow::Borrowed(text) };
    forms.replace_all(text, |found: &Captures<'_>| {
        let group = |name| found.name(name).map_or("", |group| group.as_str());
        let at = if found.name("address").is_some() { "@" } else { "" };
        let scheme = group("scheme");
        if !scheme.is_empty() && !has_digit_or_sign(found, scheme) {
            // Prose: "Bearer authentication failed".
            return found.get(0).map_or_else(String::new, |all| all.as_str().to_owned());
        }
        format!("{}{}{scheme}{MASK}{at}", group("address"), group("hook"))
    })
}

fn has_digit_or_sign(found: &Captures<'_>, scheme: &str) -> bool {
    let token = found.get(0).and_then(|all| all.as_str().strip_prefix(scheme)).unwrap_or_default();
    token.chars().any(|c| !c.is_ascii_alphabetic())
}

/// Masks what stands behind a name that says so; in a command, behind every name of a variable.
fn by_name(text: &str, is_command: bool) -> Cow<'_, str> {
    let Some(names) = &*NAMES else { return Cow::Borrowed(text) };
    let mut masked = String::new();
    let mut copied = 0;
    let mut from = 0;
    let mut sets_variable = false;
    while let Some(found) = names.captures_at(text, from) {
        let matched = Match::new(text, &found);
        match matched.secret_end(text, is_command || sets_variable) {
            Some(end) => {
                masked.push_str(text.get(copied..matched.value_start).unwrap_or_default());
                masked.push_str(MASK);
                copied = end;
                from = end;
            }
            // A value may be a name itself: `--verbose --password x`.
            None => from = matched.name_end,
        }
        sets_variable = matched.is_followed_by_variable();
    }
    match copied {
        0 => Cow::Borrowed(text),
        _ => Cow::Owned(masked + text.get(copied..).unwrap_or_default()),
    }
}

/// One name in a text, and where its value would begin.
struct Match<'t> {
    dashes: usize,
    name: &'t str,
    /// The name ends a path: `/etc/passwd`.
    is_in_path: bool,
    name_end: usize,
    between: &'t str,
    /// The quotation mark before the value, with backslashes inside a quoted text.
    quote: &'t str,
    value_start: usize,
}

impl<'t> Match<'t> {
    fn new(text: &'t str, found: &Captures<'t>) -> Self {
        let group = |name| found.name(name).map_or("", |group| group.as_str());
        Self {
            dashes: group("dashes").len(),
            name: group("name"),
            is_in_path: found
                .get(0)
                .and_then(|all| text.get(..all.start()))
                .is_some_and(|before| before.ends_with(['/', '\\'])),
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

    /// Where the secret ends that stands behind the name; `None` when none does. Asks the name first: where each value
    /// is searched to its end, a hostile text takes for ever.
    fn secret_end(&self, text: &str, sets_variable: bool) -> Option<usize> {
        let rest = text.get(self.value_start..).filter(|rest| self.names_secret(rest, sets_variable))?;
        let length = self.value_length(rest);
        (length > 0).then_some(self.value_start + length)
    }

    fn names_secret(&self, rest: &str, sets_variable: bool) -> bool {
        // A field in quotes; the quotation mark before it was passed over.
        let is_field = self.between.contains(['"', '\'']);
        match self.between.trim_matches(|c| matches!(c, '\\' | '"' | '\'' | ' ' | '\t')) {
            "=" => names::is_secret(self.name) || sets_variable && is_variable(self.name),
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
