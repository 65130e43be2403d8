//! The bytes of a chunk, wherever they are.
//!
//! Fluent Bit's own memory holds most chunks, 2 MB each, and takes them back when their flush ends, which may be before
//! the work on them does. So nobody keeps a reference: every stage that needs the bytes asks for them, and learns when
//! they are gone.

/// Who has the bytes.
pub trait Chunk: Send + Sync {
    /// Shows them to `reader`, who is done with them on return; `false` when they are gone.
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool;
}

/// The host took its bytes back: it has answered for itself that the chunk is to come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl dyn Chunk + '_ {
    /// What `work` makes of the bytes.
    ///
    /// # Errors
    /// They are gone.
    pub fn read<R>(&self, work: impl FnOnce(&[u8]) -> R) -> Result<R, Gone> {
        let (mut work, mut made) = (Some(work), None);
        self.show(&mut |bytes| made = work.take().map(|work| work(bytes)));
        made.ok_or(Gone)
    }
}

impl<T: AsRef<[u8]> + Send + Sync> Chunk for T {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        reader(self.as_ref());
        true
    }
}
