//! The record format of Firehose, both of its API and of its HTTP delivery: base64 in a JSON object.
//!
//! <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>, read 2026-11.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::timestamp_field::TimestampField;
use crate::classify::classes::Entry;
use crate::config::Common;
use crate::json::Writer;

/// The longest record, before base64, with its end.
pub(super) const MAX_RECORD_BYTES: usize = 1_024_000;

/// What a record's text is put between.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordFrame {
    /// Begins the JSON object, up to and with the quotation mark.
    pub(super) open: &'static [u8],
    /// Ends the record's text.
    pub(super) end: &'static [u8],
    /// Bytes the text may have with its end.
    pub(super) max: usize,
}

/// How one record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrittenRecord {
    /// Length of the record's text, before base64.
    pub(super) text_bytes: usize,
    /// The end of the text was cut off.
    pub(super) is_truncated: bool,
}

impl RecordFrame {
    /// Appends the entry as an object and a comma.
    pub(super) fn write(
        self,
        timestamp_field: &TimestampField,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        out: &mut Vec<u8>,
    ) -> WrittenRecord {
        out.extend_from_slice(self.open);
        let start = out.len();
        let written = self.write_text(timestamp_field, common, entry, out);
        base64_in_place(out, start);
        out.extend_from_slice(b"\"},");
        written
    }

    /// Appends the entry's text with its end.
    pub(super) fn write_text(
        self,
        timestamp_field: &TimestampField,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        out: &mut Vec<u8>,
    ) -> WrittenRecord {
        let start = out.len();
        let max = self.max.saturating_sub(self.end.len());
        timestamp_field.write(common, entry, &mut Writer::<false>::new(out));
        let is_truncated = out.len() - start > max;
        if is_truncated {
            out.truncate(start);
            out.extend(timestamp_field.cut(common, entry, max));
        }
        out.extend_from_slice(self.end);
        WrittenRecord { text_bytes: out.len() - start, is_truncated }
    }
}

/// Replaces everything from `start` on by its base64. The code is written after the text and then moved, which needs
/// no second buffer.
pub(super) fn base64_in_place(out: &mut Vec<u8>, start: usize) {
    let end = out.len();
    let room = (end - start).div_ceil(3) * 4;
    out.resize(end + room, 0);
    let (text, code) = out.split_at_mut(end);
    let text = text.get(start..).unwrap_or_default();
    // Encoding cannot fail: the room is exactly what the standard alphabet with padding takes.
    let written = BASE64_STANDARD.encode_slice(text, code).unwrap_or_default();
    out.copy_within(end..end + written, start);
    out.truncate(start + written);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_tail_of_a_buffer_becomes_base64(
            head in proptest::collection::vec(any::<u8>(), 0..9), text in proptest::collection::vec(any::<u8>(), 0..99),
        ) {
            let mut out = [head.as_slice(), &text].concat();
            base64_in_place(&mut out, head.len());
            prop_assert_eq!(&out[..head.len()], &head);
            prop_assert_eq!(BASE64_STANDARD.decode(&out[head.len()..]).unwrap(), text);
        }
    }
}
