//! Stop events in a message: one in full, or many as a summary.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::Value;

use super::blocks::{self, FENCE_CHARS, MAX_SECTION_CHARS};
use super::stop::{CONTAINERS_FIELD, StopFields};

/// Blocks of a full report: header, summary, reason, last lines, facts, footer.
pub(super) const MAX_FULL_BLOCKS: usize = 6;
/// Stops that a summary lists.
const MAX_LISTED_STOPS: usize = 5;
/// Blocks of a summary: header, two tables of counts, the listed stops, how many more.
pub(super) const MAX_SUMMARY_BLOCKS: usize = 3 + MAX_LISTED_STOPS + 1;
/// Rows of a table of counts.
const MAX_COUNT_ROWS: usize = 12;

/// Characters of a stop's summary or hint.
const MAX_SENTENCE_CHARS: usize = 1_400;
/// Characters of a link: four names of 255, and what stands between them.
pub(super) const MAX_LINK_CHARS: usize = 1_200;
/// Characters of a name.
const MAX_NAME_CHARS: usize = 120;
/// Characters of the reason that ECS or the agent gives.
const MAX_REASON_CHARS: usize = 2_500;
/// Characters of a line the application wrote.
const MAX_LINE_CHARS: usize = 400;

const _: () = assert!(2 * MAX_SENTENCE_CHARS + 3 <= MAX_SECTION_CHARS);
const _: () = assert!(MAX_SENTENCE_CHARS + 1 + MAX_LINK_CHARS <= MAX_SECTION_CHARS);
const _: () = assert!(MAX_REASON_CHARS + MAX_NAME_CHARS + 10 <= MAX_SECTION_CHARS);
const _: () = assert!((MAX_COUNT_ROWS + 1) * (MAX_NAME_CHARS + 30) + 40 <= MAX_SECTION_CHARS);

