//! What `check` reports, and how a finding is written.

use std::fmt;

use serde_json::{Value, json};

use crate::config::{FileError, Location, Section, Setting};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FindingSeverity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// The output starts, but not as one would want it to.
    Warning,
    /// Fluent Bit or the plugin refuses to start, or records go nowhere.
    Error,
}

impl FindingSeverity {
    const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: FindingSeverity,
    pub(crate) location: Location,
    /// The key as the user writes it; `None` when the finding is about the file.
    pub(crate) key: Option<String>,
    pub(crate) message: String,
    /// What to write instead; may be empty.
    pub(crate) instead: String,
}

impl Finding {
    /// A finding about a key.
    pub(crate) fn new(
        severity: FindingSeverity,
        location: &Location,
        key: &str,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            location: location.clone(),
            key: Some(key.to_owned()),
            message: message.into(),
            instead: instead.into(),
        }
    }

    /// A warning about a key of a section that may not have it; then the section's line is shown.
    pub(crate) fn warn(
        section: &Section,
        key: &str,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        let setting = section.get(key);
        let location = setting.map_or(&section.location, |setting| &setting.location);
        let key = setting.map_or(key, |setting| &setting.key);
        Self::new(FindingSeverity::Warning, location, key, message, instead)
    }

    /// A warning about the value of a key.
    pub(crate) fn warn_of(setting: &Setting, message: impl Into<String>, instead: impl Into<String>) -> Self {
        Self::new(FindingSeverity::Warning, &setting.location, &setting.key, message, instead)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "severity": self.severity.name(),
            "file": &*self.location.file,
            "line": self.location.line,
            "key": self.key,
            "message": self.message,
            "instead": if self.instead.is_empty() { Value::Null } else { self.instead.as_str().into() },
        })
    }
}

impl From<FileError> for Finding {
    fn from(error: FileError) -> Self {
        let FileError { location, message, instead } = error;
        Self { severity: FindingSeverity::Error, location, key: None, message, instead }
    }
}

/// `file:line: error: key: message; what to write`
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, location, key, message, instead } = self;
        write!(formatter, "{}:{}: {}: ", location.file, location.line, severity.name())?;
        if let Some(key) = key {
            write!(formatter, "{key}: ")?;
        }
        write!(formatter, "{message}")?;
        if instead.is_empty() { Ok(()) } else { write!(formatter, "; {instead}") }
    }
}
