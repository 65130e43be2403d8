//! Bytes of a chunk → records, whatever msgpack form the host wrote them in.
//!
//! Owns: the wire form of Fluent Bit's log events and what to do with malformed input; in `rows`, what records
//! repeat. Does not own: what a record means. Never panics, never allocates per record, and needs no stack that grows
//! with the input: containers are skipped with a counter, so nesting depth costs nothing and a length prefix that lies
//! ends at the last byte of the chunk.
//!
//! Forms (Fluent Bit `src/flb_log_event_decoder.c`, forward protocol v1): `[time, map]` up to 2.0 and
//! `[[time, metadata], map]` since 2.1, under any header width the format allows (3.2.10 writes array32).

use rmp::Marker;

use super::record::{Field, Record, Timestamp, Value};
use super::shared_run::SharedRun;

/// What was read from one chunk.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Records handed on.
    pub records: usize,
    /// Well-formed entries that hold no record: a body that is no map, a time that is no time.
    pub shapeless: usize,
    /// Where reading had to stop, if it had to.
    pub fault: Option<MalformedChunk>,
}

/// Malformed msgpack: nothing behind it can be read, everything before it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed msgpack at byte {offset} of the chunk: {what}")]
pub struct MalformedChunk {
    /// Bytes from the start of the chunk to the entry that could not be read.
    pub offset: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Times that are group markers, not records (`include/fluent-bit/flb_log_event.h`).
const GROUP_MARKERS: [i64; 2] = [-1, -2];

/// Hands each record of `chunk` to `visit`, in order, until the end or the first malformed byte.
pub fn records<'a>(chunk: &'a [u8], mut visit: impl FnMut(&Record<'a, '_>)) -> Tally {
    let mut reader = MsgpackReader { bytes: chunk, at: 0 };
    let mut fields = Vec::with_capacity(16);
    let mut rows = SharedRun::default();
    let mut tally = Tally::default();
    while reader.at < chunk.len() {
        let start = reader.at;
        match reader.entry(&mut fields, &rows) {
            Ok(Entry::Record(time, body, row)) => {
                tally.records += 1;
                let record = Record::new(time, &fields, body);
                match row {
                    Some(at) => {
                        visit(&record.with_row(rows.raw, at..at + rows.fields.len()));
                        rows.met();
                    }
                    None => {
                        visit(&record);
                        rows.missed(body);
                    }
                }
            }
            Ok(Entry::GroupMarker) => {}
            Ok(Entry::Shapeless) => tally.shapeless += 1,
            Err(what) => {
                tally.fault = Some(MalformedChunk { offset: start, what });
                break;
            }
        }
    }
    tally
}

/// The top-level pairs of a msgpack map given whole, as a record's body is; none when it is no map.
#[must_use]
pub fn fields(body: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    // What could be read before malformed bytes is what there is.
    MsgpackReader { bytes: body, at: 0 }.map_fields(&mut fields, &SharedRun::default()).ok();
    fields
}

/// The top-level pairs of a msgpack map given as its entries' bytes; what `Value::Map` holds. Malformed bytes end it.
pub fn pairs(entries: &[u8]) -> impl Iterator<Item = (Value<'_>, Value<'_>)> {
    let mut reader = MsgpackReader { bytes: entries, at: 0 };
    std::iter::from_fn(move || Some((reader.value().ok()?, reader.value().ok()?)))
}

/// The elements of a msgpack array given as their bytes; what `Value::Array` holds.
pub fn elements(items: &[u8]) -> impl Iterator<Item = Value<'_>> {
    let mut reader = MsgpackReader { bytes: items, at: 0 };
    std::iter::from_fn(move || reader.value().ok())
}

enum Entry<'a> {
    /// With the place of the chunk's row among its fields, if it is there.
    Record(Timestamp, &'a [u8], Option<usize>),
    GroupMarker,
    Shapeless,
}

/// What stood where a record's body is expected.
enum Found {
    /// `row`: where among its fields those of the chunk's row begin.
    Map {
        row: Option<usize>,
    },
    Other,
}

type Read<T> = Result<T, &'static str>;

const ENDS_EARLY: &str = "the chunk ends inside a value";

