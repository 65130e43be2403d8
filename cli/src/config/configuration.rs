//! The contents of one or several files, and what is said of them.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use super::section::{Location, Section, Setting};
use super::task::{CloudFormationTemplate, TaskDefinition};

/// What is said of a file or of a line of it: why it cannot be read, or how it was understood.
#[derive(Debug, Clone)]
pub(crate) struct FileRemark {
    pub(crate) location: Location,
    pub(crate) message: String,
    /// What to write instead; may be empty.
    pub(crate) instead: String,
}

impl FileRemark {
    fn new(location: Location, message: impl Into<String>, instead: impl Into<String>) -> Self {
        Self { location, message: message.into(), instead: instead.into() }
    }
}

/// `extra.conf:12: message`
impl fmt::Display for FileRemark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.location, self.message)
    }
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
    /// The region that the task beside it gives to its router.
    pub(crate) router_region: Option<String>,
    /// An input names its outputs itself, so that they need no `Match`.
    pub(crate) routes_by_name: bool,
    /// Every file that was read, in this order.
    pub(crate) files: Vec<Rc<str>>,
    pub(crate) tasks: Vec<TaskDefinition>,
    pub(crate) templates: Vec<CloudFormationTemplate>,
    pub(crate) errors: Vec<FileRemark>,
    /// What Fluent Bit accepts, but not as it was meant.
    pub(crate) warnings: Vec<FileRemark>,
    /// What was understood in a way that is worth a word.
    pub(crate) notes: Vec<FileRemark>,
    /// Characters that only look like others; whatever else is said of their lines follows from them.
    pub(crate) look_alikes: Vec<FileRemark>,
    /// A section was read, known or not.
    pub(super) has_content: bool,
    /// `service` of a YAML file was read; Fluent Bit refuses another.
    pub(super) has_yaml_service: bool,
}

impl Configuration {
    /// The outputs of the plugin.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Section> {
        self.outputs.iter().filter(|section| section.is_ours())
    }

    /// The setting of `[SERVICE]` that counts: the last one of this key.
    pub(crate) fn service_setting(&self, key: &str) -> Option<&Setting> {
        self.service.iter().rfind(|setting| setting.key.eq_ignore_ascii_case(key))
    }

    pub(super) fn error(
        &mut self,
        location: Location,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.errors.push(FileRemark::new(location, message, instead));
    }

    pub(super) fn warn(
        &mut self,
        location: Location,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.warnings.push(FileRemark::new(location, message, instead));
    }

    pub(super) fn note(
        &mut self,
        location: Location,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.notes.push(FileRemark::new(location, message, instead));
    }

    /// Whether nothing at all is in the files.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_content && self.tasks.is_empty() && self.templates.is_empty()
    }

    /// Every setting of inputs, filters, outputs and service.
    pub(super) fn settings(&self) -> impl Iterator<Item = &Setting> {
        let sections = self.inputs.iter().chain(&self.filters).chain(&self.outputs);
        sections.flat_map(|section| &section.settings).chain(&self.service)
    }

    /// Moves what is in this file to other lines.
    pub(super) fn move_lines(&mut self, file: &str, line_of: impl Fn(usize) -> usize) {
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
