//! Keys of CloudWatch Logs.

use super::key::KeyForm::{Choice, Flag, Pairs, Template, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const CLOUDWATCH: Scope = Scope::Only(&[DestinationKind::Cloudwatch]);

/// Days that PutRetentionPolicy accepts.
pub const RETENTION_DAYS: &[&str] = &[
    "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096",
    "1827", "2192", "2557", "2922", "3288", "3653",
];

pub(super) const KEYS: &[Key] = &[
    key(CLOUDWATCH, "log_group", Template, "Log group.", "/ecs/$(ecs_task_family)"),
    key(CLOUDWATCH, "log_stream", Template, "Log stream.", "$(container_name)/$(ecs_task_id)")
        .default("$(tag)"),
    key(
        CLOUDWATCH,
        "auto_create_group",
        Flag,
        "Create a missing log group. Missing streams are always created.",
        "on",
    )
    .default("off"),
    key(
        CLOUDWATCH,
        "retention_days",
        Choice(RETENTION_DAYS),
        "Retention in days of a log group that the plugin creates.",
        "30",
    ),
    key(
        CLOUDWATCH,
        "log_group_class",
        Choice(&["STANDARD", "INFREQUENT_ACCESS"]),
        "Class of a log group that the plugin creates. It cannot be changed later.",
        "INFREQUENT_ACCESS",
    ),
    key(
        CLOUDWATCH,
        "log_group_tags",
        Pairs,
        "Tags of a log group that the plugin creates.",
        "team=web, env=prod",
    ),
    key(
        CLOUDWATCH,
        "kms_key_id",
        Text,
        "KMS key of a log group that the plugin creates.",
        "arn:aws:kms:eu-west-1:111122223333:key/1234",
    ),
    key(
        CLOUDWATCH,
        "log_format",
        Choice(&["json/emf"]),
        "Make CloudWatch read embedded metrics from the events.",
        "json/emf",
    ),
    key(
        CLOUDWATCH,
        "entity",
        Choice(&["off", "auto"]),
        "Tell CloudWatch which service the events are about, so that the console shows them beside its metrics and traces.",
        "auto",
    )
    .default("off"),
    key(
        CLOUDWATCH,
        "entity_service",
        Template,
        "Name of the service, where it is not the ECS service's, or else the task definition's family.",
        "${OTEL_SERVICE_NAME}",
    ),
    key(
        CLOUDWATCH,
        "entity_environment",
        Template,
        "Environment of the service, where it is not `ecs:` and the cluster's name.",
        "prod",
    ),
    key(
        CLOUDWATCH,
        "compress",
        Choice(&["off", "auto", "gzip"]),
        "Compress requests. `auto` compresses what shrinks enough, and stops where the endpoint refuses it. Limits and price count the uncompressed bytes either way.",
        "off",
    )
    .default("auto"),
];
