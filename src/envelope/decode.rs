//! Decodes base64, and gzip in it, within the budget.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::MultiGzDecoder;

use super::budget::Budget;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Steps for a byte of gzip: a block or a member that holds nothing is short and takes its time all the same.
const STEPS_PER_ZIPPED_BYTE: usize = 16;

/// Steps for a byte that comes out: to write it, and to see that it is text.
const STEPS_PER_INFLATED_BYTE: usize = 2;

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undecoded {
    /// It is damaged, or no text.
    Damaged,
    /// The budget does not suffice.
    OverBudget,
}

/// The text in `data`.
pub(super) fn decode(data: &str, budget: &Budget) -> Result<String, Undecoded> {
    pay(budget.spend_steps(data.len()))?;
    let bytes = STANDARD.decode(data.trim()).map_err(|_| Undecoded::Damaged)?;
    let bytes = match bytes.starts_with(&GZIP_MAGIC) {
        true => inflate(&bytes, budget)?,
        false => {
            pay(budget.spend_decoded(bytes.len()))?;
            bytes
        }
    };
    String::from_utf8(bytes).map_err(|_| Undecoded::Damaged)
}

/// Inflates no more than the budget has left; what was inflated in vain is paid for as well.
fn inflate(bytes: &[u8], budget: &Budget) -> Result<Vec<u8>, Undecoded> {
    pay(budget.spend_steps(bytes.len().saturating_mul(STEPS_PER_ZIPPED_BYTE)))?;
    let affordable = budget.affordable_bytes(STEPS_PER_INFLATED_BYTE);
    let mut inflated = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(affordable as u64).read_to_end(&mut inflated);
    pay(budget.spend_steps(inflated.len() * STEPS_PER_INFLATED_BYTE))?;
    pay(budget.spend_decoded(inflated.len()))?;
    // Where there was exactly as much, nobody has looked whether more follows.
    pay(inflated.len() < affordable)?;
    read.map(|_| inflated).map_err(|_| Undecoded::Damaged)
}

fn pay(paid: bool) -> Result<(), Undecoded> {
    paid.then_some(()).ok_or(Undecoded::OverBudget)
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
            assert_eq!(decode(&data, &Budget::default()).as_deref(), Ok("text"));
        }
    }

    #[test]
    fn damage_is_refused() {
        let whole = gzipped(b"text");
        let mut wrong_sum = STANDARD.decode(&whole).unwrap();
        *wrong_sum.iter_mut().rev().nth(4).unwrap() ^= 1;
        for data in ["no base64!", "H4sI", &STANDARD.encode(wrong_sum), &STANDARD.encode([0xff, 0xfe])] {
            assert_eq!(decode(data, &Budget::default()), Err(Undecoded::Damaged), "{data}");
        }
        for end in (4..whole.len()).step_by(4) {
            assert_eq!(
                decode(whole.get(..end).unwrap(), &Budget::default()),
                Err(Undecoded::Damaged),
                "{end}"
            );
        }
    }

    #[test]
    fn a_bomb_goes_off_in_a_box() {
        let budget = Budget::with_decoded_bytes(1000);
        assert_eq!(decode(&gzipped(&[b' '; 100_000]), &budget), Err(Undecoded::OverBudget));
        assert_eq!(decode(&gzipped(b"text"), &budget), Err(Undecoded::OverBudget), "it is used up");
        let budget = Budget::with_decoded_bytes(1000);
        let third = gzipped(&[b' '; 333]);
        let decoded = (0..5).filter(|_| decode(&third, &budget).is_ok()).count();
        assert_eq!(decoded, 3, "parts count together");
    }
}
