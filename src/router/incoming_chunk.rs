//! A chunk that came, from whoever made it.

use crate::classify::provenance::ChunkOrigin;
use crate::delivery::ledger::{self, ChunkMaker, Digest};
use crate::input::chunk::Chunk;

/// A chunk that is to be delivered.
#[derive(Clone, Copy)]
pub(super) struct IncomingChunk<'c> {
    pub(super) maker: ChunkMaker,
    pub(super) tag: &'c [u8],
    pub(super) origin: ChunkOrigin<'c>,
    pub(super) bytes: &'c dyn Chunk,
}

impl IncomingChunk<'_> {
    /// By what the chunk is recognised when it comes again; `None` when its bytes are gone.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.bytes.read(|bytes| self.digest_of(bytes)).ok()
    }

    /// The digest of the chunk, whose bytes these are.
    pub(super) fn digest_of(&self, bytes: &[u8]) -> Digest {
        ledger::digest(self.maker, self.tag, bytes)
    }
}
