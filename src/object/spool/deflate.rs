//! Large batches are compressed before they are written: the disk gets a tenth of it, and the upload only copies.
//!
//! A packed batch is a run of DEFLATE blocks (RFC 1951) that refers to nothing before it, ends at a whole byte and is not
//! the end of its stream. So the batches of an object, one after the other, are one gzip member: readers that stop
//! after the first member, as browsers do, get all of it.

use std::io;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};

use super::file::Content;
use crate::encode::payload::Payload;

/// Of 150 MB of log lines level 3 makes 14.0 MB, 4 makes 12.8, 6 makes 11.9, at 450, 370 and 190 MB/s: objects are kept
/// for long, so a tenth less is worth the time, and beyond that it costs more than the rest of the plugin together.
pub const GZIP_LEVEL: u32 = 4;

/// Blocks that begin anew make an object larger: 2 % in batches of this size, 8 % with a quarter of it. What is smaller
/// is written as it is and compressed with its neighbours at the upload.
const WORTH_IT: usize = 256 << 10;

/// A batch as it is written.
#[derive(Debug)]
pub(super) enum StoredBatch {
    Plain(Payload),
    Deflated(Vec<u8>, Content),
}

impl StoredBatch {
    pub(super) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let (plain, deflated) = match self {
            Self::Plain(lines) => (Some(lines), None),
            Self::Deflated(blocks, _) => (None, Some(blocks.as_slice())),
        };
        plain.into_iter().flat_map(Payload::parts).chain(deflated)
    }

    pub(super) fn content(&self) -> Option<Content> {
        match self {
            Self::Plain(_) => None,
            Self::Deflated(_, content) => Some(*content),
        }
    }
}

/// Compresses batches, one after the other with the same memory.
#[derive(Debug)]
pub(super) struct Packer(Compress);

impl Packer {
    pub(super) fn new() -> Self {
        Self(Compress::new(Compression::new(GZIP_LEVEL), false))
    }

    /// Whether these lines should be packed.
    pub(super) fn is_for(lines: &Payload) -> bool {
        lines.len() >= WORTH_IT
    }

    /// The lines as blocks. Memory is all it needs; should that fail, they stay as they are.
    pub(super) fn pack(&mut self, lines: &Payload) -> StoredBatch {
        self.try_pack(lines).unwrap_or_else(|_| StoredBatch::Plain(lines.clone()))
    }

    fn try_pack(&mut self, lines: &Payload) -> io::Result<StoredBatch> {
        self.0.reset();
        let mut blocks = Vec::with_capacity(lines.len() / 8);
        let mut hasher = Hasher::new();
        for piece in lines.parts() {
            hasher.update(piece);
            deflate(&mut self.0, piece, FlushCompress::None, &mut blocks)?;
        }
        deflate(&mut self.0, &[], FlushCompress::Sync, &mut blocks)?;
        Ok(StoredBatch::Deflated(blocks, Content { bytes: lines.len() as u64, crc32: hasher.finalize() }))
    }
}

/// How much room compression gets at one time.
const ROOM: usize = 32 << 10;

/// Compresses lines to the end of `out`. A flush is complete only when room is left over, and until then has to be asked
/// for again as the same flush (<https://zlib.net/manual.html>, `deflate`, read 2026-11); flate2's own writer asks
/// without it and leaves the end of a large block behind.
pub fn deflate(
    deflate: &mut Compress,
    mut lines: &[u8],
    flush: FlushCompress,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    loop {
        out.reserve(ROOM);
        let before = deflate.total_in();
        let status = deflate.compress_vec(lines, out, flush)?;
        let taken = usize::try_from(deflate.total_in() - before).unwrap_or_default();
        lines = lines.get(taken..).unwrap_or_default();
        let has_room = out.len() < out.capacity();
        if status == Status::StreamEnd || lines.is_empty() && has_room {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Bytes that hardly shrink.
    fn noise(length: usize) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(7);
        (0..length).map(|_| random.alphanumeric() as u8).collect()
    }

    /// Whatever is still inside the compression when a batch ends comes out, also when it is more than any buffer holds.
    #[test]
    fn batches_of_any_length_and_cut_are_whole() {
        let lines = noise(600_000);
        let mut packer = Packer::new();
        for (length, piece) in
            (260_000..600_000).step_by(9_973).zip([1_000_000, 250_000, 70_000, 999].iter().cycle())
        {
            let lines = &lines[..length];
            let body: Payload = lines.chunks(*piece).map(bytes::Bytes::copy_from_slice).collect();
            let StoredBatch::Deflated(mut blocks, content) = packer.pack(&body) else { panic!("not packed") };
            // The last block: empty, with fixed codes.
            blocks.extend([3, 0]);
            let mut read = Vec::new();
            flate2::read::DeflateDecoder::new(&*blocks).read_to_end(&mut read).unwrap();
            assert!(read == lines, "{length} bytes in pieces of {piece}");
            assert_eq!(content, Content { bytes: length as u64, crc32: crc32fast::hash(lines) });
        }
    }
}
