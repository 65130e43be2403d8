//! A service of PagerDuty, through the Events API v2: one alert for each incident, or for each stop where stops are no
//! incidents.
//!
//! A batch holds what belongs to one alert, by its `dedup_key`, and a request is one event: what a batch says of an alert
//! that goes on is told once, with the latest counts.
//!
//! API: <https://developer.pagerduty.com/docs/send-alert-event> and
//! <https://developer.pagerduty.com/docs/events-api-v2-overview>, read 2026-11.

mod event;
mod reply;

use std::time::Duration;

use super::alert::{self, Teller, ToldEntry};
use super::http_post::{self, Post};
use super::{Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

/// PagerDuty throttles as it sees fit; it once named 120 events a minute for one integration key.
const MIN_REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// However large its batch, an event is a digest; only memory bounds a batch.
const LIMITS: Limits = Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

/// Characters of an integration key.
const KEY_CHARS: usize = 32;

#[derive(Debug)]
struct PagerDuty {
    teller: Teller,
    post: Post,
    integration_key: Secret,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let host = match reader.choice("site") {
        Some("eu") => "https://events.eu.pagerduty.com",
        _ => "https://events.pagerduty.com",
    };
    let url = http_post::api_url(reader, host.to_owned(), "/v2/enqueue");
    let network = Network { min_interval: Some(MIN_REQUEST_INTERVAL), ..Network::read(reader) };
    let vendor = PagerDuty {
        teller: Teller::read(&common, reader, "PagerDuty"),
        post: Post::uncompressed(url, "application/json"),
        integration_key: integration_key(reader),
    };
    Destination::new(common, LIMITS, Some(network), vendor)
}

/// Reads the key, and tells it from a key of the REST API, which PagerDuty would refuse with every event.
fn integration_key(reader: &KeyReader<'_>) -> Secret {
    let secret = reader.secret("integration_key");
    let text = secret.reveal();
    let is_key = text.len() == KEY_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A missing key has been reported already.
    if !text.is_empty() && !is_key {
        let problem = format!(
            "is not the {KEY_CHARS} letters and digits of an integration key; in PagerDuty, add an integration of the type \
             Events API v2 to the service and copy its key"
        );
        reader.problem("integration_key", problem);
    }
    secret
}

impl Vendor for PagerDuty {
    /// The alert's `dedup_key`.
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        event::write_dedup_key(entry, context, out);
        None
    }

    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        self.teller.encode(common, entry, out)
    }

    fn request(&self, batch: &Batch) -> Request {
        let entries = entries(batch);
        let event = event::event(self.integration_key.reveal(), batch.target(), event::first_run(&entries));
        self.post.request(event.to_string().into(), None)
    }

    fn headline(&self, batch: &Batch) -> Option<String> {
        Some(event::headlines(&entries(batch)).join("\n"))
    }

    /// An event opens or resolves; what the batch asks for after that is for the next one.
    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        let action = reply::classify(&common.name, reply);
        let told = event::first_run(&entries(batch)).len();
        match action {
            ReplyAction::Delivered if told < batch.items.len() => {
                ReplyAction::Partial { retry: (told..batch.items.len()).collect(), rejected: Vec::new() }
            }
            action => action,
        }
    }
}

fn entries(batch: &Batch) -> Vec<ToldEntry> {
    alert::entries(&batch.payload().to_bytes())
}

#[cfg(test)]
mod tests;
