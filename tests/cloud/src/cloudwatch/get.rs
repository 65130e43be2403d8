//! GetLogEvents: a page of a stream's events, from its end or its beginning.
//!
//! Limits: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html> (read 2026-11).

use serde_json::{Value, json};

use super::{LogEvent, names};
use crate::{
    aws_json::{self, Input},
    core::Core,
    reply::{Refusal, Reply},
    route::Api,
};

const MAX_LIMIT: i64 = 10_000;

/// A token is `b/` and how many events stand before the page's first.
pub(super) fn events(core: &Core, input: &Input) -> Result<Reply, Refusal> {
    let group = names::group(input.required("logGroupName")?)?;
    let stream = names::stream(input.required("logStreamName")?)?;
    let limit = input.integer("limit", 1..=MAX_LIMIT)?.unwrap_or(MAX_LIMIT);
    let from_head = input.get("startFromHead").and_then(Value::as_bool).unwrap_or(false);
    let token = input.text("nextToken")?.and_then(|token| token.strip_prefix("b/")?.parse::<usize>().ok());
    let mut store = core.cloudwatch.lock();
    let missing = || Refusal::state("ResourceNotFoundException", "The specified log stream does not exist.");
    let events = store.existing(group)?.streams.get(stream).ok_or_else(missing)?;
    let limit = usize::try_from(limit).expect("within the limits");
    let end = token.unwrap_or(events.len());
    let page = match from_head {
        true => 0..limit.min(events.len()),
        false => end.saturating_sub(limit)..end,
    };
    let shown: Vec<Value> = events[page.clone()].iter().map(shown).collect();
    let body = json!({"events": shown, "nextBackwardToken": format!("b/{}", page.start),
        "nextForwardToken": format!("f/{}", page.end)});
    Ok(aws_json::reply(Api::GetLogEvents, body))
}

fn shown(event: &LogEvent) -> Value {
    json!({"timestamp": event.timestamp_ms, "message": event.message, "ingestionTime": event.timestamp_ms})
}
