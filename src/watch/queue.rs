//! A queue of ECS events that an EventBridge rule fills: receives, brings each event through the pipeline, and deletes
//! a message only when its event has arrived.
//!
//! Owns: how many are under way, what becomes of a message, and resting while nothing can be delivered. A message that
//! could not be delivered is left to the queue, which gives it to this or another collector later; one that is no
//! event at all is left to the queue's redrive policy. Several collectors may share a queue.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::sqs::{self, MOST_MESSAGES, Message, QueueAddress};
use super::{ChunkSink, ShutdownRx, chunk_of};
use crate::config::QueueSettings;
use crate::delivery::verdict::Verdict;
use crate::destination::{HttpRequest, Reply, ReplyAction, RetryTiming};
use crate::log::{Level, Log};
use crate::metrics::{self, Metrics};
use crate::transport::aws::Signer;
use crate::transport::http::{Client, Failure};

/// The tag of its events.
const TAG: &str = "ecs_router.queue";

/// How long SQS may wait for a message, its own maximum in seconds.
const WAIT: u64 = 20;

/// How long one request may take besides that.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Messages under way at one time.
const UNDER_WAY: usize = 4 * MOST_MESSAGES;

/// A message stays invisible for as long as its event may take, and this much longer to be deleted.
const MARGIN: u64 = 30;

/// The longest rest while nothing works, and the longest that a message is left alone.
const LONGEST_REST: u64 = 300;

/// Tries at deleting a message whose event has arrived.
const DELETE_TRIES: u32 = 5;

/// Polls one queue.
#[derive(Debug)]
pub struct QueueWatch<I> {
    queue: QueueAddress,
    invisible: u64,
    client: Client,
    signer: Signer,
    inlet: I,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Delivered,
    Left,
    Poison,
}

impl<I: ChunkSink + 'static> QueueWatch<I> {
    /// `flush_timeout` is how long one event may take. Fails with words for the user when `ca_file` cannot be read.
    pub fn new(
        settings: &QueueSettings,
        flush_timeout: Duration,
        inlet: I,
        metrics: Arc<Metrics>,
        log: Rc<Log>,
    ) -> Result<Self, String> {
        let client = Client::new(settings.ca_file.as_deref())?;
        Ok(Self {
            queue: QueueAddress::new(&settings.url, settings.endpoint.as_deref()),
            invisible: flush_timeout.as_secs() + MARGIN,
            signer: Signer::new(settings.identity.clone(), client.clone()),
            client,
            inlet,
            metrics,
            log,
        })
    }

    /// Receives until the process ends; what is under way then is still finished.
    pub async fn run(self, mut leaving: ShutdownRx) {
        let this = Rc::new(self);
        // At most one; never given up while there is time, because what SQS sends to nobody stays invisible.
        let mut receiving = JoinSet::new();
        let mut under_way = JoinSet::new();
        let mut in_vain = 0u32;
        while !*leaving.borrow_and_update() {
            if receiving.is_empty() && under_way.len() + MOST_MESSAGES <= UNDER_WAY {
                receiving.spawn_local(Rc::clone(&this).receive(in_vain));
            }
            tokio::select! {
                Ok(()) = leaving.changed() => {}
                Some(done) = under_way.join_next() => in_vain = after(done.ok(), in_vain),
                Some(received) = receiving.join_next() => match received {
                    Ok(Ok(messages)) => for message in messages {
                        under_way.spawn_local(Rc::clone(&this).handle(message));
                    },
                    _ => in_vain = in_vain.saturating_add(1),
                },
            }
        }
        receiving.abort_all();
        while under_way.join_next().await.is_some() {}
    }

    /// Rests when the last attempts were in vain, then waits for messages.
    async fn receive(self: Rc<Self>, in_vain: u32) -> Result<Vec<Message>, ()> {
        if in_vain > 0 {
            tokio::time::sleep(Duration::from_secs(rest(in_vain))).await;
        }
        let timeout = TIMEOUT + Duration::from_secs(WAIT);
        let received = match self.call(self.queue.receive(WAIT, self.invisible), timeout).await {
            Ok(reply) => sqs::messages(&reply),
            Err(why) => Err(why),
        };
        let messages = received.map_err(|why| self.complain("receive messages", &why))?;
        self.counters().received.fetch_add(messages.len() as u64, Relaxed);
        Ok(messages)
    }

    async fn handle(self: Rc<Self>, message: Message) -> Fate {
        let Some(event) = event_in(&message.body) else {
            self.counters().poison.fetch_add(1, Relaxed);
            self.log.once_a_minute(
                Level::Warn,
                "queue/poison",
                "queue.url: a message is no JSON object; it is left to the queue's redrive policy",
            );
            return Fate::Poison;
        };
        let chunk = chunk_of(time_of(&event).unwrap_or(message.sent_ms()), &event);
        match self.inlet.submit(TAG, &chunk).await {
            Verdict::Ok => {
                self.delete(&message).await;
                Fate::Delivered
            }
            Verdict::Retry | Verdict::Error => {
                self.leave(&message).await;
                Fate::Left
            }
        }
    }

    /// A message that cannot be deleted comes again, and its stop is then known as told.
    async fn delete(&self, message: &Message) {
        for tries in 1..=DELETE_TRIES {
            let deleted = self.call(self.queue.delete(&message.receipt_handle), TIMEOUT).await;
            match deleted.and_then(|reply| sqs::succeeded(&reply, "DeleteMessage")) {
                Ok(()) => {
                    self.counters().deleted.fetch_add(1, Relaxed);
                    return;
                }
                Err(why) => self.complain("delete a message", &why),
            }
            tokio::time::sleep(Duration::from_millis(100 << tries)).await;
        }
    }

    /// Tried once: without it the message becomes visible again a little later.
    async fn leave(&self, message: &Message) {
        self.counters().left.fetch_add(1, Relaxed);
        let left =
            self.call(self.queue.leave(&message.receipt_handle, rest(message.receives())), TIMEOUT).await;
        if let Err(why) = left.and_then(|reply| sqs::succeeded(&reply, "ChangeMessageVisibility")) {
            self.complain("leave a message", &why);
        }
    }

    async fn call(&self, mut request: HttpRequest, timeout: Duration) -> Result<Reply, ReplyAction> {
        let later = |failure: Failure| sqs::later(failure.to_string());
        self.signer.sign(&mut request, "sqs").await.map_err(later)?;
        self.client.send(&request, timeout).await.map_err(later)
    }

    fn complain(&self, what: &str, trouble: &ReplyAction) {
        const ADVICE: &str = "; check queue.url, queue.region and the role's sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility";
        let (level, why, advice) = match trouble {
            ReplyAction::Reauthorize { why } => {
                self.signer.credentials_refused();
                (Level::Warn, why.as_str(), "")
            }
            ReplyAction::Retry { timing: RetryTiming::NextFlush, why } => {
                (Level::Error, why.as_str(), ADVICE)
            }
            ReplyAction::Retry { timing: RetryTiming::Backoff, why } => (Level::Warn, why.as_str(), ""),
            // Calls without a batch have no other outcome.
            _ => (Level::Warn, "an answer that cannot be", ""),
        };
        self.log.once_a_minute(
            level,
            &format!("queue/{what}"),
            format_args!("queue: cannot {what}: {why}{advice}"),
        );
    }

    fn counters(&self) -> &metrics::QueueCounters {
        &self.metrics.queue
    }
}

