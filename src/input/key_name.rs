//! What a key is called. All destinations write keys as text, so two keys of the same text are the same key: the number 1
//! and the text "1", and texts that differ only in bytes that are not UTF-8.

use std::borrow::Cow;

use super::record::Value;

/// The text that a key is written as: a number or literal in its JSON form, an extension in hexadecimal, a container by its
/// kind. What is not UTF-8 becomes U+FFFD.
#[must_use]
pub fn key_name(key: Value<'_>) -> Cow<'_, [u8]> {
    match key {
        Value::Text(text) | Value::Binary(text) => valid(text),
        Value::Nil => Cow::Borrowed(b"null"),
        Value::Bool(true) => Cow::Borrowed(b"true"),
        Value::Bool(false) => Cow::Borrowed(b"false"),
        Value::Array(..) => Cow::Borrowed(b"[array]"),
        Value::Map(..) => Cow::Borrowed(b"[map]"),
        Value::Unsigned(number) => Cow::Owned(number.to_string().into_bytes()),
        Value::Signed(number) => Cow::Owned(number.to_string().into_bytes()),
        Value::Float(number) => Cow::Owned(float(number).into_bytes()),
        Value::Extension(_, data) => Cow::Owned(hex::encode(data).into_bytes()),
    }
}

/// The key's bytes where they are its name without a change, as for nearly all keys.
#[inline]
pub(super) fn plain_name(key: Value<'_>) -> Option<&[u8]> {
    key.text().filter(|text| text.is_ascii() || std::str::from_utf8(text).is_ok())
}

fn valid(text: &[u8]) -> Cow<'_, [u8]> {
    match String::from_utf8_lossy(text) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(valid) => Cow::Owned(valid.into_bytes()),
    }
}

/// NaN and the infinities have no JSON form.
fn float(number: f64) -> String {
    serde_json::Number::from_f64(number).map_or_else(|| "null".to_owned(), |number| number.to_string())
}
