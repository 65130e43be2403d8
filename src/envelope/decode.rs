//! Decodes base64, and gzip in it, within a limit to what a record may grow to.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;

/// Of all encoded parts of a record together, decoded. Firehose delivers at most 64 MiB at a time, but Fluent Bit's
/// HTTP input takes no more than 4 MiB unless configured to.
const MAX_DECODED_BYTES: usize = 16 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Decodes the parts of one record.
#[derive(Debug)]
pub(super) struct Decoder {
    remaining: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { remaining: MAX_DECODED_BYTES }
    }
}

impl Decoder {
    /// The text in `data`; `None` if it is damaged, no text, or more than may be decoded.
    pub(super) fn decode(&mut self, data: &str) -> Option<String> {
        let bytes = STANDARD.decode(data.trim()).ok()?;
        let bytes = if bytes.starts_with(&GZIP_MAGIC) { self.inflate(&bytes)? } else { bytes };
        self.remaining = self.remaining.checked_sub(bytes.len())?;
        String::from_utf8(bytes).ok()
    }

    fn inflate(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let limit = u64::try_from(self.remaining).ok()?;
        let mut inflated = Vec::new();
        let read = MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut inflated);
        // What was inflated in vain counts as well: it has cost as much.
        if read.is_err() || inflated.len() > self.remaining {
            self.remaining = self.remaining.saturating_sub(inflated.len());
            return None;
        }
        Some(inflated)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzipped(text: &[u8]) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        STANDARD.encode(encoder.finish().unwrap())
    }

    #[test]
    fn plain_and_zipped() {
        for data in [STANDARD.encode("text"), gzipped(b"text"), format!(" {}\n", gzipped(b"text"))] {
            assert_eq!(Decoder::default().decode(&data).as_deref(), Some("text"));
        }
    }

    #[test]
    fn damage_is_refused() {
        let whole = gzipped(b"text");
        let mut wrong_sum = STANDARD.decode(&whole).unwrap();
        *wrong_sum.iter_mut().rev().nth(4).unwrap() ^= 1;
        for data in ["no base64!", "H4sI", &STANDARD.encode(wrong_sum), &STANDARD.encode([0xff, 0xfe])] {
            assert_eq!(Decoder::default().decode(data), None, "{data}");
        }
        for end in (4..whole.len()).step_by(4) {
            assert_eq!(Decoder::default().decode(whole.get(..end).unwrap()), None, "{end}");
        }
    }

    #[test]
    fn a_bomb_goes_off_in_a_box() {
        let mut decoder = Decoder { remaining: 1000 };
        assert_eq!(decoder.decode(&gzipped(&[b' '; 100_000])), None);
        assert_eq!(decoder.decode(&gzipped(b"text")), None, "its limit is used up");
        let mut decoder = Decoder { remaining: 1000 };
        let third = gzipped(&[b' '; 333]);
        let decoded = (0..5).filter(|_| decoder.decode(&third).is_some()).count();
        assert_eq!(decoded, 3, "parts count together");
    }
}
