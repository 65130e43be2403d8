//! `firehose_http`: the protocol by which Firehose delivers to HTTP endpoints, spoken to such an endpoint directly.
//!
//! Specification: <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>, read 2026-11.

use std::fmt::Write as _;

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::firehose_record::{Frame, MAX_RECORD};
use super::http_post::{self, Post};
use super::redact;
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, RetryTiming};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;
use crate::json::Writer;

/// Of one body, before compression.
const MAX_BODY: usize = 64 << 20;

/// Records of one request.
const MAX_RECORDS: usize = 10_000;

/// Bytes of the access key.
const MAX_ACCESS_KEY: usize = 4_096;

/// Of common attributes: how many, and how long a name and a value.
const MAX_ATTRIBUTES: (usize, usize, usize) = (50, 256, 1_024);

/// `{"requestId":"…","timestamp":…,"records":[` and `]}` less the last record's comma, with room for any number.
const ENVELOPE: usize = 128;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-firehose-request-id");

/// One endpoint.
#[derive(Debug)]
pub(super) struct FirehoseHttp {
    common: Common,
    network: Network,
    post: Post,
    dated: TimestampField,
    frame: Frame,
    limits: Limits,
}

impl FirehoseHttp {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        let url = http_post::checked_url(reader, "url", reader.required("url"));
        let mut post = Post::read(reader, url, "application/json");
        let protocol = HeaderName::from_static("x-amz-firehose-protocol-version");
        post.add_header(protocol, HeaderValue::from_static("1.0"));
        read_source(reader, &mut post);
        read_access_key(reader, &mut post);
        read_attributes(reader, &mut post);
        let limits = read_limits(reader);
        Self {
            common,
            network: Network::read(reader),
            post,
            dated: TimestampField::read(reader),
            frame: frame(&limits),
            limits,
        }
    }
}

fn read_source(reader: &KeyReader<'_>, post: &mut Post) {
    match HeaderValue::from_str(&reader.required("source_arn")) {
        Ok(arn) => post.add_header(HeaderName::from_static("x-amz-firehose-source-arn"), arn),
        Err(_) => reader.problem("source_arn", "holds a character that no HTTP header can carry".to_owned()),
    }
}

fn read_access_key(reader: &KeyReader<'_>, post: &mut Post) {
    if reader.written("access_key").is_none() {
        return;
    }
    let key = reader.secret("access_key");
    if key.reveal().len() > MAX_ACCESS_KEY {
        reader.problem("access_key", format!("is longer than {MAX_ACCESS_KEY} bytes"));
    }
    post.add_secret_header(reader, "access_key", HeaderName::from_static("x-amz-firehose-access-key"), &key);
}

fn read_attributes(reader: &KeyReader<'_>, post: &mut Post) {
    let pairs = reader.pairs("common_attributes");
    let (count, longest_name, longest_value) = MAX_ATTRIBUTES;
    if pairs.len() > count {
        reader.problem("common_attributes", format!("holds more than {count} attributes"));
    }
    for (name, value) in &pairs {
        if name.len() > longest_name || value.len() > longest_value {
            let what =
                format!("'{name}' is too long: names have {longest_name} bytes, values {longest_value}");
            reader.problem("common_attributes", what);
        }
    }
    let attributes: Value = pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let text = ascii(&json!({ "commonAttributes": attributes }).to_string());
    if let (Some(1..), Ok(value)) =
        (attributes.as_object().map(serde_json::Map::len), HeaderValue::from_str(&text))
    {
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
    let (body, records) = (http_post::batch_bytes(reader), reader.count("batch_records"));
    if body > MAX_BODY {
        reader.problem("batch_bytes", "is more than the 64MiB the protocol allows".to_owned());
    }
    if records > MAX_RECORDS {
        reader.problem("batch_records", format!("is more than the {MAX_RECORDS} the protocol allows"));
    }
    Limits { bytes: body.saturating_sub(ENVELOPE), records, span_ms: None, ordered: false }
}

/// An endpoint takes records apart by itself, so nothing ends them. The longest one must fit a request of its own.
fn frame(limits: &Limits) -> Frame {
    let (open, close): (&[u8], &[u8]) = (b"{\"data\":\"", b"\"},");
    let room = limits.bytes.saturating_sub(open.len() + close.len());
    Frame { open, end: b"", max: MAX_RECORD.min(room / 4 * 3) }
}

impl Destination for FirehoseHttp {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    /// The tag: FireLens puts the task's id there, so that two tasks that write the same line in the same millisecond
    /// are not taken for one that repeats its request.
    fn target<'t>(
        &'t self,
        _: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        out.extend_from_slice(scene.tag);
        None
    }

    /// `{"data":"…"},`
    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        let packed = self.frame.write(&self.dated, &self.common, entry, out);
        let size = out.len() - start;
        if packed.cut { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn knows_repeats(&self) -> bool {
        true
    }

    fn request(&self, batch: &Batch) -> Request {
        let id = request_id(batch);
        let mut head = Vec::with_capacity(ENVELOPE);
        let mut writer = Writer::<false>::new(&mut head);
        writer.raw(b"{\"requestId\":");
        writer.string(id.as_bytes());
        writer.raw(b",\"timestamp\":");
        writer.integer(batch.items.iter().map(|item| item.at_ms).max().unwrap_or_default().max(0));
        writer.raw(b",\"records\":[");
        let body = batch.payload_between(head, b"]}");
        self.post.request(body, HeaderValue::from_str(&id).ok().map(|id| (REQUEST_ID, id)))
    }

    fn classify_reply(&self, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let reason = describe(reply, &body);
        match reply.status {
            200 if body["requestId"] == request_id(batch).as_str() => ReplyAction::Delivered,
            200 => ReplyAction::Retry {
                timing: RetryTiming::Backoff,
                reason: format!("{reason} without the id of the request"),
            },
            413 => ReplyAction::Split { reason },
            401 | 403 => {
                let reason = format!("{reason}: check {}.access_key", self.common.name);
                ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }
            }
            _ => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        }
    }
}

/// The protocol's `errorMessage` is made to be shown; the rest of a body is not.
fn describe(reply: &Reply, body: &Value) -> String {
    let mut reason = http_post::describe("the endpoint", reply);
    if let Some(message) = body["errorMessage"].as_str() {
        reason.push_str(": ");
        reason.extend(redact::quoted(message));
    }
    reason
}

/// The same for the same batch, however often it is sent: by this an endpoint knows what it has already.
fn request_id(batch: &Batch) -> String {
    uuid::Builder::from_custom_bytes(batch.digest().to_be_bytes()).into_uuid().to_string()
}

#[cfg(test)]
mod tests;
