//! A queue: which messages can be received now, and what a receipt handle is good for.
//!
//! Takes the time as a parameter. Knows nothing of JSON requests.

use md5::{Digest, Md5};
use serde_json::{Value, json};

const DEFAULT_VISIBILITY_SECONDS: i64 = 30;

/// A message and where it is in its life.
#[derive(Debug, Clone)]
struct Message {
    id: u64,
    body: String,
    sent_ms: i64,
    /// From when on it can be received.
    visible_ms: i64,
    receive_count: u32,
}

/// Proof of one receipt of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handle {
    id: u64,
    receive_count: u32,
}

impl Handle {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (id, count) = text.strip_prefix("receipt-")?.split_once('-')?;
        Some(Self { id: id.parse().ok()?, receive_count: count.parse().ok()? })
    }
}

/// One standard queue.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) visibility_seconds: i64,
    messages: Vec<Message>,
    deleted: Vec<String>,
    next_id: u64,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            visibility_seconds: DEFAULT_VISIBILITY_SECONDS,
            messages: Vec::new(),
            deleted: Vec::new(),
            next_id: 1,
        }
    }
}

impl Queue {
    pub(super) fn send(&mut self, now: i64, body: String) {
        self.messages.push(Message {
            id: self.next_id,
            body,
            sent_ms: now,
            visible_ms: now,
            receive_count: 0,
        });
        self.next_id += 1;
    }

    /// Takes up to `most` visible messages out of sight.
    pub(super) fn receive(&mut self, now: i64, most: i64, visibility: Option<i64>) -> Vec<Value> {
        let hidden_until = now + visibility.unwrap_or(self.visibility_seconds) * 1000;
        let most = usize::try_from(most).expect("a count of messages");
        let visible = self.messages.iter_mut().filter(|message| message.visible_ms <= now).take(most);
        visible.map(|message| message.receive(hidden_until)).collect()
    }

    /// Deletes a message, unless it was received again since; like SQS, says nothing about it.
    pub(super) fn delete(&mut self, handle: &Handle) {
        if let Some(index) = self.messages.iter().position(|message| message.is(handle)) {
            self.deleted.push(self.messages.remove(index).body);
        }
    }

    /// Whether the message was in flight and is now hidden for `seconds` from now.
    pub(super) fn change_visibility(&mut self, handle: &Handle, now: i64, seconds: i64) -> bool {
        let in_flight = |message: &&mut Message| message.is(handle) && message.visible_ms > now;
        let Some(message) = self.messages.iter_mut().find(in_flight) else { return false };
        message.visible_ms = now + seconds * 1000;
        true
    }

    pub(super) fn visible(&self, now: i64) -> usize {
        self.messages.iter().filter(|message| message.visible_ms <= now).count()
    }

    pub(super) fn in_flight(&self, now: i64) -> usize {
        self.messages.len() - self.visible(now)
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        self.messages.iter().map(|message| message.body.clone()).collect()
    }

    pub(super) fn deleted(&self) -> Vec<String> {
        self.deleted.clone()
    }
}

impl Message {
    fn is(&self, handle: &Handle) -> bool {
        (self.id, self.receive_count) == (handle.id, handle.receive_count)
    }

    fn receive(&mut self, hidden_until: i64) -> Value {
        self.visible_ms = hidden_until;
        self.receive_count += 1;
        let md5: String = Md5::digest(&self.body).iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "MessageId": format!("00000000-0000-4000-8000-{:012}", self.id),
            "ReceiptHandle": format!("receipt-{}-{}", self.id, self.receive_count),
            "MD5OfBody": md5,
            "Body": self.body,
            "Attributes": {
                "ApproximateReceiveCount": self.receive_count.to_string(),
                "SentTimestamp": self.sent_ms.to_string(),
            },
        })
    }
}
