use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::input::decode;
use crate::json::Writer;

/// A map of these pairs, as msgpack.
fn map(pairs: &[(&str, Json)]) -> Vec<u8> {
    let mut out = Vec::new();
    rmp::encode::write_map_len(&mut out, u32::try_from(pairs.len()).unwrap()).unwrap();
    for (name, value) in pairs {
        rmp::encode::write_str(&mut out, name).unwrap();
        out.extend(rmp_serde::to_vec(value).unwrap());
    }
    out
}

fn chunk(records: &[Vec<(&str, Json)>]) -> Vec<u8> {
    records.iter().flat_map(|record| [vec![0x92, 7], map(record)].concat()).collect()
}

/// A record as it was read: its names in order, its JSON, and whether its `source` conflicts.
#[derive(Debug, PartialEq)]
struct Seen {
    names: Vec<String>,
    json: String,
    conflicts: bool,
    has_run: bool,
}

fn read(chunk: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let tally = decode::records(chunk, |record| {
        let mut json = Vec::new();
        Writer::<false>::new(&mut json).record(record, |_| false);
        let name = |field: &Field<'_>| String::from_utf8(key_name(field.key).to_vec()).unwrap();
        seen.push(Seen {
            names: record.fields.iter().map(name).collect(),
            json: String::from_utf8(json).unwrap(),
            conflicts: record.conflicting_source().is_some(),
            has_run: record.split_at_run().is_some(),
        });
    });
    assert_eq!(tally.fault, None);
    seen
}

#[test]
fn the_keys_of_firelens_have_a_bit_each() {
    let names = [
        "log",
        "source",
        "container_id",
        "container_name",
        "ecs_cluster",
        "ecs_task_arn",
        "ecs_task_definition",
        "partial_message",
        "partial_id",
        "partial_ordinal",
        "partial_last",
    ];
    let bits =
        names.map(|name| KeyBits::of(name.as_bytes())).into_iter().fold(KeyBits::default(), BitOr::bitor);
    assert_eq!(bits.0.count_ones() as usize, names.len());
}

