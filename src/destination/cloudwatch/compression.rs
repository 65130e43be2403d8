//! Whether requests are compressed (`compress`), and what the endpoint's replies have shown.
//!
//! No model of the API names request compression; Amazon's own agent compresses all the same, and stand-ins and proxies
//! differ. So `auto` tries, and sends a refused batch again as it is. A connection that breaks over gzip is told from a
//! bad network by repetition.

use std::cell::Cell;
use std::sync::Arc;

use http::StatusCode;

use crate::config::KeyReader;
use crate::destination::body_compression::{BodyCompression, Payoff};
use crate::destination::{Endpoint, HttpRequest, Purpose, Reply, ReplyAction, Request};

/// Setting up a compressor takes as long for a shorter body, and saves nothing that anybody notices.
const MIN_BYTES: usize = 16 << 10;

/// How many batches in a row must get no answer compressed and arrive uncompressed, before it is not the network's fault.
const ENOUGH_PROOFS: u8 = 3;

/// How one destination compresses.
#[derive(Debug)]
pub(super) struct RequestCompression {
    mode: Mode,
    endpoint: Cell<ReadsGzip>,
    payoff: Arc<Payoff>,
    /// The status of the last reply that may be about the compression.
    refused_with: Cell<u16>,
    /// A compressed request got no answer; the next one goes uncompressed.
    is_trial_due: Cell<bool>,
    /// Batches in a row that arrived so.
    proofs: Cell<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Always,
    Auto,
}

/// What is known of the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadsGzip {
    Untried,
    Yes,
    No,
}

impl RequestCompression {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let mode = match reader.choice("compress") {
            Some("gzip") => Mode::Always,
            Some("off") => Mode::Off,
            _ => Mode::Auto,
        };
        Self {
            mode,
            endpoint: Cell::new(ReadsGzip::Untried),
            payoff: Arc::default(),
            refused_with: Cell::default(),
            is_trial_due: Cell::default(),
            proofs: Cell::default(),
        }
    }

    /// The request that delivers, to be compressed or as it is.
    pub(super) fn request(&self, request: HttpRequest) -> Request {
        let compression = match self.mode {
            Mode::Always => BodyCompression::always(),
            Mode::Auto if !self.may_pay(&request) => return plain(Purpose::Deliver, request),
            Mode::Auto if self.is_trial_due.get() => return plain(Purpose::DeliverUncompressed, request),
            Mode::Auto => BodyCompression::attempt(&self.payoff),
            Mode::Off => return plain(Purpose::Deliver, request),
        };
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Uncompressed { request, compression } }
    }

    fn may_pay(&self, request: &HttpRequest) -> bool {
        self.endpoint.get() != ReadsGzip::No && request.body.len() >= MIN_BYTES && !self.payoff.skips()
    }

    /// Whether the endpoint may have refused the request for its compression alone; `code` is the reply's error code, if
    /// it has one; `is_whole`: no smaller request could fare better. An endpoint that has read gzip before blames the
    /// records, or the credentials.
    pub(super) fn may_be_refused(&self, purpose: Purpose, reply: &Reply, code: &str, is_whole: bool) -> bool {
        let untried = self.endpoint.get() != ReadsGzip::Yes;
        let may_be = purpose == Purpose::DeliverCompressed
            && match reply.status {
                415 => true,
                // Stand-ins that do not expect gzip break down over it; AWS's own 500 has a code.
                413 => untried && is_whole,
                400 | 403 | 500 | 501 => untried && may_be_about_gzip(code),
                _ => false,
            };
        if may_be {
            self.refused_with.set(reply.status);
        }
        may_be
    }

    /// Notes that a request got no answer that could be the service's.
    pub(super) fn note_unanswered(&self, purpose: Purpose) {
        match purpose {
            Purpose::DeliverCompressed if self.endpoint.get() == ReadsGzip::Untried => {
                self.refused_with.set(0);
                self.is_trial_due.set(true);
            }
            // It is not the compression.
            Purpose::DeliverUncompressed => {
                self.is_trial_due.set(false);
                self.proofs.set(0);
            }
            _ => {}
        }
    }

    /// Whether the next attempt is to be made anew, in the other form.
    pub(super) fn is_made_anew(&self, purpose: Purpose) -> bool {
        purpose == Purpose::DeliverUncompressed
            || purpose == Purpose::DeliverCompressed && self.is_trial_due.get()
    }

    /// Whether a batch that arrived uncompressed shows that the endpoint refuses gzip.
    fn proves(&self) -> bool {
        self.is_trial_due.set(false);
        if self.refused_with.get() > 0 {
            return true;
        }
        self.proofs.set(self.proofs.get().saturating_add(1));
        self.proofs.get() >= ENOUGH_PROOFS
    }

    /// Learns from a reply to a request that brought the batch. The first batch that arrived only uncompressed shows
    /// that the endpoint refuses gzip; `destination` is its configured name, for the log.
    pub(super) fn learn(&self, purpose: Purpose, action: ReplyAction, destination: &str) -> ReplyAction {
        match (purpose, &action) {
            (Purpose::DeliverCompressed, action) if action.is_accepted() => {
                self.endpoint.set(ReadsGzip::Yes);
                self.is_trial_due.set(false);
            }
            (Purpose::DeliverUncompressed, ReplyAction::Delivered)
                if self.proves() && self.endpoint.replace(ReadsGzip::No) != ReadsGzip::No =>
            {
                return ReplyAction::PartialUnknown { rejected: 0, reason: self.explain(destination) };
            }
            _ => {}
        }
        action
    }

    fn explain(&self, destination: &str) -> String {
        let refusal = match StatusCode::from_u16(self.refused_with.get()) {
            Ok(status) => format!("it answered {status} to a compressed request"),
            Err(_) => format!("{ENOUGH_PROOFS} compressed requests in a row got no answer of the service's"),
        };
        format!(
            "the endpoint does not read gzip: {refusal}, and it took the same records uncompressed; all requests are \
             sent uncompressed from now on; write {destination}.compress off, or look at {destination}.endpoint and at proxies before it"
        )
    }
}

fn plain(purpose: Purpose, request: HttpRequest) -> Request {
    Request { purpose, endpoint: Endpoint::Http(request) }
}

/// Errors of an endpoint that cannot read the body; and of AWS when something before it has unpacked the body, whose
/// digest is signed. An error without a code is not AWS's.
fn may_be_about_gzip(code: &str) -> bool {
    matches!(
        code,
        "" | "SerializationException"
            | "InvalidParameterException"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException"
    )
}

#[cfg(test)]
mod tests;
