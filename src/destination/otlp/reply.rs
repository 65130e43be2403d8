//! What a reply of the receiver means.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>, read 2026-11: the protocol has a closed list of
//! statuses that may be retried, and a success whose body may say that some records were rejected.

use http::header;

use super::{Encoding, PartialSuccess, json, protobuf};
use crate::destination::http_post::{self, Misconfigured};
use crate::destination::{Reply, ReplyAction, RetryTiming, redact};

/// `name` is the destination's, for hints at its keys; `encoding` is that of the request.
pub(super) fn classify(name: &str, encoding: Encoding, reply: &Reply) -> ReplyAction {
    let reason = http_post::describe("the receiver", reply);
    if let Some(wrong) = http_post::misconfigured(reply) {
        return http_post::keep(&reason, &hint(name, wrong));
    }
    match reply.status {
        // 200 by the protocol; some receivers answer 202 or 204, and have taken the records just the same.
        200..=299 if reply.truncated => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!("{reason} and an incomplete body"),
        },
        200..=299 => accepted(encoding, reply),
        413 => ReplyAction::Split { reason },
        429 | 502..=504 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        _ => ReplyAction::Rejected { reason },
    }
}

fn accepted(encoding: Encoding, reply: &Reply) -> ReplyAction {
    match partial_success(encoding, reply) {
        None => {
            let reason = format!("{} without an OTLP response, so something else answered", reply.status);
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
        }
        Some(partial) if partial == PartialSuccess::default() => ReplyAction::Delivered,
        Some(PartialSuccess { rejected, message }) => {
            let message: String = redact::quoted(&message).collect();
            let reason = format!("the receiver rejected {rejected} records: {message}");
            ReplyAction::PartialUnknown { rejected, reason }
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

fn hint(name: &str, wrong: Misconfigured) -> String {
    match wrong {
        Misconfigured::Address => format!("check {name}.endpoint"),
        Misconfigured::Access => format!("check {name}.headers"),
        Misconfigured::Form => format!("try another {name}.encoding, or {name}.compress off"),
    }
}
