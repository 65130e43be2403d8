//! What `check` reports, and how a finding is written.

use std::fmt;

use ecs_router::config::shown_text;
use ecs_router::printable;
use serde_json::{Value, json};

use crate::config::{FileRemark, Location, Section, Setting};

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
    pub(super) const fn name(self) -> &'static str {
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
    /// What of a task definition it is about: `container app`, `task web`.
    pub(crate) subject: Option<String>,
    /// The key as the user writes it; `None` when the finding is about the file.
    pub(crate) key: Option<String>,
    pub(crate) message: String,
    /// What to write instead; may be empty.
    pub(crate) instead: String,
}

impl Finding {
    /// A finding about a key. Addresses in its texts lose what may be a secret.
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
            subject: None,
            key: Some(key.to_owned()),
            message: shown_text(&message.into()).into_owned(),
            instead: shown_text(&instead.into()).into_owned(),
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

    /// An error in the value of a key.
    pub(crate) fn error_of(
        setting: &Setting,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) -> Self {
        Self::new(FindingSeverity::Error, &setting.location, &setting.key, message, instead)
    }

    /// The same finding, about a container.
    #[must_use]
    pub(crate) fn in_container(self, name: Option<&str>) -> Self {
        Self { subject: self.subject.or_else(|| name.map(|name| format!("container {name}"))), ..self }
    }

    /// The same finding, about a task definition.
    #[must_use]
    pub(crate) fn in_task(self, name: Option<&str>) -> Self {
        Self { subject: self.subject.or_else(|| name.map(|name| format!("task {name}"))), ..self }
    }

    /// A finding about a whole file or a line of it.
    pub(crate) fn of_file(severity: FindingSeverity, remark: FileRemark) -> Self {
        let FileRemark { location, message, instead } = remark;
        let shown = |text: String| shown_text(&text).into_owned();
        Self {
            severity,
            location,
            subject: None,
            key: None,
            message: shown(message),
            instead: shown(instead),
        }
    }

    /// What is wrong and what to write, without the place.
    pub(super) fn text(&self) -> String {
        let subject = self.subject.iter().map(|subject| format!("{subject}: "));
        let key = self.key.iter().map(|key| format!("{key}: "));
        let mut text: String = subject.chain(key).collect();
        text.push_str(&self.message);
        if !self.instead.is_empty() {
            text.push_str("; ");
            text.push_str(&self.instead);
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "severity": self.severity.name(),
            "file": &*self.location.file,
            "line": self.location.line,
            "subject": self.subject,
            "key": self.key,
            "message": self.message,
            "instead": if self.instead.is_empty() { Value::Null } else { self.instead.as_str().into() },
        })
    }
}

/// `file:line: error: subject: key: message; what to write`
impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, line } = &self.location;
        let file = printable::line(file);
        write!(formatter, "{file}:{line}: {}: {}", self.severity.name(), printable::line(&self.text()))
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    #[test]
    fn no_finding_shows_what_an_address_hides() {
        for lines in [
            "    route.default http\n    http.url http://me:hunter2@logs.example.com:443/x?token=hunter2#y\n",
            "    route.default http\n    http.url https://me:hunter2@hooks.slack.com/x\n",
            "    route.default http\n    http.url https://logs.example.com/x?token=hunter2#y\n",
            "    route.default otlp\n    otlp.endpoint me:hunter2@otlp.example.com\n",
            "    route.default otlp\n    otlp.endpoint http://me:hunter2@otlp.example.com:4317/?key=hunter2\n",
            "    route.default s3\n    s3.bucket b\n    s3.endpoint http://s3.us-east-1.amazonaws.com/?key=hunter2\n",
            "    route.default s3\n    s3.bucket https://me:hunter2@b.s3.us-east-1.amazonaws.com?key=hunter2\n",
            "    route.default stdout\n    queue.url https://me:hunter2@console.aws.amazon.com/?key=hunter2\n",
            "    route.default http\n    http.url https://a.example/\n    http.auth oauth2\n    http.token_url http://me:hunter2@b.example/?client_secret=hunter2\n",
        ] {
            let found = of_lines(lines);
            assert!(!found.is_empty(), "{lines}");
            assert!(!found.concat().contains("hunter2"), "{found:?}");
        }
    }
}
