//! Keys of Firehose, and of endpoints of its HTTP delivery.

use super::key::KeyForm::{Choice, Number, Pairs, Size, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const FIREHOSE: Scope = Scope::Only(&[DestinationKind::Firehose]);
const FIREHOSE_HTTP: Scope = Scope::Only(&[DestinationKind::FirehoseHttp]);

pub(super) const FIREHOSE_KEYS: &[Key] = &[
    key(FIREHOSE, "delivery_stream", Text, "Name of an existing delivery stream.", "ecs-logs"),
    key(
        FIREHOSE,
        "aggregate",
        Choice(&["off", "newline"]),
        "`newline` puts as many lines into one record as it holds: Firehose bills every record as a multiple of 5 KB. Leave it off for a stream that splits or transforms records and expects one line in each.",
        "newline",
    )
    .default("off"),
];

pub(super) const FIREHOSE_HTTP_KEYS: &[Key] = &[
    key(
        FIREHOSE_HTTP,
        "access_key",
        Text,
        "The endpoint's key: a New Relic licence key, a Datadog API key. Not sent unless set.",
        "${NEW_RELIC_LICENSE_KEY}",
    )
    .secret(),
    key(
        FIREHOSE_HTTP,
        "common_attributes",
        Pairs,
        "Attributes that hold for every record, at most 50.",
        "env=prod, team=web",
    ),
    key(
        FIREHOSE_HTTP,
        "source_arn",
        Text,
        "What to tell the endpoint about where the records come from.",
        "arn:aws:firehose:eu-west-1:111122223333:deliverystream/ecs",
    )
    .default("arn:aws:firehose:us-east-1:000000000000:deliverystream/ecs-router"),
    key(
        FIREHOSE_HTTP,
        "batch_bytes",
        Size,
        "Longest body before compression. New Relic recommends 1MiB, Datadog 4MiB; the protocol allows 64MiB.",
        "4MiB",
    )
    .default("1MiB"),
    key(
        FIREHOSE_HTTP,
        "batch_records",
        Number,
        "Most records in one request, up to 10000.",
        "500",
    ).default("1000"),
];
