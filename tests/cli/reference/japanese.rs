//! The tables of keys in Japanese: the generated ones, each text replaced by its translation. `japanese.txt` has them in
//! pairs, by the English text: when that changes, its translation is missing and the test says so, so that none is old.

use std::collections::{BTreeMap, BTreeSet};

use ecs_router::config::keys;

const TRANSLATIONS: &str = include_str!("japanese.txt");

/// Titles and heads of the tables.
const FIXED: [(&str, &str); 4] = [
    ("| key | value | default | meaning | example |", "| キー | 値 | 既定値 | 意味 | 例 |"),
    ("## Keys of the output", "## 出力のキー"),
    ("## Keys of every destination: `<destination>.<key>`", "## すべての宛先のキー: `<宛先>.<キー>`"),
    ("## Destination type ", "## 宛先の種類 "),
];

/// The reference, translated.
pub(super) fn reference() -> String {
    let known = translations();
    let text = keys::reference();
    let mut missing = BTreeSet::new();
    let lines: Vec<_> = text.lines().map(|line| translate(line, &known, &mut missing)).collect();
    let missing: Vec<_> = missing.into_iter().collect();
    assert!(
        missing.is_empty(),
        "tests/cli/reference/japanese.txt lacks the translation of:\n{}\nWrite the English line there and the Japanese \
         one below it.",
        missing.join("\n")
    );
    lines.join("\n")
}

/// English text → Japanese text, from pairs of lines with an empty one between.
fn translations() -> BTreeMap<&'static str, &'static str> {
    let pairs = TRANSLATIONS.split("\n\n").filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| pair.trim().split_once('\n').unwrap_or_else(|| panic!("no translation: {pair}")))
        .collect()
}

fn translate(line: &str, known: &BTreeMap<&str, &str>, missing: &mut BTreeSet<String>) -> String {
    if let Some((english, japanese)) = FIXED.iter().find(|(english, _)| line.starts_with(english)) {
        return line.replacen(english, japanese, 1);
    }
    let Some(inner) = line.strip_prefix("| `").and_then(|rest| rest.strip_suffix(" |")) else {
        return line.to_owned();
    };
    let cells = cells(inner);
    let [name, form, default, doc, example] = cells.as_slice() else {
        panic!("{} cells: {line}", cells.len())
    };
    let doc = known.get(doc.as_str()).copied().unwrap_or_else(|| {
        missing.insert(doc.clone());
        ""
    });
    format!("| `{name} | {} | {} | {doc} | {example} |", form_in(form, known), default_in(default))
}

/// The cells of a row; an escaped `|` does not end one.
fn cells(row: &str) -> Vec<String> {
    row.split(" | ").map(str::to_owned).collect()
}

/// `text, secret` → `テキスト、秘密`; what lists its values is the same in every language.
fn form_in(form: &str, known: &BTreeMap<&str, &str>) -> String {
    let (form, secret) = form.strip_suffix(", secret").map_or((form, ""), |form| (form, "、秘密"));
    let form = known.get(format!("value: {form}").as_str()).copied().unwrap_or(form);
    format!("{form}{secret}")
}

/// `` `on`, for slack, pagerduty `off` `` → `` `on`(slack、pagerduty は `off`) ``
fn default_in(default: &str) -> String {
    match default.split_once(", for ").and_then(|(default, rest)| Some((default, rest.split_once(" `")?))) {
        Some((default, (kinds, other))) => format!("{default}({} は `{other})", kinds.replace(", ", "、")),
        None => default.to_owned(),
    }
}

/// Nothing is kept that no key says any more.
#[test]
fn every_translation_is_used() {
    let text = keys::reference();
    for (english, _) in translations() {
        let used = english.strip_prefix("value: ").map_or_else(
            || text.contains(&format!(" | {english} | ")),
            |form| text.contains(&format!(" | {form} | ")) || text.contains(&format!(" | {form}, secret | ")),
        );
        assert!(used, "tests/cli/reference/japanese.txt: no key says '{english}'");
    }
}
