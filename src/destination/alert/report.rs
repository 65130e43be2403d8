//! The report of a stop as JSON within a limit.

use serde_json::{Map, Value, json};

use crate::stop::StopEvent;

/// Where a report says which of its fields are missing.
const LEFT_OUT_FIELD: &str = "left_out";

/// What a report can do without, in this order: all of it is elsewhere, or explains the rest.
const DISPENSABLE: [&str; 9] = [
    "event",
    "containers",
    "last_lines",
    "revision_changes",
    "container_reason",
    "stopped_reason",
    "attachment_reason",
    "hint",
    "summary",
];

/// The report as one JSON object of at most `max` bytes, and whether fields are left out for that; `left_out` names them.
/// `max` has room for a few hundred bytes.
pub(crate) fn report_within(stop: &StopEvent, max: usize) -> (Vec<u8>, bool) {
    let whole = serde_json::to_vec(stop).unwrap_or_default();
    if whole.len() <= max {
        return (whole, false);
    }
    let fields = serde_json::from_slice(&whole).unwrap_or_default();
    (shortened(fields, max).unwrap_or_else(|| essence(stop)), true)
}

fn shortened(mut fields: Map<String, Value>, max: usize) -> Option<Vec<u8>> {
    let mut left_out: Vec<&str> = Vec::new();
    DISPENSABLE.into_iter().find_map(|name| {
        if fields.remove(name).is_some() {
            left_out.push(name);
        }
        fields.insert(LEFT_OUT_FIELD.to_owned(), json!(left_out));
        serde_json::to_vec(&fields).ok().filter(|text| text.len() <= max)
    })
}

/// Of an event whose very names are too long, that it happened.
fn essence(stop: &StopEvent) -> Vec<u8> {
    let fields = json!({
        "ecs_event": stop.ecs_event,
        "severity": stop.severity,
        "category": stop.category,
        "cause": stop.cause,
        "expected": stop.expected,
        LEFT_OUT_FIELD: ["all that names the task"],
    });
    fields.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destination::testing::stopped;

    fn report(event: &Value) -> StopEvent {
        crate::stop::read(event.clone()).unwrap()
    }

    #[test]
    fn a_report_that_is_too_long_loses_the_event_first_and_says_so() {
        let mut event = stopped();
        event["detail"]["attributes"] = json!("x".repeat(5_000));
        let whole = report_within(&report(&event), 20_000);
        let (text, is_cut) = report_within(&report(&event), 4_000);
        let fields: Value = serde_json::from_slice(&text).unwrap();
        assert!(!whole.1 && is_cut && text.len() <= 4_000);
        assert_eq!((&fields["left_out"], &fields["category"]), (&json!(["event"]), &json!("oom")));
    }

    #[test]
    fn what_is_left_is_json_within_the_limit_whatever_is_long() {
        for field in ["stoppedReason", "group", "clusterArn", "taskDefinitionArn"] {
            let mut event = stopped();
            event["detail"][field] = json!("x:y/".repeat(2_000));
            let (text, is_cut) = report_within(&report(&event), 1_000);
            let fields: Value = serde_json::from_slice(&text).unwrap();
            assert!(is_cut && text.len() <= 1_000, "{field}: {}", text.len());
            assert_eq!(fields["category"], "oom", "{field}");
        }
    }
}
