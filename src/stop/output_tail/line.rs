//! One line of a container: borrowed from its chunk, or copied.
//!
//! Docker's fluentd driver cuts lines at 16 KiB and marks the parts with `partial_id`. When a container dies, the last part
//! may never be marked as such (`daemon/logger/copier.go` of moby), so nothing waits for it.

use std::borrow::Cow;

use crate::input::record::Record;
use crate::stop::last_lines::{MAX_CONTAINER_BYTES, searched, shown_bytes, takes_room};

/// Lines of one container that are kept: one of a single character takes far more memory than the character.
pub(super) const MAX_CONTAINER_LINES: usize = 1_000;

#[derive(Debug)]
pub(super) struct TailLine<'c> {
    pub(super) text: Cow<'c, [u8]>,
    /// The `partial_id` of a line that came in parts.
    pub(super) partial_id: Option<Cow<'c, [u8]>>,
    /// It is the first of its record.
    pub(super) is_first: bool,
    /// The line was longer than this: no part of it follows.
    is_cut: bool,
}

impl<'c> TailLine<'c> {
    pub(super) fn from_record(record: &Record<'c, '_>) -> Option<Self> {
        let text = record.text(b"log").filter(|text| !text.is_empty())?;
        let partial_id = record.get(b"partial_message").and_then(|_| record.id(b"partial_id"));
        Some(Self { partial_id: partial_id.map(Cow::Borrowed), ..Self::new(text, true) })
    }

    fn new(text: &'c [u8], is_first: bool) -> Self {
        let searched = searched(text);
        Self {
            text: Cow::Borrowed(searched),
            partial_id: None,
            is_first,
            is_cut: searched.len() < text.len(),
        }
    }

    /// The last lines of a record that may be several, as far as a container may have them.
    pub(super) fn split(record: &Record<'c, '_>) -> impl Iterator<Item = Self> {
        let text = record.text(b"log").unwrap_or_default();
        let lines = text.rsplit(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut room = MAX_CONTAINER_BYTES;
        let fits = |line: &&[u8]| takes_room(&mut room, line.len());
        let kept: Vec<&[u8]> = lines.take(MAX_CONTAINER_LINES).take_while(fits).collect();
        kept.into_iter().rev().enumerate().map(|(nth, line)| Self::new(line, nth == 0))
    }

    /// Whether `next` is the next part of this line.
    pub(super) fn continues_in(&self, next: &TailLine<'_>) -> bool {
        self.partial_id.is_some() && self.partial_id == next.partial_id
    }

    pub(super) fn append(&mut self, next: &TailLine<'_>) {
        if self.is_cut {
            return;
        }
        let text = self.text.to_mut();
        text.extend_from_slice(&next.text);
        let length = searched(text).len();
        self.is_cut = next.is_cut || length < text.len();
        text.truncate(length);
        text.shrink_to_fit();
    }

    /// How much of it a report shows.
    pub(super) fn shown_bytes(&self) -> usize {
        shown_bytes(self.text.len())
    }

    pub(super) fn into_owned(self) -> TailLine<'static> {
        TailLine {
            text: self.text.into_owned().into(),
            partial_id: self.partial_id.map(|partial_id| partial_id.into_owned().into()),
            is_first: self.is_first,
            is_cut: self.is_cut,
        }
    }
}
