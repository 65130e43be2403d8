//! What CloudWatch Logs' replies mean.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>, read 2026-11.

use serde_json::Value;

use super::entity::{self, LogEntity};
use super::request::{LogRequests, group_and_stream};
use crate::destination::aws_error::{AwsError, aws_error};
use crate::destination::{Purpose, Reply, ReplyAction, RetryTiming};
use crate::encode::batch::Batch;
use crate::metrics::Reason;

/// `destination` is its configured name, for the log.
pub(super) fn classify(
    requests: &LogRequests,
    destination: &str,
    purpose: Purpose,
    batch: &Batch,
    reply: &Reply,
) -> ReplyAction {
    match purpose {
        Purpose::Prepare(operation) => classify_preparation(requests, destination, operation, batch, reply),
        _ => classify_delivery(requests, destination, purpose, batch, reply),
    }
}

fn classify_delivery(
    requests: &LogRequests,
    destination: &str,
    purpose: Purpose,
    batch: &Batch,
    reply: &Reply,
) -> ReplyAction {
    let error = aws_error(reply);
    let action = match reply.status {
        200 => requests.compression.learn(purpose, classify_success(batch, reply), destination),
        _ => classify_refusal(requests, destination, purpose, batch, reply, &error),
    };
    if error.code.is_empty() && matches!(action, ReplyAction::Retry { .. }) {
        requests.compression.note_unanswered(purpose);
    }
    action
}

fn classify_refusal(
    requests: &LogRequests,
    destination: &str,
    purpose: Purpose,
    batch: &Batch,
    reply: &Reply,
    error: &AwsError,
) -> ReplyAction {
    let reason = error.describe("PutLogEvents");
    let is_about_body = reply.status == 413
        || matches!(error.code.as_str(), "InvalidParameterException" | "SerializationException");
    if is_entity_at_fault(requests, batch, error) {
        // The batch without its entity. Once that is accepted, the batch is delivered.
        return ReplyAction::Prepare(vec![requests.put_log_events(batch)]);
    }
    if requests.compression.may_be_refused(purpose, reply, &error.code, batch.items.len() == 1) {
        return ReplyAction::SendInstead(Box::new(requests.put_uncompressed(batch)));
    }
    match error.code.as_str() {
        "ResourceNotFoundException" => ReplyAction::Prepare(vec![requests.create_stream(batch)]),
        _ if is_about_body && batch.items.len() > 1 => ReplyAction::Split { reason },
        _ if is_about_body => ReplyAction::Rejected { reason },
        _ => error
            .classify_common(reply, "PutLogEvents", destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

fn is_entity_at_fault(requests: &LogRequests, batch: &Batch, error: &AwsError) -> bool {
    requests.entity.as_ref().is_some_and(|entity| entity.is_at_fault(batch.target(), error))
}

/// What is wrong with the batch's entity, and what to do; its events arrive all the same.
pub(super) fn refused_entity(
    entity: &LogEntity,
    destination: &str,
    batch: &Batch,
    reply: &Reply,
) -> Option<String> {
    let advice = format!(
        "its events arrive without it; check {destination}.entity_service and {destination}.entity_environment, or set {destination}.entity off"
    );
    if reply.status == 200 {
        let error = entity::rejection(reply)?;
        return Some(format!("PutLogEvents: entity refused: {error}; {advice}"));
    }
    let error = aws_error(reply);
    let reason = error.describe("PutLogEvents");
    entity.is_at_fault(batch.target(), &error).then(|| format!("{reason}; {advice}"))
}

fn classify_preparation(
    requests: &LogRequests,
    destination: &str,
    operation: &str,
    batch: &Batch,
    reply: &Reply,
) -> ReplyAction {
    let error = aws_error(reply);
    let reason = error.describe(operation);
    match (operation, error.code.as_str()) {
        _ if reply.status == 200 => ReplyAction::Delivered,
        (_, "ResourceAlreadyExistsException") => ReplyAction::Delivered,
        ("CreateLogStream", "ResourceNotFoundException") => match requests.create_group(batch) {
            Some(create) => ReplyAction::Prepare(create),
            None => missing_group(destination, batch),
        },
        // Somebody else creates the same group at this moment.
        (_, "OperationAbortedException") => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        ("PutRetentionPolicy", _) if !error.is_transient() => ReplyAction::Ignored { reason },
        _ => error
            .classify_common(reply, operation, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

/// What the reply to [`LogRequests::put_nothing`] means: that its stream is missing is as good as a delivery. Where the
/// group's name differs from record to record, that of no record may be missing, too.
pub(super) fn classify_probe(
    requests: &LogRequests,
    destination: &str,
    has_many_groups: bool,
    batch: &Batch,
    reply: &Reply,
) -> ReplyAction {
    let error = aws_error(reply);
    if reply.status == 200 || error.code != "ResourceNotFoundException" {
        return classify_delivery(requests, destination, Purpose::Deliver, batch, reply);
    }
    let is_about_group = error.describe("PutLogEvents").contains("log group");
    match is_about_group && !has_many_groups && !requests.creates_groups() {
        true => missing_group(destination, batch),
        false => ReplyAction::Delivered,
    }
}

fn missing_group(destination: &str, batch: &Batch) -> ReplyAction {
    let (group, _) = group_and_stream(batch);
    ReplyAction::Retry {
        timing: RetryTiming::NextFlush,
        reason: format!(
            "log group {group} does not exist; create it or set {destination}.auto_create_group on"
        ),
    }
}

/// Why records are rejected for this reason, and what to look at.
pub(super) fn rejection_text(reason: Reason) -> &'static str {
    match reason {
        Reason::TooOld => "older than the log group accepts (14 days)",
        Reason::TooNew => {
            "more than two hours in the future; correct the clock of the machine, or the time in the record"
        }
        Reason::Expired => "older than the log group's retention",
        Reason::Refused | Reason::Empty | Reason::Filtered | Reason::BestEffort => reason.name(),
    }
}

/// 200 is not yet delivery: the body must be the service's, and may reject events at either end of the batch.
fn classify_success(batch: &Batch, reply: &Reply) -> ReplyAction {
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(&reply.body) else {
        return ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: "PutLogEvents answered 200 without JSON, so something else answered".to_owned(),
        };
    };
    let rejected = &body["rejectedLogEventsInfo"];
    let index = |name: &str| rejected[name].as_u64().and_then(|index| usize::try_from(index).ok());
    let count = batch.items.len();
    let old = index("tooOldLogEventEndIndex").unwrap_or(0).min(count);
    let expired = index("expiredLogEventEndIndex").unwrap_or(0).min(count);
    let new = index("tooNewLogEventStartIndex").unwrap_or(count).clamp(old.max(expired), count);
    let rejected: Vec<_> =
        [(0..old, Reason::TooOld), (old..expired.max(old), Reason::Expired), (new..count, Reason::TooNew)]
            .into_iter()
            .filter(|(range, _)| !range.is_empty())
            .collect();
    if rejected.is_empty() {
        ReplyAction::Delivered
    } else {
        ReplyAction::Partial { retry: Vec::new(), rejected }
    }
}
