//! What is known by its form alone, whatever stands before it. Forms of the vendors' keys:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>,
//! <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>,
//! <https://docs.slack.dev/authentication/tokens>, read 2026-11.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// The group of a pattern that is masked; without one, all that matches is.
pub(super) const MASKED_GROUP: &str = "mask";

/// A pattern that is compiled when it is first searched for.
pub(super) struct Form {
    pattern: LazyLock<Option<Regex>>,
    /// Whether what matched is meant.
    is_meant: fn(&[u8]) -> bool,
}

impl Form {
    const fn new(compile: fn() -> Option<Regex>) -> Self {
        Self { pattern: LazyLock::new(compile), is_meant: |_| true }
    }

    pub(super) fn find(&self, text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
        let Some(pattern) = &*self.pattern else { return };
        matches(pattern, text, &mut |range| {
            if text.get(range.clone()).is_some_and(self.is_meant) {
                found(range);
            }
        });
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

/// What stands before the last @ of an address's authority.
pub(super) static USER_IN_ADDRESS: Form =
    Form::new(|| Regex::new(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<mask>(?-u:[^/?#\s'\x22<>])+)@").ok());

/// "Bearer authentication failed" is prose.
pub(super) static SCHEME: Form = Form {
    pattern: LazyLock::new(|| {
        Regex::new(r"(?-u:\b)(?i-u:bearer|basic) +(?P<mask>[A-Za-z0-9._~+/-]{8,}=*)").ok()
    }),
    is_meant: |token| token.iter().any(|byte| !byte.is_ascii_alphabetic()),
};

pub(super) static AWS_KEY: Form =
    Form::new(|| Regex::new(r"(?-u:\b)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?-u:\b)").ok());

pub(super) static JWT: Form =
    Form::new(|| Regex::new(r"(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*").ok());

pub(super) static PRIVATE_KEY: Form = Form::new(|| {
    Regex::new(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s-u:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)").ok()
});

pub(super) static VENDOR_TOKEN: Form = Form::new(|| {
    let forms = [
        r"(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})",
        r"(?-u:\b)(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{10,})",
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
        for form in [&USER_IN_ADDRESS, &SCHEME, &AWS_KEY, &JWT, &PRIVATE_KEY, &VENDOR_TOKEN, &SLACK_HOOK] {
            assert!(form.pattern.is_some());
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
