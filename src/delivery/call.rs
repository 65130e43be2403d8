//! What one call to a service is, and how it can end. [`super::retry`] carries it out.

use std::ops::Range;

use tokio::time::Duration;

use crate::destination::{NotTaken, Purpose, Reply, ReplyAction, Request};
use crate::metrics::Reason;

/// One call to a service: how its request is made, and what replies mean.
pub(crate) trait Call {
    /// Builds the request, its body still to be compressed; again when the service turned out to be in another region.
    fn request(&self) -> Request;

    /// Classifies a reply to the request, or to one that prepared for it.
    fn classify_reply(&self, purpose: Purpose, reply: &Reply) -> ReplyAction;

    /// What the delivered call counts for on the vendor's bill, in bytes, except for records that the reply did not take;
    /// `sent` is the length of the request's body.
    fn billed_bytes(&self, not_taken: &NotTaken, sent: u64) -> u64;

    /// What [`ReplyAction::Prepare`] makes for the call, if it has a name; for the log.
    fn prepared_resource(&self) -> Option<&'static str> {
        None
    }

    /// Why the service refused what the request says of the records as a whole, if it did; for the log.
    fn refused_entity(&self, _reply: &Reply) -> Option<String> {
        None
    }

    /// Notes that a request was cut off without a reply.
    fn note_unanswered(&self, _purpose: Purpose) {}

    /// Whether a request of this purpose that is tried again is made anew for it, because another form may fare better.
    fn is_made_anew(&self, _purpose: Purpose) -> bool {
        false
    }

    /// Sends later requests to the region that the service named.
    fn set_region(&self, region: &str);

    /// What becomes of the records until the call succeeds, and how many wait: for the log.
    fn fate(&self) -> String;

    /// Whether records are lost until the call succeeds.
    fn loses(&self) -> bool {
        false
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Delivered(Reply),
    /// Delivered, except for some records.
    Partial {
        /// Positions to send again.
        retry: Vec<usize>,
        /// Positions that are rejected for good.
        rejected: Vec<(Range<usize>, Reason)>,
        /// The pause the service asked for.
        retry_after: Option<Duration>,
    },
    /// Delivered, except for this many records that nobody names.
    PartialUnknown {
        rejected: usize,
    },
    /// Halves may fare better.
    Split {
        reason: String,
    },
    /// Rejected for good.
    Rejected {
        reason: String,
    },
    /// Not by the deadline, or not before a person acts.
    GivenUp,
}
