//! The request that puts a batch into a delivery stream.

use std::ops::Range;

use http::HeaderMap;

use crate::destination::aggregate::Aggregation;
use crate::destination::aws_json::AwsJsonService;
use crate::destination::firehose_record::{MAX_RECORD_BYTES, base64_in_place};
use crate::destination::{Purpose, Request};
use crate::encode::batch::Batch;
use crate::json::Writer;

/// The operation, for requests and the log.
pub(super) const OPERATION: &str = "PutRecordBatch";

/// The operation that asks for a stream without a record.
pub(super) const PROBE_OPERATION: &str = "DescribeDeliveryStream";

pub(super) fn describe_delivery_stream(service: &AwsJsonService, stream: &str) -> Request {
    let body = serde_json::json!({"DeliveryStreamName": stream}).to_string();
    service.call(Purpose::Prepare(PROBE_OPERATION), PROBE_OPERATION, body.into(), HeaderMap::new())
}

/// `aggregation` says which lines share a record; without it, the lines of the batch are records already.
pub(super) fn put_record_batch(
    service: &AwsJsonService,
    stream: &str,
    aggregation: Aggregation,
    batch: &Batch,
) -> Request {
    let head = head(stream);
    let body = match aggregation {
        Aggregation::Off => batch.payload_between(head, "]}"),
        Aggregation::Newline => aggregated(head, &aggregation.records(batch, MAX_RECORD_BYTES), batch).into(),
    };
    service.call(Purpose::Deliver, OPERATION, body, HeaderMap::new())
}

fn head(stream: &str) -> Vec<u8> {
    let mut head = Vec::with_capacity(64 + stream.len());
    let mut writer = Writer::<false>::new(&mut head);
    writer.raw(b"{\"DeliveryStreamName\":");
    writer.string(stream.as_bytes());
    writer.raw(b",\"Records\":[");
    head
}

/// The whole body: each record holds the base64 of its lines.
fn aggregated(mut body: Vec<u8>, records: &[Range<usize>], batch: &Batch) -> Vec<u8> {
    body.reserve(batch.wire_len().div_ceil(3) * 4 + records.len() * 16);
    for (position, record) in records.iter().enumerate() {
        body.extend_from_slice(if position == 0 { b"{\"Data\":\"" } else { b",{\"Data\":\"" });
        let start = body.len();
        for part in batch.slice(record.clone()).payload().parts() {
            body.extend_from_slice(part);
        }
        base64_in_place(&mut body, start);
        body.extend_from_slice(b"\"}");
    }
    body.extend_from_slice(b"]}");
    body
}
