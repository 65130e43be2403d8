//! What SNS's replies mean.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html> and
//! <https://docs.aws.amazon.com/sns/latest/api/API_BatchResultErrorEntry.html>, read 2026-11.

use super::request::{OPERATION, PROBE_OPERATION};
use super::topic::SnsTopic;
use crate::destination::aws_error::AwsError;
use crate::destination::entry_results::{self, EntryFault};
use crate::destination::xml::{element, section};
use crate::destination::{Reply, ReplyAction, RetryTiming};

/// `destination` is its configured name, for the log; `entries` is how many the batch has.
pub(super) fn classify(destination: &str, topic: &SnsTopic, entries: usize, reply: &Reply) -> ReplyAction {
    if reply.status == 200 {
        return classify_success(entries, reply);
    }
    let error = read_error(reply);
    let reason = error.describe(OPERATION);
    match error.code.as_str() {
        // Some of these are about the topic, and a message is not to pay for that.
        code if is_about_a_message(code) && reason.contains("TopicArn") => {
            missing(destination, topic, &reason)
        }
        "BatchRequestTooLong" | "TooManyEntriesInBatchRequest" => ReplyAction::Split { reason },
        code if is_about_a_message(code) && entries > 1 => ReplyAction::Split { reason },
        code if is_about_a_message(code) => ReplyAction::Rejected { reason },
        _ if reply.status == 413 => ReplyAction::Split { reason },
        _ => classify_other(destination, topic, &error, reply, OPERATION),
    }
}

/// What the reply to `GetTopicAttributes` means. Who may not ask for them may still be allowed to publish.
pub(super) fn classify_probe(destination: &str, topic: &SnsTopic, reply: &Reply) -> ReplyAction {
    let error = read_error(reply);
    match error.code.as_str() {
        _ if reply.status == 200 => ReplyAction::Delivered,
        "AuthorizationError" => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!(
                "{}; allow sns:GetTopicAttributes to whoever checks; {OPERATION} cannot be tried without a message",
                error.describe(PROBE_OPERATION)
            ),
        },
        _ => classify_other(destination, topic, &error, reply, PROBE_OPERATION),
    }
}

fn classify_other(
    destination: &str,
    topic: &SnsTopic,
    error: &AwsError,
    reply: &Reply,
    operation: &str,
) -> ReplyAction {
    let reason = error.describe(operation);
    match error.code.as_str() {
        "NotFound" => missing(destination, topic, &reason),
        "KMSThrottling" => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        _ => error
            .classify_common(reply, operation, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

fn missing(destination: &str, topic: &SnsTopic, reason: &str) -> ReplyAction {
    let advice = format!("create topic {} or correct {destination}.topic_arn", topic.arn);
    ReplyAction::Retry { timing: RetryTiming::NextFlush, reason: format!("{reason}; {advice}") }
}

fn is_about_a_message(code: &str) -> bool {
    matches!(
        code,
        "InvalidParameter"
            | "InvalidParameterValue"
            | "ParameterValueInvalid"
            | "ValidationError"
            | "ValidationException"
    )
}

fn read_error(reply: &Reply) -> AwsError {
    let body = String::from_utf8_lossy(&reply.body);
    let text = |name| element(&body, name).unwrap_or_default();
    AwsError::new(text("Code"), text("Message"), reply)
}

/// 200 is not yet delivery: each entry has an answer of its own, under the id that the request gave it.
fn classify_success(entries: usize, reply: &Reply) -> ReplyAction {
    let body = String::from_utf8_lossy(&reply.body);
    let Some(result) = section(&body, "PublishBatchResult") else {
        return entry_results::not_understood(OPERATION, "without a result, so something else answered");
    };
    let mut codes = vec![None; entries];
    for (position, code) in members(result, "Failed").filter_map(failed_entry) {
        if let Some(place) = codes.get_mut(position) {
            *place = Some(code);
        }
    }
    let failed = codes.iter().flatten().count();
    if members(result, "Successful").count() + failed != entries {
        return entry_results::not_understood(OPERATION, "with results for another number of messages");
    }
    entry_results::judge(OPERATION, &codes, fault)
}

/// The members of one of the result's lists, as they are written.
fn members<'r>(result: &'r str, list: &str) -> impl Iterator<Item = &'r str> {
    let list = section(result, list).unwrap_or_default();
    list.split("<member>").skip(1).filter_map(|rest| rest.split("</member>").next())
}

/// The place and the code of an entry that was not taken.
fn failed_entry(member: &str) -> Option<(usize, String)> {
    let position = element(member, "Id")?.parse().ok()?;
    Some((position, element(member, "Code").unwrap_or_default()))
}

/// Permissions and keys wait for a person; anything else that is not about the message may pass by itself.
fn fault(code: &str) -> EntryFault {
    let is_settings =
        code.starts_with("Authorization") || (code.starts_with("KMS") && code != "KMSThrottling");
    match code {
        _ if is_about_a_message(code) => EntryFault::Refused,
        _ if is_settings => EntryFault::Later(RetryTiming::NextFlush),
        _ => EntryFault::Later(RetryTiming::Backoff),
    }
}
