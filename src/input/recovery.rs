//! Where reading goes on after malformed bytes: at the next entry as Fluent Bit writes it.
//!
//! Any container of a task may send to Fluent Bit's forward input, which does not look into what it stores. One entry that
//! ends early must not cost the records after it, which may be another container's.

use super::msgpack::EVENT_TIME_HEAD;

/// What may come before the time of an entry: the headers of `[time, map]` and `[[time, metadata], map]`, in the widths
/// that Fluent Bit writes (3.2.10 writes array32).
const ENTRY_HEADS: [&[u8]; 4] =
    [&[0x92, 0x92], &[0xdd, 0, 0, 0, 2, 0xdd, 0, 0, 0, 2], &[0x92], &[0xdd, 0, 0, 0, 2]];

/// Entries that cannot be read are read up to here, in multiples of the chunk: heads without entries must not make the
/// chunk be read again for each.
const MAX_READ: usize = 8;

/// Finds the entries after malformed ones.
#[derive(Debug)]
pub(super) struct Recovery {
    /// Bytes that may still be read in vain.
    budget: usize,
}

impl Recovery {
    pub(super) fn new(chunk: &[u8]) -> Self {
        Self { budget: chunk.len().saturating_mul(MAX_READ) }
    }

    /// The position of the next entry after the one at `offset`, which was read in vain up to `read`; the end of the
    /// chunk if there is none, or when too much was read in vain.
    #[cold]
    pub(super) fn next_entry(&mut self, chunk: &[u8], offset: usize, read: usize) -> usize {
        let Some(left) = self.budget.checked_sub(read.saturating_sub(offset)) else { return chunk.len() };
        self.budget = left;
        let from = offset + 1;
        let behind = chunk.get(from..).unwrap_or_default();
        let times = behind.windows(EVENT_TIME_HEAD.len()).enumerate();
        let mut heads = times
            .filter(|(_, window)| *window == EVENT_TIME_HEAD)
            .filter_map(|(at, _)| Some(from + at - head_before(behind.get(..at)?)?));
        heads.next().unwrap_or(chunk.len())
    }
}

/// The length of the header of an entry that ends here.
fn head_before(bytes: &[u8]) -> Option<usize> {
    ENTRY_HEADS.iter().find(|head| bytes.ends_with(head)).map(|head| head.len())
}
