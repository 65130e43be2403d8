//! Configurations as people keep them: Fluent Bit's classic format and YAML, ECS task definitions, CloudFormation.
//!
//! Owns: the format of a file, and the settings of every `[OUTPUT]` with their lines. Does not own: whether a setting
//! is right.

mod classic;
mod fluent_yaml;
mod format;
mod include;
mod json;
mod task;
mod tree;
mod wildcard;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use self::format::FileFormat;
use self::include::Includes;
use self::tree::ParseError;
pub(crate) use self::wildcard::matches;

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
        let text = text.trim().to_owned();
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

/// Why a file, or a line of it, cannot be read.
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
    /// The keys of all `[SERVICE]` sections, which Fluent Bit merges.
    pub(crate) service: Vec<Setting>,
    /// Variables that the file sets.
    pub(crate) variables: BTreeMap<String, String>,
    /// An input names its outputs itself, so that they need no `Match`.
    pub(crate) routes_by_name: bool,
    pub(crate) errors: Vec<FileError>,
}

impl Configuration {
    /// The outputs of the plugin.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Section> {
        self.outputs.iter().filter(|section| section.is_ours())
    }

    fn error(&mut self, location: Location, message: impl Into<String>, instead: impl Into<String>) {
        self.errors.push(FileError { location, message: message.into(), instead: instead.into() });
    }
}

/// Reads a file and the files it includes.
pub(crate) fn read(path: &Path) -> Configuration {
    let mut configuration = Configuration::default();
    Includes::new(path).read(path, None, &mut configuration);
    configuration
}

/// Reads a text as if it stood in a file of this name.
#[cfg(test)]
pub(crate) fn read_as(name: &str, text: &str) -> Configuration {
    let mut configuration = Configuration::default();
    read_text(Path::new(name), text, &mut Includes::new(Path::new(name)), &mut configuration);
    configuration
}

const UNRECOGNIZED_FILE: &str =
    "the file is neither a Fluent Bit configuration nor a task definition nor a CloudFormation template";

/// Reads the text of one file in any format.
fn read_text(path: &Path, text: &str, includes: &mut Includes, configuration: &mut Configuration) {
    let file: Rc<str> = path.display().to_string().into();
    match format::detect(path, text) {
        FileFormat::Other => configuration.error(Location { file, line: 1 }, UNRECOGNIZED_FILE, ""),
        FileFormat::Classic => classic::read(&file, path, text, includes, configuration),
        FileFormat::Json => match json::parse(text) {
            Ok(tree) => task::read(&file, &tree, configuration),
            Err(ParseError { line, message }) => configuration.error(Location { file, line }, message, ""),
        },
        FileFormat::Yaml => match yaml::parse(text) {
            Ok(tree) if fluent_yaml::is_fluent_bit(&tree) => {
                fluent_yaml::read(&file, path, &tree, includes, configuration)
            }
            Ok(tree) => task::read(&file, &tree, configuration),
            Err(ParseError { line, message }) => configuration.error(Location { file, line }, message, ""),
        },
    }
}

#[cfg(test)]
mod tests;
