//! Configurations as people keep them: Fluent Bit's classic format and YAML, ECS task definitions, CloudFormation.
//!
//! Owns: the format of a file, and the settings of every `[OUTPUT]` with their lines. Does not own: whether a setting
//! is right.

mod classic;
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
mod task;
mod tree;
mod wildcard;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use self::encoding::DecodedText;
pub(crate) use self::form::excuse_sources;
use self::format::FileFormat;
use self::include::Includes;
pub(crate) use self::task::{
    CloudFormationTemplate, TaskDefinition, TaskDialect, TemplateForm, is_beside_options, misplaced_secrets,
};
pub(crate) use self::tree::{DYNAMIC_REFERENCE, MapEntry, Node, Tree, is_function_name};
pub(crate) use self::wildcard::{matches, tag_regex};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    /// The path as the user or the including file writes it.
    pub(crate) file: Rc<str>,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// The value of a key, as far as the file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettingValue {
    /// Text without variables.
    Text(String),
    /// Text with `${NAME}`, which Fluent Bit takes from its environment.
    Interpolated(String),
    /// Not known before deployment: an intrinsic function, a secret.
    Unknown,
    /// A list or a map instead of text.
    Nested,
}

impl SettingValue {
    /// Parses text in which Fluent Bit replaces `${NAME}`.
    fn new(text: &str) -> Self {
        let text = text.trim_ascii().to_owned();
        // `flb_env_var_translate` looks for both delimiters.
        match text.split_once("${").is_some_and(|(_, rest)| rest.contains('}')) {
            true => Self::Interpolated(text),
            false => Self::Text(text),
        }
    }

    /// The text, when it is known before deployment.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// One key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) location: Location,
    pub(crate) key: String,
    pub(crate) value: SettingValue,
}

/// Where a section comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `[OUTPUT]` of a Fluent Bit configuration.
    FluentBit,
    /// Options of a container's log driver, from which FireLens makes an `[OUTPUT]`.
    FireLens,
}

/// One output.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) location: Location,
    pub(crate) origin: Origin,
    /// The container whose log driver it is.
    pub(crate) container: Option<String>,
    pub(crate) settings: Vec<Setting>,
    /// The section may have more settings than the file shows.
    pub(crate) open: bool,
}

impl Section {
    /// The first setting of this key: the plugin gets that one.
    pub(crate) fn get(&self, key: &str) -> Option<&Setting> {
        find(&self.settings, key)
    }

    /// The text of a key, when it is known before deployment.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|setting| setting.value.text())
    }

    /// Whether it is an output of the plugin.
    pub(crate) fn is_ours(&self) -> bool {
        self.text("name").is_some_and(|name| name.eq_ignore_ascii_case("ecs_router"))
    }
}

/// The first setting of this key, in any case, as Fluent Bit compares keys.
pub(crate) fn find<'s>(settings: &'s [Setting], key: &str) -> Option<&'s Setting> {
    settings.iter().find(|setting| setting.key.eq_ignore_ascii_case(key))
}

/// Why a file, or a line of it, cannot be read, or is not read as it was meant.
#[derive(Debug, Clone)]
pub(crate) struct FileError {
    pub(crate) location: Location,
    pub(crate) message: String,
    /// What to write instead; may be empty.
    pub(crate) instead: String,
}

/// The contents of a file and of the files it includes.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    /// In the order of the file.
    pub(crate) outputs: Vec<Section>,
    pub(crate) inputs: Vec<Section>,
    /// In the order in which records pass them.
    pub(crate) filters: Vec<Section>,
    /// The file itself lists plugins to load, besides `Plugins_File`.
    pub(crate) lists_plugins: bool,
    /// The file itself defines parsers, as YAML may.
    pub(crate) lists_parsers: bool,
    /// Parsers in the classic format, which Fluent Bit takes from files of their own only.
    pub(crate) parsers: Vec<Location>,
    /// The keys of all `[SERVICE]` sections, which Fluent Bit merges.
    pub(crate) service: Vec<Setting>,
    /// Variables that the file sets.
    pub(crate) variables: BTreeMap<String, String>,
    /// An input names its outputs itself, so that they need no `Match`.
    pub(crate) routes_by_name: bool,
    /// Every file that was read, in this order.
    pub(crate) files: Vec<Rc<str>>,
    pub(crate) tasks: Vec<TaskDefinition>,
    pub(crate) templates: Vec<CloudFormationTemplate>,
    pub(crate) errors: Vec<FileError>,
    /// What Fluent Bit accepts, but not as it was meant.
    pub(crate) warnings: Vec<FileError>,
    /// What was understood in a way that is worth a word.
    pub(crate) notes: Vec<FileError>,
    /// Characters that only look like others; whatever else is said of their lines follows from them.
    pub(crate) look_alikes: Vec<FileError>,
    /// A section was read, known or not.
    has_content: bool,
    /// `service` of a YAML file was read; Fluent Bit refuses another.
    has_yaml_service: bool,
}