/// The record of a message: an object as it is; a list as text, for the pipeline to take apart.
fn event_in(body: &str) -> Option<Value> {
    match serde_json::from_str(body).ok()? {
        object @ Value::Object(_) => Some(object),
        Value::Array(_) => Some(json!({ "message": body })),
        _ => None,
    }
}

/// When EventBridge says that it happened, in milliseconds.
fn time_of(event: &Value) -> Option<i64> {
    let time: jiff::Timestamp = event.get("time")?.as_str()?.parse().ok()?;
    Some(time.as_millisecond())
}

/// Rounds in vain so far, after one more message. While nothing can be delivered, receiving more would only use up
/// the receives that the queue allows a message.
fn after(fate: Option<Fate>, in_vain: u32) -> u32 {
    match fate {
        Some(Fate::Delivered) => 0,
        Some(Fate::Left) | None => in_vain.saturating_add(1),
        Some(Fate::Poison) => in_vain,
    }
}

/// Seconds of rest: 2, 4, 8 … with jitter.
fn rest(in_vain: u32) -> u64 {
    let most = (1u64 << in_vain.clamp(1, 10)).min(LONGEST_REST);
    fastrand::u64(most.div_ceil(2)..=most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_object_or_a_list_of_them() {
        assert_eq!(event_in(r#"{"source":"aws.ecs"}"#), Some(json!({"source": "aws.ecs"})));
        assert_eq!(event_in("[{}]"), Some(json!({"message": "[{}]"})));
        for poison in ["", "hello", "7", "null", "{\"a\":", "\"{}\""] {
            assert_eq!(event_in(poison), None, "{poison}");
        }
    }

    #[test]
    fn an_events_own_time_counts() {
        assert_eq!(time_of(&json!({"time": "2026-11-21T10:00:00Z"})), Some(1_795_255_200_000));
        assert_eq!(time_of(&json!({"time": 7})), None);
    }

    #[test]
    fn rests_grow_up_to_five_minutes() {
        for (in_vain, range) in [(0, 1..=2), (1, 1..=2), (3, 4..=8), (100, 150..=300)] {
            assert!(range.contains(&rest(in_vain)), "{in_vain}");
        }
        assert_eq!(
            [Some(Fate::Delivered), Some(Fate::Left), Some(Fate::Poison)].map(|fate| after(fate, 3)),
            [0, 4, 3]
        );
    }
}
