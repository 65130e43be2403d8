//! The Japanese pages say what the English ones say: section by section, as far as counting goes, and the same code. A page
//! that is in English only is listed as such, so none is silently missing or old.

use super::page::Page;
use super::root;

/// Pages there are in both languages, from the repository's root.
fn pairs() -> Vec<(String, String)> {
    let mut pairs = vec![("README.md".to_owned(), "README.ja.md".to_owned())];
    pairs
        .extend(names("docs/ja").into_iter().map(|name| (format!("docs/{name}"), format!("docs/ja/{name}"))));
    pairs
}

/// The Markdown files of a folder, without the table of contents that mdBook reads.
fn names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("the folder of documents");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect();
    names.sort_unstable();
    names
}

/// What is below a heading.
#[derive(Debug)]
struct Section {
    heading: String,
    lines: Vec<String>,
}

impl Section {
    /// Lines that begin like this.
    fn count(&self, start: &str) -> usize {
        self.lines.iter().filter(|line| line.starts_with(start)).count()
    }

    fn level(&self) -> usize {
        self.heading.chars().take_while(|c| *c == '#').count()
    }
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// In order; what is above the first heading is one without a name.
fn sections(name: &str) -> Vec<Section> {
    let mut all = vec![Section { heading: String::new(), lines: Vec::new() }];
    let mut in_block = false;
    for line in text(name).lines() {
        in_block ^= line.trim_start().starts_with("```");
        match !in_block && line.starts_with('#') {
            true => all.push(Section { heading: line.to_owned(), lines: Vec::new() }),
            false => all.last_mut().expect("one").lines.push(line.to_owned()),
        }
    }
    all
}

#[test]
fn every_section_has_its_counterpart() {
    for (english, japanese) in pairs() {
        let levels = |name| sections(name).iter().map(Section::level).collect::<Vec<_>>();
        assert_eq!(levels(&english), levels(&japanese), "{english} and {japanese}");
    }
}

/// A row, a point, a question or a command that one of them lacks.
#[test]
fn every_section_says_as_much_as_its_counterpart() {
    let things = [("rows", "|"), ("points", "* "), ("paragraphs with a title", "**"), ("blocks", "```")];
    let mut differ = Vec::new();
    for (english, japanese) in pairs().iter().filter(|(english, _)| !english.ends_with("/README.md")) {
        for (here, there) in sections(english).iter().zip(&sections(japanese)) {
            for (name, start) in things {
                let counts = [here.count(start), there.count(start)];
                if counts[0] != counts[1] {
                    differ.push(format!("{english}, {japanese}: {name} {counts:?} below {}", here.heading));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Configurations, commands, their output and JSON, except for comments.
#[test]
fn both_languages_show_the_same_code() {
    let mut compared = 0;
    for (english, japanese) in pairs() {
        let blocks = |name: &str| Page::read(&root().join(name)).blocks;
        for (here, there) in blocks(&english).iter().zip(&blocks(&japanese)) {
            compared += 1;
            let code = |text: &str| {
                text.lines().map(|line| line.split("    #").next().map(str::to_owned)).collect::<Vec<_>>()
            };
            assert_eq!(code(&here.text), code(&there.text), "{english} and {japanese}");
            assert_eq!(here.language, there.language, "{english} and {japanese}");
        }
    }
    assert!(compared > 15, "the blocks are gone");
}

/// The index of the Japanese pages names what is not translated, and leads to the English page.
#[test]
fn what_is_not_translated_is_listed() {
    let index = text("docs/ja/README.md");
    let translated = names("docs/ja");
    for name in names("docs").into_iter().filter(|name| name != "README.md") {
        let link = if translated.contains(&name) { format!("({name}") } else { format!("(../{name}") };
        let row = index.lines().find(|line| line.contains(&link));
        let row = row.unwrap_or_else(|| panic!("docs/ja/README.md does not link to {link})"));
        assert!(translated.contains(&name) || row.contains("英語"), "{row}");
    }
}

/// The way in stays short.
#[test]
fn the_readme_fits_into_twelve_kilobytes() {
    for name in ["README.md", "README.ja.md"] {
        let size = text(name).len();
        assert!(size <= 12 * 1024, "{name} has {size} bytes; move details to docs/");
    }
}

/// Each page is in the book's table of contents, and so in its search.
#[test]
fn the_book_has_every_page() {
    for folder in ["docs", "docs/ja"] {
        let summary = text(&format!("{folder}/SUMMARY.md"));
        for name in names(folder) {
            assert!(summary.contains(&format!("]({name})")), "{folder}/SUMMARY.md has no {name}");
        }
    }
}
