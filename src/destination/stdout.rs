//! `stdout`: JSON lines on Fluent Bit's standard output.

use super::file::WRITE_LIMITS;
use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Endpoint, Network, Purpose, Reply, ReplyAction, Request};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

#[derive(Debug)]
pub(super) struct StandardOutput {
    common: Common,
    timestamp: TimestampField,
}

impl StandardOutput {
    pub(super) fn read(common: Common, reader: &KeyReader<'_>) -> Self {
        Self { common, timestamp: TimestampField::read(reader) }
    }
}

impl Destination for StandardOutput {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        WRITE_LIMITS
    }

    fn network(&self) -> Option<&Network> {
        None
    }

    fn target<'t>(
        &'t self,
        _: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        _: &mut Vec<u8>,
    ) -> Option<&'t str> {
        None
    }

    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        self.timestamp.write_line(&self.common, entry, out)
    }

    fn request(&self, batch: &Batch) -> Request {
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Stdout(batch.payload()) }
    }

    fn classify_reply(&self, _: Purpose, _: &Batch, _: &Reply) -> ReplyAction {
        ReplyAction::Delivered
    }
}
