//! Reads fields out of JSON that may be anything. Owns how lenient the reading is; knows no ECS.
//!
//! AWS announces that unknown fields may be added at any time:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html>

use serde_json::Value;

/// A text, trimmed; a blank one counts as absent.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A text that some tool may have turned into a number.
pub(super) fn string(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::Number(number) => Some(number.to_string()),
        _ => text(value, key).map(String::from),
    }
}

/// A whole number, also as text or as a float without a fraction.
pub(super) fn integer(value: &Value, key: &str) -> Option<i64> {
    match value.get(key)? {
        Value::Number(number) => number.as_i64().or_else(|| whole(&number.to_string())),
        Value::String(text) => whole(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Text on both sides of a dot, so that `137.0` is 137 and `0.5` nothing.
fn whole(text: &str) -> Option<i64> {
    let (digits, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    fraction.chars().all(|digit| digit == '0').then(|| digits.parse().ok())?
}

/// The elements of a list; a lone object counts as a list of one, anything else as none.
pub(super) fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    match value.get(key) {
        Some(Value::Array(items)) => items,
        Some(item @ Value::Object(_)) => std::slice::from_ref(item),
        _ => &[],
    }
}

/// The first text of a list of texts.
pub(super) fn first_text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    list(value, key).iter().find_map(Value::as_str)
}

/// Whether a field is the text `expected`, in any case.
pub(super) fn equals(value: &Value, key: &str, expected: &str) -> bool {
    text(value, key).is_some_and(|found| found.eq_ignore_ascii_case(expected))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_integer_may_be_written_in_several_ways() {
        for (written, read) in [
            (json!(137), Some(137)),
            (json!("137"), Some(137)),
            (json!(" 137 "), Some(137)),
            (json!(137.0), Some(137)),
            (json!("-1073741819"), Some(-1_073_741_819)),
            (json!(3_221_225_786_u64), Some(3_221_225_786)),
            (json!(0.5), None),
            (json!(u64::MAX), None),
            (json!(1e300), None),
            (json!("one"), None),
            (json!(null), None),
            (json!(true), None),
            (json!([1]), None),
        ] {
            assert_eq!(integer(&json!({ "n": written }), "n"), read, "{written}");
        }
    }

    #[test]
    fn a_list_may_be_missing_or_alone() {
        assert_eq!(list(&json!({ "l": [1, 2] }), "l").len(), 2);
        assert_eq!(list(&json!({ "l": { "name": "app" } }), "l").len(), 1);
        assert_eq!(list(&json!({ "l": "app" }), "l").len(), 0);
        assert_eq!(list(&json!("no object"), "l").len(), 0);
    }

    #[test]
    fn blank_text_is_no_text() {
        assert_eq!(text(&json!({ "t": "  " }), "t"), None);
        assert_eq!(text(&json!({ "t": " a " }), "t"), Some("a"));
        assert_eq!(string(&json!({ "t": 12 }), "t").as_deref(), Some("12"));
    }
}
