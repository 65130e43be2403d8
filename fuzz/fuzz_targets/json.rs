//! msgpack values → JSON: the same text as serde_json's, alone and inside a JSON string.

#![no_main]

use ecs_router::input::decode;
use ecs_router::input::record::Value;
use ecs_router::json::{MAX_DEPTH, Writer, cut};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Number, Value as Json};

fuzz_target!(|data: &[u8]| {
    decode::elements(data).for_each(check);
    check_cut(data);
});

fn check(value: Value<'_>) {
    let expected = model(value, MAX_DEPTH);
    let mut plain = Vec::new();
    Writer::<false>::new(&mut plain).value(value);
    assert_eq!(serde_json::from_slice::<Json>(&plain).unwrap(), expected);

    let mut quoted = b"\"".to_vec();
    let mut writer = Writer::<true>::new(&mut quoted);
    writer.value(value);
    let inner_len = writer.inner_len();
    quoted.push(b'"');
    let inner: String = serde_json::from_slice(&quoted).unwrap();
    assert_eq!((inner.as_bytes(), inner_len), (plain.as_slice(), plain.len()));

    let mut twice = Vec::new();
    Writer::<false>::new(&mut twice).quoted(value);
    assert_eq!(twice, quoted);
}

/// The value as a tree, made without the writer.
fn model(value: Value<'_>, depth: u8) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(flag) => flag.into(),
        Value::Unsigned(number) => number.into(),
        Value::Signed(number) => number.into(),
        Value::Float(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
        Value::Text(text) | Value::Binary(text) => String::from_utf8_lossy(text).into(),
        Value::Extension(_, data) => hex(data).into(),
        Value::Array(..) | Value::Map(..) if depth == 0 => "[nested too deeply]".into(),
        Value::Array(_, items) => decode::elements(items).map(|item| model(item, depth - 1)).collect(),
        Value::Map(_, entries) => {
            let pair = |(key, value)| (name(key), model(value, depth - 1));
            Json::Object(decode::pairs(entries).map(pair).collect::<Map<_, _>>())
        }
    }
}

fn name(key: Value<'_>) -> String {
    match key {
        Value::Array(..) => "[array]".to_owned(),
        Value::Map(..) => "[map]".to_owned(),
        other => match model(other, 0) {
            Json::String(text) => text,
            scalar => scalar.to_string(),
        },
    }
}

fn hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A truncated text is a prefix within the limit, lacks at most the character that would be split, and stays UTF-8.
fn check_cut(data: &[u8]) {
    let Some((&max, text)) = data.split_first() else { return };
    let max = usize::from(max);
    let kept = cut(text, max);
    assert!(text.starts_with(kept) && kept.len() <= max);
    assert!(kept.len() == text.len() || kept.len() + 4 >= max);
    if let Ok(text) = std::str::from_utf8(text) {
        assert!(text.is_char_boundary(kept.len()));
    }
}
