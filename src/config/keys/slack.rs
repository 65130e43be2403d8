//! Keys of Slack.

use super::kind::DestinationKind;
use super::row::KeyForm::{Choice, Text};
use super::row::{Key, Scope, key};

const SLACK: Scope = Scope::Only(&[DestinationKind::Slack]);

pub(super) const KEYS: &[Key] = &[
    key(
        SLACK,
        "webhook_url",
        Text,
        "Address of the incoming webhook, which also says to which channel it posts.",
        "${SLACK_WEBHOOK_URL}",
    )
    .masked(),
    key(
        SLACK,
        "min_severity",
        Choice(&["info", "warning", "error"]),
        "Stop events below this severity are not posted.",
        "error",
    )
    .or("warning"),
];
