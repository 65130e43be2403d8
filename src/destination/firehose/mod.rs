//! Amazon Data Firehose: PutRecordBatch.
//!
//! API: <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html> and
//! <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>, read 2026-11.

use http::HeaderMap;
use serde_json::Value;

use super::aws_error::AwsError;
use super::aws_json::Service;
use super::firehose_record::{Frame, MAX_RECORD};
use super::redact;
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, RetryTiming, aws_error};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;
use crate::json::Writer;

/// Sum of the records of one request, before base64.
const MAX_BATCH: usize = 4 << 20;

/// Records of one request.
const MAX_RECORDS: usize = 500;

/// The longest name of a delivery stream.
const MAX_NAME: usize = 64;

const LIMITS: Limits = Limits { bytes: MAX_BATCH, records: MAX_RECORDS, span_ms: None, ordered: false };

/// Firehose joins records without anything between them, so each brings its own line feed.
const FRAME: Frame = Frame { open: b"{\"Data\":\"", end: b"\n", max: MAX_RECORD };

/// The operation, for requests and the log.
const OPERATION: &str = "PutRecordBatch";

/// One delivery stream.
#[derive(Debug)]
pub(super) struct Firehose {
    common: Common,
    network: Network,
    service: Service,
    stream: String,
    dated: TimestampField,
}

impl Firehose {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>, region: Option<&str>) -> Self {
        let network = Network::read_aws(reader, region);
        Self {
            common,
            service: Service::read(reader, &network, "firehose", "Firehose_20150804"),
            stream: stream_name(reader),
            dated: TimestampField::read(reader),
            network,
        }
    }
}

fn stream_name(reader: &KeyReader<'_>) -> String {
    let name = reader.required("delivery_stream");
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.len() > MAX_NAME || !name.chars().all(allowed) {
        let what = format!("'{name}' is no name of a delivery stream: 1 to {MAX_NAME} of a-z A-Z 0-9 _ . -");
        reader.problem("delivery_stream", what);
    }
    name
}

impl Destination for Firehose {
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
        _: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        _: &mut Vec<u8>,
    ) -> Option<&'t str> {
        None
    }

    /// `{"Data":"…"},`
    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        let packed = FRAME.write(&self.dated, &self.common, entry, out);
        let size = packed.plain;
        if packed.cut { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        let mut head = Vec::with_capacity(64 + self.stream.len());
        let mut writer = Writer::<false>::new(&mut head);
        writer.raw(b"{\"DeliveryStreamName\":");
        writer.string(self.stream.as_bytes());
        writer.raw(b",\"Records\":[");
        let body = batch.payload_between(head, b"]}");
        self.service.call(Purpose::Deliver, OPERATION, body, HeaderMap::new())
    }

    fn classify_reply(&self, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        if reply.status == 200 {
            return accepted(batch, reply);
        }
        let error = aws_error(reply);
        let reason = error.describe(OPERATION);
        match error.code.as_str() {
            "InvalidArgumentException" | "ValidationException" if batch.items.len() > 1 => {
                ReplyAction::Split { reason }
            }
            "InvalidArgumentException" | "ValidationException" | "SerializationException" => {
                ReplyAction::Rejected { reason }
            }
            "ResourceNotFoundException" => self.missing_stream(&error),
            _ if reply.status == 413 => ReplyAction::Split { reason },
            _ => error
                .common_judgement(reply, OPERATION)
                .unwrap_or(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }),
        }
    }
}

impl Firehose {
    fn missing_stream(&self, error: &AwsError) -> ReplyAction {
        let Self { stream, common, .. } = self;
        let reason = format!(
            "{}; create delivery stream {stream} or correct {}.delivery_stream",
            error.describe(OPERATION),
            common.name
        );
        ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }
    }
}

/// 200 is not yet delivery: each record has an answer of its own, in the order of the request.
fn accepted(batch: &Batch, reply: &Reply) -> ReplyAction {
    let later = |reason: &str| ReplyAction::Retry {
        timing: RetryTiming::Backoff,
        reason: format!("{OPERATION} answered 200 {reason}"),
    };
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let (Some(failed), Some(answers)) =
        (body["FailedPutCount"].as_u64(), body["RequestResponses"].as_array())
    else {
        return later("without the service's JSON body");
    };
    if failed == 0 {
        return ReplyAction::Delivered;
    }
    if answers.len() != batch.items.len() {
        return later("with an answer for another number of records");
    }
    let retry: Vec<usize> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer["ErrorCode"].is_string())
        .map(|(at, _)| at)
        .collect();
    // When nothing got through, a pause is what helps; a part that got through is told apart at once.
    match retry.len() {
        0 => later("with failures it does not name"),
        all if all >= batch.items.len() => {
            let code = answers.first().and_then(|answer| answer["ErrorCode"].as_str()).unwrap_or_default();
            later(&format!("but took no record: {}", redact::quoted(code).collect::<String>()))
        }
        _ => ReplyAction::Partial { retry, refused: Vec::new() },
    }
}

#[cfg(test)]
mod tests;
