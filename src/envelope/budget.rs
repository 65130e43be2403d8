//! What opening the envelopes of one chunk may cost, all of them together.
//!
//! A worker has one thread: while it opens envelopes, every other flush waits. So a chunk has a budget of *steps*, a
//! measure of time: reading a byte once is a step, and what takes longer than reading counts as this many bytes. Each
//! step is paid before it is taken, so that no text, however made, gets more than there is.
//!
//! Steps and not a clock, because Fluent Bit replays chunks and `delivery::ledger` knows an entry by its number. A
//! clock would stop a replay elsewhere than the first attempt; the numbers would shift, and records would be lost or
//! arrive twice. Equal bytes take equal steps.

use std::cell::Cell;

/// A tenth of a second at most on the CPU where it was measured. Two megabytes full of real events take less than half of
/// it; `tests/faults/hostile.rs` has the texts that get most out of a step.
pub(super) const MAX_STEPS: usize = 64 << 20;
/// Of all encoded parts together, decoded.
const MAX_DECODED_BYTES: usize = 16 << 20;
/// A Firehose delivery has at most this many records.
const MAX_EVENTS: usize = 10_000;

/// The budget of one chunk.
#[derive(Debug)]
pub struct Budget {
    steps: Cell<usize>,
    decoded_bytes: Cell<usize>,
    events: Cell<usize>,
    refused: Cell<u64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            steps: Cell::new(MAX_STEPS),
            decoded_bytes: Cell::new(MAX_DECODED_BYTES),
            events: Cell::new(MAX_EVENTS),
            refused: Cell::new(0),
        }
    }
}

impl Budget {
    /// Records that were left closed, in whole or in part, because the budget did not suffice.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.get()
    }

    /// A tenth of the budget, for a tenth of a chunk: everything grows with the bytes alike.
    #[cfg(test)]
    pub(super) fn tenth() -> Self {
        Self {
            steps: Cell::new(MAX_STEPS / 10),
            decoded_bytes: Cell::new(MAX_DECODED_BYTES / 10),
            events: Cell::new(MAX_EVENTS / 10),
            ..Self::default()
        }
    }

    #[cfg(test)]
    pub(super) fn with_decoded_bytes(bytes: usize) -> Self {
        Self { decoded_bytes: Cell::new(bytes), ..Self::default() }
    }

    pub(super) fn count_refused(&self) {
        self.refused.set(self.refused.get() + 1);
    }

    /// Pays for steps that are to be taken; `false` when there are not as many left, and then none may be taken.
    pub(super) fn spend_steps(&self, steps: usize) -> bool {
        spend(&self.steps, steps)
    }

    pub(super) fn spend_event(&self) -> bool {
        spend(&self.events, 1)
    }

    pub(super) fn spend_decoded(&self, bytes: usize) -> bool {
        spend(&self.decoded_bytes, bytes)
    }

    /// The most bytes that a part may be decoded to, when each takes this many steps.
    pub(super) fn affordable_bytes(&self, steps_per_byte: usize) -> usize {
        self.decoded_bytes.get().min(self.steps.get() / steps_per_byte)
    }
}

fn spend(left: &Cell<usize>, amount: usize) -> bool {
    let rest = left.get().checked_sub(amount);
    left.set(rest.unwrap_or_else(|| left.get()));
    rest.is_some()
}
