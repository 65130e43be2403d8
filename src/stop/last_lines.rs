//! The last lines of a stop's container: whether they tell why it stopped, and why they are missing.

use super::console::{self, LogPlace};
use super::event::StopEvent;
use super::kind::{Category, Cause, EcsEvent, MissingLines};
use crate::json;
use crate::redact::report;

/// A longer line is cut.
pub(super) const MAX_LINE_BYTES: usize = 2 << 10;

/// As much of a line is searched for secrets.
const MAX_MASKED_BYTES: usize = 4 * MAX_LINE_BYTES;

/// All lines of one container together.
pub(super) const MAX_CONTAINER_BYTES: usize = 16 << 10;

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

    /// Points `logs_url` at the stream that holds the container's lines.
    pub fn note_log_place(&mut self, place: &LogPlace) {
        let region = place.region.as_deref().or(self.region.as_deref());
        if let Some(url) = region.and_then(|region| console::stream_page(region, &place.group, &place.stream))
        {
            self.logs_url = Some(url);
        }
    }
}

/// The last of the lines that fit into a report, with secrets masked.
fn masked(lines: Vec<String>) -> Vec<String> {
    let mut room = MAX_CONTAINER_BYTES;
    let cut = |line: &str, most| String::from_utf8_lossy(json::cut(line.as_bytes(), most)).into_owned();
    let fits = |line: &String| {
        room = room.saturating_sub(line.len());
        room > 0
    };
    // What is cut must have been masked: half a token is none that anybody knows.
    let masked = report::masked_records(lines.iter().map(|line| cut(line, MAX_MASKED_BYTES)));
    let lines = masked.iter().rev().map(|line| cut(line, MAX_LINE_BYTES));
    let mut kept: Vec<String> = lines.take_while(fits).collect();
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
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
        assert_eq!(stop.last_lines.pop().unwrap(), "token=[redacted]");
        assert_eq!(stop.last_lines.last().unwrap(), r#"{"dsn":"mysql:\/\/[redacted]@db\/app"}"#);
        assert!(stop.last_lines.iter().all(|line| line.len() <= MAX_LINE_BYTES));
        assert!(stop.last_lines.iter().map(String::len).sum::<usize>() <= MAX_CONTAINER_BYTES);
        assert!(stop.last_lines.len() > 5 && stop.last_lines[stop.last_lines.len() - 2].starts_with("19"));
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
