//! News of an incident that people know of, in words.

use jiff::Timestamp;
use serde_json::Value;

use super::facts;
use super::stop::StopFields;
use crate::stop::{IncidentEnd, IncidentReport, IncidentState};

/// Where the incident of a stop stands, unless the stop is to be told in full.
pub(crate) fn of(stop: &StopFields) -> Option<IncidentReport> {
    let report: IncidentReport = serde_json::from_value(stop.get("incident")?.clone()).ok()?;
    (report.state != IncidentState::Opened).then_some(report)
}

/// What to do, again: at the third stop the opening is not far away, unless that was too harmless to be told.
pub(crate) fn hint<'s>(stop: &'s StopFields, report: &IncidentReport) -> Option<&'s str> {
    let goes_on = report.state == IncidentState::Continued && (report.count != 3 || report.escalated);
    stop.text("hint").filter(|hint| goes_on && !hint.is_empty())
}

/// Last lines that came after the report of their stop.
pub(crate) fn late_lines(stop: &StopFields) -> Vec<&str> {
    match stop.get("update") {
        Some(Value::Bool(true)) => stop.last_lines(),
        _ => Vec::new(),
    }
}

/// The line for notifications, as plain text.
pub(crate) fn headline(stop: &StopFields, report: &IncidentReport) -> String {
    format!("{}: {}", subject(stop, report), standing(stop, report))
}

/// `🔴 web in prod (eu-west-1): container app exits with 1`
pub(crate) fn subject(stop: &StopFields, report: &IncidentReport) -> String {
    match (report.state, report.ended_by) {
        (IncidentState::Opened | IncidentState::Continued, _) => stop.title(),
        (IncidentState::Resolved, Some(IncidentEnd::SteadyState | IncidentEnd::DeploymentCompleted)) => {
            format!("✅ {}", stop.matter())
        }
        (IncidentState::Resolved, Some(IncidentEnd::RolledBack)) => format!("↩️ {}", stop.matter()),
        (IncidentState::Resolved, Some(IncidentEnd::Quiet | IncidentEnd::Evicted) | None) => {
            format!("⚪ {}", stop.matter())
        }
    }
}

/// `30 stops since 21:13, last 23:23 UTC (about every 4 min), revisions 41 to 42`, or why it is over.
pub(crate) fn standing(stop: &StopFields, report: &IncidentReport) -> String {
    let counts = counts(stop, report);
    match (report.state, report.ended_by) {
        (IncidentState::Opened | IncidentState::Continued, _) => {
            format!("{counts}{}{}", rate(report), revisions(report))
        }
        (IncidentState::Resolved, Some(IncidentEnd::DeploymentCompleted)) => {
            format!("Over after a completed deployment: {counts}{}", revisions(report))
        }
        (IncidentState::Resolved, Some(IncidentEnd::SteadyState)) => {
            format!("Over, the service is steady: {counts}{}", revisions(report))
        }
        (IncidentState::Resolved, Some(IncidentEnd::RolledBack)) => {
            format!("{}: {counts}", rolled_back(report))
        }
        (IncidentState::Resolved, Some(IncidentEnd::Evicted)) => {
            format!("No longer followed, too many incidents are open: {counts}{}", revisions(report))
        }
        (IncidentState::Resolved, Some(IncidentEnd::Quiet) | None) => {
            let quiet = report.quiet_seconds.map(|seconds| format!(" for {}", facts::duration(seconds)));
            let quiet = quiet.unwrap_or_default();
            format!("Quiet{quiet}, recovery not confirmed: {counts}{}", revisions(report))
        }
    }
}

/// The revision that failed, the latest that was seen, is not mended by going back.
fn rolled_back(report: &IncidentReport) -> String {
    match report.revisions.iter().max_by_key(|revision| revision.parse::<u64>().unwrap_or_default()) {
        Some(failed) => format!(
            "Revision {failed} was rolled back; the previous revision is running. {failed} is still broken"
        ),
        None => "The deployment was rolled back; the previous revision is running".to_owned(),
    }
}

/// `30 stops since 21:13, last 23:23 UTC`
fn counts(stop: &StopFields, report: &IncidentReport) -> String {
    let noun = stop.counted();
    let first = Timestamp::from_millisecond(report.first_at).unwrap_or_default();
    let last = Timestamp::from_millisecond(report.last_at).unwrap_or_default();
    let is_one_day = first.strftime("%F").to_string() == last.strftime("%F").to_string();
    let format = if is_one_day { "%H:%M" } else { "%b %-d %H:%M" };
    match report.count {
        1 => format!("1 {noun} at {} UTC", last.strftime(format)),
        count => {
            format!("{count} {noun}s since {}, last {} UTC", first.strftime(format), last.strftime(format))
        }
    }
}

/// ` (about every 2 min)`: the mean, in its largest unit.
fn rate(report: &IncidentReport) -> String {
    let mean = report.seconds().checked_div(report.count.saturating_sub(1)).unwrap_or_default();
    match mean {
        0 => String::new(),
        1..90 => format!(" (about every {mean} s)"),
        90..5_400 => format!(" (about every {} min)", (mean + 30) / 60),
        _ => format!(" (about every {} h)", (mean + 1_800) / 3_600),
    }
}

fn revisions(report: &IncidentReport) -> String {
    match report.revisions.as_slice() {
        [] => String::new(),
        [only] => format!(", revision {only}"),
        [first, .., last] => format!(", revisions {first} to {last}"),
    }
}
