//! Secrets in the reports of stops and in what vendors answer: masked whatever the user says, for a report is read by more
//! people than a log.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::redactor::{RedactionRule, Redactor};
use super::rule::BuiltInRule;
use super::style::MaskStyle;
use super::{forms, secrets};

/// Stands for a secret in a report.
pub(crate) const MASK: &str = "[redacted]";

/// The rules for secrets, all under the name of the mask.
static SECRETS: LazyLock<Redactor> = LazyLock::new(|| {
    use BuiltInRule::{AwsKey, Bearer, Jwt, PrivateKey, Secret, UrlPassword, VendorToken};
    let name = MASK.trim_matches(['[', ']']);
    let built_in = [UrlPassword, Bearer, AwsKey, VendorToken, Jwt, PrivateKey, Secret];
    let hook = forms::SLACK_HOOK.regex().map(|regex| RedactionRule::pattern(name.to_owned(), regex));
    let rules = built_in.into_iter().map(|rule| RedactionRule::built_in(rule).named(name)).chain(hook);
    Redactor::new(rules.enumerate().collect(), MaskStyle::Name)
});

/// The text with every secret in it masked, also those behind escapes.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    masked_by(text, false)
}

/// A word or text of a command, where every variable that is set is masked as in `environment`.
pub(crate) fn masked_in_command(text: &str) -> String {
    masked_by(text, true).into_owned()
}

/// The names first, as they stand: a variable that is set (`-e NAME=…`) needs no name that says it is secret.
fn masked_by(text: &str, is_command: bool) -> Cow<'_, str> {
    let ranges = secrets::named(text, is_command);
    if ranges.is_empty() {
        return by_rules(text);
    }
    let mut named = String::with_capacity(text.len());
    let mut copied = 0;
    for range in ranges {
        named.push_str(text.get(copied..range.start).unwrap_or_default());
        named.push_str(MASK);
        copied = range.end;
    }
    named.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(by_rules(&named).into_owned())
}

fn by_rules(text: &str) -> Cow<'_, str> {
    match SECRETS.text(text.as_bytes(), &mut []) {
        Some(masked) => Cow::Owned(String::from_utf8_lossy(&masked).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// The records of one container, one after the other, with secrets masked: also a private key that is spread over them, and one
/// whose beginning is not among them any more.
pub(crate) fn masked_records(records: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut is_in_key = false;
    for record in records {
        let key_end = forms::end_of_key(&record).filter(|_| is_in_key || !is_key_whole(&record));
        if is_in_key && key_end.is_none() && is_key_body(&record) {
            continue;
        }
        if key_end.is_some() {
            while kept.pop_if(|before| is_key_body(before)).is_some() {}
        }
        let text = key_end.and_then(|end| record.get(end..)).unwrap_or(&record);
        is_in_key = forms::begins_key(text);
        let text = masked(text);
        kept.push(if key_end.is_some() { format!("{MASK}{text}") } else { text.into_owned() });
    }
    kept
}

/// Whether a key begins before it ends.
fn is_key_whole(text: &str) -> bool {
    text.split("-----END ").next().is_some_and(|before| before.contains("-----BEGIN "))
}

/// Whether every line is one of a key in PEM.
fn is_key_body(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut lines = text.lines().map(str::trim).peekable();
    lines.peek().is_some() && lines.all(|line| !line.is_empty() && line.chars().all(is_base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_colours_hide_no_secret() {
        for (text, expected) in [
            (r#"{"dsn":"mysql:\/\/root:hunter2@db\/app"}"#, r#"{"dsn":"mysql:\/\/[redacted]@db\/app"}"#),
            (r#"{"pass\u0077ord":"hunter2"}"#, r#"{"pass\u0077ord":"[redacted]"}"#),
            ("next=%2F%3Faccess_token%3Dhunter2", "next=%2F%3Faccess_token%3D[redacted]"),
            ("\u{1b}[36mpassword\u{1b}[0m=hunter2 x", "\u{1b}[36mpassword\u{1b}[0m=[redacted] x"),
            ("https://hooks.slack.com/services/T0/B0/hunter2", "https://hooks.slack.com/services/[redacted]"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn a_key_is_masked_in_one_record_in_many_and_without_its_beginning() {
        let key =
            ["-----BEGIN RSA PRIVATE KEY-----", "MIIEhunter2", "abc+/=", "-----END RSA PRIVATE KEY-----"];
        let masked = |records: &[&str]| masked_records(records.iter().map(|record| (*record).to_owned()));
        assert_eq!(masked(&["a", &key.join("\n"), "b"]), ["a", "[redacted]", "b"]);
        assert_eq!(masked(&[&["a"], &key[..], &["b"]].concat()), ["a", "[redacted]", "[redacted]", "b"]);
        assert_eq!(masked(&[&key[1..], &["b"]].concat()), ["[redacted]", "b"]);
        assert_eq!(masked(&[&(key[1..].join("\n") + "\nb")]), ["[redacted]\nb"]);
        assert_eq!(masked(&[key[0], "another line", "abc"]), ["[redacted]", "another line", "abc"]);
        assert_eq!(masked(&["-----END CERTIFICATE-----", "abc"]), ["-----END CERTIFICATE-----", "abc"]);
    }
}
