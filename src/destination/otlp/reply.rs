//! What a reply of the receiver means.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>, read 2026-11: the protocol has a closed list of
//! statuses that may be retried, and a success whose body may say that some records were rejected.

use http::header;

use super::{Encoding, PartialSuccess, json, protobuf};
use crate::destination::{Reply, ReplyAction, RetryTiming, redact};

/// `name` is the destination's, for hints at its keys; `encoding` is that of the request.
pub(super) fn classify(name: &str, encoding: Encoding, reply: &Reply) -> ReplyAction {
    match reply.status {
        // 200 by the protocol; some receivers answer 202 or 204, and have taken the records just the same.
        200..=299 if reply.truncated => {
            let reason = format!("the receiver answered {} and broke off", reply.status);
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
        }
        200..=299 => accepted(encoding, reply),
        413 => ReplyAction::Split { reason: describe(name, reply) },
        429 | 502..=504 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason: describe(name, reply) },
        _ => ReplyAction::Rejected { reason: describe(name, reply) },
    }
}

fn accepted(encoding: Encoding, reply: &Reply) -> ReplyAction {
    match partial_success(encoding, reply) {
        None => {
            let reason = format!("{} without the protocol's answer", reply.status);
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
        }
        Some(partial) if partial == PartialSuccess::default() => ReplyAction::Delivered,
        Some(PartialSuccess { rejected, message }) => {
            let message: String = redact::quoted(&message).collect();
            let reason = format!("the receiver rejected {rejected} records: {message}");
            ReplyAction::PartialUnknown { refused: rejected, reason }
        }
    }
}

/// Reads `ExportLogsServiceResponse`; `None` when the body is none. An empty body is the empty message.
fn partial_success(encoding: Encoding, reply: &Reply) -> Option<PartialSuccess> {
    if reply.body.is_empty() {
        return Some(PartialSuccess::default());
    }
    let is_json = match reply.header(&header::CONTENT_TYPE) {
        Some(content_type) => content_type.starts_with(Encoding::Json.content_type()),
        None => encoding == Encoding::Json,
    };
    if is_json { json::partial_success(&reply.body) } else { protobuf::partial_success(&reply.body) }
}

/// The status, and which keys to check.
fn describe(name: &str, reply: &Reply) -> String {
    let hint = match reply.status {
        401 | 403 => format!("; check {name}.headers"),
        404 | 405 | 300..=399 => format!("; check {name}.endpoint"),
        415 => format!("; try another {name}.encoding, or {name}.compress off"),
        _ => String::new(),
    };
    format!("the receiver answered {}{hint}", reply.status)
}
