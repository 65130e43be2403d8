//! What `migrate` makes of awslogs and of built-in outputs: it passes `check`, and records go where they went.

mod outputs;
mod tasks;

use std::path::Path;

use serde_json::Value;
use test_support::record;

use crate::{Ran, ran};

fn migrated(file: &Path, into: &Path) -> Ran {
    ran(&["migrate", &file.display().to_string(), "--dir", &into.display().to_string()])
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// No errors and no warnings.
fn assert_passes_check(files: &[&Path], about: &str) {
    let paths: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let arguments: Vec<&str> = std::iter::once("check").chain(paths.iter().map(String::as_str)).collect();
    let checked = ran(&arguments);
    assert!(checked.out.contains("0 error(s), 0 warning(s)"), "{about}: {}", checked.out);
}

/// Class and destinations of a standard error, a health check's line and another line, by the names of the types.
fn routes(configuration: &Path, output: &str) -> Vec<String> {
    let records = [
        record::line("web", "stderr", "boom"),
        record::line("web", "stdout", "GET /health 200"),
        record::line("worker", "stdout", "fine"),
    ];
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let recording = configuration.with_extension("jsonl");
    std::fs::write(&recording, lines.join("\n")).expect("a file");
    let paths = [configuration, &recording].map(|path| path.display().to_string());
    let ran = ran(&["replay", "--json", "--output", output, &paths[0], &paths[1]]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let rows = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.filter(|row| row.get("record").is_some())
        .map(|row| {
            let names = row["destinations"].as_array().expect("a list").iter();
            let mut names: Vec<&str> = names.map(|one| one["name"].as_str().expect("a name")).collect();
            names.sort_unstable();
            format!("{}:{}", row["class"].as_str().expect("a class"), names.join("+"))
        })
        .collect()
}
