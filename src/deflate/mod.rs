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

use std::sync::{Mutex, MutexGuard, PoisonError};

use crc32fast::Hasher;

use block::BlockWriter;
use parser::MatchTables;
use tokens::Tokens;
use window::{CHUNK_BYTES, SlidingWindow};

/// Magic number, DEFLATE, no name, no time, no hint of effort, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// How many workspaces wait for the next body: one for each of two cores. They belong to no thread, because the allocator
/// keeps what each thread has given back.
const MAX_IDLE: usize = 2;

/// What a workspace keeps of its output: a body of a megabyte seldom becomes longer.
const KEPT_OUTPUT_BYTES: usize = 128 << 10;

static IDLE: Mutex<Vec<Box<Workspace>>> = Mutex::new(Vec::new());

/// Compresses the parts, one after the other, into one gzip member. Takes 230 KB of memory beside the result, which is kept
/// for the next.
///
/// Bytes that do not repeat get up to 1 % longer: there are no stored blocks, and nobody logs such bytes.
pub fn gzip<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut workspace = Workspace::take();
    let compressed = compress(&mut workspace, parts);
    workspace.give_back();
    compressed
}

fn compress<'a>(workspace: &mut Workspace, parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(workspace);
    parts.for_each(|part| encoder.write(part));
    encoder.finish()
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

    fn give_back(self: Box<Self>) {
        let mut idle = idle();
        if idle.len() < MAX_IDLE {
            idle.push(self);
        }
    }

    /// Forgets what came before. The window keeps it, but no table leads there.
    fn reset(&mut self) {
        self.tables.forget();
        self.tokens.rewind(0);
    }
}

fn idle() -> MutexGuard<'static, Vec<Box<Workspace>>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

struct GzipEncoder<'w> {
    workspace: &'w mut Workspace,
    /// How many bytes are parsed; the window holds those that are not, up to `written`.
    parsed: usize,
    written: usize,
    check_sum: Hasher,
    blocks: BlockWriter,
}

impl<'w> GzipEncoder<'w> {
    fn new(workspace: &'w mut Workspace) -> Self {
        workspace.reset();
        let mut output = std::mem::take(&mut workspace.output);
        output.clear();
        output.extend_from_slice(&HEADER);
        Self { workspace, parsed: 0, written: 0, check_sum: Hasher::new(), blocks: BlockWriter::new(output) }
    }

    fn write(&mut self, mut part: &[u8]) {
        self.check_sum.update(part);
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

    fn finish(mut self) -> Vec<u8> {
        self.parse();
        self.write_block(true);
        let mut out = self.blocks.finish();
        out.extend_from_slice(&self.check_sum.finalize().to_le_bytes());
        // The length is meant modulo 2³².
        out.extend_from_slice(&(self.written as u32).to_le_bytes());
        let compressed = out.as_slice().into();
        out.clear();
        out.shrink_to(KEPT_OUTPUT_BYTES);
        self.workspace.output = out;
        compressed
    }
}

#[cfg(test)]
mod tests;
