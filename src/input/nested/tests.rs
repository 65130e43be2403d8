//! Values in values cost what their bytes cost, and a key that occurs twice is taken out at every level.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::input::decode;
use crate::json::Writer;

/// Bytes of the innermost value.
const BYTES: usize = 400_000;

/// A map in a map in a map …, `levels` deep, around a list of numbers. `head` begins each map and its one pair.
fn deep(levels: usize, head: &[u8]) -> Vec<u8> {
    let list = [&[0xdd][..], &u32::try_from(BYTES).unwrap().to_be_bytes(), &vec![7; BYTES]].concat();
    [head.repeat(levels), list].concat()
}

fn written(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    decode::elements(value).for_each(|value| Writer::<false>::new(&mut out).value(value));
    out
}

fn shortest(work: impl Fn() -> Vec<u8>) -> Duration {
    let time = |_| {
        let start = Instant::now();
        assert!(work().len() > BYTES);
        start.elapsed()
    };
    (0..5).map(time).min().unwrap()
}

#[test]
fn a_value_costs_as_much_at_the_sixtieth_level_as_at_the_first() {
    // {"k": …}, and {"k": …, "k": …} of which the first is nothing.
    for head in [&[0x81, 0xa1, b'k'][..], &[0x82, 0xa1, b'k', 0xc0, 0xa1, b'k']] {
        let (flat, nested) = (deep(1, head), deep(60, head));
        let (flat, nested) = (shortest(|| written(&flat)), shortest(|| written(&nested)));
        assert!(nested < flat * 4, "{nested:?} instead of {flat:?}");
    }
}

#[test]
fn keys_that_are_written_alike_are_one_key() {
    let nested = [
        &[0x81, 0xa1, b'm', 0x8c][..],
        // 1 and "1", nil and "null", true and "true", 1.5 and "1.5"
        &[
            1, 10, 0xa1, b'1', 11, 0xc0, 12, 0xa4, b'n', b'u', b'l', b'l', 13, 0xc3, 14, 0xa4, b't', b'r',
            b'u', b'e', 15,
        ],
        &[0xca, 0x3f, 0xc0, 0, 0, 16, 0xa3, b'1', b'.', b'5', 17],
        // two texts that are not UTF-8, and two lists
        &[0xa1, 0xff, 18, 0xa1, 0xfe, 19, 0x90, 20, 0x91, 1, 21],
    ]
    .concat();
    let expected = "{\"1\":11,\"null\":13,\"true\":15,\"1.5\":17,\"\u{fffd}\":19,\"[array]\":21}";
    assert_eq!(String::from_utf8(written(&nested)).unwrap(), format!("{{\"m\":{expected}}}"));
    let top = [&[0x92, 7][..], nested.get(3..).unwrap()].concat();
    let mut out = Vec::new();
    decode::records(&top, |record| Writer::<false>::new(&mut out).record(record, |_| false));
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

/// Maps in maps in which keys repeat: what is written of a value, and the model of it, in which the last value counts.
fn value() -> impl Strategy<Value = (Vec<u8>, Json)> {
    let text = "[a\"\u{1}é]{0,3}".prop_map(|text| (rmp_serde::to_vec(&text).unwrap(), json!(text)));
    text.prop_recursive(5, 60, 6, |inner| {
        let map = proptest::collection::vec(("[ab\"]{0,2}", inner.clone()), 0..6).prop_map(|pairs| {
            let count = u8::try_from(pairs.len()).unwrap();
            let bytes = pairs
                .iter()
                .flat_map(|(key, (value, _))| [rmp_serde::to_vec(key).unwrap(), value.clone()].concat());
            let model: Map<String, Json> =
                pairs.iter().map(|(key, (_, model))| (key.clone(), model.clone())).collect();
            ([0x80 | count].into_iter().chain(bytes).collect(), Json::Object(model))
        });
        let list = proptest::collection::vec(inner, 0..6).prop_map(|items| {
            let count = u8::try_from(items.len()).unwrap();
            let bytes = items.iter().flat_map(|(value, _)| value.clone());
            let model: Vec<Json> = items.iter().map(|(_, model)| model.clone()).collect();
            ([0x90 | count].into_iter().chain(bytes).collect(), Json::Array(model))
        });
        prop_oneof![map, list]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_maps_would_hold((bytes, model) in value()) {
        let plain = String::from_utf8(written(&bytes)).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Json>(&plain).unwrap(), &model);
        prop_assert_eq!(plain.len(), model.to_string().len(), "no key stands twice");
        let mut quoted = Vec::new();
        let mut writer = Writer::<true>::new(&mut quoted);
        writer.value(decode::elements(&bytes).next().unwrap());
        prop_assert_eq!(writer.inner_len(), plain.len());
        let inner: String = serde_json::from_str(&format!("\"{}\"", String::from_utf8(quoted).unwrap())).unwrap();
        prop_assert_eq!(inner, plain);
    }
}
