//! The segments of all lanes of an instance, used again and again: what an allocator takes back it may give back to the
//! system, and the next chunk would pay for new pages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// What a segment has room for. Small enough that a lane of few records costs little, large enough that a request is
/// a handful of pieces.
pub(super) const SEGMENT: usize = 256 << 10;

/// Segments kept at most: nearly two chunks of 2 MB.
const KEPT: usize = 16;

/// Where segments come from and return to.
#[derive(Debug, Clone, Default)]
pub struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

/// A segment that is written and not yet sent.
struct Written(Vec<u8>, Pool);

impl Pool {
    /// A segment to write into.
    pub(super) fn take(&self) -> Vec<u8> {
        self.resting().pop().unwrap_or_else(|| Vec::with_capacity(SEGMENT))
    }

    /// What was written; its memory returns when the last slice of it is gone. Buffers of other sizes are not kept.
    pub(super) fn seal(&self, written: Vec<u8>) -> Bytes {
        match written.capacity() {
            SEGMENT => Bytes::from_owner(Written(written, self.clone())),
            _ => written.into(),
        }
    }

    /// A list of empty buffers is whole at any time.
    fn resting(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let mut segment = std::mem::take(&mut self.0);
        segment.clear();
        let mut resting = self.1.resting();
        if resting.len() < KEPT {
            resting.push(segment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_returns_with_its_last_slice_and_is_taken_again() {
        let pool = Pool::default();
        let mut segment = pool.take();
        let address = segment.as_ptr();
        segment.extend_from_slice(b"lines");
        let slice = pool.seal(segment).slice(2..);
        assert_eq!(slice, "nes");
        assert!(pool.resting().is_empty(), "still in use");
        drop(slice);
        let again = pool.take();
        assert_eq!((again.as_ptr(), again.len(), again.capacity()), (address, 0, SEGMENT));
        let other = pool.take();
        assert_ne!(other.as_ptr(), address);
    }

    #[test]
    fn other_sizes_and_what_is_too_much_are_not_kept() {
        let pool = Pool::default();
        drop(pool.seal(vec![0; 7]));
        assert!(pool.resting().is_empty());
        let many: Vec<Bytes> = (0..2 * KEPT).map(|_| pool.seal(pool.take())).collect();
        drop(many);
        assert_eq!(pool.resting().len(), KEPT);
    }
}
