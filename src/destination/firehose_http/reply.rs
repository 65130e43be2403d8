//! What an endpoint's replies mean.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>, read 2026-11.

use serde_json::Value;

use super::request::request_id;
use crate::destination::http_post::{self, Misconfigured};
use crate::destination::redact;
use crate::destination::{Reply, ReplyAction, RetryTiming};
use crate::encode::batch::Batch;

/// `destination` is its configured name, for the log. 200 is delivery only with the id of the request; the protocol
/// refuses no record for good.
pub(super) fn classify(destination: &str, batch: &Batch, reply: &Reply) -> ReplyAction {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let reason = describe(reply, &body);
    if let Some(wrong) = http_post::misconfigured(reply) {
        return http_post::keep(&reason, &hint(destination, wrong));
    }
    match reply.status {
        200 if body["requestId"] == request_id(batch).as_str() => ReplyAction::Delivered,
        200 => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!("{reason} without the request id, so something else answered"),
        },
        413 => ReplyAction::Split { reason },
        _ => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
    }
}

fn hint(destination: &str, wrong: Misconfigured) -> String {
    match wrong {
        Misconfigured::Address => format!("check {destination}.url"),
        Misconfigured::Access => format!("check {destination}.access_key"),
        Misconfigured::Form => format!("try {destination}.compress off"),
    }
}

/// The protocol's `errorMessage` is made to be shown; the rest of a body is not.
fn describe(reply: &Reply, body: &Value) -> String {
    let mut text = http_post::describe("the endpoint", reply);
    if let Some(message) = body["errorMessage"].as_str() {
        text.push_str(": ");
        text.extend(redact::quoted(message));
    }
    text
}
