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
        "Ingest licence key of the account. Set either this or `api_key`.",
        "${NEW_RELIC_LICENSE_KEY}",
    )
    .secret(),
    key(
        NEWRELIC,
        "api_key",
        Text,
        "The same key under the name that New Relic's own plugins use.",
        "${NEW_RELIC_API_KEY}",
    )
    .secret(),
    key(
        NEWRELIC,
        "site",
        Choice(&["us", "eu", "fedramp"]),
        "Site of the account. A key of one site is refused by the others.",
        "eu",
    )
    .default("us"),
];
