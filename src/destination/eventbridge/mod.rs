//! Amazon EventBridge: PutEvents, one event for each report or line, with a source and detail types of our own.
//!
//! No rule for events of ECS matches such an event, and no collector takes it for a stop, for its source is not
//! `aws.ecs`; one that comes back is not sent again.
//!
//! API: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html>, read 2026-11.

mod bus;
mod reply;
mod request;

use self::bus::EventBus;
use super::aws_json::AwsJsonService;
use super::{
    Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor, alert, content, resource_arn,
};
use crate::classify::classes::Entry;
use crate::config::endpoint::AwsService;
use crate::config::{AwsEnvironments, Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::{NEWS_TAG, RenderContext};
use crate::json::Writer;
use crate::stop::StopEvent;

/// What all entries of a request may have together, in bytes: less than 256 KB.
const MAX_BYTES: usize = (256 << 10) - 1;

const LIMITS: Limits = Limits { bytes: MAX_BYTES, records: 10, span_ms: None, ordered: false };

/// What an entry's time counts for, in bytes.
const TIME_BYTES: usize = 14;

/// Room for an entry's source, type and resource.
const HEAD_BYTES: usize = 4 << 10;

/// The most bytes of a detail.
const MAX_DETAIL_BYTES: usize = MAX_BYTES - HEAD_BYTES;

/// The longest ARN of a task that is written as a resource.
const MAX_RESOURCE_BYTES: usize = 2_048;

const _: () = assert!(TIME_BYTES + SOURCE.len() + STOP_TYPE.len() + MAX_RESOURCE_BYTES <= HEAD_BYTES);

/// The source of all our events.
const SOURCE: &str = "ecs_router";

/// The type of a stop's report.
const STOP_TYPE: &str = "ECS Stop Report";

/// The type of what is told of an incident besides its stops: that it goes on, that it is over.
const INCIDENT_TYPE: &str = "ECS Incident News";

/// The type of anything else.
const LINE_TYPE: &str = "ECS Log Line";

/// The field that a detail has where it is not a record but text.
const TEXT_FIELD: &[u8] = b"message";

/// One event bus.
#[derive(Debug)]
struct EventBridge {
    service: AwsJsonService,
    bus: EventBus,
    runs: RunCache,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let bus = bus::read(reader);
    let identity = resource_arn::identity(reader, environments, "event_bus", bus.region());
    let service = AwsJsonService::read(reader, environments, &identity, AwsService::Events, "AWSEvents");
    let network = Network::read_aws(reader, &identity);
    Destination::new(common, LIMITS, Some(network), EventBridge { service, bus, runs: RunCache::default() })
}

impl EventBridge {
    /// The detail, which has to be a JSON object, and whether something of it is left out.
    fn detail(&self, common: &Common, entry: &Entry<'_, '_, '_>) -> (Vec<u8>, bool) {
        match entry.stop {
            Some(stop) => stop_detail(common, stop),
            None => self.line_detail(common, entry),
        }
    }

    fn line_detail(&self, common: &Common, entry: &Entry<'_, '_, '_>) -> (Vec<u8>, bool) {
        let mut text = Vec::new();
        content::write(common, &self.runs, entry, &mut Writer::<false>::new(&mut text));
        let is_cut = text.len() > MAX_DETAIL_BYTES;
        if is_cut {
            text = content::cut(common, entry, MAX_DETAIL_BYTES);
        }
        let is_object = content::is_record(common, entry) && text.ends_with(b"}");
        if is_object { (text, is_cut) } else { wrapped(&text, is_cut) }
    }
}

/// `{"message":"…"}`
fn wrapped(text: &[u8], is_cut: bool) -> (Vec<u8>, bool) {
    let write = |text: &[u8]| {
        let mut detail = Vec::new();
        let mut writer = Writer::<false>::new(&mut detail);
        writer.raw(b"{");
        writer.string(TEXT_FIELD);
        writer.raw(b":");
        writer.string(text);
        writer.raw(b"}");
        detail
    };
    let detail = write(text);
    match detail.len() {
        0..=MAX_DETAIL_BYTES => (detail, is_cut),
        _ => (write(&content::cut_for_string(text, MAX_DETAIL_BYTES - 2 * TEXT_FIELD.len())), true),
    }
}

fn stop_detail(common: &Common, stop: &StopEvent) -> (Vec<u8>, bool) {
    let raw = serde_json::to_vec(&stop.event).unwrap_or_default();
    // News of an incident has no event.
    let is_raw = !common.enrich_stops && stop.event.is_object() && raw.len() <= MAX_DETAIL_BYTES;
    if is_raw { (raw, false) } else { alert::report_within(stop, MAX_DETAIL_BYTES) }
}

fn detail_type(entry: &Entry<'_, '_, '_>, context: &RenderContext<'_>) -> &'static str {
    match entry.stop {
        Some(_) if context.tag == NEWS_TAG => INCIDENT_TYPE,
        Some(_) => STOP_TYPE,
        None => LINE_TYPE,
    }
}

/// Whether the record is an event of ours that a rule brought back: sent again, it would come back for ever.
fn is_own(entry: &Entry<'_, '_, '_>) -> bool {
    let is_ours =
        |name: &[u8]| [STOP_TYPE, INCIDENT_TYPE, LINE_TYPE].iter().any(|ours| ours.as_bytes() == name);
    entry.record.text(b"source") == Some(SOURCE.as_bytes())
        && entry.record.text(b"detail-type").is_some_and(is_ours)
}

fn resource<'s>(entry: &Entry<'s, '_, '_>) -> Option<&'s str> {
    entry.stop?.task_arn.as_deref().filter(|arn| (1..=MAX_RESOURCE_BYTES).contains(&arn.len()))
}

impl Vendor for EventBridge {
    /// `{"Source":"ecs_router","DetailType":"…","EventBusName":"…","Time":…,"Resources":["…"],"Detail":"…"},`
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        if entry.stop.is_none() && is_own(entry) {
            return Encoded::Filtered;
        }
        let (detail, is_cut) = self.detail(common, entry);
        let detail_type = detail_type(entry, context);
        let resource = resource(entry);
        let head = request::EntryHead {
            detail_type,
            bus: &self.bus.name,
            seconds: entry.record.time.millis().div_euclid(1_000),
            resource,
        };
        head.write(&detail, out);
        let size =
            TIME_BYTES + SOURCE.len() + detail_type.len() + resource.map_or(0, str::len) + detail.len();
        if is_cut { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        request::put_events(&self.service, batch)
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, &self.bus.name, batch.items.len(), reply)
    }

    /// There is no way to put nothing.
    fn probe(&self) -> Request {
        request::describe_event_bus(&self.service, &self.bus.name)
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        reply::classify_probe(&common.name, &self.bus.name, reply)
    }
}

#[cfg(test)]
mod tests;
