//! What a reply of the webhook means.
//!
//! Errors: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, read 2026-11. The body is one
//! word: `ok`, or the name of an error.

use crate::destination::{Reply, ReplyAction, RetryTiming, http_post};

/// A longer body is no error of Slack's but somebody else's page.
const MAX_WORD_BYTES: usize = 60;

/// Slack's words, usually with 403, for a place where the webhook may not post.
const RESTRICTIONS: [&str; 2] = ["action_prohibited", "posting_to_general_channel_denied"];

/// Slack's words, with 400, for a webhook that will take no message at all.
const WEBHOOK_ERRORS: [&str; 9] = [
    "channel_is_archived",
    "channel_not_found",
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "team_disabled",
    "user_not_found",
];

/// `name` is the destination's, for hints at its keys. A 200 without Slack's `ok` did not come from Slack.
pub(super) fn classify(name: &str, reply: &Reply) -> ReplyAction {
    match reply.status {
        200 if is_ok(reply) => ReplyAction::Delivered,
        _ if is_about_webhook(reply) => http_post::keep(&describe(reply), &hint(name, reply)),
        200 => ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            reason: "Slack answered 200 without `ok`, so something else answered".to_owned(),
        },
        408 | 429 | 500..=599 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason: describe(reply) },
        // No message of ours should be too long, as far as the limits are known; if one is, two shorter ones say the
        // same.
        413 => ReplyAction::Split { reason: describe(reply) },
        400 if word(reply).is_some_and(|word| word.ends_with("too_long")) => {
            ReplyAction::Split { reason: describe(reply) }
        }
        _ => {
            let reason =
                format!("{}; if {name}.webhook_url is right, please report this as a bug", describe(reply));
            ReplyAction::Rejected { reason }
        }
    }
}

/// Whether another message would fare no better.
fn is_about_webhook(reply: &Reply) -> bool {
    let is_webhook_error = || is_one_of(&WEBHOOK_ERRORS, reply) || is_one_of(&RESTRICTIONS, reply);
    http_post::misconfigured(reply).is_some() || (reply.status == 400 && is_webhook_error())
}

fn is_one_of(words: &[&str], reply: &Reply) -> bool {
    word(reply).is_some_and(|word| words.contains(&word))
}

/// Whether the body is Slack's `ok`, or as much of it as had come when the connection broke.
fn is_ok(reply: &Reply) -> bool {
    match reply.truncated {
        true => b"ok".starts_with(&reply.body),
        false => reply.body.trim_ascii() == b"ok",
    }
}

fn hint(name: &str, reply: &Reply) -> String {
    match reply.status {
        status if status == 403 || is_one_of(&RESTRICTIONS, reply) => {
            format!("the workspace or the channel does not allow {name}.webhook_url to post")
        }
        400 | 404 => format!("the webhook or its channel was deleted; create another for {name}.webhook_url"),
        410 => {
            format!("the channel is archived; create a webhook of another channel for {name}.webhook_url")
        }
        _ => format!("{name}.webhook_url is not the address of a webhook"),
    }
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
