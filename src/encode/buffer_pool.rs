//! The buffers of all lanes of an instance, used again and again: what an allocator takes back it may give back to the
//! system, and the next chunk would pay for new pages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// What a segment has room for. Small enough that a lane of few records costs little, large enough that a request is
/// a handful of pieces.
pub(super) const SEGMENT: usize = 256 << 10;

/// Segments kept at most: nearly two chunks of 2 MB.
const KEPT: usize = 16;

/// Room of the smaller buffers kept at most: two chunks of many log streams.
const KEPT_SMALL: usize = 4 << 20;

/// Where buffers come from and return to.
#[derive(Debug, Clone, Default)]
pub struct BufferPool(Arc<Mutex<Resting>>);

/// Empty buffers.
#[derive(Debug, Default)]
struct Resting {
    segments: Vec<Vec<u8>>,
    small: Vec<Vec<u8>>,
    /// Room of all small ones.
    small_room: usize,
}

/// A buffer that is written and not yet sent.
struct Written(Vec<u8>, BufferPool);

impl BufferPool {
    /// A segment to write into.
    pub(super) fn take(&self) -> Vec<u8> {
        self.resting().segments.pop().unwrap_or_else(|| Vec::with_capacity(SEGMENT))
    }

    /// A buffer for few records, which may have no room yet.
    pub(super) fn take_small(&self) -> Vec<u8> {
        let mut resting = self.resting();
        let buffer = resting.small.pop().unwrap_or_default();
        resting.small_room -= buffer.capacity();
        buffer
    }

    /// What was written; its memory returns when the last slice of it is gone.
    pub(super) fn seal(&self, written: Vec<u8>) -> Bytes {
        match written.is_empty() {
            true => Bytes::new(),
            false => Bytes::from_owner(Written(written, self.clone())),
        }
    }

    /// Lists of empty buffers are whole at any time.
    fn resting(&self) -> MutexGuard<'_, Resting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Resting {
    /// Buffers larger than a segment are let go, and so are more than are kept.
    fn keep(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        match buffer.capacity() {
            SEGMENT if self.segments.len() < KEPT => self.segments.push(buffer),
            room if room < SEGMENT && self.small_room + room <= KEPT_SMALL => {
                self.small_room += room;
                self.small.push(buffer);
            }
            _ => {}
        }
    }
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        self.1.resting().keep(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments, small buffers, and the room of these.
    fn kept(pool: &BufferPool) -> (usize, usize, usize) {
        let resting = pool.resting();
        (resting.segments.len(), resting.small.len(), resting.small_room)
    }

    #[test]
    fn a_segment_returns_with_its_last_slice_and_is_taken_again() {
        let pool = BufferPool::default();
        let mut segment = pool.take();
        let address = segment.as_ptr();
        segment.extend_from_slice(b"lines");
        let slice = pool.seal(segment).slice(2..);
        assert_eq!(slice, "nes");
        assert_eq!(kept(&pool), (0, 0, 0), "still in use");
        drop(slice);
        let again = pool.take();
        assert_eq!((again.as_ptr(), again.len(), again.capacity()), (address, 0, SEGMENT));
        let other = pool.take();
        assert_ne!(other.as_ptr(), address);
    }

    #[test]
    fn a_small_buffer_is_taken_again_with_the_room_it_has() {
        let pool = BufferPool::default();
        assert_eq!(pool.take_small().capacity(), 0);
        let mut small = pool.take_small();
        small.extend_from_slice(&[0; 700]);
        let (address, room) = (small.as_ptr(), small.capacity());
        drop(pool.seal(small));
        let again = pool.take_small();
        assert_eq!((again.as_ptr(), again.len(), again.capacity()), (address, 0, room));
        assert_eq!(kept(&pool), (0, 0, 0));
    }

    #[test]
    fn what_is_too_large_or_too_much_is_not_kept() {
        let pool = BufferPool::default();
        drop(pool.seal(vec![0; SEGMENT + 1]));
        assert_eq!(kept(&pool), (0, 0, 0));
        let written = |room: usize| {
            let mut buffer = Vec::with_capacity(room);
            buffer.push(0);
            pool.seal(buffer)
        };
        let segments: Vec<Bytes> = (0..2 * KEPT).map(|_| written(SEGMENT)).collect();
        drop(segments);
        assert_eq!(kept(&pool), (KEPT, 0, 0));
        let small: Vec<Bytes> = (0..2 * KEPT_SMALL / 1024).map(|_| written(1024)).collect();
        drop(small);
        assert_eq!(kept(&pool), (KEPT, KEPT_SMALL / 1024, KEPT_SMALL));
    }
}
