//! PutLogEvents: every rule of a batch, and which events of a good one are too old or too new.
//!
//! Limits: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
//! (read 2026-11).

use serde_json::{Map, Value, json};

use super::{LogEvent, entity, names};
use crate::{
    aws_json::{self, Input, malformed},
    core::Core,
    reply::{Refusal, Reply},
    route::Api,
};

const MAX_EVENTS: usize = 10_000;
const MAX_BATCH_BYTES: usize = 1_048_576;
/// What CloudWatch adds to each message when it counts a batch's bytes.
pub(super) const EVENT_OVERHEAD: usize = 26;
const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
const MAX_SPAN_MS: i64 = DAY_MS;
const MAX_FUTURE_MS: i64 = 2 * HOUR_MS;
const MAX_AGE_MS: i64 = 14 * DAY_MS;

pub(super) fn events(core: &Core, input: &Input) -> Result<Reply, Refusal> {
    let group = names::group(input.required("logGroupName")?)?;
    let stream = names::stream(input.required("logStreamName")?)?;
    let events = batch(input.get("logEvents"))?;
    check_size(&events)?;
    check_order(&events)?;
    let entity = entity::read(input.get("entity"))?;
    let now = core.now_ms();

    let mut store = core.cloudwatch.lock();
    let group = store.existing(group)?;
    let window = Window::of(&events, now, group.info.retention_days);
    check_span(window.accepted(&events))?;
    let missing = || Refusal::state("ResourceNotFoundException", "The specified log stream does not exist.");
    let stored = group.streams.get_mut(stream).ok_or_else(missing)?;
    stored.extend_from_slice(window.accepted(&events));
    let refused = match entity.map(entity::check) {
        Some(Ok(entity)) => {
            group.entities.push((stream.to_owned(), entity.clone()));
            None
        }
        Some(Err(error)) => {
            core.complain(format!("PutLogEvents: entity refused: {error}"));
            Some(json!({ "errorType": error }))
        }
        None => None,
    };
    Ok(accepted(&window, refused))
}

fn accepted(window: &Window, entity: Option<Value>) -> Reply {
    let mut body = Map::new();
    body.insert("nextSequenceToken".to_owned(), json!("49039859593730613286567498213"));
    let rejected = window.info();
    if !rejected.is_empty() {
        body.insert("rejectedLogEventsInfo".to_owned(), rejected.into());
    }
    if let Some(entity) = entity {
        body.insert("rejectedEntityInfo".to_owned(), entity);
    }
    aws_json::reply(Api::PutLogEvents, body)
}

fn batch(events: Option<&Value>) -> Result<Vec<LogEvent>, Refusal> {
    let events = events.ok_or_else(|| names::constraint("null", "logEvents", "Member must not be null"))?;
    let events = events.as_array().ok_or_else(|| malformed("logEvents is not a list"))?;
    match events.len() {
        0 => Err(names::constraint("[]", "logEvents", "Member must have length greater than or equal to 1")),
        1..=MAX_EVENTS => events.iter().enumerate().map(|(index, value)| event(index, value)).collect(),
        n => Err(names::constraint(
            &format!("[{n} events]"),
            "logEvents",
            "Member must have length less than or equal to 10000",
        )),
    }
}

fn event(index: usize, value: &Value) -> Result<LogEvent, Refusal> {
    let member = |name: &str| format!("logEvents.{}.member.{name}", index + 1);
    let message = match value.get("message") {
        None | Some(Value::Null) => {
            return Err(names::constraint("null", &member("message"), "Member must not be null"));
        }
        Some(message) => {
            message.as_str().ok_or_else(|| malformed(format!("{} is not a string", member("message"))))?
        }
    };
    if message.is_empty() {
        let rule = "Member must have length greater than or equal to 1";
        return Err(names::constraint("", &member("message"), rule));
    }
    Ok(LogEvent { timestamp_ms: timestamp(value, &member("timestamp"))?, message: message.to_owned() })
}

fn timestamp(value: &Value, member: &str) -> Result<i64, Refusal> {
    match value.get("timestamp") {
        None | Some(Value::Null) => Err(names::constraint("null", member, "Member must not be null")),
        Some(time) => match time.as_i64() {
            None => Err(malformed(format!("{member} is not a Long"))),
            Some(negative @ ..0) => {
                let rule = "Member must have value greater than or equal to 0";
                Err(names::constraint(&negative.to_string(), member, rule))
            }
            Some(time) => Ok(time),
        },
    }
}

fn check_size(events: &[LogEvent]) -> Result<(), Refusal> {
    match events.iter().map(|event| event.message.len() + EVENT_OVERHEAD).sum::<usize>() {
        ..=MAX_BATCH_BYTES => Ok(()),
        bytes => {
            Err(names::invalid(format!("Upload too large: {bytes} bytes exceeds limit of {MAX_BATCH_BYTES}")))
        }
    }
}

