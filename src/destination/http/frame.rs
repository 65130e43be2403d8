//! What is around the records of a body and between them.

use bytes::Bytes;

use crate::config::KeyReader;
use crate::encode::batch::Batch;
use crate::encode::payload::Payload;

/// How the records of a body are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFormat {
    Array,
    Lines,
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) format: BodyFormat,
    prefix: Bytes,
    suffix: Bytes,
}

impl Frame {
    /// Reads the keys `format`, `batch_prefix` and `batch_suffix`. `records`: how many a request may hold.
    pub(super) fn read(reader: &KeyReader<'_>, has_template: bool, records: usize) -> Self {
        let format =
            if reader.choice("format") == Some("ndjson") { BodyFormat::Lines } else { BodyFormat::Array };
        let prefix = reader.written("batch_prefix");
        let suffix = reader.written("batch_suffix");
        if !has_template {
            let written = [("batch_prefix", &prefix), ("batch_suffix", &suffix)];
            for (key, _) in written.into_iter().filter(|(_, text)| text.is_some()) {
                reader.problem(key, "has no effect without body");
            }
        }
        let is_list = format == BodyFormat::Array && !(has_template && records == 1);
        let (open, close) = match is_list && prefix.is_none() && suffix.is_none() {
            true => ("[", "]"),
            false => ("", ""),
        };
        let text =
            |written: Option<String>, default: &str| Bytes::from(written.unwrap_or(default.to_owned()));
        Self { format, prefix: text(prefix, open), suffix: text(suffix, close) }
    }

    pub(super) const fn content_type(&self) -> &'static str {
        match self.format {
            BodyFormat::Array => "application/json",
            BodyFormat::Lines => "application/x-ndjson",
        }
    }

    /// The byte after every record.
    pub(super) const fn terminator(&self) -> u8 {
        match self.format {
            BodyFormat::Array => b',',
            BodyFormat::Lines => b'\n',
        }
    }

    /// Bytes that a body has besides its records and their terminators.
    pub(super) fn overhead(&self) -> usize {
        let around = self.prefix.len() + self.suffix.len();
        match self.format {
            // In place of the last comma.
            BodyFormat::Array => around.saturating_sub(1),
            BodyFormat::Lines => around,
        }
    }

    /// The body of a batch whose records each end with the terminator.
    pub(super) fn body(&self, batch: &Batch) -> Payload {
        match self.format {
            BodyFormat::Lines if self.prefix.is_empty() && self.suffix.is_empty() => batch.payload(),
            BodyFormat::Lines => {
                let end = [b"\n".as_slice(), &self.suffix].concat();
                batch.payload_between(self.prefix.clone(), end)
            }
            BodyFormat::Array => batch.payload_between(self.prefix.clone(), self.suffix.clone()),
        }
    }

    /// The body of records that lack their terminators.
    pub(super) fn join(&self, records: &[Vec<u8>]) -> Vec<u8> {
        let mut body = self.prefix.to_vec();
        body.extend(records.join(&self.terminator()));
        if self.format == BodyFormat::Lines {
            body.push(b'\n');
        }
        body.extend_from_slice(&self.suffix);
        body
    }
}
