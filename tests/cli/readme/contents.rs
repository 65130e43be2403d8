//! What the documents show besides commands.

use std::path::Path;
use std::process::Command;

use super::page::Page;
use super::{documents, root};
use test_support::temp::TempDir;

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    let mut followed = 0;
    for page in documents().iter().map(|path| Page::read(path)) {
        for link in page.links.iter().filter(|link| !link.contains("://")) {
            followed += 1;
            if !leads_somewhere(&page, link) {
                dead.push(format!("{}: {link}", page.path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    assert!(followed > 50, "the links are gone");
}

fn leads_somewhere(page: &Page, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = page.path.parent().expect("a folder").join(file);
    let has_anchor = |page: &Page| anchor.is_empty() || page.anchors.iter().any(|known| known == anchor);
    match file.is_empty() {
        true => has_anchor(page),
        false if anchor.is_empty() => target.exists(),
        false => target.is_file() && has_anchor(&Page::read(&target)),
    }
}

/// Blocks with sections are whole files; others are parts that a reader adds to one.
fn configurations(page: &Page) -> impl Iterator<Item = &str> {
    let is_whole = |text: &&str| text.lines().any(|line| line.starts_with('['));
    page.blocks_in("conf").map(|block| block.text.as_str()).filter(is_whole)
}

/// What a reader copies has no warning. The pages on migration compare keys, ours with those of others.
fn is_for_comparison(page: &Page, text: &str) -> bool {
    page.path.ends_with("migration.md") || !text.contains("ecs_router")
}

#[test]
fn every_configuration_passes_check() {
    let folder = TempDir::new();
    let mut checked = 0;
    for page in documents().iter().map(|path| Page::read(path)) {
        for text in configurations(&page) {
            checked += 1;
            let file = folder.file("printed.conf", text);
            let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-router"));
            let output =
                command.arg("check").arg(&file).env("AWS_REGION", "eu-west-1").output().expect("check");
            let said = String::from_utf8(output.stdout).expect("UTF-8");
            let accepted = i32::from(is_for_comparison(&page, text));
            assert!(output.status.code() <= Some(accepted), "{}:\n{text}\n{said}", page.path.display());
        }
    }
    assert!(checked >= 6, "the configurations are gone");
}

/// The parts of docs/http.md, each in an output of its own.
#[test]
fn every_recipe_for_an_http_api_passes_check() {
    let folder = TempDir::new();
    let page = Page::read(&root().join("docs/http.md"));
    let recipes: Vec<&str> = page
        .blocks_in("conf")
        .map(|block| block.text.as_str())
        .filter(|text| text.contains("logs.type"))
        .collect();
    for recipe in &recipes {
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 2\n    \
             Retry_Limit no_limits\n    route.default logs\n{recipe}\n"
        );
        let file = folder.file("printed.conf", &text);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-router"));
        let output = command.arg("check").arg(&file).output().expect("check");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{recipe}\n{said}");
        assert!(!said.contains("stands in no report"), "{recipe}\n{said}");
    }
    assert!(recipes.len() >= 10, "the recipes are gone");
}

#[test]
fn every_configuration_is_marked_as_one() {
    for page in documents().iter().map(|path| Page::read(path)) {
        let others = page.blocks.iter().filter(|block| block.language != "conf");
        for block in others {
            assert!(
                !block.text.contains("[OUTPUT]"),
                "{}: not marked conf:\n{}",
                page.path.display(),
                block.text
            );
        }
    }
}

#[test]
fn what_is_printed_as_json_is_json() {
    for page in documents().iter().map(|path| Page::read(path)) {
        for block in page.blocks_in("json") {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
            assert!(parsed.is_ok(), "{}: {parsed:?}\n{}", page.path.display(), block.text);
        }
    }
}

/// Rows of the tables that begin with a text in backticks under the given heading.
fn log_lines(name: &str, heading: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(name)).expect("the document");
    let (_, table) = text.split_once(heading).unwrap_or_else(|| panic!("{name} has no {heading}"));
    let rows =
        table.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.strip_prefix("| `")?.split_once('`')).map(|(line, _)| line.to_owned()).collect()
}

#[test]
fn the_log_lines_of_the_troubleshooting_are_the_plugins_own() {
    let mut source = String::new();
    collect(&root().join("src"), &mut source);
    for (name, heading) in
        [("docs/troubleshooting.md", "## Lines in the log"), ("docs/ja/troubleshooting.md", "## ログの行")]
    {
        let lines = log_lines(name, heading);
        assert!(lines.len() >= 15, "{name}: the table is gone");
        for line in lines {
            let parts = line.split('…').map(str::trim).filter(|part| !part.is_empty());
            parts.for_each(|part| assert!(source.contains(part), "{name}: nobody says '{part}' of '{line}'"));
        }
    }
}

/// The sources as they are compiled: texts that go on in the next line are one.
fn collect(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, out);
        } else {
            let text = std::fs::read_to_string(&path).expect("a source");
            out.extend(text.split("\\\n").map(str::trim_start));
        }
    }
}

/// English says that something is not a time zone, never that it is no time zone.
#[test]
fn messages_say_is_not_a() {
    let mut source = String::new();
    ["src", "cli/src", "fluent-bit"].iter().for_each(|folder| collect(&root().join(folder), &mut source));
    for phrase in ["' is no ", "\"is no ", "' is none of ", "\"is none of "] {
        let line = source.lines().find(|line| line.contains(phrase));
        assert!(line.is_none(), "write 'is not a …' instead: {}", line.unwrap_or_default());
    }
}
