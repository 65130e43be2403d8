//! Records → msgpack, in every form a host writes them.
//!
//! Objects with one `$` key stand for what JSON cannot say: `{"$bytes": base64}` a string of these bytes,
//! `{"$bin": base64}`, `{"$ext": [type, base64]}`, `{"$float": "nan"}`, `{"$repeat": [text, times]}`,
//! `{"$pairs": [[key, value], …]}` a map with any keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmp::encode as msgpack;
use serde_json::Value;

use crate::record::now_ms;

/// How an entry's head is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `[time, record]`, up to Fluent Bit 2.0.
    Legacy,
    /// `[[time, metadata], record]`.
    Metadata,
    /// The same with array32 headers, as 3.2.10 writes it.
    Wide,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeForm {
    /// EventTime as fixext 8, what every release writes today.
    Event,
    /// EventTime as ext 8.
    EventExt8,
    /// Whole seconds, 32 bits.
    Seconds32,
    /// Whole seconds, 64 bits.
    Seconds64,
    /// Seconds as a float.
    Float,
}

impl Layout {
    pub const ALL: [Self; 3] = [Self::Legacy, Self::Metadata, Self::Wide];
}

impl TimeForm {
    pub const ALL: [Self; 5] = [Self::Event, Self::EventExt8, Self::Seconds32, Self::Seconds64, Self::Float];

    /// Whether a time with a fraction survives.
    pub fn keeps_fraction(self) -> bool {
        !matches!(self, Self::Seconds32 | Self::Seconds64)
    }
}

/// A chunk being written.
#[derive(Debug, Clone)]
pub struct Chunk {
    layout: Layout,
    time: TimeForm,
    bytes: Vec<u8>,
}

impl Chunk {
    pub fn new() -> Self {
        Self::of(Layout::Metadata, TimeForm::Event)
    }

    pub fn of(layout: Layout, time: TimeForm) -> Self {
        Self { layout, time, bytes: Vec::new() }
    }

    /// A chunk of these records, all of this moment.
    pub fn now<'r>(records: impl IntoIterator<Item = &'r Value>) -> Self {
        let now = now_ms();
        records.into_iter().fold(Self::new(), |chunk, record| chunk.with(now, record))
    }

    /// Adds a record made at this time.
    pub fn with(mut self, at_ms: i64, record: &Value) -> Self {
        self.head(at_ms);
        value(&mut self.bytes, record);
        self
    }

    /// Adds bytes as they are.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn head(&mut self, at_ms: i64) {
        let out = &mut self.bytes;
        match self.layout {
            Layout::Legacy => out.push(0x92),
            Layout::Metadata => out.extend([0x92, 0x92]),
            Layout::Wide => out.extend([0xdd, 0, 0, 0, 2, 0xdd, 0, 0, 0, 2]),
        }
        time(out, self.time, at_ms);
        if self.layout != Layout::Legacy {
            out.push(0x80);
        }
    }
}

fn time(out: &mut Vec<u8>, form: TimeForm, at_ms: i64) {
    let (seconds, nanos) = (at_ms.div_euclid(1_000), at_ms.rem_euclid(1_000) * 1_000_000);
    let seconds32 = u32::try_from(seconds).expect("a time that EventTime can hold");
    let event = [seconds32.to_be_bytes(), u32::try_from(nanos).expect("nanoseconds").to_be_bytes()].concat();
    match form {
        TimeForm::Event => out.extend([&[0xd7, 0], event.as_slice()].concat()),
        TimeForm::EventExt8 => out.extend([&[0xc7, 8, 0], event.as_slice()].concat()),
        TimeForm::Seconds32 => out.extend([&[0xce], seconds32.to_be_bytes().as_slice()].concat()),
        TimeForm::Seconds64 => out.extend([&[0xcf], seconds.to_be_bytes().as_slice()].concat()),
        TimeForm::Float => {
            #[allow(clippy::cast_precision_loss, reason = "milliseconds of this century fit 53 bits")]
            let seconds = at_ms as f64 / 1_000.0;
            out.extend([&[0xcb], seconds.to_be_bytes().as_slice()].concat());
        }
    }
}

/// Writes one value.
pub fn value(out: &mut Vec<u8>, json: &Value) {
    match json {
        Value::Null => out.push(0xc0),
        Value::Bool(flag) => out.push(if *flag { 0xc3 } else { 0xc2 }),
        Value::Number(number) => integer_or_float(out, number),
        Value::String(text) => text_of(out, text.as_bytes()),
        Value::Array(items) => {
            msgpack::write_array_len(out, length(items.len())).expect("memory");
            items.iter().for_each(|item| value(out, item));
        }
        Value::Object(map) => match map.iter().next().filter(|(key, _)| key.starts_with('$')) {
            Some((key, special_value)) => special(out, key, special_value),
            None => {
                msgpack::write_map_len(out, length(map.len())).expect("memory");
                for (key, item) in map {
                    text_of(out, key.as_bytes());
                    value(out, item);
                }
            }
        },
    }
}

fn integer_or_float(out: &mut Vec<u8>, number: &serde_json::Number) {
    if let Some(number) = number.as_u64() {
        msgpack::write_uint(out, number).expect("memory");
    } else if let Some(number) = number.as_i64() {
        msgpack::write_sint(out, number).expect("memory");
    } else {
        msgpack::write_f64(out, number.as_f64().expect("a number")).expect("memory");
    }
}

fn special(out: &mut Vec<u8>, kind: &str, what: &Value) {
    match kind {
        "$bytes" => text_of(out, &decoded(what)),
        "$bin" => msgpack::write_bin(out, &decoded(what)).expect("memory"),
        "$ext" => {
            let data = decoded(&what[1]);
            let kind = i8::try_from(what[0].as_i64().expect("a type")).expect("a type");
            msgpack::write_ext_meta(out, length(data.len()), kind).expect("memory");
            out.extend(data);
        }
        "$float" => {
            let number = what.as_str().and_then(|text| text.parse().ok()).expect("a float's text");
            msgpack::write_f64(out, number).expect("memory");
        }
        "$repeat" => {
            let times = what[1].as_u64().and_then(|times| usize::try_from(times).ok()).expect("a count");
            text_of(out, what[0].as_str().expect("a text").repeat(times).as_bytes());
        }
        "$pairs" => {
            let pairs = what.as_array().expect("pairs");
            msgpack::write_map_len(out, length(pairs.len())).expect("memory");
            pairs.iter().flat_map(|pair| pair.as_array().expect("a pair")).for_each(|item| value(out, item));
        }
        other => panic!("{other} stands for nothing"),
    }
}

fn text_of(out: &mut Vec<u8>, text: &[u8]) {
    msgpack::write_str_len(out, length(text.len())).expect("memory");
    out.extend_from_slice(text);
}

fn decoded(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().expect("base64")).expect("base64")
}

fn length(length: usize) -> u32 {
    u32::try_from(length).expect("a length of msgpack")
}
