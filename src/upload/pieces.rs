//! A spool file as the pieces that go over the wire: read, compressed and digested one piece at a time.
//!
//! One piece is all that is ever in memory, whatever the object's size, and nothing compressed is written to disk.
//! Work of many milliseconds each: belongs on the blocking pool.

use std::io::{self, Read as _, Write as _};

use flate2::write::GzEncoder;

use crate::destination::{Encoding, Piece};
use crate::spool::Lines;

/// S3's smallest part but the last; the smallest is also the least memory.
pub const PIECE: usize = 5 << 20;

/// How much is compressed at one step; a piece is longer than [`PIECE`] by what the last step made at most.
const STEP: usize = 64 << 10;

/// zstd's own default: on log text about half of gzip's size at its speed.
const ZSTD_LEVEL: i32 = 3;

/// The rest of an object.
pub struct Pieces {
    lines: Lines,
    ahead: Vec<u8>,
    encoder: Encoder,
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
    /// Reads the first lines; `None` when there are none.
    pub fn new(lines: Lines, encoding: Encoding) -> io::Result<Option<Self>> {
        let mut pieces = Self { lines, ahead: Vec::new(), encoder: Encoder::new(encoding)? };
        pieces.read_ahead()?;
        Ok((!pieces.ahead.is_empty()).then_some(pieces))
    }

    /// The next piece. There is always one: the last is the one that says so.
    pub fn next(&mut self) -> io::Result<Cut> {
        while self.encoder.written() < PIECE {
            self.encoder.write(&self.ahead)?;
            self.read_ahead()?;
            if self.ahead.is_empty() {
                return Ok(Cut { piece: Piece::new(self.encoder.finish()?.into()), last: true });
            }
        }
        Ok(Cut { piece: Piece::new(self.encoder.take().into()), last: false })
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
            Encoding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::fast())),
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

    fn take(&mut self) -> Vec<u8> {
        let next = Vec::with_capacity(PIECE + 2 * STEP);
        std::mem::replace(self.out(), next)
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
