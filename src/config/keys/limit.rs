//! Keys of the output about budgets.

use super::key::KeyForm::{List, Text};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "limit.<class>",
        Text,
        "How many lines of the class a container may write: a number for each second, minute or hour (`/s`, `/m`, `/h`) and, with `burst`, how many at one time after a silence (without it as many as the number). Lines beyond it are dropped and counted; the time is that of the lines.",
        "500/s per container, burst 2000",
    ),
    key(
        Output,
        "sample.<class>",
        Text,
        "The share of the class's lines that is kept. Lines of one trace or request are kept or dropped together, in every task alike.",
        "10%",
    ),
    key(
        Output,
        "sample_by",
        List,
        "Fields that hold the id of a trace or request, in the record or in the JSON of its line; the first that a line has counts, and dots lead into nested fields.",
        "trace_id, session",
    )
    .default("trace_id, traceId, trace.id, dd.trace_id, otelTraceID, xray_trace_id, request_id, requestId"),
];
