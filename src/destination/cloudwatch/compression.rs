//! Whether requests are compressed (`compress`), and what the endpoint's replies have shown.
//!
//! No model of the API names request compression; Amazon's own agent compresses all the same, and stand-ins and proxies
//! differ. So `auto` tries, and sends a refused batch again as it is.

use std::cell::Cell;

use http::StatusCode;

use crate::config::KeyReader;
use crate::destination::{Purpose, Reply, ReplyAction, gzip};
use crate::encode::payload::Payload;

/// Setting up a compressor takes as long for a shorter body, and saves nothing that anybody notices.
const MIN_BYTES: usize = 16 << 10;

/// What does not shrink to a third is not worth its CPU time, which is the highest then: random text takes four times as
/// long as repeated fields (`benches/floor`).
const MIN_RATIO: usize = 3;

/// How many batches are sent as they are after one that did not shrink enough; then one is tried again.
const SKIPPED_BATCHES: u32 = 15;

/// How one destination compresses.
#[derive(Debug)]
pub(super) struct RequestCompression {
    mode: Mode,
    endpoint: Cell<Endpoint>,
    /// Batches that are still to be sent as they are, because one hardly shrank.
    skipped: Cell<u32>,
    /// The status of the last reply that may be about the compression.
    refused_with: Cell<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Always,
    Auto,
}

/// What is known of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Untried,
    ReadsGzip,
    RefusesGzip,
}

impl RequestCompression {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let mode = match reader.choice("compress") {
            Some("gzip") => Mode::Always,
            Some("auto") => Mode::Auto,
            _ => Mode::Off,
        };
        Self {
            mode,
            endpoint: Cell::new(Endpoint::Untried),
            skipped: Cell::default(),
            refused_with: Cell::default(),
        }
    }

    /// The compressed body; `None` if it is to be sent as it is.
    pub(super) fn compress(&self, body: &Payload) -> Option<Vec<u8>> {
        match self.mode {
            Mode::Off => None,
            Mode::Always => Some(gzip(body)),
            Mode::Auto => self.compress_where_it_pays(body),
        }
    }

    fn compress_where_it_pays(&self, body: &Payload) -> Option<Vec<u8>> {
        if self.endpoint.get() == Endpoint::RefusesGzip || body.len() < MIN_BYTES {
            return None;
        }
        if let Some(left) = self.skipped.get().checked_sub(1) {
            self.skipped.set(left);
            return None;
        }
        let compressed = gzip(body);
        if compressed.len() * MIN_RATIO > body.len() {
            self.skipped.set(SKIPPED_BATCHES);
        }
        (compressed.len() < body.len()).then_some(compressed)
    }

    /// The purpose of a compressed request.
    pub(super) fn purpose(&self) -> Purpose {
        match self.mode {
            Mode::Auto => Purpose::DeliverCompressed,
            Mode::Off | Mode::Always => Purpose::Deliver,
        }
    }

    /// Whether the endpoint may have refused the request for its compression alone. `is_about_body`: the reply blames
    /// the body, or nothing in particular. An endpoint that has read gzip before blames the records.
    pub(super) fn may_be_refused(&self, purpose: Purpose, reply: &Reply, is_about_body: bool) -> bool {
        let untried = self.endpoint.get() != Endpoint::ReadsGzip;
        let may_be = purpose == Purpose::DeliverCompressed
            && match reply.status {
                415 => true,
                // Stand-ins that do not expect gzip break down over it; AWS's own 500 has a code.
                400 | 500 => untried && is_about_body,
                _ => false,
            };
        if may_be {
            self.refused_with.set(reply.status);
        }
        may_be
    }

    /// Learns from a reply to a request that brought the batch. The first batch that arrived only uncompressed shows
    /// that the endpoint refuses gzip; `destination` is its configured name, for the log.
    pub(super) fn learn(&self, purpose: Purpose, action: ReplyAction, destination: &str) -> ReplyAction {
        match (purpose, &action) {
            (Purpose::DeliverCompressed, action) if action.is_accepted() => {
                self.endpoint.set(Endpoint::ReadsGzip);
            }
            (Purpose::DeliverUncompressed, ReplyAction::Delivered)
                if self.endpoint.replace(Endpoint::RefusesGzip) != Endpoint::RefusesGzip =>
            {
                return ReplyAction::PartialUnknown { rejected: 0, reason: self.explain(destination) };
            }
            _ => {}
        }
        action
    }

    fn explain(&self, destination: &str) -> String {
        let status = StatusCode::from_u16(self.refused_with.get()).unwrap_or_default();
        format!(
            "the endpoint does not read gzip: it answered {status} to a compressed request and took the same records \
             uncompressed; all requests are sent uncompressed from now on; write {destination}.compress off, or look \
             at {destination}.endpoint and at proxies before it"
        )
    }
}

#[cfg(test)]
mod tests;
