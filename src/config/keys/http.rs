//! Keys of any HTTP endpoint.

use super::key::KeyForm::{Choice, Number, Pairs, Size, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const HTTP: Scope = Scope::Only(&[DestinationKind::Http]);

pub(super) const KEYS: &[Key] = &[
    key(
        HTTP,
        "format",
        Choice(&["json", "ndjson"]),
        "One JSON array per request (`json`), or one JSON value per line (`ndjson`).",
        "ndjson",
    )
    .default("json"),
    key(HTTP, "headers", Pairs, "More headers. Their values are treated as secrets.", "X-Tenant=web")
        .secret(),
    key(HTTP, "user", Text, "User for HTTP Basic authentication.", "collector"),
    key(HTTP, "password", Text, "Password of `user`.", "${LOGS_PASSWORD}").secret(),
    key(HTTP, "bearer_token", Text, "Token for `Authorization: Bearer`.", "${LOGS_TOKEN}").secret(),
    key(HTTP, "batch_bytes", Size, "Longest body before compression.", "1MB").default("5MB"),
    key(HTTP, "batch_records", Number, "Most records in one request.", "500").default("1000"),
];
