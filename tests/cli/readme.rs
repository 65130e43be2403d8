//! What the documents print is true: commands run, links lead somewhere, configurations pass `check`, the log lines
//! of the troubleshooting table are in the source.
//!
//! - `page` – blocks, links, anchors and tables of a Markdown file
//! - `commands` – every line of a `sh` block is run, or stands for a reason on a short list of what is not
//! - `contents` – links, configurations, JSON, log lines
//! - `languages` – that both languages have the same sections, as much in each, and the same code

mod commands;
mod contents;
mod languages;
mod page;

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    test_support::root()
}

/// Documents whose commands, links and configurations are held to be true, from the repository's root.
fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    find(root(), &mut found);
    found.sort_unstable();
    assert!(found.len() > 5, "the documents are gone");
    found
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    const ELSEWHERE: [&str; 4] = ["target", "dist", "src", "fuzz"];
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !ELSEWHERE.contains(&name.as_str()) {
            find(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The rows of all tables of a page, cell by cell, as they are rendered.
pub(crate) fn rows_of(name: &str) -> Vec<Vec<String>> {
    page::Page::read(&root().join(name)).rows
}
