//! What every destination is to the rest of the house: limits, encoding, requests, and what replies mean.
//!
//! One vendor per file, all with the same stations in the same order: settings, limits, target, encode, request,
//! judge. All of it is pure: no I/O, no sleep, no clock, no retry; `deliver` acts on the judgement.

mod attributed;
mod aws_error;
mod aws_json;
mod cloudwatch;
mod content;
mod datadog;
mod firehose;
mod firehose_http;
mod firehose_record;
mod http;
mod http_post;
mod lines;
mod newrelic;
pub mod object_store;
mod otlp;
mod redact;
mod retry_after;
mod s3;
mod slack;
#[cfg(test)]
mod testing;
mod timestamp_field;
#[cfg(test)]
mod truncation;

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use ::http::{HeaderMap, HeaderName, Method};
use bytes::Bytes;

use self::aws_error::aws_error;
pub use self::aws_error::judge_call;
pub use self::object_store::{ObjectCall, ObjectEncoding, ObjectStore, PartBody, UploadedPart};
use crate::classify::classes::Entry;
use crate::config::keys::DestinationKind;
use crate::config::{Common, DestinationSettings, Identity, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::payload::Payload;
use crate::encode::template::RenderContext;
use crate::metrics::Reason;

/// One vendor.
pub trait Destination: fmt::Debug + Send {
    /// Keys that every destination has.
    fn common(&self) -> &Common;

    /// What one request may hold.
    fn limits(&self) -> Limits;

    /// How it is reached; `None` for destinations on this machine.
    fn network(&self) -> Option<&Network>;

    /// What it is besides when it keeps objects.
    fn store(&self) -> Option<&dyn ObjectStore> {
        None
    }

    /// Appends where inside the destination the entry goes; answers with a template field that was missing.
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str>;

    /// Appends the entry's wire form.
    fn encode(&self, entry: &Entry<'_, '_, '_>, scene: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded;

    /// Whether the service knows a repeated request by its id. A replay must then make the same batches as before, or
    /// records that arrived unnoticed come again under another id.
    fn knows_repeats(&self) -> bool {
        false
    }

    /// The request that delivers the batch.
    fn request(&self, batch: &Batch) -> Request;

    /// What the reply to a request for this batch means.
    fn classify_reply(&self, purpose: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction;
}

/// Reads a destination's own keys; what is wrong is noted in `reader`.
#[must_use]
pub fn open(
    settings: &DestinationSettings,
    reader: &KeyReader<'_>,
    region: Option<&str>,
) -> Box<dyn Destination> {
    let reader = reader.for_destination(&settings.name, settings.kind);
    let common = Common::read(&settings.name, &reader);
    match settings.kind {
        DestinationKind::Cloudwatch => Box::new(cloudwatch::Cloudwatch::read(common, &reader, region)),
        DestinationKind::S3 => Box::new(s3::S3::read(common, &reader, region)),
        DestinationKind::Firehose => Box::new(firehose::Firehose::read(common, &reader, region)),
        DestinationKind::Newrelic => Box::new(newrelic::NewRelic::read(common, &reader)),
        DestinationKind::Datadog => Box::new(datadog::Datadog::read(common, &reader)),
        DestinationKind::Http => Box::new(http::HttpEndpoint::read(common, &reader)),
        DestinationKind::FirehoseHttp => Box::new(firehose_http::FirehoseHttp::read(common, &reader)),
        DestinationKind::Slack => Box::new(slack::Slack::read(common, &reader)),
        DestinationKind::Otlp => Box::new(otlp::Otlp::read(common, &reader)),
        DestinationKind::File => Box::new(lines::Lines::file(common, &reader)),
        DestinationKind::Stdout => Box::new(lines::Lines::stdout(common, &reader)),
    }
}

/// How a destination is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// How long one request may take.
    pub timeout: std::time::Duration,
    /// Requests at one time.
    pub concurrency: usize,
    /// The least time from the beginning of one request to that of the next.
    pub min_interval: Option<std::time::Duration>,
    /// Authorities to trust besides the machine's.
    pub ca_file: Option<PathBuf>,
    /// Whose name requests are signed in, for AWS services.
    pub identity: Option<Identity>,
}

impl Network {
    fn read(reader: &KeyReader<'_>) -> Self {
        Self {
            timeout: reader.duration("timeout"),
            concurrency: reader.count("concurrency"),
            min_interval: None,
            ca_file: reader.text("ca_file").map(PathBuf::from),
            identity: None,
        }
    }

    fn read_aws(reader: &KeyReader<'_>, region: Option<&str>) -> Self {
        let identity = Identity::read(reader, "", region);
        Self { identity: Some(identity), ..Self::read(reader) }
    }
}

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoded {
    /// Written whole; `size` is what it counts for.
    Complete {
        /// By the destination's way of counting.
        size: usize,
    },
    /// Longer than the destination takes: written with its end cut off and a marker.
    Truncated {
        /// By the destination's way of counting.
        size: usize,
    },
    /// Nothing to send: the destination refuses empty messages.
    Empty,
    /// Not to be sent: the destination's settings leave it out.
    Filtered,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It carries the batch.
    Deliver,
    /// It makes what the batch needs; the name is the API's.
    Prepare(&'static str),
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What it is for.
    pub purpose: Purpose,
    /// Where it goes.
    pub outlet: Endpoint,
}

/// The ways out of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Over the network.
    Http(HttpRequest),
    /// To the end of a local file.
    File {
        /// Missing folders are made.
        path: PathBuf,
        /// Permission bits, should the file have to be made.
        mode: u32,
        /// Whole lines.
        lines: Payload,
    },
    /// To Fluent Bit's standard output.
    Stdout(Payload),
    /// To an object that is being filled on disk.
    Spool {
        /// The object's name, its uuid still open.
        name: Vec<u8>,
        /// Whole lines.
        lines: Payload,
    },
}

impl Endpoint {
    /// Bytes that leave the house; what only goes to the spool leaves it later.
    #[must_use]
    pub fn sent(&self) -> u64 {
        match self {
            Self::Http(request) => request.body.len() as u64,
            Self::File { lines, .. } | Self::Stdout(lines) => lines.len() as u64,
            Self::Spool { .. } => 0,
        }
    }
}

/// An HTTP request before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// Usually POST.
    pub method: Method,
    /// Whole address.
    pub url: String,
    /// Headers, secrets among them marked sensitive.
    pub headers: HeaderMap,
    /// The body as it goes over the wire.
    pub body: Payload,
    /// The AWS service to sign for, for example `logs`.
    pub sign: Option<&'static str>,
}

/// An HTTP reply, its body capped. What is done on this machine answers 200.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body's beginning, at most 1 MiB.
    pub body: Bytes,
    /// The connection broke before the body's end: `body` is what had come by then.
    pub truncated: bool,
}

