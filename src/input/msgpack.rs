//! Reads msgpack in place.
//!
//! Owns: headers, scalars, and stepping over containers. Never panics, allocates nothing and needs no stack that grows
//! with the input: containers are skipped with a counter, so nesting depth costs nothing and a length prefix that lies
//! ends at the last byte. Does not own: what Fluent Bit's log events look like (`decode`).

use rmp::Marker;

use super::record::{Value, ValueHead};

/// The error says what is malformed.
pub(super) type ReadResult<T> = Result<T, &'static str>;

/// How Fluent Bit begins the time of an entry: eight bytes of extension type 0
/// (<https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#eventtime-ext-format>, read 2026-11).
pub(super) const EVENT_TIME_HEAD: [u8; 2] = [0xd7, 0x00];

pub(super) const ENDS_EARLY: &str = "the chunk ends inside a value";

/// The headers of short texts (<https://github.com/msgpack/msgpack/blob/master/spec.md#str-format-family>).
const FIXSTR: u8 = 0xa0;
const FIXSTR_MAX: u8 = 0xbf;
const STR8: u8 = 0xd9;

/// A position in msgpack bytes.
#[derive(Debug)]
pub(super) struct MsgpackReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> MsgpackReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    #[inline]
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Goes on at this position.
    pub(super) const fn move_to(&mut self, position: usize) {
        self.position = position;
    }

    /// Steps over bytes that the caller knows already.
    #[inline]
    pub(super) const fn advance(&mut self, bytes: usize) {
        self.position += bytes;
    }

    /// The bytes from `start` to here.
    #[inline]
    pub(super) fn since(&self, start: usize) -> ReadResult<&'a [u8]> {
        self.bytes.get(start..self.position).ok_or(ENDS_EARLY)
    }

    /// Reads the number of a map's pairs; `None`, and nothing consumed, when no map begins here.
    pub(super) fn map_header(&mut self) -> ReadResult<Option<u32>> {
        let start = self.position;
        Ok(Some(match self.marker()? {
            Marker::FixMap(count) => u32::from(count),
            Marker::Map16 => u32::from(self.u16()?),
            Marker::Map32 => self.u32()?,
            _ => {
                self.position = start;
                return Ok(None);
            }
        }))
    }

    /// Reads the length of an array; `None`, and nothing consumed, when no array begins here.
    pub(super) fn array_header(&mut self) -> ReadResult<Option<u32>> {
        let start = self.position;
        Ok(Some(match self.marker()? {
            Marker::FixArray(count) => u32::from(count),
            Marker::Array16 => u32::from(self.u16()?),
            Marker::Array32 => self.u32()?,
            _ => {
                self.position = start;
                return Ok(None);
            }
        }))
    }

    /// Reads a text of less than 256 bytes, as most names and values are; `None`, and nothing consumed, when something else
    /// is here.
    #[inline]
    pub(super) fn short_text(&mut self) -> Option<&'a [u8]> {
        match *self.bytes.get(self.position)? {
            header @ FIXSTR..=FIXSTR_MAX => self.text_behind(1, usize::from(header - FIXSTR)),
            STR8 => self.text_behind(2, usize::from(*self.bytes.get(self.position + 1)?)),
            _ => None,
        }
    }

    #[inline]
    fn text_behind(&mut self, header: usize, length: usize) -> Option<&'a [u8]> {
        let start = self.position + header;
        let text = self.bytes.get(start..start + length)?;
        self.position = start + length;
        Some(text)
    }

    /// Reads what a value begins with: a container's header, or a whole scalar.
    pub(super) fn head(&mut self) -> ReadResult<ValueHead<'a>> {
        let first = self.bytes.get(self.position).copied().ok_or(ENDS_EARLY)?;
        Ok(match Marker::from_u8(first) {
            Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
                ValueHead::Array(self.array_header()?.unwrap_or_default())
            }
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
                ValueHead::Map(self.map_header()?.unwrap_or_default())
            }
            _ => ValueHead::Scalar(self.value()?),
        })
    }

    /// Reads one value; containers are stepped over, not into. Log records are nearly all text, so text comes first.
    #[inline]
    pub(super) fn value(&mut self) -> ReadResult<Value<'a>> {
        let length = match self.marker()? {
            Marker::FixStr(length) => usize::from(length),
            Marker::Str8 => usize::from(self.u8()?),
            Marker::Str16 => usize::from(self.u16()?),
            other => return self.other_value(other),
        };
        self.take(length).map(Value::Text)
    }

    fn other_value(&mut self, marker: Marker) -> ReadResult<Value<'a>> {
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

    fn container(
        &mut self,
        count: u32,
        width: u64,
        make: fn(u32, &'a [u8]) -> Value<'a>,
    ) -> ReadResult<Value<'a>> {
        let start = self.position;
        if width == 1 {
            self.refuse_entry(count)?;
        }
        self.skip(u64::from(count) * width)?;
        Ok(make(count, self.since(start)?))
    }

    /// Steps over `pending` values and whatever they contain, with a counter instead of a stack.
    pub(super) fn skip(&mut self, mut pending: u64) -> ReadResult<()> {
        while pending > 0 {
            pending -= 1;
            pending = pending.saturating_add(self.skip_header()?);
        }
        Ok(())
    }

    /// Steps over one header and the bytes of a scalar. Returns how many values a container holds.
    fn skip_header(&mut self) -> ReadResult<u64> {
        Ok(match self.marker()? {
            Marker::FixArray(count) => self.inner_array(u32::from(count))?,
            Marker::Array16 => self.u16().and_then(|count| self.inner_array(u32::from(count)))?,
            Marker::Array32 => self.u32().and_then(|count| self.inner_array(count))?,
            Marker::FixMap(count) => 2 * u64::from(count),
            Marker::Map16 => 2 * u64::from(self.u16()?),
            Marker::Map32 => 2 * u64::from(self.u32()?),
            Marker::FixStr(length) => self.take(usize::from(length)).map(|_| 0)?,
            Marker::Str8 => self.sized8().map(|_| 0)?,
            Marker::Str16 => self.u16().and_then(|length| self.take(usize::from(length))).map(|_| 0)?,
            scalar => self.other_value(scalar).map(|_| 0)?,
        })
    }

    fn inner_array(&self, count: u32) -> ReadResult<u64> {
        self.refuse_entry(count)?;
        Ok(u64::from(count))
    }

    /// Refuses an array that is an entry of the chunk. A writer that announces more values than it writes would
    /// otherwise take the records after its own into it.
    fn refuse_entry(&self, count: u32) -> ReadResult<()> {
        let is_entry = count == 2 && self.rest().starts_with(&EVENT_TIME_HEAD);
        if is_entry { Err("a record stands inside another value") } else { Ok(()) }
    }

    fn extension(&mut self, length: usize) -> ReadResult<Value<'a>> {
        let kind = i8::from_be_bytes(self.array()?);
        Ok(Value::Extension(kind, self.take(length)?))
    }

    fn sized8(&mut self) -> ReadResult<&'a [u8]> {
        let length = usize::from(self.u8()?);
        self.take(length)
    }

    fn sized32(&mut self) -> ReadResult<&'a [u8]> {
        let length = self.length32()?;
        self.take(length)
    }

    fn length32(&mut self) -> ReadResult<usize> {
        usize::try_from(self.u32()?).map_err(|_| "a length beyond this machine's address space")
    }

    #[inline]
    fn marker(&mut self) -> ReadResult<Marker> {
        self.u8().map(Marker::from_u8)
    }

    #[inline]
    fn u8(&mut self) -> ReadResult<u8> {
        let byte = *self.bytes.get(self.position).ok_or(ENDS_EARLY)?;
        self.position += 1;
        Ok(byte)
    }

    fn u16(&mut self) -> ReadResult<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> ReadResult<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> ReadResult<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn array<const N: usize>(&mut self) -> ReadResult<[u8; N]> {
        self.take(N).and_then(|bytes| bytes.try_into().map_err(|_| ENDS_EARLY))
    }

    #[inline]
    fn take(&mut self, length: usize) -> ReadResult<&'a [u8]> {
        let end = self.position.checked_add(length).ok_or(ENDS_EARLY)?;
        let taken = self.bytes.get(self.position..end).ok_or(ENDS_EARLY)?;
        self.position = end;
        Ok(taken)
    }
}

fn signed(number: i64) -> Value<'static> {
    u64::try_from(number).map_or(Value::Signed(number), Value::Unsigned)
}
