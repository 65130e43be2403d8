//! Keys of Kinesis.

use super::key::KeyForm::{Choice, Template, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const KINESIS: Scope = Scope::Only(&[DestinationKind::Kinesis]);

pub(super) const KEYS: &[Key] = &[
    key(
        KINESIS,
        "stream",
        Text,
        "Name of an existing data stream, or its ARN in another account, which also determines the region.",
        "ecs-logs",
    ),
    key(
        KINESIS,
        "partition_key",
        Template,
        "Records of one key go to one shard, in order. By default those of one task; records without a task spread by chunk.",
        "$(ecs_cluster)/$(container_name)",
    )
    .default("$(ecs_task_id)"),
    key(
        KINESIS,
        "aggregate",
        Choice(&["off", "newline"]),
        "`newline` puts as many lines of one partition key into one record as it holds. Readers then have to split records at line feeds.",
        "newline",
    )
    .default("off"),
];
