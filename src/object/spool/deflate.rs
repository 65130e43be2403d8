//! Large batches are compressed before they are written: the disk gets a tenth of it, and the upload only copies.
//!
//! A deflated batch is a run of DEFLATE blocks (RFC 1951) that refers to nothing before it, ends at a whole byte and is not
//! the end of its stream. So the batches of an object, one after the other, are one gzip member: readers that stop
//! after the first member, as browsers do, get all of it.

use std::io;

use crc32fast::Hasher;
use flate2::{Compress, Compression, FlushCompress, Status};

use super::file::Content;
use crate::encode::payload::Payload;

/// Of 150 MB of log lines level 3 makes 14.0 MB, 4 makes 12.8, 6 makes 11.9, at 450, 370 and 190 MB/s: objects are kept
/// for long, so a tenth less is worth the time, and beyond that it costs more than the rest of the plugin together.
pub(crate) const GZIP_LEVEL: u32 = 4;

/// Blocks that begin anew make an object larger: 2 % in batches of this size, 8 % with a quarter of it. A smaller batch
/// is written as it is and compressed with its neighbours at the upload.
const MIN_DEFLATE_BYTES: usize = 256 << 10;

/// A batch as it is written.
#[derive(Debug)]
pub(super) enum StoredBatch {
    Plain(Payload),
    Deflated(Vec<u8>, Content),
}

impl StoredBatch {
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
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
pub(super) struct BatchDeflater(Compress);

impl BatchDeflater {
    pub(super) fn new() -> Self {
        Self(Compress::new(Compression::new(GZIP_LEVEL), false))
    }

    pub(super) fn is_worthwhile(lines: &Payload) -> bool {
        lines.len() >= MIN_DEFLATE_BYTES
    }

    /// Compresses the lines. Memory is all that takes; should it fail, they stay as they are.
    pub(super) fn deflate(&mut self, lines: &Payload) -> StoredBatch {
        self.try_deflate(lines).unwrap_or_else(|_| StoredBatch::Plain(lines.clone()))
    }

    fn try_deflate(&mut self, lines: &Payload) -> io::Result<StoredBatch> {
        self.0.reset();
        let mut blocks = Vec::with_capacity(lines.len() / 8);
        let mut hasher = Hasher::new();
        for part in lines.parts() {
            hasher.update(part);
            deflate_into(&mut self.0, part, FlushCompress::None, &mut blocks)?;
        }
        deflate_into(&mut self.0, &[], FlushCompress::Sync, &mut blocks)?;
        Ok(StoredBatch::Deflated(blocks, Content { bytes: lines.len() as u64, crc32: hasher.finalize() }))
    }
}

/// How much room the output gets at one time.
const OUTPUT_STEP_BYTES: usize = 32 << 10;

/// Compresses lines to the end of `out`. A flush is complete only when room is left over, and until then has to be asked
/// for again as the same flush (<https://zlib.net/manual.html>, `deflate`, read 2026-11); flate2's own writer asks
/// without it and leaves the end of a large block behind.
pub(crate) fn deflate_into(
    compress: &mut Compress,
    mut lines: &[u8],
    flush: FlushCompress,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    loop {
        out.reserve(OUTPUT_STEP_BYTES);
        let total_before = compress.total_in();
        let status = compress.compress_vec(lines, out, flush)?;
        let taken = usize::try_from(compress.total_in() - total_before).unwrap_or_default();
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
        let mut deflater = BatchDeflater::new();
        for (length, part) in
            (260_000..600_000).step_by(9_973).zip([1_000_000, 250_000, 70_000, 999].iter().cycle())
        {
            let lines = &lines[..length];
            let body: Payload = lines.chunks(*part).map(bytes::Bytes::copy_from_slice).collect();
            let StoredBatch::Deflated(mut blocks, content) = deflater.deflate(&body) else {
                panic!("not deflated")
            };
            // The last block: empty, with fixed codes.
            blocks.extend([3, 0]);
            let mut read = Vec::new();
            flate2::read::DeflateDecoder::new(&*blocks).read_to_end(&mut read).unwrap();
            assert!(read == lines, "{length} bytes in parts of {part}");
            assert_eq!(content, Content { bytes: length as u64, crc32: crc32fast::hash(lines) });
        }
    }
}
