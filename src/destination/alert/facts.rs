//! What a message says of a stop besides its headline, as plain text.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::stop::{CONTAINERS_FIELD, EVENT_NAME_FIELD, StopFields};

/// What a reader may want to know besides, by its name.
pub(crate) fn facts(stop: &StopFields) -> impl Iterator<Item = (&'static str, String)> {
    let runtime = stop.get("runtime_seconds").and_then(Value::as_u64).map(duration);
    [
        ("Category", fact_with_detail(stop, "category", "cause")),
        ("Event", fact(stop, EVENT_NAME_FIELD)),
        ("Stop code", fact(stop, "stop_code")),
        ("Exit code", fact_with_detail(stop, "exit_code", "signal")),
        ("Containers", fact(stop, CONTAINERS_FIELD)),
        ("Task definition", fact(stop, "task_definition")),
        ("Launch type", fact_with_detail(stop, "launch_type", "capacity_provider")),
        ("Runtime", runtime),
        ("Instance", fact(stop, "container_instance")),
        ("Zone", fact(stop, "availability_zone")),
        ("Started by", fact(stop, "started_by")),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

pub(crate) fn fact(stop: &StopFields, name: &str) -> Option<String> {
    match stop.get(name)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// `137 (SIGKILL)`, or the value alone when the stop has no such detail.
fn fact_with_detail(stop: &StopFields, name: &str, detail: &str) -> Option<String> {
    let value = fact(stop, name)?;
    match stop.text(detail) {
        Some(detail) => Some(format!("{value} ({detail})")),
        None => Some(value),
    }
}

/// The two largest units: 90 s, 5 min 3 s, 3 h 12 min, 2 d 4 h; a unit of which there is none is left out.
pub(crate) fn duration(seconds: u64) -> String {
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        0..120 => format!("{seconds} s"),
        120..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// The title of a summary, with the emoji of the worst stop.
pub(crate) fn title(stops: &[StopFields]) -> String {
    let emoji = stops.first().map_or("", StopFields::emoji);
    format!("{emoji} {} ECS stop events", stops.len())
}

/// What ECS says that the stop code says, too.
const EMPTY_REASONS: [&str; 2] = ["Essential container in task exited", "Task failed to start"];

/// Why it stopped, as ECS or the agent words it.
pub(crate) struct TextualReason<'s> {
    /// The container that the reason is about; `None`: the task.
    pub(crate) container: Option<&'s str>,
    pub(crate) text: &'s str,
}

/// The first reason that tells something: the agent's for the container to blame, ECS's for the task, an attachment's.
/// `None` as well where the summary quotes all of it.
pub(crate) fn reason(stop: &StopFields) -> Option<TextualReason<'_>> {
    let reasons = ["container_reason", "stopped_reason", "attachment_reason"];
    let mut known = reasons.into_iter().filter_map(|field| Some((field, stop.text(field)?)));
    let (field, text) = known.find(|(_, text)| !EMPTY_REASONS.contains(&bare(text)))?;
    let quoted = format!("\"{}\"", bare(text));
    if stop.text("summary").is_some_and(|summary| summary.contains(&quoted)) {
        return None;
    }
    Some(TextualReason { container: stop.text("container").filter(|_| field == "container_reason"), text })
}

/// As a summary quotes it.
fn bare(reason: &str) -> &str {
    reason.trim().trim_end_matches('.')
}

/// Takes the place of the last lines where only they would tell the cause, and the stop has none.
pub(crate) fn missing_lines(stop: &StopFields) -> Option<String> {
    let is_missed = stop.is_told_by_lines() && !stop.is_expected() && stop.last_lines().is_empty();
    (is_missed && stop.text("container").is_some()).then(|| format!("No last lines: {}.", why_missing(stop)))
}

/// Why there are no last lines, and what to do.
fn why_missing(stop: &StopFields) -> &'static str {
    match stop.text("last_lines_missing") {
        Some("permission") => {
            "the task role is not allowed to read them (ecs:DescribeTaskDefinition, logs:GetLogEvents)"
        }
        Some("timeout") => "CloudWatch Logs did not answer in time",
        Some("throttled") => "too many stops at once to read them all",
        Some("not_found") => "the task definition or its log stream does not exist",
        Some("empty") => "the log stream is empty",
        Some("other_log_driver") => {
            "the container does not use awslogs; set stop.fetch_logs_group and stop.fetch_logs_stream"
        }
        Some(_) => "CloudWatch Logs could not be read; the router's log says why",
        None if stop.text("ecs_event") == Some("container_exited") => "the router heard none",
        None => "set stop.fetch_logs on to read them, or run a router in the task",
    }
}

/// What changed with a deployment that failed.
pub(crate) struct ToldChanges<'s> {
    /// `Changed since revision 41`
    pub(crate) title: String,
    /// One for each change, or why they are not known.
    pub(crate) lines: Vec<&'s str>,
}

impl ToldChanges<'_> {
    /// As one text.
    pub(crate) fn text(&self) -> String {
        format!("{}:\n{}", self.title, self.lines.join("\n"))
    }
}

/// `None`: it is no such deployment, or nobody asked.
pub(crate) fn changes(stop: &StopFields) -> Option<ToldChanges<'_>> {
    let previous = stop.get("failed_revision")?.get("previous")?;
    let revision = previous.get("revision")?.as_str()?;
    let by_number = previous.get("known_by").is_some_and(|known_by| known_by == "number");
    let doubt = if by_number { " (the number before)" } else { "" };
    let read: Option<Vec<&str>> = stop
        .get("revision_changes")
        .and_then(Value::as_array)
        .map(|lines| lines.iter().filter_map(Value::as_str).collect());
    let lines = match read {
        Some(lines) if lines.is_empty() => vec!["nothing in the task definition"],
        Some(lines) => lines,
        None => vec![why_unknown(stop.text("revision_changes_missing")?)],
    };
    Some(ToldChanges { title: format!("Changed since revision {revision}{doubt}"), lines })
}

/// Why it is not known what changed, and what to do.
fn why_unknown(why: &str) -> &'static str {
    match why {
        "permission" => {
            "not known: the task role is not allowed to read task definitions (ecs:DescribeTaskDefinition)"
        }
        "timeout" => "not known: ECS did not answer in time",
        "throttled" => "not known: too many requests at once",
        "not_found" => "not known: one of the two revisions does not exist",
        _ => "not known: ECS could not be asked; the router's log says why",
    }
}

/// How often each name occurs, the most frequent first.
pub(crate) fn counts(names: impl Iterator<Item = String>) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::<String, usize>::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts
}

#[cfg(test)]
mod tests;
