//! A queue of ECS events that an EventBridge rule fills: receives messages, submits each event to the router, and deletes
//! a message only when its event has arrived.
//!
//! Owns: how many are in flight, and what becomes of a message. Does not own: pauses (`pacing`). A message that
//! could not be delivered is left to the queue, which gives it to this or another collector later; one that is no
//! event of ECS is left to the queue's redrive policy. Several collectors may share a queue.
//!
//! Whoever may send to the queue vouches for what is in it: an event that lost its envelope on the way gets it back.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::pacing::{Pacing, pause_seconds};
use super::sqs::{self, MAX_MESSAGES, Message, QueueAddress};
use super::{ChunkSink, ShutdownRx, encode_chunk};
use crate::config::QueueSettings;
use crate::delivery::verdict::Verdict;
use crate::destination::{HttpRequest, Reply, ReplyAction, RetryTiming};
use crate::envelope;
use crate::log::{Level, Log};
use crate::metrics::{self, Metrics};
use crate::stop;
use crate::transport::aws::Signer;
use crate::transport::http::{Client, Failure};

/// The tag of the events.
const EVENT_TAG: &str = "ecs_router.queue";

/// How long SQS may wait for a message, its own maximum.
const LONG_POLL_SECONDS: u64 = 20;

/// How long one request may take besides that.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Messages in flight at one time.
const MAX_IN_FLIGHT: usize = 4 * MAX_MESSAGES;

/// How much longer than its event may take a message stays invisible, so that it can be deleted.
const DELETE_MARGIN_SECONDS: u64 = 30;

/// Attempts to delete a message whose event has arrived.
const DELETE_ATTEMPTS: u32 = 5;

/// Polls one queue.
#[derive(Debug)]
pub struct QueueWatch<S> {
    queue: QueueAddress,
    visibility_timeout_seconds: u64,
    client: Client,
    signer: Signer,
    sink: S,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MessageOutcome {
    Delivered,
    Left,
    Poison,
}

impl<S: ChunkSink + 'static> QueueWatch<S> {
    /// `flush_timeout` bounds the delivery of one event.
    ///
    /// # Errors
    /// `ca_file` cannot be read; in words for the user.
    pub fn new(
        settings: &QueueSettings,
        flush_timeout: Duration,
        sink: S,
        metrics: Arc<Metrics>,
        log: Rc<Log>,
    ) -> Result<Self, String> {
        let client = Client::for_aws(settings.ca_file.as_deref())?;
        Ok(Self {
            queue: QueueAddress::new(&settings.url, settings.endpoint.as_deref()),
            visibility_timeout_seconds: flush_timeout.as_secs() + DELETE_MARGIN_SECONDS,
            signer: Signer::new(settings.identity.clone(), client.clone()),
            client,
            sink,
            metrics,
            log,
        })
    }

    /// Receives until the process ends; messages in flight then are still finished.
    pub async fn run(self, mut shutdown: ShutdownRx) {
        let this = Rc::new(self);
        // At most one, and never cancelled while there is time: messages that SQS sends to nobody stay invisible.
        let mut receiving = JoinSet::new();
        let mut in_flight = JoinSet::new();
        let mut pacing = Pacing::default();
        while !*shutdown.borrow_and_update() {
            let has_room = in_flight.len() + MAX_MESSAGES <= MAX_IN_FLIGHT;
            if receiving.is_empty() && has_room && pacing.is_open() {
                pacing.begin();
                receiving.spawn_local(Rc::clone(&this).receive());
            }
            tokio::select! {
                Ok(()) = shutdown.changed() => {}
                () = pacing.pause_over() => {}
                Some(done) = in_flight.join_next() => note_outcome(&mut pacing, done.ok()),
                Some(received) = receiving.join_next() => match received {
                    Ok(Ok(messages)) if messages.is_empty() => pacing.rest(),
                    Ok(Ok(messages)) => for message in messages {
                        in_flight.spawn_local(Rc::clone(&this).handle_of(pacing.last(), message));
                    },
                    _ => pacing.fail(pacing.last()),
                },
            }
        }
        receiving.abort_all();
        while in_flight.join_next().await.is_some() {}
    }

