//! News of an incident that people know of: one line that a phone shows whole.

use serde_json::Value;

use super::blocks::{self, MAX_SECTION_CHARS};
use super::report;
use crate::destination::alert::incident;
use crate::destination::alert::stop::StopFields;
use crate::stop::IncidentReport;

/// Lines of a message; what is more is counted.
const MAX_LINES: usize = 15;
/// Blocks that the lines of a message take.
pub(super) const MAX_INCIDENT_BLOCKS: usize = MAX_LINES + 1;
/// Characters of what an incident is about.
const MAX_SUBJECT_CHARS: usize = 400;

/// How it stands: counts, times and revisions.
const MAX_STANDING_CHARS: usize = 300;

/// Characters of what to do.
const MAX_HINT_CHARS: usize = 400;

const _: () = assert!(
    MAX_SUBJECT_CHARS + MAX_STANDING_CHARS + MAX_HINT_CHARS + 100 + report::MAX_LINK_CHARS
        <= MAX_SECTION_CHARS
);

/// One block for each incident.
pub(super) fn lines(news: &[(StopFields, IncidentReport)]) -> Vec<Value> {
    let (shown, rest) = news.split_at(news.len().min(MAX_LINES));
    let mut lines: Vec<Value> = shown.iter().map(|(stop, report)| line(stop, report)).collect();
    if let [(stop, _)] = shown {
        lines.extend(late_lines(stop));
    }
    if !rest.is_empty() {
        lines.push(blocks::context(&format!("and news of {} more incidents", rest.len())));
    }
    lines
}

/// Last lines that came after the report.
fn late_lines(stop: &StopFields) -> Option<Value> {
    report::code(&incident::late_lines(stop))
}

fn line(stop: &StopFields, report: &IncidentReport) -> Value {
    let subject = blocks::escaped(&incident::subject(stop, report), MAX_SUBJECT_CHARS);
    let standing = blocks::escaped(&incident::standing(stop, report), MAX_STANDING_CHARS);
    let account = stop.text("account").map(|account| format!("account {}", blocks::escaped(account, 40)));
    let parts = [Some(standing), account, report::service_link(stop)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let hint = incident::hint(stop, report).map(|hint| hint.replace('\n', " "));
    let hint = hint.map(|hint| format!("\n{}", blocks::escaped(&hint, MAX_HINT_CHARS))).unwrap_or_default();
    blocks::section(&format!("*{subject}*\n{}{hint}", parts.join(" · ")))
}

#[cfg(test)]
mod tests;
