//! One gzip member (RFC 1952) from lines and from batches that the spool has packed.

use std::io;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

use crate::object::spool::{Content, GZIP_LEVEL, deflate};

/// Magic number, DEFLATE, no name, no time, no hint of effort, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A member in the making.
pub(super) struct Gzip {
    /// What was made and not taken yet.
    pub(super) out: Vec<u8>,
    deflate: Compress,
    /// Lines went through `deflate` that may not all be in `out`.
    open: bool,
    hasher: Hasher,
    length: u64,
}

impl Gzip {
    pub(super) fn new() -> Self {
        Self {
            out: HEADER.to_vec(),
            deflate: Compress::new(Compression::new(GZIP_LEVEL), false),
            open: false,
            hasher: Hasher::new(),
            length: 0,
        }
    }

    /// Compresses lines.
    pub(super) fn lines(&mut self, lines: &[u8]) -> io::Result<()> {
        self.hasher.update(lines);
        self.length += lines.len() as u64;
        self.open = true;
        self.run(lines, FlushCompress::None)
    }

    /// What the blocks that follow hold. They refer to nothing before them, so nothing after them may either.
    pub(super) fn announce(&mut self, content: Content) -> io::Result<()> {
        self.hasher.combine(&Hasher::new_with_initial_len(content.crc32, content.bytes));
        self.length += content.bytes;
        if std::mem::take(&mut self.open) {
            self.run(&[], FlushCompress::Full)?;
        }
        Ok(())
    }

    /// Blocks that were announced.
    pub(super) fn blocks(&mut self, blocks: &[u8]) {
        self.out.extend_from_slice(blocks);
    }

    /// The end of the member.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.run(&[], FlushCompress::Finish)?;
        self.out.extend_from_slice(&self.hasher.finalize().to_le_bytes());
        // The length is meant modulo 2³².
        let [a, b, c, d, ..] = self.length.to_le_bytes();
        self.out.extend_from_slice(&[a, b, c, d]);
        Ok(self.out)
    }

    fn run(&mut self, lines: &[u8], flush: FlushCompress) -> io::Result<()> {
        deflate(&mut self.deflate, lines, flush, &mut self.out)
    }
}
