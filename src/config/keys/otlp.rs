//! Keys of receivers of OTLP.

use super::key::KeyForm::{Choice, Pairs, Template, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const OTLP: Scope = Scope::Only(&[DestinationKind::Otlp]);

pub(super) const KEYS: &[Key] = &[
    key(
        OTLP,
        "endpoint",
        Text,
        "Address of the receiver. The plugin adds `/v1/logs` unless the address ends in it.",
        "http://localhost:4318",
    ),
    key(OTLP, "encoding", Choice(&["protobuf", "json"]), "Encoding of requests.", "json")
        .default("protobuf"),
    key(OTLP, "compress", Choice(&["off", "gzip"]), "Compress requests.", "off").default("gzip"),
    key(
        OTLP,
        "headers",
        Pairs,
        "More headers. Their values are treated as secrets. They are percent-encoded, as in `OTEL_EXPORTER_OTLP_HEADERS`: `%20` is a space, `%2C` a comma, `%25` a percent sign.",
        "Authorization=Bearer ${OTLP_TOKEN}",
    )
    .secret(),
    key(OTLP, "service", Template, "The resource's `service.name`.", "$(ecs_cluster)-$(ecs_task_family)")
        .default("$(ecs_task_family:-unknown_service)"),
];
