//! What a reply of the Events API means.
//!
//! Statuses: <https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic>, read 2026-11. A 400
//! lists what is wrong under `errors`, and says so of a key of the wrong form, too.

use serde::Deserialize;

use crate::destination::http_post::{self, Misconfigured};
use crate::destination::{Reply, ReplyAction, RetryTiming, redact};

/// Names of fields, which PagerDuty puts in quotation marks; whatever else is in those may come from a record.
const FIELDS: [&str; 10] = [
    "routing_key",
    "event_action",
    "dedup_key",
    "payload",
    "payload.summary",
    "payload.source",
    "payload.severity",
    "payload.timestamp",
    "payload.custom_details",
    "links",
];

/// The body of a reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EventsReply {
    status: String,
    message: String,
    errors: Vec<String>,
}

/// `name` is the destination's, for hints at its keys.
pub(super) fn classify(name: &str, reply: &Reply) -> ReplyAction {
    let said: EventsReply = serde_json::from_slice(&reply.body).unwrap_or_default();
    let reason = describe(reply, &said);
    match (reply.status, http_post::misconfigured(reply)) {
        (_, Some(wrong)) => http_post::keep(&reason, &hint(name, wrong)),
        // The rest would have said whether it is about the key.
        (400, None) if reply.truncated => ReplyAction::Retry { timing: RetryTiming::Backoff, reason },
        (400, None) if is_about_key(&said) => http_post::keep(&reason, &hint(name, Misconfigured::Access)),
        (202, None) if said.status.is_empty() || said.status == "success" => ReplyAction::Delivered,
        (202, None) => ReplyAction::Rejected { reason },
        (_, None) => http_post::classify_status(reply, reason),
    }
}

fn hint(name: &str, wrong: Misconfigured) -> String {
    match wrong {
        Misconfigured::Address => format!("check {name}.endpoint and {name}.site"),
        Misconfigured::Access => {
            format!(
                "check that {name}.integration_key is the key of an Events API v2 integration of {name}.site"
            )
        }
        Misconfigured::Form => format!("check {name}.endpoint"),
    }
}

/// Whether PagerDuty would refuse any other event, too.
fn is_about_key(said: &EventsReply) -> bool {
    let is_about =
        |text: &String| text.contains("routing_key") || text.to_lowercase().contains("routing key");
    said.errors.iter().chain([&said.message]).any(is_about)
}

/// Status and what PagerDuty says of it.
fn describe(reply: &Reply, said: &EventsReply) -> String {
    let answered = http_post::describe("PagerDuty", reply);
    let texts: Vec<&str> = match said.errors.is_empty() {
        true => [said.message.as_str()].into_iter().filter(|text| !text.is_empty()).collect(),
        false => said.errors.iter().map(String::as_str).collect(),
    };
    match texts.is_empty() || reply.status == 202 && said.status == "success" {
        true => answered,
        false => format!("{answered}: {}", redact::quoted(&unquoted(&texts.join("; "))).collect::<String>()),
    }
}

/// The text with the names of fields out of their quotation marks, which hide what is in them.
fn unquoted(text: &str) -> String {
    FIELDS.iter().fold(text.to_owned(), |text, field| text.replace(&format!("'{field}'"), field))
}
