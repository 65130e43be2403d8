//! Fluent Bit's YAML format.
//!
//! Source: `src/config_format/flb_cf_yaml.c` and `flb_config_format.c`.

use std::path::Path;
use std::rc::Rc;

use super::include::Includes;
use super::tree::{MapEntry, Node, Tree};
use super::{Configuration, Location, Origin, Section, Setting, SettingValue};

const TOP_LEVEL_KEYS: [&str; 11] = [
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

/// Whether it is a Fluent Bit configuration. An empty file is an empty configuration.
pub(super) fn is_fluent_bit(tree: &Node) -> bool {
    tree.entries().iter().any(is_top_level) || tree.text().is_some_and(str::is_empty)
}

fn is_top_level(entry: &MapEntry) -> bool {
    TOP_LEVEL_KEYS.iter().any(|key| entry.key.eq_ignore_ascii_case(key))
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
            let location = Location { file: Rc::clone(file), line: include.line };
            includes.follow(target, path, &location, configuration);
        }
    }
    for entry in tree.get("env").map(Node::entries).unwrap_or_default() {
        if let Some(value) = entry.value.text() {
            configuration.variables.insert(entry.key.clone(), value.to_owned());
        }
    }
    let service = tree.get("service").map(Node::entries).unwrap_or_default();
    configuration.service.extend(service.iter().map(|entry| setting(file, entry)));
    configuration.lists_plugins |= tree.get("plugins").is_some();
    let Some(pipeline) = tree.get("pipeline") else { return };
    let inputs = pipeline.get("inputs").map(Node::items).unwrap_or_default();
    configuration.routes_by_name |= inputs.iter().any(|input| input.get("routes").is_some());
    configuration.inputs.extend(inputs.iter().map(|input| section(file, input)));
    let filters = pipeline.get("filters").map(Node::items).unwrap_or_default();
    configuration.filters.extend(filters.iter().map(|filter| filter_section(file, filter)));
    let outputs = pipeline.get("outputs").map(Node::items).unwrap_or_default();
    configuration.outputs.extend(outputs.iter().map(|output| section(file, output)));
}

fn section(file: &Rc<str>, output: &Node) -> Section {
    Section {
        location: Location { file: Rc::clone(file), line: output.line },
        origin: Origin::FluentBit,
        settings: output.entries().iter().map(|entry| setting(file, entry)).collect(),
        // The settings that `<<` merges are not looked up.
        open: output.entries().iter().any(|entry| entry.key == "<<") || output.tree == Tree::Unknown,
    }
}

/// A filter's key may have a list of values, each of which is a rule.
fn filter_section(file: &Rc<str>, filter: &Node) -> Section {
    let rules = |entry: &MapEntry| match &entry.value.tree {
        Tree::List(items) => items.iter().map(|item| rule(entry, item)).collect(),
        _ => vec![entry.clone()],
    };
    let settings = filter.entries().iter().flat_map(rules).map(|rule| setting(file, &rule)).collect();
    Section { settings, ..section(file, filter) }
}

fn rule(entry: &MapEntry, item: &Node) -> MapEntry {
    MapEntry { key: entry.key.clone(), line: item.line, value: item.clone() }
}

fn setting(file: &Rc<str>, entry: &MapEntry) -> Setting {
    let value = match &entry.value.tree {
        Tree::Text(text) => SettingValue::new(text),
        Tree::Unknown => SettingValue::Unknown,
        Tree::List(_) | Tree::Map(_) => SettingValue::Nested,
    };
    Setting {
        location: Location { file: Rc::clone(file), line: entry.line },
        key: snake_case(&entry.key),
        value,
    }
}

/// Converts `retryLimit` to `retry_limit` as Fluent Bit does, unless the key has an underscore or begins with a capital.
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
