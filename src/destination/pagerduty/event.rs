//! The event for a batch, each part within its limit.
//!
//! Limits: <https://developer.pagerduty.com/docs/send-alert-event>: 1,024 characters of a summary, 255 of a `dedup_key`,
//! 512 KB of an event; read 2026-11. The other texts are bounded so that an event stays far below that.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::classify::classes::Entry;
use crate::destination::alert::stop::{CONTAINERS_FIELD, EVENT_NAME_FIELD, StopFields};
use crate::destination::alert::{ToldEntry, facts, incident, lines, text};
use crate::encode::template::RenderContext;
use crate::stop::{IncidentReport, IncidentState, Severity};

const MAX_SUMMARY_CHARS: usize = 1_024;
const MAX_KEY_CHARS: usize = 255;
/// Characters of a name, such as that of a component.
const MAX_NAME_CHARS: usize = 255;
/// Characters of a text among the details.
const MAX_DETAIL_CHARS: usize = 2_500;
/// Characters of the last lines, all together.
const MAX_LINES_CHARS: usize = 20_000;
/// Characters of one of them.
const MAX_LINE_CHARS: usize = 1_000;
/// Characters of a link.
const MAX_LINK_CHARS: usize = 2_000;

/// The alert that `check --connect` asks to resolve, which never exists.
const PROBE_KEY: &str = "ecs-router-check";

/// What of a stop is among the details, under the names of the report.
const DETAILS: [&str; 27] = [
    "summary",
    "hint",
    "category",
    "cause",
    EVENT_NAME_FIELD,
    "stop_code",
    "stopped_reason",
    "container",
    "exit_code",
    "signal",
    "container_reason",
    "attachment_reason",
    CONTAINERS_FIELD,
    "image",
    "task_definition",
    "launch_type",
    "capacity_provider",
    "container_instance",
    "availability_zone",
    "started_by",
    "runtime_seconds",
    "cluster",
    "service",
    "region",
    "account",
    "task_id",
    "incident_id",
];

/// Appends what all events of one alert have in common: the incident; without one the task or container that stopped; for
/// lines their class and container, as far as the tag vouches for it, or whoever writes lines could open any number of
/// alerts.
pub(super) fn write_dedup_key(entry: &Entry<'_, '_, '_>, context: &RenderContext<'_>, out: &mut Vec<u8>) {
    let key = match entry.stop {
        Some(stop) => match (&stop.incident_id, stop.key()) {
            (Some(id), _) => id.clone(),
            (None, Some((key, _))) => key.to_owned(),
            (None, None) => stop.summary.clone(),
        },
        None => {
            let family =
                context.task.and_then(|task| task.value("ecs_task_family", None)).unwrap_or_default();
            let container = String::from_utf8_lossy(entry.identity.container().unwrap_or_default());
            format!("lines/{family}/{}/{container}", entry.class_name)
        }
    };
    out.extend_from_slice(end_of(&key).as_bytes());
}

/// The end of a key that is too long: of an ARN, it is what differs.
fn end_of(key: &str) -> &str {
    let excess = key.chars().count().saturating_sub(MAX_KEY_CHARS);
    let start = key.char_indices().nth(excess).map_or(key.len(), |(start, _)| start);
    key.get(start..).unwrap_or_default()
}

/// The first entries that ask for one action: to open the alert, or to resolve it.
pub(super) fn first_run(entries: &[ToldEntry]) -> &[ToldEntry] {
    let resolves = entries.first().is_some_and(is_end);
    let length = entries.iter().take_while(|entry| is_end(entry) == resolves).count();
    entries.split_at(length).0
}

fn is_end(entry: &ToldEntry) -> bool {
    matches!(entry, ToldEntry::News(_, report) if report.state == IncidentState::Resolved)
}

/// What people read first of each event that tells these entries.
pub(super) fn headlines(entries: &[ToldEntry]) -> Vec<String> {
    let mut headlines = Vec::new();
    let mut rest = entries;
    while let Some(last) = first_run(rest).last() {
        headlines.push(match last {
            ToldEntry::News(stop, report) => summary(stop, Some(report)),
            ToldEntry::Stop(stop) => summary(stop, None),
            ToldEntry::Line(_) => summary_of_lines(&lines_of(first_run(rest))),
        });
        rest = rest.split_at(first_run(rest).len()).1;
    }
    headlines
}

/// The event that tells all of these entries. Without any, one that PagerDuty checks and drops.
pub(super) fn event(routing_key: &str, dedup_key: &[u8], entries: &[ToldEntry]) -> Value {
    let dedup_key = String::from_utf8_lossy(dedup_key);
    let resolve =
        |key: &str| json!({"routing_key": routing_key, "event_action": "resolve", "dedup_key": key});
    let (payload, links) = match entries.last() {
        None => return resolve(PROBE_KEY),
        Some(entry) if is_end(entry) => return resolve(&dedup_key),
        Some(ToldEntry::News(stop, report)) => (of_stop(stop, Some(report), entries), links(stop)),
        Some(ToldEntry::Stop(stop)) => (of_stop(stop, None, entries), links(stop)),
        Some(ToldEntry::Line(_)) => (of_lines(entries), Vec::new()),
    };
    json!({
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "client": "ecs_router",
        "payload": payload,
        "links": links,
    })
}

