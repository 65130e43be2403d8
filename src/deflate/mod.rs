//! gzip (RFC 1952, RFC 1951) for batches of log records: half of zlib's time or less, at the size of its level 3.
//!
//! Log records repeat the one before them with a few words changed. So a match is looked for at the distance of the last
//! one, and where eight or five bytes were seen last; whatever is found first is taken, and nothing is searched twice.
//!
//! ```text
//! mod        the parts of a body → the window → blocks; head and check sum of gzip
//! window       the last 64 KiB: half of it history, half of it new
//! parser     bytes of the window → literals and matches
//! tokens     literals and matches as the symbols of RFC 1951
//! huffman    how often each symbol occurs → its code
//! block      codes and tokens → bits
//! ```

mod block;
mod huffman;
mod parser;
mod tokens;
mod window;

use crc32fast::Hasher;

use block::BlockWriter;
use parser::MatchTables;
use tokens::Tokens;
use window::{CHUNK_BYTES, SlidingWindow};

/// Magic number, DEFLATE, no name, no time, no hint of effort, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Compresses the parts, one after the other, into one gzip member. Takes 230 KB of memory beside the result.
///
/// Bytes that do not repeat get up to 1 % longer: there are no stored blocks, and nobody logs such bytes.
pub fn gzip<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut encoder = GzipEncoder::new();
    parts.for_each(|part| encoder.write(part));
    encoder.finish()
}

struct GzipEncoder {
    window: Box<SlidingWindow>,
    tables: Box<MatchTables>,
    tokens: Box<Tokens>,
    /// How many bytes are parsed; the window holds those that are not, up to `written`.
    parsed: usize,
    written: usize,
    check_sum: Hasher,
    blocks: BlockWriter,
}

impl GzipEncoder {
    fn new() -> Self {
        Self {
            window: Box::default(),
            tables: Box::default(),
            tokens: Box::default(),
            parsed: 0,
            written: 0,
            check_sum: Hasher::new(),
            blocks: BlockWriter::new(HEADER.to_vec()),
        }
    }

    fn write(&mut self, mut part: &[u8]) {
        self.check_sum.update(part);
        while !part.is_empty() {
            let room = CHUNK_BYTES - (self.written - self.parsed);
            let fits = part.get(..room).unwrap_or(part);
            self.window.write(self.written, fits);
            self.written += fits.len();
            if fits.len() == room {
                self.parse();
            }
            part = part.get(fits.len()..).unwrap_or_default();
        }
    }

    /// Parses what the window holds, which is a whole chunk or the last one.
    fn parse(&mut self) {
        self.window.mirror();
        while self.parsed < self.written {
            self.parsed =
                parser::parse(&self.window, &mut self.tables, &mut self.tokens, self.parsed, self.written);
            if self.tokens.are_full() {
                self.write_block(false);
            }
        }
    }

    fn write_block(&mut self, is_last: bool) {
        self.blocks.write(self.tokens.list(), is_last);
        self.tokens.rewind(0);
    }

    fn finish(mut self) -> Vec<u8> {
        self.parse();
        self.write_block(true);
        let mut out = self.blocks.finish();
        out.extend_from_slice(&self.check_sum.finalize().to_le_bytes());
        // The length is meant modulo 2³².
        out.extend_from_slice(&(self.written as u32).to_le_bytes());
        out
    }
}

#[cfg(test)]
mod tests;
