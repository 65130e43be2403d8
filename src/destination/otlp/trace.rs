//! The trace that a record belongs to, as a record in another format than OTLP names it.
//!
//! <https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/>, read 2026-11: `trace_id`, `span_id` and
//! `trace_flags`, in hexadecimal.

use crate::input::record::Record;

const TRACE_ID: &[u8] = b"trace_id";
const SPAN_ID: &[u8] = b"span_id";
const TRACE_FLAGS: &[u8] = b"trace_flags";

/// What is valid of a record's trace context; the rest stays an attribute. Nothing is without a trace id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TraceContext {
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) span_id: Option<[u8; 8]>,
    /// The flags of W3C's trace context.
    pub(super) flags: Option<u8>,
}

impl TraceContext {
    pub(super) fn read(record: &Record<'_, '_>) -> Self {
        let Some(trace_id) = record.text(TRACE_ID).and_then(id) else { return Self::default() };
        Self {
            trace_id: Some(trace_id),
            span_id: record.text(SPAN_ID).and_then(id),
            flags: record.text(TRACE_FLAGS).and_then(bytes).map(|[flags]| flags),
        }
    }

    /// Whether the context tells what this field of a record tells.
    pub(super) fn covers(&self, name: &[u8]) -> bool {
        match name {
            TRACE_ID => self.trace_id.is_some(),
            SPAN_ID => self.span_id.is_some(),
            TRACE_FLAGS => self.flags.is_some(),
            _ => false,
        }
    }
}

/// All zeros are not an id.
fn id<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    bytes(hex).filter(|bytes| bytes.iter().any(|byte| *byte != 0))
}

fn bytes<const N: usize>(hex: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(hex, &mut bytes).is_ok().then_some(bytes)
}
