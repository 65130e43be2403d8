//! What a hostile text costs: counted in bytes that are searched, for a clock says little on a busy machine.

use super::super::anchors::Haystack;
use super::super::redactor::Work;
use super::*;

/// What undoes escapes, for texts that hold them inside each other.
fn searched(redactor: &Redactor, text: &[u8]) -> usize {
    let mut haystack = Haystack::default();
    let mut work = Work::of(text, &mut haystack);
    redactor.edits_of(text, &mut work);
    work.searched
}

/// Escapes of all kinds inside each other, as nobody writes them but to hold the worker up.
fn nested_escapes() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}[m"),
        Just("%1b[m"),
        Just("%251b[m"),
        Just("%25251b[m"),
        Just("\\u001b[m"),
        Just("\\\\u001b[m"),
        Just("\\x1b[m"),
        Just("%2525252541"),
        Just("\\\\\\\\\\\\\\\\u0041"),
        Just("%5cu001b[m"),
        Just("%5c%5cu001b[m"),
        Just("\\u00251b[m"),
        Just("\\u005cu0025255cu0040"),
        Just("\u{200b}"),
        Just(" key "),
        Just("password=a "),
        Just("password={\"a\":\""),
        Just("{\"a\":\""),
        Just("\"}"),
    ];
    prop::collection::vec(piece, 1..60).prop_map(|pieces| pieces.concat())
}

/// Bytes that are searched for each byte of a text, at most: the text, its JSON, and what its escapes may give.
const MOST_SEARCHED_PER_BYTE: usize = 10;

#[test]
fn escapes_inside_escapes_cost_no_more_than_the_text_is_long() {
    let mix = "\u{1b}[m%1b[m%251b[m%25251b[m\\u001b[m\\\\u001b[m\\\\\\\\u001b[m%2525252541\\\\\\\\\\\\\\\\u0041 key \
               %5cu001b[m%5c%5cu001b[m\\u00251b[m\\\\u00251b[m";
    for rules in [vec![RedactionRule::built_in(BuiltInRule::Secret)], all_rules()] {
        let redactor = redactor(rules);
        for text in [
            mix.to_owned() + &"a ".repeat(8_000),
            mix.repeat(100),
            json!({"a": mix.to_owned() + &"a ".repeat(8_000)}).to_string(),
            json!({"a": json!({"b": mix.repeat(50)}).to_string()}).to_string(),
        ] {
            let searched = searched(&redactor, text.as_bytes());
            assert!(searched <= MOST_SEARCHED_PER_BYTE * text.len(), "{searched} of {}", text.len());
        }
    }
}

/// Whether JSON is the value of a name is asked of all that is before it.
#[test]
fn a_name_before_json_is_searched_for_once_and_counted() {
    let before = "a ".repeat(8_000) + "password=";
    let text = before.clone() + r#"{"S":"hunter2"}"#;
    let redactor = redactor(vec![RedactionRule::built_in(BuiltInRule::Secret)]);
    assert!(!masked_by(&redactor, &text).0.contains("hunter2"));
    assert_eq!(searched(&redactor, text.as_bytes()), text.len() + before.len() + 1);
}

/// What is not looked through cannot be shown.
#[test]
fn what_hides_too_much_is_masked_whole() {
    let mix = "\u{1b}[m%1b[m%251b[m%25251b[m\\u001b[m\\\\u001b[m\\\\\\\\u001b[m%5cu001b[m%5c%5cu00251b[m ";
    let text = mix.to_owned() + &"a ".repeat(8_000) + "password%25253Dhunter2";
    let (masked, count) = masked_by(&redactor(all_rules()), &text);
    assert!(!masked.contains("hunter2"), "{masked}");
    assert!(count == 1 && masked.len() < text.len(), "{masked}");
    let nested = json!({"n": 1, "a": text}).to_string();
    let masked = masked_by(&redactor(all_rules()), &nested).0;
    assert!(!masked.contains("hunter2") && serde_json::from_str::<Json>(&masked).is_ok(), "{masked}");
}

/// Escapes of different kinds beside and inside each other, as a log of a router has those of its containers.
#[test]
fn escapes_of_several_kinds_hide_nothing_together() {
    for (text, expected) in [
        (r#"C:\temp user=me%40example.com"#, r#"C:\temp user=[email]"#),
        (r#"C:\temp password%3Dhun\ter2 x"#, r#"C:\temp password%3D[secret] x"#),
        ("\u{1b}[36mm\u{1b}[0m=me%40example.com", "\u{1b}[36mm\u{1b}[0m=[email]"),
        (r#"{"m":"C:\\temp","u":"password%3Dhun\\ter2"}"#, r#"{"m":"C:\\temp","u":"password%3D[secret]"}"#),
        (
            r#"{"log":"{\"u\":\"%7B%22password%22%3A%22hunter2%22%7D\"}"}"#,
            r#"{"log":"{\"u\":\"%7B%22password%22%3A%22[secret]%22%7D\"}"}"#,
        ),
        (r#"{"u":"%7B%22card%22%3A4111111111111111%7D\n"}"#, r#"{"u":"%7B%22card%22%3A%22[card]%22%7D\n"}"#),
        (
            r#"{"m":"{\"u\":\"a%20b\",\"card\":4111111111111111}"}"#,
            r#"{"m":"{\"u\":\"a%20b\",\"card\":\"[card]\"}"}"#,
        ),
        (r#"{"pass%77ord":"hunter2"}"#, r#"{"pass%77ord":"[secret]"}"#),
    ] {
        assert_eq!(masked(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn nested_escapes_cost_no_more_than_the_text_is_long(text in nested_escapes(), is_json in any::<bool>()) {
        let text = if is_json { json!({"a": text}).to_string() } else { text };
        let searched = searched(&redactor(all_rules()), text.as_bytes());
        prop_assert!(searched <= MOST_SEARCHED_PER_BYTE * text.len() + 2048, "{} of {}", searched, text.len());
    }
}

/// The name of a list is read once, not with each of its items.
#[test]
fn a_long_name_of_a_list_is_read_once() {
    let name = "\\u0041".repeat(20_000);
    let text = format!("{{\"{name}\":[{}1]}}", "1,".repeat(60_000));
    let begun = std::time::Instant::now();
    masked(&text);
    let items = vec![1u8; 60_000];
    record(&redactor(all_rules()), &json!({"x": {name: items}, "password": ""}));
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
}
