//! `file`: JSON lines appended to local files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::timestamp_field::TimestampField;
use super::{
    Destination, Encoded, Endpoint, NameLimit, NotTaken, Purpose, Reply, ReplyAction, Request, Vendor,
};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::{NameKind, RenderContext, Template};

/// Permission bits of new files when `mode` is not set.
const DEFAULT_MODE: u32 = 0o600;

/// Limits of one write, so that a file or standard output grows in steps that a reader can follow.
pub(super) const WRITE_LIMITS: Limits =
    Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

#[derive(Debug)]
struct LocalFile {
    path: Template,
    /// Permission bits of new files.
    mode: u32,
    timestamp: TimestampField,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>) -> Destination {
    let path = reader.template("path", NameKind::FilePath);
    let mode = reader.choice("mode").and_then(|mode| u32::from_str_radix(mode, 8).ok());
    let name_limit = Some(NameLimit::read(&common.name, reader, &["path"]));
    let mode = mode.unwrap_or(DEFAULT_MODE);
    let vendor = LocalFile { path, mode, timestamp: TimestampField::read(reader) };
    Destination { name_limit, ..Destination::new(common, WRITE_LIMITS, None, vendor) }
}

impl Vendor for LocalFile {
    /// The path is the target.
    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        self.path.render(entry, context, out)
    }

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
        let path = PathBuf::from(OsStr::from_bytes(batch.target()));
        let endpoint = Endpoint::File { path, mode: self.mode, lines: batch.payload() };
        Request { purpose: Purpose::Deliver, endpoint }
    }

    fn classify_reply(&self, _: &Common, _: Purpose, _: &Batch, _: &Reply) -> ReplyAction {
        ReplyAction::Delivered
    }
}
