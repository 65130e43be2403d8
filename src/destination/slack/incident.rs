//! News of an incident that people know of: one line that a phone shows whole.

use jiff::Timestamp;
use serde_json::Value;

use super::blocks::{self, MAX_SECTION_CHARS};
use super::report;
use super::stop::StopFields;
use crate::stop::{IncidentEnd, IncidentReport, IncidentState};

/// Lines of a message; what is more is counted.
const MAX_LINES: usize = 15;
/// Blocks that the lines of a message take.
pub(super) const MAX_INCIDENT_BLOCKS: usize = MAX_LINES + 1;
/// Characters of what an incident is about.
const MAX_SUBJECT_CHARS: usize = 400;

const _: () = assert!(MAX_SUBJECT_CHARS + 400 + report::MAX_LINK_CHARS <= MAX_SECTION_CHARS);

/// Where the incident of a stop stands, unless the stop is to be told in full.
pub(super) fn of(stop: &StopFields) -> Option<IncidentReport> {
    let report: IncidentReport = serde_json::from_value(stop.get("incident")?.clone()).ok()?;
    (report.state != IncidentState::Opened).then_some(report)
}

/// One block for each incident.
pub(super) fn lines(news: &[(StopFields, IncidentReport)]) -> Vec<Value> {
    let (shown, rest) = news.split_at(news.len().min(MAX_LINES));
    let mut lines: Vec<Value> = shown.iter().map(|(stop, report)| line(stop, report)).collect();
    if !rest.is_empty() {
        lines.push(blocks::context(&format!("and news of {} more incidents", rest.len())));
    }
    lines
}

fn line(stop: &StopFields, report: &IncidentReport) -> Value {
    let subject = blocks::escaped(&subject(stop, report), MAX_SUBJECT_CHARS);
    let link = report::console_link(stop).filter(|_| report.state == IncidentState::Continued);
    let link = link.map(|link| format!(" · {link}")).unwrap_or_default();
    blocks::section(&format!("*{subject}*\n{}{link}", standing(report)))
}

/// The line for notifications, as plain text.
pub(super) fn headline(stop: &StopFields, report: &IncidentReport) -> String {
    format!("{}: {}", subject(stop, report), standing(report))
}

/// `🔴 web in prod: app error, app exit 1`
fn subject(stop: &StopFields, report: &IncidentReport) -> String {
    let title = match report.state {
        IncidentState::Resolved => format!("✅ {}", stop.matter()),
        IncidentState::Opened | IncidentState::Continued => stop.title(),
    };
    let exit = stop.get("exit_code").map(|code| format!(" exit {code}")).unwrap_or_default();
    match stop.text("container") {
        Some(container) => format!("{title}, {container}{exit}"),
        None => title,
    }
}

/// `30 stops in 2 h 10 min since Nov 19 21:13 UTC, revisions 41 to 42`, or why it is over.
fn standing(report: &IncidentReport) -> String {
    let counts = counts(report);
    let last = clock(report.last_at);
    match (report.state, report.ended_by) {
        (IncidentState::Opened | IncidentState::Continued, _) => {
            format!("{counts} since {}{}", clock(report.first_at), revisions(report))
        }
        (IncidentState::Resolved, Some(IncidentEnd::DeploymentCompleted)) => {
            format!("Over after a completed deployment: {counts}, none since {last}")
        }
        (IncidentState::Resolved, Some(IncidentEnd::SteadyState)) => {
            format!("Over, the service is steady: {counts}, none since {last}")
        }
        (IncidentState::Resolved, Some(IncidentEnd::Evicted)) => {
            format!("No longer followed, too many incidents are open: {counts}, the last {last}")
        }
        (IncidentState::Resolved, Some(IncidentEnd::Quiet) | None) => {
            format!("Over: {counts}, none since {last}")
        }
    }
}

fn counts(report: &IncidentReport) -> String {
    let plural = if report.count == 1 { "" } else { "s" };
    match report.seconds() {
        0 => format!("{} stop{plural}", report.count),
        seconds => format!("{} stop{plural} in {}", report.count, report::duration(seconds)),
    }
}

