use proptest::prelude::*;
use regex::bytes::Regex;

use super::*;

fn found(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    find(text.as_bytes(), &mut |range| all.extend(text.get(range)));
    all
}

#[test]
fn addresses_are_found_in_any_surroundings() {
    for (text, address) in [
        ("me@example.com", "me@example.com"),
        ("login of <First.Last+tag@mail.example.co.uk>, ok", "First.Last+tag@mail.example.co.uk"),
        ("user=me@example.com&x=1", "me@example.com"),
        ("write to me@example.com.", "me@example.com"),
        ("'me@example.com'", "me@example.com"),
        ("メールはme@example.comです", "me@example.com"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("mailto:me@xn--bcher-kva.example", "me@xn--bcher-kva.example"),
        ("me@xn--p1ai.xn--p1ai", "me@xn--p1ai.xn--p1ai"),
    ] {
        assert_eq!(found(text), [address], "{text}");
    }
    assert_eq!(found("a@b.co,c@d.org"), ["a@b.co", "c@d.org"]);
}

#[test]
fn letters_beyond_ascii_belong_to_an_address() {
    for (text, address) in [
        ("of müller@example.de ok", "müller@example.de"),
        ("(иван.петров@example.ru)", "иван.петров@example.ru"),
        ("me@bücher.example, ok", "me@bücher.example"),
        ("me@日本語.jpです", "me@日本語.jp"),
        ("to 鈴木@例え.テスト。", "鈴木@例え.テスト"),
        ("メールは鈴木@example.comです", "メールは鈴木@example.com"),
        ("josé@example.com", "josé@example.com"),
    ] {
        assert_eq!(found(text), [address], "{text}");
    }
    let mut ranges = Vec::new();
    find(b"\xe9\xffme@example.com\xff @ \xff@a.co x@\xff.com", &mut |range| ranges.push(range));
    assert_eq!(ranges.as_slice(), std::slice::from_ref(&(2..16)));
}

#[test]
fn what_only_looks_like_one_is_left() {
    for text in [
        "npm install @scope/name lodash@4.17.21 react@18",
        "logo@2x.png",
        "com.example.Order@1a2b3c4d",
        "web:1.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "root@localhost",
        "admin@10.0.0.1",
        "@app.route @Override a @ b.com",
        "x@.com x@-.com x@a. x@a.c",
        "担当者@営業部 root@localhost（ログ.txt）",
    ] {
        assert_eq!(found(text), Vec::<&str>::new(), "{text}");
    }
}

const PATTERN: &str = r"(?x-u) (?P<mask> [A-Za-z0-9_][A-Za-z0-9._%+'-]* @
    [A-Za-z0-9][A-Za-z0-9.-]* \. (?: [A-Za-z]{2,} | xn--[A-Za-z0-9-]*[A-Za-z0-9] )) [.-]* (?: [^A-Za-z0-9.-] | $ )";

proptest! {
    #[test]
    fn addresses_are_those_of_a_plain_pattern(text in "([a-c_%+'.-]{0,3}@{0,1}[a-c1.-]{0,4}(\\.co|\\.png|xn--)?[ ,@]?){0,8}") {
        let pattern = Regex::new(PATTERN).unwrap();
        let mut ranges = Vec::new();
        find(text.as_bytes(), &mut |range| ranges.push(range));
        for start in 0..text.len() {
            let Some(captures) = pattern.captures_at(text.as_bytes(), start) else { break };
            let range = captures.name("mask").unwrap().range();
            let is_covered = ranges.iter().any(|known| known.start <= range.start && known.end == range.end);
            prop_assert!(is_covered || text.get(..range.end).unwrap().ends_with("png"), "{text}: {range:?}, {ranges:?}");
        }
        for range in ranges {
            let captures = pattern.captures_at(text.as_bytes(), range.start).unwrap();
            prop_assert_eq!(captures.name("mask").unwrap().range(), range);
        }
    }
}
