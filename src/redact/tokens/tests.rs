use proptest::prelude::*;
use regex::bytes::Regex;

use super::*;

type Find = fn(&[u8], &mut dyn FnMut(Range<usize>));

fn all(find: Find, text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    find(text.as_bytes(), &mut |range| all.extend(text.get(range)));
    all
}

#[test]
fn tokens_are_found_whole_however_they_end() {
    let head = "eyJhbGciOiJIUzI1NiJ9";
    let claims = "eyJzdWIiOiIxMjM0NTY3ODkwIn0";
    for (text, token) in [
        (format!("got {head}.{claims}.c2ln."), format!("{head}.{claims}.c2ln")),
        // Without a signature, and cut within the claims.
        (format!("{head}.{claims}. ok"), format!("{head}.{claims}.")),
        (format!("{head}.{claims}…"), format!("{head}.{claims}")),
        (format!("x_{head}.{claims}.c2ln"), format!("{head}.{claims}.c2ln")),
        // Encrypted, with a key and without one.
        (format!("{head}.a2V5a2V5a2V5.aXY.dGV4dA.dGFn ok"), format!("{head}.a2V5a2V5a2V5.aXY.dGV4dA.dGFn")),
        (format!("{head}..aXY.dGV4dA.dGFn"), format!("{head}..aXY.dGV4dA.dGFn")),
    ] {
        assert_eq!(all(find_jwts, &text), [token], "{text}");
    }
    for text in [
        "eyJ",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiJ9.dGV4dA",
        "eyJhbGciOiJIUzI1NiJ9..aXY.dGV4dA",
        "eyJhbA.eyJzdWIiOiIx.c2ln",
    ] {
        assert_eq!(all(find_jwts, text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn aws_keys_stand_alone() {
    for text in ["AKIAIOSFODNN7EXAMPLE", "id_ASIAIOSFODNN7EXAMPLE_1", "/AKIAIOSFODNN7EXAMPLE%2F20261128"] {
        assert_eq!(all(find_aws_keys, text).len(), 1, "{text}");
    }
    for text in ["AKIAIOSFODNN7EXAMPLES", "xAKIAIOSFODNN7EXAMPLE", "AKIAiosfodnn7example", "AKIA"] {
        assert_eq!(all(find_aws_keys, text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn credentials_are_told_from_prose() {
    for (text, token) in [
        ("Bearer 2YotnFZFEjr1zCsicMWpAA.", "2YotnFZFEjr1zCsicMWpAA"),
        ("authorization=bearer+2YotnFZFEjr1zCsicMWpAA&x=1", "2YotnFZFEjr1zCsicMWpAA"),
        ("{Bearer:2YotnFZFEjr1zCsicMWpAA}", "2YotnFZFEjr1zCsicMWpAA"),
        ("BEARER\tabcdefg1", "abcdefg1"),
        ("Bearer abcdefghijKLMNOPQRSTuvwxyz", "abcdefghijKLMNOPQRSTuvwxyz"),
        ("Basic aHVudGVyMg==", "aHVudGVyMg=="),
        // `user:pass`, in letters alone.
        ("Basic dXNlcjpwYXNz ok", "dXNlcjpwYXNz"),
    ] {
        assert_eq!(all(find_credentials, text), [token], "{text}");
    }
    for text in [
        "Bearer authentication failed. Basic authentication.",
        "Bearer OpenIdConnect is off",
        "basic PostgreSQL setup, BASIC AUTHENTICATION",
        "rebearer 2YotnFZFEjr1zCsicMWpAA, Bearer: x",
        "basic: 2YotnFZFEjr1zCsicMWpAA",
    ] {
        assert_eq!(all(find_credentials, text), Vec::<&str>::new(), "{text}");
    }
}

/// What the pattern masks, the plain way.
fn slow(pattern: &str, text: &str) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    super::super::forms::matches(&Regex::new(pattern).unwrap(), text.as_bytes(), &mut |range| {
        all.push(range)
    });
    all
}

const JWT: &str = r"eyJ[A-Za-z0-9_-]{8,}\.(?:(?:[A-Za-z0-9_-]{8,}|e30)\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+){2}|(?:[A-Za-z0-9_-]{8,}|e30)\.[A-Za-z0-9_-]*|eyJ[A-Za-z0-9_-]{5,}|(?:\.[A-Za-z0-9_-]+){3})";
const WORD: &str = "[A-Za-z0-9]+";
const CREDENTIALS: &str = r"(?-u:\b)(?i-u:bearer(?:[:=][ \t+]*|[ \t+]+)|basic[ \t+]+)(?P<mask>[A-Za-z0-9._~/-][A-Za-z0-9._~+/-]{7,}=*)";

fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[A-Za-z0-9 .=:+\\t-]{1,3}",
        Just("eyJ".to_owned()),
        Just("eyJhbGciOiJIUzI1NiJ9".to_owned()),
        Just(".".to_owned()),
        Just("AKIA".to_owned()),
        Just("ASIAIOSFODNN7EX".to_owned()),
        "[A-Z0-9]{1,8}",
        Just("AKIAIOSFODNN7EXAMPLE".to_owned()),
        Just(" Bearer ".to_owned()),
        Just("bearer".to_owned()),
        Just(" BASIC ".to_owned()),
        Just("dXNlcjpwYXNz".to_owned()),
        Just("2YotnFZFEjr1zCsicMWpAA".to_owned()),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn is_meant(text: &str, range: &Range<usize>) -> bool {
    let is_bearer = text
        .get(..range.start)
        .unwrap()
        .trim_end_matches([' ', '\t', '+', ':', '='])
        .to_ascii_lowercase()
        .ends_with("bearer");
    let token = text.get(range.clone()).unwrap().as_bytes();
    token.len() >= MIN_CREDENTIALS_BYTES && if is_bearer { is_bearer_token(token) } else { is_basic(token) }
}

proptest! {
    #[test]
    fn tokens_are_those_of_plain_patterns(text in line()) {
        let ranges = |find: Find| {
            let mut all = Vec::new();
            find(text.as_bytes(), &mut |range| all.push(range));
            all
        };
        prop_assert_eq!(ranges(find_jwts), slow(JWT, &text));
        let is_key = |word: &Range<usize>| {
            let word = text.get(word.clone()).unwrap();
            word.len() == AWS_KEY_BYTES && ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|kind| word.starts_with(kind))
                && !word.contains(|char: char| char.is_ascii_lowercase())
        };
        let words: Vec<_> = slow(WORD, &text).into_iter().filter(is_key).collect();
        prop_assert_eq!(ranges(find_aws_keys), words);
        let without_dots = |range: Range<usize>| range.start..range.start + text.get(range).unwrap().trim_end_matches('.').len();
        let credentials: Vec<_> = slow(CREDENTIALS, &text).into_iter().map(without_dots)
            .filter(|range| is_meant(&text, range)).collect();
        prop_assert_eq!(ranges(find_credentials), credentials);
    }
}