impl Configuration {
    /// The outputs of the plugin.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Section> {
        self.outputs.iter().filter(|section| section.is_ours())
    }

    fn error(&mut self, location: Location, message: impl Into<String>, instead: impl Into<String>) {
        self.errors.push(FileError { location, message: message.into(), instead: instead.into() });
    }

    fn warn(&mut self, location: Location, message: impl Into<String>, instead: impl Into<String>) {
        self.warnings.push(FileError { location, message: message.into(), instead: instead.into() });
    }

    fn note(&mut self, location: Location, message: impl Into<String>, instead: impl Into<String>) {
        self.notes.push(FileError { location, message: message.into(), instead: instead.into() });
    }

    /// Whether nothing at all is in the files.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_content && self.tasks.is_empty() && self.templates.is_empty()
    }

    /// Every setting of inputs, filters, outputs and service.
    fn settings(&self) -> impl Iterator<Item = &Setting> {
        let sections = self.inputs.iter().chain(&self.filters).chain(&self.outputs);
        sections.flat_map(|section| &section.settings).chain(&self.service)
    }

    /// Moves what is in this file to other lines.
    fn move_lines(&mut self, file: &str, line_of: impl Fn(usize) -> usize) {
        let sections = self.inputs.iter_mut().chain(&mut self.filters).chain(&mut self.outputs);
        let locations = sections.flat_map(|section| {
            let settings = section.settings.iter_mut().map(|setting| &mut setting.location);
            settings.chain([&mut section.location])
        });
        let service = self.service.iter_mut().map(|setting| &mut setting.location);
        let remarks = self.errors.iter_mut().chain(&mut self.warnings).chain(&mut self.notes);
        let remarks = remarks.map(|remark| &mut remark.location);
        for location in locations.chain(service).chain(remarks).filter(|location| &*location.file == file) {
            location.line = line_of(location.line);
        }
    }

    /// Takes in what another file of the same deployment holds.
    pub(crate) fn absorb(&mut self, other: Self) {
        self.outputs.extend(other.outputs);
        self.inputs.extend(other.inputs);
        self.filters.extend(other.filters);
        self.service.extend(other.service);
        self.variables.extend(other.variables);
        self.routes_by_name |= other.routes_by_name;
        self.lists_plugins |= other.lists_plugins;
        self.files.extend(other.files);
        self.tasks.extend(other.tasks);
        self.templates.extend(other.templates);
        self.has_content |= other.has_content;
        self.look_alikes.extend(other.look_alikes);
        self.errors.extend(other.errors);
        self.warnings.extend(other.warnings);
        self.notes.extend(other.notes);
    }
}

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
    let mut found: Vec<FileError> = Vec::new();
    for setting in configuration.settings() {
        let Some((message, instead)) = encoding::look_alike(setting) else { continue };
        if found.iter().any(|error| error.instead == instead) {
            continue;
        }
        let key = setting.key.trim_matches(encoding::BLANKS_OF_WORD_PROCESSORS);
        let message = format!("{key} {message}");
        found.push(FileError { location: setting.location.clone(), message, instead: instead.to_owned() });
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
    let advice = form::of_tree(&tree);
    repeated::report(file, &tree, configuration);
    if embedded::read(file, text, &tree, configuration) {
        return;
    }
    let start = Location { file: Rc::clone(file), line: tree.line.max(1) };
    // A pattern may have `resources`, and a template has `Resources`.
    let is_template = tree.entries().iter().any(|entry| entry.key == "Resources");
    if let Some((advice, kind)) =
        advice.and_then(|advice| Some((advice, advice.document?))).filter(|_| !is_template)
    {
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
