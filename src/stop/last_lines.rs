//! The last lines of a stop's container: whether they tell why it stopped, and why they are missing.

use super::console::{self, LogPlace};
use super::event::StopEvent;
use super::kind::{Category, Cause, EcsEvent, MissingLines};
use crate::json;
use crate::redact::report;

/// A longer line is cut in reports.
pub(super) const MAX_LINE_BYTES: usize = 2 << 10;

/// As much of a line is kept until it is masked: what is cut must have been masked, for half a secret is none that anybody
/// knows.
const MAX_MASKED_BYTES: usize = 4 * MAX_LINE_BYTES;

/// All lines of one container together, as reports show them.
pub(super) const MAX_CONTAINER_BYTES: usize = 16 << 10;

/// As much of a line as is searched for secrets. The last word of one that is longer may be half a secret, so it goes, too,
/// unless it is a very long one.
pub(super) fn searched(line: &[u8]) -> &[u8] {
    if line.len() <= MAX_MASKED_BYTES {
        return line;
    }
    let cut = json::cut(line, MAX_MASKED_BYTES);
    let ends_word = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    let end = cut.iter().rposition(ends_word).unwrap_or_default();
    json::cut(cut, end.max(MAX_MASKED_BYTES / 2))
}

/// How much of a line of this length is shown.
pub(super) fn shown_bytes(length: usize) -> usize {
    length.min(MAX_LINE_BYTES)
}

/// Whether a line of this length is among those that are shown, after others that left this room.
pub(super) fn takes_room(room: &mut usize, length: usize) -> bool {
    room.checked_sub(shown_bytes(length)).map(|left| *room = left).is_some()
}

/// The last lines that a report shows of these records, which may be several lines each.
pub(super) fn shown(records: &[String], are_joined: bool) -> Vec<String> {
    let most_lines = if are_joined { usize::MAX } else { 1 };
    let lines = records.iter().rev().flat_map(|record| record.rsplitn(most_lines, '\n'));
    let mut room = MAX_CONTAINER_BYTES;
    let fits = |line: &&str| takes_room(&mut room, line.len());
    let cut = |line: &str| String::from_utf8_lossy(json::cut(line.as_bytes(), MAX_LINE_BYTES)).into_owned();
    let lines = lines.filter(|line| !are_joined || !line.is_empty());
    let mut shown: Vec<String> = lines.take_while(fits).map(cut).collect();
    shown.reverse();
    shown
}

/// What reading a container's log came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadLog {
    /// The last lines, the oldest first, or why there are none; `None`: nobody looked.
    pub lines: Option<Result<Vec<String>, MissingLines>>,
    /// Where they stand, as far as that is known.
    pub place: Option<LogPlace>,
}

impl StopEvent {
    /// Whether the container's own lines may tell why the task stopped.
    #[must_use]
    pub fn is_worth_reading(&self) -> bool {
        let is_told_by_lines = match self.category {
            Category::AppError | Category::AppSignal | Category::AppCompleted | Category::Oom => true,
            Category::HealthCheck | Category::ContainerStart | Category::Unknown => true,
            Category::ImagePull | Category::Secret | Category::Logging | Category::Storage => false,
            Category::Network | Category::Capacity | Category::Platform | Category::Deployment => false,
            // AWS Batch ends a job that took too long; its lines say what with.
            Category::User => self.cause == Some(Cause::Timeout),
            Category::Spot | Category::Host | Category::ServiceEvent => false,
        };
        is_told_by_lines
            && !self.expected
            && self.ecs_event == EcsEvent::TaskStopped
            && self.container.is_some()
            && self.task_id.is_some()
    }

    /// Fills in what reading the container's log came to, with secrets masked.
    pub fn note_log(&mut self, log: ReadLog) {
        if let Some(place) = &log.place {
            self.note_log_place(place);
        }
        match log.lines {
            Some(Ok(lines)) => self.last_lines = masked(lines),
            Some(Err(why)) => self.last_lines_missing = Some(why),
            None => {}
        }
    }

    /// The report with its lines as they are shown, where they are not yet: when the rules of its destination have masked
    /// them, for those have to see them whole.
    #[must_use]
    pub fn with_lines_shown(&self) -> Option<Self> {
        let is_shown = |line: &String| line.len() <= MAX_LINE_BYTES;
        if !self.are_lines_joined && self.last_lines.iter().all(is_shown) {
            return None;
        }
        let last_lines = shown(&self.last_lines, self.are_lines_joined);
        Some(Self { last_lines, are_lines_joined: false, ..self.clone() })
    }

