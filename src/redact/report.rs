//! Secrets in the reports of stops and in what vendors answer: masked whatever the user says, for a report is read by more
//! people than a log.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::edit::{Edit, edited, united};
use super::forms::{self, BEGIN, END};
use super::redactor::Redactor;
use super::rule::BuiltInRule;
use super::rules::RedactionRule;
use super::secrets;
use super::spread_keys::{self, KeyPlace, MAX_FOREIGN_RECORDS, OpenKey};
use super::style::MaskStyle;

/// Stands for a secret in a report.
pub(crate) const MASK: &str = "[redacted]";

static SECRETS: LazyLock<Redactor> = LazyLock::new(|| redactor(false));
static SECRETS_IN_COMMANDS: LazyLock<Redactor> = LazyLock::new(|| redactor(true));

/// The rules for secrets, all under the name of the mask.
fn redactor(is_command: bool) -> Redactor {
    use BuiltInRule::{AwsKey, Bearer, Jwt, PrivateKey, Secret, UrlPassword, VendorToken};
    let name = MASK.trim_matches(['[', ']']);
    let built_in = [UrlPassword, Bearer, AwsKey, VendorToken, Jwt, PrivateKey, Secret];
    let hook = forms::SLACK_HOOK.regex().map(|regex| RedactionRule::pattern(name.to_owned(), regex));
    let variables = RedactionRule::variables(name, is_command);
    let built_in = built_in.into_iter().map(|rule| RedactionRule::built_in(rule).named(name));
    Redactor::new(built_in.chain([variables]).chain(hook).enumerate().collect(), MaskStyle::Name)
}

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
/// rest of a secret by. The names also in the whole text where that is JSON: an option is in one text of a list, its value in
/// the next.
fn edits(text: &str, is_command: bool) -> Vec<Edit> {
    let mask = |range| Edit { range, text: MASK.into(), rule: 0 };
    let named = secrets::named(text, is_command).into_iter().map(mask);
    let rules = if is_command { &SECRETS_IN_COMMANDS } else { &SECRETS };
    united(rules.all_edits(text.as_bytes()), named.collect())
}

/// The records of one container, one after the other, with secrets masked: also a private key that is spread over them, and one
/// whose beginning is not among them any more.
pub(crate) fn masked_records(records: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut open: Option<OpenKey> = None;
    for record in records.into_iter().map(with_plain_marks) {
        let is_open = open.is_some();
        let end = forms::end_of_key(&record).filter(|_| is_open || !is_key_whole(&record));
        if let Some(end) = end {
            if open.take().is_none() {
                remove_lines(&mut kept, &KeyPlace::of(&record, END));
            }
            let rest = record.get(end..).unwrap_or_default();
            open = forms::begins_key(rest).then(|| OpenKey::new(rest));
            kept.push(format!("{MASK}{}", masked(rest)));
            continue;
        }
        let rest = match &mut open {
            Some(key) => key.without_lines(record),
            None => Some(record),
        };
        let Some(rest) = rest else { continue };
        open.take_if(|key| !key.may_go_on());
        if forms::begins_key(&rest) {
            open = Some(OpenKey::new(&rest));
        }
        kept.push(masked(&rest).into_owned());
    }
    kept
}

/// Takes the lines out of the last records that belong to a key whose end came.
fn remove_lines(kept: &mut Vec<String>, place: &KeyPlace) {
    let last = kept.split_off(kept.len().saturating_sub(MAX_FOREIGN_RECORDS));
    kept.extend(last.into_iter().filter_map(|record| place.without_lines(record)));
}

/// The record without colours, where they may be in the mark of a key.
fn with_plain_marks(record: String) -> String {
    match spread_keys::visible(&record) {
        Cow::Owned(visible) if visible.contains(BEGIN) || visible.contains(END) => visible,
        _ => record,
    }
}

