//! Bytes of a chunk → records, whatever msgpack form the host wrote them in.
//!
//! Owns: the wire form of Fluent Bit's log events and what to do with malformed input. Does not own: how msgpack is read
//! (`msgpack`), which fields records repeat (`shared_run`), or what a record means. Never panics and never allocates per
//! record.
//!
//! Forms (Fluent Bit `src/flb_log_event_decoder.c`, forward protocol v1): `[time, map]` up to 2.0 and
//! `[[time, metadata], map]` since 2.1, under any header width the format allows (3.2.10 writes array32).

use super::distinct::{self, KeyBits, RecordFields};
use super::key_name::plain_name;
use super::msgpack::{MsgpackReader, ReadResult};
use super::record::{Field, Record, Timestamp, Value};
use super::recovery::Recovery;
use super::shared_run::SharedRun;

/// What was read from one chunk.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Records handed on.
    pub records: usize,
    /// Well-formed entries that hold no record: the body is not a map, or the time is not a time.
    pub shapeless: usize,
    /// The first entry that could not be read. Everything before it was.
    pub fault: Option<MalformedChunk>,
    /// Bytes that belong to no entry: from each that could not be read to the next that could, or to the end.
    pub skipped_bytes: usize,
}

/// Malformed msgpack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed msgpack at byte {offset} of the chunk: {what}")]
pub struct MalformedChunk {
    /// Bytes from the start of the chunk to the entry that could not be read.
    pub offset: usize,
    /// What is wrong with the entry.
    pub what: &'static str,
}

/// Times that mark groups, not records (`include/fluent-bit/flb_log_event.h`).
const GROUP_MARKERS: [i64; 2] = [-1, -2];

/// The year 1, and the last second of the year 9999 that every time zone can show.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_207_200;

/// Hands each record of `chunk` to `visit`, in order. Skips what is malformed, up to the next entry that can be read.
pub fn records<'a>(chunk: &'a [u8], mut visit: impl FnMut(&Record<'a, '_>)) -> Tally {
    let mut reader = MsgpackReader::new(chunk);
    let mut fields = RecordFields::with_capacity(16);
    let mut run = SharedRun::default();
    let mut tally = Tally::default();
    let mut recovery = Recovery::new(chunk);
    while reader.position() < chunk.len() {
        let offset = reader.position();
        match read_entry(&mut reader, &mut fields, &run) {
            Ok(ChunkEntry::Record { time, body, run_start }) => {
                tally.records += 1;
                if let Some(repeats) = fields.drop_repeats() {
                    let record = Record::new(time, fields.as_slice(), body);
                    visit_rare(&record.with_conflicting_source(repeats.conflicting_source), &mut visit);
                    if run_start.is_some() {
                        run.record_hit()
                    } else {
                        run.record_miss(body)
                    }
                    continue;
                }
                let record = Record::new(time, fields.as_slice(), body);
                match run_start {
                    Some(start) => {
                        visit(&record.with_run(run.raw, start..start + run.fields.len()));
                        run.record_hit();
                    }
                    None => {
                        visit(&record);
                        run.record_miss(body);
                    }
                }
            }
            Ok(ChunkEntry::GroupMarker) => {}
            Ok(ChunkEntry::Shapeless) => tally.shapeless += 1,
            Err(what) => {
                tally.fault.get_or_insert(MalformedChunk { offset, what });
                let next = recovery.next_entry(chunk, offset, reader.position());
                tally.skipped_bytes += next - offset;
                reader.move_to(next);
            }
        }
    }
    tally
}

/// Keeps `visit` from being compiled in where it is hardly ever called.
#[cold]
fn visit_rare<'a>(record: &Record<'a, '_>, visit: &mut dyn FnMut(&Record<'a, '_>)) {
    visit(record);
}

/// The top-level pairs of a msgpack map, header included; empty when `body` is not a map. Malformed bytes end it. A key that
/// occurs twice has its last value.
#[must_use]
pub fn fields(body: &[u8]) -> Vec<Field<'_>> {
    let mut fields = RecordFields::default();
    // What could be read before malformed bytes is what there is.
    read_body(&mut MsgpackReader::new(body), &mut fields, &SharedRun::default()).ok();
    fields.drop_repeats();
    fields.into_vec()
}

/// The pairs of a msgpack map without its header, as `Value::Map` holds them. Malformed bytes end it. A key that occurs
/// twice has its last value.
pub fn pairs(entries: &[u8]) -> impl Iterator<Item = (Value<'_>, Value<'_>)> {
    if !distinct::may_repeat(entries) {
        return MapPairs::AsWritten(MsgpackReader::new(entries));
    }
    let mut kept: Vec<_> = MapPairs::AsWritten(MsgpackReader::new(entries)).collect();
    distinct::keep_last(&mut kept, |(key, _)| *key);
    MapPairs::Kept(kept.into_iter())
}

/// The pairs of a map, or what is kept of them.
enum MapPairs<'a> {
    AsWritten(MsgpackReader<'a>),
    Kept(std::vec::IntoIter<(Value<'a>, Value<'a>)>),
}

impl<'a> Iterator for MapPairs<'a> {
    type Item = (Value<'a>, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        match self {
            MapPairs::AsWritten(reader) => Some((reader.value().ok()?, reader.value().ok()?)),
            MapPairs::Kept(pairs) => pairs.next(),
        }
    }
}

/// The elements of a msgpack array without its header, as `Value::Array` holds them. Malformed bytes end it.
pub fn elements(items: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let mut reader = MsgpackReader::new(items);
    std::iter::from_fn(move || reader.value().ok())
}

enum ChunkEntry<'a> {
    Record {
        time: Timestamp,
        body: &'a [u8],
        /// Where among the record's fields those of the shared run begin, if it has them.
        run_start: Option<usize>,
    },
    GroupMarker,
    Shapeless,
}

