//! The three operations of SQS that a consumer needs: requests and what their replies say. Pure.
//!
//! AWS JSON 1.0: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>, read 2026-11.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::destination::{HttpRequest, Reply, ReplyAction, RetryTiming, classify_aws_reply};
use crate::printable::json_fault;

/// The most messages of one ReceiveMessage.
pub(super) const MAX_MESSAGES: usize = 10;

/// The longest that a message may be kept invisible.
pub(super) const MAX_VISIBILITY_TIMEOUT_SECONDS: u64 = 43_200;

/// Where one queue is.
#[derive(Debug)]
pub(super) struct QueueAddress {
    url: String,
    endpoint: String,
}

/// A message that was received.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Message {
    pub(super) message_id: String,
    pub(super) receipt_handle: String,
    pub(super) body: String,
    pub(super) attributes: MessageAttributes,
}

/// SQS sends numbers as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct MessageAttributes {
    approximate_receive_count: String,
    sent_timestamp: String,
}

impl Message {
    /// How often it was received, this time included.
    pub(super) fn receives(&self) -> u32 {
        self.attributes.approximate_receive_count.parse().unwrap_or(1)
    }

    /// When it was sent, in milliseconds since 1970.
    pub(super) fn sent_ms(&self) -> i64 {
        self.attributes.sent_timestamp.parse().unwrap_or(0)
    }
}

impl QueueAddress {
    /// `endpoint` is where requests go; without one, the host of the queue's own address.
    pub(super) fn new(url: &str, endpoint: Option<&str>) -> Self {
        let origin = || url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Self { url: url.to_owned(), endpoint: endpoint.map_or_else(origin, str::to_owned) }
    }

    /// Waits at most `wait` seconds for messages; those received are invisible to others for `invisible` seconds.
    pub(super) fn receive(&self, wait: u64, invisible: u64) -> HttpRequest {
        let body = json!({
            "QueueUrl": self.url,
            "MaxNumberOfMessages": MAX_MESSAGES,
            "WaitTimeSeconds": wait,
            "VisibilityTimeout": invisible.min(MAX_VISIBILITY_TIMEOUT_SECONDS),
            // The older name, which every implementation knows.
            "AttributeNames": ["ApproximateReceiveCount", "SentTimestamp"],
        });
        self.call("ReceiveMessage", &body)
    }

    pub(super) fn delete(&self, receipt_handle: &str) -> HttpRequest {
        self.call("DeleteMessage", &json!({"QueueUrl": self.url, "ReceiptHandle": receipt_handle}))
    }

    /// Makes the message visible to everybody again in `seconds`.
    pub(super) fn leave(&self, receipt_handle: &str, seconds: u64) -> HttpRequest {
        let body = json!({
            "QueueUrl": self.url,
            "ReceiptHandle": receipt_handle,
            "VisibilityTimeout": seconds.min(MAX_VISIBILITY_TIMEOUT_SECONDS),
        });
        self.call("ChangeMessageVisibility", &body)
    }

    fn call(&self, operation: &str, body: &Value) -> HttpRequest {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        if let Ok(target) = HeaderValue::from_str(&format!("AmazonSQS.{operation}")) {
            headers.insert(HeaderName::from_static("x-amz-target"), target);
        }
        HttpRequest {
            method: Method::POST,
            url: format!("{}/", self.endpoint.trim_end_matches('/')),
            headers,
            body: body.to_string().into(),
            sign: Some("sqs"),
        }
    }
}

/// The messages of a reply to ReceiveMessage; an empty queue leaves the list out.
pub(super) fn messages(reply: &Reply) -> Result<Vec<Message>, ReplyAction> {
    #[derive(Deserialize)]
    struct Received {
        #[serde(rename = "Messages", default)]
        messages: Option<Vec<Message>>,
    }
    succeeded(reply, "ReceiveMessage")?;
    let unread = |error: serde_json::Error| {
        retry(format!(
            "ReceiveMessage answered something that is not a list of messages: {}",
            json_fault(&error)
        ))
    };
    let received: Received = serde_json::from_slice(&reply.body).map_err(unread)?;
    Ok(received.messages.unwrap_or_default())
}

/// Fails with what the reply means otherwise.
pub(super) fn succeeded(reply: &Reply, operation: &str) -> Result<(), ReplyAction> {
    match classify_aws_reply(reply, operation, "queue") {
        ReplyAction::Delivered => Ok(()),
        trouble => Err(trouble),
    }
}

/// Trouble that may pass.
pub(super) fn retry(reason: String) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(request: &HttpRequest) -> Value {
        serde_json::from_slice(&request.body.to_bytes()).unwrap()
    }

    #[test]
    fn requests_go_to_the_queues_host() {
        let queue = QueueAddress::new("https://sqs.eu-west-1.amazonaws.com/111122223333/stops", None);
        let request = queue.receive(20, 50);
        assert_eq!(request.url, "https://sqs.eu-west-1.amazonaws.com/");
        assert_eq!(request.headers["x-amz-target"], "AmazonSQS.ReceiveMessage");
        assert_eq!(body(&request)["VisibilityTimeout"], 50);
        assert_eq!(body(&queue.leave("r", 99_999))["VisibilityTimeout"], MAX_VISIBILITY_TIMEOUT_SECONDS);
        assert_eq!(body(&queue.delete("r"))["ReceiptHandle"], "r");
        let elsewhere =
            QueueAddress::new("https://sqs.eu-west-1.amazonaws.com/1/q", Some("https://vpce-1.example/"));
        assert_eq!(elsewhere.delete("r").url, "https://vpce-1.example/");
    }

    #[test]
    fn replies_are_read() {
        let reply = |status, body: &str| Reply { status, body: body.to_owned().into(), ..Reply::default() };
        let full = r#"{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"{}","MD5OfBody":"x","Attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1795000000123"}}]}"#;
        let messages_of = |body: &str| messages(&reply(200, body));
        let message = messages_of(full).unwrap().remove(0);
        assert_eq!((message.receives(), message.sent_ms()), (3, 1_795_000_000_123));
        assert!(
            messages_of("{}").unwrap().is_empty() && messages_of(r#"{"Messages":null}"#).unwrap().is_empty()
        );
        assert!(messages_of("<html>").is_err());
        let denied = r#"{"__type":"com.amazonaws.sqs#AccessDeniedException","message":"no"}"#;
        let trouble = |status, body: &str| messages(&reply(status, body)).unwrap_err();
        assert!(matches!(trouble(400, denied), ReplyAction::Retry { timing: RetryTiming::NextFlush, .. }));
        assert!(matches!(trouble(400, r#"{"__type":"RequestExpired"}"#), ReplyAction::Reauthorize { .. }));
        assert!(matches!(
            trouble(400, r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}"#),
            ReplyAction::Retry { timing: RetryTiming::NextFlush, .. }
        ));
        assert!(matches!(trouble(503, ""), ReplyAction::Retry { timing: RetryTiming::Backoff, .. }));
    }
}
