//! Datadog: the logs intake, version 2.
//!
//! API: <https://docs.datadoghq.com/api/latest/logs/#send-logs>; tags:
//! <https://docs.datadoghq.com/getting_started/tagging/>; read 2026-11.

use http::HeaderName;

use super::attributed::{self, AttributedLine, Extent};
use super::http_post::{self, Misconfigured, Post};
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor, reserved};
use crate::classify::classes::{Class, Entry};
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::input::record::Field;
use crate::json::Writer;
use crate::level::LogLevel;
use crate::stop::Severity;

/// Of one request, before compression.
const MAX_BODY_BYTES: usize = 5_000_000;

/// Of one request.
const MAX_ENTRIES: usize = 1_000;

/// Of one entry; the intake accepts longer ones but cuts them.
const MAX_ENTRY_BYTES: usize = 1_000_000;

/// Around the entries are two brackets; each entry ends with a comma, and the last comma is dropped.
const LIMITS: Limits =
    Limits { bytes: MAX_BODY_BYTES - 1, records: MAX_ENTRIES, span_ms: None, ordered: false };

/// Names that mean something to the intake; a record's field of such a name gets another.
const RESERVED: &[&[u8]] =
    &[b"ddsource", b"ddtags", b"hostname", b"service", b"status", b"timestamp", b"message"];

/// Template fields that become tags of every entry that has them.
const STANDARD_TAGS: [&str; 7] =
    ["class", "ecs_cluster", "ecs_service", "ecs_task_family", "ecs_task_id", "container_name", "image_tag"];

#[derive(Debug)]
struct Datadog {
    runs: RunCache,
    post: Post,
    source: Template,
    service: Service,
    hostname: Option<Template>,
    /// The tags that the user set.
    user_tags: Option<Template>,
    /// `name:value` for each of [`STANDARD_TAGS`].
    standard_tags: Vec<Template>,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let site = reader.choice("site").unwrap_or_default();
    let url = http_post::api_url(reader, format!("https://http-intake.logs.{site}"), "/api/v2/logs");
    let mut post = Post::read(reader, url, "application/json");
    post.add_secret_header(
        reader,
        "api_key",
        HeaderName::from_static("dd-api-key"),
        &reader.secret("api_key"),
    );
    let optional = |name: &str| reader.written(name).map(|_| reader.template(name, NameKind::Label));
    let standard_tags =
        STANDARD_TAGS.map(|name| Template::parse(&format!("{name}:$({name})"), NameKind::Label));
    let network = Network::read(reader);
    let vendor = Datadog {
        runs: RunCache::default(),
        post,
        source: reader.template("source", NameKind::Label),
        service: Service::read(reader),
        hostname: optional("hostname"),
        user_tags: optional("tags"),
        standard_tags: standard_tags.into_iter().flatten().collect(),
    };
    Destination::new(common, LIMITS, Some(network), vendor)
}

/// What Datadog calls the service of an entry.
#[derive(Debug)]
enum Service {
    /// As the user sets it.
    Set(Template),
    /// By default: a report is found under the ECS service or the task's family, lines under their container.
    Default { ecs_service: Template, family: Template, container: Template },
}

impl Service {
    fn read(reader: &KeyReader<'_>) -> Self {
        let template = reader.template("service", NameKind::Label);
        if reader.written("service").is_some() {
            return Self::Set(template);
        }
        let field = |name: &str| Template::parse(&format!("$({name})"), NameKind::Label).unwrap_or_default();
        Self::Default {
            ecs_service: field("ecs_service"),
            family: field("ecs_task_family"),
            container: template,
        }
    }

    fn template(&self, entry: &Entry<'_, '_, '_>) -> &Template {
        match (self, entry.stop) {
            (Self::Set(template), _) => template,
            (Self::Default { ecs_service, .. }, Some(stop)) if stop.service.is_some() => ecs_service,
            (Self::Default { family, .. }, Some(stop)) if stop.family().is_some() => family,
            (Self::Default { container, .. }, _) => container,
        }
    }
}

