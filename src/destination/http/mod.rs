//! `http`: any endpoint that takes JSON in a POST.
//!
//! Statuses: <https://www.rfc-editor.org/rfc/rfc9110#section-15>; NDJSON: <https://github.com/ndjson/ndjson-spec>;
//! read 2026-11.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderName, header};

mod accepted;
mod body;
mod frame;
mod sample;

use self::body::{BodyTemplate, Subject};
use self::frame::Frame;
use super::http_post::{self, Misconfigured, Post};
use super::timestamp_field::TimestampField;
use super::{
    Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor, authentication, content,
};
use crate::classify::classes::Entry;
use crate::config::{AwsEnvironments, Common, KeyReader, Problem, RequestAuth, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;
use crate::json::Writer;

/// Headers that follow from the request itself, so that a user cannot set them.
const DERIVED_HEADERS: [HeaderName; 4] =
    [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONTENT_ENCODING, header::HOST];

#[derive(Debug)]
struct HttpEndpoint {
    post: Post,
    auth: RequestAuth,
    timestamp: TimestampField,
    frame: Frame,
    body: Option<BodyTemplate>,
    /// The longest record with its terminator.
    max_bytes: usize,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let records = reader.count("batch_records");
    let body = read_template(reader);
    let frame = Frame::read(reader, body.is_some(), records);
    let url = http_post::checked_url(reader, "url", reader.required("url"));
    let auth = RequestAuth::read(reader, &url, environments);
    let network = Network::read_api(reader, &url, &auth);
    let mut post = Post::read(reader, url, frame.content_type());
    post.sign_for(auth.signed_service());
    read_headers(reader, &mut post);
    if auth == RequestAuth::Headers {
        read_authorization(reader, &mut post);
    }
    let bytes = http_post::batch_bytes(reader).saturating_sub(frame.overhead());
    let limits = Limits { bytes, records, span_ms: None, ordered: false };
    let vendor =
        HttpEndpoint { post, auth, timestamp: TimestampField::read(reader), frame, body, max_bytes: bytes };
    vendor.try_template(&common, reader, records > 1);
    let advice = vendor.unknown_fields(&common.name);
    Destination { advice, ..Destination::new(common, limits, Some(network), vendor) }
}

fn read_template(reader: &KeyReader<'_>) -> Option<BodyTemplate> {
    let parsed = BodyTemplate::parse(&reader.written("body")?);
    parsed.map_err(|error| reader.problem("body", error.to_string())).ok()
}

/// What to do about the misconfiguration of the destination `name`.
fn hint(name: &str, wrong: Misconfigured) -> String {
    match wrong {
        Misconfigured::Address => format!("check {name}.url"),
        Misconfigured::Access => {
            format!("check {name}.bearer_token, {name}.password or {name}.headers")
        }
        Misconfigured::Form => format!("try another {name}.format, or {name}.compress off"),
    }
}

impl HttpEndpoint {
    /// Reports a `body` that no record fits into, or that no service could read which reads JSON.
    fn try_template(&self, common: &Common, reader: &KeyReader<'_>, are_batched: bool) {
        let Some(body) = &self.body else { return };
        let shortest = sample::records(common, &self.timestamp, body, 0);
        if shortest.iter().any(|record| record.len() >= self.max_bytes) {
            return reader
                .problem("body", "is longer than batch_bytes allows; shorten one or raise the other");
        }
        if !self.post.has_json() {
            return;
        }
        let records = sample::records(common, &self.timestamp, body, usize::MAX);
        if let Some(error) = sample::json_error(&self.frame, &records, are_batched) {
            let what = format!(
                "makes no JSON of a sample record: {error}; write \"$(name)\" inside a string, $(name:json) for a whole value, \
                 and see batch_prefix and batch_suffix"
            );
            reader.problem("body", what);
        }
    }

    /// Names what is in no report and in no record of FireLens.
    fn unknown_fields(&self, name: &str) -> Option<Problem> {
        let is_known =
            |path: &&str| path.split('.').next().is_some_and(|first| sample::KNOWN_FIELDS.contains(&first));
        let unknown: Vec<String> = self
            .body
            .iter()
            .flat_map(BodyTemplate::fields)
            .filter(|path| !is_known(path))
            .map(|path| format!("$({path})"))
            .collect();
        let what = format!(
            "{} stands in no report of a stop and in no record of FireLens, and is empty unless your application writes it; known are {}",
            unknown.join(", "),
            sample::KNOWN_FIELDS.join(", ")
        );
        (!unknown.is_empty()).then(|| Problem { key: format!("{name}.body"), what })
    }

    /// Writes the record into the template. If it does not fit, its values lose their ends, the longest first.
    fn write_template(
        &self,
        body: &BodyTemplate,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        let subject = Subject::new(common, &self.timestamp, entry, context);
        let start = out.len();
        body.render(&subject, usize::MAX, out);
        if out.len() - start < self.max_bytes {
            return true;
        }
        for limit in
            std::iter::successors(Some(self.max_bytes / 2), |limit| (*limit > 0).then_some(limit / 2))
        {
            out.truncate(start);
            body.render(&subject, limit, out);
            if out.len() - start < self.max_bytes {
                break;
            }
        }
        false
    }

    /// Writes the content as a JSON value; plain text, which `log_key` may leave, becomes a JSON string.
    fn write_content(&self, common: &Common, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        if content::is_text(common, entry) {
            out.push(b'"');
            content::write(common, &self.timestamp.runs, entry, &mut Writer::<true>::new(out));
            out.push(b'"');
        } else {
            self.timestamp.write(common, entry, &mut Writer::<false>::new(out));
        }
        let fits = out.len() - start < self.max_bytes;
        if !fits {
            out.truncate(start);
            self.write_cut(common, entry, out);
        }
        fits
    }

    /// Writes a record that alone exceeds a body: it loses the end of its longest text. If that does not make it fit, it
    /// becomes a JSON string and loses its end.
    fn write_cut(&self, common: &Common, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) {
        let max = self.max_bytes.saturating_sub(1);
        if !content::is_text(common, entry) {
            let text = self.timestamp.cut(common, entry, max);
            if serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok() {
                return out.extend(text);
            }
        }
        let mut text = Vec::new();
        content::write(common, &self.timestamp.runs, entry, &mut Writer::<false>::new(&mut text));
        Writer::<false>::new(out).string(&content::cut_for_string(&text, max.saturating_sub(2)));
    }
}

/// Any value may be a credential, so all of them count as secrets.
fn read_headers(reader: &KeyReader<'_>, post: &mut Post) {
    for (name, value) in reader.pairs("headers") {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) if DERIVED_HEADERS.contains(&name) => {
                reader.problem(
                    "headers",
                    format!("{name} follows from the request and cannot be set; leave it out"),
                );
            }
            Ok(name) => post.add_secret_header(reader, "headers", name, &Secret::new(value)),
            Err(_) => reader.problem("headers", "has a name that no HTTP header can have"),
        }
    }
}

