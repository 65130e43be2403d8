//! A chunk in the host's memory, borrowed by the worker's thread for as long as its flush lasts.
//!
//! A copy would cost 2 MB and the time to touch it, in memory that the host's allocator keeps. A reader holds the lock,
//! and the flush revokes the chunk, under the same lock, before it returns: however the flush ends, nobody reads what
//! the host may have freed.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecs_router::input::chunk::Chunk;

/// The host's bytes until they are revoked.
struct BorrowedChunk(Mutex<Option<HostBytes>>);

struct HostBytes(NonNull<[u8]>);

// SAFETY: only `BorrowedChunk::show` follows the pointer, to read, while the flush that owns the reference waits for the
// lock or for its answer; which thread reads does not matter.
unsafe impl Send for HostBytes {}

/// Revokes the chunk when dropped, also when a panic unwinds.
struct Revoke(Arc<BorrowedChunk>);

/// Runs `work` with a chunk that borrows `bytes`. When this returns the bytes are gone for everybody who kept the chunk;
/// a reader at work is waited for.
pub(crate) fn with_borrowed<R>(bytes: &[u8], work: impl FnOnce(Arc<dyn Chunk>) -> R) -> R {
    let revoke = Revoke(Arc::new(BorrowedChunk(Mutex::new(Some(HostBytes(NonNull::from(bytes)))))));
    work(Arc::clone(&revoke.0) as Arc<dyn Chunk>)
}

impl BorrowedChunk {
    /// Ignores poison: a reader that panicked changed nothing.
    fn lock(&self) -> MutexGuard<'_, Option<HostBytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chunk for BorrowedChunk {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        let guard = self.lock();
        let Some(HostBytes(bytes)) = &*guard else { return false };
        // SAFETY: `with_borrowed` made the pointer from a reference that outlives its `Revoke`, and that empties the
        // chunk when it is dropped. `guard` keeps it from doing so until the reader is done, and `reader` cannot keep
        // what it is shown.
        reader(unsafe { bytes.as_ref() });
        true
    }
}

impl Drop for Revoke {
    fn drop(&mut self) {
        self.0.lock().take();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;
    use ecs_router::input::chunk::Gone;

    #[test]
    fn bytes_are_there_until_the_flush_ends() {
        let kept = with_borrowed(b"chunk", |chunk| {
            assert_eq!(chunk.read(<[u8]>::to_vec), Ok(b"chunk".to_vec()));
            chunk
        });
        assert_eq!(kept.read(<[u8]>::len), Err(Gone));
    }

    #[test]
    fn the_flush_waits_for_a_reader_on_another_thread() {
        let (begun, reads) = channel();
        let mut memory = b"chunk".to_vec();
        let reader = with_borrowed(&memory, |chunk| {
            let reader = std::thread::spawn(move || {
                chunk.read(|bytes| {
                    begun.send(()).unwrap();
                    std::thread::sleep(Duration::from_millis(50));
                    bytes.to_vec()
                })
            });
            reads.recv().unwrap();
            reader
        });
        memory.fill(b'-');
        assert_eq!(reader.join().unwrap(), Ok(b"chunk".to_vec()));
    }

    #[test]
    fn a_panic_on_either_side_revokes_the_chunk() {
        let kept = with_borrowed(b"chunk", |chunk| {
            assert!(catch_unwind(AssertUnwindSafe(|| chunk.read(|_| panic!("reader")))).is_err());
            assert_eq!(chunk.read(<[u8]>::len), Ok(5), "nothing happened to them");
            chunk
        });
        assert_eq!(kept.read(<[u8]>::len), Err(Gone));
        let mut kept = None;
        let flush = AssertUnwindSafe(|| {
            with_borrowed(b"chunk", |chunk| {
                kept = Some(chunk);
                panic!("flush")
            })
        });
        assert!(catch_unwind(flush).is_err());
        assert_eq!(kept.unwrap().read(<[u8]>::len), Err(Gone));
    }
}
