//! A spool file as the pieces that go over the wire: read, compressed and digested one piece at a time.
//!
//! One piece is all that is ever in memory, whatever the object's size, and nothing compressed is written to disk.
//! Work of many milliseconds each: belongs on the blocking pool.

use std::io::{self, Read as _, Write as _};

use flate2::write::GzEncoder;

use crate::destination::{Encoding, Piece};
use crate::spool::Lines;

/// How much is compressed at one step; a piece is longer than asked for by what the last step made at most.
const STEP: usize = 64 << 10;

/// Of 150 MB of log lines level 1 makes 22 MB, 3 makes 16 and 6 makes 14, at 595, 374 and 165 MB/s: objects are kept for
/// long, so a third less is worth the time, and beyond that it costs more than the rest of the plugin together.
const GZIP_LEVEL: u32 = 3;

/// zstd's own default: the lines of `examples/spool_memory.rs` get a quarter smaller than with gzip, in less time.
const ZSTD_LEVEL: i32 = 3;

/// The rest of an object.
pub struct Pieces {
    lines: Lines,
    ahead: Vec<u8>,
    encoder: Encoder,
    size: usize,
}

enum Encoder {
    Plain(Vec<u8>),
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

/// One piece, and whether another follows.
#[derive(Debug)]
pub struct Cut {
    /// The piece.
    pub piece: Piece,
    /// It is the last one.
    pub last: bool,
}

impl Pieces {
    /// Reads the first lines; `None` when there are none. Pieces will be of this size, but for the last.
    pub fn new(lines: Lines, encoding: Encoding, size: usize) -> io::Result<Option<Self>> {
        let mut pieces = Self { lines, ahead: Vec::new(), encoder: Encoder::new(encoding)?, size };
        pieces.read_ahead()?;
        Ok((!pieces.ahead.is_empty()).then_some(pieces))
    }

    /// The next piece. There is always one: the last is the one that says so. `spare` is the memory of the piece
    /// before, if it is free: the allocator keeps an arena per thread, and each would keep a piece of its own.
    pub fn next(&mut self, spare: Vec<u8>) -> io::Result<Cut> {
        let most = usize::try_from(self.lines.at_most()).unwrap_or(usize::MAX);
        let out = self.encoder.out();
        if out.is_empty() {
            *out = spare;
            out.clear();
        }
        // At once, because growing would leave holes as large as the piece.
        out.reserve_exact((self.size + 2 * STEP).min(most.saturating_add(2 * STEP)));
        while self.encoder.written() < self.size {
            self.encoder.write(&self.ahead)?;
            self.read_ahead()?;
            if self.ahead.is_empty() {
                return Ok(Cut { piece: Piece::new(self.encoder.finish()?.into()), last: true });
            }
        }
        Ok(Cut { piece: Piece::new(std::mem::take(self.encoder.out()).into()), last: false })
    }

    /// Knowing whether more follows is what makes the last piece known as such.
    fn read_ahead(&mut self) -> io::Result<()> {
        self.ahead.clear();
        (&mut self.lines).take(STEP as u64).read_to_end(&mut self.ahead).map(drop)
    }
}

impl Encoder {
    fn new(encoding: Encoding) -> io::Result<Self> {
        Ok(match encoding {
            Encoding::Plain => Self::Plain(Vec::new()),
            Encoding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL))),
            Encoding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
        })
    }

    fn out(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        }
    }

    fn written(&mut self) -> usize {
        self.out().len()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::Zstd(encoder) => encoder.write_all(bytes),
        }
    }

    fn finish(&mut self) -> io::Result<Vec<u8>> {
        match std::mem::replace(self, Self::Plain(Vec::new())) {
            Self::Plain(out) => Ok(out),
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl std::fmt::Debug for Pieces {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pieces").field("lines", &self.lines).finish_non_exhaustive()
    }
}
