//! A channel or chat of Microsoft Teams, through a webhook of Workflows: one Adaptive Card per batch.
//!
//! API: <https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using> and
//! <https://support.microsoft.com/en-us/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498>,
//! read 2026-11. Workflows answers before it posts, so a card that Teams would not show is known to the flow's run history
//! alone: what is sent keeps to elements of version 1.2, which every client shows.

mod card;
mod message;
mod reply;

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};

use super::alert::{self, Teller};
use super::{
    Destination, Encoded, Endpoint, HttpRequest, Network, Purpose, Reply, ReplyAction, Request, Vendor,
};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::batch::{Batch, Limits};
use crate::encode::payload::Payload;
use crate::encode::template::RenderContext;

/// A channel is for people, and a flow is throttled early.
const MIN_REQUEST_INTERVAL: Duration = Duration::from_millis(1_100);

/// However large its batch, a card is a digest; only memory bounds a batch.
const LIMITS: Limits = Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

/// What `check --connect` sends: no JSON, so that no flow runs.
const PROBE_BODY: &str = "{";

#[derive(Debug)]
struct Teams {
    teller: Teller,
    webhook: Secret,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let teller = Teller::read(&common, reader, "Teams");
    let network = Network { min_interval: Some(MIN_REQUEST_INTERVAL), ..Network::read(reader) };
    let webhook = alert::webhook(reader, "must be the whole https:// address that Workflows shows");
    Destination::new(common, LIMITS, Some(network), Teams { teller, webhook })
}

impl Teams {
    fn post(&self, body: Payload) -> Request {
        let content_type = HeaderValue::from_static("application/json; charset=utf-8");
        let request = HttpRequest {
            method: Method::POST,
            url: self.webhook.reveal().to_owned(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, content_type)]),
            body,
            sign: None,
        };
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Http(request) }
    }
}

impl Vendor for Teams {
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
        self.post(message::message(&batch.payload().to_bytes()).into())
    }

    fn headline(&self, batch: &Batch) -> Option<String> {
        Some(message::headline(&batch.payload().to_bytes()))
    }

    fn classify_reply(&self, common: &Common, _: Purpose, _: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, reply)
    }

    fn probe(&self) -> Request {
        self.post(PROBE_BODY.to_owned().into())
    }
}

#[cfg(test)]
mod tests;
