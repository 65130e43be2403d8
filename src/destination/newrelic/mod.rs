//! New Relic: the Log API, detailed format.
//!
//! API: <https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/>, read 2026-11.

use http::HeaderName;

use super::attributed::{self, AttributedLine, Extent};
use super::http_post::{self, Post};
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, RetryTiming};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::RenderContext;
use crate::input::record::{Field, Value};
use crate::json::{self, Writer};

/// Of one request. The documents mean the compressed body, the vendor's tools the other; here both stay below.
const MAX_BODY: usize = 1_000_000;

/// Of one event.
const MAX_ATTRIBUTES: usize = 255;

/// Attributes that are not the record's: `timestamp`, `message`, `plugin.type`, `plugin.version`, `route_class`.
const OWN_ATTRIBUTES: usize = 5;

/// Characters of an attribute's name; cut by bytes, which are never fewer.
const MAX_NAME: usize = 255;

/// Names New Relic keeps for itself, and those of our own; a record's field of such a name gets [`RENAMED`].
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

const RENAMED: &[u8] = b"record_";

/// Stands before the events.
const HEAD: &str = concat!(
    r#"[{"common":{"attributes":{"plugin.type":"fluent-bit-ecs-router","plugin.version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""}},"logs":["#
);

/// Stands behind them.
const TAIL: &str = "]}]";

/// Each event brings a comma, and the last one's goes away.
const LIMITS: Limits = Limits {
    bytes: MAX_BODY - HEAD.len() - TAIL.len() + 1,
    records: usize::MAX,
    span_ms: None,
    ordered: false,
};

/// One New Relic account.
#[derive(Debug)]
pub(super) struct NewRelic {
    common: Common,
    runs: RunCache,
    network: Network,
    post: Post,
    /// The key that holds the account's key.
    key: &'static str,
}

impl NewRelic {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        let host = match reader.choice("site") {
            Some("eu") => "https://log-api.eu.newrelic.com",
            Some("fedramp") => "https://gov-log-api.newrelic.com",
            _ => "https://log-api.newrelic.com",
        };
        let url = http_post::intake(reader, host.to_owned(), "/log/v1");
        let mut post = Post::read(reader, url, "application/json");
        let key = key(reader);
        post.secret(reader, key, HeaderName::from_static("api-key"), &reader.secret(key));
        Self { common, runs: RunCache::default(), network: Network::read(reader), post, key }
    }

    /// `{"timestamp":…,"message":"…","attributes":{…}},`
    fn write(line: &AttributedLine<'_>, extent: Extent, out: &mut Vec<u8>) -> usize {
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"{\"timestamp\":");
        writer.integer(line.entry.record.time.millis().max(0));
        writer.raw(b",\"message\":\"");
        let message = line.write_message(extent, out);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"\",\"attributes\":{\"route_class\":");
        writer.string(line.entry.class_name.as_bytes());
        let room = MAX_ATTRIBUTES - OWN_ATTRIBUTES;
        let spill = line.attribute_count(extent) > room;
        let mut attributes = line.attributes(extent);
        let separate = if spill { room - 1 } else { room };
        attributes.by_ref().take(separate).for_each(|field| attribute(field, &mut writer));
        if spill {
            write_spilled(attributes, out);
        }
        out.extend_from_slice(b"}},");
        message
    }
}

/// Which of the two names of the account's key is used.
fn key(reader: &KeyReader<'_>) -> &'static str {
    let written = |name| reader.written(name).is_some();
    match (written("license_key"), written("api_key")) {
        (true, true) => {
            reader
                .problem("api_key", "and license_key are two names of one key; keep one of them".to_owned());
            "license_key"
        }
        (false, true) => "api_key",
        _ => "license_key",
    }
}

/// `,"name":value`; containers become text, because New Relic takes no others.
fn attribute(field: &Field<'_>, writer: &mut Writer<'_, false>) {
    writer.raw(b",");
    match field.key.text() {
        Some(name) if RESERVED.contains(&name) => {
            writer.raw(b"\"");
            writer.raw(RENAMED);
            writer.contents(name);
            writer.raw(b"\"");
        }
        Some(name) => writer.string(json::cut(name, MAX_NAME)),
        None => writer.key(field.key),
    }
    writer.raw(b":");
    match field.value {
        Value::Array(..) | Value::Map(..) => writer.quoted(field.value),
        value => writer.value(value),
    }
}

/// What is more than an event may have is not lost: it becomes one attribute, an object as text.
fn write_spilled<'f>(rest: impl Iterator<Item = &'f Field<'f>>, out: &mut Vec<u8>) {
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

impl Destination for NewRelic {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    fn target<'t>(
        &'t self,
        _: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        _: &mut Vec<u8>,
    ) -> Option<&'t str> {
        None
    }

    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        attributed::with_line(&self.common, &self.runs, entry, |line| {
            attributed::fit(LIMITS.bytes, out, |extent, out| Self::write(line, extent, out))
        })
    }

    fn request(&self, batch: &Batch) -> Request {
        self.post.deliver(batch.payload_between(HEAD, TAIL.as_bytes()), None)
    }

    /// 202 promises to look at the events later; what is wrong with them then is an `NrIntegrationError` event.
    fn classify_reply(&self, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let why = http_post::describe("New Relic", reply);
        match reply.status {
            202 => ReplyAction::Delivered,
            400 if batch.items.len() > 1 => ReplyAction::Split { why },
            401 | 403 => {
                let Self { common: Common { name, .. }, key, .. } = self;
                let why = format!("{why}: check that {name}.{key} is an ingest licence key of {name}.site");
                ReplyAction::Retry { timing: RetryTiming::NextFlush, why }
            }
            _ => http_post::judge(reply, why),
        }
    }
}

#[cfg(test)]
mod tests;