/// A position in msgpack bytes.
pub(super) struct MsgpackReader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> MsgpackReader<'a> {
    /// One event of the chunk; its fields replace those in `fields`.
    fn entry(&mut self, fields: &mut Vec<Field<'a>>, rows: &SharedRun<'a>) -> Read<Entry<'a>> {
        fields.clear();
        let Some(count) = self.array_header()? else {
            self.value()?;
            return Ok(Entry::Shapeless);
        };
        if count < 2 {
            self.skip(u64::from(count))?;
            return Ok(Entry::Shapeless);
        }
        let time = self.time()?;
        let start = self.at;
        let found = self.map_fields(fields, rows)?;
        let body = self.bytes.get(start..self.at).ok_or(ENDS_EARLY)?;
        self.skip(u64::from(count) - 2)?;
        Ok(match (time, found) {
            (Some(time), _) if GROUP_MARKERS.contains(&time.seconds) => Entry::GroupMarker,
            (Some(time), Found::Map { row }) => Entry::Record(time, body, row),
            _ => Entry::Shapeless,
        })
    }

    /// `time` or `[time, metadata]`; the metadata is skipped.
    fn time(&mut self) -> Read<Option<Timestamp>> {
        match self.array_header()? {
            None => Ok(timestamp(self.value()?)),
            Some(0) => Ok(None),
            Some(count) => {
                let time = timestamp(self.value()?);
                self.skip(u64::from(count) - 1)?;
                Ok(time)
            }
        }
    }

    /// Reads a map's pairs into `fields`, the row as one if it is there; anything that is no map is skipped.
    fn map_fields(&mut self, fields: &mut Vec<Field<'a>>, rows: &SharedRun<'a>) -> Read<Found> {
        let Some(count) = self.map_header()? else {
            self.value()?;
            return Ok(Found::Other);
        };
        let (mut left, mut row) = (count as usize, None);
        while left > 0 {
            if row.is_none() && rows.is_at(self.rest()) && rows.fields.len() <= left {
                row = Some(fields.len());
                fields.extend_from_slice(&rows.fields);
                self.at += rows.raw.len();
                left -= rows.fields.len();
                continue;
            }
            let (key, value) = (self.value()?, self.value()?);
            fields.push(Field { key, value });
            left -= 1;
        }
        Ok(Found::Map { row })
    }

    /// The number of a map's pairs if one stands here; otherwise nothing is consumed.
    pub(super) fn map_header(&mut self) -> Read<Option<u32>> {
        let start = self.at;
        Ok(Some(match self.marker()? {
            Marker::FixMap(count) => u32::from(count),
            Marker::Map16 => u32::from(self.u16()?),
            Marker::Map32 => self.u32()?,
            _ => {
                self.at = start;
                return Ok(None);
            }
        }))
    }

    /// The length of an array if one stands here; otherwise nothing is consumed.
    fn array_header(&mut self) -> Read<Option<u32>> {
        let start = self.at;
        Ok(Some(match self.marker()? {
            Marker::FixArray(count) => u32::from(count),
            Marker::Array16 => u32::from(self.u16()?),
            Marker::Array32 => self.u32()?,
            _ => {
                self.at = start;
                return Ok(None);
            }
        }))
    }

    /// One value; containers are stepped over, not into. Log records are nearly all text, so that comes first.
    #[inline]
    pub(super) fn value(&mut self) -> Read<Value<'a>> {
        let length = match self.marker()? {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => usize::from(self.u8()?),
            Marker::Str16 => usize::from(self.u16()?),
            other => return self.other_value(other),
        };
        self.take(length).map(Value::Text)
    }

    fn other_value(&mut self, marker: Marker) -> Read<Value<'a>> {
        Ok(match marker {
            Marker::Str32 => self.sized32().map(Value::Text)?,
            Marker::Null => Value::Nil,
            Marker::True => Value::Bool(true),
            Marker::False => Value::Bool(false),
            Marker::FixPos(number) => Value::Unsigned(u64::from(number)),
            Marker::FixNeg(number) => signed(i64::from(number)),
            Marker::U8 => Value::Unsigned(u64::from(self.u8()?)),
            Marker::U16 => Value::Unsigned(u64::from(self.u16()?)),
            Marker::U32 => Value::Unsigned(u64::from(self.u32()?)),
            Marker::U64 => Value::Unsigned(self.u64()?),
            Marker::I8 => signed(i64::from(i8::from_be_bytes(self.array()?))),
            Marker::I16 => signed(i64::from(i16::from_be_bytes(self.array()?))),
            Marker::I32 => signed(i64::from(i32::from_be_bytes(self.array()?))),
            Marker::I64 => signed(i64::from_be_bytes(self.array()?)),
            Marker::F32 => Value::Float(f64::from(f32::from_be_bytes(self.array()?))),
            Marker::F64 => Value::Float(f64::from_be_bytes(self.array()?)),
            Marker::Bin8 => self.sized8().map(Value::Binary)?,
            Marker::Bin16 => {
                self.u16().and_then(|length| self.take(usize::from(length))).map(Value::Binary)?
            }
            Marker::Bin32 => self.sized32().map(Value::Binary)?,
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 => self.u8().map(usize::from).and_then(|length| self.extension(length))?,
            Marker::Ext16 => self.u16().map(usize::from).and_then(|length| self.extension(length))?,
            Marker::Ext32 => self.length32().and_then(|length| self.extension(length))?,
            Marker::FixArray(count) => self.container(u32::from(count), 1, Value::Array)?,
            Marker::Array16 => self.u16().and_then(|n| self.container(u32::from(n), 1, Value::Array))?,
            Marker::Array32 => self.u32().and_then(|n| self.container(n, 1, Value::Array))?,
            Marker::FixMap(count) => self.container(u32::from(count), 2, Value::Map)?,
            Marker::Map16 => self.u16().and_then(|n| self.container(u32::from(n), 2, Value::Map))?,
            Marker::Map32 => self.u32().and_then(|n| self.container(n, 2, Value::Map))?,
            _ => return Err("a byte that msgpack never uses"),
        })
    }

    fn container(&mut self, count: u32, width: u64, make: fn(u32, &'a [u8]) -> Value<'a>) -> Read<Value<'a>> {
        let start = self.at;
        self.skip(u64::from(count) * width)?;
        Ok(make(count, self.bytes.get(start..self.at).ok_or(ENDS_EARLY)?))
    }

    /// Steps over `pending` values and whatever they contain: a counter instead of a stack.
    fn skip(&mut self, mut pending: u64) -> Read<()> {
        while pending > 0 {
            pending -= 1;
            pending = pending.saturating_add(self.step()?);
        }
        Ok(())
    }

    /// Steps over one header and its scalar bytes; answers how many values the container holds.
    fn step(&mut self) -> Read<u64> {
        Ok(match self.marker()? {
            Marker::FixArray(count) => u64::from(count),
            Marker::Array16 => u64::from(self.u16()?),
            Marker::Array32 => u64::from(self.u32()?),
            Marker::FixMap(count) => 2 * u64::from(count),
            Marker::Map16 => 2 * u64::from(self.u16()?),
            Marker::Map32 => 2 * u64::from(self.u32()?),
            Marker::FixStr(length) => self.take(usize::from(length)).map(|_| 0)?,
            Marker::Str8 => self.sized8().map(|_| 0)?,
            Marker::Str16 => self.u16().and_then(|length| self.take(usize::from(length))).map(|_| 0)?,
            scalar => self.other_value(scalar).map(|_| 0)?,
        })
    }

    fn extension(&mut self, length: usize) -> Read<Value<'a>> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(Value::Extension(kind, self.take(length)?))
    }

    fn sized8(&mut self) -> Read<&'a [u8]> {
        let length = usize::from(self.u8()?);
        self.take(length)
    }

    fn sized32(&mut self) -> Read<&'a [u8]> {
        let length = self.length32()?;
        self.take(length)
    }

    fn length32(&mut self) -> Read<usize> {
        usize::try_from(self.u32()?).map_err(|_| "a length beyond this machine's address space")
    }

    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn marker(&mut self) -> Read<Marker> {
        self.u8().map(Marker::from_u8)
    }

    #[inline]
    fn u8(&mut self) -> Read<u8> {
        let byte = *self.bytes.get(self.at).ok_or(ENDS_EARLY)?;
        self.at += 1;
        Ok(byte)
    }

    fn u16(&mut self) -> Read<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Read<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N).and_then(|bytes| bytes.try_into().map_err(|_| ENDS_EARLY))
    }

    #[inline]
    fn take(&mut self, length: usize) -> Read<&'a [u8]> {
        let end = self.at.checked_add(length).ok_or(ENDS_EARLY)?;
        let taken = self.bytes.get(self.at..end).ok_or(ENDS_EARLY)?;
        self.at = end;
        Ok(taken)
    }
}

fn signed(number: i64) -> Value<'static> {
    u64::try_from(number).map_or(Value::Signed(number), Value::Unsigned)
}

/// EventTime (ext type 0, seconds and nanoseconds big-endian), integer seconds or float seconds.
fn timestamp(value: Value<'_>) -> Option<Timestamp> {
    match value {
        Value::Extension(0, data) => event_time(data),
        Value::Unsigned(seconds) => Some(Timestamp { seconds: i64::try_from(seconds).ok()?, nanos: 0 }),
        Value::Signed(seconds) => Some(Timestamp { seconds, nanos: 0 }),
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

/// To the microsecond: a float of this size knows no more, and cutting it off would lose a millisecond now and then.
fn float_time(seconds: f64) -> Option<Timestamp> {
    let micros = (seconds * 1e6).round();
    let fits = micros.abs() < 9.0e18;
    #[allow(clippy::cast_possible_truncation, reason = "the range is checked just above")]
    let micros = fits.then_some(micros as i64)?;
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1_000;
    Some(Timestamp { seconds: micros.div_euclid(1_000_000), nanos })
}

#[cfg(test)]
mod tests;
