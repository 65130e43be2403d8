//! Amazon CloudWatch Logs: PutLogEvents, and creating groups and streams that are missing.
//!
//! API: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>, read 2026-11.

mod compression;
mod entity;
mod reply;
mod request;

use self::entity::SEPARATOR;
use self::request::LogRequests;
use super::{
    Destination, Encoded, NameLimit, Network, Purpose, Reply, ReplyAction, Request, Vendor, content, probe,
};
use crate::classify::classes::Entry;
use crate::config::{AwsEnvironments, Common, Identity, KeyReader};
use crate::encode::accepted_times::AcceptedTimes;
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::json::Writer;
use crate::metrics::Reason;

/// What each event counts for besides its message, in bytes.
const EVENT_OVERHEAD_BYTES: usize = 26;

/// The most that messages and overheads of one request may sum up to, in bytes.
const MAX_BATCH_BYTES: usize = 1_048_576;

/// The longest message in bytes: it must fit a batch of its own.
const MAX_MESSAGE_BYTES: usize = MAX_BATCH_BYTES - EVENT_OVERHEAD_BYTES;

const DAY_MS: i64 = 24 * 3_600_000;

/// 14 days before and two hours after it arrives; a day before and 22 hours after are added for clocks that differ: what is
/// further away is certain to be refused.
const ACCEPTED_TIMES: AcceptedTimes = AcceptedTimes { past_ms: 15 * DAY_MS, future_ms: DAY_MS };

const LIMITS: Limits =
    Limits { bytes: MAX_BATCH_BYTES, records: 10_000, span_ms: Some(DAY_MS), ordered: true };

/// One CloudWatch Logs destination.
#[derive(Debug)]
struct Cloudwatch {
    runs: RunCache,
    log_group: Template,
    log_stream: Template,
    requests: LogRequests,
    /// Whether the group's name differs from record to record.
    has_many_groups: bool,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let identity = Identity::read(reader, "", None, environments);
    let network = Network::read_aws(reader, &identity);
    let name_limit = Some(NameLimit::read(&common.name, reader, &["log_group", "log_stream"]));
    let vendor = Cloudwatch {
        runs: RunCache::default(),
        log_group: reader.template("log_group", NameKind::LogGroup),
        log_stream: reader.template("log_stream", NameKind::LogStream),
        requests: LogRequests::read(reader, environments, &identity),
        has_many_groups: reader.text("log_group").is_some_and(|text| text.contains(['$', '%'])),
    };
    Destination { name_limit, ..Destination::new(common, LIMITS, Some(network), vendor) }
}

impl Vendor for Cloudwatch {
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let missing = match context.overflow {
            None => self.log_group.render(entry, context, out),
            Some(_) => self.log_group.render(entry, &context.for_outer_name(), out),
        };
        out.push(SEPARATOR);
        let missing = missing.or(self.log_stream.render(entry, context, out));
        match &self.requests.entity {
            Some(entity) if context.overflow.is_none() => missing.or(entity.write(entry, context, out)),
            _ => missing,
        }
    }

    fn outer_name<'n>(&self, target: &'n [u8]) -> Option<&'n [u8]> {
        target.split(|byte| *byte == SEPARATOR).next()
    }

    /// Whoever the events tell about, they go to one stream.
    fn name<'n>(&self, target: &'n [u8]) -> &'n [u8] {
        match target.iter().enumerate().filter(|(_, byte)| **byte == SEPARATOR).nth(1) {
            Some((end, _)) => target.get(..end).unwrap_or(target),
            None => target,
        }
    }

    fn accepted_times(&self) -> Option<AcceptedTimes> {
        Some(ACCEPTED_TIMES)
    }

    /// `{"timestamp":…,"message":"…"},`
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        let mut head = Writer::<false>::new(out);
        head.raw(b"{\"timestamp\":");
        // The API takes no time before 1970; such an event is refused as too old either way, but alone.
        head.integer(entry.record.time.millis().max(0));
        head.raw(b",\"message\":\"");
        let body = out.len();
        let mut message = Writer::<true>::new(out);
        content::write(common, &self.runs, entry, &mut message);
        let mut length = message.inner_len();
        if length == 0 {
            out.truncate(start);
            return Encoded::Empty;
        }
        let whole = length <= MAX_MESSAGE_BYTES;
        if !whole {
            out.truncate(body);
            let text = content::cut(common, entry, MAX_MESSAGE_BYTES);
            let mut message = Writer::<true>::new(out);
            message.text(&text);
            length = message.inner_len();
        }
        out.extend_from_slice(b"\"},");
        let size = length + EVENT_OVERHEAD_BYTES;
        if whole { Encoded::Complete { size } } else { Encoded::Truncated { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        self.requests.put_log_events(batch)
    }

    fn classify_reply(&self, common: &Common, purpose: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&self.requests, &common.name, purpose, batch, reply)
    }

    fn prepared_resource(&self) -> Option<&'static str> {
        Some("the new log group or stream")
    }

    fn rejection_text(&self, reason: Reason) -> &'static str {
        reply::rejection_text(reason)
    }

    fn refused_entity(&self, common: &Common, batch: &Batch, reply: &Reply) -> Option<String> {
        reply::refused_entity(self.requests.entity.as_ref()?, &common.name, batch, reply)
    }

    fn note_unanswered(&self, purpose: Purpose) {
        self.requests.compression.note_unanswered(purpose);
    }

    fn is_made_anew(&self, purpose: Purpose) -> bool {
        self.requests.compression.is_made_anew(purpose)
    }

    /// An empty request is refused before anybody looks at permissions. An event for a stream that does not exist is
    /// refused after that, and one of 1970 would be refused even if the stream did exist.
    fn probe(&self) -> Request {
        self.requests.put_nothing(&Batch::empty(probe::target(self)))
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        let batch = Batch::empty(probe::target(self));
        reply::classify_probe(&self.requests, &common.name, self.has_many_groups, &batch, reply)
    }
}

#[cfg(test)]
mod tests;
