//! Amazon CloudWatch Logs: PutLogEvents, and making groups and streams that are missing.
//!
//! API: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>, read 2026-11.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use super::aws_json::Service;
use super::{
    Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, RetryTiming, aws_error, content,
    gzip,
};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::json::Writer;
use crate::metrics::Reason;

/// What each event counts for besides its message.
const EVENT_OVERHEAD: usize = 26;

/// Sum of messages and overheads in one request.
const MAX_BATCH: usize = 1_048_576;

/// The longest message: it must fit a batch of its own.
const MAX_MESSAGE: usize = MAX_BATCH - EVENT_OVERHEAD;

const LIMITS: Limits =
    Limits { bytes: MAX_BATCH, records: 10_000, span_ms: Some(24 * 3_600_000), ordered: true };

/// Stands between group and stream in a target; neither name can hold it.
const SEPARATOR: u8 = 0;

/// One CloudWatch Logs destination.
#[derive(Debug)]
pub(super) struct Cloudwatch {
    common: Common,
    runs: RunCache,
    network: Network,
    service: Service,
    log_group: Template,
    log_stream: Template,
    format: Option<&'static str>,
    gzip: bool,
    create: Option<NewGroup>,
}

/// How a missing log group is made.
#[derive(Debug)]
struct NewGroup {
    retention_days: Option<u32>,
    class: Option<&'static str>,
    tags: Vec<(String, String)>,
    kms_key_id: Option<String>,
}

impl Cloudwatch {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>, region: Option<&str>) -> Self {
        let network = Network::read_aws(reader, region);
        Self {
            common,
            runs: RunCache::default(),
            service: Service::read(reader, &network, "logs", "Logs_20140328"),
            log_group: reader.template("log_group", NameKind::LogGroup),
            log_stream: reader.template("log_stream", NameKind::LogStream),
            format: reader.choice("log_format"),
            gzip: reader.choice("compress") == Some("gzip"),
            create: NewGroup::read(reader),
            network,
        }
    }

    fn prepare(&self, operation: &'static str, body: &Value) -> Request {
        self.service.call(Purpose::Prepare(operation), operation, body.to_string().into(), HeaderMap::new())
    }

    fn create_stream(&self, batch: &Batch) -> Request {
        let (group, stream) = names(batch);
        self.prepare("CreateLogStream", &json!({"logGroupName": group, "logStreamName": stream}))
    }

    /// Group, retention, stream.
    fn create_group(&self, new: &NewGroup, batch: &Batch) -> Vec<Request> {
        let (group, _) = names(batch);
        let mut body = json!({"logGroupName": group});
        if let Some(class) = new.class {
            body["logGroupClass"] = class.into();
        }
        if let Some(key) = &new.kms_key_id {
            body["kmsKeyId"] = key.as_str().into();
        }
        if !new.tags.is_empty() {
            body["tags"] =
                new.tags.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        }
        let retention = new.retention_days.map(|days| {
            self.prepare("PutRetentionPolicy", &json!({"logGroupName": group, "retentionInDays": days}))
        });
        let create = self.prepare("CreateLogGroup", &body);
        [Some(create), retention, Some(self.create_stream(batch))].into_iter().flatten().collect()
    }

    fn judge_preparation(&self, operation: &str, batch: &Batch, reply: &Reply) -> ReplyAction {
        let error = aws_error(reply);
        match (operation, error.code.as_str()) {
            _ if reply.status == 200 => ReplyAction::Delivered,
            (_, "ResourceAlreadyExistsException") => ReplyAction::Delivered,
            ("CreateLogStream", "ResourceNotFoundException") => match &self.create {
                Some(new) => ReplyAction::Prepare(self.create_group(new, batch)),
                None => ReplyAction::Retry { timing: RetryTiming::NextFlush, why: self.missing_group(batch) },
            },
            // Somebody else makes the same group at this moment.
            (_, "OperationAbortedException") => {
                ReplyAction::Retry { timing: RetryTiming::Backoff, why: error.describe(operation) }
            }
            ("PutRetentionPolicy", _) if !error.is_passing() => {
                ReplyAction::Ignored { why: error.describe(operation) }
            }
            _ => error.common_judgement(reply, operation).unwrap_or_else(|| ReplyAction::Retry {
                timing: RetryTiming::NextFlush,
                why: error.describe(operation),
            }),
        }
    }

    fn missing_group(&self, batch: &Batch) -> String {
        let name = &self.common.name;
        format!("log group {} does not exist; create it or set {name}.auto_create_group on", names(batch).0)
    }
}

