//! What Firehose's replies mean.
//!
//! <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>, read 2026-11.

use std::ops::Range;

use serde_json::Value;

use super::request::{OPERATION, PROBE_OPERATION};
use crate::destination::aggregate::Aggregation;
use crate::destination::aws_error::aws_error;
use crate::destination::firehose_record::MAX_RECORD_BYTES;
use crate::destination::redact;
use crate::destination::{Reply, ReplyAction, RetryTiming};
use crate::encode::batch::Batch;

/// `destination` is its configured name, for the log.
pub(super) fn classify(
    destination: &str,
    stream: &str,
    aggregation: Aggregation,
    batch: &Batch,
    reply: &Reply,
) -> ReplyAction {
    if reply.status == 200 {
        return classify_success(&aggregation.records(batch, MAX_RECORD_BYTES), reply);
    }
    let error = aws_error(reply);
    let reason = error.describe(OPERATION);
    match error.code.as_str() {
        "InvalidArgumentException" | "ValidationException" if batch.items.len() > 1 => {
            ReplyAction::Split { reason }
        }
        "InvalidArgumentException" | "ValidationException" | "SerializationException" => {
            ReplyAction::Rejected { reason }
        }
        "ResourceNotFoundException" => missing_stream(destination, stream, &reason),
        _ if reply.status == 413 => ReplyAction::Split { reason },
        _ => error
            .classify_common(reply, OPERATION, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

/// What the reply to `DescribeDeliveryStream` means. Who may not describe a stream may still be allowed to put records.
pub(super) fn classify_probe(destination: &str, stream: &str, reply: &Reply) -> ReplyAction {
    let error = aws_error(reply);
    let reason = error.describe(PROBE_OPERATION);
    match error.code.as_str() {
        _ if reply.status == 200 => ReplyAction::Delivered,
        "ResourceNotFoundException" => missing_stream(destination, stream, &reason),
        code if code.starts_with("AccessDenied") => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!(
                "{reason}; allow firehose:DescribeDeliveryStream to whoever checks; {OPERATION} cannot be tried without a record"
            ),
        },
        _ => error
            .classify_common(reply, PROBE_OPERATION, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

fn missing_stream(destination: &str, stream: &str, reason: &str) -> ReplyAction {
    let advice = format!("create delivery stream {stream} or correct {destination}.delivery_stream");
    ReplyAction::Retry { timing: RetryTiming::NextFlush, reason: format!("{reason}; {advice}") }
}

/// 200 is not yet delivery: each record has an answer of its own, in the order of the request. `records` are the
/// positions of each record's lines in the batch.
fn classify_success(records: &[Range<usize>], reply: &Reply) -> ReplyAction {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let (Some(failed), Some(answers)) =
        (body["FailedPutCount"].as_u64(), body["RequestResponses"].as_array())
    else {
        return retry_all("without JSON, so something else answered");
    };
    if failed == 0 {
        return ReplyAction::Delivered;
    }
    if answers.len() != records.len() {
        return retry_all("with results for another number of records");
    }
    let failed: Vec<&Range<usize>> = records
        .iter()
        .zip(answers)
        .filter(|(_, answer)| answer["ErrorCode"].is_string())
        .map(|(record, _)| record)
        .collect();
    // When no record got through, a pause is what helps; when some did, the rest is sent again at once.
    match failed.len() {
        0 => retry_all("and does not say which records failed"),
        all if all >= records.len() => {
            let code = answers.first().and_then(|answer| answer["ErrorCode"].as_str()).unwrap_or_default();
            retry_all(&format!("but accepted no record: {}", redact::quoted(code).collect::<String>()))
        }
        _ => {
            let retry = failed.into_iter().cloned().flatten().collect();
            ReplyAction::Partial { retry, rejected: Vec::new() }
        }
    }
}

fn retry_all(what: &str) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::Backoff, reason: format!("{OPERATION} answered 200 {what}") }
}
