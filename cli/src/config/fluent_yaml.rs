//! Fluent Bit's configuration as YAML.
//!
//! Source: `src/config_format/flb_cf_yaml.c` and `flb_config_format.c`.

use std::path::Path;
use std::rc::Rc;

use super::include::Includes;
use super::tree::{Entry, Node, Tree};
use super::{Configuration, Origin, Place, Section, Setting, Written};

/// Keys at the top of such a file.
const TOP: [&str; 11] = [
    "service",
    "pipeline",
    "includes",
    "env",
    "customs",
    "parsers",
    "multiline_parsers",
    "stream_processors",
    "plugins",
    "upstream_servers",
    "extensions",
];

/// Whether it is one; a file with nothing in it is one that says nothing.
pub(super) fn is_one(tree: &Node) -> bool {
    let entries = tree.entries();
    let known = |entry: &Entry| TOP.iter().any(|top| entry.key.eq_ignore_ascii_case(top));
    entries.iter().any(known) || tree.text().is_some_and(str::is_empty)
}

/// Reads a whole file into the configuration.
pub(super) fn read(
    file: &Rc<str>,
    path: &Path,
    tree: &Node,
    includes: &mut Includes,
    configuration: &mut Configuration,
) {
    for include in tree.get("includes").map(Node::items).unwrap_or_default() {
        if let Some(target) = include.text() {
            let place = Place { file: Rc::clone(file), line: include.line };
            includes.follow(target, path, &place, configuration);
        }
    }
    for entry in tree.get("env").map(Node::entries).unwrap_or_default() {
        if let Some(value) = entry.value.text() {
            configuration.variables.insert(entry.key.clone(), value.to_owned());
        }
    }
    let service = tree.get("service").map(Node::entries).unwrap_or_default();
    configuration.service.extend(service.iter().map(|entry| setting(file, entry)));
    let Some(pipeline) = tree.get("pipeline") else { return };
    let inputs = pipeline.get("inputs").map(Node::items).unwrap_or_default();
    configuration.routes_by_name |= inputs.iter().any(|input| input.get("routes").is_some());
    let outputs = pipeline.get("outputs").map(Node::items).unwrap_or_default();
    configuration.outputs.extend(outputs.iter().map(|output| section(file, output)));
}

fn section(file: &Rc<str>, output: &Node) -> Section {
    Section {
        place: Place { file: Rc::clone(file), line: output.line },
        origin: Origin::FluentBit,
        settings: output.entries().iter().map(|entry| setting(file, entry)).collect(),
        // `<<` and the like: what they bring is not looked for.
        open: output.entries().iter().any(|entry| entry.key == "<<") || output.tree == Tree::Unknown,
    }
}

fn setting(file: &Rc<str>, entry: &Entry) -> Setting {
    let value = match &entry.value.tree {
        Tree::Text(text) => Written::new(text),
        Tree::Unknown => Written::Unknown,
        Tree::List(_) | Tree::Map(_) => Written::Nested,
    };
    Setting { place: Place { file: Rc::clone(file), line: entry.line }, key: snake_case(&entry.key), value }
}

/// Fluent Bit takes `retryLimit` for `retry_limit`, unless the key has an underscore or begins with a capital.
fn snake_case(key: &str) -> String {
    if key.contains('_') || !key.starts_with(|c: char| c.is_ascii_lowercase()) {
        return key.to_owned();
    }
    let mut snake = String::with_capacity(key.len() + 4);
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
