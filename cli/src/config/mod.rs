//! Configurations as people keep them: Fluent Bit's classic format and YAML, ECS task definitions, CloudFormation.
//!
//! Owns: the format of a file, and the settings of every `[OUTPUT]` with their lines. Does not own: whether a setting
//! is right.

mod classic;
mod configuration;
mod embedded;
mod encoded;
mod encoding;
mod fluent_yaml;
mod form;
mod format;
mod include;
mod infrastructure;
mod json;
mod repeated;
mod section;
mod task;
mod tree;
mod wildcard;
mod yaml;

use std::path::Path;
use std::rc::Rc;

pub(crate) use self::configuration::{Configuration, FileRemark};
use self::encoding::DecodedText;
pub(crate) use self::form::excuse_sources;
use self::format::FileFormat;
use self::include::Includes;
pub(crate) use self::section::{Location, Origin, Section, Setting, SettingValue, find};
pub(crate) use self::task::{
    CloudFormationTemplate, TaskDefinition, TaskDialect, TemplateForm, is_beside_options, misplaced_secrets,
};
pub(crate) use self::tree::{DYNAMIC_REFERENCE, MapEntry, Node, Tree, is_function_name};
pub(crate) use self::wildcard::{matches, tag_regex};

/// The path that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// Reads a file and the files it includes.
pub(crate) fn read(path: &Path) -> Configuration {
    let mut configuration = Configuration::default();
    Includes::new(path).read(path, None, &mut configuration);
    report_look_alikes(&mut configuration);
    report_nameless(&mut configuration);
    configuration
}

/// Reads a text as if it were in a file of this name.
#[cfg(test)]
pub(crate) fn read_as(name: &str, text: &str) -> Configuration {
    let mut configuration = Configuration::default();
    read_text(Path::new(name), text, &mut Includes::new(Path::new(name)), &mut configuration);
    report_look_alikes(&mut configuration);
    report_nameless(&mut configuration);
    configuration
}

/// Reports settings with characters that only look like others: each kind once, at its first line.
fn report_look_alikes(configuration: &mut Configuration) {
    let mut found: Vec<FileRemark> = Vec::new();
    for setting in configuration.settings() {
        let Some((message, instead)) = encoding::look_alike(setting) else { continue };
        if found.iter().any(|error| error.instead == instead) {
            continue;
        }
        let key = setting.key.trim_matches(encoding::BLANKS_OF_WORD_PROCESSORS);
        let message = format!("{key} {message}");
        found.push(FileRemark { location: setting.location.clone(), message, instead: instead.to_owned() });
    }
    configuration.look_alikes = found;
}

/// Reports sections without a plugin, which Fluent Bit refuses. Those with keys of ours are reported with them.
fn report_nameless(configuration: &mut Configuration) {
    let sections = configuration.inputs.iter().chain(&configuration.filters).chain(&configuration.outputs);
    let is_nameless = |section: &&Section| {
        let is_ours = section.settings.iter().any(|setting| setting.key.starts_with("route."));
        section.origin == Origin::FluentBit && section.get("name").is_none() && !section.open && !is_ours
    };
    // A line that cannot be read may have been the name.
    let is_whole = configuration.errors.is_empty();
    let locations: Vec<Location> =
        sections.filter(|_| is_whole).filter(is_nameless).map(|section| section.location.clone()).collect();
    for location in locations {
        configuration.error(
            location,
            "the section has no Name, and Fluent Bit refuses the file",
            "write Name PLUGIN",
        );
    }
}

