//! What comes back: a reply, and what it means for the batch it answers.

use std::ops::Range;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};

use super::request::Request;
use crate::metrics::Reason;

/// An HTTP reply, its body capped. Endpoints on this machine answer 200.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The beginning of the body, at most 1 MiB.
    pub body: Bytes,
    /// The connection broke before the end of the body: `body` is what had arrived by then.
    pub truncated: bool,
}

impl Reply {
    /// A header's value as text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What a reply means for the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyAction {
    /// All records arrived, or the preparation succeeded.
    Delivered,
    /// Accepted except for some records.
    Partial {
        /// Positions in the batch to send again.
        retry: Vec<usize>,
        /// Positions that are rejected for good.
        rejected: Vec<(Range<usize>, Reason)>,
    },
    /// Accepted except for this many records; the service does not say which.
    PartialUnknown {
        /// Records rejected for good; 0 when the service only warns.
        rejected: usize,
        /// For the log.
        reason: String,
    },
    /// Not accepted now.
    Retry {
        /// When to try again, unless the service says so itself.
        timing: RetryTiming,
        /// For the log.
        reason: String,
    },
    /// Too much at once, or a bad record among good ones: halves may be accepted.
    Split {
        /// For the log.
        reason: String,
    },
    /// The credentials are not accepted; fresh ones may be.
    Reauthorize {
        /// For the log.
        reason: String,
    },
    /// The bucket is in another region.
    WrongRegion {
        /// The region that the service named.
        region: String,
        /// For the log.
        reason: String,
    },
    /// These requests must succeed first; then the same batch is sent again.
    Prepare(Vec<Request>),
    /// Refused for the request's form: the same batch in another form may be accepted.
    SendInstead(Box<Request>),
    /// The preparation failed, but the batch can be delivered without it.
    Ignored {
        /// For the log.
        reason: String,
    },
    /// Rejected for good.
    Rejected {
        /// For the log.
        reason: String,
    },
}

impl ReplyAction {
    /// Whether the service accepted the request's body, at least in part.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Delivered | Self::Partial { .. } | Self::PartialUnknown { .. })
    }

    /// Whether the request is sent again within the flush, later or with other credentials.
    #[must_use]
    pub const fn is_tried_again(&self) -> bool {
        matches!(self, Self::Reauthorize { .. } | Self::Retry { timing: RetryTiming::Backoff, .. })
    }
}

/// How soon another attempt makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryTiming {
    /// The failure may pass by itself: back off and try again within this flush.
    Backoff,
    /// A person must act (permission, name, key): no attempt within this flush.
    NextFlush,
}
