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

/// Characters of what to do.
const MAX_HINT_CHARS: usize = 400;

const _: () = assert!(MAX_SUBJECT_CHARS + MAX_HINT_CHARS + 400 + report::MAX_LINK_CHARS <= MAX_SECTION_CHARS);

/// Where the incident of a stop stands, unless the stop is to be told in full.
pub(in crate::destination) fn of(stop: &StopFields) -> Option<IncidentReport> {
    let report: IncidentReport = serde_json::from_value(stop.get("incident")?.clone()).ok()?;
    (report.state != IncidentState::Opened).then_some(report)
}

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
    let is_late = stop.get("update") == Some(&Value::Bool(true));
    report::code_of_lines(stop).filter(|_| is_late)
}

fn line(stop: &StopFields, report: &IncidentReport) -> Value {
    let subject = blocks::escaped(&subject(stop, report), MAX_SUBJECT_CHARS);
    let account = stop.text("account").map(|account| format!("account {}", blocks::escaped(account, 40)));
    let parts = [Some(standing(report)), account, report::service_link(stop)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let hint = hint(stop, report).map(|hint| format!("\n{hint}")).unwrap_or_default();
    blocks::section(&format!("*{subject}*\n{}{hint}", parts.join(" · ")))
}

/// What to do, again: at the third stop the opening is not far away, unless that was too harmless to be told.
fn hint(stop: &StopFields, report: &IncidentReport) -> Option<String> {
    let goes_on = report.state == IncidentState::Continued && (report.count != 3 || report.escalated);
    let hint = stop.text("hint").filter(|hint| goes_on && !hint.is_empty())?;
    Some(blocks::escaped(&hint.replace('\n', " "), MAX_HINT_CHARS))
}

/// The line for notifications, as plain text.
pub(super) fn headline(stop: &StopFields, report: &IncidentReport) -> String {
    format!("{}: {}", subject(stop, report), standing(report))
}

/// `🔴 web in prod (eu-west-1): container app exits with 1`
fn subject(stop: &StopFields, report: &IncidentReport) -> String {
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
pub(in crate::destination) fn standing(report: &IncidentReport) -> String {
    let counts = counts(report);
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
            let quiet = report.quiet_seconds.map(|seconds| format!(" for {}", report::duration(seconds)));
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
fn counts(report: &IncidentReport) -> String {
    let first = Timestamp::from_millisecond(report.first_at).unwrap_or_default();
    let last = Timestamp::from_millisecond(report.last_at).unwrap_or_default();
    let is_one_day = first.strftime("%F").to_string() == last.strftime("%F").to_string();
    let format = if is_one_day { "%H:%M" } else { "%b %-d %H:%M" };
    match report.count {
        1 => format!("1 stop at {} UTC", last.strftime(format)),
        count => {
            format!("{count} stops since {}, last {} UTC", first.strftime(format), last.strftime(format))
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
            "*🔴 web in prod (eu-west-1): container app exits with 1*\n30 stops since 21:13, last 23:23 UTC (about every 4 min), \
             revisions 41 to 42 · \
             <https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/web/health?region=eu-west-1|Open in the ECS console>\nLook."
        );
        assert_eq!(
            message["text"],
            "🔴 web in prod (eu-west-1): container app exits with 1: 30 stops since 21:13, last 23:23 UTC (about every 4 min), \
             revisions 41 to 42"
        );
    }

    #[test]
    fn an_incident_of_several_services_names_them() {
        let services: Vec<String> = (0..30).map(|number| format!("s{number:02}")).collect();
        let mut news = news("continued", 30, json!({"services": services, "escalated": true}));
        news["category"] = "host".into();
        news["severity"] = "warning".into();
        let text = composed(&[news])["text"].as_str().unwrap().to_owned();
        let subject = "🔴 s00, s01, s02, s03, s04 and 25 more services in prod (eu-west-1): host, container app (exit 1)";
        assert!(text.starts_with(subject), "{text}");
    }

    #[test]
    fn lines_that_came_late_stand_below_their_incident() {
        let mut late = news("continued", 1, json!({}));
        late["update"] = true.into();
        late["last_lines"] = json!(["panic: out of luck"]);
        let message = composed(&[late.clone()]);
        assert_eq!(message["blocks"][1]["text"]["text"], "```\npanic: out of luck\n```");
        late["update"] = false.into();
        assert_eq!(
            composed(&[late])["blocks"].as_array().unwrap().len(),
            1,
            "the 3rd stop's own are not shown"
        );
    }

    #[test]
    fn the_end_says_why() {
        let counts = "47 stops since 21:13, last 23:23 UTC";
        for (ended_by, emoji, expected) in [
            (
                "quiet",
                "⚪",
                format!("Quiet for 30 min, recovery not confirmed: {counts}, revisions 41 to 42"),
            ),
            (
                "deployment_completed",
                "✅",
                format!("Over after a completed deployment: {counts}, revisions 41 to 42"),
            ),
            ("steady_state", "✅", format!("Over, the service is steady: {counts}, revisions 41 to 42")),
            (
                "rolled_back",
                "↩️",
                format!(
                    "Revision 42 was rolled back; the previous revision is running. 42 is still broken: {counts}"
                ),
            ),
            (
                "evicted",
                "⚪",
                format!("No longer followed, too many incidents are open: {counts}, revisions 41 to 42"),
            ),
        ] {
            let extra = json!({"ended_by": ended_by, "quiet_seconds": 1_800});
            let text = composed(&[news("resolved", 47, extra)])["text"].clone();
            assert_eq!(
                text,
                format!("{emoji} web in prod (eu-west-1): container app exits with 1: {expected}")
            );
        }
    }

    #[test]
    fn two_days_have_dates_and_one_stop_no_rate() {
        let text = |count: u64, last_at: &str| {
            composed(&[news("continued", count, json!({"last_at": last_at, "revisions": []}))])["text"]
                .clone()
        };
        let subject = "🔴 web in prod (eu-west-1): container app exits with 1: ";
        assert_eq!(
            text(4, "2026-11-20T00:13:34Z"),
            format!("{subject}4 stops since Nov 19 21:13, last Nov 20 00:13 UTC (about every 60 min)")
        );
        assert_eq!(text(1, "2026-11-19T21:13:34.795Z"), format!("{subject}1 stop at 21:13 UTC"));
    }

    #[test]
    fn what_escalates_is_red_and_says_what_to_do() {
        let mut news = news("continued", 3, json!({"escalated": true}));
        news["severity"] = "warning".into();
        news["exit_code"] = 0.into();
        let message = composed(&[news]);
        assert!(message["text"].as_str().unwrap().starts_with("🔴 "), "{message}");
        assert!(message["blocks"][0]["text"]["text"].as_str().unwrap().ends_with("\nLook."), "{message}");
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
