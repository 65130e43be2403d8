//! Amazon Kinesis Data Streams: PutRecords.
//!
//! API: <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html> and
//! <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>, read 2026-11. The limits here are those
//! that every stream has; some are allowed larger records.

mod partition_key;
mod reply;
mod request;
mod stream;

use std::ops::Range;

use bytes::Bytes;

use self::partition_key::{MAX_KEY_BYTES, PartitionKey};
use self::stream::DataStream;
use super::aggregate::{self, Aggregation};
use super::aws_json::AwsJsonService;
use super::firehose_record::{RecordFrame, WrittenRecord, base64_in_place};
use super::timestamp_field::TimestampField;
use super::{
    Destination, Encoded, Network, NotTaken, Purpose, Reply, ReplyAction, Request, Vendor, resource_arn,
};
use crate::classify::classes::Entry;
use crate::config::endpoint::AwsService;
use crate::config::{AwsEnvironments, Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::partition::Partitions;
use crate::encode::template::RenderContext;

/// The most records of one request.
const MAX_RECORDS: usize = 500;

/// The most that the records of one request may sum up to with their keys, before base64.
const MAX_BATCH_BYTES: usize = 5 << 20;

/// The longest record with its key, before base64.
const MAX_RECORD_BYTES: usize = 1 << 20;

/// The longest record without its key.
const MAX_DATA_BYTES: usize = MAX_RECORD_BYTES - MAX_KEY_BYTES;

/// What a record's length is rounded up to for the bill of a stream on demand, in bytes
/// (<https://aws.amazon.com/kinesis/data-streams/pricing/>, read 2026-11).
const BILLING_UNIT: usize = 1024;

/// Consumers that join records find each line's end.
const RECORD_FRAME: RecordFrame = RecordFrame { open: b"{\"Data\":\"", end: b"\n", max: MAX_DATA_BYTES };

/// One data stream.
#[derive(Debug)]
struct Kinesis {
    service: AwsJsonService,
    stream: DataStream,
    partition_key: PartitionKey,
    timestamp_field: TimestampField,
    aggregation: Aggregation,
}

/// A record of a request: its key, where lines share it, and the positions of its lines in the batch.
#[derive(Debug)]
struct LineGroup {
    key: Bytes,
    lines: Range<usize>,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let stream = stream::read(reader);
    let identity = resource_arn::identity(reader, environments, "stream", stream.region());
    let aggregation = Aggregation::read(reader);
    let vendor = Kinesis {
        service: AwsJsonService::read(
            reader,
            environments,
            &identity,
            AwsService::Kinesis,
            "Kinesis_20131202",
        ),
        stream,
        partition_key: PartitionKey::read(reader),
        timestamp_field: TimestampField::read(reader),
        aggregation,
    };
    Destination::new(common, limits(aggregation), Some(Network::read_aws(reader, &identity)), vendor)
}

/// Lines that share a record do not count its key, so there is room for the keys of all records.
fn limits(aggregation: Aggregation) -> Limits {
    let keys = match aggregation {
        Aggregation::Off => 0,
        Aggregation::Newline => MAX_RECORDS * MAX_KEY_BYTES,
    };
    let records = aggregation.max_lines(MAX_RECORDS);
    Limits { bytes: MAX_BATCH_BYTES - keys, records, span_ms: None, ordered: false }
}

impl Kinesis {
    /// Appends the entry as a record with its key; returns how that was written, and the key's length.
    fn write_record(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> (WrittenRecord, usize) {
        out.extend_from_slice(RECORD_FRAME.open);
        let data = out.len();
        let record = RECORD_FRAME.write_text(&self.timestamp_field, common, entry, out);
        base64_in_place(out, data);
        out.extend_from_slice(b"\",\"PartitionKey\":\"");
        let key = out.len();
        self.partition_key.write(entry, context, out);
        let key_bytes = out.len() - key;
        out.extend_from_slice(b"\"},");
        (record, key_bytes)
    }

    /// The records of the batch, in the order in which they are sent.
    fn groups(&self, batch: &Batch) -> Vec<LineGroup> {
        let mut start = 0;
        let mut groups = Vec::new();
        for section in batch.by_target() {
            let key = Bytes::copy_from_slice(section.target());
            let records = self.aggregation.records(&section, MAX_DATA_BYTES);
            let moved = records.into_iter().map(|lines| lines.start + start..lines.end + start);
            groups.extend(moved.map(|lines| LineGroup { key: key.clone(), lines }));
            start += section.items.len();
        }
        groups
    }

    /// Lines of many keys make more records than a request may have.
    fn split(&self, batch: &Batch) -> Vec<Batch> {
        let groups = self.groups(batch);
        let range = |groups: &[LineGroup]| Some(groups.first()?.lines.start..groups.last()?.lines.end);
        groups.chunks(MAX_RECORDS).filter_map(range).map(|lines| batch.slice(lines)).collect()
    }
}

impl Vendor for Kinesis {
    /// Lines that may share a record are those of one key; otherwise each record brings its own.
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let start = out.len();
        let missing = self.partition_key.write(entry, context, out);
        if self.aggregation == Aggregation::Off {
            out.truncate(start);
        }
        missing
    }

    fn pack(&self, partitions: Partitions, limits: &Limits) -> Vec<Batch> {
        let batches = partitions.pack_together(limits);
        match self.aggregation {
            Aggregation::Off => batches,
            Aggregation::Newline => batches.iter().flat_map(|batch| self.split(batch)).collect(),
        }
    }

    /// `{"Data":"…","PartitionKey":"…"},`, or the line alone where lines share a record.
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let (record, key_bytes) = match self.aggregation {
            Aggregation::Off => self.write_record(common, entry, context, out),
            Aggregation::Newline => (RECORD_FRAME.write_text(&self.timestamp_field, common, entry, out), 0),
        };
        let size = record.text_bytes + key_bytes;
        if record.is_truncated { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        match self.aggregation {
            Aggregation::Off => request::put_records(&self.service, &self.stream, batch),
            Aggregation::Newline => {
                request::put_groups(&self.service, &self.stream, batch, &self.groups(batch))
            }
        }
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, &self.stream, &self.groups(batch), reply)
    }

    fn billed_bytes(&self, batch: &Batch, not_taken: &NotTaken, _: u64) -> u64 {
        let lines = self.groups(batch).into_iter().map(|group| group.lines);
        aggregate::billed_bytes(batch, lines, not_taken, BILLING_UNIT)
    }

    /// There is no way to put nothing.
    fn probe(&self) -> Request {
        request::describe_stream_summary(&self.service, &self.stream)
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        reply::classify_probe(&common.name, &self.stream, reply)
    }
}

#[cfg(test)]
mod tests;
