//! Datadog: the logs intake, version 2.
//!
//! API: <https://docs.datadoghq.com/api/latest/logs/#send-logs>; tags:
//! <https://docs.datadoghq.com/getting_started/tagging/>; read 2026-11.

use http::HeaderName;

use super::attributed::{self, AttributedLine, Extent};
use super::http_post::{self, Post};
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, RetryTiming};
use crate::classify::classes::{Class, Entry};
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::input::record::Field;
use crate::json::Writer;
use crate::stop::Severity;

/// Of one request, before compression.
const MAX_BODY: usize = 5_000_000;

/// Entries of one request.
const MAX_ENTRIES: usize = 1_000;

/// Of one entry; the intake would take a longer one and cut it.
const MAX_ENTRY: usize = 1_000_000;

/// Two brackets; each entry brings a comma, and the last one's goes away.
const LIMITS: Limits = Limits { bytes: MAX_BODY - 1, records: MAX_ENTRIES, span_ms: None, ordered: false };

/// Names that mean something to the intake; a record's field of such a name gets [`RENAMED`].
const RESERVED: &[&[u8]] =
    &[b"ddsource", b"ddtags", b"hostname", b"service", b"status", b"timestamp", b"message"];

const RENAMED: &[u8] = b"record_";

/// Fields of templates that become tags wherever they are known.
const TAGS: [&str; 7] =
    ["class", "ecs_cluster", "ecs_service", "ecs_task_family", "ecs_task_id", "container_name", "image_tag"];

/// One Datadog organization.
#[derive(Debug)]
pub(super) struct Datadog {
    common: Common,
    runs: RunCache,
    network: Network,
    post: Post,
    source: Template,
    service: Template,
    hostname: Option<Template>,
    /// The user's.
    tags: Option<Template>,
    /// Those of [`TAGS`].
    known: Vec<Template>,
}

impl Datadog {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        let site = reader.choice("site").unwrap_or_default();
        let url = http_post::intake(reader, format!("https://http-intake.logs.{site}"), "/api/v2/logs");
        let mut post = Post::read(reader, url, "application/json");
        post.secret(reader, "api_key", HeaderName::from_static("dd-api-key"), &reader.secret("api_key"));
        let optional = |name: &str| reader.written(name).map(|_| reader.template(name, NameKind::Label));
        let tag = |name: &str| Template::parse(&format!("{name}:$({name})"), NameKind::Label).ok();
        Self {
            common,
            runs: RunCache::default(),
            network: Network::read(reader),
            post,
            source: reader.template("source", NameKind::Label),
            service: reader.template("service", NameKind::Label),
            hostname: optional("hostname"),
            tags: optional("tags"),
            known: TAGS.into_iter().filter_map(tag).collect(),
        }
    }

    /// `{"ddsource":"…","service":"…","hostname":"…","ddtags":"…","status":"…","timestamp":…,"message":"…",…},`
    fn write(
        &self,
        line: &AttributedLine<'_>,
        scene: &RenderContext<'_>,
        extent: Extent,
        out: &mut Vec<u8>,
    ) -> usize {
        let entry = line.entry;
        out.extend_from_slice(b"{\"ddsource\":\"");
        self.source.render(entry, scene, out);
        out.extend_from_slice(b"\",\"service\":\"");
        self.service.render(entry, scene, out);
        if let Some(hostname) = &self.hostname {
            out.extend_from_slice(b"\",\"hostname\":\"");
            hostname.render(entry, scene, out);
        }
        out.extend_from_slice(b"\",\"ddtags\":\"");
        self.write_tags(entry, scene, out);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"\",\"status\":\"");
        writer.raw(status(entry).as_bytes());
        writer.raw(b"\",\"timestamp\":");
        writer.integer(entry.record.time.millis());
        writer.raw(b",\"message\":\"");
        let message = line.write_message(extent, out);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"\"");
        line.attributes(extent).for_each(|field| attribute(field, &mut writer));
        writer.raw(b"},");
        message
    }

    /// The user's tags, then those that are known.
    fn write_tags(&self, entry: &Entry<'_, '_, '_>, scene: &RenderContext<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        if let Some(tags) = &self.tags {
            tags.render(entry, scene, out);
        }
        for tag in &self.known {
            let end = out.len();
            if end > start {
                out.push(b',');
            }
            if tag.render(entry, scene, out).is_some() {
                out.truncate(end);
            }
        }
    }
}

/// What Datadog sorts and colours by.
fn status(entry: &Entry<'_, '_, '_>) -> &'static str {
    match (entry.stop.map(|stop| stop.severity), entry.class) {
        (Some(Severity::Error), _) | (None, Class::Stderr) => "error",
        (Some(Severity::Warning), _) => "warning",
        (Some(Severity::Info), _) | (None, _) => "info",
    }
}

/// `,"name":value`
fn attribute(field: &Field<'_>, writer: &mut Writer<'_, false>) {
    writer.raw(b",");
    match field.key.text() {
        Some(name) if RESERVED.contains(&name) => {
            writer.raw(b"\"");
            writer.raw(RENAMED);
            writer.raw(name);
            writer.raw(b"\"");
        }
        _ => writer.key(field.key),
    }
    writer.raw(b":");
    writer.value(field.value);
}

impl Destination for Datadog {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    /// All entries go to one place; the names are rendered only to tell which field they lack.
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let names = [Some(&self.source), Some(&self.service), self.hostname.as_ref(), self.tags.as_ref()];
        let start = out.len();
        let missing = names.into_iter().flatten().find_map(|name| name.render(entry, scene, out));
        out.truncate(start);
        missing
    }

    fn encode(&self, entry: &Entry<'_, '_, '_>, scene: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        attributed::with_line(&self.common, &self.runs, entry, |line| {
            // The comma is no part of the entry.
            attributed::fit(MAX_ENTRY + 1, out, |extent, out| self.write(line, scene, extent, out))
        })
    }

    fn request(&self, batch: &Batch) -> Request {
        self.post.deliver(batch.payload_between("[", b"]"), None)
    }

    fn classify_reply(&self, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let why = http_post::describe("Datadog", reply);
        match reply.status {
            202 => ReplyAction::Delivered,
            // What takes the intake's place behind `endpoint` (Vector, Observability Pipelines) says 200; a page does not.
            200 if is_no_page(&reply.body) => ReplyAction::Delivered,
            400 if batch.items.len() > 1 => ReplyAction::Split { why },
            401 | 403 => {
                let name = &self.common.name;
                let why = format!("{why}: check that {name}.api_key is an API key of {name}.site");
                ReplyAction::Retry { timing: RetryTiming::NextFlush, why }
            }
            _ => http_post::judge(reply, why),
        }
    }
}

/// Empty, or a JSON object.
fn is_no_page(body: &[u8]) -> bool {
    matches!(body.trim_ascii().first(), None | Some(b'{'))
}

#[cfg(test)]
mod tests;