/// Whether a key begins before it ends.
fn is_key_whole(text: &str) -> bool {
    text.split(END).next().is_some_and(|before| before.contains(BEGIN))
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

    const SECRETS_IN_PIECES: [&str; 4] =
        ["MIIEhunter1", "hunter2", "AKIAIOSFODNN7EXAMPLE", "ghp_0123456789abcdefghij"];

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
            // Among other escapes, which are undone with it, %20 is a blank, and a value ends there.
            let has_both = text.contains("%20") && (text.contains("\\n") || text.contains('\u{1b}'));
            let json = masked(&serde_json::json!({ "log": text }).to_string()).into_owned();
            let masked = masked(&text);
            for secret in SECRETS_IN_PIECES {
                prop_assert!(has_both || masked.contains(secret) || !json.contains(secret), "{text:?} {json}");
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
            ("DSN_SECRET=postgres://web:pa,hunter2@db/app".to_owned(), "DSN_SECRET=[redacted]"),
            ("AUTH_SECRET=pg://u:pa)hunter2@h".to_owned(), "AUTH_SECRET=[redacted]"),
        ] {
            assert_eq!(masked(&text), expected);
        }
        assert_eq!(masked_in_command("run -e DSN=pg://u:pa;hunter2@h"), "run -e DSN=[redacted]");
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

    /// Whatever stands before an option in a line that is JSON or in colours.
    #[test]
    fn escapes_hide_no_variable_that_is_set() {
        for (text, expected) in [
            (r#"{"log":"\n-e NAME=hunter2"}"#, r#"{"log":"\n-e NAME=[redacted]"}"#),
            (r#"{"log":"\texport NAME=hunter2"}"#, r#"{"log":"\texport NAME=[redacted]"}"#),
            (
                r#"{"log":"{\"cmd\":\"\\n-e NAME=hunter2\"}"}"#,
                r#"{"log":"{\"cmd\":\"\\n-e NAME=[redacted]\"}"}"#,
            ),
            ("\u{1b}[36m-e NAME=hunter2", "\u{1b}[36m-e NAME=[redacted]"),
            ("cmd=%0A-e%20NAME%3Dhunter2", "cmd=%0A-e%20NAME%3D[redacted]"),
            (r#"{"args":["-e","NAME=hunter2"]}"#, r#"{"args":["-e","NAME=[redacted]"]}"#),
        ] {
            assert_eq!(masked(text), expected, "{text:?}");
        }
        assert_eq!(masked_in_command(r"sh -c $'\nNAME=hunter2'"), r"sh -c $'\nNAME=[redacted]'");
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

    /// What a report shows of these records.
    fn shown(records: &[&str]) -> Vec<String> {
        masked_records(records.iter().map(|record| (*record).to_owned()))
    }

    #[test]
    fn lines_of_a_key_are_found_in_colours_behind_a_logger_in_json_and_between_others() {
        let key = [BEGIN_RSA, "MIIEhunter2a", "MIIEhunter2b", END_RSA];
        let coloured = key.map(|line| format!("\u{1b}[31m{line}\u{1b}[0m"));
        let logged = key.map(|line| format!("2026-11-29 ERROR {line}"));
        let json = key.map(|line| format!("{{\"level\":\"INFO1\",\"log\":\"{line}\"}}"));
        for lines in [coloured, logged, json] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let all = shown(&[&["Start"], &lines[..], &["after"]].concat());
            assert!(all.len() == 4 && all[0] == "Start" && all[3] == "after", "{all:?}");
            assert!(!format!("{all:?}").contains("hunter2"), "{all:?}");
            let end = shown(&lines[1..]);
            assert!(end.len() == 1 && !end[0].contains("hunter2"), "{end:?}");
        }
        let others = ["GET /", "MIIEhunter2b", "GET /health", "MIIEhunter2c"];
        let mixed = [&[BEGIN_RSA, "MIIEhunter2a"], &others[..], &[END_RSA, "after"]].concat();
        assert_eq!(shown(&mixed), ["[redacted]", "GET /", "GET /health", "[redacted]", "after"]);
        assert_eq!(shown(&mixed[1..]), ["GET /", "GET /health", "[redacted]", "after"]);
        let encrypted = [BEGIN_RSA, "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,AB", "", "MIIEhunter2a"];
        assert_eq!(shown(&encrypted), ["[redacted]"]);
        assert_eq!(
            shown(&[&format!("KEY={BEGIN_RSA}"), "MIIEhunter2a", "Killed"]),
            ["KEY=[redacted]", "Killed"]
        );
        assert_eq!(
            shown(&[BEGIN_RSA, "GET /\nMIIEhunter2a\nGET /", END_RSA]),
            ["[redacted]", "GET /\nGET /", "[redacted]"]
        );
    }

    #[test]
    fn the_end_of_a_key_is_not_waited_for_for_ever() {
        let others = ["GET /"; MAX_FOREIGN_RECORDS];
        let shown_of = |others: &[&str]| shown(&[&[BEGIN_RSA], others, &["MIIEhunter2a"]].concat()).len();
        assert_eq!((shown_of(&others[1..]), shown_of(&others)), (others.len(), others.len() + 2));
    }

    const BEGIN_RSA: &str = "-----BEGIN RSA PRIVATE KEY-----";
    const END_RSA: &str = "-----END RSA PRIVATE KEY-----";
}
