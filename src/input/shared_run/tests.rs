use serde_json::{Map, Value as Json, json};

use crate::input::decode::records;

const NAMES: [(&str, &str); 3] = [
    ("ecs_cluster", "prod"),
    ("ecs_task_arn", "arn:aws:ecs:eu-west-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b"),
    ("ecs_task_definition", "web:42"),
];

/// A chunk of records with these fields, in this order.
fn chunk<'f>(all: impl IntoIterator<Item = Vec<(&'f str, String)>>) -> Vec<u8> {
    let mut chunk = Vec::new();
    for fields in all {
        chunk.extend([0x92, 7]);
        rmp::encode::write_map_len(&mut chunk, u32::try_from(fields.len()).unwrap()).unwrap();
        for (name, text) in fields {
            rmp::encode::write_str(&mut chunk, name).unwrap();
            rmp::encode::write_str(&mut chunk, &text).unwrap();
        }
    }
    chunk
}

/// Each record as it was read, and the names of the fields of its run.
fn read(chunk: &[u8]) -> Vec<(Json, Vec<String>)> {
    let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap()).into_owned();
    let mut seen = Vec::new();
    let tally = records(chunk, |record| {
        let fields = record.fields.iter();
        let read: Map<_, _> =
            fields.map(|field| (text(field.key.text()), text(field.value.text()).into())).collect();
        let run = record.split_at_run().map(|split| split.run).unwrap_or_default();
        assert_eq!(Json::Object(read.clone()), rmp_serde::from_slice::<Json>(record.body).unwrap());
        seen.push((read.into(), run.iter().map(|field| text(field.key.text())).collect()));
    });
    assert_eq!(tally.fault, None);
    seen
}

fn with_names(own: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    own.into_iter().chain(NAMES.map(|(name, text)| (name, text.to_owned()))).collect()
}

#[test]
fn two_records_show_the_run_of_all_that_follow() {
    let seen = read(&chunk((0..9).map(|number| with_names(vec![("log", number.to_string())]))));
    for (number, (record, run)) in seen.iter().enumerate() {
        assert_eq!(record["log"], json!(number.to_string()));
        let names: &[&str] = if number < 2 { &[] } else { &NAMES.map(|(name, _)| name) };
        assert_eq!(run, names, "record {number}");
    }
}

#[test]
fn the_drivers_own_fields_may_change_places() {
    let own = ["container_id", "container_name", "source", "log"];
    let turned = |turn: usize| {
        let mut fields = own.map(|name| (name, name.repeat(3)));
        fields.swap(0, turn % 4);
        fields.swap(1, turn / 4 % 4);
        with_names(fields.to_vec())
    };
    let seen = read(&chunk((0..100).map(turned)));
    let with_run = seen.iter().filter(|(_, run)| run.ends_with(&["ecs_task_definition".to_owned()]));
    assert!(with_run.count() > 80);
}

#[test]
fn another_container_has_its_own_run() {
    let fields = |at: usize| {
        let container = if at < 100 { "a" } else { "b" };
        vec![("container_id", container.repeat(64)), ("log", at.to_string())]
    };
    let seen = read(&chunk((0..200).map(fields)));
    assert!(seen.iter().skip(110).all(|(_, run)| *run == ["container_id"]));
    assert_eq!(seen[150].0["container_id"], "b".repeat(64));
}

#[test]
fn records_that_share_nothing_are_soon_left_alone() {
    let mut run = super::SharedRun::default();
    let bodies: Vec<Vec<u8>> = (0..5_000)
        .map(|number| rmp_serde::to_vec(&json!({"log": format!("{number:064}")})).unwrap())
        .collect();
    bodies.iter().for_each(|body| run.record_miss(body));
    assert_eq!((run.searches, run.raw.len()), (super::MAX_PAUSE_EXPONENT, 0));
}

#[test]
fn a_run_is_not_read_where_the_map_ends_before_it() {
    let names = chunk((0..3).map(|_| with_names(vec![("log", "x".to_owned())])));
    // A map of one field, and after it, as an entry that is not a record, what would go on as the run does.
    let without_run = [&[0x92, 7, 0x81][..], &chunk([with_names(Vec::new())])[3..]].concat();
    let seen = read_leniently(&[names, without_run].concat());
    assert_eq!(seen, [4, 4, 4, 1]);
}

/// How many fields each record has, up to where reading ends.
fn read_leniently(chunk: &[u8]) -> Vec<usize> {
    let mut seen = Vec::new();
    records(chunk, |record| seen.push(record.fields.len()));
    seen
}