fn read_authorization(reader: &KeyReader<'_>, post: &mut Post) {
    let written = |name: &str| reader.written(name).is_some();
    let (key, value) = match (written("user"), written("password"), written("bearer_token")) {
        (false, false, false) => return,
        (false, false, true) => {
            ("bearer_token", format!("Bearer {}", reader.secret("bearer_token").reveal()))
        }
        (true, true, false) => ("password", basic_credentials(reader)),
        (_, _, true) => {
            return reader.problem("bearer_token", "excludes user and password; keep one of them");
        }
        (true, false, _) => return reader.problem("user", "has no effect without password"),
        (false, true, _) => return reader.problem("password", "has no effect without user"),
    };
    post.add_secret_header(reader, key, header::AUTHORIZATION, &Secret::new(value));
}

/// HTTP Basic authentication (RFC 7617), in which a colon ends the user's name.
fn basic_credentials(reader: &KeyReader<'_>) -> String {
    let user = reader.required("user");
    if user.contains(':') {
        reader.problem("user", "cannot hold a colon");
    }
    let credentials = format!("{user}:{}", reader.secret("password").reveal());
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

impl Vendor for HttpEndpoint {
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        let fits = match &self.body {
            Some(body) => self.write_template(body, common, entry, context, out),
            None => self.write_content(common, entry, out),
        };
        out.push(self.frame.terminator());
        let size = out.len() - start;
        if fits { Encoded::Complete { size } } else { Encoded::Truncated { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        self.post.request(self.frame.body(batch), None)
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        if let Some(action) = authentication::classify(&self.auth, &common.name, "the endpoint", reply) {
            return action;
        }
        let reason = http_post::describe("the endpoint", reply);
        match (reply.status, http_post::misconfigured(reply)) {
            // The endpoint may be unable to read only one record of many. Frameworks say so with a page of their own.
            (400 | 422, _) if batch.items.len() > 1 => ReplyAction::Split { reason },
            (400 | 422, _) => ReplyAction::Rejected { reason },
            (_, Some(wrong)) => http_post::keep(&reason, &hint(&common.name, wrong)),
            (200..=299, None) => accepted::classify(batch.items.len(), reply),
            (_, None) => http_post::classify_status(reply, reason),
        }
    }

    fn probe(&self) -> Request {
        self.post.head()
    }

    /// An endpoint that takes nothing but POST says so.
    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        match reply.status {
            405 | 501 => ReplyAction::Delivered,
            _ => self.classify_reply(common, Purpose::Deliver, &Batch::empty(Bytes::new()), reply),
        }
    }
}

#[cfg(test)]
mod tests;
