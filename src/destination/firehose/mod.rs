//! Amazon Data Firehose: PutRecordBatch.
//!
//! API: <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html> and
//! <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>, read 2026-11.

mod reply;
mod request;

use super::aws_json::AwsJsonService;
use super::firehose_record::{MAX_RECORD_BYTES, RecordFrame};
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

/// The most that the records of one request may sum up to, before base64.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// The most records of one request.
const MAX_RECORDS: usize = 500;

/// The longest name of a delivery stream, in characters.
const MAX_NAME_LENGTH: usize = 64;

const LIMITS: Limits = Limits { bytes: MAX_BATCH_BYTES, records: MAX_RECORDS, span_ms: None, ordered: false };

/// Firehose joins records without anything between them, so each brings its own line feed.
const RECORD_FRAME: RecordFrame = RecordFrame { open: b"{\"Data\":\"", end: b"\n", max: MAX_RECORD_BYTES };

/// One delivery stream.
#[derive(Debug)]
pub(super) struct Firehose {
    common: Common,
    network: Network,
    service: AwsJsonService,
    stream: String,
    timestamp_field: TimestampField,
}

impl Firehose {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>, region: Option<&str>) -> Self {
        let network = Network::read_aws(reader, region);
        Self {
            common,
            service: AwsJsonService::read(reader, &network, "firehose", "Firehose_20150804"),
            stream: stream_name(reader),
            timestamp_field: TimestampField::read(reader),
            network,
        }
    }
}

fn stream_name(reader: &KeyReader<'_>) -> String {
    let name = reader.required("delivery_stream");
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.len() > MAX_NAME_LENGTH || !name.chars().all(is_allowed) {
        let what =
            format!("'{name}' is no name of a delivery stream: 1 to {MAX_NAME_LENGTH} of a-z A-Z 0-9 _ . -");
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
        let record = RECORD_FRAME.write(&self.timestamp_field, &self.common, entry, out);
        let size = record.text_bytes;
        if record.is_truncated { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        request::put_record_batch(&self.service, &self.stream, batch)
    }

    fn classify_reply(&self, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&self.common.name, &self.stream, batch, reply)
    }

    /// There is no way to put nothing.
    fn probe(&self) -> Request {
        request::describe_delivery_stream(&self.service, &self.stream)
    }

    fn classify_probe(&self, reply: &Reply) -> ReplyAction {
        reply::classify_probe(&self.common.name, &self.stream, reply)
    }
}

#[cfg(test)]
mod tests;
