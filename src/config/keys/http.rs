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
    key(
        HTTP,
        "body",
        Text,
        "What a record becomes, as an API wants it: `\"$(name)\"` for a text, `$(name:json)` for any value, `$(.:json)` for the whole record. See docs/http.md.",
        "{\"event\": $(.:json), \"time\": $(time:s)}",
    ),
    key(
        HTTP,
        "batch_prefix",
        Text,
        "What stands before the records of a request that has a `body`. Default: `[` for `json` with more than one record, else nothing.",
        "{\"streams\": [",
    ),
    key(
        HTTP,
        "batch_suffix",
        Text,
        "What stands after them. Default: `]` for `json` with more than one record, else nothing.",
        "]}",
    ),
    key(HTTP, "headers", Pairs, "More headers. Their values are treated as secrets.", "X-Tenant=web")
        .secret(),
    key(HTTP, "user", Text, "User for HTTP Basic authentication.", "collector"),
    key(HTTP, "password", Text, "Password of `user`.", "${LOGS_PASSWORD}").secret(),
    key(HTTP, "bearer_token", Text, "Token for `Authorization: Bearer`.", "${LOGS_TOKEN}").secret(),
    key(HTTP, "batch_bytes", Size, "Longest body before compression.", "1MB").default("5MB"),
    key(HTTP, "batch_records", Number, "Most records in one request.", "500").default("1000"),
];
