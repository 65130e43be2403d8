//! What every destination is to the rest of the router: limits, encoding, requests, and what replies mean.
//!
//! [`Destination`] holds what all of them have, and the `Vendor` that knows one service. One folder per vendor: `mod.rs`
//! (settings, limits, target, encoding), `request.rs` (the request for a batch), `reply.rs` (what a reply means); `request`
//! and `reply` beside them are the types of both. All of it is pure: no I/O, no sleep, no clock, no retry; `delivery`
//! carries out the [`ReplyAction`].

mod aggregate;
mod alert;
mod attributed;
mod authentication;
mod aws_error;
mod aws_json;
mod body_compression;
mod cloudwatch;
mod content;
mod datadog;
#[cfg(test)]
mod distinct_keys;
mod entry_results;
mod eventbridge;
mod file;
mod firehose;
mod firehose_http;
mod firehose_record;
mod http;
mod http_post;
mod kinesis;
mod name_limit;
mod network;
mod newrelic;
mod not_taken;
pub mod object_store;
mod otlp;
mod pagerduty;
mod probe;
mod redact;
#[cfg(test)]
mod replies;
mod reply;
mod request;
mod reserved;
mod resource_arn;
mod retry_after;
mod s3;
mod slack;
mod sns;
mod stdout;
mod teams;
#[cfg(test)]
pub(crate) mod testing;
mod timestamp_field;
#[cfg(test)]
mod truncation;
mod vendor;
mod xml;

pub use self::aws_error::classify_aws_reply;
pub(crate) use self::aws_error::{ReadFailure, read_failure};
pub use self::body_compression::BodyCompression;
pub use self::name_limit::NameLimit;
pub use self::network::Network;
pub use self::not_taken::NotTaken;
pub use self::object_store::{ObjectCall, ObjectEncoding, ObjectStore, PartBody, UploadedPart};
pub use self::reply::{Reply, ReplyAction, RetryTiming};
pub use self::request::{Endpoint, HttpRequest, Purpose, Request};
pub(crate) use self::vendor::Vendor;
use crate::classify::classes::Entry;
use crate::config::keys::DestinationKind;
use crate::config::{AwsEnvironments, Common, DestinationSettings, KeyReader, Problem};
use crate::encode::accepted_times::AcceptedTimes;
use crate::encode::batch::{Batch, Limits};
use crate::encode::partition::Partitions;
use crate::encode::template::RenderContext;
use crate::metrics::Reason;

/// A configured destination.
#[derive(Debug)]
pub struct Destination {
    /// Settings that every destination has.
    pub common: Common,
    /// Limits of one request.
    pub limits: Limits,
    /// How the destination is reached; `None` for destinations on this machine.
    pub network: Option<Network>,
    /// How many new targets a minute; `None` for destinations that make nothing of a target.
    pub name_limit: Option<NameLimit>,
    /// Something in the keys that works, but perhaps not as the user wants it: for the start and for `check`.
    pub advice: Option<Problem>,
    vendor: Box<dyn Vendor>,
}

impl Destination {
    /// A destination without a limit of new targets and without advice.
    pub(crate) fn new(
        common: Common,
        limits: Limits,
        network: Option<Network>,
        vendor: impl Vendor + 'static,
    ) -> Self {
        Self { common, limits, network, name_limit: None, advice: None, vendor: Box::new(vendor) }
    }

    /// The object store, for a destination that keeps objects.
    #[must_use]
    pub fn store(&self) -> Option<&dyn ObjectStore> {
        self.vendor.store()
    }

