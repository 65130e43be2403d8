//! Keys of destinations where people are told.

use super::key::KeyForm::{Choice, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const SLACK: Scope = Scope::Only(&[DestinationKind::Slack]);
const TEAMS: Scope = Scope::Only(&[DestinationKind::Teams]);
const PAGERDUTY: Scope = Scope::Only(&[DestinationKind::Pagerduty]);

/// Destinations that alert people, and choose which stops are told.
const CHOOSY: Scope = Scope::Only(&[
    DestinationKind::Slack,
    DestinationKind::Sns,
    DestinationKind::Pagerduty,
    DestinationKind::Teams,
]);

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
        TEAMS,
        "webhook_url",
        Text,
        "Address that the flow \"When a Teams webhook request is received\" of Workflows shows. It also determines the channel.",
        "${TEAMS_WEBHOOK_URL}",
    )
    .secret(),
    key(
        PAGERDUTY,
        "integration_key",
        Text,
        "Integration key of an Events API v2 integration: 32 letters and digits. It also determines the service.",
        "${PAGERDUTY_INTEGRATION_KEY}",
    )
    .secret(),
    key(PAGERDUTY, "site", Choice(&["us", "eu"]), "Service region of the account.", "eu").default("us"),
    key(
        CHOOSY,
        "min_severity",
        Choice(&["info", "warning", "error"]),
        "Do not post stop events below this severity.",
        "error",
    )
    .default("warning")
    .default_for(&[DestinationKind::Pagerduty], "error"),
];
