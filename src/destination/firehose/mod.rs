//! Amazon Data Firehose: PutRecordBatch.
//!
//! API: <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html> and
//! <https://docs.aws.amazon.com/firehose/latest/dev/limits.html>, read 2026-11.

mod reply;
mod request;

use super::aggregate::{self, Aggregation};
use super::aws_json::AwsJsonService;
use super::firehose_record::{MAX_RECORD_BYTES, RecordFrame};
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Network, NotTaken, Purpose, Reply, ReplyAction, Request, Vendor};
use crate::classify::classes::Entry;
use crate::config::endpoint::AwsService;
use crate::config::{AwsEnvironments, Common, Identity, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

/// The most that the records of one request may sum up to, before base64.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// The most records of one request.
const MAX_RECORDS: usize = 500;

/// What a record's length is rounded up to for the bill, in bytes
/// (<https://aws.amazon.com/firehose/pricing/>, read 2026-11).
const BILLING_UNIT: usize = 5 * 1024;

/// The longest name of a delivery stream, in characters.
const MAX_NAME_LENGTH: usize = 64;

const LIMITS: Limits = Limits { bytes: MAX_BATCH_BYTES, records: MAX_RECORDS, span_ms: None, ordered: false };

/// Firehose joins records without anything between them, so each brings its own line feed.
const RECORD_FRAME: RecordFrame = RecordFrame { open: b"{\"Data\":\"", end: b"\n", max: MAX_RECORD_BYTES };

/// One delivery stream.
#[derive(Debug)]
struct Firehose {
    service: AwsJsonService,
    stream: String,
    timestamp_field: TimestampField,
    aggregation: Aggregation,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let identity = Identity::read(reader, "", None, environments);
    let aggregation = Aggregation::read(reader);
    let vendor = Firehose {
        service: AwsJsonService::read(
            reader,
            environments,
            &identity,
            AwsService::Firehose,
            "Firehose_20150804",
        ),
        stream: stream_name(reader),
        timestamp_field: TimestampField::read(reader),
        aggregation,
    };
    let network = Network::read_aws(reader, &identity);
    Destination::new(
        common,
        Limits { records: aggregation.max_lines(MAX_RECORDS), ..LIMITS },
        Some(network),
        vendor,
    )
}

fn stream_name(reader: &KeyReader<'_>) -> String {
    let name = reader.required("delivery_stream");
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.len() > MAX_NAME_LENGTH || !name.chars().all(is_allowed) {
        let what =
            format!("'{name}' is not a delivery stream's name: 1 to {MAX_NAME_LENGTH} of a-z A-Z 0-9 _ . -");
        reader.problem("delivery_stream", what);
    }
    name
}

impl Vendor for Firehose {
    /// `{"Data":"…"},`, or the line alone where lines share a record.
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let record = match self.aggregation {
            Aggregation::Off => RECORD_FRAME.write(&self.timestamp_field, common, entry, out),
            Aggregation::Newline => RECORD_FRAME.write_text(&self.timestamp_field, common, entry, out),
        };
        let size = record.text_bytes;
        if record.is_truncated { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        request::put_record_batch(&self.service, &self.stream, self.aggregation, batch)
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, &self.stream, self.aggregation, batch, reply)
    }

    fn billed_bytes(&self, batch: &Batch, not_taken: &NotTaken, _: u64) -> u64 {
        let records = self.aggregation.records(batch, MAX_RECORD_BYTES);
        aggregate::billed_bytes(batch, records, not_taken, BILLING_UNIT)
    }

    /// There is no way to put nothing.
    fn probe(&self) -> Request {
        request::describe_delivery_stream(&self.service, &self.stream)
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        reply::classify_probe(&common.name, &self.stream, reply)
    }
}

#[cfg(test)]
mod tests;
