//! A record as Firehose carries it, towards AWS as well as towards HTTP endpoints: base64 in a JSON object.
//!
//! <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>, read 2026-11.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::timestamp_field::TimestampField;
use crate::classify::classes::Entry;
use crate::config::Common;
use crate::json::Writer;

/// The longest record, before base64.
pub(super) const MAX_RECORD: usize = 1_024_000;

/// What stands around the record's text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// Begins the JSON object, up to and with the quotation mark.
    pub(super) open: &'static [u8],
    /// Ends the record's text.
    pub(super) end: &'static [u8],
    /// Bytes the text may have with its end.
    pub(super) max: usize,
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    /// Bytes of the record's text.
    pub(super) plain: usize,
    /// Its end had to go.
    pub(super) cut: bool,
}

impl Frame {
    /// Appends the entry as an object and a comma.
    pub(super) fn write(
        self,
        dated: &TimestampField,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        out: &mut Vec<u8>,
    ) -> Packed {
        out.extend_from_slice(self.open);
        let start = out.len();
        let max = self.max.saturating_sub(self.end.len());
        dated.write(common, entry, &mut Writer::<false>::new(out));
        let cut = out.len() - start > max;
        if cut {
            out.truncate(start);
            out.extend(dated.cut(common, entry, max));
        }
        out.extend_from_slice(self.end);
        let plain = out.len() - start;
        armour(out, start);
        out.extend_from_slice(b"\"},");
        Packed { plain, cut }
    }
}

/// Puts base64 in the place of everything from `start` on. It is written behind the text and then moved, so that no
/// second buffer is needed.
fn armour(out: &mut Vec<u8>, start: usize) {
    let end = out.len();
    let room = (end - start).div_ceil(3) * 4;
    out.resize(end + room, 0);
    let (text, code) = out.split_at_mut(end);
    let text = text.get(start..).unwrap_or_default();
    // There is exactly the room that the standard alphabet with padding takes.
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
            armour(&mut out, head.len());
            prop_assert_eq!(&out[..head.len()], &head);
            prop_assert_eq!(BASE64_STANDARD.decode(&out[head.len()..]).unwrap(), text);
        }
    }
}
