//! The request for a batch: one message, stops first, then a digest of the ordinary lines.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};

use super::blocks::{self, MAX_BLOCKS, MAX_TEXT_CHARS};
use super::digest;
use super::incident::{self, MAX_INCIDENT_BLOCKS};
use super::report;
use crate::config::Secret;
use crate::destination::HttpRequest;
use crate::destination::alert::Told;
use crate::encode::batch::Batch;

/// Up to this many stops are reported in full; more become a summary.
const MAX_FULL_STOPS: usize = 3;

// The parts are sized so that together they never need cutting; the 1 is a divider.
const MAX_STOP_BLOCKS: usize = MAX_FULL_STOPS * (report::MAX_FULL_BLOCKS + 1);
const _: () = assert!(report::MAX_SUMMARY_BLOCKS < MAX_STOP_BLOCKS);
const _: () = assert!(MAX_STOP_BLOCKS + MAX_INCIDENT_BLOCKS + digest::MAX_DIGEST_BLOCKS < MAX_BLOCKS);

pub(super) fn request(webhook: &Secret, batch: &Batch) -> HttpRequest {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    HttpRequest {
        method: Method::POST,
        url: webhook.reveal().to_owned(),
        headers,
        body: message(&batch.payload().to_bytes()).to_string().into(),
        sign: None,
    }
}

/// The message for a batch of JSON objects, one a line.
pub(super) fn message(objects: &[u8]) -> Value {
    let mut told = Told::read(objects);
    told.sort();
    let mut parts = match told.stops.len() {
        0..=MAX_FULL_STOPS => told.stops.iter().map(report::full).collect(),
        _ => vec![report::summary(&told.stops)],
    };
    if !told.news.is_empty() {
        parts.push(incident::lines(&told.news));
    }
    if !told.lines.is_empty() {
        parts.push(digest::digest(&told.lines));
    }
    json!({
        "text": blocks::escaped(&told.titles(MAX_FULL_STOPS), MAX_TEXT_CHARS),
        "blocks": parts.join(&blocks::divider()),
        // Slack would fetch what the texts link to, and show it.
        "unfurl_links": false,
        "unfurl_media": false,
    })
}