    /// Moves the lines of another report of the same stop into this one.
    pub(crate) fn take_lines(&mut self, other: &mut Self) {
        self.last_lines = std::mem::take(&mut other.last_lines);
        self.are_lines_joined = std::mem::take(&mut other.are_lines_joined);
    }

    /// Drops the first of the lines, until the others, uncut, take no more than a report shows: for whoever remembers many
    /// reports.
    pub(crate) fn trim_lines(&mut self) {
        let mut room = MAX_CONTAINER_BYTES;
        let mut fits = |length| room.checked_sub(length).map(|left| room = left).is_some();
        let Some(first) = self.last_lines.iter().rposition(|record| !fits(record.len())) else { return };
        let rest = self.last_lines.split_off(first + 1);
        let end = self.last_lines.pop().filter(|_| self.are_lines_joined);
        let end = end.and_then(|record| Some(last_lines_of(&record, room)?.to_owned()));
        self.last_lines = end.into_iter().chain(rest).collect();
    }

    /// Points `logs_url` at the stream that holds the container's lines.
    pub fn note_log_place(&mut self, place: &LogPlace) {
        let region = place.region.as_deref().or(self.region.as_deref());
        if let Some(url) = region.and_then(|region| console::stream_page(region, &place.group, &place.stream))
        {
            self.logs_url = Some(url);
        }
    }
}

/// The last lines of a record that have room.
fn last_lines_of(record: &str, room: usize) -> Option<&str> {
    let cut = record.get(record.ceil_char_boundary(record.len().saturating_sub(room))..)?;
    Some(cut.split_once('\n')?.1)
}