fn check_order(events: &[LogEvent]) -> Result<(), Refusal> {
    match events.is_sorted_by_key(|event| event.timestamp_ms) {
        true => Ok(()),
        false => {
            Err(names::invalid("Log events in a single PutLogEvents request must be in chronological order."))
        }
    }
}

fn check_span(events: &[LogEvent]) -> Result<(), Refusal> {
    match events {
        [first, .., last] if last.timestamp_ms - first.timestamp_ms > MAX_SPAN_MS => Err(names::invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        )),
        _ => Ok(()),
    }
}

/// Which part of a sorted batch is neither too old nor too new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    too_old_end: usize,
    expired_end: usize,
    too_new_start: usize,
    len: usize,
}

impl Window {
    fn of(events: &[LogEvent], now: i64, retention_days: Option<i64>) -> Self {
        let before = |limit: i64| events.partition_point(|event| event.timestamp_ms < limit);
        Self {
            too_old_end: before(now - MAX_AGE_MS),
            expired_end: retention_days.map_or(0, |days| before(now - days * DAY_MS)),
            too_new_start: before(now + MAX_FUTURE_MS + 1),
            len: events.len(),
        }
    }

    fn accepted(self, events: &[LogEvent]) -> &[LogEvent] {
        &events[self.too_old_end.max(self.expired_end)..self.too_new_start]
    }

    fn info(self) -> Map<String, Value> {
        let mut info = Map::new();
        let mut note = |name: &str, index: usize, rejects: bool| {
            if rejects {
                info.insert(name.to_owned(), index.into());
            }
        };
        note("tooNewLogEventStartIndex", self.too_new_start, self.too_new_start < self.len);
        note("tooOldLogEventEndIndex", self.too_old_end, self.too_old_end > 0);
        note("expiredLogEventEndIndex", self.expired_end, self.expired_end > 0);
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn at(times: &[i64]) -> Vec<LogEvent> {
        times.iter().map(|time| LogEvent { timestamp_ms: NOW + time, message: "m".to_owned() }).collect()
    }

    #[test]
    fn window_counts_old_expired_and_new() {
        let events = at(&[-15 * DAY_MS, -8 * DAY_MS, 0, MAX_FUTURE_MS, MAX_FUTURE_MS + 1]);
        let window = Window::of(&events, NOW, Some(7));
        assert_eq!(window, Window { too_old_end: 1, expired_end: 2, too_new_start: 4, len: 5 });
        assert_eq!(window.accepted(&events), &events[2..4]);
        assert_eq!(window.info().len(), 3);
    }

    #[test]
    fn window_of_a_good_batch_is_everything() {
        let events = at(&[-MAX_AGE_MS, 0]);
        let window = Window::of(&events, NOW, None);
        assert_eq!(window.accepted(&events), &events[..]);
        assert!(window.info().is_empty());
    }

    #[test]
    fn window_may_be_empty() {
        for times in [[-20 * DAY_MS, -15 * DAY_MS], [3 * HOUR_MS, 4 * HOUR_MS]] {
            assert!(Window::of(&at(&times), NOW, Some(1)).accepted(&at(&times)).is_empty());
        }
    }

    #[test]
    fn size_counts_26_bytes_per_event() {
        let of = |len: usize| [LogEvent { timestamp_ms: 0, message: "x".repeat(len) }];
        assert!(check_size(&of(MAX_BATCH_BYTES - EVENT_OVERHEAD)).is_ok());
        assert!(check_size(&of(MAX_BATCH_BYTES - EVENT_OVERHEAD + 1)).is_err());
    }

    #[test]
    fn span_is_at_most_a_day() {
        assert!(check_span(&at(&[0, DAY_MS])).is_ok());
        assert!(check_span(&at(&[0, DAY_MS + 1])).is_err());
    }

    #[test]
    fn order_allows_equal_times() {
        assert!(check_order(&at(&[1, 1, 2])).is_ok());
        assert!(check_order(&at(&[2, 1])).is_err());
    }

    #[test]
    fn counts_and_types() {
        let one = json!({"timestamp": 1, "message": "m"});
        assert!(batch(Some(&json!([]))).is_err());
        assert_eq!(batch(Some(&vec![one.clone(); 10_000].into())).unwrap().len(), 10_000);
        assert!(batch(Some(&vec![one; 10_001].into())).is_err());
        let empty = batch(Some(&json!([{"timestamp": 1, "message": ""}]))).unwrap_err();
        assert!(empty.message.contains("'logEvents.1.member.message'"), "{}", empty.message);
        let text = batch(Some(&json!([{"timestamp": "1", "message": "m"}]))).unwrap_err();
        assert_eq!(text.code, "SerializationException");
    }
}
