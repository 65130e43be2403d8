//! Large batches are compressed before they are written: the disk gets a tenth of it, and the upload only copies.
//!
//! A deflated batch is a run of DEFLATE blocks (RFC 1951) that refers to nothing before it, ends at a whole byte and is not
//! the end of its stream. So the batches of an object, one after the other, are one gzip member: readers that stop
//! after the first member, as browsers do, get all of it.

use crc32fast::Hasher;

use super::file::Content;
use crate::deflate::DeflateEncoder;
use crate::encode::payload::Payload;

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

/// Compresses lines that are enough for it.
pub(super) fn deflate(lines: &Payload) -> StoredBatch {
    if lines.len() < MIN_DEFLATE_BYTES {
        return StoredBatch::Plain(lines.clone());
    }
    let mut encoder = DeflateEncoder::new(&[]);
    let mut hasher = Hasher::new();
    for part in lines.parts() {
        hasher.update(part);
        encoder.write(part);
    }
    let content = Content { bytes: lines.len() as u64, crc32: hasher.finalize() };
    StoredBatch::Deflated(encoder.into_blocks(), content)
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
        for (length, part) in
            (270_000..600_000).step_by(9_973).zip([1_000_000, 250_000, 70_000, 999].iter().cycle())
        {
            let lines = &lines[..length];
            let body: Payload = lines.chunks(*part).map(bytes::Bytes::copy_from_slice).collect();
            let StoredBatch::Deflated(mut blocks, content) = deflate(&body) else { panic!("not deflated") };
            // The last block: empty, with fixed codes.
            blocks.extend([3, 0]);
            let mut read = Vec::new();
            flate2::read::DeflateDecoder::new(&*blocks).read_to_end(&mut read).unwrap();
            assert!(read == lines, "{length} bytes in parts of {part}");
            assert_eq!(content, Content { bytes: length as u64, crc32: crc32fast::hash(lines) });
        }
    }
}
