//! Requests to CloudWatch Logs: `PutLogEvents`, and the calls that create what it needs.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::compression::RequestCompression;
use super::entity::{LogEntity, SEPARATOR};
use crate::config::endpoint::AwsService;
use crate::config::{AwsEnvironments, Identity, KeyReader};
use crate::destination::aws_json::AwsJsonService;
use crate::destination::{Endpoint, Purpose, Request, probe};
use crate::encode::batch::Batch;
use crate::encode::payload::Payload;
use crate::json::Writer;

/// The settings that requests are made from.
#[derive(Debug)]
pub(super) struct LogRequests {
    service: AwsJsonService,
    log_format: Option<&'static str>,
    pub(super) compression: RequestCompression,
    new_group: Option<NewGroup>,
    pub(super) entity: Option<LogEntity>,
}

/// How a missing log group is created.
#[derive(Debug)]
struct NewGroup {
    retention_days: Option<u32>,
    class: Option<&'static str>,
    tags: Vec<(String, String)>,
    kms_key_id: Option<String>,
}

impl LogRequests {
    pub(super) fn read(reader: &KeyReader<'_>, environments: &AwsEnvironments, identity: &Identity) -> Self {
        Self {
            service: AwsJsonService::read(reader, environments, identity, AwsService::Logs, "Logs_20140328"),
            log_format: reader.choice("log_format"),
            compression: RequestCompression::read(reader),
            new_group: NewGroup::read(reader),
            entity: LogEntity::read(reader),
        }
    }

    pub(super) fn put_log_events(&self, batch: &Batch) -> Request {
        let request = self.put(Purpose::Deliver, self.body(batch), self.headers());
        match request.endpoint {
            Endpoint::Http(plain) => self.compression.request(plain),
            endpoint => Request { endpoint, ..request },
        }
    }

    /// Delivers the batch without compression, for an endpoint that may not read it.
    pub(super) fn put_uncompressed(&self, batch: &Batch) -> Request {
        self.put(Purpose::DeliverUncompressed, self.body(batch), self.headers())
    }

    fn put(&self, purpose: Purpose, body: Payload, headers: HeaderMap) -> Request {
        self.service.call(purpose, "PutLogEvents", body, headers)
    }

    fn headers(&self) -> HeaderMap {
        let format = self.log_format.map(HeaderValue::from_static);
        format.into_iter().map(|format| (HeaderName::from_static("x-amzn-logs-format"), format)).collect()
    }

    fn body(&self, batch: &Batch) -> Payload {
        let (group, stream) = group_and_stream(batch);
        let mut head = Vec::with_capacity(128 + 2 * (group.len() + stream.len()));
        let mut writer = Writer::<false>::new(&mut head);
        writer.raw(b"{\"logGroupName\":");
        writer.string(group.as_bytes());
        writer.raw(b",\"logStreamName\":");
        writer.string(stream.as_bytes());
        if let Some(entity) = self.entity.as_ref().and_then(|entity| entity.of_target(batch.target())) {
            writer.raw(b",\"entity\":");
            writer.raw(entity.to_string().as_bytes());
        }
        writer.raw(b",\"logEvents\":[");
        batch.payload_between(head, "]}")
    }

    /// An event of 1970 for a stream that nobody has.
    pub(super) fn put_nothing(&self, batch: &Batch) -> Request {
        let body = json!({
            "logGroupName": group_and_stream(batch).0,
            "logStreamName": probe::NAME,
            "logEvents": [{"timestamp": 0, "message": probe::NAME}],
        });
        self.service.call(Purpose::Deliver, "PutLogEvents", body.to_string().into(), HeaderMap::new())
    }

    /// Whether a group that is missing is created.
    pub(super) fn creates_groups(&self) -> bool {
        self.new_group.is_some()
    }

    pub(super) fn create_stream(&self, batch: &Batch) -> Request {
        let (group, stream) = group_and_stream(batch);
        self.prepare("CreateLogStream", &json!({"logGroupName": group, "logStreamName": stream}))
    }

    /// Creates the group, sets its retention, creates the stream; `None` unless `auto_create_group` is on.
    pub(super) fn create_group(&self, batch: &Batch) -> Option<Vec<Request>> {
        let new_group = self.new_group.as_ref()?;
        let (group, _) = group_and_stream(batch);
        let mut requests = vec![self.prepare("CreateLogGroup", &new_group.body(&group))];
        if let Some(days) = new_group.retention_days {
            let body = json!({"logGroupName": group, "retentionInDays": days});
            requests.push(self.prepare("PutRetentionPolicy", &body));
        }
        requests.push(self.create_stream(batch));
        Some(requests)
    }

    fn prepare(&self, operation: &'static str, body: &Value) -> Request {
        self.service.call(Purpose::Prepare(operation), operation, body.to_string().into(), HeaderMap::new())
    }
}

impl NewGroup {
    /// `None` unless `auto_create_group` is on; keys that only mean something then are checked either way.
    fn read(reader: &KeyReader<'_>) -> Option<Self> {
        let new_group = Self {
            retention_days: reader.choice("retention_days").and_then(|days| days.parse().ok()),
            class: reader.choice("log_group_class"),
            tags: reader.pairs("log_group_tags"),
            kms_key_id: reader.text("kms_key_id"),
        };
        let create = reader.flag("auto_create_group");
        for key in ["retention_days", "log_group_class", "log_group_tags", "kms_key_id"] {
            if !create && reader.written(key).is_some() {
                reader.problem(key, "has no effect unless auto_create_group is on");
            }
        }
        create.then_some(new_group)
    }

    /// The body of `CreateLogGroup`.
    fn body(&self, group: &str) -> Value {
        let mut body = json!({"logGroupName": group});
        if let Some(class) = self.class {
            body["logGroupClass"] = class.into();
        }
        if let Some(key) = &self.kms_key_id {
            body["kmsKeyId"] = key.as_str().into();
        }
        if !self.tags.is_empty() {
            body["tags"] =
                self.tags.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        }
        body
    }
}

/// The names of the log group and the log stream that a batch goes to.
pub(super) fn group_and_stream(batch: &Batch) -> (String, String) {
    let mut names = batch.target().split(|byte| *byte == SEPARATOR);
    let mut next = || String::from_utf8_lossy(names.next().unwrap_or_default()).into_owned();
    (next(), next())
}
