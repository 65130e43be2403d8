//! Dead letters: the records that a destination refused for good, as a chunk of its own.
//!
//! Owns: the form of a dead letter, `{"dead_letter": {destination, reason, why, time, tag}, "record": …}`, with the record
//! as it stood in the chunk. Does not own: when one is written (`ack::Progress`), or where it goes.

use super::entries::for_each_entry;
use super::pipeline::Stages;
use crate::delivery::ack::{DeadLetter, Progress};
use crate::input::record::Record;

/// The dead letters of `progress` as one chunk, in the order of the original; `names` are those of the destinations.
/// Equal dead letters make equal bytes, so that a replay is recognised.
#[must_use]
pub fn encode(stages: &Stages<'_>, tag: &[u8], chunk: &[u8], progress: &Progress, names: &[&str]) -> Vec<u8> {
    let mut dead_letters = progress.dead_letters();
    dead_letters.sort_by_key(|dead_letter| (dead_letter.ordinal, dead_letter.destination));
    let mut dead_letters = dead_letters.iter().peekable();
    let mut out = Vec::new();
    for_each_entry(stages, chunk, progress, |ordinal, entry| {
        while let Some(dead_letter) = dead_letters.next_if(|dead_letter| dead_letter.ordinal == ordinal) {
            let name = names.get(dead_letter.destination).copied().unwrap_or_default();
            // Writing to memory cannot fail.
            write(&mut out, dead_letter, name, tag, entry.record).ok();
        }
    });
    out
}

fn write(
    out: &mut Vec<u8>,
    dead_letter: &DeadLetter,
    destination: &str,
    tag: &[u8],
    record: &Record<'_, '_>,
) -> Result<(), rmp::encode::ValueWriteError> {
    let head = [
        ("destination", destination),
        ("reason", dead_letter.reason.name()),
        ("why", &dead_letter.why),
        ("time", &dead_letter.at.to_string()),
        ("tag", &String::from_utf8_lossy(tag)),
    ];
    rmp::encode::write_array_len(out, 2)?;
    rmp::encode::write_f64(out, record.time.seconds as f64 + f64::from(record.time.nanos) / 1e9)?;
    rmp::encode::write_map_len(out, 2)?;
    rmp::encode::write_str(out, "dead_letter")?;
    rmp::encode::write_map_len(out, 5)?;
    for (name, value) in head {
        rmp::encode::write_str(out, name)?;
        rmp::encode::write_str(out, value)?;
    }
    rmp::encode::write_str(out, "record")?;
    out.extend_from_slice(record.body);
    Ok(())
}
