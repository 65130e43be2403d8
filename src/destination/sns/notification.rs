//! One notification: its subject, its text, and the attributes that subscriptions filter by.
//!
//! Limits: <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatchRequestEntry.html> and
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>, read 2026-11.

use serde::{Deserialize, Serialize};

use super::attribute::SnsAttribute;
use crate::classify::classes::Entry;
use crate::destination::alert::stop::{AT_FIELD, StopFields};
use crate::destination::alert::{facts, incident};
use crate::printable;
use crate::stop::{IncidentEnd, IncidentReport, IncidentState, Severity, StopEvent};

/// Characters of a subject, which is ASCII: fewer than a hundred.
pub(super) const MAX_SUBJECT_CHARS: usize = 99;
/// Characters that its place keeps in a subject that is too long: what happened matters more than the rest of a name.
const MIN_PLACE_CHARS: usize = 44;
/// Characters of a message group.
const MAX_GROUP_CHARS: usize = 128;
/// The group of what belongs to nothing.
const NO_GROUP: &str = "ecs_router";

/// What is at the end of a subject that is too long.
const ELLIPSIS: &str = "...";

/// A notification as a batch holds it: written by `encode`, read by `request`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SnsNotification {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) attributes: Vec<SnsAttribute>,
    /// What is kept in order, in a topic that does so.
    pub(super) group: String,
    /// What it tells, where that has a name: told again, also by another collector, it is the same notification.
    pub(super) identity: Option<String>,
    /// The chunk that brought it.
    pub(super) chunk: String,
}

impl SnsNotification {
    /// In words, for people.
    pub(super) fn of_stop(stop: &StopEvent) -> Self {
        let fields = StopFields::of(stop);
        let news = incident::of(&fields);
        Self {
            subject: subject_of_stop(&fields, stop.incident.as_ref()),
            text: printable::lines(&text_of_stop(&fields, news.as_ref())).into_owned(),
            attributes: attributes_of_stop(&fields, stop),
            group: group(stop.incident_id.as_deref().unwrap_or_else(|| owner(&fields))),
            identity: identity(stop),
            chunk: String::new(),
        }
    }

    /// Without its text.
    pub(super) fn of_line(entry: &Entry<'_, '_, '_>) -> Self {
        let named = entry.record.text(b"container_name").unwrap_or_default();
        let container = String::from_utf8_lossy(entry.identity.container().unwrap_or(named)).into_owned();
        let container = container.trim_start_matches('/');
        let pairs = [("class", Some(entry.class_name)), ("container", Some(container))];
        Self {
            subject: subject(&format!("[{}] {container}", entry.class_name)),
            text: String::new(),
            attributes: attributes(&pairs),
            group: group(container),
            identity: None,
            chunk: String::new(),
        }
    }

    pub(super) fn with_text(self, text: &[u8]) -> Self {
        Self { text: String::from_utf8_lossy(text).into_owned(), ..self }
    }

    /// What it counts for, in bytes: everything that a subscriber gets.
    pub(super) fn counted_bytes(&self) -> usize {
        let attributes = self.attributes.iter().map(SnsAttribute::counted_bytes);
        self.subject.len() + self.text.len() + attributes.sum::<usize>()
    }

    /// Appends it on a line of its own.
    pub(super) fn write(mut self, chunk: &str, out: &mut Vec<u8>) {
        chunk.clone_into(&mut self.chunk);
        // Texts always have a form in JSON, and memory takes it.
        serde_json::to_writer(&mut *out, &self).unwrap_or_default();
        out.push(b'\n');
    }
}

/// `[error] web in prod (eu-west-1): container app exits with 1 (3 stops)`
fn subject_of_stop(stop: &StopFields, report: Option<&IncidentReport>) -> String {
    let standing = match report {
        Some(IncidentReport { state: IncidentState::Resolved, ended_by, .. }) => end_name(*ended_by),
        _ => severity_name(stop.severity()),
    };
    let count = report.map(|report| report.count).filter(|count| *count > 1);
    let count = count.map(|count| format!(" ({count} {}s)", stop.counted())).unwrap_or_default();
    let happening = format!(": {}{count}", stop.happening());
    let room = MAX_SUBJECT_CHARS.saturating_sub(happening.chars().count()).max(MIN_PLACE_CHARS);
    let place = ascii(&format!("[{standing}] {}", stop.place()), room);
    subject(&format!("{place}{happening}"))
}

/// Only what ECS confirmed is resolved: a service that starts no tasks is quiet, too.
fn end_name(ended_by: Option<IncidentEnd>) -> &'static str {
    match ended_by {
        Some(IncidentEnd::SteadyState | IncidentEnd::DeploymentCompleted) => "resolved",
        Some(IncidentEnd::RolledBack) => "rolled back",
        Some(IncidentEnd::Evicted) => "no longer followed",
        Some(IncidentEnd::Quiet) | None => "quiet",
    }
}

/// Printable ASCII of the length that a subject may have.
fn subject(text: &str) -> String {
    ascii(text, MAX_SUBJECT_CHARS)
}

