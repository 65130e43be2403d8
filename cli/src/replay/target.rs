//! Where in a destination a record goes, in the words of the destination's settings.

use ecs_router::config::keys::DestinationKind;
use ecs_router::config::{Lookup, shown_address};
use ecs_router::destination::object_store::UUID_PLACEHOLDER;
use ecs_router::printable;
use serde_json::{Map, Value};

use super::resolve::Resolved;

/// Names and values, for example `log_group` and `log_stream`; empty when a destination has only one target. A variable
/// without a value is there as the file writes it.
pub(super) fn fields(
    lookup: &Resolved,
    name: &str,
    kind: DestinationKind,
    target: &[u8],
) -> Vec<(&'static str, String)> {
    let found = filled(lookup, name, kind, target);
    found.into_iter().map(|(name, value)| (name, lookup.shown(value))).collect()
}

fn filled(
    lookup: &Resolved,
    name: &str,
    kind: DestinationKind,
    target: &[u8],
) -> Vec<(&'static str, String)> {
    let setting = |key: &'static str| lookup.get(&format!("{name}.{key}")).map(|value| (key, value));
    let address = |key| {
        setting(key).map(|(key, value)| (key, shown_address(&value).into_owned())).into_iter().collect()
    };
    match kind {
        DestinationKind::Cloudwatch => {
            // The separator is a byte that neither name can hold.
            let mut names = target.splitn(2, |byte| *byte == 0).map(text);
            let group = names.next().unwrap_or_default();
            let stream = names.next().unwrap_or_default();
            vec![("log_group", group), ("log_stream", stream)]
        }
        DestinationKind::S3 => setting("bucket").into_iter().chain([("key", key(target))]).collect(),
        DestinationKind::File => vec![("path", text(target))],
        DestinationKind::Firehose => setting("delivery_stream").into_iter().collect(),
        DestinationKind::Eventbridge => setting("event_bus").into_iter().collect(),
        DestinationKind::Sns => setting("topic_arn").into_iter().collect(),
        DestinationKind::Kinesis => setting("stream").into_iter().collect(),
        DestinationKind::Http | DestinationKind::FirehoseHttp => address("url"),
        DestinationKind::Otlp => address("endpoint"),
        DestinationKind::Pagerduty => vec![("dedup_key", text(target))],
        // The vendor's address, or one that is a secret.
        DestinationKind::Newrelic
        | DestinationKind::Datadog
        | DestinationKind::Slack
        | DestinationKind::Teams
        | DestinationKind::Stdout => Vec::new(),
    }
}

/// The target as a column of the table.
pub(super) fn column(fields: &[(&str, String)]) -> String {
    let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
    printable::line(&values.join("  ")).into_owned()
}

pub(super) fn json(fields: Vec<(&'static str, String)>) -> Value {
    let map: Map<String, Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Value::Object(map)
}

/// The object key. Its uuid is only chosen when an object is begun.
fn key(target: &[u8]) -> String {
    let parts: Vec<String> = target.split(|byte| *byte == UUID_PLACEHOLDER).map(text).collect();
    parts.join("$(uuid)")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
