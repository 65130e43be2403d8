//! What the replies of Kinesis mean.
//!
//! <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>, read 2026-11.

use super::LineGroup;
use super::request::{OPERATION, PROBE_OPERATION};
use super::stream::DataStream;
use crate::destination::aws_error::{AwsError, aws_error};
use crate::destination::entry_results::{self, EntryFault, EntryFields};
use crate::destination::{Reply, ReplyAction, RetryTiming};

/// `destination` is its configured name, for the log; `groups` are the records of the request.
pub(super) fn classify(
    destination: &str,
    stream: &DataStream,
    groups: &[LineGroup],
    reply: &Reply,
) -> ReplyAction {
    if reply.status == 200 {
        return over_lines(entry_results::classify_json(&ENTRIES, groups.len(), reply), groups);
    }
    let error = aws_error(reply);
    let reason = error.describe(OPERATION);
    let lines: usize = groups.iter().map(|group| group.lines.len()).sum();
    match error.code.as_str() {
        "InvalidArgumentException" | "ValidationException" if lines > 1 => ReplyAction::Split { reason },
        "InvalidArgumentException" | "ValidationException" | "SerializationException" => {
            ReplyAction::Rejected { reason }
        }
        _ if reply.status == 413 => ReplyAction::Split { reason },
        _ => classify_other(destination, stream, &error, reply, OPERATION),
    }
}

/// What the reply to `DescribeStreamSummary` means. Who may not describe a stream may still be allowed to put records.
pub(super) fn classify_probe(destination: &str, stream: &DataStream, reply: &Reply) -> ReplyAction {
    let error = aws_error(reply);
    match error.code.as_str() {
        _ if reply.status == 200 => ReplyAction::Delivered,
        code if code.starts_with("AccessDenied") => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!(
                "{}; allow kinesis:DescribeStreamSummary to whoever checks; {OPERATION} cannot be tried without a record",
                error.describe(PROBE_OPERATION)
            ),
        },
        _ => classify_other(destination, stream, &error, reply, PROBE_OPERATION),
    }
}

fn classify_other(
    destination: &str,
    stream: &DataStream,
    error: &AwsError,
    reply: &Reply,
    operation: &str,
) -> ReplyAction {
    let reason = error.describe(operation);
    match error.code.as_str() {
        "ResourceNotFoundException" => {
            let advice = format!("create data stream {} or correct {destination}.stream", stream.name);
            ReplyAction::Retry { timing: RetryTiming::NextFlush, reason: format!("{reason}; {advice}") }
        }
        "ProvisionedThroughputExceededException" | "KMSThrottlingException" => {
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
        }
        _ => error
            .classify_common(reply, operation, destination)
            .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
    }
}

/// Where PutRecords answers for each record.
const ENTRIES: EntryFields = EntryFields {
    operation: OPERATION,
    failed: "FailedRecordCount",
    entries: "Records",
    what: "records",
    fault,
};

/// A shard that has more than it takes, and its failures, pass; keys of KMS wait for a person.
fn fault(code: &str) -> EntryFault {
    let is_settings =
        code.starts_with("AccessDenied") || (code.starts_with("KMS") && code != "KMSThrottlingException");
    EntryFault::Later(if is_settings { RetryTiming::NextFlush } else { RetryTiming::Backoff })
}

/// What is meant for records, for their lines.
fn over_lines(action: ReplyAction, groups: &[LineGroup]) -> ReplyAction {
    match action {
        ReplyAction::Partial { retry, rejected } => {
            let lines = |record: usize| groups.get(record).map(|group| group.lines.clone());
            let refused =
                rejected.into_iter().flat_map(|(records, reason)| records.map(move |at| (at, reason)));
            ReplyAction::Partial {
                retry: retry.into_iter().filter_map(lines).flatten().collect(),
                rejected: refused.filter_map(|(record, reason)| Some((lines(record)?, reason))).collect(),
            }
        }
        other => other,
    }
}