fn revisions(report: &IncidentReport) -> String {
    match report.revisions.as_slice() {
        [] => String::new(),
        [only] => format!(", revision {only}"),
        [first, .., last] => format!(", revisions {first} to {last}"),
    }
}

/// `Nov 19 21:13 UTC`
fn clock(millis: i64) -> String {
    Timestamp::from_millisecond(millis).unwrap_or_default().strftime("%b %-d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::request::message;

    fn news(state: &str, count: u64, extra: Value) -> Value {
        let mut news = json!({"ecs_event": "task_stopped", "severity": "error", "category": "app_error",
            "summary": "Container app exited with 1.", "hint": "Look.", "service": "web", "cluster": "prod",
            "region": "eu-west-1", "task_id": "0123abcd", "container": "app", "exit_code": 1,
            "incident_id": "inc-1", "incident": {"state": state, "count": count,
            "first_at": "2026-11-19T21:13:34.795Z", "last_at": "2026-11-19T23:23:40Z", "revisions": ["41", "42"]}});
        news["incident"].as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        news
    }

    fn composed(objects: &[Value]) -> Value {
        message(objects.iter().map(|object| format!("{object}\n")).collect::<String>().as_bytes())
    }

    #[test]
    fn what_goes_on_is_one_line_with_a_link() {
        let message = composed(&[news("continued", 30, json!({}))]);
        assert_eq!(message["blocks"].as_array().unwrap().len(), 1);
        assert_eq!(
            message["blocks"][0]["text"]["text"],
            "*🔴 web in prod: app error, app exit 1*\n30 stops in 2 h 10 min since Nov 19 21:13 UTC, revisions 41 to 42 · \
             <https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/tasks/0123abcd/configuration?region=eu-west-1|Open in the ECS console>"
        );
        assert_eq!(
            message["text"],
            "🔴 web in prod: app error, app exit 1: 30 stops in 2 h 10 min since Nov 19 21:13 UTC, revisions 41 to 42"
        );
    }

    #[test]
    fn the_end_says_why() {
        for (ended_by, expected) in [
            ("quiet", "Over: 47 stops in 2 h 10 min, none since Nov 19 23:23 UTC"),
            (
                "deployment_completed",
                "Over after a completed deployment: 47 stops in 2 h 10 min, none since Nov 19 23:23 UTC",
            ),
            (
                "steady_state",
                "Over, the service is steady: 47 stops in 2 h 10 min, none since Nov 19 23:23 UTC",
            ),
            (
                "evicted",
                "No longer followed, too many incidents are open: 47 stops in 2 h 10 min, the last Nov 19 23:23 UTC",
            ),
        ] {
            let text = &composed(&[news("resolved", 47, json!({"ended_by": ended_by}))])["blocks"][0]["text"]
                ["text"];
            assert_eq!(*text, format!("*✅ web in prod: app error, app exit 1*\n{expected}"));
        }
    }

    #[test]
    fn the_opening_is_told_in_full_with_the_name_to_search_for() {
        let message = composed(&[news("opened", 1, json!({}))]);
        let blocks = message["blocks"].as_array().unwrap();
        assert_eq!(blocks[0]["type"], "header");
        assert!(blocks.last().unwrap()["elements"][0]["text"].as_str().unwrap().ends_with(" · inc-1"));
    }

    #[test]
    fn much_news_keeps_within_the_limits_beside_stops_and_lines() {
        let line = |number: usize| json!({"class": "stdout", "container": format!("c{number}"), "line": "x"});
        let mut objects = vec![news("opened", 1, json!({})); 3];
        objects.extend(vec![news("continued", 3, json!({})); 60]);
        objects.extend((0..20).map(line));
        let message = composed(&objects);
        let blocks = message["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50, "{}", blocks.len());
        assert!(message.to_string().contains("and news of 45 more incidents"));
    }
}
