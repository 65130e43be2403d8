//! Which lines share a record of Firehose.
//!
//! Firehose bills each record as a multiple of 5 KB, so that short lines are cheaper together
//! (<https://aws.amazon.com/firehose/pricing/>, read 2026-11).

use std::ops::Range;

use crate::config::KeyReader;
use crate::destination::firehose_record::MAX_RECORD_BYTES;
use crate::encode::batch::Batch;

/// The most records of one request.
pub(super) const MAX_RECORDS: usize = 500;

/// What a record's length is rounded up to for the bill, in bytes.
const BILLING_UNIT: usize = 5 * 1024;

/// How lines are put into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregation {
    /// One line, one record.
    Off,
    /// As many whole lines as a record holds.
    Newline,
}

impl Aggregation {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        match reader.choice("aggregate") {
            Some("newline") => Self::Newline,
            _ => Self::Off,
        }
    }

    /// The most lines of one request. Records that are filled up reach the limit of bytes long before that of records.
    pub(super) fn max_lines(self) -> usize {
        match self {
            Self::Off => MAX_RECORDS,
            Self::Newline => usize::MAX,
        }
    }

    /// The positions of each record's lines in the batch; for the same batch always the same.
    pub(super) fn records(self, batch: &Batch) -> Vec<Range<usize>> {
        let max = match self {
            Self::Off => 0,
            Self::Newline => MAX_RECORD_BYTES,
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

    /// What Firehose bills for the batch, in bytes.
    pub(super) fn billed_bytes(self, batch: &Batch) -> u64 {
        let bytes = |record: Range<usize>| -> usize {
            batch.items.get(record).unwrap_or_default().iter().map(|line| line.size).sum()
        };
        self.records(batch)
            .into_iter()
            .map(|record| bytes(record).next_multiple_of(BILLING_UNIT) as u64)
            .sum()
    }
}
