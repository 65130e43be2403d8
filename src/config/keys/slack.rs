//! Keys of Slack.

use super::key::KeyForm::{Choice, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const SLACK: Scope = Scope::Only(&[DestinationKind::Slack]);

/// Destinations that alert people, and choose which stops are told.
const CHOOSY: Scope = Scope::Only(&[DestinationKind::Slack, DestinationKind::Sns]);

pub(super) const KEYS: &[Key] = &[
    key(
        SLACK,
        "webhook_url",
        Text,
        "Address of the incoming webhook. It also determines the channel.",
        "${SLACK_WEBHOOK_URL}",
    )
    .secret(),
    key(
        CHOOSY,
        "min_severity",
        Choice(&["info", "warning", "error"]),
        "Do not post stop events below this severity.",
        "error",
    )
    .default("warning"),
];
