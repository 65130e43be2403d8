//! What is known by its form alone, whatever comes before it, and is rare in logs. Forms of the vendors' keys:
//! <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>,
//! <https://docs.slack.dev/authentication/tokens>, read 2026-11.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// The group of a pattern that is masked; without one, all that matches is.
pub(super) const MASKED_GROUP: &str = "mask";

/// A pattern that is compiled when it is first searched for.
pub(super) struct Form(LazyLock<Option<Regex>>);

impl Form {
    const fn new(compile: fn() -> Option<Regex>) -> Self {
        Self(LazyLock::new(compile))
    }

    /// The pattern, as a rule has one.
    pub(super) fn regex(&self) -> Option<Regex> {
        self.0.clone()
    }

    pub(super) fn find(&self, text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
        self.0.iter().for_each(|pattern| matches(pattern, text, found));
    }
}

/// Hands what the pattern masks to `found`; empty matches are none.
pub(super) fn matches(pattern: &Regex, text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let has_group = pattern.capture_names().flatten().any(|name| name == MASKED_GROUP);
    if has_group {
        let groups = pattern.captures_iter(text).filter_map(|captures| captures.name(MASKED_GROUP));
        groups.filter(|group| !group.is_empty()).for_each(|group| found(group.range()));
    } else {
        pattern.find_iter(text).filter(|all| !all.is_empty()).for_each(|all| found(all.range()));
    }
}

/// What comes before the last @ of an address's authority.
pub(super) static USER_IN_ADDRESS: Form =
    Form::new(|| Regex::new(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<mask>(?-u:[^/?#\s'\x22<>])+)@").ok());

/// What every line has that begins a private key, or something else in PEM.
pub(super) const BEGIN: &str = "-----BEGIN ";

/// What every line has that ends one.
pub(super) const END: &str = "-----END ";

/// What a line ends with that begins or ends one.
const DASHES: &str = "-----";

/// Bytes of something in PEM at the beginning; all of the text where its end was cut.
pub(super) fn pem_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix(BEGIN)?;
    let Some((inside, after)) = inside.split_once(END) else { return Some(text.len()) };
    let is_label = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    let label = after.bytes().take_while(is_label).count();
    let dashes = after.get(label..).filter(|rest| rest.starts_with(DASHES)).map_or(0, |_| DASHES.len());
    Some(BEGIN.len() + inside.len() + END.len() + label + dashes)
}

pub(super) static PRIVATE_KEY: Form = Form::new(|| {
    let line = "PRIVATE KEY(?: BLOCK)?-----";
    Regex::new(&format!(r"-----BEGIN [A-Z0-9 ]*{line}(?s-u:.*?)(?:-----END [A-Z0-9 ]*{line}|\z)")).ok()
});

static END_OF_KEY: Form = Form::new(|| Regex::new("-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----").ok());

/// Where the first private key of a text ends.
pub(super) fn end_of_key(text: &str) -> Option<usize> {
    Some(END_OF_KEY.0.as_ref()?.find(text.as_bytes())?.end())
}

/// Whether the text breaks off in a private key.
pub(super) fn begins_key(text: &str) -> bool {
    let mut is_cut = false;
    let ends = |key: &[u8]| END_OF_KEY.0.as_ref().is_some_and(|end| end.is_match(key));
    PRIVATE_KEY.find(text.as_bytes(), &mut |key| {
        is_cut = !text.as_bytes().get(key).is_some_and(ends);
    });
    is_cut
}

pub(super) static VENDOR_TOKEN: Form = Form::new(|| {
    let forms = [
        r"(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent)-[A-Za-z0-9_-]{16,}(?:\.[a-z0-9]{2}\.[a-z0-9]{7,9})?)",
        r"(?-u:\b)(?:xox[abcdeoprs]-[A-Za-z0-9%-]{10,}|xapp-[A-Za-z0-9-]{10,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{16,}=*)",
    ];
    Regex::new(&forms.join("|")).ok()
});

/// An incoming webhook of Slack, whose path is its secret.
pub(super) static SLACK_HOOK: Form =
    Form::new(|| Regex::new(r"https://hooks\.slack\.com/services/(?P<mask>[A-Za-z0-9/_-]+)").ok());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_compiles() {
        for form in [&USER_IN_ADDRESS, &PRIVATE_KEY, &END_OF_KEY, &VENDOR_TOKEN, &SLACK_HOOK] {
            assert!(form.0.is_some());
        }
    }

    #[test]
    fn only_the_group_of_that_name_is_masked_where_there_is_one() {
        let found = |pattern: &str, text: &str| {
            let mut all = Vec::new();
            matches(&Regex::new(pattern).unwrap(), text.as_bytes(), &mut |range| {
                all.extend(text.get(range).map(str::to_owned))
            });
            all
        };
        assert_eq!(found(r"user=(?P<mask>\d+)", "user=12 user=x user=3"), ["12", "3"]);
        assert_eq!(found(r"(user|id)=\d+", "user=12"), ["user=12"]);
        assert_eq!(found(r"\d*", "a1b"), ["1"]);
    }
}
