//! A spool file as the parts that go over the wire: read, compressed where the spool has not, and digested, one part
//! at a time.
//!
//! One part is all that is ever in memory, whatever the object's size. Each takes many milliseconds, so this belongs on
//! the blocking pool.

use std::io::{self, Read as _, Write as _};

use flate2::read::DeflateDecoder;

use super::gzip::GzipMember;
use crate::destination::{ObjectEncoding, PartBody};
use crate::object::spool::{Batches, Content};

/// How much is read and compressed at one step; a part is longer than asked for by what the last step made at most.
const STEP_BYTES: usize = 64 << 10;

/// zstd's own default: the lines of `examples/spool_memory.rs` get a quarter smaller than with gzip, in less time.
const ZSTD_LEVEL: i32 = 3;

/// The parts of an object that are still to come.
pub(super) struct Parts {
    batches: Batches,
    read_ahead: ReadAhead,
    encoder: Encoder,
    part_bytes: usize,
}

/// What is read and not encoded yet; empty at the end.
#[derive(Debug, Default)]
struct ReadAhead {
    bytes: Vec<u8>,
    deflated: bool,
    /// Of the batch that begins here.
    content: Option<Content>,
}

enum Encoder {
    Plain(Vec<u8>),
    Gzip(Box<GzipMember>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

#[derive(Debug)]
pub(super) struct Part {
    pub(super) content: PartBody,
    pub(super) is_last: bool,
}

impl Parts {
    /// Reads the first lines; `None` when there are none. All parts but the last have at least `part_bytes`.
    pub(super) fn new(
        batches: Batches,
        encoding: ObjectEncoding,
        part_bytes: usize,
    ) -> io::Result<Option<Self>> {
        let encoder = Encoder::new(encoding)?;
        let mut parts = Self { batches, read_ahead: ReadAhead::default(), encoder, part_bytes };
        parts.read_ahead()?;
        Ok((!parts.read_ahead.bytes.is_empty()).then_some(parts))
    }

    /// Makes the next part. There is always one until a part says that it is the last. `spare` is the memory of the
    /// part before, if it is free: the allocator keeps an arena per thread, and each would keep a part of its own.
    pub(super) fn next(&mut self, spare: Vec<u8>) -> io::Result<Part> {
        let max_remaining = usize::try_from(self.batches.max_remaining()).unwrap_or(usize::MAX);
        let out = self.encoder.out();
        if out.is_empty() {
            *out = spare;
            out.clear();
        }
        // At once, because growing would leave holes as large as the part.
        out.reserve_exact(
            (self.part_bytes + 2 * STEP_BYTES).min(max_remaining.saturating_add(2 * STEP_BYTES)),
        );
        while self.encoder.out().len() < self.part_bytes {
            self.encoder.write(&self.read_ahead)?;
            self.read_ahead()?;
            if self.read_ahead.bytes.is_empty() {
                let content = PartBody::new(self.encoder.finish()?.into());
                return Ok(Part { content, is_last: true });
            }
        }
        let content = PartBody::new(std::mem::take(self.encoder.out()).into());
        Ok(Part { content, is_last: false })
    }

    /// Only knowing whether more follows tells that a part is the last.
    fn read_ahead(&mut self) -> io::Result<()> {
        let ReadAhead { bytes, deflated, content } = &mut self.read_ahead;
        bytes.clear();
        *content = None;
        while (&mut self.batches).take(STEP_BYTES as u64).read_to_end(bytes)? == 0 {
            let Some(next) = self.batches.next_batch()? else { return Ok(()) };
            *deflated = next.is_some();
            *content = next;
            if let Some(content) = content.take_if(|_| !matches!(self.encoder, Encoder::Gzip(_))) {
                *deflated = false;
                return inflate(&mut self.batches, content, bytes);
            }
        }
        Ok(())
    }
}

/// The settings have changed since the batch was deflated, which is rare: all of it is inflated at once.
fn inflate(batches: &mut Batches, content: Content, lines: &mut Vec<u8>) -> io::Result<()> {
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
            ObjectEncoding::Gzip => Self::Gzip(Box::new(GzipMember::new())),
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

    fn write(&mut self, input: &ReadAhead) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(&input.bytes),
            Self::Zstd(encoder) => encoder.write_all(&input.bytes),
            Self::Gzip(gzip) if input.deflated => {
                if let Some(content) = input.content {
                    gzip.begin_blocks(content);
                }
                gzip.write_blocks(&input.bytes);
                Ok(())
            }
            Self::Gzip(gzip) => {
                gzip.write_lines(&input.bytes);
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> io::Result<Vec<u8>> {
        match std::mem::replace(self, Self::Plain(Vec::new())) {
            Self::Plain(out) => Ok(out),
            Self::Gzip(gzip) => Ok(gzip.finish()),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Parts").field("batches", &self.batches).finish_non_exhaustive()
    }
}
