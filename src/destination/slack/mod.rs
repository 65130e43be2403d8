//! A Slack channel, through an incoming webhook: one message per batch.
//!
//! A channel is for people, so it gets a report of what happened, not a copy of the log: stops in words, ordinary
//! lines only as a count and the first few of them.
//!
//! API: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks> and
//! <https://docs.slack.dev/apis/web-api/rate-limits>, read 2026-11.

mod blocks;
mod digest;
pub(super) mod incident;
mod reply;
pub(super) mod report;
mod request;
pub(super) mod stop;

use std::time::Duration;

use http::Uri;

use super::{
    Destination, Encoded, Endpoint, Network, Purpose, Reply, ReplyAction, Request, Vendor, alert, content,
};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::RenderContext;
use crate::input::record::Value;
use crate::json::{self, Writer};
use crate::stop::Severity;

/// A webhook takes one message per second. What counts is when it arrives, so this leaves room for network delay.
const MIN_REQUEST_INTERVAL: Duration = Duration::from_millis(1_100);

/// However large its batch, a message is a digest; only memory bounds a batch.
const LIMITS: Limits = Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

/// Bytes kept of a line: what a digest shows of it, at up to four bytes a character.
const MAX_LINE_BYTES: usize = 4 * (digest::MAX_LINE_CHARS + 1);

/// The field that holds the application's line, unless `log_key` names another.
const LINE_FIELD: &[u8] = b"log";

#[derive(Debug)]
struct Slack {
    runs: RunCache,
    webhook: Secret,
    min_severity: Severity,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    if !common.enrich_stops {
        reader.problem("stop_format", "has no effect on Slack, where a stop is a message".to_owned());
    }
    let network = Network { min_interval: Some(MIN_REQUEST_INTERVAL), ..Network::read(reader) };
    let vendor = Slack {
        runs: RunCache::default(),
        webhook: webhook(reader),
        min_severity: alert::min_severity(reader),
    };
    Destination::new(common, LIMITS, Some(network), vendor)
}

impl Slack {
    /// `{"class":"stderr","container":"web","line":"…"}`
    fn write_line(&self, common: &Common, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) {
        let named = entry.record.text(b"container_name").unwrap_or_default();
        let container = entry.identity.container().unwrap_or(named);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"{\"class\":");
        writer.string(entry.class_name.as_bytes());
        writer.raw(b",\"container\":");
        writer.string(container.strip_prefix(b"/").unwrap_or(container));
        writer.raw(b",\"line\":");
        let key = common.log_key.as_deref().map_or(LINE_FIELD, str::as_bytes);
        match entry.record.get(key) {
            Some(Value::Text(text) | Value::Binary(text)) => writer.string(json::cut(text, MAX_LINE_BYTES)),
            _ => {
                let mut text = Vec::new();
                content::write(common, &self.runs, entry, &mut Writer::<false>::new(&mut text));
                writer.string(json::cut(&text, MAX_LINE_BYTES));
            }
        }
        writer.raw(b"}");
    }
}

/// Reads the webhook's address, which is a secret: over plain HTTP everyone on the way could read it, so only tests on
/// this machine may use that.
fn webhook(reader: &KeyReader<'_>) -> Secret {
    let secret = reader.secret("webhook_url");
    let text = secret.reveal();
    // A missing address has been reported already.
    if !text.is_empty() && !text.parse().is_ok_and(is_webhook_url) {
        let problem = "must be the https:// address that Slack shows for the webhook";
        reader.problem("webhook_url", problem.to_owned());
    }
    secret
}

fn is_webhook_url(uri: Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => uri.host().is_some_and(|host| !host.is_empty()),
        Some("http") => uri.host() == Some("127.0.0.1"),
        _ => false,
    }
}

impl Vendor for Slack {
    /// One JSON object per line, from which `request` composes the message once it has the whole batch.
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        match entry.stop {
            Some(stop) if !alert::is_told(stop, self.min_severity) => return Encoded::Filtered,
            Some(stop) => stop::write(stop, out),
            None => self.write_line(common, entry, out),
        }
        out.push(b'\n');
        Encoded::Complete { size: out.len() - start }
    }

    fn request(&self, batch: &Batch) -> Request {
        let request = request::request(&self.webhook, batch);
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Http(request) }
    }

    fn headline(&self, batch: &Batch) -> Option<String> {
        let message = request::message(&batch.payload().to_bytes());
        message["text"].as_str().map(str::to_owned)
    }

    fn classify_reply(&self, common: &Common, _: Purpose, _: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, reply)
    }
}

#[cfg(test)]
mod tests;
