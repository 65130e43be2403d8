//! "What happens when …" in docs/guarantees.md: every row names the tests that prove it, and every scenario has its row.

use std::collections::BTreeSet;
use std::path::Path;

const TITLE: &str = "## What happens when …";

#[test]
fn every_row_names_tests_that_exist() {
    let tests = tests_in(&["src", "cli", "fluent-bit", "tests"]);
    let rows = rows();
    assert!(rows.len() >= 16, "rows are missing");
    for row in rows {
        let named = names(row.last().expect("cells"));
        assert!(!named.is_empty(), "no test proves {row:?}");
        let unknown: Vec<_> = named.difference(&tests).collect();
        assert!(unknown.is_empty(), "no such test: {unknown:?}");
    }
}

#[test]
fn every_scenario_has_its_row() {
    let named: BTreeSet<String> = rows().iter().flat_map(|row| names(row.last().expect("cells"))).collect();
    // The stand-in's own test is about the stand-in.
    let scenarios: BTreeSet<String> = tests_in(&["tests/faults"])
        .into_iter()
        .filter(|name| name != "a_chunk_that_is_not_taken_comes_again")
        .collect();
    assert!(scenarios.len() >= 16, "the scenarios are gone");
    assert_eq!(scenarios.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Nothing missing and nothing twice, or the cell says why not.
#[test]
fn every_row_says_what_is_missing_and_what_comes_twice() {
    for row in rows() {
        let [_, _, missing, twice, _] = row.as_slice() else { panic!("{} cells: {row:?}", row.len()) };
        for cell in [missing, twice] {
            assert!(matches!(cell.as_str(), "0" | "–") || cell.len() > 20, "{cell}");
        }
    }
}

/// The cells of each row.
fn rows() -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(root().join("docs/guarantees.md")).unwrap();
    let (_, section) = page.split_once(TITLE).expect("the section");
    let table =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    table.skip(2).map(cells).collect()
}

/// What is between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The functions behind `#[test]` and `#[tokio::test]`, in these folders.
fn tests_in(folders: &[&str]) -> BTreeSet<String> {
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(tests_of(&std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

fn tests_of(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_test = |line: &str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
    let name = |line: &&str| {
        line.split_once("fn ").and_then(|(_, rest)| rest.split_once('(')).map(|(name, _)| name.to_owned())
    };
    lines.windows(2).filter(|pair| is_test(pair[0])).filter_map(|pair| name(&pair[1])).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
