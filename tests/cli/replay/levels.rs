//! The page on errors on stdout: its configuration does with its lines what its table says.

use serde_json::Value;
use test_support::record;
use test_support::temp::TempDir;

use super::{configuration, json_lines, objects};
use crate::ran;

const PAGE: &str = "docs/errors-on-stdout.md";

fn page() -> String {
    std::fs::read_to_string(test_support::root().join(PAGE)).expect("the page")
}

/// The cells of the table of lines, without the marks of code.
fn rows(page: &str) -> Vec<Vec<String>> {
    let table = page.lines().skip_while(|line| !line.starts_with("| line |")).skip(2);
    let cells = |row: &str| {
        row.trim_matches('|').split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect()
    };
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// Class, level and destinations of a record, as the table has them.
fn told(object: &Value) -> Vec<String> {
    let names = object["destinations"].as_array().expect("destinations").iter();
    let names: Vec<&str> = names.map(|one| one["name"].as_str().expect("a name")).collect();
    let text = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
    vec![text("class"), text("level"), names.join(", ")]
}

#[test]
fn the_documented_configuration_does_what_its_table_says() {
    let folder = TempDir::new();
    let page = page();
    let (_, rest) = page.split_once("```conf\n").expect("a configuration");
    let (conf, _) = rest.split_once("```").expect("its end");
    let config = folder.file("extra.conf", conf).display().to_string();
    let rows = rows(&page);
    assert!(rows.len() >= 8, "the table is gone");
    let records: Vec<Value> = rows.iter().map(|row| record::line("web", &row[1], &row[0])).collect();
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let ran = ran(&["replay", "--json", &config, &recording]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let objects = objects(&ran.out);
    for (row, object) in rows.iter().zip(&objects) {
        assert_eq!(row[2..], told(object), "{}", row[0]);
    }
    let target = &objects[0]["destinations"][0]["target"];
    assert!(target["log_stream"].as_str().is_some_and(|stream| stream.starts_with("error/web/")), "{target}");
    let (_, stops) = objects.split_at(rows.len());
    assert_eq!(stops.len(), 1, "only the summary is left");
}

#[test]
fn people_see_the_level_beside_the_class_where_there_are_levels() {
    let folder = TempDir::new();
    let records = [record::line("web", "stdout", "ERROR boom"), record::line("web", "stderr", "boom")];
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let config = configuration(&folder, "    route.default a\n    a.type stdout\n");
    let shown = |set: &str| ran(&["replay", "--set", set, &config, &recording]).out;
    let auto = shown("level=auto");
    assert!(auto.contains(" record  class     level  destination "), "{auto}");
    assert!(auto.contains("\n      1  error     error  a "), "{auto}");
    assert!(auto.contains("\n      2  stderr    error  a "), "{auto}");
    assert!(auto.contains("2 record(s): 1 error, 1 stderr; 0 dropped"), "{auto}");
    let off = shown("level=off");
    assert!(
        off.contains(" record  class     destination ") && off.contains("\n      1  stdout    a "),
        "{off}"
    );
    assert!(off.contains("1 stderr, 1 stdout"), "{off}");
}
