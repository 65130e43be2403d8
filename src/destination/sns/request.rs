//! Requests of the query protocol, which is the only one that SNS has: a form goes in, XML comes back.
//!
//! <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html>, read 2026-11.

use http::{HeaderMap, HeaderValue, Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use xxhash_rust::xxh3::Xxh3;

use super::notification::SnsNotification;
use super::topic::SnsTopic;
use crate::config::endpoint::AwsService;
use crate::config::{AwsEnvironments, Identity, KeyReader};
use crate::destination::{Endpoint, HttpRequest, Purpose, Request};
use crate::encode::batch::Batch;
use crate::encode::partition::BatchItem;

/// The operation, for requests and the log.
pub(super) const OPERATION: &str = "PublishBatch";

/// The operation that asks for a topic without a message.
pub(super) const PROBE_OPERATION: &str = "GetTopicAttributes";

const API_VERSION: &str = "2010-03-31";

/// What a form encodes: all but the unreserved characters of RFC 3986.
const ENCODED_IN_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The requests to one topic.
#[derive(Debug)]
pub(super) struct TopicRequests {
    endpoint: String,
    pub(super) topic: SnsTopic,
}

impl TopicRequests {
    pub(super) fn read(
        reader: &KeyReader<'_>,
        environments: &AwsEnvironments,
        identity: &Identity,
        topic: SnsTopic,
    ) -> Self {
        let environment = environments.of(identity.profile.as_deref());
        Self { endpoint: environment.address(reader, "endpoint", AwsService::Sns, identity), topic }
    }

    pub(super) fn publish_batch(&self, batch: &Batch) -> Request {
        let mut form = Form::new(OPERATION, &self.topic.arn);
        for (position, (item, notification)) in notifications(batch).enumerate() {
            self.add_entry(&mut form, position, &item, &notification);
        }
        self.call(Purpose::Deliver, form)
    }

    pub(super) fn get_topic_attributes(&self) -> Request {
        self.call(Purpose::Prepare(PROBE_OPERATION), Form::new(PROBE_OPERATION, &self.topic.arn))
    }

    /// Entries are named by their place, so that the reply says which of them failed.
    fn add_entry(&self, form: &mut Form, position: usize, item: &BatchItem, notification: &SnsNotification) {
        let entry = format!("PublishBatchRequestEntries.member.{}", position + 1);
        form.add(&format!("{entry}.Id"), &position.to_string());
        form.add(&format!("{entry}.Message"), &notification.text);
        form.add(&format!("{entry}.Subject"), &notification.subject);
        for (number, attribute) in (1..).zip(&notification.attributes) {
            let place = format!("{entry}.MessageAttributes.entry.{number}");
            form.add(&format!("{place}.Name"), &attribute.name);
            form.add(&format!("{place}.Value.DataType"), attribute.data_type());
            form.add(&format!("{place}.Value.StringValue"), &attribute.value);
        }
        if self.topic.is_fifo {
            form.add(&format!("{entry}.MessageGroupId"), &notification.group);
            form.add(&format!("{entry}.MessageDeduplicationId"), &deduplication_id(item, notification));
        }
    }

    fn call(&self, purpose: Purpose, form: Form) -> Request {
        let mut headers = HeaderMap::new();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, form_type);
        let request = HttpRequest {
            method: Method::POST,
            url: self.endpoint.clone(),
            headers,
            body: form.text.into(),
            sign: Some(AwsService::Sns.label()),
        };
        Request { purpose, endpoint: Endpoint::Http(request) }
    }
}

/// The notifications of a batch, as `encode` wrote them.
pub(super) fn notifications(batch: &Batch) -> impl Iterator<Item = (BatchItem, SnsNotification)> {
    let text = batch.payload().to_bytes();
    let parsed = serde_json::Deserializer::from_slice(&text).into_iter::<SnsNotification>();
    let notifications: Vec<SnsNotification> = parsed.map_while(Result::ok).collect();
    batch.items.iter().copied().zip(notifications)
}

/// Two lines of the same text are two notifications, unless they are the same record of the same chunk again.
fn deduplication_id(item: &BatchItem, notification: &SnsNotification) -> String {
    let mut hasher = Xxh3::new();
    match &notification.identity {
        Some(identity) => hasher.update(identity.as_bytes()),
        None => {
            hasher.update(notification.chunk.as_bytes());
            hasher.update(&item.ordinal.to_le_bytes());
            hasher.update(&item.at_ms.to_le_bytes());
            hasher.update(notification.text.as_bytes());
        }
    }
    format!("{:032x}", hasher.digest128())
}

/// An urlencoded form.
struct Form {
    text: String,
}

impl Form {
    fn new(operation: &str, topic_arn: &str) -> Self {
        let mut form = Self { text: format!("Action={operation}&Version={API_VERSION}") };
        form.add("TopicArn", topic_arn);
        form
    }

    fn add(&mut self, name: &str, value: &str) {
        self.text.push('&');
        self.text.push_str(name);
        self.text.push('=');
        self.text.extend(utf8_percent_encode(value, ENCODED_IN_FORM));
    }
}
