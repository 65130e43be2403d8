//! The README's tables of keys are the ones the program itself goes by, and every counter and every word of a stop
//! report is named in both languages. `UPDATE_README=1` rewrites the tables.

use ecs_router::config::keys;

const START: &str = "<!-- keys -->";
const END: &str = "<!-- /keys -->";

#[test]
fn the_readme_lists_the_keys_there_are() {
    let path = test_support::root().join("README.md");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; it has to exist", path.display()));
    let (before, listed, after) = parts(&text).unwrap_or_else(|| {
        panic!(
            "{} has no line {START} with a line {END} below it; the tables stand between them",
            path.display()
        )
    });
    let rendered = format!("\n{}\n", keys::reference().trim());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, format!("{before}{START}\n{}{END}{after}", rendered.trim_start_matches('\n')))
            .unwrap();
        return;
    }
    assert!(listed.trim() == rendered.trim(), "the README's tables are old; UPDATE_README=1 writes new ones");
}

#[test]
fn both_languages_name_every_counter() {
    for (name, heading) in [("README.md", "## Counters"), ("README.ja.md", "## カウンター")] {
        let path = test_support::root().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, section) = text.split_once(heading).expect("a section about them");
        for family in ecs_router::metrics::FAMILIES {
            assert!(section.contains(&format!("`{}`", family.name)), "{name}: {} is not in it", family.name);
        }
    }
}

#[test]
fn both_languages_explain_the_words_of_a_stop_report() {
    let source = read("src/stop/kind.rs");
    for (name, heading) in [("README.md", "## Stop reports"), ("README.ja.md", "## 停止レポート")] {
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

fn read(name: &str) -> String {
    std::fs::read_to_string(test_support::root().join(name)).unwrap()
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
