use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::*;

/// One row of a table of lines: where it is from, the level that a person gives it, and the record.
#[derive(Debug, Deserialize)]
struct Row {
    from: String,
    level: String,
    record: Json,
}

fn rows(table: &str) -> Vec<Row> {
    table.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Lines of usual runtimes and servers, each in the format that it has there.
const LINES: &str = include_str!("../../tests/fixtures/levels/lines.jsonl");
/// Lines that speak of errors and are none.
const TRAPS: &str = include_str!("../../tests/fixtures/levels/traps.jsonl");

fn told(reader: &LevelReader, record: &Json) -> Option<LogLevel> {
    let body = rmp_serde::to_vec(record).unwrap();
    let fields = decode::fields(&body);
    reader.read(&Record::new(crate::input::record::Timestamp::default(), &fields, &body))
}

fn of_log(log: &str) -> Option<LogLevel> {
    told(&LevelReader::default(), &json!({"log": log}))
}

/// The level by the record's own word, or else by its stream.
fn level(row: &Row) -> &'static str {
    let by_stream = if row.record["source"] == "stderr" { "error" } else { "info" };
    told(&LevelReader::default(), &row.record).map_or(by_stream, LogLevel::name)
}

fn wrong(rows: &[Row]) -> Vec<String> {
    let wrong = rows.iter().filter(|row| level(row) != row.level);
    wrong.map(|row| format!("{}: {} for {}", row.from, level(row), row.record)).collect()
}

#[test]
fn lines_of_usual_runtimes_get_the_level_that_a_person_gives() {
    let rows = rows(LINES);
    let wrong = wrong(&rows);
    assert!(rows.len() >= 150, "{} rows", rows.len());
    assert!(wrong.len() * 100 <= rows.len() * 3, "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// A line on standard error is an error for want of anything better: the table must not live on that.
#[test]
fn lines_of_usual_runtimes_tell_their_level_themselves() {
    let rows = rows(LINES);
    let silent = rows.iter().filter(|row| told(&LevelReader::default(), &row.record).is_none());
    let silent: BTreeMap<&str, &Json> = silent.map(|row| (row.from.as_str(), &row.record["log"])).collect();
    assert!(silent.len() * 10 <= rows.len(), "{silent:#?}");
}

#[test]
fn what_speaks_of_errors_is_no_error() {
    let rows = rows(TRAPS);
    assert!(rows.len() >= 40, "{} rows", rows.len());
    assert_eq!(wrong(&rows), [""; 0]);
}

#[test]
fn a_field_of_the_record_comes_before_its_line_and_json_before_nothing() {
    let reader = LevelReader::default();
    assert_eq!(told(&reader, &json!({"log": "ERROR x", "level": "info"})), Some(LogLevel::Info));
    assert_eq!(told(&reader, &json!({"message": "[error] x"})), Some(LogLevel::Error));
    assert_eq!(told(&reader, &json!({"log": {"level": "warn"}, "message": "ERROR x"})), Some(LogLevel::Warn));
    assert_eq!(told(&reader, &json!({"level": 3})), None, "no GELF message");
    assert_eq!(told(&reader, &json!({"severity": 3})), Some(LogLevel::Error));
    assert_eq!(told(&reader, &json!({"log": 7})), None);
}

#[test]
fn the_field_that_the_user_names_comes_first_wherever_it_is() {
    let reader = LevelReader::new(Some("record.level.name"));
    let record = json!({"name": "ERROR", "no": 40});
    let inside = json!({"record": {"level": record}});
    assert_eq!(told(&reader, &inside), Some(LogLevel::Error));
    let line =
        json!({"text": "2026-11-20 | INFO | x", "record": {"elapsed": {}, "level": record}}).to_string();
    assert_eq!(told(&reader, &json!({"log": line})), Some(LogLevel::Error));
    assert_eq!(told(&reader, &json!({"record.level.name": "warn", "level": "info"})), Some(LogLevel::Warn));
    assert_eq!(told(&reader, &json!({"level": "info"})), Some(LogLevel::Info), "or else as without it");
    assert_eq!(
        told(&LevelReader::new(Some("status")), &json!({"status": "gold", "log": "WARN x"})),
        Some(LogLevel::Warn)
    );
    assert_eq!(told(&LevelReader::new(Some("prio")), &json!({"prio": 3})), Some(LogLevel::Error));
}

#[test]
fn only_the_first_line_counts() {
    assert_eq!(of_log("started\nERROR x"), None);
    assert_eq!(of_log("ERROR x\nINFO y"), Some(LogLevel::Error));
}

#[test]
fn a_level_far_behind_is_not_looked_for() {
    let text = "x".repeat(9_000);
    let before = json!({"level": "error", "msg": text}).to_string();
    assert_eq!(of_log(&before), Some(LogLevel::Error));
    assert_eq!(of_log(&format!("{{\"msg\":\"{text}\",\"level\":\"error\"}}")), None);
    assert_eq!(of_log(&format!("{} ERROR x", "2026 ".repeat(200))), None);
}

/// Any JSON, with keys and texts that look like levels.
fn any_json() -> impl Strategy<Value = Json> {
    let text =
        prop_oneof![Just("level"), Just("error"), Just("\"level\":\"fatal\""), Just("\\"), Just("é{[")];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        text.prop_map(Json::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop_oneof![Just("level"), Just("a"), Just("\"severity"), Just("\\")];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((key, inner), 0..4).prop_map(|pairs| pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #[test]
    fn the_level_is_found_behind_anything_and_never_inside_of_it(
        before in proptest::collection::vec(any_json(), 0..5),
        has_level in any::<bool>(),
        pretty in any::<bool>(),
        end in 0usize..400,
    ) {
        let mut object = Map::new();
        for (number, value) in before.into_iter().enumerate() {
            object.insert(format!("key{number}"), value);
        }
        if has_level {
            object.insert("severity".to_owned(), json!("WARNING"));
        }
        let text = if pretty { format!("{:#}", Json::from(object)) } else { Json::from(object).to_string() };
        prop_assert_eq!(of_log(&text), has_level.then_some(LogLevel::Warn), "{}", text);
        // Cut off anywhere, it tells that level or none.
        let cut = text.get(..end).unwrap_or(&text);
        prop_assert!(of_log(cut).is_none_or(|level| level == LogLevel::Warn), "{}", cut);
    }

    #[test]
    fn any_bytes_are_read(line in proptest::collection::vec(any::<u8>(), 0..700), token in "[\\[\\]<>(){}|: =\t\"A-Ze!0-9-]{0,60}") {
        for text in [&line, token.as_bytes()] {
            let fields = [Field { key: Value::Text(b"log"), value: Value::Text(text) }];
            let record = Record::new(crate::input::record::Timestamp::default(), &fields, b"");
            let level = LevelReader::new(Some("a.b")).read(&record);
            prop_assert!(text.iter().any(u8::is_ascii_alphanumeric) || level.is_none(), "{:?}", text);
        }
    }
}