/// The last of the lines of which a report has room for the beginnings, with secrets masked.
fn masked(lines: Vec<String>) -> Vec<String> {
    let mut room = MAX_CONTAINER_BYTES;
    let searched = |line: &String| String::from_utf8_lossy(searched(line.as_bytes())).into_owned();
    let masked = report::masked_records(lines.iter().map(searched));
    let fits = |line: &String| takes_room(&mut room, line.len());
    let mut kept: Vec<String> = masked.into_iter().rev().take_while(fits).collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redact::{BuiltInRule, MaskStyle, RedactionRule, Redactor};
    use crate::stop;

    fn task(changes: serde_json::Value) -> StopEvent {
        let mut detail = json!({"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited",
            "startedAt": "2026-11-19T20:38:27Z", "group": "service:web",
            "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd",
            "containers": [{"name": "app", "exitCode": 1}]});
        detail.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "region": "eu-west-1",
            "detail": detail});
        stop::read(event).unwrap()
    }

    #[test]
    fn only_an_applications_own_end_is_worth_reading() {
        assert!(task(json!({})).is_worth_reading());
        assert!(task(json!({"containers": [{"name": "app", "exitCode": 0}]})).is_worth_reading());
        let timeout = "Job attempt duration exceeded timeout";
        assert!(
            task(json!({"stopCode": "UserInitiated", "stoppedReason": timeout, "group": "family:x"}))
                .is_worth_reading()
        );
        for changes in [
            json!({"stopCode": "UserInitiated"}),
            json!({"stopCode": "SpotInterruption"}),
            json!({"stopCode": "TaskFailedToStart", "startedAt": null, "containers": [{"name": "app"}],
                "stoppedReason": "CannotPullContainerError: pull image manifest has been retried"}),
        ] {
            assert!(!task(changes.clone()).is_worth_reading(), "{changes}");
        }
    }

    #[test]
    fn lines_are_cut_masked_and_bounded_from_the_end() {
        let mut stop = task(json!({}));
        let mut lines: Vec<String> = (0..20).map(|number| format!("{number}{}", "é".repeat(2_000))).collect();
        lines.push(r#"{"dsn":"mysql:\/\/root:hunter2@db\/app"}"#.to_owned());
        lines.push("token=hunter2".to_owned());
        stop.note_log(ReadLog { lines: Some(Ok(lines)), place: None });
        let mut stop = stop.with_lines_shown().unwrap();
        assert_eq!(stop.last_lines.pop().unwrap(), "token=[redacted]");
        assert_eq!(stop.last_lines.last().unwrap(), r#"{"dsn":"mysql:\/\/[redacted]@db\/app"}"#);
        assert!(stop.last_lines.iter().all(|line| line.len() <= MAX_LINE_BYTES));
        assert!(stop.last_lines.iter().map(String::len).sum::<usize>() <= MAX_CONTAINER_BYTES);
        assert!(stop.last_lines.len() > 5 && stop.last_lines[stop.last_lines.len() - 2].starts_with("19"));
    }

    /// Secrets that go over byte 2,048, and the one of a user's rule.
    #[test]
    fn a_line_is_cut_when_it_is_masked() {
        let redactor = Redactor::new(vec![(0, RedactionRule::built_in(BuiltInRule::Email))], MaskStyle::Name);
        for secret in [
            "postgres://web:hunter2secretpw@db/app",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_0123456789abcdefghij0123456789abcdef",
            "hunter2@example.com",
        ] {
            for at in 1..secret.len() {
                let line = format!("{} {secret} after", "x".repeat(MAX_LINE_BYTES - 1 - at));
                let mut stop = task(json!({}));
                stop.note_log(ReadLog { lines: Some(Ok(vec![line])), place: None });
                stop.for_each_text(&mut |text| redactor.mask_string(text, &mut []));
                let shown = stop.with_lines_shown().unwrap_or(stop).last_lines;
                assert!(shown[0].len() <= MAX_LINE_BYTES);
                let seen = shown[0].trim_start_matches('x').trim_start();
                let is_masked = "[redacted] after".starts_with(seen) || "[email] after".starts_with(seen);
                assert!(is_masked || "postgres://[redacted]@db/app after".starts_with(seen), "{at} {seen}");
            }
        }
    }

    #[test]
    fn reports_that_are_remembered_hold_no_more_than_they_show() {
        let mut stop = task(json!({}));
        let long = "x".repeat(MAX_MASKED_BYTES - 10);
        stop.note_log(ReadLog { lines: Some(Ok(vec![long.clone(); 4])), place: None });
        assert_eq!(stop.last_lines.len(), 4);
        stop.trim_lines();
        assert_eq!(stop.last_lines, [long.as_str(); 2]);
        stop.last_lines = vec!["a".to_owned(), [long.as_str(); 4].join("\n"), "b".to_owned()];
        stop.are_lines_joined = true;
        stop.trim_lines();
        assert_eq!(stop.last_lines, [format!("{long}\n{long}"), "b".to_owned()]);
        stop.trim_lines();
        assert_eq!(stop.last_lines.len(), 2);
    }

    #[test]
    fn half_a_secret_at_the_end_of_what_is_searched_is_left_out() {
        let word = |length| "x".repeat(length);
        let line = format!("{} ghp_01234567 89", word(MAX_MASKED_BYTES - 8));
        assert_eq!(searched(line.as_bytes()).len(), MAX_MASKED_BYTES - 8);
        assert_eq!(searched(word(3 * MAX_MASKED_BYTES).as_bytes()).len(), MAX_MASKED_BYTES / 2);
        assert_eq!(searched(word(MAX_MASKED_BYTES).as_bytes()).len(), MAX_MASKED_BYTES);
        let token = format!("{{\"token\":\"{}\",\"key\":\"AKIAIOSF", word(MAX_MASKED_BYTES - 28));
        let mut stop = task(json!({}));
        stop.note_log(ReadLog { lines: Some(Ok(vec![format!("{token}ODNN7EXAMPLE\"}}")])), place: None });
        assert_eq!(stop.last_lines, ["{\"token\":\"[redacted]\",\"key\":"]);
    }

    #[test]
    fn the_place_is_linked_even_when_it_could_not_be_read() {
        let mut stop = task(json!({}));
        let place = LogPlace { region: None, group: "/ecs/web".into(), stream: "web/app/0123abcd".into() };
        stop.note_log(ReadLog { lines: Some(Err(MissingLines::Permission)), place: Some(place) });
        let report = serde_json::to_value(&stop).unwrap();
        assert_eq!(report["last_lines_missing"], "permission");
        assert!(
            report["logs_url"].as_str().unwrap().contains("#logsV2:log-groups/log-group/$252Fecs$252Fweb/")
        );
        assert!(report.get("last_lines").is_none());
    }
}