    /// Waits for messages.
    async fn receive(self: Rc<Self>) -> Result<Vec<Message>, ()> {
        let timeout = REQUEST_TIMEOUT + Duration::from_secs(LONG_POLL_SECONDS);
        let received = match self
            .call(self.queue.receive(LONG_POLL_SECONDS, self.visibility_timeout_seconds), timeout)
            .await
        {
            Ok(reply) => sqs::messages(&reply),
            Err(trouble) => Err(trouble),
        };
        let mut messages = received.map_err(|trouble| self.log_trouble("receive messages", &trouble))?;
        if messages.len() > MAX_MESSAGES {
            self.log.once_a_minute(
                Level::Warn,
                "queue/too many",
                format_args!(
                    "queue: ReceiveMessage answered {} messages, {MAX_MESSAGES} were asked for; the rest stays in the queue; look at queue.endpoint and at proxies before it",
                    messages.len()
                ),
            );
            messages.truncate(MAX_MESSAGES);
        }
        self.counters().received.fetch_add(messages.len() as u64, Relaxed);
        Ok(messages)
    }

    /// Handles a message that was received in this round.
    async fn handle_of(self: Rc<Self>, round: u64, message: Message) -> (u64, MessageOutcome) {
        (round, self.handle(message).await)
    }

    async fn handle(self: Rc<Self>, message: Message) -> MessageOutcome {
        let Some(records) = read_records(&message.body) else {
            return self.leave_poison(&message);
        };
        let chunk: Vec<u8> = records
            .iter()
            .flat_map(|record| encode_chunk(event_time_ms(record).unwrap_or(message.sent_ms()), record))
            .collect();
        match self.sink.submit(EVENT_TAG, &chunk).await {
            Verdict::Ok => {
                self.delete(&message).await;
                MessageOutcome::Delivered
            }
            Verdict::Retry | Verdict::Error => {
                self.leave(&message).await;
                MessageOutcome::Left
            }
        }
    }

    /// Neither deletes a message nor gives it back early, so that the queue's own timeout and redrive policy hold.
    fn leave_poison(&self, message: &Message) -> MessageOutcome {
        self.counters().poison.fetch_add(1, Relaxed);
        self.log.once_a_minute(
            Level::Warn,
            "queue/poison",
            format_args!(
                "queue.url: message {} is not an ECS event; it stays in the queue until the redrive policy moves it to the dead-letter queue; look at it there, and send whole events from EventBridge (no InputPath, no input transformer)",
                message.message_id
            ),
        );
        MessageOutcome::Poison
    }

    /// Deletes a message. One that cannot be deleted comes again, and its stop is then known as reported.
    async fn delete(&self, message: &Message) {
        for attempt in 1..=DELETE_ATTEMPTS {
            let deleted = self.call(self.queue.delete(&message.receipt_handle), REQUEST_TIMEOUT).await;
            match deleted.and_then(|reply| sqs::succeeded(&reply, "DeleteMessage")) {
                Ok(()) => {
                    self.counters().deleted.fetch_add(1, Relaxed);
                    return;
                }
                Err(trouble) => self.log_trouble("delete a message", &trouble),
            }
            tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
        }
    }

    /// Gives a message back to the queue. Tried once: otherwise the message becomes visible again a little later.
    async fn leave(&self, message: &Message) {
        self.counters().left.fetch_add(1, Relaxed);
        let left = self
            .call(
                self.queue.leave(&message.receipt_handle, pause_seconds(message.receives())),
                REQUEST_TIMEOUT,
            )
            .await;
        if let Err(trouble) = left.and_then(|reply| sqs::succeeded(&reply, "ChangeMessageVisibility")) {
            self.log_trouble("return a message", &trouble);
        }
    }

    async fn call(&self, mut request: HttpRequest, timeout: Duration) -> Result<Reply, ReplyAction> {
        let retry = |failure: Failure| sqs::retry(failure.to_string());
        self.signer.key("sqs").await.and_then(|key| key.sign(&mut request)).map_err(retry)?;
        self.client.send(&request, timeout).await.map_err(retry)
    }

