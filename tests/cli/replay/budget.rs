//! Limits and samples: the page's configuration does what its table says, and what is dropped and saved is told.

use serde_json::{Value, json};
use test_support::record;
use test_support::temp::TempDir;

use super::{configuration, json_lines, objects};
use crate::ran;

const PAGE: &str = "docs/cost-control.md";

fn page() -> String {
    std::fs::read_to_string(test_support::root().join(PAGE)).expect("the page")
}

fn page_configuration(page: &str) -> &str {
    let (_, rest) = page.split_once("```conf\n").expect("a configuration");
    rest.split_once("```").expect("its end").0
}

/// The cells of the table of lines, without the marks of code.
fn rows(page: &str) -> Vec<Vec<String>> {
    let table = page.lines().skip_while(|line| !line.starts_with("| line |")).skip(2);
    let cells = |row: &str| {
        row.trim_matches('|').split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect()
    };
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

/// Class and place of a record, as the table has them.
fn told(object: &Value) -> Vec<String> {
    let names = object["destinations"].as_array().expect("destinations").iter();
    let names: Vec<&str> = names.map(|one| one["name"].as_str().expect("a name")).collect();
    let place = match (names.as_slice(), object["dropped_by"].as_str()) {
        ([], Some(key)) => format!("dropped by {key}"),
        ([], None) => "dropped".to_owned(),
        (names, _) => names.join(", "),
    };
    vec![object["class"].as_str().expect("a class").to_owned(), place]
}

#[test]
fn the_documented_configuration_does_what_its_table_says() {
    let folder = TempDir::new();
    let page = page();
    let config = folder.file("extra.conf", page_configuration(&page)).display().to_string();
    let found = ran(&["check", &config]);
    assert_eq!(found.code, 0, "{}", found.out);
    let rows = rows(&page);
    assert!(rows.len() >= 8, "the table is gone");
    let records: Vec<Value> = rows.iter().map(|row| record::line("web", &row[1], &row[0])).collect();
    let recording = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let ran = ran(&["replay", "--json", &config, &recording]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for (row, object) in rows.iter().zip(&objects(&ran.out)) {
        assert_eq!(row[2..], told(object), "{}", row[0]);
    }
}

/// 3,000 lines of one second, and 100 of another container.
fn burst() -> Vec<Value> {
    let line = |container: &str, number: usize| {
        let mut line = record::line(container, "stdout", &format!("line {number}"));
        line["container_id"] = format!("{container}-id").into();
        line["time"] = "2026-11-19T21:00:00Z".into();
        line
    };
    (0..3_000).map(|number| line("web", number)).chain((0..100).map(|number| line("api", number))).collect()
}

#[test]
fn what_a_limit_drops_is_told_by_container_as_the_page_has_it() {
    let folder = TempDir::new();
    let page = page();
    let config = folder.file("extra.conf", page_configuration(&page)).display().to_string();
    let recording = folder.file("records.jsonl", &json_lines(&burst())).display().to_string();
    let shown = ran(&["replay", &config, &recording]);
    let expected = "1000 lines of container web dropped by limit.stdout (500/s per container, burst 2000)";
    assert!(shown.out.contains(&format!("\n{expected}\n")), "{}", shown.out);
    assert!(page.contains(&format!("ecs_router: {expected} in the last minute")));
    assert!(shown.out.contains("3100 record(s): 3100 stdout; 1000 dropped on purpose"), "{}", shown.out);
    assert!(shown.out.contains("   2001  stdout    info   dropped by limit.stdout\n"), "{}", shown.out);
    let summary = objects(&ran(&["replay", "--json", &config, &recording]).out).pop().expect("a summary");
    let told = json!([{
        "container": "web", "key": "limit.stdout", "value": "500/s per container, burst 2000", "lines": 1_000,
    }]);
    assert_eq!(summary["summary"]["dropped_by"], told);
}

#[test]
fn the_cost_stands_beside_what_it_would_be_without_limits() {
    let folder = TempDir::new();
    let lines =
        "    route.default logs\n    logs.type cloudwatch\n    logs.log_group /g\n    logs.log_key log\n";
    let limit = "    limit.stdout 500/s per container, burst 2000\n";
    let recording = folder.file("records.jsonl", &json_lines(&burst())).display().to_string();
    let cost_of = |keys: &str| {
        let config = configuration(&folder, keys);
        let ran = ran(&["replay", "--json", "--cost", "--over", "1h", &config, &recording]);
        objects(&ran.out).pop().expect("a summary")["summary"]["cost"].clone()
    };
    let (whole, limited) = (cost_of(lines), cost_of(&format!("{lines}{limit}")));
    assert_eq!(whole["without_limits"], Value::Null);
    let amount = |cost: &Value, line: &str| cost[line]["taken"].as_f64().expect("an amount");
    assert!(amount(&limited, "total") < amount(&whole, "total") * 0.7, "{limited}");
    assert_eq!(amount(&limited, "without_limits"), amount(&whole, "total"));
    let names: Vec<&Value> =
        whole["containers"].as_array().expect("containers").iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["web", "api"], "the dearest first");
    let config = configuration(&folder, &format!("{lines}{limit}"));
    let shown = ran(&["replay", "--cost", "--over", "1h", &config, &recording]).out;
    for expected in ["\ntotal ", "\nwithout limits ", "\nweb               container ", "\napi "] {
        assert!(shown.contains(expected), "missing: {expected}\nin:\n{shown}");
    }
}

#[test]
fn mistakes_in_budgets_are_found_by_check() {
    let folder = TempDir::new();
    let routes = "    route.stop drop\n    route.default a\n    route.stderr drop\n    a.type stdout\n";
    for (key, message) in [
        ("limit.stdout 500", "write 500/s per container"),
        ("limit.stdout 500/s", "does not say of what"),
        ("limit.stdout 0/s per container", "would drop every line"),
        ("limit.stdout 9999999/s per container", "more than a container can write"),
        ("limit.stderr 5/s per container", "has no effect"),
        ("limit.error 5/s per container", "write level auto"),
        ("limit.stop 5/s per container", "stops are never dropped"),
        ("limit.stdot 5/s per container", "did you mean limit.stdout?"),
        ("limit.health 5/s per container", "add health to classes"),
        ("sample.stdout 0%", "write route.stdout drop"),
        ("sample.stdout 0.1", "write it in percent"),
        ("sample.stdout 100%", "keeps every line"),
        ("sample.default 10%", "a budget is for one class"),
        ("sample.by trace_id", "did you mean sample_by?"),
        ("sample_by trace_id", "has no effect without sample.<class>"),
    ] {
        let config = configuration(&folder, &format!("{routes}    {key}\n"));
        let found = ran(&["check", &config]);
        assert!(found.code > 0 && found.out.contains(message), "{key}: {}", found.out);
        let about_it =
            found.out.lines().filter(|line| line.contains(key.split(' ').next().unwrap_or_default()));
        assert_eq!(about_it.count(), 1, "{key} is told once: {}", found.out);
    }
    let right = "    limit.stdout 500/s per container, burst 2000\n    sample.stdout 10%\n    sample_by session, trace_id\n";
    let found = ran(&["check", &configuration(&folder, &format!("{routes}{right}"))]);
    assert!(!["limit", "sample"].iter().any(|word| found.out.contains(word)), "{}", found.out);
}

#[test]
fn explain_tells_what_a_sample_has() {
    let folder = TempDir::new();
    let log = |trace: usize| format!(r#"{{"trace_id":"{trace:032x}"}}"#);
    let mut records: Vec<Value> = (1..100).map(|trace| record::line("web", "stdout", &log(trace))).collect();
    records.push(record::line("web", "stdout", "of no trace"));
    let file = folder.file("records.jsonl", &json_lines(&records)).display().to_string();
    let out = ran(&["explain", "--json", "--sample", "20%", &file]).out;
    let told: Vec<Value> = objects(&out).into_iter().map(|object| object["sample"].clone()).collect();
    let kept = told.iter().filter(|verdict| **verdict == "kept").count();
    assert!((8..40).contains(&kept), "{kept}");
    assert_eq!(told[99], "drawn");
    let shown = ran(&["explain", "--sample", "20%", &file]).out;
    assert_eq!(shown.matches("kept, as every line of its trace").count(), kept, "{shown}");
    let wrong = ran(&["explain", "--sample", "0.2", &file]);
    assert!(wrong.code != 0 && wrong.err.contains("--sample: '0.2' has no unit"), "{}", wrong.err);
}
