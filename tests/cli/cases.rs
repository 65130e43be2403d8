//! Files with mistakes that real people made, kept beside this repository: `check` finds each of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde::Deserialize;

use super::{Ran, ran};

/// What a good answer to one file contains.
#[derive(Debug, Deserialize)]
struct ExpectedAnswer {
    answer_matches: String,
    exit_at_least: i32,
}

/// The folder of the cases; `None`, with a word, where there is none.
fn cases() -> Option<PathBuf> {
    let folder = test_support::root().join("../shared/cases");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

fn checked(path: &Path) -> Ran {
    ran(&["check", path.to_str().expect("UTF-8")])
}

#[test]
fn every_mistake_is_named() {
    let Some(folder) = cases().map(|folder| folder.join("check")) else { return };
    let text = std::fs::read_to_string(folder.join("expect.json")).expect("the expectations");
    let expected: BTreeMap<String, ExpectedAnswer> = serde_json::from_str(&text).expect("JSON");
    let wrong: Vec<String> =
        expected.iter().filter_map(|(name, expected)| differs(&folder.join(name), expected)).collect();
    assert!(!expected.is_empty() && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with the answer, which is searched without the file's name and the closing count.
fn differs(path: &Path, expected: &ExpectedAnswer) -> Option<String> {
    let Ran { code, out, .. } = checked(path);
    let answer = out.replace(&path.display().to_string(), "");
    let answer = answer.trim_end().rsplit_once('\n').map_or("", |(answer, _)| answer);
    let pattern = Regex::new(&expected.answer_matches).expect("a pattern");
    let is_right = code >= expected.exit_at_least && pattern.is_match(answer);
    (!is_right).then(|| format!("{}: {expected:?}, but exit code {code}:\n{out}", path.display()))
}

#[test]
fn what_is_right_gets_no_finding() {
    let Some(folder) = cases().map(|folder| folder.join("check/good")) else { return };
    let entries = std::fs::read_dir(folder).expect("the cases");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let Ran { code, out, .. } = checked(&path);
        assert!(code == 0 && out.ends_with("0 error(s), 0 warning(s)\n"), "{}\n{out}", path.display());
    }
}

#[test]
fn a_bracket_in_the_column_of_its_key_is_no_error() {
    let Some(folder) = cases().map(|folder| folder.join("config")) else { return };
    let out = checked(&folder.join("flow-list-bracket.yaml")).out;
    assert!(out.contains(" 0 error(s)"), "{out}");
}
