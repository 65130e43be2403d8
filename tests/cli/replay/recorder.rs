//! The page on the flight recorder: its configuration does with its lines what its table says; and what `replay` and
//! `check` say of a recorder.

use serde_json::{Value, json};
use test_support::record;
use test_support::temp::TempDir;

use super::{configuration, json_lines, objects};
use crate::ran;

const PAGE: &str = "docs/flight-recorder.md";

fn page() -> String {
    std::fs::read_to_string(test_support::root().join(PAGE)).expect("the page")
}

fn configuration_of(page: &str) -> String {
    let (_, rest) = page.split_once("```conf\n").expect("a configuration");
    rest.split_once("```").expect("its end").0.to_owned()
}

/// The cells of the table of lines, without the marks of code.
fn rows(page: &str) -> Vec<Vec<String>> {
    let table = page.lines().skip_while(|line| !line.starts_with("| time |")).skip(2);
    let cells = |row: &str| {
        row.trim_matches('|').split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect()
    };
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// A line at this time of a day.
fn line(time: &str, source: &str, log: &str) -> Value {
    let mut record = record::line("web", source, log);
    record["time"] = json!(format!("2025-11-20T{time}Z"));
    record
}

fn is_at(row: &Value, destination: &str) -> bool {
    row["destinations"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == destination))
}

#[test]
fn the_documented_configuration_does_what_its_table_says() {
    let folder = TempDir::new();
    let page = page();
    let config = folder.file("extra.conf", &configuration_of(&page)).display().to_string();
    assert_eq!(ran(&["check", &config]).code, 0, "{}", ran(&["check", &config]).out);
    let rows = rows(&page);
    assert!(rows.len() >= 7, "the table is gone");
    let records: Vec<Value> = rows.iter().map(|row| line(&row[0], &row[1], &row[2])).collect();
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let ran = ran(&["replay", "--json", &config, &recording]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let objects = objects(&ran.out);
    let (own, released) = objects.split_at(rows.len());
    for (row, object) in rows.iter().zip(own) {
        assert!(is_at(object, "archive"), "{}: {object}", row[2]);
        assert_eq!(is_at(object, "errors"), row[3] == "at once", "{}: {object}", row[2]);
    }
    let (summary, released) = released.split_last().expect("a summary");
    assert!(released.iter().all(|row| row["released"] == true && is_at(row, "errors")), "{released:?}");
    let meant: Vec<&Value> = rows
        .iter()
        .zip(own)
        .filter(|(row, _)| ["with the error", "as it comes"].contains(&row[3].as_str()))
        .map(|(_, object)| &object["level"])
        .collect();
    assert_eq!(released.iter().map(|row| &row["level"]).collect::<Vec<_>>(), meant);
    let counts = &summary["summary"]["recorder"];
    assert_eq!((&counts["released"], &counts["evicted"]), (&json!(meant.len()), &json!(0)), "{counts}");
}

#[test]
fn people_see_what_is_held_and_what_is_released() {
    let folder = TempDir::new();
    let keys = "    route.default a\n    route.stdout drop\n    a.type stdout\n    recorder.window 1m\n    recorder.destination a\n";
    let config = configuration(&folder, keys);
    let records = [line("10:00:00", "stdout", "one"), line("10:00:01", "stderr", "failed")];
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let shown = ran(&["replay", &config, &recording]).out;
    assert!(shown.contains("      1  stdout    held by the recorder\n"), "{shown}");
    assert!(
        shown.contains("\n      2  stderr    a  ") && shown.contains("\nearlier  stdout    a  "),
        "{shown}"
    );
    assert!(shown.contains("2 record(s): 1 stderr, 1 stdout; 0 dropped on purpose"), "{shown}");
    assert!(
        shown.contains("recorder: 1 held, 1 released, 0 not released, 0 of them for lack of memory"),
        "{shown}"
    );
}

#[test]
fn check_knows_what_is_wrong_with_a_recorder() {
    let folder = TempDir::new();
    let usual = "    level auto\n    route.default a\n    route.stdout drop\n    route.other drop\n    a.type stdout\n";
    let said = |keys: &str| {
        let config = configuration(&folder, &format!("{usual}{keys}"));
        ran(&["check", &config]).out
    };
    let on = "    recorder.window 5m\n    recorder.destination a\n";
    assert!(!said(on).contains("recorder"), "{}", said(on));
    for (keys, part) in [
        ("    recorder.window 5m\n", "recorder.destination"),
        ("    recorder.destination a\n", "has no effect without recorder.window"),
        (
            "    recorder.window 5m\n    recorder.destination b\n    b.type stdout\n",
            "is not where errors or stops go",
        ),
        ("    recorder.window 2h\n    recorder.destination a\n", "is longer than an hour"),
        ("    recorder.window 5x\n    recorder.destination a\n", "recorder.window"),
        ("    recorder.windows 5m\n", "recorder.window"),
        ("    recorder.window 5m\n    recorder.destination c\n", "recorder.destination"),
    ] {
        let found = said(keys);
        assert!(found.contains(part), "{keys}: {found}");
    }
}
