//! Keys of Slack.

use super::key::KeyForm::{Choice, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const SLACK: Scope = Scope::Only(&[DestinationKind::Slack]);

pub(super) const KEYS: &[Key] = &[
    key(
        SLACK,
        "webhook_url",
        Text,
        "Address of the incoming webhook, which also says to which channel it posts.",
        "${SLACK_WEBHOOK_URL}",
    )
    .secret(),
    key(
        SLACK,
        "min_severity",
        Choice(&["info", "warning", "error"]),
        "Stop events below this severity are not posted.",
        "error",
    )
    .default("warning"),
];
