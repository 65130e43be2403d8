//! What `check` reports, and how a finding is written.

use std::fmt;

use ecs_router::printable;
use serde_json::{Value, json};

use crate::config::{FileError, Location};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FindingSeverity {
    /// The output starts, but not as one would want it to.
    Warning,
    /// Fluent Bit or the plugin refuses to start, or records go nowhere.
    Error,
}

impl FindingSeverity {
    const fn name(self) -> &'static str {
        match self {
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
        write!(formatter, "{}:{}: {}: ", printable::line(&location.file), location.line, severity.name())?;
        if let Some(key) = key {
            write!(formatter, "{}: ", printable::line(key))?;
        }
        // Both may quote the file, where a text can go over several lines.
        formatter.write_str(&printable::line(message))?;
        if instead.is_empty() { Ok(()) } else { write!(formatter, "; {}", printable::line(instead)) }
    }
}
