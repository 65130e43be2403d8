//! Dead letters: the records that a destination refused for good, as a chunk of its own.
//!
//! Owns: storing them, and the form of a dead letter, `{"dead_letter": {destination, reason, why, time, tag}, "record": …}`,
//! with the record as it stood in the chunk. Does not own: when one is written (`delivery::progress`), or where it goes.

use std::rc::Rc;

use tokio::time::Instant;

use super::entries::for_each_entry;
use super::incoming_chunk::IncomingChunk;
use super::pipeline::Stages;
use super::process::process_chunk;
use super::{Router, join_all};
use crate::delivery::ledger::{self, ChunkMaker};
use crate::delivery::progress::{DeadLetter, Progress};
use crate::delivery::verdict::Verdict;
use crate::input::record::{Record, Timestamp};
use crate::recorder::{ReleasedLine, ReleasedLines};

/// The tag of dead letters.
const DEAD_LETTER_TAG: &[u8] = b"ecs_router.dead_letter";

impl Router {
    /// Stores what destinations refused for good, where that is wanted. A dead letter that is refused itself is counted
    /// and no more. `false`: the chunk has to come again for them.
    pub(super) async fn store_dead_letters(
        self: &Rc<Self>,
        chunk: IncomingChunk<'_>,
        progress: &Progress,
        deadline: Instant,
    ) -> bool {
        if progress.dead_letters().is_empty() {
            return true;
        }
        let destinations = self.destinations();
        let Some(stages) = self.pipeline.dead_letter_stages(&destinations) else {
            progress.clear_dead_letters();
            return true;
        };
        let names: Vec<&str> = destinations.iter().map(|one| &*one.common.name).collect();
        let original = self.pipeline.stages(chunk.origin, &destinations);
        let encoded = chunk.bytes.read(|bytes| encode(&original, chunk.tag, bytes, progress, &names));
        let Ok(dead_letters) = encoded else { return false };
        let digest = ledger::digest(ChunkMaker::DeadLetter, DEAD_LETTER_TAG, &dead_letters);
        let own_progress = self.ledger.begin(Some(digest), self.senders.len(), deadline).await;
        let Some(own_progress) = own_progress else { return false };
        let context = self.render_context(DEAD_LETTER_TAG, &own_progress, None);
        let processed = process_chunk(&stages, &context, &dead_letters, &own_progress);
        let mut sending = self.send(processed.batches, &own_progress, deadline);
        // What is still on its way at the deadline is given up: it may be stored twice, but not lost.
        tokio::time::timeout_at(deadline, join_all(&mut sending)).await.ok();
        let stored = self.verdict(&own_progress) != Verdict::Retry;
        match stored {
            true => {
                self.count_best_effort_losses(&own_progress, 0);
                progress.clear_dead_letters();
            }
            false => self.ledger.keep(digest, &own_progress),
        }
        own_progress.stop();
        stored
    }
}

/// The dead letters of `progress` as one chunk, in the order of the original; `names` are those of the destinations.
/// Equal dead letters make equal bytes, so that a replay is recognised.
#[must_use]
pub fn encode(stages: &Stages<'_>, tag: &[u8], chunk: &[u8], progress: &Progress, names: &[&str]) -> Vec<u8> {
    let mut dead_letters = progress.dead_letters();
    dead_letters.sort_by_key(|dead_letter| (dead_letter.ordinal, dead_letter.destination));
    let mut dead_letters = dead_letters.iter().peekable();
    let mut out = Vec::new();
    let mut visit = |ordinal, tag: &[u8], record: &Record<'_, '_>| {
        while let Some(dead_letter) = dead_letters.next_if(|dead_letter| dead_letter.ordinal == ordinal) {
            let name = names.get(dead_letter.destination).copied().unwrap_or_default();
            // Writing to memory cannot fail.
            write(&mut out, dead_letter, name, tag, record).ok();
        }
    };
    for_each_entry(stages, chunk, progress, |ordinal, entry| visit(ordinal, tag, entry.record));
    // Lines that the chunk has released from the flight recorder come after its own.
    for ReleasedLine { ordinal, tag, line } in progress.released().into_iter().flat_map(ReleasedLines::lines)
    {
        visit(ordinal, tag, &Record::new(line.time, &[], line.body));
    }
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
    write_time(out, record.time)?;
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

/// Fluent Bit's EventTime: ext type 0, seconds and nanoseconds, both 32 bits and big-endian
/// (<https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#eventtime-ext-format>, read 2026-11).
const EVENT_TIME_TYPE: i8 = 0;
const EVENT_TIME_BYTES: u32 = 8;

/// The last second that an EventTime can hold: above it are the host's group markers.
const MAX_EVENT_TIME_SECONDS: u32 = u32::MAX - 2;

/// Writes an EventTime; times outside its range become a float, to the microsecond.
fn write_time(out: &mut Vec<u8>, time: Timestamp) -> Result<(), rmp::encode::ValueWriteError> {
    match u32::try_from(time.seconds) {
        Ok(seconds) if seconds <= MAX_EVENT_TIME_SECONDS => {
            rmp::encode::write_ext_meta(out, EVENT_TIME_BYTES, EVENT_TIME_TYPE)?;
            out.extend_from_slice(&seconds.to_be_bytes());
            out.extend_from_slice(&time.nanos.to_be_bytes());
            Ok(())
        }
        _ => rmp::encode::write_f64(out, time.seconds as f64 + f64::from(time.nanos) / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::decode;
    use crate::metrics::Reason;

    /// The time of a record at `time` once its dead letter was read as a chunk.
    fn time_after(time: Timestamp) -> Vec<Timestamp> {
        let body = [0x80];
        let dead_letter = DeadLetter {
            destination: 0,
            ordinal: 0,
            reason: Reason::Refused,
            why: "".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let mut chunk = Vec::new();
        write(&mut chunk, &dead_letter, "cloudwatch", b"app", &Record::new(time, &[], &body)).unwrap();
        let mut times = Vec::new();
        decode::records(&chunk, |record| times.push(record.time));
        times
    }

    #[test]
    fn a_records_nanoseconds_survive() {
        for (seconds, nanos) in [(1_795_000_000, 123_456_789), (0, 1), (i64::from(u32::MAX) - 2, 999_999_999)]
        {
            let time = Timestamp { seconds, nanos };
            assert_eq!(time_after(time), [time]);
        }
    }

    #[test]
    fn a_time_outside_of_event_time_survives_to_the_microsecond() {
        for seconds in [-7, i64::from(u32::MAX) - 1, i64::from(u32::MAX), i64::from(u32::MAX) + 1] {
            let time = Timestamp { seconds, nanos: 500_000_000 };
            assert_eq!(time_after(time), [time]);
        }
    }
}
