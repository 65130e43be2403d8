//! Keys that destinations of several types have, in groups: in each type's table its own keys come between them.

use super::key::KeyForm::{Choice, Duration, Flag, List, Number, Text};
use super::key::Scope::{Destination, Only};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

pub(super) const TYPE_NAMES: &[&str] = &[
    "cloudwatch",
    "s3",
    "firehose",
    "kinesis",
    "newrelic",
    "datadog",
    "slack",
    "sns",
    "eventbridge",
    "pagerduty",
    "teams",
    "http",
    "firehose_http",
    "otlp",
    "file",
    "stdout",
];

const AWS: Scope = Only(&[
    DestinationKind::Cloudwatch,
    DestinationKind::S3,
    DestinationKind::Firehose,
    DestinationKind::Kinesis,
    DestinationKind::Sns,
    DestinationKind::Eventbridge,
]);
/// Destinations whose requests are signed for AWS, always or with `auth aws`.
const SIGNED: Scope = Only(&[
    DestinationKind::Cloudwatch,
    DestinationKind::S3,
    DestinationKind::Firehose,
    DestinationKind::Kinesis,
    DestinationKind::Sns,
    DestinationKind::Eventbridge,
    DestinationKind::Http,
    DestinationKind::Otlp,
]);
const NETWORK: Scope = Only(&[
    DestinationKind::Cloudwatch,
    DestinationKind::S3,
    DestinationKind::Firehose,
    DestinationKind::Kinesis,
    DestinationKind::Newrelic,
    DestinationKind::Datadog,
    DestinationKind::Slack,
    DestinationKind::Sns,
    DestinationKind::Eventbridge,
    DestinationKind::Pagerduty,
    DestinationKind::Teams,
    DestinationKind::Http,
    DestinationKind::FirehoseHttp,
    DestinationKind::Otlp,
]);
/// Destinations where people are told, one message at a time; what is stored need not wait for them.
const CHANNELS: &[DestinationKind] =
    &[DestinationKind::Slack, DestinationKind::Pagerduty, DestinationKind::Teams];
/// Destinations with an address of the vendor's; the others have a `url` of the user's.
const VENDOR_ADDRESS: Scope = Only(&[
    DestinationKind::Cloudwatch,
    DestinationKind::S3,
    DestinationKind::Firehose,
    DestinationKind::Kinesis,
    DestinationKind::Newrelic,
    DestinationKind::Datadog,
    DestinationKind::Sns,
    DestinationKind::Eventbridge,
    DestinationKind::Pagerduty,
]);
/// Destinations whose records hold their time in a field.
const TIMESTAMP_FIELD: Scope = Only(&[
    DestinationKind::S3,
    DestinationKind::Firehose,
    DestinationKind::Kinesis,
    DestinationKind::Http,
    DestinationKind::FirehoseHttp,
    DestinationKind::File,
    DestinationKind::Stdout,
]);

/// Keys of every destination.
pub(super) const COMMON_KEYS: &[Key] = &[
    key(
        Destination,
        "type",
        Choice(TYPE_NAMES),
        "Type of the destination. Not needed if its name is the name of a type.",
        "cloudwatch",
    ),
    key(
        Destination,
        "required",
        Flag,
        "`off` makes the destination best effort: a failure is counted but never makes Fluent Bit send the chunk again.",
        "off",
    )
    .default("on")
    .default_for(CHANNELS, "off"),
    key(
        Destination,
        "log_key",
        Text,
        "Send only this field's value instead of the whole record. Records without the field are sent whole.",
        "log",
    ),
    key(
        Destination,
        "include",
        List,
        "Send only these top-level fields of a record. Names can still use all fields.",
        "log, ecs_task_arn",
    ),
    key(
        Destination,
        "exclude",
        List,
        "Send all top-level fields of a record except these.",
        "container_id, ecs_cluster",
    ),
    key(
        Destination,
        "redact",
        List,
        "Rules by which data are masked for this destination, instead of those of the output. `off`: none, for an archive that keeps everything.",
        "off",
    ),
    key(
        Destination,
        "stop_format",
        Choice(&["enriched", "raw"]),
        "Send stop events with category, cause, summary and hint (`enriched`), or as ECS sent them (`raw`).",
        "raw",
    )
    .default("enriched"),
];

