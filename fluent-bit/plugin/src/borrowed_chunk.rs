//! A chunk in the host's memory, on loan to the worker's thread for as long as its flush lasts.
//!
//! A copy would cost 2 MB and the time to touch it, in memory that the host's allocator keeps. Who reads holds the
//! lock, and the flush takes the bytes back, under the same lock, before it returns: however it ends, nobody reads what
//! the host may have freed.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ecs_router::input::chunk::Chunk;

/// The bytes, until they are taken back.
struct Loan(Mutex<Option<Lent>>);

struct Lent(NonNull<[u8]>);

// SAFETY: only `Loan::show` follows the pointer, to read, while the flush that owns the reference waits for the lock
// or for its answer; which thread reads does not matter.
unsafe impl Send for Lent {}

/// Takes the bytes back when it goes, also when a panic passes.
struct Owner(Arc<Loan>);

/// Lends `bytes` to whoever gets the chunk that `work` is given. They are gone for all of them when this returns; a
/// reader at work is waited for.
pub(crate) fn lend<R>(bytes: &[u8], work: impl FnOnce(Arc<dyn Chunk>) -> R) -> R {
    let owner = Owner(Arc::new(Loan(Mutex::new(Some(Lent(NonNull::from(bytes)))))));
    work(Arc::clone(&owner.0) as Arc<dyn Chunk>)
}

impl Loan {
    /// A reader that panicked changed nothing.
    fn lent(&self) -> MutexGuard<'_, Option<Lent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chunk for Loan {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        let lent = self.lent();
        let Some(Lent(bytes)) = &*lent else { return false };
        // SAFETY: `lend` made the pointer from a reference that outlives its `Owner`, and that empties the loan before
        // it goes. `lent` keeps it from doing so until the reader is done, and `reader` cannot keep what it is shown.
        reader(unsafe { bytes.as_ref() });
        true
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.lent().take();
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
        let kept = lend(b"chunk", |chunk| {
            assert_eq!(chunk.read(<[u8]>::to_vec), Ok(b"chunk".to_vec()));
            chunk
        });
        assert_eq!(kept.read(<[u8]>::len), Err(Gone));
    }

    #[test]
    fn the_flush_waits_for_a_reader_on_another_thread() {
        let (begun, reads) = channel();
        let mut memory = b"chunk".to_vec();
        let reader = lend(&memory, |chunk| {
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
    fn a_panic_on_either_side_takes_the_bytes_back() {
        let kept = lend(b"chunk", |chunk| {
            assert!(catch_unwind(AssertUnwindSafe(|| chunk.read(|_| panic!("reader")))).is_err());
            assert_eq!(chunk.read(<[u8]>::len), Ok(5), "nothing happened to them");
            chunk
        });
        assert_eq!(kept.read(<[u8]>::len), Err(Gone));
        let mut kept = None;
        let flush = AssertUnwindSafe(|| {
            lend(b"chunk", |chunk| {
                kept = Some(chunk);
                panic!("flush")
            })
        });
        assert!(catch_unwind(flush).is_err());
        assert_eq!(kept.unwrap().read(<[u8]>::len), Err(Gone));
    }
}
