//! New Relic: the Log API, detailed format.
//!
//! API: <https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/>, read 2026-11.

use http::HeaderName;

use super::attributed::{self, AttributedLine, Extent};
use super::http_post::{self, Misconfigured, Post};
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor, reserved};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::RenderContext;
use crate::input::record::{Field, Value};
use crate::json::Writer;

/// Of one request. The documentation limits the compressed body, the vendor's tools the uncompressed one; here both stay
/// within the limit.
const MAX_BODY_BYTES: usize = 1_000_000;

/// Of one event.
const MAX_ATTRIBUTES: usize = 255;

/// Attributes that do not come from the record: `timestamp`, `message`, `plugin.type`, `plugin.version`, `route_class`.
/// `level` is another, where records have levels.
const OWN_ATTRIBUTES: usize = 5;

/// The attribute by which New Relic tells errors
/// (<https://docs.newrelic.com/docs/logs/ui-data/use-logs-ui/>, read 2026-11).
const LEVEL: &[u8] = b"level";

/// The vendor counts characters, of which there are never more than bytes.
const MAX_NAME_BYTES: usize = 255;

/// Names that New Relic reserves, and those that we add; a record's field of such a name gets another.
const RESERVED: &[&[u8]] = &[
    b"accountId",
    b"eventType",
    b"entity.guid",
    b"entity.name",
    b"entity.type",
    b"timestamp",
    b"message",
    b"route_class",
    b"plugin.type",
    b"plugin.version",
    b"other_attributes",
];

/// The body before its events.
const HEAD: &str = concat!(
    r#"[{"common":{"attributes":{"plugin.type":"fluent-bit-ecs-router","plugin.version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}},"logs":["#
);

/// The body after its events.
const TAIL: &str = "]}]";

/// Each event ends with a comma, and the last comma is dropped.
const LIMITS: Limits = Limits {
    bytes: MAX_BODY_BYTES - HEAD.len() - TAIL.len() + 1,
    records: usize::MAX,
    span_ms: None,
    ordered: false,
};

#[derive(Debug)]
struct NewRelic {
    runs: RunCache,
    post: Post,
    /// The setting that holds the account's key: `license_key` or `api_key`.
    key_name: &'static str,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let host = match reader.choice("site") {
        Some("eu") => "https://log-api.eu.newrelic.com",
        Some("fedramp") => "https://gov-log-api.newrelic.com",
        _ => "https://log-api.newrelic.com",
    };
    let url = http_post::api_url(reader, host.to_owned(), "/log/v1");
    let mut post = Post::read(reader, url, "application/json");
    let key_name = key_name(reader);
    let api_key = HeaderName::from_static("api-key");
    post.add_secret_header(reader, key_name, api_key, &reader.secret(key_name));
    let network = Network::read(reader);
    Destination::new(common, LIMITS, Some(network), NewRelic { runs: RunCache::default(), post, key_name })
}

impl NewRelic {
    /// What to do about the misconfiguration of the destination `name`.
    fn hint(&self, name: &str, wrong: Misconfigured) -> String {
        let key_name = self.key_name;
        match wrong {
            Misconfigured::Address => format!("check {name}.endpoint and {name}.site"),
            Misconfigured::Access => {
                format!("check that {name}.{key_name} is an ingest licence key of {name}.site")
            }
            Misconfigured::Form => format!("try {name}.compress off"),
        }
    }

    /// Writes `{"timestamp":…,"message":"…","attributes":{…}},`; returns the length of the message.
    fn write(line: &AttributedLine<'_>, extent: Extent, out: &mut Vec<u8>) -> usize {
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"{\"timestamp\":");
        writer.integer(line.entry.record.time.millis().max(0));
        writer.raw(b",\"message\":\"");
        let message_len = line.write_message(extent, out);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"\",\"attributes\":{\"route_class\":");
        writer.string(line.entry.class_name.as_bytes());
        if let Some(level) = line.entry.level {
            writer.raw(b",\"level\":");
            writer.string(level.name().as_bytes());
        }
        write_attributes(line, extent, out);
        out.extend_from_slice(b"}},");
        message_len
    }
}

