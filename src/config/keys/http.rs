//! Keys of any HTTP endpoint.

use super::kind::DestinationKind;
use super::row::KeyForm::{Choice, Number, Pairs, Size, Text};
use super::row::{Key, Scope, key};

const HTTP: Scope = Scope::Only(&[DestinationKind::Http]);

pub(super) const KEYS: &[Key] = &[
    key(
        HTTP,
        "format",
        Choice(&["json", "ndjson"]),
        "One JSON array per request, or one JSON value per line.",
        "ndjson",
    )
    .or("json"),
    key(HTTP, "headers", Pairs, "More headers; the values are treated as secrets.", "X-Tenant=web").masked(),
    key(HTTP, "user", Text, "User for HTTP Basic authentication.", "collector"),
    key(HTTP, "password", Text, "Password of `user`.", "${LOGS_PASSWORD}").masked(),
    key(HTTP, "bearer_token", Text, "Token for `Authorization: Bearer`.", "${LOGS_TOKEN}").masked(),
    key(HTTP, "batch_bytes", Size, "Longest body before compression.", "1MB").or("5MB"),
    key(HTTP, "batch_records", Number, "Most records in one request.", "500").or("1000"),
];