impl Datadog {
    /// Writes `{"ddsource":"…","service":"…","hostname":"…","ddtags":"…","status":"…","timestamp":…,"message":"…",…},`; returns the length
    /// of the message.
    fn write(
        &self,
        line: &AttributedLine<'_>,
        context: &RenderContext<'_>,
        extent: Extent,
        out: &mut Vec<u8>,
    ) -> usize {
        let entry = line.entry;
        out.extend_from_slice(b"{\"ddsource\":\"");
        self.source.render(entry, context, out);
        out.extend_from_slice(b"\",\"service\":\"");
        self.service.template(entry).render(entry, context, out);
        if let Some(hostname) = &self.hostname {
            out.extend_from_slice(b"\",\"hostname\":\"");
            hostname.render(entry, context, out);
        }
        out.extend_from_slice(b"\",\"ddtags\":\"");
        self.write_tags(entry, context, out);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"\",\"status\":\"");
        writer.raw(status(entry).as_bytes());
        writer.raw(b"\",\"timestamp\":");
        writer.integer(entry.record.time.millis());
        writer.raw(b",\"message\":\"");
        let message_len = line.write_message(extent, out);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"\"");
        line.attributes(extent).for_each(|field| write_attribute(field, line.fields(), &mut writer));
        writer.raw(b"},");
        message_len
    }

    /// The user's tags, then the standard ones that the entry has.
    fn write_tags(&self, entry: &Entry<'_, '_, '_>, context: &RenderContext<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        if let Some(tags) = &self.user_tags {
            tags.render(entry, context, out);
        }
        for tag in &self.standard_tags {
            let end = out.len();
            if end > start {
                out.push(b',');
            }
            if tag.render(entry, context, out).is_some() {
                out.truncate(end);
            }
        }
    }
}

/// What to do about the misconfiguration of the destination `name`.
fn hint(name: &str, wrong: Misconfigured) -> String {
    match wrong {
        Misconfigured::Address => format!("check {name}.endpoint and {name}.site"),
        Misconfigured::Access => format!("check that {name}.api_key is an API key of {name}.site"),
        Misconfigured::Form => format!("try {name}.compress off"),
    }
}

/// The status that Datadog filters and colours by.
fn status(entry: &Entry<'_, '_, '_>) -> &'static str {
    match (entry.stop.map(|stop| stop.severity), entry.level, entry.class) {
        (Some(Severity::Error), _, _) => "error",
        (Some(Severity::Warning), _, _) => "warning",
        (Some(Severity::Info), _, _) => "info",
        (None, Some(level), _) => status_of(level),
        (None, None, Class::Stderr) => "error",
        (None, None, _) => "info",
    }
}

/// <https://docs.datadoghq.com/logs/log_configuration/processors/?tab=ui#log-status-remapper>, read 2026-11.
fn status_of(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace | LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warning",
        LogLevel::Error => "error",
        LogLevel::Fatal => "critical",
    }
}

/// `,"name":value` for one of these fields.
fn write_attribute(field: &Field<'_>, fields: &[Field<'_>], writer: &mut Writer<'_, false>) {
    writer.raw(b",");
    match field.key.text() {
        Some(name) if RESERVED.contains(&name) => writer.string(&reserved::renamed(name, fields)),
        _ => writer.key(field.key),
    }
    writer.raw(b":");
    writer.value(field.value);
}

impl Vendor for Datadog {
    /// All entries have the same target; the templates are rendered only to find a missing field.
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let service = self.service.template(entry);
        let templates = [Some(&self.source), Some(service), self.hostname.as_ref(), self.user_tags.as_ref()];
        let start = out.len();
        let missing =
            templates.into_iter().flatten().find_map(|template| template.render(entry, context, out));
        out.truncate(start);
        missing
    }

    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        attributed::with_line(common, &self.runs, entry, |line| {
            // The comma does not count as part of the entry.
            attributed::write_within(MAX_ENTRY_BYTES + 1, out, |extent, out| {
                self.write(line, context, extent, out)
            })
        })
    }

    fn request(&self, batch: &Batch) -> Request {
        self.post.request(batch.payload_between("[", "]"), None)
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let reason = http_post::describe("Datadog", reply);
        if let Some(wrong) = http_post::misconfigured(reply) {
            return http_post::keep(&reason, &hint(&common.name, wrong));
        }
        match reply.status {
            202 => ReplyAction::Delivered,
            // Other intakes behind `endpoint` (Vector, Observability Pipelines) answer 200. So does a proxy with words
            // of its own, which is not a delivery.
            200 if is_empty_or_object(&reply.body) => ReplyAction::Delivered,
            400 if batch.items.len() > 1 => ReplyAction::Split { reason },
            _ => http_post::classify_status(reply, reason),
        }
    }
}

fn is_empty_or_object(body: &[u8]) -> bool {
    matches!(body.trim_ascii().first(), None | Some(b'{'))
}

#[cfg(test)]
mod tests;