impl NewGroup {
    /// `None` unless `auto_create_group` is on; keys that only mean something then are checked either way.
    fn read(reader: &KeyReader<'_>) -> Option<Self> {
        let new = Self {
            retention_days: reader.choice("retention_days").and_then(|days| days.parse().ok()),
            class: reader.choice("log_group_class"),
            tags: reader.pairs("log_group_tags"),
            kms_key_id: reader.text("kms_key_id"),
        };
        let create = reader.flag("auto_create_group");
        for key in ["retention_days", "log_group_class", "log_group_tags", "kms_key_id"] {
            if !create && reader.written(key).is_some() {
                reader.problem(key, "has no effect unless auto_create_group is on".to_owned());
            }
        }
        create.then_some(new)
    }
}

impl Destination for Cloudwatch {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let missing = self.log_group.render(entry, scene, out);
        out.push(SEPARATOR);
        missing.or(self.log_stream.render(entry, scene, out))
    }

    /// `{"timestamp":…,"message":"…"},`
    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        let mut head = Writer::<false>::new(out);
        head.raw(b"{\"timestamp\":");
        // The API takes no time before 1970; such an event is refused as too old either way, but alone.
        head.integer(entry.record.time.millis().max(0));
        head.raw(b",\"message\":\"");
        let body = out.len();
        let mut message = Writer::<true>::new(out);
        content::write(&self.common, &self.runs, entry, &mut message);
        let mut length = message.inner_len();
        if length == 0 {
            out.truncate(start);
            return Encoded::Empty;
        }
        let whole = length <= MAX_MESSAGE;
        if !whole {
            out.truncate(body);
            let text = content::cut(&self.common, entry, MAX_MESSAGE);
            let mut message = Writer::<true>::new(out);
            message.text(&text);
            length = message.inner_len();
        }
        out.extend_from_slice(b"\"},");
        let size = length + EVENT_OVERHEAD;
        if whole { Encoded::Complete { size } } else { Encoded::Truncated { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        let (group, stream) = names(batch);
        let mut head = Vec::with_capacity(128 + 2 * (group.len() + stream.len()));
        let mut writer = Writer::<false>::new(&mut head);
        writer.raw(b"{\"logGroupName\":");
        writer.string(group.as_bytes());
        writer.raw(b",\"logStreamName\":");
        writer.string(stream.as_bytes());
        writer.raw(b",\"logEvents\":[");
        let mut body = batch.payload_between(head, b"]}");
        let mut headers = HeaderMap::new();
        if let Some(format) = self.format {
            headers.insert(HeaderName::from_static("x-amzn-logs-format"), HeaderValue::from_static(format));
        }
        if self.gzip {
            body = gzip(&body).into();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        self.service.call(Purpose::Deliver, "PutLogEvents", body, headers)
    }

    fn classify_reply(&self, purpose: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        if let Purpose::Prepare(operation) = purpose {
            return self.judge_preparation(operation, batch, reply);
        }
        if reply.status == 200 {
            return accepted(batch, reply);
        }
        let error = aws_error(reply);
        let why = error.describe("PutLogEvents");
        let about_the_body = reply.status == 413
            || matches!(error.code.as_str(), "InvalidParameterException" | "SerializationException");
        match error.code.as_str() {
            "ResourceNotFoundException" => ReplyAction::Prepare(vec![self.create_stream(batch)]),
            _ if about_the_body && batch.items.len() > 1 => ReplyAction::Split { why },
            _ if about_the_body => ReplyAction::Rejected { why },
            _ => error
                .common_judgement(reply, "PutLogEvents")
                .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, why }),
        }
    }
}

/// 200 is not yet delivery: the body must be the service's, and may reject events at either end of the batch.
fn accepted(batch: &Batch, reply: &Reply) -> ReplyAction {
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(&reply.body) else {
        return ReplyAction::Retry {
            timing: RetryTiming::Backoff,
            why: "200 without the service's JSON body".to_owned(),
        };
    };
    let rejected = &body["rejectedLogEventsInfo"];
    let index = |name: &str| rejected[name].as_u64().and_then(|index| usize::try_from(index).ok());
    let count = batch.items.len();
    let old = index("tooOldLogEventEndIndex").unwrap_or(0).min(count);
    let expired = index("expiredLogEventEndIndex").unwrap_or(0).min(count);
    let new = index("tooNewLogEventStartIndex").unwrap_or(count).clamp(old.max(expired), count);
    let refused: Vec<_> =
        [(0..old, Reason::TooOld), (old..expired.max(old), Reason::Expired), (new..count, Reason::TooNew)]
            .into_iter()
            .filter(|(range, _)| !range.is_empty())
            .collect();
    if refused.is_empty() {
        ReplyAction::Delivered
    } else {
        ReplyAction::Partial { retry: Vec::new(), refused }
    }
}

fn names(batch: &Batch) -> (String, String) {
    let mut names = batch.target().split(|byte| *byte == SEPARATOR);
    let mut next = || String::from_utf8_lossy(names.next().unwrap_or_default()).into_owned();
    (next(), next())
}

#[cfg(test)]
mod tests;
