//! `file` and `stdout`: JSON lines on this machine, the destinations that need no cloud.

use std::path::PathBuf;

use super::timestamp_field::TimestampField;
use super::{Destination, Encoded, Endpoint, Network, Purpose, Reply, ReplyAction, Request};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::{NameKind, RenderContext, Template};

/// One line per record, in files or on standard output.
#[derive(Debug)]
pub(super) struct Lines {
    common: Common,
    /// `None` is standard output.
    path: Option<Template>,
    /// Permission bits of files that are made.
    mode: u32,
    dated: TimestampField,
}

impl Lines {
    pub(super) fn file(common: Common, reader: &KeyReader<'_>) -> Self {
        let path = Some(reader.template("path", NameKind::FilePath));
        let mode = reader.choice("mode").and_then(|mode| u32::from_str_radix(mode, 8).ok()).unwrap_or(0o600);
        Self { common, path, mode, dated: TimestampField::read(reader) }
    }

    pub(super) fn stdout(common: Common, reader: &KeyReader<'_>) -> Self {
        Self { common, path: None, mode: 0, dated: TimestampField::read(reader) }
    }
}

/// One write holds at most this much, so that a file grows in steps another reader can follow.
const LIMITS: Limits = Limits { bytes: 8 << 20, records: usize::MAX, span_ms: None, ordered: false };

impl Destination for Lines {
    fn common(&self) -> &Common {
        &self.common
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    fn network(&self) -> Option<&Network> {
        None
    }

    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        scene: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        self.path.as_ref().and_then(|path| path.render(entry, scene, out))
    }

    fn encode(&self, entry: &Entry<'_, '_, '_>, _: &RenderContext<'_>, out: &mut Vec<u8>) -> Encoded {
        self.dated.line(&self.common, entry, out)
    }

    fn request(&self, batch: &Batch) -> Request {
        let lines = batch.payload();
        let endpoint = match self.path {
            Some(_) => Endpoint::File { path: path_of(batch.target()), mode: self.mode, lines },
            None => Endpoint::Stdout(lines),
        };
        Request { purpose: Purpose::Deliver, endpoint }
    }

    fn classify_reply(&self, _: Purpose, _: &Batch, _: &Reply) -> ReplyAction {
        ReplyAction::Delivered
    }
}

fn path_of(target: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(target))
}
