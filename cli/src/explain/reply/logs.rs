//! Lines of CloudWatch Logs, as its commands and its console export them.

use serde_json::Value;

use super::{list, record_or_line, text};

/// The field of Logs Insights that holds the line.
const MESSAGE: &str = "@message";

/// The lines of `filter-log-events`, `get-log-events`, `get-query-results`, or one line of Insights' JSON.
pub(super) fn open(record: &Value) -> Option<Vec<Value>> {
    if let Some(message) = text(record, MESSAGE) {
        return Some(vec![record_or_line(message)]);
    }
    if let Some(results) = record.get("results").and_then(Value::as_array) {
        let rows: Vec<&str> = results.iter().filter_map(of_row).collect();
        // A query without @message has counted something.
        return (!rows.is_empty()).then(|| rows.into_iter().map(record_or_line).collect());
    }
    let events = list(record, "events", "message")?;
    let is_of_logs = events.iter().all(|event| event.get("timestamp").is_some());
    is_of_logs.then(|| events.iter().filter_map(|event| text(event, "message")).map(record_or_line).collect())
}

/// The line in `[{"field": "@message", "value": "…"}, …]`.
fn of_row(row: &Value) -> Option<&str> {
    let fields = row.as_array()?;
    text(fields.iter().find(|field| text(field, "field") == Some(MESSAGE))?, "value")
}
