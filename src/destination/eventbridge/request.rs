//! The request that puts a batch of events onto a bus.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>, read 2026-11.

use http::HeaderMap;

use super::SOURCE;
use crate::destination::aws_json::AwsJsonService;
use crate::destination::{Purpose, Request};
use crate::encode::batch::Batch;
use crate::json::Writer;

/// The operation, for requests and the log.
pub(super) const OPERATION: &str = "PutEvents";

/// The operation that asks for a bus without an event.
pub(super) const PROBE_OPERATION: &str = "DescribeEventBus";

/// What an entry has besides its detail.
pub(super) struct EntryHead<'h> {
    pub(super) detail_type: &'h str,
    pub(super) bus: &'h str,
    /// Since 1970.
    pub(super) seconds: i64,
    pub(super) resource: Option<&'h str>,
}

impl EntryHead<'_> {
    /// Appends the entry and a comma; `detail` is JSON, which is in it as a text.
    pub(super) fn write(&self, detail: &[u8], out: &mut Vec<u8>) {
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"{\"Source\":");
        writer.string(SOURCE.as_bytes());
        writer.raw(b",\"DetailType\":");
        writer.string(self.detail_type.as_bytes());
        writer.raw(b",\"EventBusName\":");
        writer.string(self.bus.as_bytes());
        writer.raw(b",\"Time\":");
        writer.integer(self.seconds);
        if let Some(resource) = self.resource {
            writer.raw(b",\"Resources\":[");
            writer.string(resource.as_bytes());
            writer.raw(b"]");
        }
        writer.raw(b",\"Detail\":");
        writer.string(detail);
        writer.raw(b"},");
    }
}

pub(super) fn put_events(service: &AwsJsonService, batch: &Batch) -> Request {
    let body = batch.payload_between("{\"Entries\":[", "]}");
    service.call(Purpose::Deliver, OPERATION, body, HeaderMap::new())
}

pub(super) fn describe_event_bus(service: &AwsJsonService, bus: &str) -> Request {
    let body = serde_json::json!({"Name": bus}).to_string();
    service.call(Purpose::Prepare(PROBE_OPERATION), PROBE_OPERATION, body.into(), HeaderMap::new())
}