/// Which of the two settings for the account's key is used.
fn key_name(reader: &KeyReader<'_>) -> &'static str {
    let written = |name| reader.written(name).is_some();
    match (written("license_key"), written("api_key")) {
        (true, true) => {
            reader.problem("api_key", "and license_key are two names of one key; keep one of them");
            "license_key"
        }
        (false, true) => "api_key",
        _ => "license_key",
    }
}

/// The attributes that fit by themselves, and all others in one: those beyond an event's limit, and those whose name is too
/// long, which New Relic would refuse or drop.
fn write_attributes(line: &AttributedLine<'_>, extent: Extent, out: &mut Vec<u8>) {
    let has_level = line.entry.level.is_some();
    let max = MAX_ATTRIBUTES - OWN_ATTRIBUTES - usize::from(has_level);
    let overflows = line.attribute_count(extent) > max || !line.attributes(extent).all(has_short_name);
    let separate = if overflows { max - 1 } else { max };
    let mut writer = Writer::<false>::new(out);
    let mut short = line.attributes(extent).filter(|field| has_short_name(field));
    short
        .by_ref()
        .take(separate)
        .for_each(|field| write_attribute(field, line.fields(), has_level, &mut writer));
    if overflows {
        write_other_attributes(
            short.chain(line.attributes(extent).filter(|field| !has_short_name(field))),
            out,
        );
    }
}

fn has_short_name(field: &Field<'_>) -> bool {
    field.key.text().is_none_or(|name| name.len() <= MAX_NAME_BYTES)
}

/// `,"name":value` for one of these fields; arrays and maps become text, because New Relic takes only scalar values.
fn write_attribute(field: &Field<'_>, fields: &[Field<'_>], has_level: bool, writer: &mut Writer<'_, false>) {
    writer.raw(b",");
    match field.key.text() {
        Some(name) if RESERVED.contains(&name) || has_level && name == LEVEL => {
            writer.string(&reserved::renamed(name, fields))
        }
        _ => writer.key(field.key),
    }
    writer.raw(b":");
    match field.value {
        Value::Array(..) | Value::Map(..) => writer.quoted(field.value),
        value => writer.value(value),
    }
}

/// `,"other_attributes":"{…}"`: attributes as one JSON object in text.
fn write_other_attributes<'f>(rest: impl Iterator<Item = &'f Field<'f>>, out: &mut Vec<u8>) {
    let mut writer = Writer::<true>::new(out);
    writer.raw(b",\"other_attributes\":\"{");
    for (position, field) in rest.enumerate() {
        if position > 0 {
            writer.raw(b",");
        }
        writer.key(field.key);
        writer.raw(b":");
        writer.value(field.value);
    }
    writer.raw(b"}\"");
}

impl Vendor for NewRelic {
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        attributed::with_line(common, &self.runs, entry, |line| {
            attributed::write_within(LIMITS.bytes, out, |extent, out| Self::write(line, extent, out))
        })
    }

    fn request(&self, batch: &Batch) -> Request {
        self.post.request(batch.payload_between(HEAD, TAIL.as_bytes()), None)
    }

    /// 202 only promises to process the events later; what is wrong with them becomes an `NrIntegrationError` event.
    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let reason = http_post::describe("New Relic", reply);
        if let Some(wrong) = http_post::misconfigured(reply) {
            return http_post::keep(&reason, &self.hint(&common.name, wrong));
        }
        match reply.status {
            202 => ReplyAction::Delivered,
            400 if batch.items.len() > 1 => ReplyAction::Split { reason },
            _ => http_post::classify_status(reply, reason),
        }
    }
}

#[cfg(test)]
mod tests;
