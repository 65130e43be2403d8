//! A stop event as a batch holds it: the fields that a message may show, written by `encode` and read by `request`.
//! How they are laid out is `report`'s business.

use serde_json::{Map, Value};

use crate::stop::{Severity, StopEvent};

/// The field that tells a stop event from a line.
pub(super) const MARKER_FIELD: &str = "ecs_event";

/// Appends what a message may show of the event: everything but the original event and the list of containers.
pub(super) fn write(stop: &StopEvent, out: &mut Vec<u8>) {
    let mut fields = serde_json::to_value(stop).unwrap_or_default();
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("event");
        fields.remove("containers");
    }
    out.extend_from_slice(fields.to_string().as_bytes());
}

#[derive(Debug)]
pub(super) struct StopFields(Map<String, Value>);

impl StopFields {
    pub(super) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(super) fn severity(&self) -> Severity {
        match self.text("severity") {
            Some("info") => Severity::Info,
            Some("warning") => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The severity's emoji and the summary, as plain text.
    pub(super) fn headline(&self) -> String {
        format!("{} {}", self.emoji(), self.text("summary").unwrap_or_default())
    }

    /// `🔴 web in prod: image pull`, as plain text.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.emoji(), self.matter())
    }

    /// `web in prod: image pull`, as plain text.
    pub(super) fn matter(&self) -> String {
        let category = self.text("category").unwrap_or("unknown").replace('_', " ");
        format!("{}: {category}", self.origin())
    }

    pub(super) fn emoji(&self) -> &'static str {
        match self.severity() {
            Severity::Info => "🟢",
            Severity::Warning => "🟠",
            Severity::Error => "🔴",
        }
    }

    /// What stopped (the service, else the task family, else the group), and in which cluster.
    pub(super) fn origin(&self) -> String {
        let family = self.text("task_definition").and_then(|name| name.split(':').next());
        let owner = self.text("service").or(family).or(self.text("group")).unwrap_or("ECS");
        match self.text("cluster") {
            Some(cluster) => format!("{owner} in {cluster}"),
            None => owner.to_owned(),
        }
    }

    /// The task's page in the ECS console, or the service's when there is no task. `None` when a part of the address is
    /// missing or is no name that may stand in one.
    ///
    /// Console domains of the partitions: <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>,
    /// read 2026-11.
    pub(super) fn console_url(&self) -> Option<String> {
        let region = self.name("region")?;
        let cluster = self.name("cluster")?;
        let page = match (self.name("task_id"), self.name("service")) {
            (Some(task), _) => format!("tasks/{task}/configuration"),
            (None, Some(service)) => format!("services/{service}/health"),
            (None, None) => return None,
        };
        let domain = console_domain(region);
        Some(format!("https://{region}.{domain}/ecs/v2/clusters/{cluster}/{page}?region={region}"))
    }

    /// A field that is the name of an AWS resource. Regions, clusters, services and task ids consist of these
    /// characters; nothing else may get into markup unescaped.
    fn name(&self, field: &str) -> Option<&str> {
        let text = self.text(field)?;
        let is_name = (1..=255).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        is_name.then_some(text)
    }
}

fn console_domain(region: &str) -> &'static str {
    match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn",
        government if government.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}
