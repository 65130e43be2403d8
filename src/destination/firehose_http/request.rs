//! The request that carries a batch, and the id by which an endpoint recognises a repetition.

use http::{HeaderName, HeaderValue};

use crate::destination::Request;
use crate::destination::http_post::Post;
use crate::encode::batch::Batch;
use crate::json::Writer;

/// Room for `{"requestId":"…","timestamp":…,"records":[` and `]}` less the last record's comma, whatever the number.
pub(super) const ENVELOPE_BYTES: usize = 128;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-firehose-request-id");

pub(super) fn deliver(post: &Post, batch: &Batch) -> Request {
    let id = request_id(batch);
    let mut head = Vec::with_capacity(ENVELOPE_BYTES);
    let mut writer = Writer::<false>::new(&mut head);
    writer.raw(b"{\"requestId\":");
    writer.string(id.as_bytes());
    writer.raw(b",\"timestamp\":");
    writer.integer(batch.items.iter().map(|item| item.at_ms).max().unwrap_or_default().max(0));
    writer.raw(b",\"records\":[");
    let body = batch.payload_between(head, "]}");
    post.request(body, HeaderValue::from_str(&id).ok().map(|id| (REQUEST_ID, id)))
}

/// Stable id: equal for the same batch however often it is sent, so that an endpoint can drop what it has already.
pub(super) fn request_id(batch: &Batch) -> String {
    uuid::Builder::from_custom_bytes(batch.digest().to_be_bytes()).into_uuid().to_string()
}
