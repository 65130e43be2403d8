//! One line of a container: borrowed from its chunk, or copied.
//!
//! Docker's fluentd driver cuts lines at 16 KiB and marks the parts with `partial_id`. When a container dies, the last part
//! may never be marked as such (`daemon/logger/copier.go` of moby), so nothing waits for it.

use std::borrow::Cow;

use crate::input::record::Record;
use crate::json;
use crate::stop::last_lines::{MAX_CONTAINER_BYTES, MAX_LINE_BYTES};

/// Lines of one container that are kept: one of a single character takes far more memory than the character.
pub(super) const MAX_CONTAINER_LINES: usize = 1_000;

#[derive(Debug)]
pub(super) struct TailLine<'c> {
    pub(super) text: Cow<'c, [u8]>,
    /// The `partial_id` of a line that came in parts.
    pub(super) partial_id: Option<Cow<'c, [u8]>>,
    /// It is the first of its record.
    pub(super) is_first: bool,
}

impl<'c> TailLine<'c> {
    pub(super) fn from_record(record: &Record<'c, '_>) -> Option<Self> {
        let text = record.text(b"log").filter(|text| !text.is_empty())?;
        let partial_id = record.get(b"partial_message").and_then(|_| record.id(b"partial_id"));
        Some(Self {
            text: Cow::Borrowed(json::cut(text, MAX_LINE_BYTES)),
            partial_id: partial_id.map(Cow::Borrowed),
            is_first: true,
        })
    }

    /// The last lines of a record that may be several, as far as a container may have them.
    pub(super) fn split(record: &Record<'c, '_>) -> impl Iterator<Item = Self> {
        let text = record.text(b"log").unwrap_or_default();
        let lines = text.rsplit(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut bytes = 0;
        let fits = |line: &&[u8]| {
            bytes += line.len();
            bytes <= MAX_CONTAINER_BYTES
        };
        let cut = lines.map(|line| json::cut(line, MAX_LINE_BYTES)).take(MAX_CONTAINER_LINES);
        let kept: Vec<&[u8]> = cut.take_while(fits).collect();
        kept.into_iter().rev().enumerate().map(|(nth, line)| Self {
            text: Cow::Borrowed(line),
            partial_id: None,
            is_first: nth == 0,
        })
    }

    /// Whether `next` is the next part of this line.
    pub(super) fn continues_in(&self, next: &TailLine<'_>) -> bool {
        self.partial_id.is_some() && self.partial_id == next.partial_id
    }

    pub(super) fn append(&mut self, next: &[u8]) {
        let room = MAX_LINE_BYTES.saturating_sub(self.text.len());
        if room > 0 {
            self.text.to_mut().extend_from_slice(json::cut(next, room));
        }
    }

    pub(super) fn into_owned(self) -> TailLine<'static> {
        TailLine {
            text: self.text.into_owned().into(),
            partial_id: self.partial_id.map(|partial_id| partial_id.into_owned().into()),
            is_first: self.is_first,
        }
    }
}
