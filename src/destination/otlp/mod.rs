//! Any receiver of OTLP logs over HTTP, such as an OpenTelemetry Collector.
//!
//! Protocol: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>, messages:
//! <https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto/logs/v1>, read 2026-11.
//!
//! The target of an entry is its resource as it goes over the wire, so a lane holds the records of one resource and
//! `request` only puts the frame around them.

mod json;
mod protobuf;
mod record;
mod resource;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

use self::record::LogRecord;
use self::resource::Resources;
use super::redact::shown;
use super::{
    Destination, Encoded, Endpoint, HttpRequest, Network, Purpose, Reply, ReplyAction, Request, RetryTiming,
    gzip,
};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;
use crate::input::record::Value;

/// The protocol recommends receivers to take 64 MiB; what stands before them often takes less, so a request stays at
/// the 4 MiB that gRPC's receivers take. One that is too long nevertheless is split.
const LIMITS: Limits = Limits { bytes: 4 << 20, records: 10_000, span_ms: None, ordered: false };

/// Where logs are received, unless the address says otherwise.
const PATH: &str = "/v1/logs";

/// Containers nested deeper become JSON text: each level is up to three messages, and readers of protobuf take 100.
const MAX_DEPTH: u8 = 16;

/// Who says so: the instrumentation scope.
const SCOPE: (&str, &str) = ("fluent-bit-ecs-router", env!("CARGO_PKG_VERSION"));

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Json,
    Protobuf,
}

impl Encoding {
    fn content_type(self) -> &'static str {
        match self {
            Encoding::Json => "application/json",
            Encoding::Protobuf => "application/x-protobuf",
        }
    }
}

/// What a receiver says about records that it did not take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PartialSuccess {
    rejected: usize,
    message: String,
}

/// One receiver.
#[derive(Debug)]
pub(super) struct Otlp {
    common: Common,
    network: Network,
    url: String,
    headers: HeaderMap,
    encoding: Encoding,
    gzip: bool,
    resources: Resources,
}

impl Otlp {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        let encoding = match reader.choice("encoding") {
            Some("json") => Encoding::Json,
            _ => Encoding::Protobuf,
        };
        let mut headers = headers(reader);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(encoding.content_type()));
        Self {
            common,
            network: Network::read(reader),
            url: url(reader),
            headers,
            encoding,
            gzip: reader.choice("compress") == Some("gzip"),
            resources: Resources::read(reader),
        }
    }

    fn write<'v>(
        &self,
        record: &LogRecord<'v>,
        attributes: impl Iterator<Item = (Value<'v>, Value<'v>)>,
        out: &mut Vec<u8>,
    ) {
        match self.encoding {
            Encoding::Json => json::record(record, attributes, out),
            Encoding::Protobuf => protobuf::record(record, attributes, out),
        }
    }

    /// The protocol has a closed list of what may be tried again.
    fn refusal(&self, reply: &Reply) -> String {
        let name = &self.common.name;
        let hint = match reply.status {
            401 | 403 => format!("; check {name}.headers"),
            404 | 405 | 300..=399 => format!("; check {name}.endpoint"),
            415 => format!("; try another {name}.encoding, or {name}.compress off"),
            _ => String::new(),
        };
        format!("the receiver answered {}{hint}", reply.status)
    }

    /// Nothing at all is an answer, too: the empty message.
    fn accepted(&self, reply: &Reply) -> ReplyAction {
        let is_json = match reply.header(&header::CONTENT_TYPE) {
            Some(written) => written.starts_with(Encoding::Json.content_type()),
            None => self.encoding == Encoding::Json,
        };
        let partial = match is_json {
            _ if reply.body.is_empty() => Some(PartialSuccess::default()),
            true => json::partial_success(&reply.body),
            false => protobuf::partial_success(&reply.body),
        };
        match partial {
            None => {
                let reason = format!("{} without the protocol's answer", reply.status);
                ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
            }
            Some(partial) if partial == PartialSuccess::default() => ReplyAction::Delivered,
            Some(PartialSuccess { rejected, message }) => {
                let message: String = shown(&message).collect();
                let reason = format!("the receiver rejected {rejected} records: {message}");
                ReplyAction::PartialUnknown { refused: rejected, reason }
            }
        }
    }
}

/// The address with the protocol's path, unless it has a path of its own.
fn url(reader: &KeyReader<'_>) -> String {
    let text = reader.required("endpoint");
    let fault = match text.parse::<Uri>() {
        // That it is missing has been said.
        _ if text.is_empty() => return text,
        Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
            "must begin with https:// or http://"
        }
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            "holds a user name, which would not be kept secret; put it into headers"
        }
        Ok(uri) if uri.path() == "/" && uri.query().is_none() => {
            return format!("{}{PATH}", text.trim_end_matches('/'));
        }
        Ok(_) => return text,
        Err(_) => "is not an address such as http://localhost:4318",
    };
    reader.problem("endpoint", fault.to_owned());
    text
}

/// Names may be shown when they are wrong, values never.
fn headers(reader: &KeyReader<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in reader.pairs("headers") {
        match (HeaderName::try_from(&name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            (Err(_), _) => reader.problem("headers", format!("'{name}' is not the name of a header")),
            (_, Err(_)) => {
                let what = format!("the value of '{name}' holds a character that no header can carry");
                reader.problem("headers", what);
            }
        }
    }
    headers
}

impl Destination for Otlp {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        self.resources.new(entry, scene, |attributes| match self.encoding {
            Encoding::Json => json::resource(attributes, out),
            Encoding::Protobuf => protobuf::resource(attributes, out),
        })
    }

    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        match entry.stop {
            Some(stop) if self.common.enrich_stops => {
                let fields = rmp_serde::to_vec_named(stop).unwrap_or_default();
                self.write(&record::of_stop(entry, stop), record::fields_of_stop(&fields), out);
            }
            Some(stop) => {
                let event = rmp_serde::to_vec_named(&stop.event).unwrap_or_default();
                let whole = LogRecord { body: record::whole(&event), ..record::of_stop(entry, stop) };
                self.write(&whole, std::iter::empty(), out);
            }
            None => {
                let (line, fields) = record::of_line(entry, self.common.log_key.as_deref());
                self.write(&line, fields, out);
            }
        }
        Encoded::Complete { size: out.len() - start }
    }

    fn request(&self, batch: &Batch) -> Request {
        let mut body = match self.encoding {
            Encoding::Json => json::request(batch),
            Encoding::Protobuf => protobuf::request(batch),
        };
        let mut headers = self.headers.clone();
        if self.gzip {
            body = gzip(&body).into();
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let request = HttpRequest { method: Method::POST, url: self.url.clone(), headers, body, sign: None };
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Http(request) }
    }

    fn classify_reply(&self, _: Purpose, _: &Batch, reply: &Reply) -> ReplyAction {
        let reason = || self.refusal(reply);
        match reply.status {
            // 200 by the protocol; some receivers answer 202 or 204, and have taken the records just the same.
            200..=299 if reply.truncated => {
                let reason = format!("the receiver answered {} and broke off", reply.status);
                ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
            }
            200..=299 => self.accepted(reply),
            413 => ReplyAction::Split { reason: reason() },
            429 | 502..=504 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason: reason() },
            _ => ReplyAction::Rejected { reason: reason() },
        }
    }
}

#[cfg(test)]
mod tests;
