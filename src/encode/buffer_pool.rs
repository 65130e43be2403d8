//! The buffers of all partitions of an instance, used again and again: what an allocator takes back it may give back to
//! the system, and the next chunk would pay for new pages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Capacity of a segment. Small enough that a partition of few records costs little, large enough that a request is
/// a handful of parts.
pub(super) const SEGMENT_BYTES: usize = 256 << 10;

/// Most segments that wait in the pool: nearly two chunks of 2 MB.
const MAX_FREE_SEGMENTS: usize = 16;

/// Largest total capacity of the smaller buffers that wait in the pool: two chunks of many log streams.
const MAX_FREE_SMALL_BYTES: usize = 4 << 20;

/// Where buffers come from and return to.
#[derive(Debug, Clone, Default)]
pub struct BufferPool(Arc<Mutex<FreeBuffers>>);

#[derive(Debug, Default)]
struct FreeBuffers {
    segments: Vec<Vec<u8>>,
    small: Vec<Vec<u8>>,
    /// Total capacity of `small`.
    small_bytes: usize,
}

/// A buffer that is written and not yet sent; it returns to the pool when it is dropped.
struct PooledBuffer {
    buffer: Vec<u8>,
    pool: BufferPool,
}

impl BufferPool {
    pub(super) fn take_segment(&self) -> Vec<u8> {
        self.free().segments.pop().unwrap_or_else(|| Vec::with_capacity(SEGMENT_BYTES))
    }

    /// Takes a buffer for few records, which may have no capacity yet.
    pub(super) fn take_small(&self) -> Vec<u8> {
        let mut free = self.free();
        let buffer = free.small.pop().unwrap_or_default();
        free.small_bytes -= buffer.capacity();
        buffer
    }

    /// Makes a written buffer readable only; its memory returns to the pool when the last slice of it is gone.
    pub(super) fn freeze(&self, buffer: Vec<u8>) -> Bytes {
        match buffer.is_empty() {
            true => Bytes::new(),
            false => Bytes::from_owner(PooledBuffer { buffer, pool: self.clone() }),
        }
    }

    /// A panic while the lock is held leaves no list half changed, so poisoning does not matter.
    fn free(&self) -> MutexGuard<'_, FreeBuffers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FreeBuffers {
    /// Drops buffers larger than a segment, and those above the limits of the pool.
    fn put(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        match buffer.capacity() {
            SEGMENT_BYTES if self.segments.len() < MAX_FREE_SEGMENTS => self.segments.push(buffer),
            bytes if bytes < SEGMENT_BYTES && self.small_bytes + bytes <= MAX_FREE_SMALL_BYTES => {
                self.small_bytes += bytes;
                self.small.push(buffer);
            }
            _ => {}
        }
    }
}

impl AsRef<[u8]> for PooledBuffer {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for PooledBuffer {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.pool.free().put(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Segments, small buffers, and the capacity of these.
    fn free(pool: &BufferPool) -> (usize, usize, usize) {
        let free = pool.free();
        (free.segments.len(), free.small.len(), free.small_bytes)
    }

    #[test]
    fn a_segment_returns_with_its_last_slice_and_is_taken_again() {
        let pool = BufferPool::default();
        let mut segment = pool.take_segment();
        let address = segment.as_ptr();
        segment.extend_from_slice(b"lines");
        let slice = pool.freeze(segment).slice(2..);
        assert_eq!(slice, "nes");
        assert_eq!(free(&pool), (0, 0, 0), "still in use");
        drop(slice);
        let again = pool.take_segment();
        assert_eq!((again.as_ptr(), again.len(), again.capacity()), (address, 0, SEGMENT_BYTES));
        let other = pool.take_segment();
        assert_ne!(other.as_ptr(), address);
    }

    #[test]
    fn a_small_buffer_is_taken_again_with_its_capacity() {
        let pool = BufferPool::default();
        assert_eq!(pool.take_small().capacity(), 0);
        let mut small = pool.take_small();
        small.extend_from_slice(&[0; 700]);
        let address = small.as_ptr();
        let capacity = small.capacity();
        drop(pool.freeze(small));
        let again = pool.take_small();
        assert_eq!((again.as_ptr(), again.len(), again.capacity()), (address, 0, capacity));
        assert_eq!(free(&pool), (0, 0, 0));
    }

    #[test]
    fn what_is_too_large_or_too_much_is_not_kept() {
        let pool = BufferPool::default();
        drop(pool.freeze(vec![0; SEGMENT_BYTES + 1]));
        assert_eq!(free(&pool), (0, 0, 0));
        let written = |capacity: usize| {
            let mut buffer = Vec::with_capacity(capacity);
            buffer.push(0);
            pool.freeze(buffer)
        };
        let segments: Vec<Bytes> = (0..2 * MAX_FREE_SEGMENTS).map(|_| written(SEGMENT_BYTES)).collect();
        drop(segments);
        assert_eq!(free(&pool), (MAX_FREE_SEGMENTS, 0, 0));
        let small: Vec<Bytes> = (0..2 * MAX_FREE_SMALL_BYTES / 1024).map(|_| written(1024)).collect();
        drop(small);
        assert_eq!(free(&pool), (MAX_FREE_SEGMENTS, MAX_FREE_SMALL_BYTES / 1024, MAX_FREE_SMALL_BYTES));
    }
}
