//! What EventBridge's replies mean.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html>, read 2026-11.

use super::request::{OPERATION, PROBE_OPERATION};
use crate::destination::aws_error::aws_error;
use crate::destination::entry_results::{self, EntryFault, EntryFields};
use crate::destination::{Reply, ReplyAction, RetryTiming};

/// `destination` is its configured name, for the log; `entries` is how many the batch has.
pub(super) fn classify(destination: &str, bus: &str, entries: usize, reply: &Reply) -> ReplyAction {
    if reply.status == 200 {
        return entry_results::classify_json(&ENTRIES, entries, reply);
    }
    let error = aws_error(reply);
    let reason = error.describe(OPERATION);
    match error.code.as_str() {
        code if is_about_an_event(code) && entries > 1 => ReplyAction::Split { reason },
        code if is_about_an_event(code) => ReplyAction::Rejected { reason },
        "ResourceNotFoundException" => missing(destination, bus, &reason),
        _ if reply.status == 413 => ReplyAction::Split { reason },
        _ => error
            .classify_common(reply, OPERATION, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

/// What the reply to `DescribeEventBus` means. Who may not describe a bus may still be allowed to put events.
pub(super) fn classify_probe(destination: &str, bus: &str, reply: &Reply) -> ReplyAction {
    let error = aws_error(reply);
    let reason = error.describe(PROBE_OPERATION);
    match error.code.as_str() {
        _ if reply.status == 200 => ReplyAction::Delivered,
        "ResourceNotFoundException" => missing(destination, bus, &reason),
        code if code.starts_with("AccessDenied") => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!(
                "{reason}; allow events:DescribeEventBus to whoever checks; {OPERATION} cannot be tried without an event"
            ),
        },
        _ => error
            .classify_common(reply, PROBE_OPERATION, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

fn missing(destination: &str, bus: &str, reason: &str) -> ReplyAction {
    let advice = format!("create event bus {bus} or correct {destination}.event_bus");
    ReplyAction::Retry { timing: RetryTiming::NextFlush, reason: format!("{reason}; {advice}") }
}

/// Where PutEvents answers for each event.
const ENTRIES: EntryFields = EntryFields {
    operation: OPERATION,
    failed: "FailedEntryCount",
    entries: "Entries",
    what: "events",
    fault,
};

fn is_about_an_event(code: &str) -> bool {
    matches!(
        code,
        "ValidationException"
            | "SerializationException"
            | "MalformedDetail"
            | "InvalidArgument"
            | "PutEventsRequestEntryTooLarge"
    )
}

/// Permissions and names wait for a person; anything else that is not about the event may pass by itself.
fn fault(code: &str) -> EntryFault {
    match code {
        _ if is_about_an_event(code) => EntryFault::Refused,
        "NotAuthorizedForSourceException" | "InvalidAccountIdException" | "ResourceNotFoundException" => {
            EntryFault::Later(RetryTiming::NextFlush)
        }
        _ if code.starts_with("AccessDenied") || code.starts_with("NotAuthorized") => {
            EntryFault::Later(RetryTiming::NextFlush)
        }
        _ => EntryFault::Later(RetryTiming::Backoff),
    }
}
