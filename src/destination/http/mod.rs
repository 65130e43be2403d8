//! `http`: any endpoint that takes JSON by POST.
//!
//! Statuses: <https://www.rfc-editor.org/rfc/rfc9110#section-15>; NDJSON: <https://github.com/ndjson/ndjson-spec>;
//! read 2026-11.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, header};

use super::http_post::{self, Post};
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, RetryTiming, content};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;
use crate::json::Writer;

/// Headers that follow from the request itself.
const NOT_FOR_USERS: [HeaderName; 4] =
    [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONTENT_ENCODING, header::HOST];

/// One endpoint.
#[derive(Debug)]
pub(super) struct HttpEndpoint {
    common: Common,
    network: Network,
    post: Post,
    dated: TimestampField,
    form: Form,
    limits: Limits,
}

/// How records stand in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Array,
    Lines,
}

impl Form {
    const fn content_type(self) -> &'static str {
        match self {
            Form::Array => "application/json",
            Form::Lines => "application/x-ndjson",
        }
    }

    /// Stands behind every record.
    const fn end(self) -> u8 {
        match self {
            Form::Array => b',',
            Form::Lines => b'\n',
        }
    }

    /// What a body has besides the records and their ends: two brackets for the last record's comma.
    const fn extra(self) -> usize {
        match self {
            Form::Array => 1,
            Form::Lines => 0,
        }
    }
}

impl HttpEndpoint {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        let form = if reader.choice("format") == Some("ndjson") { Form::Lines } else { Form::Array };
        let url = http_post::address(reader, "url", reader.required("url"));
        let mut post = Post::read(reader, url, form.content_type());
        read_headers(reader, &mut post);
        read_authorization(reader, &mut post);
        let bytes = http_post::batch_bytes(reader).saturating_sub(form.extra());
        let records = reader.count("batch_records");
        Self {
            common,
            network: Network::read(reader),
            post,
            dated: TimestampField::read(reader),
            form,
            limits: Limits { bytes, records, span_ms: None, ordered: false },
        }
    }

    /// Longer than a whole body may be: a record loses the end of its longest text, or else becomes text itself.
    fn write_cut(&self, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) {
        let max = self.limits.bytes.saturating_sub(1);
        if !content::is_bare(&self.common, entry) {
            let text = self.dated.cut(&self.common, entry, max);
            if serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok() {
                return out.extend(text);
            }
        }
        let mut text = Vec::new();
        content::write(&self.common, &self.dated.runs, entry, &mut Writer::<false>::new(&mut text));
        Writer::<false>::new(out).string(&content::cut_for_string(&text, max.saturating_sub(2)));
    }
}

/// Values may be keys of any kind, so all of them count as secrets.
fn read_headers(reader: &KeyReader<'_>, post: &mut Post) {
    for (name, value) in reader.pairs("headers") {
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) if NOT_FOR_USERS.contains(&name) => {
                reader.problem(
                    "headers",
                    format!("{name} follows from the request and cannot be set; leave it out"),
                );
            }
            Ok(name) => post.secret(reader, "headers", name, &Secret::new(value)),
            Err(_) => reader.problem("headers", "has a name that no HTTP header can have".to_owned()),
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
        (true, true, false) => ("password", basic(reader)),
        (_, _, true) => {
            return reader.problem("bearer_token", "excludes user and password; keep one of them".to_owned());
        }
        (true, false, _) => return reader.problem("user", "has no meaning without password".to_owned()),
        (false, true, _) => return reader.problem("password", "has no meaning without user".to_owned()),
    };
    post.secret(reader, key, header::AUTHORIZATION, &Secret::new(value));
}

/// RFC 7617; a colon ends the user's name.
fn basic(reader: &KeyReader<'_>) -> String {
    let user = reader.required("user");
    if user.contains(':') {
        reader.problem("user", "cannot hold a colon".to_owned());
    }
    let both = format!("{user}:{}", reader.secret("password").reveal());
    format!("Basic {}", BASE64_STANDARD.encode(both))
}

impl Destination for HttpEndpoint {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn target<'t>(
        &'t self,
        _: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        _: &mut Vec<u8>,
    ) -> Option<&'t str> {
        None
    }

    /// The record as a JSON value; bare text that `log_key` leaves becomes a JSON string.
    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        if content::is_bare(&self.common, entry) {
            out.push(b'"');
            content::write(&self.common, &self.dated.runs, entry, &mut Writer::<true>::new(out));
            out.push(b'"');
        } else {
            self.dated.write(&self.common, entry, &mut Writer::<false>::new(out));
        }
        let whole = out.len() - start < self.limits.bytes;
        if !whole {
            out.truncate(start);
            self.write_cut(entry, out);
        }
        out.push(self.form.end());
        let size = out.len() - start;
        if whole { Encoded::Complete { size } } else { Encoded::Truncated { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        let body = match self.form {
            Form::Lines => batch.payload(),
            Form::Array => batch.payload_between("[", b"]"),
        };
        self.post.deliver(body, None)
    }

    fn classify_reply(&self, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let name = &self.common.name;
        let why = http_post::describe("the endpoint", reply);
        match reply.status {
            200..=299 => ReplyAction::Delivered,
            401 | 403 => {
                let why = format!("{why}: check {name}.bearer_token, {name}.password or {name}.headers");
                ReplyAction::Retry { timing: RetryTiming::NextFlush, why }
            }
            // One record among many may be what the endpoint cannot read.
            400 | 422 if batch.items.len() > 1 => ReplyAction::Split { why },
            _ => http_post::judge(reply, why),
        }
    }
}

#[cfg(test)]
mod tests;
