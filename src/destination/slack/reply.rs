//! What a reply of the webhook means.
//!
//! Errors: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, read 2026-11. The body is one
//! word: `ok`, or the name of an error.

use crate::destination::{Reply, ReplyAction, RetryTiming};

/// A longer body is no error of Slack's but somebody else's page.
const MAX_WORD_BYTES: usize = 60;

/// `name` is the destination's, for hints at its keys. A 200 without Slack's `ok` did not come from Slack.
pub(super) fn classify(name: &str, reply: &Reply) -> ReplyAction {
    match reply.status {
        200 if is_ok(reply) => ReplyAction::Delivered,
        200 => {
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason: "200 without Slack's `ok`".to_owned() }
        }
        408 | 429 | 500..=599 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason: describe(reply) },
        // No message of ours should be too long, as far as the limits are known; if one is, two shorter ones say the
        // same.
        413 => ReplyAction::Split { reason: describe(reply) },
        400 if word(reply).is_some_and(|word| word.ends_with("too_long")) => {
            ReplyAction::Split { reason: describe(reply) }
        }
        _ => ReplyAction::Rejected { reason: rejection(name, reply) },
    }
}

/// Whether the body is Slack's `ok`, or as much of it as had come when the connection broke.
fn is_ok(reply: &Reply) -> bool {
    match reply.truncated {
        true => b"ok".starts_with(&reply.body),
        false => reply.body.trim_ascii() == b"ok",
    }
}

fn rejection(name: &str, reply: &Reply) -> String {
    let hint = match reply.status {
        403 => "the workspace or the channel does not let the webhook post".to_owned(),
        404 => format!("the webhook or its channel is gone; make another for {name}.webhook_url"),
        410 => {
            format!("the channel is archived; make a webhook of another one for {name}.webhook_url")
        }
        300..=399 => format!("{name}.webhook_url is not the address of a webhook"),
        _ => format!("if {name}.webhook_url is right, this is a fault of the plugin"),
    };
    format!("{}; {hint}", describe(reply))
}

/// Status and, if there is one, Slack's word for the error.
fn describe(reply: &Reply) -> String {
    format!("Slack answered {} {}", reply.status, word(reply).unwrap_or("without a reason"))
}

fn word(reply: &Reply) -> Option<&str> {
    let text = std::str::from_utf8(&reply.body).ok()?.trim();
    let is_word = (1..=MAX_WORD_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then_some(text)
}
