//! The POST that carries a batch to a vendor outside AWS: URL, headers, compression, and what statuses mean unless a
//! vendor says otherwise. Its body and its own statuses are each vendor's business.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

use super::body_compression::{BodyCompression, Codec};
use super::{Endpoint, HttpRequest, Purpose, Reply, ReplyAction, Request, RetryTiming};
use crate::config::{KeyReader, Secret};
use crate::encode::payload::Payload;

/// What all requests of a destination have in common, and how their bodies are compressed.
#[derive(Debug)]
pub(super) struct Post {
    url: String,
    headers: HeaderMap,
    compression: Option<Codec>,
    /// The service of AWS to sign for.
    sign: Option<&'static str>,
}

impl Post {
    /// Reads the key `compress`.
    pub(super) fn read(reader: &KeyReader<'_>, url: String, content_type: &'static str) -> Self {
        let compression = match reader.choice("compress") {
            Some("gzip") => Some(Codec::Gzip),
            Some("zstd") => Some(Codec::Zstd),
            _ => None,
        };
        Self { compression, ..Self::uncompressed(url, content_type) }
    }

    /// For a service that does not document to read compressed bodies.
    pub(super) fn uncompressed(url: String, content_type: &'static str) -> Self {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { url, headers, compression: None, sign: None }
    }

    /// Adds a header to every request, with the value of `key`, which stays out of `Debug`.
    pub(super) fn add_secret_header(
        &mut self,
        reader: &KeyReader<'_>,
        key: &str,
        name: HeaderName,
        value: &Secret,
    ) {
        match HeaderValue::from_str(value.reveal()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.headers.insert(name, value);
            }
            Err(_) => reader.problem(key, "holds a character that no HTTP header can carry"),
        }
    }

    /// Adds a header that is not a secret to every request.
    pub(super) fn add_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// Signs every request for this service of AWS.
    pub(super) fn sign_for(&mut self, service: Option<&'static str>) {
        self.sign = service;
    }

    /// Whether bodies are JSON, or JSON on lines, as far as their type says.
    pub(super) fn has_json(&self) -> bool {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|text| text.contains("json"))
    }

    /// The request with this body, and with one more header if given.
    pub(super) fn request(&self, body: Payload, extra: Option<(HeaderName, HeaderValue)>) -> Request {
        let mut headers = self.headers.clone();
        headers.extend(extra);
        let sign = self.sign;
        let request = HttpRequest { method: Method::POST, url: self.url.clone(), headers, body, sign };
        let endpoint = match self.compression.map(BodyCompression::if_shorter) {
            Some(compression) => Endpoint::Uncompressed { request, compression },
            None => Endpoint::Http(request),
        };
        Request { purpose: Purpose::Deliver, endpoint }
    }

    /// A request without a body, for an endpoint that would store an empty one.
    pub(super) fn head(&self) -> Request {
        let headers = self.headers.clone();
        let body = Payload::default();
        let sign = self.sign;
        let request = HttpRequest { method: Method::HEAD, url: self.url.clone(), headers, body, sign };
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Http(request) }
    }
}

/// Checks a URL that the user wrote under `key`: http or https, a host, and no user name, because URLs are not masked.
pub(super) fn checked_url(reader: &KeyReader<'_>, key: &str, text: String) -> String {
    let problem = match text.parse::<Uri>() {
        // A missing URL has been reported already.
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
    reader.problem(key, problem);
    text
}

/// The URL of an API: `endpoint` if the user set it, else the vendor's base URL, with the API's path at its end.
pub(super) fn api_url(reader: &KeyReader<'_>, vendor_base: String, path: &str) -> String {
    let base = reader.text("endpoint").map_or(vendor_base, |text| checked_url(reader, "endpoint", text));
    ending_in(&base, path)
}

/// The URL with the API's path at its end, before a query. Vendors publish their addresses with or without it, so one
/// that is there already is not added again.
pub(super) fn ending_in(url: &str, path: &str) -> String {
    let address = url.split('?').next().unwrap_or(url);
    let query = url.strip_prefix(address).unwrap_or_default();
    let base = address.trim_end_matches('/');
    let base = base.strip_suffix(path).unwrap_or(base);
    format!("{base}{path}{query}")
}

/// Who answered what, for the log. The body may repeat what was sent, so it is not shown.
pub(super) fn describe(who: &str, reply: &Reply) -> String {
    let status = StatusCode::from_u16(reply.status).ok();
    let phrase = status.and_then(|status| status.canonical_reason()).unwrap_or("(no known status)");
    format!("{who} answered {} {phrase}", reply.status)
}

/// What of the configuration a reply says is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misconfigured {
    /// Where requests go.
    Address,
    /// Who sends them: the key, or what it permits.
    Access,
    /// How bodies are written: their format or compression.
    Form,
}

/// What of the configuration the reply says is wrong; `None` when it is about the records, or about the service at this
/// moment. Vendors ask this before their own rules, because no record may be refused for such a fault: the chunk is kept
/// until somebody corrects a key. Statuses: <https://www.rfc-editor.org/rfc/rfc9110#section-15>, read 2026-11.
pub(super) fn misconfigured(reply: &Reply) -> Option<Misconfigured> {
    match reply.status {
        401..=403 | 407 => Some(Misconfigured::Access),
        300..=399 | 404 | 405 | 410 => Some(Misconfigured::Address),
        415 => Some(Misconfigured::Form),
        // Front ends write these as pages, too.
        408 | 413 | 429 | 500.. => None,
        _ => is_web_page(&reply.body).then_some(Misconfigured::Address),
    }
}

/// Whether somebody answered a browser: a page to sign in, or a front end that knows no such path.
fn is_web_page(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    let begins_with =
        |text: &[u8]| body.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
    begins_with(b"<!doctype html") || begins_with(b"<html")
}

/// Keeps the chunk until a person has acted; `hint` names the key to look at.
pub(super) fn keep(reason: &str, hint: &str) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::NextFlush, reason: format!("{reason}; {hint}") }
}

/// What a status means unless it is about the configuration or the vendor says otherwise.
pub(super) fn classify_status(reply: &Reply, reason: String) -> ReplyAction {
    match reply.status {
        413 => ReplyAction::Split { reason },
        408 | 429 | 500..=599 => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        400..=499 => ReplyAction::Rejected { reason },
        // A success that the vendor never gives: something else answered.
        _ => ReplyAction::Retry {
            timing: RetryTiming::NextFlush,
            reason: format!("{reason}, which is not a success status; check the address"),
        },
    }
}

/// A shorter body would hold little more than the marker of a cut record.
const MIN_BODY_BYTES: usize = 1_000;

/// Reads the key `batch_bytes`.
pub(super) fn batch_bytes(reader: &KeyReader<'_>) -> usize {
    let bytes = usize::try_from(reader.size("batch_bytes")).unwrap_or(usize::MAX);
    if bytes < MIN_BODY_BYTES {
        reader.problem("batch_bytes", format!("is less than {MIN_BODY_BYTES} bytes"));
    }
    bytes
}
