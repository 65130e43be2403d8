//! The vocabulary of the hot path: what a chunk's records look like while they are still bytes of the chunk.
//!
//! Everything here borrows; nothing here decides.

/// When a record was made. Fluent Bit's EventTime has nanoseconds; older inputs give whole seconds or a float.
///
/// Source: forward protocol v1 `EventTime` and `src/flb_time.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z, may be negative.
    pub seconds: i64,
    /// 0 … 999,999,999.
    pub nanos: u32,
}

impl Timestamp {
    /// Milliseconds since the epoch, as CloudWatch, New Relic and Datadog count. Saturates.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.seconds.saturating_mul(1_000).saturating_add(i64::from(self.nanos / 1_000_000))
    }

    /// Nanoseconds since the epoch, as OTLP counts. Times before 1970 give 0, times after 2554 the maximum.
    #[must_use]
    pub fn unix_nanos(self) -> u64 {
        let seconds = u64::try_from(self.seconds).unwrap_or(0);
        seconds.saturating_mul(1_000_000_000).saturating_add(u64::from(self.nanos))
    }
}

/// One msgpack value, read only as deep as its own header. Containers keep their bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// nil
    Nil,
    /// true or false
    Bool(bool),
    /// a non-negative integer
    Unsigned(u64),
    /// a negative integer
    Signed(i64),
    /// float 32 or 64
    Float(f64),
    /// str; **not** known to be UTF-8
    Text(&'a [u8]),
    /// bin
    Binary(&'a [u8]),
    /// ext with its type
    Extension(i8, &'a [u8]),
    /// the bytes of this many elements
    Array(u32, &'a [u8]),
    /// the bytes of this many key-value pairs
    Map(u32, &'a [u8]),
}

impl<'a> Value<'a> {
    /// The bytes of a string, or `None` for anything else.
    #[must_use]
    pub fn text(self) -> Option<&'a [u8]> {
        match self {
            Value::Text(bytes) | Value::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// What a value begins with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueHead<'a> {
    /// No container: the whole value.
    Scalar(Value<'a>),
    /// This many elements follow.
    Array(u32),
    /// This many pairs follow.
    Map(u32),
}

/// One top-level pair of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field<'a> {
    /// Nearly always text.
    pub key: Value<'a>,
    /// Any kind of value.
    pub value: Value<'a>,
}

/// One record of a chunk. `'a` is the chunk, `'f` the scratch list of fields that the decoder fills anew each time.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a, 'f> {
    /// When it was made.
    pub time: Timestamp,
    /// Its top-level pairs, in the order of the chunk. A key that occurs twice has its last value.
    pub fields: &'f [Field<'a>],
    /// The whole map as msgpack, in which a key may occur twice.
    pub body: &'a [u8],
    run: Option<Run<'a>>,
    conflicting_source: Option<Source>,
}

/// Neighbouring fields that an earlier record of the chunk has too.
#[derive(Debug, Clone, Copy)]
struct Run<'a> {
    raw: &'a [u8],
    start: usize,
    end: usize,
}

/// A record's fields, split at the run that it shares with others of its chunk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunSplit<'a, 'f> {
    pub(crate) before: &'f [Field<'a>],
    pub(crate) run: &'f [Field<'a>],
    /// The run as msgpack: equal bytes are equal fields.
    pub(crate) raw: &'a [u8],
    pub(crate) after: &'f [Field<'a>],
}

impl<'a, 'f> Record<'a, 'f> {
    /// A record that shares no run with others.
    #[must_use]
    pub fn new(time: Timestamp, fields: &'f [Field<'a>], body: &'a [u8]) -> Self {
        Self { time, fields, body, run: None, conflicting_source: None }
    }

    /// Marks the fields of this range as the run that other records have too, as `raw`.
    #[must_use]
    pub(crate) fn with_run(self, raw: &'a [u8], range: std::ops::Range<usize>) -> Self {
        Self { run: Some(Run { raw, start: range.start, end: range.end }), ..self }
    }

    /// Notes the stream of a record in which `source` occurs with different values; `fields` has the last of them.
    #[must_use]
    pub(crate) fn with_conflicting_source(self, conflicting_source: Option<Source>) -> Self {
        Self { conflicting_source, ..self }
    }

    /// The record with other fields instead of its own.
    #[must_use]
    pub fn with_fields<'g>(&self, fields: &'g [Field<'a>]) -> Record<'a, 'g> {
        let Self { time, body, conflicting_source, .. } = *self;
        Record { time, fields, body, run: None, conflicting_source }
    }

    /// The record with another body, and its fields in the same order, instead of its own. `keeps_run`: those that it shares
    /// with others are the same.
    #[must_use]
    pub(crate) fn rewritten<'b, 'g>(
        &self,
        fields: &'g [Field<'b>],
        body: &'b [u8],
        keeps_run: bool,
    ) -> Record<'b, 'g>
    where
        'a: 'b,
    {
        let Self { time, conflicting_source, run, .. } = *self;
        Record { time, fields, body, run: run.filter(|_| keeps_run), conflicting_source }
    }

    /// `None` when the record shares no run with others.
    #[must_use]
    #[inline]
    pub(crate) fn split_at_run(&self) -> Option<RunSplit<'a, 'f>> {
        let Run { raw, start, end } = self.run?;
        Some(RunSplit {
            before: self.fields.get(..start)?,
            run: self.fields.get(start..end)?,
            raw,
            after: self.fields.get(end..)?,
        })
    }
}

/// The longest id of a container or of a line in pieces; those of Docker and containerd have 64 digits.
pub(super) const MAX_ID_BYTES: usize = 256;

impl<'a> Record<'a, '_> {
    /// The stream of a record in which the field `source` stood with different values, of which only one is FireLens's:
    /// standard error if any of them says so. `None`: they do not differ, or none is a stream.
    #[must_use]
    #[inline]
    pub fn conflicting_source(&self) -> Option<Source> {
        self.conflicting_source
    }

    /// The value of the top-level field of this name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Value<'a>> {
        self.fields.iter().find(|field| field.key.text() == Some(name)).map(|field| field.value)
    }

    /// The bytes of the top-level field of this name, when it is a string.
    #[must_use]
    pub fn text(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).and_then(Value::text)
    }

    /// The id in the top-level field of this name, to be remembered: a text that is longer than any id is none.
    #[must_use]
    pub fn id(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.text(name).filter(|id| id.len() <= MAX_ID_BYTES)
    }
}

/// Which stream of its container an application line was written to: FireLens's field `source`.
///
/// Source: moby `daemon/logger/fluentd`, `source` is "stdout" or "stderr".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// file descriptor 1
    Stdout,
    /// file descriptor 2
    Stderr,
}
