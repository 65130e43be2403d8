//! The tables of keys in the documents are the ones the program itself goes by, in both languages, and every counter and
//! every word of a stop report is explained in both. `UPDATE_README=1` rewrites the tables.

use std::path::PathBuf;

use ecs_router::config::keys;

mod japanese;

const START: &str = "<!-- keys -->";
const END: &str = "<!-- /keys -->";

#[test]
fn the_page_of_keys_lists_the_keys_there_are() {
    compare("docs/keys.md", &keys::reference());
}

#[test]
fn the_japanese_page_of_keys_lists_them_too() {
    compare("docs/ja/keys.md", &japanese::reference());
}

/// What is between the two markers of the page is the reference, or becomes it.
fn compare(name: &str, reference: &str) {
    let text = read(name);
    let (before, listed, after) = parts(&text).unwrap_or_else(|| {
        panic!("{name} has no line {START} with a line {END} below it; the tables stand between them")
    });
    let reference = reference.trim();
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path(name), format!("{before}{START}\n{reference}\n{END}{after}")).unwrap();
        return;
    }
    assert!(listed.trim() == reference, "the tables of {name} are old; UPDATE_README=1 writes new ones");
}

/// A `|` inside a cell must not end it: each row has the five cells, with the key, the meaning and the example as they are.
#[test]
fn every_key_has_a_row_that_renders() {
    for name in ["docs/keys.md", "docs/ja/keys.md"] {
        let rows = crate::readme::rows_of(name);
        for key in keys::KEYS {
            let shown = rows.iter().any(|row| match row.as_slice() {
                [name, _, _, doc, example] => {
                    name == key.name && example == key.example && (*doc == plain(key.doc) || !doc.is_ascii())
                }
                _ => panic!("{name}: {} cells: {row:?}", row.len()),
            });
            assert!(shown, "{name}: no row shows {} with {} and {}", key.name, key.doc, key.example);
        }
    }
}

/// The text without the marks of code.
fn plain(markdown: &str) -> String {
    markdown.replace('`', "")
}

#[test]
fn both_languages_name_every_counter() {
    for name in ["docs/counters.md", "docs/ja/counters.md"] {
        let text = read(name);
        for family in ecs_router::metrics::FAMILIES {
            assert!(text.contains(&format!("`{}`", family.name)), "{name}: {} is not in it", family.name);
        }
    }
}

#[test]
fn both_languages_explain_the_words_of_a_stop_report() {
    let source = read("src/stop/kind.rs");
    for (name, heading) in
        [("docs/stop-reports.md", "## What the words mean"), ("docs/ja/stop-reports.md", "## 用語の意味")]
    {
        let text = read(name);
        let section =
            text.split(heading).nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
        let rows: Vec<_> =
            section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
        let (_, categories) = rows.split_first().expect("a table with a head");
        assert_eq!(words(&source, "Category"), categories, "{name}");
        for word in ["EcsEvent", "Severity", "Cause"].iter().flat_map(|of| words(&source, of)) {
            assert!(section.contains(&format!("`{word}`")), "{name}: {word} is not in it");
        }
    }
}

fn path(name: &str) -> PathBuf {
    test_support::root().join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
/// The words that an enumeration is written as.
fn words(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).and_then(|rest| rest.split("\n}").next());
    let lines = body.expect("an enumeration").lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let variants = lines.filter_map(|line| line.strip_suffix(',')).map(snake_case).collect::<Vec<_>>();
    assert!(!variants.is_empty(), "{name} is gone");
    variants
}

fn snake_case(variant: &str) -> String {
    let letters = variant.char_indices().flat_map(|(at, letter)| {
        let gap = (at > 0 && letter.is_ascii_uppercase()).then_some('_');
        gap.into_iter().chain([letter.to_ascii_lowercase()])
    });
    letters.collect()
}

/// Before the first marker, between the two, and after the second.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(START)?;
    let (listed, after) = rest.split_once(END)?;
    Some((before, listed, after))
}
