//! base64, and gzip in it, with a limit to what a record may grow to.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;

/// Bytes that all the packed parts of a record may have together once they are unpacked. Firehose delivers at most
/// 64 MiB at a time, but Fluent Bit's HTTP input takes no more than 4 MiB unless told to.
const MOST: usize = 16 << 20;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks within one record's limit.
#[derive(Debug)]
pub(super) struct Unpacker {
    left: usize,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self { left: MOST }
    }
}

impl Unpacker {
    /// The text in `data`; `None` when it is damaged, no text, or more than may be unpacked.
    pub(super) fn unpack(&mut self, data: &str) -> Option<String> {
        let bytes = STANDARD.decode(data.trim()).ok()?;
        let bytes = if bytes.starts_with(&GZIP) { self.inflate(&bytes)? } else { bytes };
        self.left = self.left.checked_sub(bytes.len())?;
        String::from_utf8(bytes).ok()
    }

    fn inflate(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let limit = u64::try_from(self.left).ok()?;
        let mut inflated = Vec::new();
        let read = MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut inflated);
        // What was inflated in vain has cost as much as what was not.
        if read.is_err() || inflated.len() > self.left {
            self.left = self.left.saturating_sub(inflated.len());
            return None;
        }
        Some(inflated)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn zipped(text: &[u8]) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    }

    #[test]
    fn plain_and_zipped() {
        for data in [STANDARD.encode("text"), zipped(b"text"), format!(" {}\n", zipped(b"text"))] {
            assert_eq!(Unpacker::default().unpack(&data).as_deref(), Some("text"));
        }
    }

    #[test]
    fn damage_is_refused() {
        let whole = zipped(b"text");
        let mut wrong_sum = STANDARD.decode(&whole).unwrap();
        *wrong_sum.iter_mut().rev().nth(4).unwrap() ^= 1;
        for data in ["no base64!", "H4sI", &STANDARD.encode(wrong_sum), &STANDARD.encode([0xff, 0xfe])] {
            assert_eq!(Unpacker::default().unpack(data), None, "{data}");
        }
        for end in (4..whole.len()).step_by(4) {
            assert_eq!(Unpacker::default().unpack(whole.get(..end).unwrap()), None, "{end}");
        }
    }

    #[test]
    fn a_bomb_goes_off_in_a_box() {
        let mut unpacker = Unpacker { left: 1000 };
        assert_eq!(unpacker.unpack(&zipped(&[b' '; 100_000])), None);
        assert_eq!(unpacker.unpack(&zipped(b"text")), None, "its limit is used up");
        let mut unpacker = Unpacker { left: 1000 };
        let third = zipped(&[b' '; 333]);
        let unpacked = (0..5).filter(|_| unpacker.unpack(&third).is_some()).count();
        assert_eq!(unpacked, 3, "parts count together");
    }
}
