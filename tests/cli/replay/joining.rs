//! The page on stack traces: its configuration makes of its lines the records that it shows.

use serde_json::Value;
use test_support::record;
use test_support::temp::TempDir;

use super::{configuration, json_lines, objects};
use crate::ran;

const PAGE: &str = "docs/stack-traces.md";

fn block(page: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let (_, rest) = page.split_once(&fence).unwrap_or_else(|| panic!("no {language} on the page"));
    rest.split_once("\n```").expect("its end").0.to_owned()
}

#[test]
fn the_documented_configuration_joins_the_lines_of_its_example() {
    let folder = TempDir::new();
    let page = std::fs::read_to_string(test_support::root().join(PAGE)).expect("the page");
    let config = folder.file("extra.conf", &block(&page, "conf")).display().to_string();
    let lines = block(&page, "text");
    let records: Vec<Value> = lines.lines().map(|line| record::line("web", "stderr", line)).collect();
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let ran = ran(&["replay", "--json", &config, &recording]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let objects = objects(&ran.out);
    let (summary, records) = objects.split_last().expect("a summary");
    assert_eq!(records.len(), 3, "the line before, the trace, the line behind");
    assert_eq!(summary["summary"]["joined"], lines.lines().count() - 3);
    let levels: Vec<&str> = records.iter().map(|one| one["level"].as_str().expect("a level")).collect();
    assert_eq!(levels, ["info", "error", "info"]);
}

#[test]
fn people_are_told_how_many_lines_were_joined() {
    let folder = TempDir::new();
    let lines = ["Error: x", "    at a (b.js:1:2)", "next"];
    let records: Vec<Value> = lines.iter().map(|text| record::line("web", "stderr", text)).collect();
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let config = configuration(&folder, "    route.default a\n    a.type stdout\n");
    let shown = |set: &str| ran(&["replay", "--set", set, &config, &recording]).out;
    let traces = shown("join=traces");
    assert!(traces.contains("\njoined: 1 line(s) with the record before them\n"), "{traces}");
    assert!(traces.contains("2 record(s)"), "{traces}");
    assert!(!shown("join=off").contains("joined"));
}