/// `stop` is the latest of the entries, and `report` says where its incident stands, if people know of it.
fn of_stop(stop: &StopFields, report: Option<&IncidentReport>, entries: &[ToldEntry]) -> Value {
    let mut payload = json!({
        "summary": text::line(&summary(stop, report), MAX_SUMMARY_CHARS, char::len_utf16),
        "source": name(&stop.place()),
        "severity": severity(stop.severity(), report),
        "group": name(&stop.owner()),
        "class": name(stop.text("category").unwrap_or("unknown")),
        "custom_details": details(stop, entries),
    });
    if let Some(container) = stop.text("container") {
        payload["component"] = name(container).into();
    }
    let is_time = |text: &&str| text.parse::<Timestamp>().is_ok();
    if let Some(at) = stop.at().filter(is_time) {
        payload["timestamp"] = at.into();
    }
    payload
}

fn summary(stop: &StopFields, report: Option<&IncidentReport>) -> String {
    match report {
        Some(report) => format!("{}: {}", stop.matter(), incident::standing(stop, report)),
        None => stop.full_matter(),
    }
}

/// What goes on is worse than what happened once.
fn severity(severity: Severity, report: Option<&IncidentReport>) -> &'static str {
    match severity {
        Severity::Error if report.is_some_and(|report| report.count > 1) => "critical",
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn details(stop: &StopFields, entries: &[ToldEntry]) -> Map<String, Value> {
    let mut details = Map::new();
    for field in DETAILS {
        match stop.get(field) {
            Some(Value::String(text)) => details.insert(field.to_owned(), detail(text).into()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => {
                details.insert(field.to_owned(), value.clone())
            }
            _ => None,
        };
    }
    if let Some(changes) = facts::changes(stop) {
        details.insert("revision_changes".to_owned(), detail(&changes.text()).into());
    }
    if let Some(incident) = stop.get("incident") {
        details.insert("incident".to_owned(), incident.clone());
    }
    let lines = entries.iter().rev().map(last_lines).find(|lines| !lines.is_empty());
    if let Some(text) = lines.map(|lines| end_within(&lines)).or_else(|| facts::missing_lines(stop)) {
        details.insert("last_lines".to_owned(), text.into());
    }
    details
}

fn last_lines(entry: &ToldEntry) -> Vec<&str> {
    match entry {
        ToldEntry::Stop(stop) | ToldEntry::News(stop, _) => stop.last_lines(),
        ToldEntry::Line(_) => Vec::new(),
    }
}

/// The lines as one text. The end matters most: when there is no room for all, the first lines are left out.
fn end_within(lines: &[&str]) -> String {
    let mut shown = Vec::new();
    let mut length = 0;
    for line in lines.iter().rev() {
        let line = text::line(line, MAX_LINE_CHARS, char::len_utf16);
        length += line.encode_utf16().count() + 1;
        if length > MAX_LINES_CHARS {
            break;
        }
        shown.push(line);
    }
    shown.reverse();
    shown.join("\n")
}

fn links(stop: &StopFields) -> Vec<Value> {
    [
        ("Logs", stop.logs_url().map(str::to_owned)),
        ("Task in the ECS console", stop.task_url().map(str::to_owned)),
        ("Service in the ECS console", stop.service_url()),
    ]
    .into_iter()
    .filter_map(|(what, url)| Some((what, url.filter(|url| url.len() <= MAX_LINK_CHARS)?)))
    .map(|(what, url)| json!({"href": url, "text": what}))
    .collect()
}

/// Lines are errors to whoever sends them to a pager.
fn of_lines(entries: &[ToldEntry]) -> Value {
    let told = lines_of(entries);
    let groups = lines::group_by_source(told.iter().copied());
    let (class, container) = groups.first().map_or(("", ""), |group| group.source);
    let first_lines: Vec<String> =
        groups.iter().flat_map(|group| &group.first_lines).map(|line| detail(line)).collect();
    let source = if container.is_empty() { class } else { container };
    json!({
        "summary": text::line(&summary_of_lines(&told), MAX_SUMMARY_CHARS, char::len_utf16),
        "source": name(source),
        "severity": "error",
        "component": name(source),
        "class": name(class),
        "custom_details": {"lines": told.len(), "first_lines": first_lines},
    })
}

fn as_line(entry: &ToldEntry) -> Option<&lines::DigestLine> {
    match entry {
        ToldEntry::Line(line) => Some(line),
        _ => None,
    }
}

fn lines_of(entries: &[ToldEntry]) -> Vec<&lines::DigestLine> {
    entries.iter().filter_map(as_line).collect()
}

/// How many lines there are of each class, and the first of them.
fn summary_of_lines(lines: &[&lines::DigestLine]) -> String {
    let groups = lines::group_by_source(lines.iter().copied());
    let first = groups.first().and_then(|group| group.first_lines.first());
    let first = first.map(|line| detail(line)).unwrap_or_default();
    format!("{}: {first}", lines::matter(lines.iter().copied()))
}

/// PagerDuty refuses an event whose source is empty.
fn name(text: &str) -> String {
    let text = text::line(text, MAX_NAME_CHARS, char::len_utf16);
    if text.trim().is_empty() { "unknown".to_owned() } else { text }
}

fn detail(text: &str) -> String {
    text::lines(text, MAX_DETAIL_CHARS, char::len_utf16)
}
