//! Keys of New Relic.

use super::kind::DestinationKind;
use super::row::KeyForm::{Choice, Text};
use super::row::{Key, Scope, key};

const NEWRELIC: Scope = Scope::Only(&[DestinationKind::Newrelic]);

pub(super) const KEYS: &[Key] = &[
    key(
        NEWRELIC,
        "license_key",
        Text,
        "Ingest licence key of the account. Either this or `api_key`.",
        "${NEW_RELIC_LICENSE_KEY}",
    )
    .masked(),
    key(
        NEWRELIC,
        "api_key",
        Text,
        "The same key by its other name, as New Relic's own plugins accept it.",
        "${NEW_RELIC_API_KEY}",
    )
    .masked(),
    key(
        NEWRELIC,
        "site",
        Choice(&["us", "eu", "fedramp"]),
        "Where the account is; a key of one site is refused by the others.",
        "eu",
    )
    .or("us"),
];
