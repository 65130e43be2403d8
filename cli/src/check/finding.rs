//! What `check` has to say, and how it is written.

use std::fmt;

use serde_json::{Value, json};

use crate::config::{Fault, Place};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It starts, but not as one would want it to.
    Warning,
    /// Fluent Bit or the plugin refuses to start, or records go nowhere.
    Error,
}

impl Severity {
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
    pub(crate) severity: Severity,
    pub(crate) place: Place,
    /// The key as the user writes it; none when the finding is about the file.
    pub(crate) key: Option<String>,
    pub(crate) message: String,
    /// What to write instead; may be empty.
    pub(crate) instead: String,
}

impl Finding {
    /// About a key.
    pub(crate) fn new(
        severity: Severity,
        place: &Place,
        key: &str,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            place: place.clone(),
            key: Some(key.to_owned()),
            message: message.into(),
            instead: instead.into(),
        }
    }

    /// For a program.
    pub(crate) fn json(&self) -> Value {
        json!({
            "severity": self.severity.name(),
            "file": &*self.place.file,
            "line": self.place.line,
            "key": self.key,
            "message": self.message,
            "instead": if self.instead.is_empty() { Value::Null } else { self.instead.as_str().into() },
        })
    }
}

impl From<Fault> for Finding {
    fn from(fault: Fault) -> Self {
        let Fault { place, what, instead } = fault;
        Self { severity: Severity::Error, place, key: None, message: what, instead }
    }
}

/// `file:line: error: key: message; what to write`
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, place, key, message, instead } = self;
        write!(formatter, "{}:{}: {}: ", place.file, place.line, severity.name())?;
        if let Some(key) = key {
            write!(formatter, "{key}: ")?;
        }
        write!(formatter, "{message}")?;
        if instead.is_empty() { Ok(()) } else { write!(formatter, "; {instead}") }
    }
}
