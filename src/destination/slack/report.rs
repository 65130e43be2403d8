//! Stop events in a message: one in full, or many as a summary.

use serde_json::Value;

use super::blocks::{self, FENCE_CHARS, MAX_SECTION_CHARS};
use crate::destination::alert::facts;
use crate::destination::alert::stop::StopFields;

/// Blocks of a full report: header, summary, reason, last lines or changes, facts, footer.
pub(super) const MAX_FULL_BLOCKS: usize = 6;
/// Stops that a summary lists.
const MAX_LISTED_STOPS: usize = 5;
/// Blocks of a summary: header, two tables of counts, the listed stops, how many more.
pub(super) const MAX_SUMMARY_BLOCKS: usize = 3 + MAX_LISTED_STOPS + 1;
/// Rows of a table of counts.
const MAX_COUNT_ROWS: usize = 12;

/// Characters of a stop's summary or hint.
const MAX_SENTENCE_CHARS: usize = 1_400;
/// Characters of a link: four names of 255, and what is between them.
pub(super) const MAX_LINK_CHARS: usize = 1_200;
/// Characters of a name.
const MAX_NAME_CHARS: usize = 120;
/// Characters of the reason that ECS or the agent gives.
const MAX_REASON_CHARS: usize = 2_500;
/// Characters of what changed with a deployment.
const MAX_CHANGES_CHARS: usize = 2_500;
/// Characters of a line the application wrote.
const MAX_LINE_CHARS: usize = 400;

const _: () = assert!(2 * MAX_SENTENCE_CHARS + 3 <= MAX_SECTION_CHARS);
const _: () = assert!(MAX_SENTENCE_CHARS + 1 + MAX_LINK_CHARS <= MAX_SECTION_CHARS);
const _: () = assert!(MAX_REASON_CHARS + MAX_NAME_CHARS + 10 <= MAX_SECTION_CHARS);
const _: () = assert!(MAX_CHANGES_CHARS + MAX_NAME_CHARS + 10 <= MAX_SECTION_CHARS);
const _: () = assert!((MAX_COUNT_ROWS + 1) * (MAX_NAME_CHARS + 30) + 40 <= MAX_SECTION_CHARS);

/// The blocks that report one stop: what a phone shows first comes first.
pub(super) fn full(stop: &StopFields) -> Vec<Value> {
    [
        Some(blocks::header(&stop.headline())),
        Some(summary_and_hint(stop)),
        reason(stop),
        changes(stop).or_else(|| last_lines(stop)),
        blocks::fields(facts::facts(stop)),
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

/// What changed with a deployment that failed, one below the other.
fn changes(stop: &StopFields) -> Option<Value> {
    let changes = facts::changes(stop)?;
    let title = blocks::escaped(&changes.title, MAX_NAME_CHARS);
    let lines = blocks::escaped(&format!("• {}", changes.lines.join("\n• ")), MAX_CHANGES_CHARS);
    Some(blocks::section(&format!("*{title}*\n{lines}")))
}

/// What ECS or the agent gives as the reason, after the container that it is about.
fn reason(stop: &StopFields) -> Option<Value> {
    let reason = facts::reason(stop)?;
    let container = match reason.container {
        Some(name) => format!("*{}:* ", blocks::escaped(name, MAX_NAME_CHARS)),
        None => String::new(),
    };
    // An agent quotes what a container or its registry answered, which must not look like a line of the report's own.
    let text = reason.text.replace(['\n', '\r'], " ");
    Some(blocks::section(&format!("{container}{}", blocks::escaped(&text, MAX_REASON_CHARS))))
}

/// The application's last lines as a code block. The end matters most: when there is no room for all, the first lines
/// are left out.
fn last_lines(stop: &StopFields) -> Option<Value> {
    code(&stop.last_lines()).or_else(|| facts::missing_lines(stop).map(|text| blocks::context(&text)))
}

/// The end of the lines, if there are any.
pub(super) fn code(lines: &[&str]) -> Option<Value> {
    let mut shown = Vec::new();
    let mut length = FENCE_CHARS;
    for line in lines.iter().rev() {
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

/// When the task stopped, links to the console, whose it was, and the name under which all stops of the incident are stored.
fn footer(stop: &StopFields) -> Option<Value> {
    let shown = |name| stop.text(name).map(|text| blocks::escaped(text, MAX_NAME_CHARS));
    let at = stop.at().map(|at| blocks::escaped(at, MAX_NAME_CHARS));
    let account = shown("account").map(|account| format!("account {account}"));
    let task = shown("task_id").map(|task| format!("task {task}"));
    let parts = [at, console_link(stop), logs_link(stop), account, task, shown("incident_id")];
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

/// The blocks that summarize many stops, sorted with the worst first: counts, then the first few one by one.
pub(super) fn summary(stops: &[StopFields]) -> Vec<Value> {
    let categories = stops.iter().map(|stop| stop.text("category").unwrap_or("unknown").to_owned());
    let mut summary = vec![
        blocks::header(&facts::title(stops)),
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
    let counts = facts::counts(names);
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
