//! `stdout`: JSON lines on Fluent Bit's standard output.

use super::file::WRITE_LIMITS;
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Endpoint, NotTaken, Purpose, Reply, ReplyAction, Request, Vendor};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::Batch;
use crate::encode::template::RenderContext;

#[derive(Debug)]
struct StandardOutput {
    timestamp: TimestampField,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let vendor = StandardOutput { timestamp: TimestampField::read(reader) };
    Destination::new(common, WRITE_LIMITS, None, vendor)
}

impl Vendor for StandardOutput {
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        self.timestamp.write_line(common, entry, out)
    }

    fn billed_bytes(&self, _: &Batch, _: &NotTaken, sent: u64) -> u64 {
        sent
    }

    fn request(&self, batch: &Batch) -> Request {
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Stdout(batch.payload()) }
    }

    fn classify_reply(&self, _: &Common, _: Purpose, _: &Batch, _: &Reply) -> ReplyAction {
        ReplyAction::Delivered
    }
}