/// Keys of destinations that make something of each name: a stream, an object, a file.
pub(super) const NAME_KEYS: &[Key] = &[key(
    Only(&[DestinationKind::Cloudwatch, DestinationKind::S3, DestinationKind::File]),
    "name_limit",
    Number,
    "New names per minute: streams, objects or files. Records beyond that share one name with `overflow` in place of each `$(…)`. 0: no limit.",
    "5000",
)
.default("1000")];

/// How a destination is reached.
pub(super) const NETWORK_KEYS: &[Key] = &[
    key(
        VENDOR_ADDRESS,
        "endpoint",
        Text,
        "Use this address instead of the vendor's: a VPC endpoint or a test server. Default at AWS: `AWS_ENDPOINT_URL_<SERVICE>`, then `AWS_ENDPOINT_URL`, then the profile.",
        "https://vpce-1.logs.eu-west-1.vpce.amazonaws.com",
    ),
    key(NETWORK, "timeout", Duration, "How long one request may take.", "10s").default("10s"),
    key(
        NETWORK,
        "ca_file",
        Text,
        "PEM file of authorities to trust besides the machine's own, which are those of `SSL_CERT_FILE` and `SSL_CERT_DIR` if set. Default: destinations of AWS trust the file named by `AWS_CA_BUNDLE`.",
        "/etc/ssl/private-ca.pem",
    ),
    key(
        AWS,
        "region",
        Text,
        "AWS region. Default: the environment, then the profile, then the instance metadata.",
        "eu-west-1",
    ),
    key(
        SIGNED,
        "role_arn",
        Text,
        "Role to assume with the task's own credentials.",
        "arn:aws:iam::111122223333:role/logs",
    ),
    key(
        AWS,
        "fips",
        Flag,
        "Send to the endpoint whose cryptography is validated by FIPS 140. Default: the output's `fips`, then `AWS_USE_FIPS_ENDPOINT`, then the profile.",
        "off",
    ),
    key(
        AWS,
        "dualstack",
        Flag,
        "Send to the endpoint that is reached over IPv6, too. Default: the output's `dualstack`, then `AWS_USE_DUALSTACK_ENDPOINT`, then the profile.",
        "off",
    ),
    key(SIGNED, "external_id", Text, "External id for `role_arn`.", "logs-7f3a"),
    key(
        SIGNED,
        "sts_endpoint",
        Text,
        "Another AWS STS address, for `role_arn`.",
        "https://sts.eu-west-1.amazonaws.com",
    ),
    key(SIGNED, "profile", Text, "Profile of the shared AWS configuration files.", "logging"),
];

/// How records are sent.
pub(super) const SENDING_KEYS: &[Key] = &[
    key(
        TIMESTAMP_FIELD,
        "date_key",
        Text,
        "Field to write the record's time to; `off` leaves it out. A record's own field of this name is written as `record_` and the name.",
        "time",
    )
    .default("date"),
    key(NETWORK, "concurrency", Number, "Requests to the destination at the same time.", "16")
        .default("8")
        .default_for(CHANNELS, "1"),
];

/// How batches are posted to an address of the user's, or much like it.
pub(super) const POST_KEYS: &[Key] = &[
    key(
        Only(&[DestinationKind::Newrelic, DestinationKind::FirehoseHttp]),
        "compress",
        Choice(&["off", "gzip"]),
        "Compress requests.",
        "off",
    )
    .default("gzip"),
    key(
        Only(&[DestinationKind::Http]),
        "compress",
        Choice(&["off", "gzip", "zstd"]),
        "Compress requests, in a form that the endpoint understands.",
        "gzip",
    )
    .default("off"),
    key(
        Only(&[DestinationKind::Http, DestinationKind::FirehoseHttp]),
        "url",
        Text,
        "Address to POST batches to.",
        "https://logs.example.com/ingest",
    ),
];