impl Reply {
    /// A header's value as text.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What one reply means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyAction {
    /// Everything arrived, or the preparation is done.
    Delivered,
    /// Accepted, but for some records.
    Partial {
        /// Positions in the batch to send again.
        retry: Vec<usize>,
        /// Positions that are refused for good.
        refused: Vec<(Range<usize>, Reason)>,
    },
    /// Accepted, but for this many records, and nobody says which.
    PartialUnknown {
        /// Refused for good; 0 when the service only warns.
        refused: usize,
        /// For the log.
        why: String,
    },
    /// Not now.
    Retry {
        /// When to come back, if the vendor did not say.
        timing: RetryTiming,
        /// For the log.
        why: String,
    },
    /// Too much at once, or a bad record among good ones: halves may fare better.
    Split {
        /// For the log.
        why: String,
    },
    /// The credentials are not accepted; others may be.
    Reauthorize {
        /// For the log.
        why: String,
    },
    /// What is asked for is in another region.
    WrongRegion {
        /// The region.
        region: String,
        /// For the log.
        why: String,
    },
    /// Something must be made first; then the same batch again.
    Prepare(Vec<Request>),
    /// This preparation failed, but the batch can do without.
    Ignored {
        /// For the log.
        why: String,
    },
    /// Refused for good.
    Rejected {
        /// For the log.
        why: String,
    },
}

impl ReplyAction {
    /// The service took the request's body, at least a part of it.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Delivered | Self::Partial { .. } | Self::PartialUnknown { .. })
    }
}

/// How soon trying again makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryTiming {
    /// It may pass by itself: back off and try within this flush.
    Backoff,
    /// A person must act (permission, name, key): not within this flush.
    NextFlush,
}

/// gzip at level 1: on log text 595 MB/s at a ratio of 7.6, beside 165 MB/s at 12.6 for level 6.
fn gzip(body: &Payload) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder =
        flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 6), flate2::Compression::fast());
    // Writing to memory cannot fail.
    body.parts().for_each(|piece| encoder.write_all(piece).unwrap_or_default());
    encoder.finish().unwrap_or_default()
}

/// zstd at its own default level. Memory is all it needs, so there is nothing to say of a failure.
fn zstd(body: &Payload) -> Option<Vec<u8>> {
    ::zstd::bulk::compress(&body.to_bytes(), ::zstd::DEFAULT_COMPRESSION_LEVEL).ok()
}
