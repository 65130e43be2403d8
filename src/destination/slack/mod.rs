//! A Slack channel, through an incoming webhook: one message per batch.
//!
//! A channel is for people, so it gets a report of what happened, not a copy of the log: stops in words, ordinary
//! lines only as a count and the first few of them.
//!
//! API: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks> and
//! <https://docs.slack.dev/apis/web-api/rate-limits>, read 2026-11.

mod blocks;
mod digest;
mod incident;
mod reply;
mod report;
mod request;

use std::time::Duration;

use super::alert::{self, Teller};
use super::{Destination, Encoded, Endpoint, Network, Purpose, Reply, ReplyAction, Request, Vendor};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

/// A webhook takes one message per second. What counts is when it arrives, so this leaves room for network delay.
const MIN_REQUEST_INTERVAL: Duration = Duration::from_millis(1_100);

/// However large its batch, a message is a digest; only memory bounds a batch.
const LIMITS: Limits = Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

#[derive(Debug)]
struct Slack {
    teller: Teller,
    webhook: Secret,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let teller = Teller::read(&common, reader, "Slack");
    let network = Network { min_interval: Some(MIN_REQUEST_INTERVAL), ..Network::read(reader) };
    let webhook = alert::webhook(reader, "must be the https:// address that Slack shows for the webhook");
    let vendor = Slack { teller, webhook };
    Destination::new(common, LIMITS, Some(network), vendor)
}

impl Vendor for Slack {
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