/// What was read where a record's body is expected.
enum Body {
    Map { run_start: Option<usize> },
    Other,
}

/// Reads one entry of the chunk; its fields replace those in `fields`.
fn read_entry<'a>(
    reader: &mut MsgpackReader<'a>,
    fields: &mut RecordFields<'a>,
    run: &SharedRun<'a>,
) -> ReadResult<ChunkEntry<'a>> {
    fields.clear();
    let Some(count) = reader.array_header()? else {
        reader.value()?;
        return Ok(ChunkEntry::Shapeless);
    };
    if count < 2 {
        reader.skip(u64::from(count))?;
        return Ok(ChunkEntry::Shapeless);
    }
    let time = read_time(reader)?;
    let start = reader.position();
    let found = read_body(reader, fields, run)?;
    let body = reader.since(start)?;
    reader.skip(u64::from(count) - 2)?;
    Ok(match (time, found) {
        (Some(time), _) if GROUP_MARKERS.contains(&time.seconds) => ChunkEntry::GroupMarker,
        (Some(time), Body::Map { run_start }) => ChunkEntry::Record { time, body, run_start },
        _ => ChunkEntry::Shapeless,
    })
}

/// Reads `time` or `[time, metadata]`; the metadata is skipped.
pub(super) fn read_time(reader: &mut MsgpackReader<'_>) -> ReadResult<Option<Timestamp>> {
    match reader.array_header()? {
        None => Ok(timestamp(reader.value()?)),
        Some(0) => Ok(None),
        Some(count) => {
            let time = timestamp(reader.value()?);
            reader.skip(u64::from(count) - 1)?;
            Ok(time)
        }
    }
}

/// Reads a map's pairs into `fields`, those of the shared run in one step; anything that is not a map is skipped.
fn read_body<'a>(
    reader: &mut MsgpackReader<'a>,
    fields: &mut RecordFields<'a>,
    run: &SharedRun<'a>,
) -> ReadResult<Body> {
    let Some(count) = reader.map_header()? else {
        reader.value()?;
        return Ok(Body::Other);
    };
    let mut left = count as usize;
    let mut run_start = None;
    let mut keys = KeyBits::default();
    while left > 0 {
        if run_start.is_none() && run.starts(reader.rest()) && run.fields.len() <= left {
            run_start = Some(fields.as_slice().len());
            fields.extend(&run.fields, run.keys, &mut keys);
            reader.advance(run.raw.len());
            left -= run.fields.len();
            continue;
        }
        let text_key = reader.short_text();
        // Nearly every field is a short text under a short name.
        if let Some(name) = text_key
            && let Some(text) = reader.short_text()
        {
            fields.push(name, Field { key: Value::Text(name), value: Value::Text(text) }, &mut keys);
        } else {
            read_field(reader, text_key, fields, &mut keys)?;
        }
        left -= 1;
    }
    Ok(Body::Map { run_start })
}

/// Reads a field of any kind; its key may have been read already.
#[inline(never)]
fn read_field<'a>(
    reader: &mut MsgpackReader<'a>,
    text_key: Option<&'a [u8]>,
    fields: &mut RecordFields<'a>,
    keys: &mut KeyBits,
) -> ReadResult<()> {
    let key = match text_key {
        Some(name) => Value::Text(name),
        None => reader.value()?,
    };
    let value = reader.value()?;
    match plain_name(key) {
        Some(name) => fields.push(name, Field { key, value }, keys),
        None => fields.push_rare(Field { key, value }),
    }
    Ok(())
}

/// EventTime (ext type 0, seconds and nanoseconds big-endian), integer seconds or float seconds.
fn timestamp(value: Value<'_>) -> Option<Timestamp> {
    match value {
        Value::Extension(0, data) => event_time(data),
        Value::Unsigned(seconds) => Some(whole_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))),
        Value::Signed(seconds) => Some(whole_seconds(seconds)),
        Value::Float(seconds) => float_time(seconds),
        _ => None,
    }
}

fn event_time(data: &[u8]) -> Option<Timestamp> {
    let seconds = u32::from_be_bytes(data.get(..4)?.try_into().ok()?);
    let nanos = u32::from_be_bytes(data.get(4..8)?.try_into().ok()?);
    // The host writes its group markers -1 and -2 as the top of the unsigned range; real times stay below.
    let seconds = match seconds {
        u32::MAX => -1,
        0xFFFF_FFFE => -2,
        seconds => i64::from(seconds),
    };
    Some(Timestamp { seconds, nanos: nanos.min(999_999_999) })
}

/// Times outside of the calendar become its first or last second, so that no later stage has to do without one.
const fn whole_seconds(seconds: i64) -> Timestamp {
    let seconds = match seconds {
        ..FIRST_SECOND => FIRST_SECOND,
        FIRST_SECOND..LAST_SECOND => seconds,
        LAST_SECOND.. => LAST_SECOND,
    };
    Timestamp { seconds, nanos: 0 }
}

/// Rounds to the microsecond: a float of this size is no more exact, and truncating it would lose a millisecond now
/// and then.
fn float_time(seconds: f64) -> Option<Timestamp> {
    if seconds.is_nan() {
        return None;
    }
    #[allow(clippy::cast_precision_loss, reason = "both have fewer than 53 bits")]
    let seconds = seconds.clamp(FIRST_SECOND as f64, LAST_SECOND as f64);
    #[allow(clippy::cast_possible_truncation, reason = "the range is limited just above")]
    let micros = (seconds * 1e6).round() as i64;
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1_000;
    Some(Timestamp { seconds: micros.div_euclid(1_000_000), nanos })
}

#[cfg(test)]
mod tests;
