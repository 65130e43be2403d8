//! What an endpoint's replies mean.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>, read 2026-11.

use serde_json::Value;

use super::request::request_id;
use crate::destination::redact;
use crate::destination::{Reply, ReplyAction, RetryTiming, http_post};
use crate::encode::batch::Batch;

/// `destination` is its configured name, for the log. 200 is delivery only with the id of the request.
pub(super) fn classify(destination: &str, batch: &Batch, reply: &Reply) -> ReplyAction {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let reason = describe(reply, &body);
    match reply.status {
        200 if body["requestId"] == request_id(batch).as_str() => ReplyAction::Delivered,
        200 => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!("{reason} without the id of the request"),
        },
        413 => ReplyAction::Split { reason },
        401 | 403 => ReplyAction::Retry {
            timing: RetryTiming::NextFlush,
            reason: format!("{reason}: check {destination}.access_key"),
        },
        _ => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
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
