//! One gzip member (RFC 1952) from lines and from batches that the spool has deflated.

use crc32fast::Hasher;

use crate::deflate::{DeflateEncoder, GZIP_HEADER, gzip_trailer};
use crate::object::spool::Content;

pub(super) struct GzipMember {
    /// Output that was not taken yet.
    pub(super) out: Vec<u8>,
    encoder: DeflateEncoder,
    /// Lines went into `encoder` that may not all be in `out`.
    has_pending_lines: bool,
    hasher: Hasher,
    length: u64,
}

impl GzipMember {
    pub(super) fn new() -> Self {
        Self {
            out: GZIP_HEADER.to_vec(),
            encoder: DeflateEncoder::new(&[]),
            has_pending_lines: false,
            hasher: Hasher::new(),
            length: 0,
        }
    }

    pub(super) fn write_lines(&mut self, lines: &[u8]) {
        self.hasher.update(lines);
        self.length += lines.len() as u64;
        self.has_pending_lines = true;
        self.encoder.write(lines);
        self.encoder.drain(&mut self.out);
    }

    /// Says what the deflated blocks that follow hold. They refer to nothing before them, so nothing after them may
    /// either.
    pub(super) fn begin_blocks(&mut self, content: Content) {
        self.hasher.combine(&Hasher::new_with_initial_len(content.crc32, content.bytes));
        self.length += content.bytes;
        if std::mem::take(&mut self.has_pending_lines) {
            self.encoder.align();
            self.encoder.drain(&mut self.out);
        }
    }

    pub(super) fn write_blocks(&mut self, blocks: &[u8]) {
        self.out.extend_from_slice(blocks);
    }

    /// Ends the member.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let end = self.encoder.finish(&gzip_trailer(self.hasher, self.length));
        self.out.extend(end);
        self.out
    }
}
