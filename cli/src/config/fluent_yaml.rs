//! Fluent Bit's YAML format, read as strictly as 5.1.1 reads it.
//!
//! Source: `src/config_format/flb_cf_yaml.c` and `flb_config_format.c`.

use std::path::Path;
use std::rc::Rc;

use super::include::Includes;
use super::tree::{MapEntry, Node, Tree};
use super::yaml::YamlStream;
use super::{Configuration, Location, Origin, Section, Setting, SettingValue};
use crate::suggest::closest;

/// What the value of a section must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SectionForm {
    Map,
    List,
    MapOrList,
}

const TOP_LEVEL_KEYS: [(&str, SectionForm); 10] = [
    ("service", SectionForm::Map),
    ("pipeline", SectionForm::Map),
    ("includes", SectionForm::List),
    ("env", SectionForm::MapOrList),
    ("customs", SectionForm::List),
    ("parsers", SectionForm::List),
    ("multiline_parsers", SectionForm::List),
    ("plugins", SectionForm::List),
    ("upstream_servers", SectionForm::List),
    ("extensions", SectionForm::Map),
];

/// In releases of the documentation and of Fluent Bit.
const STREAM_PROCESSOR: &str = "stream_processor";

const PIPELINE_KEYS: [&str; 3] = ["inputs", "filters", "outputs"];

/// Whether it is a Fluent Bit configuration, or meant to be one. An empty file is an empty configuration.
pub(super) fn is_fluent_bit(stream: &YamlStream) -> bool {
    stream.documents.iter().any(|tree| tree.entries().iter().any(is_top_level) || tree.text() == Some(""))
        || stream.documents.is_empty()
}

fn is_top_level(entry: &MapEntry) -> bool {
    let meant = |key: &str| key.eq_ignore_ascii_case(&entry.key) || closest(&entry.key, [key]).is_some();
    // `service` and `services`, `plugins` and `env` are keys of other files, too.
    TOP_LEVEL_KEYS.iter().any(|(key, _)| key.eq_ignore_ascii_case(&entry.key))
        || entry.key.eq_ignore_ascii_case(STREAM_PROCESSOR)
        || is_outside_pipeline(entry)
        || (meant("pipeline") && PIPELINE_KEYS.iter().any(|key| entry.value.get(key).is_some()))
}

/// Whether it is `outputs` or the like that should be below `pipeline`.
fn is_outside_pipeline(entry: &MapEntry) -> bool {
    let is_key = PIPELINE_KEYS.iter().any(|key| key.eq_ignore_ascii_case(&entry.key));
    is_key && entry.value.items().iter().any(|item| item.get("name").is_some())
}

/// Reads a whole file into the configuration.
pub(super) fn read(
    file: &Rc<str>,
    path: &Path,
    stream: &YamlStream,
    includes: &mut Includes,
    configuration: &mut Configuration,
) {
    configuration.has_content |= stream.documents.iter().any(|tree| !tree.entries().is_empty());
    if let Some(line) = stream.first_alias {
        let message = "is an alias, which Fluent Bit refuses";
        configuration.error(Location { file: Rc::clone(file), line }, message, "write the value out");
    }
    for tree in &stream.documents {
        let mut reader = Reader { file, path, includes, configuration };
        reader.document(tree);
    }
}

struct Reader<'r> {
    file: &'r Rc<str>,
    path: &'r Path,
    includes: &'r mut Includes,
    configuration: &'r mut Configuration,
}

