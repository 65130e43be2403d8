//! The bytes of a chunk, wherever they are.
//!
//! Most chunks stay in Fluent Bit's own memory, 2 MB each, which Fluent Bit reclaims when their flush ends; that may be
//! before the worker is done. So nobody keeps a reference: every stage that needs the bytes asks for them, and learns when
//! they are gone.

/// The bytes of a chunk, which may be reclaimed.
pub trait Chunk: Send + Sync {
    /// Shows the bytes to `reader`, which may not keep them; `false` when they are gone.
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool;
}

/// The host reclaimed the buffer; the chunk was already answered with RETRY.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl dyn Chunk + '_ {
    /// Returns what `work` makes of the bytes.
    ///
    /// # Errors
    /// The bytes are gone.
    pub fn read<R>(&self, work: impl FnOnce(&[u8]) -> R) -> Result<R, Gone> {
        let mut work = Some(work);
        let mut result = None;
        self.show(&mut |bytes| result = work.take().map(|work| work(bytes)));
        result.ok_or(Gone)
    }
}

impl<T: AsRef<[u8]> + Send + Sync> Chunk for T {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        reader(self.as_ref());
        true
    }
}
