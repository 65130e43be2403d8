use proptest::prelude::*;
use regex::bytes::Regex;
use serde_json::{Value as Json, json};

use super::*;
use crate::input::decode;

mod evasions;
mod work;

fn all_rules() -> Vec<RedactionRule> {
    BuiltInRule::ALL.map(RedactionRule::built_in).to_vec()
}

fn redactor(rules: Vec<RedactionRule>) -> Redactor {
    Redactor::new(rules.into_iter().enumerate().collect(), MaskStyle::Name)
}

fn pattern(name: &str, pattern: &str) -> RedactionRule {
    RedactionRule::pattern(name.to_owned(), Regex::new(pattern).unwrap())
}

/// The text as it leaves, and how many values were masked.
fn masked_by(redactor: &Redactor, text: &str) -> (String, u64) {
    let mut counts = [0; 16];
    let masked = redactor.text(text.as_bytes(), &mut counts);
    let masked = masked.map_or(text.to_owned(), |bytes| String::from_utf8(bytes).unwrap());
    (masked, counts.iter().sum())
}

fn masked(text: &str) -> String {
    masked_by(&redactor(all_rules()), text).0
}

#[test]
fn each_rule_masks_what_it_is_for_and_leaves_the_rest() {
    for (text, expected) in [
        ("login of me@example.com ok", "login of [email] ok"),
        ("paid with 4111 1111 1111 1111.", "paid with [card]."),
        ("from 203.0.113.7:443", "from [ipv4]:443"),
        ("from [2001:db8::1]:443", "from [[ipv6]]:443"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl ok", "got [jwt] ok"),
        ("as AKIAIOSFODNN7EXAMPLE it failed", "as [aws_key] it failed"),
        ("sent Bearer hunter2hunter2", "sent Bearer [bearer]"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nok", "[private_key]\nok"),
        ("to postgres://web:hunter2@db:5432/app", "to postgres://[url_password]@db:5432/app"),
        ("with ghp_0123456789abcdefghij0123456789abcdef", "with [vendor_token]"),
        ("run --password hunter2 -v", "run --password [secret] -v"),
        ("PGPASSWORD=hunter2 psql", "PGPASSWORD=[secret] psql"),
        ("Authorization: Basic aHVudGVyMg==", "Authorization: [secret]"),
        ("me@example.com, you@example.com", "[email], [email]"),
    ] {
        assert_eq!(masked(text), expected);
    }
}

/// Numbers of orders, ids, digests, times and versions.
#[test]
fn what_is_nothing_personal_stays_as_it_is() {
    for text in [
        "order 4111111111111112 of customer 1234567890123456",
        "550e8400-e29b-41d4-a716-446655440000",
        "41111111-1111-4111-8111-111111111111",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "d41d8cd98f00b204e9800998ecf8427e 0123456789abcdef0123456789abcdef",
        "2026-11-28T11:28:25.123456789Z 28/Nov/2026:11:28:25 +0000 1795865305123 20261128112825",
        "v1.2.3 1.2.3.4-beta release-1.2.3.4 app@1.2.3 1.2.3+build.4",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef",
        "GET /api/v1/orders?page=3&sort=key HTTP/1.1 200 1234 0.005",
        "authentication failed for user web: password authentication failed",
        "std::io::Error at src/main.rs:12:34 a::b::c",
        "00:1b:44:11:3a:b7 11:28:25",
        "{\"level\":\"info\",\"seq\":1234567890123,\"ratio\":0.4111111111111111,\"key\":null}",
        "tokenizer=fast author=me monkey=1 --max-tokens 4096",
        "",
    ] {
        assert_eq!(masked_by(&redactor(all_rules()), text), (text.to_owned(), 0));
    }
}

#[test]
fn json_stays_json_and_keeps_every_other_byte() {
    for (text, expected) in [
        (r#"{"a": "me@example.com",  "b":1.50}"#, r#"{"a": "[email]",  "b":1.50}"#),
        (r#"{"card":4111111111111111,"n":12}"#, r#"{"card":"[card]","n":12}"#),
        (r#"[4111111111111111, "4111111111111111"]"#, r#"["[card]", "[card]"]"#),
        (r#"{"m":"line\nme@example.com\u00e9\/"}"#, r#"{"m":"line\n[email]\u00e9\/"}"#),
        (r#"{"m":"me\u0040example.com"}"#, r#"{"m":"[email]"}"#),
        (
            r#"{"password":"hun\"ter2","token":123456,"pin":""}"#,
            r#"{"password":"[secret]","token":"[secret]","pin":""}"#,
        ),
        (
            r#"{"m":"{\"card\":4111111111111111,\"password\":\"x\"}"}"#,
            r#"{"m":"{\"card\":\"[card]\",\"password\":\"[secret]\"}"}"#,
        ),
        (r#"got {"card":4111111111111111}"#, r#"got {"card":"[card]"}"#),
        (r#"{"h":"Authorization: Bearer abc.def1"}"#, r#"{"h":"Authorization: [secret]"}"#),
        (
            r#"{"k":"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n"}"#,
            r#"{"k":"[private_key]\n"}"#,
        ),
    ] {
        assert_eq!(masked(text), expected);
        let start = expected.find(['{', '[']).unwrap();
        let json = expected.get(start..).unwrap();
        assert!(serde_json::from_str::<Json>(json).is_ok(), "{expected}");
    }
    // What breaks off is no JSON, and is masked as any text.
    assert_eq!(masked(r#"{"a":"me@example.com","b":"#), r#"{"a":"[email]","b":"#);
}

#[test]
fn overlapping_matches_are_masked_as_one() {
    assert_eq!(masked("mysql://me:pw@db.example.com/x"), "mysql://[url_password]/x");
    assert_eq!(masked("token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), "token=[jwt]");
}

#[test]
fn patterns_of_the_users_mask_their_group_and_see_each_text_of_json() {
    let rules = vec![
        pattern("customer", "customer-[0-9]{4}"),
        pattern("ssn", r"ssn (?P<mask>\d{3}-\d{2}-\d{4})"),
        pattern("whole", "^secret word$"),
        pattern("empty", "x*"),
    ];
    let redactor = redactor(rules);
    for (text, expected, count) in [
        ("customer-1234 and customer-12", "[customer] and customer-12", 1),
        ("ssn 123-45-6789.", "ssn [ssn].", 1),
        (r#"{"a":"secret word","b":"no secret word"}"#, r#"{"a":"[whole]","b":"no secret word"}"#, 1),
        (r#"{"a":"ssn\u0020123-45-6789"}"#, r#"{"a":"ssn\u0020[ssn]"}"#, 1),
        ("xx", "[empty]", 1),
        ("nothing", "nothing", 0),
    ] {
        assert_eq!(masked_by(&redactor, text), (expected.to_owned(), count));
    }
}

#[test]
fn hashes_join_equal_values_and_are_the_same_each_time() {
    let rules = all_rules().into_iter().enumerate().collect();
    let redactor = Redactor::new(rules, MaskStyle::hash(b"0123456789abcdef"));
    let (text, _) = masked_by(&redactor, "me@example.com or Me@example.com but you@example.com");
    let hashes: Vec<&str> = text.split(' ').filter(|word| word.starts_with("[email:")).collect();
    assert_eq!(hashes[0], "[email:089ef48eadbb3f0c]");
    assert!(hashes[0] == hashes[1] && hashes[1] != hashes[2], "{text}");
}

/// The record as it leaves.
fn record(redactor: &Redactor, record: &Json) -> (Json, u64) {
    let chunk = rmp_serde::to_vec(&(1u64, record)).unwrap();
    let mut counts = [0; 16];
    let mut masked = record.clone();
    decode::records(&chunk, |record| {
        if let Some(body) = redactor.record(record, &mut RecordSearch::default(), &mut counts) {
            masked = rmp_serde::from_slice(&body).unwrap();
        }
    });
    (masked, counts.iter().sum())
}

#[test]
fn every_text_of_a_record_is_masked_wherever_it_stands_and_names_stay() {
    let given = json!({
        "log": "login of me@example.com", "n": 1.5, "t": true, "z": null, "neg": -7, "card": 4111111111111111u64,
        "order": 4111111111111112u64,
        "list": ["a", ["me@example.com", 3]], "map": {"deep": {"ip": "10.0.0.1"}, "password": "hunter2"},
        "me@example.com": "name", "token": "hunter2",
    });
    let expected = json!({
        "log": "login of [email]", "n": 1.5, "t": true, "z": null, "neg": -7, "card": "[card]",
        "order": 4111111111111112u64,
        "list": ["a", ["[email]", 3]], "map": {"deep": {"ip": "[ipv4]"}, "password": "[secret]"},
        "me@example.com": "name", "token": "[secret]",
    });
    assert_eq!(record(&redactor(all_rules()), &given), (expected, 6));
    let clean = json!({"log": "GET /", "list": [1, {"a": "b"}]});
    assert_eq!(record(&redactor(all_rules()), &clean), (clean.clone(), 0));
}

#[test]
fn fields_that_records_repeat_are_masked_in_each() {
    let redactor = redactor(all_rules());
    for container in [
        "nothing personal, but long enough to be seen as a run",
        "of me@example.com and long enough to be one",
    ] {
        let records: Vec<Json> = (0..20)
            .map(|number| json!({"container": container, "name": "the same in every record", "log": format!("{number}")}))
            .collect();
        let chunk: Vec<u8> =
            records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
        let mut run = RecordSearch::default();
        let mut masked = 0;
        let mut with_run = 0;
        decode::records(&chunk, |record| {
            with_run += u32::from(record.split_at_run().is_some());
            masked += u32::from(redactor.record(record, &mut run, &mut [0; 16]).is_some());
        });
        assert!(with_run > 10);
        assert_eq!(masked, if container.contains('@') { 20 } else { 0 });
    }
}

#[test]
fn fields_that_records_repeat_stay_as_they_are_beside_masked_ones() {
    let redactor = redactor(all_rules());
    let record = |number: u32, text: &str| json!({"a": text, "container": "long enough to be a run", "name": "the same in every record", "z": [number, text]});
    let chunk: Vec<u8> = (0..20)
        .flat_map(|number| {
            rmp_serde::to_vec(&(1u64, record(number, &format!("{number} of me@example.com")))).unwrap()
        })
        .collect();
    let mut search = RecordSearch::default();
    let mut seen = Vec::new();
    let mut with_run = 0;
    decode::records(&chunk, |record| {
        let body = redactor.record(record, &mut search, &mut [0; 16]).unwrap();
        let fields = decode::fields(&body);
        let rewritten = record.rewritten(&fields, &body, search.keeps_run());
        if let (Some(before), Some(after)) = (record.split_at_run(), rewritten.split_at_run()) {
            with_run += 1;
            assert_eq!(before.run, after.run);
            assert_eq!(before.raw, after.raw);
        }
        seen.push(rmp_serde::from_slice::<Json>(&body).unwrap());
    });
    assert!(with_run > 10);
    assert_eq!(
        seen,
        (0..20).map(|number| record(number, &format!("{number} of [email]"))).collect::<Vec<_>>()
    );
}

/// Whoever writes a line chooses the text: no form of it may hold the worker up.
#[test]
fn masking_takes_a_bounded_time() {
    let redactor = redactor(all_rules());
    for piece in [
        "a@",
        "@a.b",
        "4111 1111 ",
        "1.",
        "1:",
        "::",
        "4111-",
        "{\"a\":",
        "[",
        "eyJ",
        "{",
        "\\u00",
        "\"",
        "a@b.co ",
    ] {
        let text = piece.repeat(32_000 / piece.len());
        let begun = std::time::Instant::now();
        masked_by(&redactor, &text);
        masked_by(&redactor, &json!({"a": text}).to_string());
        let took = begun.elapsed();
        assert!(took < std::time::Duration::from_secs(5), "{piece:?} took {took:?}");
    }
}

/// A mark that is looked for behind each name is looked for once.
#[test]
fn a_long_line_is_read_once_for_all_its_names() {
    let redactor = redactor(all_rules());
    for piece in [
        "<password>x",
        ":password>",
        "password='",
        "password=\"x",
        "password: ",
        "-----BEGIN PRIVATE KEY-----",
        "key=-----BEGIN a-----END ",
        "auth: token ",
        "auth=digest \"",
        "password=;",
        "password=,\"A B",
        "password=“ ",
        "password='a'\"b",
        "password=\\ ",
    ] {
        for end in ["", "</"] {
            let text = piece.repeat(400_000 / piece.len()) + end;
            let begun = std::time::Instant::now();
            masked_by(&redactor, &text);
            let took = begun.elapsed();
            assert!(took < std::time::Duration::from_secs(12), "{piece:?} {end:?} took {took:?}");
        }
    }
}

/// Something to be masked, and what stands for it.
fn personal() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}(\\.[a-z]{1,8})?@[a-z]{1,8}\\.(com|org|io)",
        Just("4111111111111111".to_owned()),
        Just("5555 5555 5555 4444".to_owned()),
        Just("3782-822463-10005".to_owned()),
        (0u8..=255, 0u8..=255, 0u8..=255, 0u8..=255).prop_map(|(a, b, c, d)| format!("{a}.{b}.{c}.{d}")),
        "AKIA[A-Z0-9]{16}",
        "eyJ[A-Za-z0-9_-]{10,20}\\.[A-Za-z0-9_-]{10,20}\\.[A-Za-z0-9_-]{10,20}",
        "2001:db8::[1-9a-f]{1,4}",
    ]
}

/// Words without anything to mask.
fn harmless() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof!["[g-z]{1,9}", "[ぁ-ん]{1,3}", Just("\"{}\\ \n".to_owned()), "é{1,3}"],
        0..5,
    )
    .prop_map(|words| words.join(" "))
}

#[test]
fn a_mask_is_no_name() {
    for rule in BuiltInRule::ALL {
        let once = format!("[{}]=A", rule.name());
        assert_eq!(masked(&once), once);
    }
    assert!(!masked("user[aws_key]=hunter2").contains("hunter2"));
}

proptest! {
    #[test]
    fn what_matches_never_survives_and_the_rest_is_untouched(
        before in harmless(), value in personal(), after in harmless(),
    ) {
        let text = format!("{before} <{value}> {after}");
        let masked = masked(&text);
        prop_assert!(!masked.contains(&value), "{}", masked);
        let start = format!("{before} <[");
        let end = format!("]> {after}");
        prop_assert!(masked.starts_with(&start) && masked.ends_with(&end), "{}", masked);
    }

    #[test]
    fn harmless_text_is_untouched(text in harmless()) {
        prop_assert_eq!(masked(&text), text);
    }

    #[test]
    fn masking_twice_changes_nothing(text in "[ -~é]{0,60}", value in personal(), end in "[ -~]{0,40}") {
        let once = masked(&format!("{text}{value}{end}"));
        prop_assert_eq!(masked(&once), once);
    }

    #[test]
    fn inside_json_the_value_is_masked_and_the_json_reads_back(
        before in harmless(), value in personal(), after in harmless(), is_nested in any::<bool>(),
    ) {
        let text = format!("{before} <{value}> {after}");
        let inner = json!({"a": text, "n": [1, 2.5, null, "b"]});
        let outer = if is_nested { json!({"log": inner.to_string()}) } else { inner };
        let masked = masked(&outer.to_string());
        prop_assert!(!masked.contains(&value), "{}", masked);
        let mut read: Json = serde_json::from_str(&masked).unwrap();
        if is_nested {
            read = serde_json::from_str(read["log"].as_str().unwrap()).unwrap();
        }
        let read = read["a"].as_str().unwrap().to_owned();
        let (start, end) = (format!("{before} <["), format!("]> {after}"));
        prop_assert!(read.starts_with(&start) && read.ends_with(&end), "{}", read);
    }

    #[test]
    fn any_bytes_are_masked_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), value in personal()) {
        let text = [bytes.as_slice(), b" ", value.as_bytes(), b" ", bytes.as_slice()].concat();
        let masked = redactor(all_rules()).text(&text, &mut [0; 16]).unwrap();
        prop_assert!(!masked.windows(value.len()).any(|window| window == value.as_bytes()));
        if let Ok(text) = String::from_utf8(text) {
            prop_assert!(std::str::from_utf8(&masked).is_ok(), "{}", text);
        }
    }

    #[test]
    fn each_field_of_a_record_is_masked_as_if_it_stood_alone(
        fields in prop::collection::btree_map("[g-z]{1,6}", (harmless(), personal(), harmless()), 1..6),
    ) {
        let text = |(before, value, after): &(String, String, String)| format!("{before} <{value}> {after}");
        let given: serde_json::Map<String, Json> =
            fields.iter().map(|(name, parts)| (name.clone(), text(parts).into())).collect();
        let rules = redactor(BuiltInRule::ALL.into_iter().filter(|rule| *rule != BuiltInRule::Secret)
            .map(RedactionRule::built_in).collect());
        let expected: serde_json::Map<String, Json> =
            fields.iter().map(|(name, parts)| (name.clone(), masked_by(&rules, &text(parts)).0.into())).collect();
        prop_assert_eq!(record(&rules, &Json::Object(given)).0, Json::Object(expected));
    }
}
