//! What a success says of single records: services that take records one by one answer 200 and list which they did not
//! take.
//!
//! Elasticsearch and OpenSearch: `{"errors":true,"items":[{"create":{"status":429}}]}`
//! (<https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>); Honeycomb: `[{"status":202},{"status":429}]`
//! (<https://docs.honeycomb.io/api/tag/Events>); Axiom: `{"ingested":9,"failed":1}`
//! (<https://axiom.co/docs/restapi/ingest>); read 2026-11.

use std::ops::Range;

use serde_json::Value;

use crate::destination::{Reply, ReplyAction};
use crate::metrics::Reason;

/// What a reply of a success means for a batch of this many records.
pub(super) fn classify(records: usize, reply: &Reply) -> ReplyAction {
    // A list of statuses is long, and most services answer with nothing.
    let Ok(body) = serde_json::from_slice::<Value>(&reply.body) else { return ReplyAction::Delivered };
    if let Some(statuses) = statuses(&body).filter(|statuses| statuses.len() == records) {
        return of_statuses(&statuses);
    }
    match body.get("failed").and_then(Value::as_u64).filter(|_| body.get("ingested").is_some()) {
        Some(failed @ 1..) => ReplyAction::PartialUnknown {
            rejected: usize::try_from(failed).unwrap_or(usize::MAX),
            reason: format!("the endpoint answered {} and that {failed} records failed", reply.status),
        },
        _ => ReplyAction::Delivered,
    }
}

/// The status of each record, if the reply lists them.
fn statuses(body: &Value) -> Option<Vec<u64>> {
    match body {
        Value::Array(items) => items.iter().map(status).collect(),
        Value::Object(members) if members.get("errors") == Some(&Value::Bool(true)) => {
            let items = members.get("items")?.as_array()?;
            items.iter().map(|item| status(item.as_object()?.values().next()?)).collect()
        }
        _ => None,
    }
}

fn status(item: &Value) -> Option<u64> {
    item.get("status")?.as_u64()
}

fn of_statuses(statuses: &[u64]) -> ReplyAction {
    let mut retry = Vec::new();
    let mut rejected: Vec<(Range<usize>, Reason)> = Vec::new();
    for (position, status) in statuses.iter().enumerate() {
        match status {
            // 409: it is there already.
            200..=299 | 409 => {}
            408 | 429 | 500..=599 => retry.push(position),
            _ => rejected.push((position..position + 1, Reason::Refused)),
        }
    }
    match retry.is_empty() && rejected.is_empty() {
        true => ReplyAction::Delivered,
        false => ReplyAction::Partial { retry, rejected },
    }
}
