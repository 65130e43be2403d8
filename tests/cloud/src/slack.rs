//! A Slack incoming webhook: `POST /services/…`.
//!
//! Owns the webhook's answers and its rate limit; the rules for blocks are in `blocks`. Reference:
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks> (read 2026-11).

mod blocks;

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
};

/// Slack truncates longer texts.
const MAX_TEXT: usize = 40_000;
const SECOND: Duration = Duration::from_secs(1);

/// A message as Slack would post it.
#[derive(Debug, Clone, PartialEq)]
pub struct SlackMessage {
    /// Path of the webhook it was posted to.
    pub webhook: String,
    /// `text`, cut off where Slack would.
    pub text: String,
    /// `blocks`.
    pub blocks: Vec<Value>,
    /// The whole payload.
    pub payload: Value,
}

impl SlackMessage {
    /// Every text a reader would see: of the message, its blocks and its attachments, one per line.
    pub fn all_text(&self) -> String {
        let mut texts = Vec::new();
        blocks::texts(&self.payload, &mut texts);
        texts.join("\n")
    }
}

/// What was posted, and when, if there is a limit.
#[derive(Debug, Default)]
pub(crate) struct Store {
    messages: Vec<SlackMessage>,
    limited: bool,
    last: Option<Instant>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    check_rate(core)?;
    let payload: Value = serde_json::from_slice(&request.body)
        .map_err(|error| refused("invalid_payload", error.to_string()))?;
    let message = message(request, payload)?;
    let length = message.payload["text"].as_str().unwrap_or_default().chars().count();
    if length > MAX_TEXT {
        core.complain(format!("SlackWebhook: text of {length} characters is truncated"));
    }
    if let Some(text) = blocks::unescaped(&message.payload) {
        core.complain(format!("SlackWebhook: `&`, `<` or `>` is not escaped in: {text}"));
    }
    core.slack.lock().messages.push(message);
    Ok(Reply::new(200, "text/plain", "ok"))
}

fn message(request: &Received, payload: Value) -> Result<SlackMessage, Refusal> {
    if !payload.is_object() {
        return Err(refused("invalid_payload", "the payload is not an object"));
    }
    let text = payload["text"].as_str().unwrap_or_default().chars().take(MAX_TEXT).collect::<String>();
    let blocks = blocks::of(&payload).map_err(|error| refused("invalid_blocks", error))?;
    if text.is_empty() && blocks.is_empty() && payload.get("attachments").is_none() {
        return Err(refused("no_text", "neither text nor blocks"));
    }
    Ok(SlackMessage { webhook: request.path.clone(), text, blocks, payload })
}

fn check_rate(core: &Core) -> Result<(), Refusal> {
    let mut store = core.slack.lock();
    let now = Instant::now();
    if store.limited && store.last.is_some_and(|last| now - last < SECOND) {
        return Err(Refusal::state("rate_limited", "one message per second")
            .status(429)
            .header("retry-after", "1"));
    }
    store.last = Some(now);
    Ok(())
}

fn refused(code: &str, detail: impl Into<String>) -> Refusal {
    Refusal::broken(code, detail)
}

/// A refusal as Slack spells it: the code, as plain text.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    Reply::new(refusal.status, "text/plain", refusal.code.clone())
}

/// What was posted to Slack; from [`crate::Cloud::slack`].
#[derive(Debug, Clone, Copy)]
pub struct Slack<'a> {
    core: &'a Core,
}

impl<'a> Slack<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every message, in order of arrival.
    pub fn messages(&self) -> Vec<SlackMessage> {
        self.core.slack.lock().messages.clone()
    }

    /// From now on answers 429 with `Retry-After: 1` to a message within a second of the last one.
    pub fn limit_rate(&self) {
        self.core.slack.lock().limited = true;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        Cloud,
        testing::{Answer, Call},
    };

    fn post(cloud: &Cloud, body: impl ToString) -> Answer {
        let call = Call::new("POST", "/services/T/B/x").header("content-type", "application/json");
        call.body(body.to_string()).send(cloud).unwrap()
    }

    #[test]
    fn messages_are_kept() {
        let cloud = Cloud::start();
        let blocks = json!([{"type": "header", "text": {"type": "plain_text", "text": "Stopped & gone"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "a &lt; b <https://x|link>"}}]);
        let reply = post(&cloud, json!({"text": "hello", "blocks": blocks}));
        assert_eq!((reply.status, reply.text().as_str()), (200, "ok"));
        let message = &cloud.slack().messages()[0];
        assert_eq!((message.webhook.as_str(), message.blocks.len()), ("/services/T/B/x", 2));
        assert_eq!(message.all_text(), "hello\nStopped & gone\na &lt; b <https://x|link>");
        cloud.assert_no_complaints();
    }

    #[test]
    fn errors_are_plain_words() {
        let cloud = Cloud::start();
        let broken =
            json!({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x".repeat(151)}}]});
        assert_eq!(post(&cloud, "{").text(), "invalid_payload");
        assert_eq!(post(&cloud, "{}").text(), "no_text");
        assert_eq!(post(&cloud, broken).text(), "invalid_blocks");
        assert_eq!(cloud.complaints().len(), 3);
    }

    #[test]
    fn unescaped_text_is_posted_and_complained_about() {
        let cloud = Cloud::start();
        for text in ["a < b", "a & b", "<script>"] {
            assert_eq!(post(&cloud, json!({"text": text})).status, 200);
        }
        assert_eq!((cloud.slack().messages().len(), cloud.complaints().len()), (3, 3));
    }

    #[test]
    fn the_rate_can_be_limited() {
        let cloud = Cloud::start();
        cloud.slack().limit_rate();
        assert_eq!(post(&cloud, json!({"text": "a"})).status, 200);
        let reply = post(&cloud, json!({"text": "b"}));
        assert_eq!((reply.status, reply.headers["retry-after"].as_str()), (429, "1"));
        cloud.assert_no_complaints();
    }
}
