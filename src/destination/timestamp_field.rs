//! A record with its time as its first field, for destinations whose wire form has no other place for the time.

use jiff::fmt::temporal::DateTimePrinter;

use super::{Encoded, content, reserved};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::run_cache::RunCache;
use crate::input::record::{Field, Record, Timestamp, Value};
use crate::json::Writer;

#[derive(Debug)]
pub(super) struct TimestampField {
    /// The name of the field; `None` when the time is not written.
    key: Option<String>,
    pub(super) runs: RunCache,
}

impl TimestampField {
    /// Reads the key `date_key`.
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let key = reader.text("date_key").filter(|key| !key.eq_ignore_ascii_case("off"));
        Self { key, runs: RunCache::default() }
    }

    /// Like [`content::write`], with the time as the first field of a whole record.
    pub(super) fn write(&self, common: &Common, entry: &Entry<'_, '_, '_>, out: &mut Writer<'_, false>) {
        match &self.key {
            Some(key) if content::is_record(common, entry) => {
                if entry.record.get(key.as_bytes()).is_none() {
                    return self.write_with_time(key, entry.record, out);
                }
                let free = reserved::renamed(key.as_bytes(), entry.record.fields);
                let fields = with_own_renamed(entry.record, key, &free);
                self.write_with_time(key, &entry.record.with_fields(&fields), out);
            }
            _ => content::write(common, &self.runs, entry, out),
        }
    }

    fn write_with_time(&self, key: &str, record: &Record<'_, '_>, out: &mut Writer<'_, false>) {
        self.runs.write_record(record, out, |writer| {
            writer.string(key.as_bytes());
            writer.raw(b":\"");
            writer.raw(Rfc3339::new(record.time).text());
            writer.raw(b"\"");
            true
        });
    }

    /// Writes the entry and a newline.
    pub(super) fn write_line(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let start = out.len();
        let mut writer = Writer::<false>::new(out);
        self.write(common, entry, &mut writer);
        writer.raw(b"\n");
        Encoded::Complete { size: out.len() - start }
    }

    /// Like [`content::cut`]; a whole record keeps its time.
    pub(super) fn cut(&self, common: &Common, entry: &Entry<'_, '_, '_>, max: usize) -> Vec<u8> {
        let Some(key) = self.key.as_ref().filter(|_| content::is_record(common, entry)) else {
            return content::cut(common, entry, max);
        };
        let time_text = Rfc3339::new(entry.record.time);
        let time_field = Field { key: Value::Text(key.as_bytes()), value: Value::Text(time_text.text()) };
        let free = reserved::renamed(key.as_bytes(), entry.record.fields);
        let fields = [&[time_field], with_own_renamed(entry.record, key, &free).as_slice()].concat();
        let record = entry.record.with_fields(&fields);
        content::cut(common, &Entry { record: &record, ..*entry }, max)
    }
}

/// The record's fields, its own field of the name `key` under the name `free`.
fn with_own_renamed<'c>(record: &Record<'c, '_>, key: &str, free: &'c [u8]) -> Vec<Field<'c>> {
    let mut fields = record.fields.to_vec();
    for field in &mut fields {
        if field.key.text() == Some(key.as_bytes()) {
            field.key = Value::Text(free);
        }
    }
    fields
}

/// A time as RFC 3339 text. It is written for every record, so it lives on the stack.
pub(super) struct Rfc3339 {
    bytes: [u8; Rfc3339::MAX_BYTES],
    length: usize,
}

impl Rfc3339 {
    /// Years before 0 have a sign and six digits.
    const MAX_BYTES: usize = "-009999-01-01T00:00:00.000000000Z".len();

    /// Empty for a time that the calendar does not cover.
    pub(super) fn new(time: Timestamp) -> Self {
        let nanos = i32::try_from(time.nanos).unwrap_or_default();
        let mut text = Self { bytes: [0; Self::MAX_BYTES], length: 0 };
        if let Ok(time) = jiff::Timestamp::new(time.seconds, nanos) {
            // Every time of the calendar fits.
            DateTimePrinter::new().print_timestamp(&time, &mut text).ok();
        }
        text
    }

    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl jiff::fmt::Write for Rfc3339 {
    fn write_str(&mut self, text: &str) -> Result<(), jiff::Error> {
        let end = self.length + text.len();
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(text.as_bytes());
            self.length = end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_its_text_or_none() {
        let cases = [
            (0, 0, "1970-01-01T00:00:00Z"),
            (1_795_000_000, 120_000_000, "2026-11-18T11:06:40.12Z"),
            (-1, 1, "1969-12-31T23:59:59.000000001Z"),
            (-377_705_023_201, 1, "-009999-01-02T01:59:59.000000001Z"),
            (i64::MAX, 0, ""),
        ];
        for (seconds, nanos, text) in cases {
            assert_eq!(String::from_utf8_lossy(Rfc3339::new(Timestamp { seconds, nanos }).text()), text);
        }
    }
}
