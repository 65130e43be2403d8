//! What a reply of the webhook means.
//!
//! Errors: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>, read 2026-11. The body is one
//! word: `ok`, or the name of an error.

use crate::destination::{Reply, ReplyAction, RetryTiming, http_post};

/// A longer body is not an error of Slack's but somebody else's page.
const MAX_WORD_BYTES: usize = 60;

/// Slack's words for a webhook that will take no message at all, whatever their status, and what to do about each.
const WEBHOOK_ERRORS: [(&str, &str); 11] = [
    ("action_prohibited", "an administrator of the workspace does not allow {} to post"),
    ("channel_is_archived", "the channel is archived; create a webhook of another channel for {}"),
    ("channel_not_found", "the channel was deleted; create a webhook of another channel for {}"),
    ("invalid_token", "the last part of {} is wrong or was revoked; copy it again from the app's settings"),
    ("no_active_hooks", "the webhook was disabled; enable it, or create another for {}"),
    ("no_service", "the webhook was disabled or deleted; create another for {}"),
    (
        "no_service_id",
        "the second part of {} after /services is wrong; copy it again from the app's settings",
    ),
    ("no_team", "the first part of {} after /services is wrong; copy it again from the app's settings"),
    ("posting_to_general_channel_denied", "the channel does not allow {} to post; choose another channel"),
    ("team_disabled", "the workspace of {} is disabled; create a webhook in another"),
    ("user_not_found", "the user of the webhook was deleted; create another for {}"),
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
    http_post::misconfigured(reply).is_some() || advice(reply).is_some()
}

/// What to do about Slack's word, if it is about the webhook.
fn advice(reply: &Reply) -> Option<&'static str> {
    let said = word(reply)?;
    WEBHOOK_ERRORS.iter().find(|(word, _)| *word == said).map(|(_, advice)| *advice)
}

/// Whether the body is Slack's `ok`, or as much of it as had come when the connection broke.
fn is_ok(reply: &Reply) -> bool {
    match reply.truncated {
        true => b"ok".starts_with(&reply.body),
        false => reply.body.trim_ascii() == b"ok",
    }
}

fn hint(name: &str, reply: &Reply) -> String {
    let advice = advice(reply).unwrap_or(match reply.status {
        403 => "the workspace or the channel does not allow {} to post",
        404 | 410 => "the webhook or its channel was deleted; create another for {}",
        _ => "{} is not the address of a webhook",
    });
    advice.replace("{}", &format!("{name}.webhook_url"))
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
