//! Keys of receivers of OTLP.

use super::kind::DestinationKind;
use super::row::KeyForm::{Choice, Pairs, Template, Text};
use super::row::{Key, Scope, key};

const OTLP: Scope = Scope::Only(&[DestinationKind::Otlp]);

pub(super) const KEYS: &[Key] = &[
    key(
        OTLP,
        "endpoint",
        Text,
        "Address of the receiver. `/v1/logs` is added unless it has a path of its own.",
        "http://localhost:4318",
    ),
    key(OTLP, "encoding", Choice(&["protobuf", "json"]), "How requests are written.", "json").or("protobuf"),
    key(OTLP, "compress", Choice(&["off", "gzip"]), "Compress requests.", "off").or("gzip"),
    key(
        OTLP,
        "headers",
        Pairs,
        "More headers; the values are treated as secrets.",
        "Authorization=Bearer ${OTLP_TOKEN}",
    )
    .masked(),
    key(OTLP, "service", Template, "The resource's `service.name`.", "$(ecs_cluster)-$(ecs_task_family)")
        .or("$(ecs_task_family:-unknown_service)"),
];
