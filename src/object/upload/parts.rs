//! A spool file as the pieces that go over the wire: read, compressed where the spool has not, and digested one piece
//! at a time.
//!
//! One piece is all that is ever in memory, whatever the object's size. Work of many milliseconds each: belongs on the
//! blocking pool.

use std::io::{self, Read as _, Write as _};

use flate2::read::DeflateDecoder;

use super::gzip::Gzip;
use crate::destination::{ObjectEncoding, PartBody};
use crate::object::spool::{Batches, Content};

/// How much is read and compressed at one step; a piece is longer than asked for by what the last step made at most.
const STEP: usize = 64 << 10;

/// zstd's own default: the lines of `examples/spool_memory.rs` get a quarter smaller than with gzip, in less time.
const ZSTD_LEVEL: i32 = 3;

/// The rest of an object.
pub struct Parts {
    batches: Batches,
    ahead: Ahead,
    encoder: Encoder,
    size: usize,
}

/// What is read and not encoded yet; empty at the end.
#[derive(Debug, Default)]
struct Ahead {
    bytes: Vec<u8>,
    packed: bool,
    /// Of the batch that begins here.
    content: Option<Content>,
}

enum Encoder {
    Plain(Vec<u8>),
    Gzip(Box<Gzip>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

/// One piece, and whether another follows.
#[derive(Debug)]
pub struct Part {
    /// The piece.
    pub piece: PartBody,
    /// It is the last one.
    pub last: bool,
}

impl Parts {
    /// Reads the first lines; `None` when there are none. Pieces will be of this size, but for the last.
    pub fn new(batches: Batches, encoding: ObjectEncoding, size: usize) -> io::Result<Option<Self>> {
        let encoder = Encoder::new(encoding)?;
        let mut pieces = Self { batches, ahead: Ahead::default(), encoder, size };
        pieces.read_ahead()?;
        Ok((!pieces.ahead.bytes.is_empty()).then_some(pieces))
    }

    /// The next piece. There is always one: the last is the one that says so. `spare` is the memory of the piece
    /// before, if it is free: the allocator keeps an arena per thread, and each would keep a piece of its own.
    pub fn next(&mut self, spare: Vec<u8>) -> io::Result<Part> {
        let most = usize::try_from(self.batches.at_most()).unwrap_or(usize::MAX);
        let out = self.encoder.out();
        if out.is_empty() {
            *out = spare;
            out.clear();
        }
        // At once, because growing would leave holes as large as the piece.
        out.reserve_exact((self.size + 2 * STEP).min(most.saturating_add(2 * STEP)));
        while self.encoder.out().len() < self.size {
            self.encoder.write(&self.ahead)?;
            self.read_ahead()?;
            if self.ahead.bytes.is_empty() {
                return Ok(Part { piece: PartBody::new(self.encoder.finish()?.into()), last: true });
            }
        }
        Ok(Part { piece: PartBody::new(std::mem::take(self.encoder.out()).into()), last: false })
    }

    /// Knowing whether more follows is what makes the last piece known as such.
    fn read_ahead(&mut self) -> io::Result<()> {
        let Ahead { bytes, packed, content } = &mut self.ahead;
        bytes.clear();
        *content = None;
        while (&mut self.batches).take(STEP as u64).read_to_end(bytes)? == 0 {
            let Some(next) = self.batches.next_batch()? else { return Ok(()) };
            (*packed, *content) = (next.is_some(), next);
            if let Some(content) = content.take_if(|_| !matches!(self.encoder, Encoder::Gzip(_))) {
                *packed = false;
                return unpack(&mut self.batches, content, bytes);
            }
        }
        Ok(())
    }
}

/// The settings are others than those the batch was packed under, which is rare: all of it is unpacked at once.
fn unpack(batches: &mut Batches, content: Content, lines: &mut Vec<u8>) -> io::Result<()> {
    DeflateDecoder::new(&mut *batches).take(content.bytes).read_to_end(lines)?;
    // What ends the blocks is not lines any more.
    io::copy(batches, &mut io::sink())?;
    match crc32fast::hash(lines) == content.crc32 {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::InvalidData, "a packed batch is damaged")),
    }
}

impl Encoder {
    fn new(encoding: ObjectEncoding) -> io::Result<Self> {
        Ok(match encoding {
            ObjectEncoding::Plain => Self::Plain(Vec::new()),
            ObjectEncoding::Gzip => Self::Gzip(Box::new(Gzip::new())),
            ObjectEncoding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?),
        })
    }

    fn out(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(gzip) => &mut gzip.out,
            Self::Zstd(encoder) => encoder.get_mut(),
        }
    }

    fn write(&mut self, ahead: &Ahead) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(&ahead.bytes),
            Self::Zstd(encoder) => encoder.write_all(&ahead.bytes),
            Self::Gzip(gzip) if ahead.packed => {
                if let Some(content) = ahead.content {
                    gzip.announce(content)?;
                }
                gzip.blocks(&ahead.bytes);
                Ok(())
            }
            Self::Gzip(gzip) => gzip.lines(&ahead.bytes),
        }
    }

    fn finish(&mut self) -> io::Result<Vec<u8>> {
        match std::mem::replace(self, Self::Plain(Vec::new())) {
            Self::Plain(out) => Ok(out),
            Self::Gzip(gzip) => gzip.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pieces").field("batches", &self.batches).finish_non_exhaustive()
    }
}
