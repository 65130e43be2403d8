//! The table of keys as people read it, in docs/keys.md and from `ecs-router keys`.

use std::fmt::Write as _;

use super::KEYS;
use super::key::{Key, Scope};
use super::kind::DestinationKind;

/// The reference of all keys, as the Markdown tables of docs/keys.md.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    section(&mut text, "Keys of the output", |key| key.scope == Scope::Output);
    section(&mut text, COMMON_TITLE, |key| key.scope == Scope::Destination);
    DestinationKind::ALL.into_iter().for_each(|kind| section_for(&mut text, kind));
    text
}

/// The reference for one type of destination, as Markdown tables.
#[must_use]
pub fn reference_for(kind: DestinationKind) -> String {
    let mut text = String::new();
    section(&mut text, COMMON_TITLE, |key| key.scope == Scope::Destination);
    section_for(&mut text, kind);
    text
}

const COMMON_TITLE: &str = "Keys of every destination: `<destination>.<key>`";

fn section_for(text: &mut String, kind: DestinationKind) {
    let title = format!("Destination type `{}`", kind.name());
    section(text, &title, |key| matches!(key.scope, Scope::Only(kinds) if kinds.contains(&kind)));
}

fn section(text: &mut String, title: &str, included: impl Fn(&Key) -> bool) {
    write!(text, "\n## {title}\n\n| key | value | default | meaning | example |\n|---|---|---|---|---|\n")
        .ok();
    for key in KEYS.iter().filter(|key| included(key)) {
        let mut default = key.default.map_or("–".into(), |default| format!("`{default}`"));
        if let Some((kinds, other)) = key.exception() {
            write!(default, ", for {kinds} `{other}`").ok();
        }
        let form = if key.secret { format!("{}, secret", key.form.describe()) } else { key.form.describe() };
        let form = if form.len() > 60 { "see meaning".into() } else { form };
        let example = format!("`{}`", key.example);
        row(text, &[&format!("`{}`", key.name), &form, &default, key.doc, &example]);
    }
}

/// One row of a table. A `|` would end its cell, even between backticks, so it is escaped.
fn row(text: &mut String, cells: &[&str]) {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(text, "| {} |", cells.join(" | ")).ok();
}
