use super::*;
use crate::input::decode;
use proptest::prelude::*;

fn plain(text: &[u8]) -> String {
    let mut out = Vec::new();
    Writer::<false>::new(&mut out).string(text);
    String::from_utf8(out).unwrap()
}

fn quoted(text: &[u8]) -> (String, usize) {
    let mut out = Vec::new();
    let mut writer = Writer::<true>::new(&mut out);
    writer.string(text);
    let inner = writer.inner_len();
    (String::from_utf8(out).unwrap(), inner)
}

#[test]
fn escapes_what_json_asks_for() {
    assert_eq!(plain(b"a\"b\\c\n\r\t\x08\x0c\x01\x1f/"), r#""a\"b\\c\n\r\t\b\f\u0001\u001f/""#);
}

#[test]
fn text_that_is_not_utf8_gets_replacement_characters() {
    assert_eq!(plain(b"ok \xff\xfe end"), "\"ok \u{FFFD}\u{FFFD} end\"");
}

#[test]
fn floats_without_a_json_form_are_null() {
    let mut out = Vec::new();
    Writer::<false>::new(&mut out).value(Value::Float(f64::NAN));
    Writer::<false>::new(&mut out).value(Value::Float(1.5));
    assert_eq!(out, b"null1.5");
}

#[test]
fn deep_nesting_is_replaced_not_followed() {
    let deep = [vec![0x91; 100_000], vec![0xc0]].concat();
    let mut out = Vec::new();
    let value = decode::elements(&deep).next().unwrap();
    Writer::<false>::new(&mut out).value(value);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("nested too deeply") && text.len() < 300, "{text}");
}

#[test]
fn a_cut_never_splits_a_character() {
    assert_eq!(cut("aé".as_bytes(), 2), b"a");
    assert_eq!(cut("aé".as_bytes(), 3), "aé".as_bytes());
    assert_eq!(cut("日本".as_bytes(), 5), "日".as_bytes());
    assert_eq!(cut(b"\x80\x80\x80\x80\x80\x80\x80\x80", 6).len(), 2);
}

proptest! {
    #[test]
    fn a_run_ends_where_a_search_byte_by_byte_says(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let first = |ends: fn(u8) -> bool| bytes.iter().position(|&byte| ends(byte)).unwrap_or(bytes.len());
        prop_assert_eq!(plain_prefix::<true>(&bytes), first(ends_run::<true>));
        prop_assert_eq!(plain_prefix::<false>(&bytes), first(ends_run::<false>));
    }

    #[test]
    fn text_in_the_outer_string_comes_back_and_is_counted(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut out = Vec::new();
        let mut writer = Writer::<true>::new(&mut out);
        writer.text(&bytes);
        let inner = writer.inner_len();
        let back: String = serde_json::from_str(&format!("\"{}\"", String::from_utf8(out).unwrap())).unwrap();
        prop_assert_eq!(back.len(), inner);
        prop_assert_eq!(back, String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn agrees_with_serde_json(text in ".*") {
        let ours: String = serde_json::from_str(&plain(text.as_bytes())).unwrap();
        prop_assert_eq!(&ours, &text);
    }

    #[test]
    fn text_in_a_string_is_quoted_once(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut out = Vec::new();
        let mut writer = Writer::<true>::new(&mut out);
        writer.text(&bytes);
        let inner = writer.inner_len();
        let text: String = serde_json::from_str(&format!("\"{}\"", String::from_utf8(out).unwrap())).unwrap();
        prop_assert_eq!(inner, text.len());
        prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn quoting_twice_in_one_pass_equals_quoting_twice(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (written, inner) = quoted(&bytes);
        let once: String = serde_json::from_str(&format!("\"{written}\"")).unwrap();
        prop_assert_eq!(once.len(), inner);
        let twice: String = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(twice, String::from_utf8_lossy(&bytes));
    }
}
