//! The request that puts a batch into a delivery stream.

use http::HeaderMap;

use crate::destination::aws_json::AwsJsonService;
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

pub(super) fn put_record_batch(service: &AwsJsonService, stream: &str, batch: &Batch) -> Request {
    let mut head = Vec::with_capacity(64 + stream.len());
    let mut writer = Writer::<false>::new(&mut head);
    writer.raw(b"{\"DeliveryStreamName\":");
    writer.string(stream.as_bytes());
    writer.raw(b",\"Records\":[");
    let body = batch.payload_between(head, b"]}");
    service.call(Purpose::Deliver, OPERATION, body, HeaderMap::new())
}
