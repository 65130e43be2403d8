//! One gzip member (RFC 1952) from lines and from batches that the spool has deflated.

use std::io;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress};

use crate::object::spool::{Content, GZIP_LEVEL, deflate_into};

/// Magic number, DEFLATE, no name, no time, no hint of effort, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

pub(super) struct GzipMember {
    /// Output that was not taken yet.
    pub(super) out: Vec<u8>,
    compress: Compress,
    /// Lines went into `compress` that may not all be in `out`.
    has_pending_lines: bool,
    hasher: Hasher,
    length: u64,
}

impl GzipMember {
    pub(super) fn new() -> Self {
        Self {
            out: HEADER.to_vec(),
            compress: Compress::new(Compression::new(GZIP_LEVEL), false),
            has_pending_lines: false,
            hasher: Hasher::new(),
            length: 0,
        }
    }

    pub(super) fn write_lines(&mut self, lines: &[u8]) -> io::Result<()> {
        self.hasher.update(lines);
        self.length += lines.len() as u64;
        self.has_pending_lines = true;
        self.deflate(lines, FlushCompress::None)
    }

    /// Says what the deflated blocks that follow hold. They refer to nothing before them, so nothing after them may
    /// either.
    pub(super) fn begin_blocks(&mut self, content: Content) -> io::Result<()> {
        self.hasher.combine(&Hasher::new_with_initial_len(content.crc32, content.bytes));
        self.length += content.bytes;
        if std::mem::take(&mut self.has_pending_lines) {
            self.deflate(&[], FlushCompress::Full)?;
        }
        Ok(())
    }

    pub(super) fn write_blocks(&mut self, blocks: &[u8]) {
        self.out.extend_from_slice(blocks);
    }

    /// Ends the member.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.deflate(&[], FlushCompress::Finish)?;
        self.out.extend_from_slice(&self.hasher.finalize().to_le_bytes());
        // The length is meant modulo 2³².
        let [a, b, c, d, ..] = self.length.to_le_bytes();
        self.out.extend_from_slice(&[a, b, c, d]);
        Ok(self.out)
    }

    fn deflate(&mut self, lines: &[u8], flush: FlushCompress) -> io::Result<()> {
        deflate_into(&mut self.compress, lines, flush, &mut self.out)
    }
}
