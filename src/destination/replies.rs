//! `docs/replies.md` is a promise to users: each of its cells is what the destination makes of that reply.

use std::collections::BTreeMap;

use serde_json::json;

use super::object_store::ObjectCall;
use super::testing::{Keys, batch_of, open, reply};
use super::{Destination, Purpose, Reply, ReplyAction};
use crate::config::keys::DestinationKind::{
    self, Cloudwatch, Datadog, Eventbridge, Firehose, FirehoseHttp, Http, Kinesis, Newrelic, Otlp, Pagerduty,
    S3, Slack, Sns, Teams,
};

/// Every destination behind a network, with the keys it cannot do without.
const DESTINATIONS: [(&str, DestinationKind, Keys<'_>); 14] = [
    ("cloudwatch", Cloudwatch, &[("log_group", "g")]),
    ("s3", S3, &[("bucket", "logs")]),
    ("firehose", Firehose, &[("delivery_stream", "s")]),
    ("kinesis", Kinesis, &[("stream", "s")]),
    ("newrelic", Newrelic, &[("license_key", "k")]),
    ("datadog", Datadog, &[("api_key", "k")]),
    ("http", Http, &[("url", "https://example.com/")]),
    ("firehose_http", FirehoseHttp, &[("url", "https://example.com/")]),
    ("slack", Slack, &[("webhook_url", "https://hooks.slack.com/services/x")]),
    ("sns", Sns, &[("topic_arn", "arn:aws:sns:eu-west-1:111122223333:t")]),
    ("eventbridge", Eventbridge, &[]),
    ("teams", Teams, &[("webhook_url", "https://example.com/workflows/x")]),
    ("pagerduty", Pagerduty, &[("integration_key", "0123456789abcdef0123456789abcdef")]),
    ("otlp", Otlp, &[("endpoint", "http://localhost:4318")]),
];

/// The columns of the table: heading, status, body.
const REPLIES: [(&str, u16, &str); 12] = [
    ("301", 301, ""),
    ("401", 401, ""),
    ("403", 403, ""),
    ("404", 404, ""),
    ("405", 405, ""),
    ("410", 410, ""),
    ("415", 415, ""),
    ("400", 400, ""),
    ("413", 413, ""),
    ("429", 429, ""),
    ("page", 200, "<!doctype html><html><title>Sign in</title></html>"),
    ("empty 200", 200, ""),
];

#[test]
fn the_table_of_replies_is_what_destinations_do() {
    let table = table();
    let names: Vec<&str> = DESTINATIONS.iter().map(|(name, ..)| *name).collect();
    let mut rows: Vec<&str> = table.keys().copied().collect();
    rows.retain(|row| *row != "destination");
    assert_eq!(rows, sorted(&names));
    assert_eq!(table["destination"], REPLIES.map(|(heading, ..)| heading));
    for (name, kind, keys) in DESTINATIONS {
        let destination = open(kind, keys);
        let meanings =
            REPLIES.map(|(_, status, body)| verdict(&classify(&destination, &reply(status, body))));
        assert_eq!(table[name], meanings, "docs/replies.md, {name}");
    }
}

/// The cells of each row after its name.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let text = include_str!("../../docs/replies.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = rows.map(|row| row.split('|').map(str::trim));
    let named = cells.filter_map(|mut cells| Some((cells.next()?.trim_matches('`'), cells.collect())));
    named.filter(|(name, _)| !name.starts_with('-')).collect()
}

fn sorted<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

/// What the reply means for one record; for a part of an object where there is a store.
fn classify(destination: &Destination, reply: &Reply) -> ReplyAction {
    let batch = batch_of(destination, &[json!({"log": "line"})]);
    match destination.store() {
        Some(store) => store.classify_reply(&ObjectCall::Begin, reply),
        None => destination.classify_reply(Purpose::Deliver, &batch, reply),
    }
}

/// The words of the table.
fn verdict(action: &ReplyAction) -> &'static str {
    match action {
        ReplyAction::Delivered => "delivered",
        ReplyAction::Retry { .. } | ReplyAction::Reauthorize { .. } | ReplyAction::WrongRegion { .. } => {
            "kept"
        }
        ReplyAction::Split { .. } => "split",
        ReplyAction::Rejected { .. } => "refused",
        other => panic!("no word for {other:?}"),
    }
}