    /// Appends the entry's target inside the destination, for example group and stream; returns a template field that
    /// the record lacks.
    pub fn target(
        &self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&str> {
        self.vendor.target(entry, context, out)
    }

    /// The part of a target that other targets are in, such as the group of a stream.
    #[must_use]
    pub fn outer_name<'n>(&self, target: &'n [u8]) -> Option<&'n [u8]> {
        self.vendor.outer_name(target)
    }

    /// The part of a target that something is made for at the service: what [`Destination::name_limit`] counts.
    #[must_use]
    pub fn name<'n>(&self, target: &'n [u8]) -> &'n [u8] {
        self.vendor.name(target)
    }

    /// Times that the service takes, for one whose requests hold records of a limited span.
    #[must_use]
    pub fn accepted_times(&self) -> Option<AcceptedTimes> {
        self.vendor.accepted_times()
    }

    /// Packs a chunk's records into batches.
    #[must_use]
    pub fn pack(&self, partitions: Partitions) -> Vec<Batch> {
        self.vendor.pack(partitions, &self.limits)
    }

    /// Appends the entry's wire form.
    pub fn encode(
        &self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        self.vendor.encode(&self.common, entry, context, out)
    }

    /// Whether the service drops a repeated request by its id. A replay must then make the same batches as before, or
    /// records that arrived unnoticed arrive again under another id.
    #[must_use]
    pub fn deduplicates_requests(&self) -> bool {
        self.vendor.deduplicates_requests()
    }

    /// The request that delivers the batch.
    #[must_use]
    pub fn request(&self, batch: &Batch) -> Request {
        self.uncompressed_request(batch).compressed()
    }

    /// The request that delivers the batch. Its body is still to be compressed where that is configured, because it takes
    /// long.
    #[must_use]
    pub fn uncompressed_request(&self, batch: &Batch) -> Request {
        self.vendor.request(batch)
    }

    /// What people read first of the batch, a line for each message; `None` where no people are told.
    #[must_use]
    pub fn headline(&self, batch: &Batch) -> Option<String> {
        self.vendor.headline(batch)
    }

    /// What the batch counts for on the vendor's bill, in bytes, except for records that were not taken; `sent` is the length
    /// of the request's body.
    #[must_use]
    pub fn billed_bytes(&self, batch: &Batch, not_taken: &NotTaken, sent: u64) -> u64 {
        self.vendor.billed_bytes(batch, not_taken, sent)
    }

    /// What the reply to a request for this batch means.
    #[must_use]
    pub fn classify_reply(&self, purpose: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        self.vendor.classify_reply(&self.common, purpose, batch, reply)
    }

    /// What [`ReplyAction::Prepare`] makes, if it has a name; for the log.
    pub(crate) fn prepared_resource(&self) -> Option<&'static str> {
        self.vendor.prepared_resource()
    }

    /// Why records are rejected for this reason, and what to look at; for the log.
    pub(crate) fn rejection_text(&self, reason: Reason) -> &'static str {
        self.vendor.rejection_text(reason)
    }

    /// Why the service refused the entity of the batch, whose records it may have taken; for the log.
    #[must_use]
    pub fn refused_entity(&self, batch: &Batch, reply: &Reply) -> Option<String> {
        self.vendor.refused_entity(&self.common, batch, reply)
    }

    /// Notes that a request was cut off without a reply.
    pub(crate) fn note_unanswered(&self, purpose: Purpose) {
        self.vendor.note_unanswered(purpose);
    }

    /// Whether a request of this purpose that is tried again is made anew for it.
    pub(crate) fn is_made_anew(&self, purpose: Purpose) -> bool {
        self.vendor.is_made_anew(purpose)
    }

    /// A request by which the service shows whether it would take records, and that stores nothing.
    #[must_use]
    pub fn probe(&self) -> Request {
        self.vendor.probe().compressed()
    }

    /// What the reply to [`Destination::probe`] means for records.
    #[must_use]
    pub fn classify_probe(&self, reply: &Reply) -> ReplyAction {
        self.vendor.classify_probe(&self.common, reply)
    }
}

/// Opens a destination from its keys; problems are reported to `reader`. `environments` is what the machine says about
/// AWS where the keys are silent.
#[must_use]
pub fn open(
    settings: &DestinationSettings,
    reader: &KeyReader<'_>,
    environments: &AwsEnvironments,
) -> Destination {
    let reader = reader.for_destination(&settings.name, settings.kind);
    let common = Common::read(&settings.name, &reader);
    match settings.kind {
        DestinationKind::Cloudwatch => cloudwatch::open(common, &reader, environments),
        DestinationKind::S3 => s3::open(common, &reader, environments),
        DestinationKind::Firehose => firehose::open(common, &reader, environments),
        DestinationKind::Kinesis => kinesis::open(common, &reader, environments),
        DestinationKind::Newrelic => newrelic::open(common, &reader),
        DestinationKind::Datadog => datadog::open(common, &reader),
        DestinationKind::Http => http::open(common, &reader, environments),
        DestinationKind::FirehoseHttp => firehose_http::open(common, &reader),
        DestinationKind::Slack => slack::open(common, &reader),
        DestinationKind::Sns => sns::open(common, &reader, environments),
        DestinationKind::Eventbridge => eventbridge::open(common, &reader, environments),
        DestinationKind::Teams => teams::open(common, &reader),
        DestinationKind::Pagerduty => pagerduty::open(common, &reader),
        DestinationKind::Otlp => otlp::open(common, &reader, environments),
        DestinationKind::File => file::open(common, &reader),
        DestinationKind::Stdout => stdout::open(common, &reader),
    }
}

/// How one entry was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    /// Written whole.
    Complete {
        /// Bytes it counts for by the destination's rules.
        size: usize,
    },
    /// Longer than the destination takes: written with its end cut off and a marker.
    Truncated {
        /// Bytes it counts for by the destination's rules.
        size: usize,
    },
    /// Not written: the destination rejects empty messages.
    Empty,
    /// Not written: the destination's settings leave the entry out.
    Filtered,
}
