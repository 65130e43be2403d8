//! The request that puts a batch into a data stream.

use http::HeaderMap;

use super::LineGroup;
use super::stream::DataStream;
use crate::destination::aws_json::AwsJsonService;
use crate::destination::firehose_record::base64_in_place;
use crate::destination::{Purpose, Request};
use crate::encode::batch::Batch;
use crate::json::Writer;

/// The operation, for requests and the log.
pub(super) const OPERATION: &str = "PutRecords";

/// The operation that asks for a stream without a record.
pub(super) const PROBE_OPERATION: &str = "DescribeStreamSummary";

pub(super) fn describe_stream_summary(service: &AwsJsonService, stream: &DataStream) -> Request {
    let body = stream.body().to_string();
    service.call(Purpose::Prepare(PROBE_OPERATION), PROBE_OPERATION, body.into(), HeaderMap::new())
}

/// The lines of the batch are records already.
pub(super) fn put_records(service: &AwsJsonService, stream: &DataStream, batch: &Batch) -> Request {
    let body = batch.payload_between(head(stream), "]}");
    service.call(Purpose::Deliver, OPERATION, body, HeaderMap::new())
}

/// Each record holds the base64 of its lines.
pub(super) fn put_groups(
    service: &AwsJsonService,
    stream: &DataStream,
    batch: &Batch,
    groups: &[LineGroup],
) -> Request {
    let mut body = head(stream);
    body.reserve(batch.wire_len().div_ceil(3) * 4 + groups.len() * 64);
    for (position, group) in groups.iter().enumerate() {
        body.extend_from_slice(if position == 0 { b"{\"Data\":\"" } else { b",{\"Data\":\"" });
        let start = body.len();
        for part in batch.slice(group.lines.clone()).payload().parts() {
            body.extend_from_slice(part);
        }
        base64_in_place(&mut body, start);
        body.extend_from_slice(b"\",\"PartitionKey\":\"");
        body.extend_from_slice(&group.key);
        body.extend_from_slice(b"\"}");
    }
    body.extend_from_slice(b"]}");
    service.call(Purpose::Deliver, OPERATION, body.into(), HeaderMap::new())
}

fn head(stream: &DataStream) -> Vec<u8> {
    let mut head = Vec::with_capacity(64 + stream.name.len());
    let mut writer = Writer::<false>::new(&mut head);
    writer.raw(b"{");
    writer.string(stream.member().as_bytes());
    writer.raw(b":");
    writer.string(stream.name.as_bytes());
    writer.raw(b",\"Records\":[");
    head
}
