//! Which lines share a record of Firehose or Kinesis.
//!
//! Both bill each record as a multiple of a unit, so that short lines are cheaper together.

use std::ops::Range;

use super::NotTaken;
use crate::config::KeyReader;
use crate::encode::batch::Batch;

/// How lines are put into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregation {
    /// One line, one record.
    Off,
    /// As many whole lines as a record holds.
    Newline,
}

impl Aggregation {
    /// Reads the key `aggregate`.
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        match reader.choice("aggregate") {
            Some("newline") => Self::Newline,
            _ => Self::Off,
        }
    }

    /// The most lines of one request that has at most `max_records`. Records that are filled up reach the limit of bytes
    /// long before that of records.
    pub(super) fn max_lines(self, max_records: usize) -> usize {
        match self {
            Self::Off => max_records,
            Self::Newline => usize::MAX,
        }
    }

    /// The positions of each record's lines in the batch, for records of at most `max_bytes`; for the same batch always
    /// the same.
    pub(super) fn records(self, batch: &Batch, max_bytes: usize) -> Vec<Range<usize>> {
        let max = match self {
            Self::Off => 0,
            Self::Newline => max_bytes,
        };
        let mut records: Vec<Range<usize>> = Vec::new();
        let mut bytes = 0;
        for (position, line) in batch.items.iter().enumerate() {
            bytes += line.size;
            match records.last_mut() {
                Some(record) if bytes <= max => record.end = position + 1,
                _ => {
                    records.push(position..position + 1);
                    bytes = line.size;
                }
            }
        }
        records
    }
}

/// What is billed for these records of the batch, each as a multiple of `unit`, in bytes. The lines of a record are taken
/// together or not at all.
pub(super) fn billed_bytes(
    batch: &Batch,
    records: impl IntoIterator<Item = Range<usize>>,
    not_taken: &NotTaken,
    unit: usize,
) -> u64 {
    let bytes = |record: Range<usize>| -> usize {
        batch.items.get(record).unwrap_or_default().iter().map(|line| line.size).sum()
    };
    let taken = records.into_iter().filter(|record| !not_taken.contains(record.start));
    taken.map(|record| bytes(record).next_multiple_of(unit) as u64).sum()
}
