//! Who vouches for a record: an application, an event source, or nobody in particular.
//!
//! An application must not be able to forge a stop event by printing one. Hence the order of trust, decided by field
//! names and never by the text of a line:
//!
//! 1. A record with a field of FireLens's log driver (`container_id`, `container_name`, `source` stdout or stderr) is
//!    application output, whatever else it says.
//! 2. Any other record is trusted: it can be a bare event, or an envelope of some.
//!
//! Does not own the class that follows from it (`classes`).

use crate::input::record::{Record, Source, Value};

/// The fields of one record that say where it comes from.
#[derive(Default)]
pub(super) struct Provenance {
    source: Option<Source>,
    has_container: bool,
    has_event_source: bool,
    has_detail_type: bool,
}

impl Provenance {
    pub(super) fn from_record(record: &Record<'_, '_>) -> Self {
        let mut provenance = Self::default();
        for field in record.fields {
            if let Value::Text(key) = field.key {
                provenance.note(key, field.value);
            }
        }
        // An error must not hide behind a second `source`.
        if record.has_conflicting_source() {
            provenance.source = Some(Source::Stderr);
        }
        provenance
    }

    #[inline]
    fn note(&mut self, key: &[u8], value: Value<'_>) {
        match key {
            b"source" => match value.text() {
                Some(b"stderr") => self.source = Some(Source::Stderr),
                Some(b"stdout") => self.source = Some(Source::Stdout),
                Some(b"aws.ecs" | b"ecs_router") => self.has_event_source = true,
                _ => {}
            },
            b"container_id" | b"container_name" => self.has_container = true,
            b"detail-type" => self.has_detail_type = true,
            _ => {}
        }
    }

    /// The stream that an application wrote the record to; stdout unless the record names one. `None`: no application
    /// wrote it.
    #[inline]
    pub(super) fn stream(&self) -> Option<Source> {
        self.source.or(self.has_container.then_some(Source::Stdout))
    }

    /// Whether the record may be an event, or an envelope of some.
    #[inline]
    pub(super) fn is_trusted(&self) -> bool {
        self.stream().is_none()
    }

    /// Whether the record has the fields of a bare event of ECS, or of ours.
    pub(super) fn is_event(&self) -> bool {
        self.has_event_source && self.has_detail_type
    }
}