impl Reader<'_> {
    fn document(&mut self, tree: &Node) {
        if tree.entries().is_empty() && !matches!(tree.tree, Tree::Map(_)) && tree.text() != Some("") {
            self.error(
                tree.line,
                "the file is a list or a text; Fluent Bit wants a map",
                "begin with pipeline:",
            );
            return;
        }
        for entry in tree.entries() {
            if self.has_form(entry) {
                self.section(entry);
            }
        }
    }

    fn section(&mut self, entry: &MapEntry) {
        let value = &entry.value;
        match entry.key.to_ascii_lowercase().as_str() {
            "includes" => value.items().iter().for_each(|include| self.include(include)),
            "env" => self.environment(value),
            "service" => self.service(entry),
            "pipeline" => self.pipeline(value),
            "parsers" | "multiline_parsers" => self.configuration.lists_parsers |= !value.items().is_empty(),
            "plugins" => self.configuration.lists_plugins |= !value.items().is_empty(),
            _ => {}
        }
    }

    /// Whether a section is known and its value is what Fluent Bit wants there.
    fn has_form(&mut self, entry: &MapEntry) -> bool {
        let form = TOP_LEVEL_KEYS.iter().find(|(key, _)| key.eq_ignore_ascii_case(&entry.key));
        if let Some((_, form)) = form {
            return self.is_of(entry, *form);
        }
        if entry.key.eq_ignore_ascii_case(STREAM_PROCESSOR) {
            return self.is_of(entry, SectionForm::List);
        }
        let known = TOP_LEVEL_KEYS.map(|(key, _)| key);
        let instead = match closest(&entry.key, known) {
            _ if is_outside_pipeline(entry) => format!("write {} below pipeline:", entry.key),
            Some(near) => format!("did you mean {near}?"),
            None => format!("the sections are {}", known.join(", ")),
        };
        let is_plain_map = matches!(&entry.value.tree, Tree::Map(entries) if entries.iter().all(|entry| entry.value.text().is_some()));
        let message = format!("there is no section '{}'", entry.key);
        if is_plain_map {
            let message = format!("{message}; Fluent Bit passes over it");
            self.configuration.warn(self.location(entry.line), message, instead);
        } else {
            self.error(entry.line, &format!("{message}, and Fluent Bit refuses the file"), &instead);
        }
        false
    }

    fn is_of(&mut self, entry: &MapEntry, form: SectionForm) -> bool {
        let is_right = match &entry.value.tree {
            Tree::Map(_) => form != SectionForm::List,
            Tree::List(_) => form != SectionForm::Map,
            _ => false,
        };
        if !is_right {
            let wanted = if form == SectionForm::List { "a list" } else { "a map" };
            let instead = match form {
                SectionForm::List => format!("write {}: and below it one '- ' for each", entry.key),
                _ => format!("write {}: and below it its keys, or leave it out", entry.key),
            };
            self.error(
                entry.line,
                &format!("'{}' must be {wanted}; Fluent Bit refuses the file", entry.key),
                &instead,
            );
        }
        is_right
    }

    fn include(&mut self, include: &Node) {
        match include.text() {
            Some(target) => {
                let location = self.location(include.line);
                self.includes.follow(target, self.path, &location, self.configuration);
            }
            None => self.error(include.line, "an include must be the name of a file", ""),
        }
    }

    fn environment(&mut self, value: &Node) {
        for entry in value.entries() {
            match entry.value.text() {
                Some(text) => {
                    self.configuration.variables.insert(entry.key.clone(), text.to_owned());
                }
                None => self.error(entry.line, &format!("the variable {} must be a text", entry.key), ""),
            }
        }
        for item in value.items() {
            let name = item.text_of("name");
            let value = item.text_of("value").unwrap_or_default();
            self.configuration.variables.extend(name.map(|name| (name.to_owned(), value.to_owned())));
        }
    }

    fn service(&mut self, entry: &MapEntry) {
        if self.configuration.has_yaml_service {
            let message = "'service' is there for the second time, which Fluent Bit refuses";
            self.error(entry.line, message, "keep one in all files together");
        }
        self.configuration.has_yaml_service = true;
        for entry in entry.value.entries() {
            if entry.value.text().is_none() {
                let message = format!("service: {} must be a text or a number", entry.key);
                self.error(entry.line, &message, "");
            }
        }
        let settings = entry.value.entries().iter().map(|entry| setting(self.file, entry));
        self.configuration.service.extend(settings);
    }

    fn pipeline(&mut self, pipeline: &Node) {
        for entry in pipeline.entries() {
            let key = entry.key.to_ascii_lowercase();
            if !PIPELINE_KEYS.contains(&key.as_str()) {
                let instead = match closest(&key, PIPELINE_KEYS) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "write inputs, filters or outputs".to_owned(),
                };
                let message =
                    format!("pipeline: there is no '{}', and Fluent Bit refuses the file", entry.key);
                self.error(entry.line, &message, &instead);
                continue;
            }
            if !self.is_of(entry, SectionForm::List) {
                continue;
            }
            if let Some(item) = entry
                .value
                .items()
                .iter()
                .find(|item| !matches!(item.tree, Tree::Map(_) | Tree::Function(..)))
            {
                let message =
                    format!("pipeline: an item of {key} must be a map with name, not a text or a list");
                self.error(item.line, &message, "write - name: PLUGIN");
            }
            let read = if key == "filters" { filter_section } else { section };
            let sections: Vec<Section> =
                entry.value.items().iter().map(|item| read(self.file, item)).collect();
            match key.as_str() {
                "inputs" => {
                    let inputs = entry.value.items();
                    self.configuration.routes_by_name |=
                        inputs.iter().any(|input| input.get("routes").is_some());
                    self.configuration.inputs.extend(sections);
                }
                "outputs" => self.configuration.outputs.extend(sections),
                _ => self.configuration.filters.extend(sections),
            }
        }
    }

    fn location(&self, line: usize) -> Location {
        Location { file: Rc::clone(self.file), line }
    }

    fn error(&mut self, line: usize, message: &str, instead: &str) {
        self.configuration.error(self.location(line), message, instead);
    }
}

fn section(file: &Rc<str>, output: &Node) -> Section {
    Section {
        location: Location { file: Rc::clone(file), line: output.line },
        origin: Origin::FluentBit,
        container: None,
        settings: output.entries().iter().map(|entry| setting(file, entry)).collect(),
        // The settings that `<<` merges are not looked up.
        open: output.entries().iter().any(|entry| entry.key == "<<") || output.is_function(),
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
        Tree::Text(text) | Tree::Word(text) => SettingValue::new(text),
        // Fluent Bit passes over tags.
        Tree::Function(_, value) => value.text().map_or(SettingValue::Nested, SettingValue::new),
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
