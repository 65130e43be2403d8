//! `--cost` and `--html`: what a month of such records costs, and a picture of where they go.

use serde_json::{Value, json};
use test_support::record;
use test_support::temp::TempDir;

use super::{configuration, json_lines, objects};
use crate::{Ran, ran};

const GIB: f64 = 1_073_741_824.0;

const LINES: &str = "    route.stop stops
    route.stderr errors
    route.stdout archive
    route.other drop
    stops.type slack
    stops.webhook_url https://hooks.slack.com/services/T/B/x
    errors.type cloudwatch
    errors.log_group /errors
    errors.log_key log
    archive.type s3
    archive.bucket my-logs
";

/// Ten lines of each kind within an hour.
fn lines() -> Vec<Value> {
    (0..20)
        .map(|number| {
            let source = if number % 2 == 0 { "stderr" } else { "stdout" };
            let mut line = record::line("web", source, &"x".repeat(1_000));
            line["time"] = format!("2026-11-19T21:{:02}:00Z", number * 3).into();
            line
        })
        .collect()
}

fn replayed(folder: &TempDir, records: &[Value], more: &[&str]) -> Ran {
    let config = configuration(folder, LINES);
    let recording = folder.file("records.jsonl", &json_lines(records)).display().to_string();
    ran(&[&["replay", "--json", &config, &recording], more].concat())
}

fn cost_of(ran: &Ran) -> Value {
    objects(&ran.out).pop().expect("a summary")["summary"]["cost"].clone()
}

fn close(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found} is no number"));
    assert!((found - expected).abs() <= expected.abs() * 0.01 + 1e-9, "{found} instead of {expected}");
}

#[test]
fn a_month_costs_what_the_price_list_says() {
    let folder = TempDir::new();
    let ran = replayed(&folder, &lines(), &["--cost", "--over", "1h"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let cost = cost_of(&ran);
    // 730 hours of ten lines of 1,000 bytes, and 26 bytes that CloudWatch Logs adds to each.
    let gigabytes = 730.0 * 10.0 * 1_026.0 / GIB;
    let by_name = |name: &str| {
        let all = cost["destinations"].as_array().expect("a list");
        all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name} in {cost}")).clone()
    };
    close(&by_name("errors")["gigabytes"], gigabytes);
    close(&by_name("errors")["taken"], gigabytes * 0.5);
    close(&by_name("errors")["kept"], gigabytes * 0.03);
    assert_eq!(by_name("stops")["taken"], 0.0);
    // The driver awslogs would send both kinds of lines there.
    close(&cost["awslogs"]["taken"], 2.0 * gigabytes * 0.5);
    assert_eq!(cost["currency"], "USD");
    assert!(cost["source"].as_str().is_some_and(|source| source.starts_with("https://")), "{cost}");
}

#[test]
fn without_a_duration_the_records_own_times_say_how_long() {
    let folder = TempDir::new();
    let cost = cost_of(&replayed(&folder, &lines(), &["--cost"]));
    // From the first to the last of twenty records that come every three minutes: 57 minutes.
    close(&cost["seconds"], 57.0 * 60.0);
    let one = lines().into_iter().take(1).collect::<Vec<_>>();
    let ran = replayed(&folder, &one, &["--cost"]);
    assert!(ran.err.contains("--over"), "{}", ran.err);
    assert_eq!((ran.code, cost_of(&ran)), (1, Value::Null));
}

#[test]
fn people_read_the_cost_as_a_table_beside_that_of_awslogs() {
    let folder = TempDir::new();
    let config = configuration(&folder, LINES);
    let recording = folder.file("records.jsonl", &json_lines(&lines())).display().to_string();
    let ran = ran(&["replay", "--cost", "--over", "1h", &config, &recording]);
    for expected in ["GB a month", "\nerrors ", "\nawslogs ", "US dollars", "us-east-1", "2026"] {
        assert!(ran.out.contains(expected), "missing: {expected}\nin:\n{}", ran.out);
    }
}

#[test]
fn the_page_is_whole_and_runs_nothing() {
    let folder = TempDir::new();
    let mut records = lines();
    records.push(record::event("oom-killed"));
    records.push(json!({"anything": "<script>alert(1)</script>"}));
    let page = folder.path().join("page.html");
    let path = page.display().to_string();
    let ran = replayed(&folder, &records, &["--html", &path, "--cost", "--over", "1h"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains(&path), "{}", ran.err);
    let text = std::fs::read_to_string(&page).expect("a page");
    for forbidden in ["<script", "http-equiv", "src=", "@import", "url("] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    for expected in
        ["<!doctype html>", "<svg", "</svg>", "stderr", "errors", "archive", "dropped", "22 records"]
    {
        assert!(text.contains(expected), "missing: {expected}");
    }
    // A band for each class at each of its destinations, by records and by bytes.
    assert!(text.matches("<path").count() >= 7, "{}", text.matches("<path").count());
}
