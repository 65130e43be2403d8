//! The questions tests ask about SQS, and the messages they send.
//!
//! Queues may be named by name or by URL.

use std::time::Duration;

use super::queue::Queue;
use crate::{core::Core, identity::ACCOUNT};

/// What SQS holds; from [`crate::Cloud::sqs`].
#[derive(Debug, Clone, Copy)]
pub struct Sqs<'a> {
    core: &'a Core,
    port: u16,
}

impl<'a> Sqs<'a> {
    pub(crate) fn new(core: &'a Core, port: u16) -> Self {
        Self { core, port }
    }

    /// Creates a queue with a visibility timeout of 30 s; answers its URL.
    pub fn create_queue(&self, name: &str) -> String {
        self.core.sqs.lock().queues.entry(name.to_owned()).or_default();
        self.url(name)
    }

    /// A queue's URL.
    pub fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{ACCOUNT}/{name}", self.port)
    }

    /// Sets a queue's visibility timeout, in whole seconds.
    pub fn set_visibility_timeout(&self, queue: &str, timeout: Duration) {
        let seconds = i64::try_from(timeout.as_secs()).expect("a timeout of at most 12 hours");
        self.with(queue, |queue| queue.visibility_seconds = seconds);
    }

    /// Sends a message.
    pub fn send(&self, queue: &str, body: impl ToString) {
        let now = self.core.now_ms();
        self.with(queue, |queue| queue.send(now, body.to_string()));
    }

    /// Bodies of all messages not deleted yet, in flight or not.
    pub fn messages(&self, queue: &str) -> Vec<String> {
        self.with(queue, |queue| queue.bodies())
    }

    /// How many messages were received and are neither deleted nor visible again.
    pub fn in_flight(&self, queue: &str) -> usize {
        let now = self.core.now_ms();
        self.with(queue, |queue| queue.in_flight(now))
    }

    /// Bodies of the messages that were deleted, in that order.
    pub fn deleted(&self, queue: &str) -> Vec<String> {
        self.with(queue, |queue| queue.deleted())
    }

    /// Panics if there is no such queue.
    fn with<T>(&self, queue: &str, use_it: impl FnOnce(&mut Queue) -> T) -> T {
        let mut store = self.core.sqs.lock();
        use_it(store.queue(queue).unwrap_or_else(|_| panic!("no queue `{queue}`")))
    }
}