/// Printable ASCII of at most `max` characters.
fn ascii(text: &str, max: usize) -> String {
    let ascii = text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    let mut shown: String = ascii.collect();
    if shown.len() > max {
        shown.truncate(max.saturating_sub(ELLIPSIS.len()));
        shown.push_str(ELLIPSIS);
    }
    shown.trim_end().to_owned()
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// What a phone shows first comes first; the paragraphs that there is nothing for are left out.
fn text_of_stop(stop: &StopFields, news: Option<&IncidentReport>) -> String {
    let known =
        |name: &str| Some(printable::line(stop.text(name)?).into_owned()).filter(|text| !text.is_empty());
    let is_over = news.is_some_and(|report| report.state == IncidentState::Resolved);
    let paragraphs = [
        news.map(|report| format!("Incident: {}", incident::standing(stop, report))),
        known("summary"),
        known("hint").filter(|_| !is_over),
        changes(stop).filter(|_| !is_over),
        facts::reason(stop).map(|reason| format!("Reason: {}", printable::line(reason.text))),
        last_lines(stop).or_else(|| facts::missing_lines(stop).filter(|_| news.is_none())),
        Some(fact_lines(stop)).filter(|lines| !lines.is_empty()),
        links(stop, news.is_some()),
    ];
    paragraphs.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// What changed with a deployment that failed, one below the other.
fn changes(stop: &StopFields) -> Option<String> {
    let changes = facts::changes(stop)?;
    let lines: Vec<String> =
        changes.lines.iter().map(|line| format!("\n    {}", printable::line(line))).collect();
    Some(format!("{}:{}", changes.title, lines.concat()))
}

fn last_lines(stop: &StopFields) -> Option<String> {
    let lines = stop.last_lines();
    (!lines.is_empty()).then(|| listed(&lines))
}

/// A line may have more than one of its own, which must not look like the report's.
pub(super) fn listed(lines: &[&str]) -> String {
    format!("Last lines:\n    {}", lines.join("\n").replace('\n', "\n    "))
}

/// `Category: oom (memory limit)` and so on, one below the other.
fn fact_lines(stop: &StopFields) -> String {
    let names = [
        ("Stopped at", "stopped_at"),
        ("Happened at", AT_FIELD),
        ("Account", "account"),
        ("Task", "task_id"),
        ("Incident id", "incident_id"),
    ];
    let more = names.into_iter().filter_map(|(name, field)| Some((name, stop.text(field)?.to_owned())));
    let services = stop.services().map(|services| ("Services", services));
    let lines: Vec<String> = services
        .into_iter()
        .chain(facts::facts(stop))
        .chain(more)
        .map(|(name, value)| format!("{name}: {}", printable::line(&value)))
        .collect();
    lines.join("\n")
}

/// The console's page of the task, or of the service when it is about more than one task, and the log.
fn links(stop: &StopFields, is_about_many: bool) -> Option<String> {
    let service = stop.service_url().filter(|_| is_about_many);
    let console = service.or_else(|| stop.console_url()).map(|url| format!("Open in the ECS console: {url}"));
    let logs = stop.logs_url().map(|url| format!("Logs: {url}"));
    let links: Vec<String> = console.into_iter().chain(logs).collect();
    (!links.is_empty()).then(|| links.join("\n"))
}

fn attributes_of_stop(fields: &StopFields, stop: &StopEvent) -> Vec<SnsAttribute> {
    let state = stop.incident.as_ref().map(|incident| match incident.state {
        IncidentState::Opened => "opened",
        IncidentState::Continued => "continued",
        IncidentState::Resolved => "resolved",
    });
    let pairs = [
        ("class", Some("stop")),
        ("category", fields.text("category")),
        ("severity", Some(severity_name(fields.severity()))),
        ("state", state),
    ];
    let services = stop.incident.as_ref().map(|incident| incident.services.as_slice());
    let service = match services.unwrap_or_default() {
        [] => stop.service.as_deref().and_then(|name| SnsAttribute::text("service", name)),
        several => SnsAttribute::list("service", several),
    };
    let cluster = attributes(&[("cluster", stop.cluster.as_deref())]);
    attributes(&pairs).into_iter().chain(service).chain(cluster).collect()
}

/// The attributes that have a value.
fn attributes(pairs: &[(&str, Option<&str>)]) -> Vec<SnsAttribute> {
    pairs.iter().filter_map(|(name, value)| SnsAttribute::text(name, (*value)?)).collect()
}

/// The service, else the family of the task definition, else the group.
fn owner(stop: &StopFields) -> &str {
    let family = stop.text("task_definition").and_then(|name| name.split(':').next());
    stop.text("service").or(family).or(stop.text("group")).unwrap_or(NO_GROUP)
}

/// A name of letters, digits and punctuation.
fn group(text: &str) -> String {
    let name: String =
        text.chars().take(MAX_GROUP_CHARS).map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect();
    if name.is_empty() { NO_GROUP.to_owned() } else { name }
}

/// The incident and where it stands, or the event: the same from every collector that tells of it.
fn identity(stop: &StopEvent) -> Option<String> {
    match (&stop.incident_id, &stop.incident) {
        (Some(id), Some(report)) => Some(format!("{id} {:?} {} {}", report.state, report.count, stop.update)),
        _ => stop.key().map(|(event, version)| format!("{event} {version}")),
    }
}
