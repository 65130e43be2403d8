//! Dead letters: the records that a destination refused for good, as a chunk of its own.
//!
//! Owns: the form of a letter, `{"dead_letter": {destination, reason, why, time, tag}, "record": …}`, with the record
//! as it stood in the chunk. Does not own: when one is written (`delivery::progress`), or where it goes.

use rmp::encode;

use super::entries::for_each_entry;
use super::process::Stages;
use crate::delivery::progress::{DeadLetter, Progress};
use crate::input::record::Record;

/// The letters of `progress`, in the order of the chunk; `names` are the destinations'. The same letters make the
/// same bytes, so that a replay is known again.
#[must_use]
pub fn dead_letters(
    stages: &Stages<'_>,
    tag: &[u8],
    chunk: &[u8],
    progress: &Progress,
    names: &[&str],
) -> Vec<u8> {
    let mut wanted = progress.dead_letters();
    wanted.sort_by_key(|letter| (letter.ordinal, letter.destination));
    let mut letters = wanted.iter().peekable();
    let mut out = Vec::new();
    for_each_entry(stages, chunk, progress, |ordinal, entry| {
        while let Some(letter) = letters.next_if(|letter| letter.ordinal == ordinal) {
            let name = names.get(letter.destination).copied().unwrap_or_default();
            // Writing to memory cannot fail.
            write(&mut out, letter, name, tag, entry.record).ok();
        }
    });
    out
}

fn write(
    out: &mut Vec<u8>,
    letter: &DeadLetter,
    destination: &str,
    tag: &[u8],
    record: &Record<'_, '_>,
) -> Result<(), encode::ValueWriteError> {
    let head = [
        ("destination", destination),
        ("reason", letter.reason.name()),
        ("why", &letter.why),
        ("time", &letter.at.to_string()),
        ("tag", &String::from_utf8_lossy(tag)),
    ];
    encode::write_array_len(out, 2)?;
    encode::write_f64(out, record.time.seconds as f64 + f64::from(record.time.nanos) / 1e9)?;
    encode::write_map_len(out, 2)?;
    encode::write_str(out, "dead_letter")?;
    encode::write_map_len(out, 5)?;
    for (name, value) in head {
        encode::write_str(out, name)?;
        encode::write_str(out, value)?;
    }
    encode::write_str(out, "record")?;
    out.extend_from_slice(record.body);
    Ok(())
}