/// Reads the bytes of one file.
fn read_bytes(path: &Path, bytes: &[u8], includes: &mut Includes, configuration: &mut Configuration) {
    let DecodedText { text, has_byte_order_mark, is_utf16, invalid_line } = encoding::decode(bytes);
    let is_yaml = format::detect(path, &text) == FileFormat::Yaml;
    let at = |line| Location { file: path.display().to_string().into(), line };
    if has_byte_order_mark && !is_yaml {
        let message = "the file begins with a byte order mark (BOM), which its readers take for a part of the first line";
        configuration.error(at(1), message, "save it as UTF-8 without BOM");
    }
    if is_utf16 && !is_yaml {
        configuration.error(
            at(1),
            "the file is UTF-16, which its readers do not understand",
            "save it as UTF-8",
        );
    }
    if let Some(line) = invalid_line {
        configuration.warn(at(line), "the line is not UTF-8", "save the file as UTF-8");
    }
    read_text(path, &text, includes, configuration);
}

/// Reads the text of one file in any format, and reports a name that makes Fluent Bit expect another one.
fn read_text(path: &Path, text: &str, includes: &mut Includes, configuration: &mut Configuration) {
    let lines = encoding::without_lone_returns(text);
    let text = lines.as_deref().unwrap_or(text);
    if lines.is_some() && format::detect(path, text) == FileFormat::Classic {
        let message =
            "its lines end with a carriage return (CR) alone, and Fluent Bit takes the file for one line";
        let start = Location { file: path.display().to_string().into(), line: 1 };
        configuration.error(start, message, "save it with the line ends of Unix (LF)");
    }
    if let Some((message, instead)) = format::misnamed(path, format::detect(path, text)) {
        configuration.error(Location { file: path.display().to_string().into(), line: 1 }, message, instead);
    }
    read_content(path, text, includes, configuration);
}

/// Reads a text in any format, whatever it is called.
fn read_content(path: &Path, text: &str, includes: &mut Includes, configuration: &mut Configuration) {
    let file: Rc<str> = path.display().to_string().into();
    configuration.files.push(Rc::clone(&file));
    let start = Location { file: Rc::clone(&file), line: 1 };
    if let Some(advice) = form::of_text(path, text) {
        return form::report(start, advice, configuration);
    }
    match format::detect(path, text) {
        FileFormat::Classic => {
            classic::read(&file, path, text, includes, configuration);
            if let Some(line) = form::template_line(text) {
                let message = format!("the file looks like {}", form::TEMPLATE.looks_like);
                configuration.warn(Location { file, line }, message, form::TEMPLATE.instead);
            }
        }
        FileFormat::Json => match json::parse(text) {
            Ok(tree) => read_tree(&file, text, tree, configuration),
            Err(error) => form::report_unreadable(file, text, error, configuration),
        },
        FileFormat::Yaml => match yaml::parse(text) {
            Ok(stream) if fluent_yaml::is_fluent_bit(&stream) => {
                fluent_yaml::read(&file, path, &stream, includes, configuration);
            }
            Ok(stream) => {
                stream.documents.into_iter().for_each(|tree| read_tree(&file, text, tree, configuration));
            }
            Err(error) => form::report_unreadable(file, text, error, configuration),
        },
    }
}

/// Reads a task definition, a template, or a manifest with a configuration inside.
fn read_tree(file: &Rc<str>, text: &str, tree: Node, configuration: &mut Configuration) {
    configuration.has_content |= tree.text().is_none();
    repeated::report(file, &tree, configuration);
    if embedded::read(file, text, &tree, configuration) {
        return;
    }
    let start = Location { file: Rc::clone(file), line: tree.line.max(1) };
    let advice = form::of_tree(&tree);
    // A pattern may have `resources`, and a template has `Resources`.
    let is_template = tree.entries().iter().any(|entry| entry.key == "Resources");
    let document = advice.filter(|_| !is_template).and_then(|advice| Some((advice, advice.document?)));
    if let Some((advice, kind)) = document {
        configuration.templates.push(infrastructure::of_document(file, kind, tree));
        return form::report(start, advice, configuration);
    }
    if form::is_event(&tree) {
        return form::report(start, form::EVENT, configuration);
    }
    if task::read(file, tree, configuration) {
        return;
    }
    match advice {
        Some(advice) => form::report(start, advice, configuration),
        None => configuration.error(start, form::UNRECOGNIZED_FILE, ""),
    }
}

#[cfg(test)]
mod tests;
