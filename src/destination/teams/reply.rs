//! What a reply of Workflows means.
//!
//! Errors: <https://learn.microsoft.com/en-us/azure/logic-apps/logic-apps-http-endpoint> and
//! <https://learn.microsoft.com/en-us/power-automate/error-reference>, read 2026-11. An error is
//! `{"error":{"code":"…","message":"…"}}`; the message may repeat what was sent and is not shown. The older connectors
//! told in the text of a 200 that Teams did not take the message.

use crate::destination::http_post::{self, Misconfigured};
use crate::destination::{Reply, ReplyAction, RetryTiming};

/// A longer code is none of Workflows'.
const MAX_CODE_BYTES: usize = 60;

/// Codes about the flow or its address, whatever their status, and what to do about each.
const FLOW_ERRORS: [(&str, &str); 9] = [
    ("WorkflowTriggerIsNotEnabled", "the flow is turned off; turn it on, or create another for {}"),
    ("WorkflowNotFound", "the flow was deleted; create another for {}"),
    ("WorkflowTriggerNotFound", "the flow has no trigger any more; create another for {}"),
    ("WorkflowTriggerVersionNotFound", "the flow has no trigger any more; create another for {}"),
    ("EnvironmentNotFound", "the flow's environment was deleted; create another flow for {}"),
    ("DirectApiAuthorizationRequired", "the signature at the end of {} is missing; copy the whole address"),
    ("AuthorizationFailed", "the signature at the end of {} is wrong; copy the whole address again"),
    ("MissingApiVersionParameter", "the end of {} is missing; copy the whole address"),
    ("InvalidApiVersionParameter", "the end of {} is wrong; copy the whole address again"),
];

/// `name` is the destination's, for hints at its keys.
pub(super) fn classify(name: &str, reply: &Reply) -> ReplyAction {
    let reason = describe(reply);
    match (reply.status, http_post::misconfigured(reply)) {
        _ if flow_error(reply).is_some() => http_post::keep(&reason, &hint(name, reply, None)),
        (_, Some(wrong)) => http_post::keep(&reason, &hint(name, reply, Some(wrong))),
        (200 | 202, None) => accepted(reply, reason),
        // The rest would have said whether it is about the flow.
        (400, None) if reply.truncated => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        (_, None) => http_post::classify_status(reply, reason),
    }
}

/// A flow answers 202, or what its own step says; only a connector says in the body that Teams did not take the message.
fn accepted(reply: &Reply, reason: String) -> ReplyAction {
    let text = String::from_utf8_lossy(&reply.body).to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["http error 413"]) {
        return ReplyAction::Split { reason };
    }
    match says(&["webhook mess", "http error 4", "http error 5", "throttled"]) {
        true => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: format!("{reason}, and that Teams did not take the message"),
        },
        false => ReplyAction::Delivered,
    }
}

fn hint(name: &str, reply: &Reply, wrong: Option<Misconfigured>) -> String {
    let advice = flow_error(reply).unwrap_or(match wrong {
        Some(Misconfigured::Access) => {
            "the signature at the end of {} is wrong; copy the whole address again"
        }
        Some(Misconfigured::Address) if matches!(reply.status, 404 | 410) => {
            "the flow was deleted; create another for {}"
        }
        _ => "{} is not the address of a flow of Workflows",
    });
    advice.replace("{}", &format!("{name}.webhook_url"))
}

fn flow_error(reply: &Reply) -> Option<&'static str> {
    let said = code(reply)?;
    FLOW_ERRORS.iter().find(|(code, _)| *code == said).map(|(_, advice)| *advice)
}

/// Status and, if there is one, the code of the error.
fn describe(reply: &Reply) -> String {
    let answered = http_post::describe("Workflows", reply);
    match code(reply) {
        Some(code) => format!("{answered}: {code}"),
        None => answered,
    }
}

fn code(reply: &Reply) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
    let code = body.get("error")?.get("code")?.as_str()?;
    let is_code =
        (1..=MAX_CODE_BYTES).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}
