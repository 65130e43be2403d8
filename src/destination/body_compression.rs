//! Compressing the body of a request: after the request is made, and on whichever thread has time for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use http::{HeaderValue, header};

use super::{Endpoint, HttpRequest, Purpose, Request};
use crate::encode::payload::Payload;

/// What does not shrink to a sixth is not worth its CPU time. Whole records shrink to an 18th, for 0.86 of what hashing
/// and encrypting them plain takes; stack traces to a twelfth, for 1.3 of it; lines of words alone to a fifth, for 2.5
/// (`benches/floor`).
const MIN_RATIO: usize = 6;

/// How many bodies are sent as they are after one that did not shrink enough; then one is tried again.
const SKIPPED_BODIES: u32 = 15;

/// How the body of a request is still to be compressed.
#[derive(Debug, Clone)]
pub struct BodyCompression {
    codec: Codec,
    /// What the request is for when its body is compressed.
    purpose: Purpose,
    /// Sent even where it does not get shorter.
    is_always_sent: bool,
    payoff: Arc<Payoff>,
}

/// The formats that services read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Zstd,
}

/// Whether compressing pays, as far as bodies have shown.
#[derive(Debug, Default)]
pub(super) struct Payoff {
    /// Bodies that are still to be sent as they are, because one hardly shrank.
    skipped: AtomicU32,
}

impl BodyCompression {
    /// A body that does not get shorter is sent as it is, so that compression never takes one over a limit.
    pub(super) fn if_shorter(codec: Codec) -> Self {
        Self { codec, purpose: Purpose::Deliver, is_always_sent: false, payoff: Arc::default() }
    }

    /// In gzip, whatever comes of it.
    pub(super) fn always() -> Self {
        Self { is_always_sent: true, ..Self::if_shorter(Codec::Gzip) }
    }

    /// In gzip, which the endpoint may not read; `payoff` is told how far the body shrank.
    pub(super) fn attempt(payoff: &Arc<Payoff>) -> Self {
        let payoff = Arc::clone(payoff);
        Self { purpose: Purpose::DeliverCompressed, payoff, ..Self::if_shorter(Codec::Gzip) }
    }

    pub(super) fn apply(&self, purpose: Purpose, mut request: HttpRequest) -> Request {
        let compressed = self.codec.compress(&request.body).filter(|compressed| {
            self.payoff.note(request.body.len(), compressed.len());
            self.is_always_sent || compressed.len() < request.body.len()
        });
        let Some(compressed) = compressed else {
            return Request { purpose, endpoint: Endpoint::Http(request) };
        };
        request.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(self.codec.name()));
        request.body = compressed.into();
        Request { purpose: self.purpose, endpoint: Endpoint::Http(request) }
    }
}

/// Equal ones make the same body.
impl PartialEq for BodyCompression {
    fn eq(&self, other: &Self) -> bool {
        self.codec == other.codec
            && self.purpose == other.purpose
            && self.is_always_sent == other.is_always_sent
    }
}

impl Eq for BodyCompression {}

impl Codec {
    /// The value of `Content-Encoding`.
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// `None`: out of memory.
    fn compress(self, body: &Payload) -> Option<Vec<u8>> {
        match self {
            Self::Gzip => Some(gzip(body)),
            Self::Zstd => zstd(body),
        }
    }
}

impl Payoff {
    /// Whether the next body is to be sent as it is, because one before it hardly shrank.
    pub(super) fn skips(&self) -> bool {
        self.skipped.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn note(&self, bytes: usize, compressed_bytes: usize) {
        if compressed_bytes * MIN_RATIO > bytes {
            self.skipped.store(SKIPPED_BODIES, Relaxed);
        }
    }
}

/// Compresses with the encoder made for log records: smaller than zlib's level 3, faster than its level 1
/// (`benches/floor`).
pub(super) fn gzip(body: &Payload) -> Vec<u8> {
    crate::deflate::gzip(body.parts())
}

/// Compresses at zstd's default level; `None` if it runs out of memory, which needs no message.
pub(super) fn zstd(body: &Payload) -> Option<Vec<u8>> {
    ::zstd::bulk::compress(&body.to_bytes(), ::zstd::DEFAULT_COMPRESSION_LEVEL).ok()
}
