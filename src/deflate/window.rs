//! The last 64 KiB of what is compressed. A position is counted from the first byte of all; modulo 65,536 it is an index.

use std::ops::Range;

/// How far back a match may lie (RFC 1951).
pub(super) const WINDOW_BYTES: usize = 32 << 10;

/// What is parsed at a time: the other half of the buffer.
pub(super) const CHUNK_BYTES: usize = 32 << 10;

const BUFFER_BYTES: usize = WINDOW_BYTES + CHUNK_BYTES;

/// The longest load, and a word beyond it.
const MIRROR_BYTES: usize = 40;

/// The buffer, and its beginning once more after its end, so that no load has to look for the end.
pub(super) struct SlidingWindow([u8; BUFFER_BYTES + MIRROR_BYTES]);

impl Default for SlidingWindow {
    fn default() -> Self {
        Self([0; BUFFER_BYTES + MIRROR_BYTES])
    }
}

impl SlidingWindow {
    /// Writes bytes that do not cross the end of a chunk.
    pub(super) fn write(&mut self, position: usize, bytes: &[u8]) {
        let start = index(position);
        if let Some(room) = self.0.get_mut(start..start + bytes.len()) {
            room.copy_from_slice(bytes);
        }
    }

    /// Has to be called after the last `write` to a chunk.
    pub(super) fn mirror(&mut self) {
        self.0.copy_within(..MIRROR_BYTES, BUFFER_BYTES);
    }

    #[inline(always)]
    fn load<const N: usize>(&self, position: usize) -> [u8; N] {
        self.0.get(index(position)..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    #[inline(always)]
    pub(super) fn load_4(&self, position: usize) -> u32 {
        u32::from_le_bytes(self.load(position))
    }

    #[inline(always)]
    pub(super) fn load_8(&self, position: usize) -> u64 {
        u64::from_le_bytes(self.load(position))
    }

    #[inline(always)]
    fn load_16(&self, position: usize) -> u128 {
        u128::from_le_bytes(self.load(position))
    }

    /// How many bytes from `a` and `b` on are equal, of which `known` are known to be; at most `max`. Two words at a
    /// time, because where the first of them differs is anybody's guess, and the processor would guess.
    #[inline(always)]
    pub(super) fn equal_after(&self, a: usize, b: usize, known: usize, max: usize) -> usize {
        let mut equal = known;
        while equal < max {
            let first = self.load_16(a + equal) ^ self.load_16(b + equal);
            let second = self.load_16(a + equal + 16) ^ self.load_16(b + equal + 16);
            if first | second != 0 {
                let bits = if first == 0 { 128 + second.trailing_zeros() } else { first.trailing_zeros() };
                return max.min(equal + bits as usize / 8);
            }
            equal += 32;
        }
        max
    }

    /// How many bytes before `a` and `b` are equal, at most `max`.
    #[inline(always)]
    pub(super) fn equal_before(&self, a: usize, b: usize, max: usize) -> usize {
        let mut equal = 0;
        while equal < max {
            let word = |end: usize| self.load_8(end.wrapping_sub(equal + 8));
            let difference = word(a) ^ word(b);
            if difference != 0 {
                return max.min(equal + difference.leading_zeros() as usize / 8);
            }
            equal += 8;
        }
        max
    }

    /// The bytes of a range, eight at a time; the last eight may go beyond it.
    #[inline(always)]
    pub(super) fn words(&self, range: Range<usize>) -> impl Iterator<Item = [u8; 8]> {
        range.step_by(8).map(|position| self.load(position))
    }
}

#[inline(always)]
fn index(position: usize) -> usize {
    usize::from(position as u16)
}
