//! What a configuration is made of: sections, and settings with their lines.

use std::fmt;
use std::rc::Rc;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    /// The path as the user or the including file writes it.
    pub(crate) file: Rc<str>,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// `extra.conf:12`
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
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
    pub(super) fn new(text: &str) -> Self {
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

/// One input, filter or output.
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
