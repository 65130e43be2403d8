//! Secrets in the reports of stops and in what vendors answer: masked whatever the user says, for a report is read by more
//! people than a log.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::edit::{Edit, edited, united};
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

fn masked_by(text: &str, is_command: bool) -> Cow<'_, str> {
    let edits = edits(text, is_command);
    if edits.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(String::from_utf8_lossy(&edited(text.as_bytes(), &edits)).into_owned())
}

/// What the rules and the names find, both in the text as it stands: a mask that one writes may hide what the other knows the
/// rest of a secret by. The names also by themselves: a variable that is set (`-e NAME=…`) needs none that says it is secret.
fn edits(text: &str, is_command: bool) -> Vec<Edit> {
    let mask = |range| Edit { range, text: MASK.into(), rule: 0 };
    let named = secrets::named(text, is_command).into_iter().map(mask);
    united(SECRETS.edits_of(text.as_bytes()), named.collect())
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
    use proptest::prelude::*;

    use super::*;

    /// What secrets are made of, and what separates them. Without brackets, so that no text is JSON.
    const PIECES: [&str; 30] = [
        "PRIVATE_KEY=",
        "DSN_SECRET=",
        "password=",
        "password: ",
        "\"secret\": \"",
        "Authorization: ",
        "-e NAME=",
        "--token ",
        "x-api-key: ",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----END RSA PRIVATE KEY-----",
        "MIIEhunter1",
        "postgres://web:",
        "pa,hunter2",
        "@db/app",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl",
        "Bearer ",
        "Basic ",
        "abcdef0123456789abcdef",
        "ghp_0123456789abcdefghij0123456789",
        "https://hooks.slack.com/services/T0/B0/x",
        " ",
        "\n",
        "\\n",
        ",",
        "\"",
        "'",
        "\u{1b}[31m",
        "%20",
    ];

    const RULES: [BuiltInRule; 7] = {
        use BuiltInRule::{AwsKey, Bearer, Jwt, PrivateKey, Secret, UrlPassword, VendorToken};
        [AwsKey, Bearer, Jwt, PrivateKey, Secret, UrlPassword, VendorToken]
    };

    /// What each rule and the names find by themselves.
    fn found_alone(text: &str, is_command: bool) -> Vec<std::ops::Range<usize>> {
        let mut found = secrets::named(text, is_command);
        for rule in RULES {
            rule.find(text.as_bytes(), &mut |range| found.push(range));
        }
        forms::SLACK_HOOK.find(text.as_bytes(), &mut |range| found.push(range));
        found
    }

    proptest! {
        #[test]
        fn what_one_rule_or_a_name_finds_is_masked_whatever_others_find(
            pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 1..12),
            is_command: bool,
        ) {
            let text = pieces.concat();
            let edits = edits(&text, is_command);
            for range in found_alone(&text, is_command).iter().filter(|range| !range.is_empty()) {
                let is_masked = |edit: &Edit| edit.range.start <= range.start && range.end <= edit.range.end;
                prop_assert!(edits.iter().any(is_masked), "{text:?} {range:?}");
            }
            let json = masked(&serde_json::json!({ "log": text }).to_string()).into_owned();
            let masked = masked(&text);
            for secret in PIECES.iter().filter(|piece| piece.contains(|c: char| c.is_ascii_digit())) {
                prop_assert!(masked.contains(secret) || !json.contains(secret), "{text:?} {json}");
            }
        }
    }

    #[test]
    fn a_name_before_a_secret_hides_no_part_of_it() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEhunter2\n-----END RSA PRIVATE KEY-----";
        let escaped = key.replace('\n', "\\n");
        for (text, expected) in [
            (format!("PRIVATE_KEY={key} x"), "PRIVATE_KEY=[redacted] x"),
            (format!("env TLS_KEY={escaped}"), "env TLS_KEY=[redacted]"),
            (format!("{{\"msg\":\"TLS_KEY={escaped}\"}}"), "{\"msg\":\"TLS_KEY=[redacted]\"}"),
            ("DSN_SECRET=postgres://web:pa,hunter2@db/app".to_owned(), "DSN_SECRET=[redacted]@db/app"),
            ("AUTH_SECRET=pg://u:pa)hunter2@h".to_owned(), "AUTH_SECRET=[redacted]@h"),
        ] {
            assert_eq!(masked(&text), expected);
        }
        assert_eq!(masked_in_command("run -e DSN=pg://u:pa;hunter2@h"), "run -e DSN=[redacted]@h");
    }

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
