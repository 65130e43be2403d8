//! The request for a batch: one message, stops first, then a digest of the ordinary lines.

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::{Value, json};

use super::blocks::{self, MAX_BLOCKS, MAX_TEXT_CHARS};
use super::digest::{self, DigestLine};
use super::incident::{self, MAX_INCIDENT_BLOCKS};
use super::report;
use super::stop::{self, StopFields};
use crate::config::Secret;
use crate::destination::HttpRequest;
use crate::encode::batch::Batch;
use crate::stop::IncidentReport;

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

/// The message for a batch of JSON objects, one a line, as [`super::Slack`] encodes entries.
pub(super) fn message(objects: &[u8]) -> Value {
    let mut stops = Vec::new();
    let mut news = Vec::new();
    let mut lines = Vec::new();
    for object in objects.split(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Value>(object) {
            Ok(Value::Object(fields)) if fields.contains_key(stop::MARKER_FIELD) => {
                let stop = StopFields::new(fields);
                match incident::of(&stop) {
                    Some(report) => news.push((stop, report)),
                    None => stops.push(stop),
                }
            }
            Ok(value) => lines.push(DigestLine::new(value)),
            Err(_) => {}
        }
    }
    // The worst first; the sort is stable, so stops of one severity stay in the order in which they came.
    stops.sort_by_key(|stop| std::cmp::Reverse(stop.severity()));
    let mut parts = match stops.len() {
        0..=MAX_FULL_STOPS => stops.iter().map(report::full).collect(),
        _ => vec![report::summary(&stops)],
    };
    if !news.is_empty() {
        parts.push(incident::lines(&news));
    }
    if !lines.is_empty() {
        parts.push(digest::digest(&lines));
    }
    json!({
        "text": fallback_text(&stops, &news, &lines),
        "blocks": parts.join(&blocks::divider()),
        // Slack would fetch what the texts link to, and show it.
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The text for notifications and for clients that cannot show blocks.
fn fallback_text(
    stops: &[StopFields],
    news: &[(StopFields, IncidentReport)],
    lines: &[DigestLine],
) -> String {
    let mut titles: Vec<String> = match stops.len() {
        0..=MAX_FULL_STOPS => stops.iter().map(StopFields::headline).collect(),
        _ => vec![report::title(stops)],
    };
    titles.extend(news.iter().map(|(stop, report)| incident::headline(stop, report)));
    if !lines.is_empty() {
        titles.push(digest::title(lines));
    }
    blocks::escaped(&titles.join("\n"), MAX_TEXT_CHARS)
}