    fn log_trouble(&self, what: &str, trouble: &ReplyAction) {
        const ADVICE: &str = "; check queue.url, queue.region and the role's sqs:ReceiveMessage, sqs:DeleteMessage, sqs:ChangeMessageVisibility";
        let (level, reason, advice) = match trouble {
            ReplyAction::Reauthorize { reason } => {
                self.signer.credentials_refused();
                (Level::Warn, reason.as_str(), "")
            }
            ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } => {
                (Level::Error, reason.as_str(), ADVICE)
            }
            ReplyAction::Retry { timing: RetryTiming::Backoff, reason } => (Level::Warn, reason.as_str(), ""),
            // Calls without a batch have no other outcome.
            _ => (Level::Warn, "unexpected reply", ""),
        };
        self.log.once_a_minute(
            level,
            &format!("queue/{what}"),
            format_args!("queue: cannot {what}: {reason}{advice}; will be retried"),
        );
    }

    fn counters(&self) -> &metrics::QueueCounters {
        &self.metrics.queue
    }
}

/// The records of a message: the event that it is, or those in its envelope; where the envelope holds something else as
/// well, the message as it is, a list as text, for the router to unwrap. `None`: there is no event in it.
fn read_records(body: &str) -> Option<Vec<Value>> {
    let value: Value = serde_json::from_str(body).ok()?;
    if stop::is_event(&value) {
        return Some(vec![value]);
    }
    let envelope = envelope::unwrap_vouched(body)?;
    match value {
        _ if !envelope.has_rest => Some(envelope.events),
        Value::Object(_) => Some(vec![value]),
        _ => Some(vec![json!({ "message": body })]),
    }
}

/// When EventBridge says that it happened, in milliseconds.
fn event_time_ms(event: &Value) -> Option<i64> {
    let time: jiff::Timestamp = event.get("time")?.as_str()?.parse().ok()?;
    Some(time.as_millisecond())
}

/// A message whose handling broke off counts as left.
fn note_outcome(pacing: &mut Pacing, outcome: Option<(u64, MessageOutcome)>) {
    match outcome {
        Some((_, MessageOutcome::Delivered)) => pacing.succeed(),
        Some((_, MessageOutcome::Poison)) => pacing.rest(),
        Some((round, MessageOutcome::Left)) => pacing.fail(round),
        None => pacing.fail(pacing.last()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_event_or_an_envelope_of_some() {
        let running = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {"lastStatus": "RUNNING"}});
        let own = json!({"source": "ecs_router", "detail-type": "ECS Container Exit", "detail": {}});
        for event in [&running, &own] {
            assert_eq!(read_records(&event.to_string()), Some(vec![event.clone()]));
        }
        let list = json!([running, running]);
        assert_eq!(read_records(&list.to_string()), Some(vec![running.clone(), running.clone()]));
        for mixed in [json!([running, "text"]), json!({"records": 1, "Message": [running, "text"]})] {
            let whole = if mixed.is_object() { mixed.clone() } else { json!({"message": mixed.to_string()}) };
            assert_eq!(read_records(&mixed.to_string()), Some(vec![whole]), "{mixed}");
        }
    }

    #[test]
    fn what_is_no_event_of_ecs_is_poison() {
        for poison in ["", "hello", "7", "null", "{\"a\":", "\"{}\"", "{}", "[{}]", r#"{"source":"aws.ecs"}"#]
        {
            assert_eq!(read_records(poison), None, "{poison}");
        }
        let other = json!({"source": "aws.health", "detail-type": "AWS Health Event", "detail": {}});
        assert_eq!(read_records(&other.to_string()), None);
    }

    #[test]
    fn an_events_own_time_counts() {
        assert_eq!(event_time_ms(&json!({"time": "2026-11-21T10:00:00Z"})), Some(1_795_255_200_000));
        assert_eq!(event_time_ms(&json!({"time": 7})), None);
    }
}
