//! Keys of New Relic.

use super::key::KeyForm::{Choice, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const NEWRELIC: Scope = Scope::Only(&[DestinationKind::Newrelic]);

pub(super) const KEYS: &[Key] = &[
    key(
        NEWRELIC,
        "license_key",
        Text,
        "Ingest licence key of the account. Either this or `api_key`.",
        "${NEW_RELIC_LICENSE_KEY}",
    )
    .secret(),
    key(
        NEWRELIC,
        "api_key",
        Text,
        "The same key by its other name, as New Relic's own plugins accept it.",
        "${NEW_RELIC_API_KEY}",
    )
    .secret(),
    key(
        NEWRELIC,
        "site",
        Choice(&["us", "eu", "fedramp"]),
        "Where the account is; a key of one site is refused by the others.",
        "eu",
    )
    .default("us"),
];