#[test]
fn a_key_that_stands_twice_has_its_last_value_and_is_written_once() {
    let record = vec![("a", json!(1)), ("log", json!("forged")), ("b", json!(2)), ("log", json!("true"))];
    let seen = read(&chunk(&[record]));
    assert_eq!(seen[0].json, r#"{"a":1,"b":2,"log":"true"}"#);
    assert!(!seen[0].conflicts);
}

#[test]
fn keys_that_share_a_bit_are_different_keys() {
    let one = "log";
    let other = (b'a'..=b'z').map(|last| format!("lo{}", char::from(last)));
    let other = (b'a'..=b'z').zip(other).find_map(|(first, name)| {
        let name = format!("{}{}", char::from(first), name.get(1..).unwrap());
        (name != one && KeyBits::of(name.as_bytes()) == KeyBits::of(one.as_bytes())).then_some(name)
    });
    let other = other.unwrap_or_else(|| "lag".to_owned());
    assert_eq!(KeyBits::of(other.as_bytes()), KeyBits::of(one.as_bytes()));
    let seen = read(&chunk(&[vec![(one, json!(1)), (&other, json!(2))]]));
    assert_eq!(seen[0].names, [one, &other]);
}

#[test]
fn a_key_of_the_shared_run_may_stand_before_and_behind_it() {
    let names = || {
        let arn = "arn:aws:ecs:eu-west-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b";
        vec![
            ("ecs_cluster", json!("prod")),
            ("ecs_task_arn", json!(arn)),
            ("ecs_task_definition", json!("web:42")),
        ]
    };
    let plain = |number: usize| [vec![("log", json!(number.to_string()))], names()].concat();
    let before = [vec![("ecs_cluster", json!("forged")), ("log", json!("x"))], names()].concat();
    let behind = [vec![("log", json!("x"))], names(), vec![("ecs_cluster", json!("lifted"))]].concat();
    let mut records: Vec<_> = (0..4).map(plain).collect();
    records.extend([before, plain(5), behind, plain(7)]);
    let seen = read(&chunk(&records));
    let json = |at: usize| serde_json::from_str::<Map<String, Json>>(&seen[at].json).unwrap();
    assert_eq!(seen.iter().map(|seen| seen.names.len()).collect::<Vec<_>>(), [4; 8]);
    assert_eq!((&json(4)["ecs_cluster"], &json(6)["ecs_cluster"]), (&json!("prod"), &json!("lifted")));
    assert_eq!(
        seen.iter().map(|seen| seen.has_run).collect::<Vec<_>>()[2..],
        [true, true, false, true, false, true]
    );
}

#[test]
fn a_run_has_no_key_twice() {
    let long = "a name of more than thirty-two bytes";
    let record = |number: usize| {
        vec![("n", json!(number)), ("a", json!(long)), ("b", json!(long)), ("a", json!("last"))]
    };
    for seen in read(&chunk(&(0..20).map(record).collect::<Vec<_>>())) {
        assert_eq!(seen.names, ["n", "b", "a"]);
        assert!(seen.json.ends_with(r#""a":"last"}"#), "{}", seen.json);
    }
}

#[test]
fn only_two_values_of_source_conflict() {
    let cases = [
        (&["stdout"][..], false),
        (&["stdout", "stdout"], false),
        (&["stderr", "stdout"], true),
        (&["web", "stdout"], true),
        (&["a", "b"], false),
    ];
    for (sources, conflicts) in cases {
        let record = sources.iter().map(|source| ("source", json!(source))).collect();
        assert_eq!(read(&chunk(&[record]))[0].conflicts, conflicts, "{sources:?}");
    }
}

#[test]
fn many_fields_are_searched_in_proportion_to_their_number() {
    let names: Vec<String> = (0..50_000).map(|number| format!("k{number:05}x")).collect();
    let mut record: Vec<(&str, Json)> = names.iter().map(|name| (name.as_str(), json!(1))).collect();
    record.push(("k00000x", json!(2)));
    let start = std::time::Instant::now();
    let seen = read(&chunk(&[record]));
    assert!(start.elapsed().as_secs() < 5);
    assert_eq!((seen[0].names.len(), seen[0].json.ends_with(r#""k00000x":2}"#)), (50_000, true));
}

#[test]
fn keys_of_other_kinds_have_one_value_too() {
    let record = [&[0x92, 7, 0x85][..], &[1, 1, 0xc0, 2, 0xc4, 1, b'k', 3, 1, 4, 0xa1, b'k', 5]].concat();
    let mut out = Vec::new();
    decode::records(&record, |record| Writer::<false>::new(&mut out).record(record, |_| false));
    assert_eq!(String::from_utf8(out).unwrap(), r#"{"null":2,"1":4,"k":5}"#);
}

proptest! {
    /// The model: a map in which a later pair replaces an earlier one.
    #[test]
    fn a_record_and_its_maps_are_what_a_map_would_be(
        records in proptest::collection::vec(proptest::collection::vec(("[ab]{0,2}|source|[a-z]{1,3}", 0..4u8), 0..40), 1..12)
    ) {
        let names = ["a", "container_name_of_some_length"];
        let pairs = |record: &[(String, u8)]| -> Vec<(String, Json)> {
            record.iter().map(|(name, value)| (name.clone(), json!(names[usize::from(*value) % 2]))).collect()
        };
        let mut chunk = Vec::new();
        for record in &records {
            let pairs = pairs(record);
            let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            chunk.extend([&[0x92, 7, 0x81, 0xa1, b'm'], map(&pairs).as_slice()].concat());
            chunk.extend([&[0x92, 7], map(&pairs).as_slice()].concat());
        }
        let seen = read(&chunk);
        for (record, seen) in records.iter().zip(seen.chunks(2)) {
            let model = Json::Object(pairs(record).into_iter().collect());
            let nested: Json = serde_json::from_str(&seen[0].json).unwrap();
            prop_assert_eq!(&nested["m"], &model);
            prop_assert_eq!(&serde_json::from_str::<Json>(&seen[1].json).unwrap(), &model);
            let keys = |text: &str| text.matches("\":\"").count();
            prop_assert_eq!(keys(&seen[1].json), model.as_object().unwrap().len());
            prop_assert_eq!(keys(&seen[0].json), model.as_object().unwrap().len());
        }
    }
}
