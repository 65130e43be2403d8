//! `firehose_http`: the protocol by which Firehose delivers to HTTP endpoints, spoken to such an endpoint directly.
//!
//! Specification: <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>, read 2026-11.

mod reply;
mod request;

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use self::request::ENVELOPE_BYTES;
use super::firehose_record::{MAX_RECORD_BYTES, RecordFrame};
use super::http_post::{self, Post};
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

/// The longest body, before compression.
const MAX_BODY_BYTES: usize = 64 << 20;

/// The most records of one request.
const MAX_RECORDS: usize = 10_000;

/// The longest access key.
const MAX_ACCESS_KEY_BYTES: usize = 4_096;

/// The most common attributes.
const MAX_ATTRIBUTES: usize = 50;

/// The longest name of a common attribute.
const MAX_ATTRIBUTE_NAME_BYTES: usize = 256;

/// The longest value of a common attribute.
const MAX_ATTRIBUTE_VALUE_BYTES: usize = 1_024;

/// One endpoint.
#[derive(Debug)]
struct FirehoseHttp {
    post: Post,
    timestamp_field: TimestampField,
    frame: RecordFrame,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let url = http_post::checked_url(reader, "url", reader.required("url"));
    let mut post = Post::read(reader, url, "application/json");
    let protocol = HeaderName::from_static("x-amz-firehose-protocol-version");
    post.add_header(protocol, HeaderValue::from_static("1.0"));
    read_source(reader, &mut post);
    read_access_key(reader, &mut post);
    read_attributes(reader, &mut post);
    let limits = read_limits(reader);
    let network = Network::read(reader);
    let frame = record_frame(&limits);
    let vendor = FirehoseHttp { post, timestamp_field: TimestampField::read(reader), frame };
    Destination::new(common, limits, Some(network), vendor)
}

fn read_source(reader: &KeyReader<'_>, post: &mut Post) {
    match HeaderValue::from_str(&reader.required("source_arn")) {
        Ok(arn) => post.add_header(HeaderName::from_static("x-amz-firehose-source-arn"), arn),
        Err(_) => reader.problem("source_arn", "holds a character that no HTTP header can carry"),
    }
}

fn read_access_key(reader: &KeyReader<'_>, post: &mut Post) {
    if reader.written("access_key").is_none() {
        return;
    }
    let key = reader.secret("access_key");
    if key.reveal().len() > MAX_ACCESS_KEY_BYTES {
        reader.problem("access_key", format!("is longer than {MAX_ACCESS_KEY_BYTES} bytes"));
    }
    post.add_secret_header(reader, "access_key", HeaderName::from_static("x-amz-firehose-access-key"), &key);
}

fn read_attributes(reader: &KeyReader<'_>, post: &mut Post) {
    let pairs = reader.pairs("common_attributes");
    if pairs.is_empty() {
        return;
    }
    if pairs.len() > MAX_ATTRIBUTES {
        reader.problem("common_attributes", format!("holds more than {MAX_ATTRIBUTES} attributes"));
    }
    for (name, value) in &pairs {
        if name.len() > MAX_ATTRIBUTE_NAME_BYTES || value.len() > MAX_ATTRIBUTE_VALUE_BYTES {
            let what = format!(
                "'{name}' is too long: names have {MAX_ATTRIBUTE_NAME_BYTES} bytes, values {MAX_ATTRIBUTE_VALUE_BYTES}"
            );
            reader.problem("common_attributes", what);
        }
    }
    let attributes: Map<String, Value> =
        pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    if let Ok(value) = HeaderValue::from_str(&ascii(&json!({ "commonAttributes": attributes }).to_string())) {
        post.add_header(HeaderName::from_static("x-amz-firehose-common-attributes"), value);
    }
}

/// JSON text for a header: what is not ASCII is escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\x7F' {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                write!(text, "\\u{unit:04x}").ok();
            });
        }
    }
    text
}

fn read_limits(reader: &KeyReader<'_>) -> Limits {
    let body_bytes = http_post::batch_bytes(reader);
    let records = reader.count("batch_records");
    if body_bytes > MAX_BODY_BYTES {
        reader.problem("batch_bytes", "is more than the 64MiB the protocol allows");
    }
    if records > MAX_RECORDS {
        reader.problem("batch_records", format!("is more than the {MAX_RECORDS} the protocol allows"));
    }
    Limits { bytes: body_bytes.saturating_sub(ENVELOPE_BYTES), records, span_ms: None, ordered: false }
}

/// An endpoint takes records apart by itself, so nothing ends them. The longest one must fit a request of its own.
fn record_frame(limits: &Limits) -> RecordFrame {
    const OPEN: &[u8] = b"{\"data\":\"";
    const CLOSE: &[u8] = b"\"},";
    let room = limits.bytes.saturating_sub(OPEN.len() + CLOSE.len());
    RecordFrame { open: OPEN, end: b"", max: MAX_RECORD_BYTES.min(room / 4 * 3) }
}

impl Vendor for FirehoseHttp {
    /// The tag: FireLens puts the task's id there, so that two tasks that write the same line in the same millisecond
    /// do not share a request id.
    fn target<'t>(
        &'t self,
        _: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        out.extend_from_slice(context.tag);
        None
    }

    /// `{"data":"…"},`
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        let record = self.frame.write(&self.timestamp_field, common, entry, out);
        let size = out.len() - start;
        if record.is_truncated { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn deduplicates_requests(&self) -> bool {
        true
    }

    fn request(&self, batch: &Batch) -> Request {
        request::deliver(&self.post, batch)
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, batch, reply)
    }

    /// An endpoint that wants records has looked at the key before it says so.
    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        match reply.status {
            400 => ReplyAction::Delivered,
            _ => self.classify_reply(common, Purpose::Deliver, &Batch::empty(Bytes::new()), reply),
        }
    }
}

#[cfg(test)]
mod tests;
