//! What is written instead of parts of a text.

use std::ops::Range;

use super::spans::merged;

/// Something to be written instead of a range of a text.
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: Vec<u8>,
    /// The rule's position among all of the output.
    pub(super) rule: usize,
}

impl Edit {
    pub(super) fn shifted(self, by: usize) -> Self {
        Self { range: self.range.start + by..self.range.end + by, ..self }
    }

    /// A number has no room for a mask: all of it becomes a text.
    pub(super) fn of_number(self, length: usize, is_number: bool) -> Self {
        match is_number {
            true => Self { range: 0..length, text: [b"\"", self.text.as_slice(), b"\""].concat(), ..self },
            false => self,
        }
    }
}

/// The edits of two searches of one text, in order, with those that overlap as one.
pub(super) fn united(mut edits: Vec<Edit>, others: Vec<Edit>) -> Vec<Edit> {
    if others.is_empty() {
        return edits;
    }
    edits.extend(others);
    let spans = edits.into_iter().map(|edit| (edit.range.clone(), edit)).collect();
    merged(spans).into_iter().map(|(range, edit)| Edit { range, ..edit }).collect()
}

/// The text with these edits, which are in order.
pub(super) fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        out.extend_from_slice(text.get(copied..edit.range.start).unwrap_or_default());
        out.extend_from_slice(&edit.text);
        copied = edit.range.end;
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default());
    out
}
