//! Configurations as people keep them: Fluent Bit's classic format and YAML, ECS task definitions, CloudFormation.
//!
//! Owns: which kind of file it is, and where in it which `[OUTPUT]` says what. Does not own: whether that is right.

mod classic;
mod fluent_yaml;
mod include;
mod json;
mod kind;
mod task;
mod tree;
mod wildcard;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use self::include::Includes;
pub(crate) use self::wildcard::matches;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// As it was named, or as the including file names it.
    pub(crate) file: Rc<str>,
    /// From 1.
    pub(crate) line: usize,
}

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Written {
    /// Text that is there as it is.
    Text(String),
    /// Text with `${NAME}`, which Fluent Bit takes from its environment.
    Environment(String),
    /// Not known before it is deployed: an intrinsic function, a secret.
    Unknown,
    /// A list or a map in the place of a text.
    Nested,
}

impl Written {
    /// Text in a place where Fluent Bit replaces `${NAME}`.
    fn new(text: &str) -> Self {
        let text = text.trim().to_owned();
        // `flb_env_var_translate` looks for both.
        match text.split_once("${").is_some_and(|(_, rest)| rest.contains('}')) {
            true => Self::Environment(text),
            false => Self::Text(text),
        }
    }

    /// The text, when it is known.
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
    pub(crate) place: Place,
    pub(crate) key: String,
    pub(crate) value: Written,
}

/// Where a section comes from; what is known about it depends on that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `[OUTPUT]` of a Fluent Bit configuration.
    FluentBit,
    /// Options of a container's log driver, of which FireLens makes an `[OUTPUT]`.
    FireLens,
}

/// One output.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) place: Place,
    pub(crate) origin: Origin,
    pub(crate) settings: Vec<Setting>,
    /// More may be in it than can be seen.
    pub(crate) open: bool,
}

impl Section {
    /// The first setting of this key, which is the one the plugin gets.
    pub(crate) fn get(&self, key: &str) -> Option<&Setting> {
        find(&self.settings, key)
    }

    /// The text of a key, when it is known.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|setting| setting.value.text())
    }

    /// Whether it is one of the plugin's.
    pub(crate) fn is_ours(&self) -> bool {
        self.text("name").is_some_and(|name| name.eq_ignore_ascii_case("ecs_router"))
    }
}

/// The first setting of this key; Fluent Bit's keys have no case.
pub(crate) fn find<'s>(settings: &'s [Setting], key: &str) -> Option<&'s Setting> {
    settings.iter().find(|setting| setting.key.eq_ignore_ascii_case(key))
}

/// Something that keeps a file from being read as what it is.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) what: String,
    pub(crate) instead: String,
}

/// Everything a file says, and the files it includes.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    /// In the order they are written.
    pub(crate) outputs: Vec<Section>,
    /// The keys of all `[SERVICE]` sections, which Fluent Bit merges.
    pub(crate) service: Vec<Setting>,
    /// Variables that the file sets for itself.
    pub(crate) variables: BTreeMap<String, String>,
    /// An input names its outputs itself, so that they need no `Match`.
    pub(crate) routes_by_name: bool,
    /// What could not be read.
    pub(crate) faults: Vec<Fault>,
}

impl Configuration {
    /// The outputs that are the plugin's.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Section> {
        self.outputs.iter().filter(|section| section.is_ours())
    }

    fn fault(&mut self, place: Place, what: impl Into<String>, instead: impl Into<String>) {
        self.faults.push(Fault { place, what: what.into(), instead: instead.into() });
    }
}

/// Reads a file and what it includes. What is wrong is among the faults.
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

/// What is said of any other file.
const NEITHER: &str =
    "the file is neither a Fluent Bit configuration nor a task definition nor a CloudFormation template";

/// Reads the text of one file, of whatever kind it is.
fn read_text(path: &Path, text: &str, includes: &mut Includes, configuration: &mut Configuration) {
    let file: Rc<str> = path.display().to_string().into();
    match kind::detect(path, text) {
        kind::Kind::Other => configuration.fault(Place { file, line: 1 }, NEITHER, ""),
        kind::Kind::Classic => classic::read(&file, path, text, includes, configuration),
        kind::Kind::Json => match json::parse(text) {
            Ok(tree) => task::read(&file, &tree, configuration),
            Err((line, what)) => configuration.fault(Place { file, line }, what, ""),
        },
        kind::Kind::Yaml => match yaml::parse(text) {
            Ok(tree) if fluent_yaml::is_one(&tree) => {
                fluent_yaml::read(&file, path, &tree, includes, configuration)
            }
            Ok(tree) => task::read(&file, &tree, configuration),
            Err((line, what)) => configuration.fault(Place { file, line }, what, ""),
        },
    }
}

#[cfg(test)]
mod tests;
