//! DEFLATE and gzip (RFC 1951, RFC 1952) for batches of log records: half of zlib's time or less, at the size of its level 3.
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

use std::sync::{Mutex, MutexGuard, PoisonError};

use crc32fast::Hasher;

use block::BlockWriter;
use parser::MatchTables;
use tokens::Tokens;
use window::{CHUNK_BYTES, SlidingWindow};

/// Magic number, DEFLATE, no name, no time, no hint of effort, an unknown system.
pub(crate) const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// How many workspaces wait for the next body: one for each of two cores. They belong to no thread, because the allocator
/// keeps what each thread has given back.
const MAX_IDLE: usize = 2;

/// What a workspace keeps of its output: a body of a megabyte seldom becomes longer.
const KEPT_OUTPUT_BYTES: usize = 128 << 10;

static IDLE: Mutex<Vec<Box<Workspace>>> = Mutex::new(Vec::new());

/// Compresses the parts, one after the other, into one gzip member.
///
/// Bytes that do not repeat get up to 1 % longer: there are no stored blocks, and nobody logs such bytes.
pub fn gzip<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(&GZIP_HEADER);
    let mut check_sum = Hasher::new();
    let mut length = 0;
    for part in parts {
        check_sum.update(part);
        length += part.len() as u64;
        encoder.write(part);
    }
    encoder.finish(&gzip_trailer(check_sum, length))
}

/// What follows the deflated bytes of a gzip member.
pub(crate) fn gzip_trailer(check_sum: Hasher, length: u64) -> [u8; 8] {
    // The length is meant modulo 2³².
    let numbers = u64::from(check_sum.finalize()) | length << 32;
    numbers.to_le_bytes()
}

/// What an encoder works with. Setting it up means 60 pages that the system clears.
#[derive(Default)]
struct Workspace {
    window: SlidingWindow,
    tables: MatchTables,
    tokens: Tokens,
    /// Where the result grows; it leaves as a copy of its own length.
    output: Vec<u8>,
}

impl Workspace {
    fn take() -> Box<Self> {
        idle().pop().unwrap_or_default()
    }

    /// Returns the output in memory of its own.
    fn give_back(mut self: Box<Self>, mut output: Vec<u8>) -> Vec<u8> {
        let copy = output.as_slice().into();
        output.clear();
        output.shrink_to(KEPT_OUTPUT_BYTES);
        self.output = output;
        let mut idle = idle();
        if idle.len() < MAX_IDLE {
            idle.push(self);
        }
        copy
    }

    /// Forgets what came before. The window keeps it, but no table leads there.
    fn forget(&mut self) {
        self.tables.forget();
        self.tokens.rewind(0);
    }
}

fn idle() -> MutexGuard<'static, Vec<Box<Workspace>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes one DEFLATE stream (RFC 1951). Takes 230 KB of memory beside the result, which is kept for the next stream.
pub(crate) struct DeflateEncoder {
    workspace: Box<Workspace>,
    /// How many bytes are parsed; the window holds those that are not, up to `written`.
    parsed: usize,
    written: usize,
    blocks: BlockWriter,
}

impl DeflateEncoder {
    /// The result begins with `head`.
    pub(crate) fn new(head: &[u8]) -> Self {
        let mut workspace = Workspace::take();
        workspace.forget();
        let mut output = std::mem::take(&mut workspace.output);
        output.clear();
        output.extend_from_slice(head);
        Self { workspace, parsed: 0, written: 0, blocks: BlockWriter::new(output) }
    }

    pub(crate) fn write(&mut self, mut part: &[u8]) {
        while !part.is_empty() {
            let room = CHUNK_BYTES - (self.written - self.parsed);
            let fits = part.get(..room).unwrap_or(part);
            self.workspace.window.write(self.written, fits);
            self.written += fits.len();
            if fits.len() == room {
                self.parse();
            }
            part = part.get(fits.len()..).unwrap_or_default();
        }
    }

    /// Parses what the window holds, which is a whole chunk or the last one.
    fn parse(&mut self) {
        self.workspace.window.mirror();
        while self.parsed < self.written {
            let Workspace { window, tables, tokens, .. } = &mut *self.workspace;
            self.parsed = parser::parse(window, tables, tokens, self.parsed, self.written);
            if tokens.are_full() {
                self.write_block(false);
            }
        }
    }

    fn write_block(&mut self, is_last: bool) {
        self.blocks.write(self.workspace.tokens.list(), is_last);
        self.workspace.tokens.rewind(0);
    }

    /// Ends what was written at a whole byte. What follows refers to nothing before it.
    pub(crate) fn align(&mut self) {
        self.parse();
        self.write_block(false);
        self.blocks.align();
        self.workspace.forget();
        self.parsed = 0;
        self.written = 0;
    }

    /// Moves the bytes that are ready to the end of `out`.
    pub(crate) fn drain(&mut self, out: &mut Vec<u8>) {
        self.blocks.drain(out);
    }

    /// Ends the stream. Returns it, or what was not drained of it, with `tail` after it.
    pub(crate) fn finish(mut self, tail: &[u8]) -> Vec<u8> {
        self.parse();
        self.write_block(true);
        let Self { workspace, blocks, .. } = self;
        let mut output = blocks.finish();
        output.extend_from_slice(tail);
        workspace.give_back(output)
    }

    /// Ends the blocks as [`Self::align`] does, without ending the stream, and returns them.
    pub(crate) fn into_blocks(mut self) -> Vec<u8> {
        self.align();
        self.workspace.give_back(self.blocks.finish())
    }
}

#[cfg(test)]
mod tests;
