//! A Slack channel, through an incoming webhook: one message per batch.
//!
//! A channel is for people, so it gets a report of what happened and no copy of the log: stops in words, ordinary
//! lines only as a count with the first few of them.
//!
//! API: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks> and
//! <https://docs.slack.dev/apis/web-api/rate-limits>, read 2026-11.

mod blocks;
mod console;
mod digest;
mod message;
mod stops;

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Uri, header};

use super::{
    Destination, Encoded, Endpoint, HttpRequest, Network, Purpose, Reply, ReplyAction, Request, RetryTiming,
    content,
};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::RenderContext;
use crate::input::record::Value;
use crate::json::{self, Writer};
use crate::stop::Severity;

/// A webhook takes one message per second. What counts is when it arrives, so there is a little room for the way.
const PACE: Duration = Duration::from_millis(1_100);

/// A message is a digest of whatever the batch holds, so what bounds a batch is memory.
const LIMITS: Limits = Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

/// What of a line may be shown; a character has four bytes at most.
const MAX_LINE: usize = 4 * (digest::MAX_LINE + 1);

/// The field of a record that is the application's line, unless `log_key` names another.
const LINE: &[u8] = b"log";

/// One incoming webhook.
#[derive(Debug)]
pub(super) struct Slack {
    common: Common,
    runs: RunCache,
    network: Network,
    webhook: Secret,
    min_severity: Severity,
}

impl Slack {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        if !common.enrich_stops {
            reader.problem("stop_format", "has no effect on Slack, where a stop is told in words".to_owned());
        }
        Self {
            runs: RunCache::default(),
            network: Network { min_interval: Some(PACE), ..Network::read(reader) },
            webhook: webhook(reader),
            min_severity: match reader.choice("min_severity") {
                Some("info") => Severity::Info,
                Some("error") => Severity::Error,
                _ => Severity::Warning,
            },
            common,
        }
    }

    /// `{"class":"stderr","container":"web","line":"…"}`
    fn write_line(&self, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) {
        let container = entry.record.text(b"container_name").unwrap_or_default();
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"{\"class\":");
        writer.string(entry.class_name.as_bytes());
        writer.raw(b",\"container\":");
        writer.string(container.strip_prefix(b"/").unwrap_or(container));
        writer.raw(b",\"line\":");
        let key = self.common.log_key.as_deref().map_or(LINE, str::as_bytes);
        match entry.record.get(key) {
            Some(Value::Text(text) | Value::Binary(text)) => writer.string(json::cut(text, MAX_LINE)),
            _ => {
                let mut text = Vec::new();
                content::write(&self.common, &self.runs, entry, &mut Writer::<false>::new(&mut text));
                writer.string(json::cut(&text, MAX_LINE));
            }
        }
        writer.raw(b"}");
    }

    fn refusal(&self, reply: &Reply) -> String {
        let name = &self.common.name;
        let hint = match reply.status {
            403 => "the workspace or the channel does not let the webhook post".to_owned(),
            404 => format!("the webhook or its channel is gone; make another for {name}.webhook_url"),
            410 => {
                format!("the channel is archived; make a webhook of another one for {name}.webhook_url")
            }
            300..=399 => format!("{name}.webhook_url is not the address of a webhook"),
            _ => format!("if {name}.webhook_url is right, this is a fault of the plugin"),
        };
        format!("{}; {hint}", described(reply))
    }
}

/// An address that only its holder may know. Plain HTTP would tell everyone on the way, so it is for tests alone.
fn webhook(reader: &KeyReader<'_>) -> Secret {
    let secret = reader.secret("webhook_url");
    let allowed = |uri: Uri| match uri.scheme_str() {
        Some("https") => uri.host().is_some_and(|host| !host.is_empty()),
        Some("http") => uri.host() == Some("127.0.0.1"),
        _ => false,
    };
    let text = secret.reveal();
    // That it is missing has been said.
    if !text.is_empty() && !text.parse().is_ok_and(allowed) {
        let what = "must be the https:// address that Slack shows for the webhook";
        reader.problem("webhook_url", what.to_owned());
    }
    secret
}

impl Destination for Slack {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn network(&self) -> Option<&Network> {
        Some(&self.network)
    }

    /// The webhook is the channel.
    fn target<'t>(
        &'t self,
        _: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        _: &mut Vec<u8>,
    ) -> Option<&'t str> {
        None
    }

    /// One JSON object per line: what `request` needs to compose a message once it knows the whole batch.
    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        match entry.stop {
            Some(stop) if stop.severity < self.min_severity => return Encoded::Filtered,
            Some(stop) => stops::write(stop, out),
            None => self.write_line(entry, out),
        }
        out.push(b'\n');
        Encoded::Complete { size: out.len() - start }
    }

    fn request(&self, batch: &Batch) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        let request = HttpRequest {
            method: Method::POST,
            url: self.webhook.reveal().to_owned(),
            headers,
            body: message::from_wire(&batch.payload().to_bytes()).to_string().into(),
            sign: None,
        };
        Request { purpose: Purpose::Deliver, outlet: Endpoint::Http(request) }
    }

    /// Whoever answers 200 without Slack's word for it is not Slack.
    fn classify_reply(&self, _: Purpose, _: &Batch, reply: &Reply) -> ReplyAction {
        match reply.status {
            200 if is_ok(reply) => ReplyAction::Delivered,
            200 => ReplyAction::Retry {
                timing: RetryTiming::Backoff,
                why: "200 without Slack's `ok`".to_owned(),
            },
            408 | 429 | 500..=599 => {
                ReplyAction::Retry { timing: RetryTiming::Backoff, why: described(reply) }
            }
            // No message of ours is, as far as the limits are known; two shorter ones then tell the same.
            413 => ReplyAction::Split { why: described(reply) },
            400 if word(reply).is_some_and(|word| word.ends_with("too_long")) => {
                ReplyAction::Split { why: described(reply) }
            }
            _ => ReplyAction::Rejected { why: self.refusal(reply) },
        }
    }
}

/// Slack's word for a message that was posted, or as much of it as had come when the connection broke.
fn is_ok(reply: &Reply) -> bool {
    match reply.truncated {
        true => b"ok".starts_with(&reply.body),
        false => reply.body.trim_ascii() == b"ok",
    }
}

/// Status and, where there is one, Slack's word for the error.
fn described(reply: &Reply) -> String {
    format!("Slack answered {} {}", reply.status, word(reply).unwrap_or("without a reason"))
}

/// Slack's word for an error; anything longer is somebody else's page.
fn word(reply: &Reply) -> Option<&str> {
    let is_word = |text: &&str| {
        (1..=60).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    std::str::from_utf8(&reply.body).ok().map(str::trim).filter(is_word)
}

#[cfg(test)]
mod tests;