/// The blocks that report one stop: what a phone shows first comes first.
pub(super) fn full(stop: &StopFields) -> Vec<Value> {
    [
        Some(blocks::header(&stop.headline())),
        Some(summary_and_hint(stop)),
        reason(stop),
        last_lines(stop),
        blocks::fields(facts(stop)),
        footer(stop),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn summary_and_hint(stop: &StopFields) -> Value {
    let sentence = |name| blocks::escaped(stop.text(name).unwrap_or_default(), MAX_SENTENCE_CHARS);
    blocks::section(&format!("*{}*\n{}", sentence("summary"), sentence("hint")))
}

pub(in crate::destination) fn facts(stop: &StopFields) -> impl Iterator<Item = (&'static str, String)> {
    let runtime = stop.get("runtime_seconds").and_then(Value::as_u64).map(duration);
    [
        ("Category", fact_with_detail(stop, "category", "cause")),
        ("Stop code", fact(stop, "stop_code")),
        ("Exit code", fact_with_detail(stop, "exit_code", "signal")),
        ("Containers", fact(stop, CONTAINERS_FIELD)),
        ("Task definition", fact(stop, "task_definition")),
        ("Launch type", fact(stop, "launch_type")),
        ("Runtime", runtime),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

fn fact(stop: &StopFields, name: &str) -> Option<String> {
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
pub(super) fn duration(seconds: u64) -> String {
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

/// What ECS says when another reason tells more.
const EMPTY_REASONS: [&str; 2] = ["Essential container in task exited", "Task failed to start"];

/// The first reason that tells something, and the field it stands in: the agent's for the container to blame, ECS's for
/// the task, an attachment's.
pub(in crate::destination) fn told_reason(stop: &StopFields) -> Option<(&'static str, &str)> {
    let reasons = ["container_reason", "stopped_reason", "attachment_reason"];
    let known = || reasons.into_iter().filter_map(|field| Some((field, stop.text(field)?)));
    let tells = |text: &str| !EMPTY_REASONS.contains(&text.trim().trim_end_matches('.'));
    known().find(|(_, text)| tells(text)).or_else(|| known().next())
}

fn reason(stop: &StopFields) -> Option<Value> {
    let (field, reason) = told_reason(stop)?;
    let container = match stop.text("container").filter(|_| field == "container_reason") {
        Some(name) => format!("*{}:* ", blocks::escaped(name, MAX_NAME_CHARS)),
        None => String::new(),
    };
    Some(blocks::section(&format!("{container}{}", blocks::escaped(reason, MAX_REASON_CHARS))))
}

/// The application's last lines as a code block. The end matters most: when there is no room for all, the first lines
/// are left out.
fn last_lines(stop: &StopFields) -> Option<Value> {
    code_of_lines(stop).or_else(|| {
        let is_missed = stop.is_told_by_lines() && stop.text("container").is_some();
        is_missed.then(|| blocks::context(&format!("No last lines: {}.", why_missing(stop))))
    })
}

/// The last lines, if there are any.
pub(super) fn code_of_lines(stop: &StopFields) -> Option<Value> {
    let lines = stop.get("last_lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut shown = Vec::new();
    let mut length = FENCE_CHARS;
    for line in lines.iter().rev().filter_map(Value::as_str) {
        let line = blocks::escaped(line, MAX_LINE_CHARS);
        length += line.encode_utf16().count() + 1;
        if length > MAX_SECTION_CHARS {
            break;
        }
        shown.push(line);
    }
    shown.reverse();
    (!shown.is_empty()).then(|| blocks::section(&blocks::code(&shown)))
}

/// Why there are no last lines, and what to do.
fn why_missing(stop: &StopFields) -> &'static str {
    match stop.text("last_lines_missing") {
        Some("permission") => "the role may not read them (ecs:DescribeTaskDefinition, logs:GetLogEvents)",
        Some("timeout") => "CloudWatch Logs did not answer in time",
        Some("throttled") => "too many stops at once to read them all",
        Some("not_found") => "the task definition or its log stream does not exist",
        Some("empty") => "the log stream is empty",
        Some("other_log_driver") => "the container does not log to CloudWatch Logs by itself",
        Some(_) => "CloudWatch Logs could not be read",
        None if stop.text("ecs_event") == Some("container_exited") => "the router heard none",
        None => "a router in the task sees them, or stop.fetch_logs reads them",
    }
}

/// When the task stopped, links to the console, whose it was, and the name under which all stops of the incident are stored.
fn footer(stop: &StopFields) -> Option<Value> {
    let shown = |name| stop.text(name).map(|text| blocks::escaped(text, MAX_NAME_CHARS));
    let account = shown("account").map(|account| format!("account {account}"));
    let task = shown("task_id").map(|task| format!("task {task}"));
    let parts =
        [shown("stopped_at"), console_link(stop), logs_link(stop), account, task, shown("incident_id")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| blocks::context(&parts.join(" · ")))
}

pub(super) fn console_link(stop: &StopFields) -> Option<String> {
    stop.console_url().map(|url| link(&url, CONSOLE))
}

fn logs_link(stop: &StopFields) -> Option<String> {
    stop.logs_url().map(|url| link(url, LOGS))
}

/// The service's page, else the task's.
pub(super) fn service_link(stop: &StopFields) -> Option<String> {
    stop.service_url().or_else(|| stop.console_url()).map(|url| link(&url, CONSOLE))
}

/// What links are called.
const CONSOLE: &str = "Open in the ECS console";
const LOGS: &str = "Logs";

fn link(url: &str, name: &str) -> String {
    format!("<{url}|{name}>")
}

/// The title of a summary, with the emoji of the worst stop.
pub(super) fn title(stops: &[StopFields]) -> String {
    let emoji = stops.first().map_or("", StopFields::emoji);
    format!("{emoji} {} ECS stop events", stops.len())
}

/// The blocks that summarize many stops, sorted with the worst first: counts, then the first few one by one.
pub(super) fn summary(stops: &[StopFields]) -> Vec<Value> {
    let categories = stops.iter().map(|stop| stop.text("category").unwrap_or("unknown").to_owned());
    let mut summary = vec![
        blocks::header(&title(stops)),
        counts("By category", categories),
        counts("By service", stops.iter().map(StopFields::origin)),
    ];
    summary.extend(stops.iter().take(MAX_LISTED_STOPS).map(listed));
    let rest = stops.len().saturating_sub(MAX_LISTED_STOPS);
    if rest > 0 {
        summary.push(blocks::context(&format!("and {rest} more")));
    }
    summary
}

fn listed(stop: &StopFields) -> Value {
    let headline = blocks::escaped(&stop.headline(), MAX_SENTENCE_CHARS);
    // One link has room: where the lines tell the cause, the one to them.
    let logs = logs_link(stop).filter(|_| stop.is_told_by_lines());
    match logs.or_else(|| console_link(stop)) {
        Some(link) => blocks::section(&format!("{headline}\n{link}")),
        None => blocks::section(&headline),
    }
}

/// How often each name occurs, the most frequent first.
fn counts(title: &str, names: impl Iterator<Item = String>) -> Value {
    let mut counts = BTreeMap::<String, usize>::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let (shown, rest) = counts.split_at(counts.len().min(MAX_COUNT_ROWS));
    let mut rows: Vec<String> = shown
        .iter()
        .map(|(name, count)| format!("{count} × {}", blocks::escaped(name, MAX_NAME_CHARS)))
        .collect();
    if !rest.is_empty() {
        rows.push(format!("and {} others", rest.len()));
    }
    blocks::section(&format!("*{title}*\n{}", rows.join("\n")))
}
