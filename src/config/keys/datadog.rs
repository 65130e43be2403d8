//! Keys of Datadog.

use super::key::KeyForm::{Choice, Template, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const DATADOG: Scope = Scope::Only(&[DestinationKind::Datadog]);

/// Sites with an intake of their own (<https://docs.datadoghq.com/getting_started/site/>, read 2026-11); any other
/// is reached with `endpoint`.
pub const DATADOG_SITES: &[&str] = &[
    "datadoghq.com",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "datadoghq.eu",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "ddog-gov.com",
];

pub(super) const KEYS: &[Key] = &[
    key(DATADOG, "api_key", Text, "API key of the organization.", "${DD_API_KEY}").secret(),
    key(
        DATADOG,
        "site",
        Choice(DATADOG_SITES),
        "Site of the organization: datadoghq.com, us3.datadoghq.com, us5.datadoghq.com, datadoghq.eu, ap1.datadoghq.com, ap2.datadoghq.com or ddog-gov.com.",
        "datadoghq.eu",
    )
    .default("datadoghq.com"),
    key(
        DATADOG,
        "service",
        Template,
        "Datadog's `service`. Unless it is set, a stop report has the ECS service or, without one, the family of the task definition.",
        "$(ecs_service)",
    )
    .default("$(container_name)"),
    key(
        DATADOG,
        "source",
        Template,
        "Datadog's `ddsource`, which chooses the pipeline that parses the message.",
        "nginx",
    )
    .default("ecs"),
    key(
        DATADOG,
        "tags",
        Template,
        "More `ddtags`. Class, cluster, service, task family, task id, container name and image tag are always sent if known.",
        "env:prod,team:web",
    ),
    key(DATADOG, "hostname", Template, "Datadog's `hostname`. Not sent unless set.", "$(ecs_task_id)"),
    key(
        DATADOG,
        "compress",
        Choice(&["off", "gzip", "zstd"]),
        "Compress requests. Datadog documents gzip for its intake; zstd, which its own agent uses, is smaller and faster.",
        "zstd",
    )
    .default("gzip"),
];
