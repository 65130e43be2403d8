//! The shapes of envelopes: the fields that tell them apart, each as the text it is in.
//!
//! - SNS: <https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html>
//! - SQS and SNS through Lambda: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>, `with-sns.html`
//! - Firehose: <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>
//! - CloudWatch Logs: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::agent;

/// The fields of all shapes; which of them are there tells the shape.
#[derive(Debug, Deserialize)]
pub(super) struct JsonObject<'r> {
    source: Option<&'r RawValue>,
    container_id: Option<&'r RawValue>,
    container_name: Option<&'r RawValue>,
    /// EventBridge.
    #[serde(borrow, rename = "detail-type")]
    pub(super) detail_type: Option<&'r RawValue>,
    /// SNS.
    #[serde(borrow, rename = "Message")]
    pub(super) sns_message: Option<&'r RawValue>,
    /// SQS or SNS, as Lambda gets them …
    #[serde(borrow, rename = "Records")]
    pub(super) batch: Option<&'r RawValue>,
    /// … a message of SQS in it …
    #[serde(borrow)]
    pub(super) body: Option<&'r RawValue>,
    /// … or one of SNS.
    #[serde(borrow, rename = "Sns")]
    pub(super) sns: Option<&'r RawValue>,
    /// Firehose.
    #[serde(borrow)]
    pub(super) records: Option<&'r RawValue>,
    /// base64: in Firehose's records and in `awslogs`.
    #[serde(borrow)]
    pub(super) data: Option<&'r RawValue>,
    /// CloudWatch Logs to Lambda.
    #[serde(borrow)]
    pub(super) awslogs: Option<&'r RawValue>,
    /// CloudWatch Logs, decoded …
    #[serde(borrow, rename = "logEvents")]
    pub(super) log_events: Option<&'r RawValue>,
    #[serde(borrow, rename = "messageType")]
    message_type: Option<&'r RawValue>,
    /// … and a line of it.
    #[serde(borrow)]
    pub(super) message: Option<&'r RawValue>,
    #[serde(borrow, rename = "Action")]
    action: Option<&'r RawValue>,
    #[serde(borrow, rename = "Actor")]
    actor: Option<&'r RawValue>,
    #[serde(borrow)]
    msg: Option<&'r RawValue>,
}

impl JsonObject<'_> {
    /// Whether the object has the fields that FireLens's log driver adds.
    pub(super) fn is_application_output(&self) -> bool {
        let stream = self.source.is_some_and(|source| matches!(source.get(), r#""stdout""# | r#""stderr""#));
        stream || self.container_id.is_some() || self.container_name.is_some()
    }

    pub(super) fn is_docker_event(&self) -> bool {
        self.action.is_some() && self.actor.is_some()
    }

    pub(super) fn is_agent_line(&self) -> bool {
        self.msg.and_then(text).is_some_and(|text| text == agent::STATE_CHANGE_MESSAGE)
    }

    /// CloudWatch Logs sends it to check whether the receiver can be reached.
    pub(super) fn is_control_message(&self) -> bool {
        self.message_type.and_then(text).is_some_and(|text| text == "CONTROL_MESSAGE")
    }
}

/// The fields of an object; `None` for anything else, and for an object that has one of them twice.
pub(super) fn parse(value: &RawValue) -> Option<JsonObject<'_>> {
    serde_json::from_str(value.get()).ok()
}

/// The text of a JSON string.
pub(super) fn text(value: &RawValue) -> Option<String> {
    value.get().starts_with('"').then(|| serde_json::from_str(value.get()).ok())?
}

/// Visits the elements of an array one by one, so that they take no memory, as long as `visit` wants another; answers
/// whether it is an array and was visited to its end.
pub(super) fn for_each_element(array: &RawValue, visit: impl FnMut(&RawValue) -> bool) -> bool {
    serde_json::Deserializer::from_str(array.get()).deserialize_seq(Elements(visit)).is_ok()
}

struct Elements<F>(F);

impl<'de, F: FnMut(&RawValue) -> bool> Visitor<'de> for Elements<F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            if !(self.0)(item) {
                return Err(A::Error::custom("no more elements are wanted"));
            }
        }
        Ok(())
    }
}
