//! The POST that brings a batch to a vendor outside AWS: address, headers, compression, and what statuses mean
//! wherever a vendor does not say otherwise.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

use super::{Endpoint, HttpRequest, Purpose, Reply, ReplyAction, Request, RetryTiming, gzip, zstd};
use crate::config::{KeyReader, Secret};
use crate::encode::payload::Payload;

/// What all requests of a destination have in common.
#[derive(Debug)]
pub(super) struct Post {
    url: String,
    headers: HeaderMap,
    compression: Option<Compression>,
}

/// How bodies are packed: the header's value, and the packer, which may fail.
type Compression = (&'static str, fn(&Payload) -> Option<Vec<u8>>);

impl Post {
    /// Reads `compress`.
    pub(super) fn read(reader: &KeyReader<'_>, url: String, content_type: &'static str) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let compression: Option<Compression> = match reader.choice("compress") {
            Some("gzip") => Some(("gzip", |body| Some(gzip(body)))),
            Some("zstd") => Some(("zstd", zstd)),
            _ => None,
        };
        Self { url, headers, compression }
    }

    /// A header of every request, from the key `from`. Its value stays out of `Debug`.
    pub(super) fn secret(&mut self, reader: &KeyReader<'_>, from: &str, name: HeaderName, value: &Secret) {
        match HeaderValue::from_str(value.reveal()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            Err(_) => reader.problem(from, "holds a character that no HTTP header can carry".to_owned()),
        }
    }

    /// A header of every request that is no secret.
    pub(super) fn header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// The request with this body, and this header of its own if any.
    pub(super) fn deliver(&self, body: Payload, own: Option<(HeaderName, HeaderValue)>) -> Request {
        let mut headers = self.headers.clone();
        headers.extend(own);
        let body = self.compressed(body, &mut headers);
        let request = HttpRequest { method: Method::POST, url: self.url.clone(), headers, body, sign: None };
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Http(request) }
    }

    /// What does not get shorter goes as it is, so that compression never takes a body over a limit.
    fn compressed(&self, body: Payload, headers: &mut HeaderMap) -> Payload {
        let packed = self.compression.and_then(|(name, pack)| Some((name, pack(&body)?)));
        match packed.filter(|(_, packed)| packed.len() < body.len()) {
            Some((name, packed)) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
                packed.into()
            }
            None => body,
        }
    }
}

/// Reads an address of the user's: http or https, a host, and no user name, because addresses are not masked.
pub(super) fn address(reader: &KeyReader<'_>, key: &str, text: String) -> String {
    let fault = match text.parse::<Uri>() {
        // That it is missing has been said.
        _ if text.is_empty() => return text,
        Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
            "must begin with https:// or http://"
        }
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            "holds a user name, which would not be kept secret; leave it out"
        }
        Ok(_) => return text,
        Err(_) => "is not an address such as https://logs.example.com/ingest",
    };
    reader.problem(key, fault.to_owned());
    text
}

/// The vendor's base address, or `endpoint` in its place, and the path of the API.
pub(super) fn intake(reader: &KeyReader<'_>, vendor: String, path: &str) -> String {
    let base = reader.text("endpoint").map_or(vendor, |text| address(reader, "endpoint", text));
    format!("{}{path}", base.trim_end_matches('/'))
}

/// For the log: who answered what. A body can repeat what was sent, so it is not shown.
pub(super) fn describe(who: &str, reply: &Reply) -> String {
    let status = StatusCode::from_u16(reply.status).ok();
    let meaning = status.and_then(|status| status.canonical_reason()).unwrap_or("(no known status)");
    format!("{who} answered {} {meaning}", reply.status)
}

/// Statuses that mean the same to everyone here.
pub(super) fn judge(reply: &Reply, reason: String) -> ReplyAction {
    match reply.status {
        413 => ReplyAction::Split { reason },
        408 | 429 | 500..=599 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        400..=499 => ReplyAction::Rejected { reason },
        // A redirect, or a success the vendor never gives: something else is listening there.
        _ => ReplyAction::Retry {
            timing: RetryTiming::NextFlush,
            reason: format!("{reason}, which is not an acceptance"),
        },
    }
}

/// A shorter body would hold little more than the marker of a record that was cut.
const SHORTEST_BODY: usize = 1_000;

/// Reads `batch_bytes`.
pub(super) fn batch_bytes(reader: &KeyReader<'_>) -> usize {
    let bytes = usize::try_from(reader.size("batch_bytes")).unwrap_or(usize::MAX);
    if bytes < SHORTEST_BODY {
        reader.problem("batch_bytes", format!("is less than {SHORTEST_BODY} bytes"));
    }
    bytes
}
