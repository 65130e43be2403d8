//! Keys of SNS.

use super::key::KeyForm::{Choice, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const SNS: Scope = Scope::Only(&[DestinationKind::Sns]);

pub(super) const KEYS: &[Key] = &[
    key(
        SNS,
        "topic_arn",
        Text,
        "ARN of an existing topic, standard or FIFO. It also determines the region.",
        "arn:aws:sns:eu-west-1:111122223333:ecs-stops",
    ),
    key(
        SNS,
        "format",
        Choice(&["text", "json"]),
        "How messages are written: as text for people, or as the report in JSON. Both have the attributes `class`, `category`, `severity`, `state`, `service` and `cluster` for filter policies.",
        "json",
    )
    .default("text"),
];
