//! `file` and `stdout`: JSON lines on this machine, the destinations that need no cloud.

use std::path::PathBuf;

use super::{Destination, Encoded, Judgement, Network, Outlet, Purpose, Reply, Request, payload};
use crate::batch::{Batch, Limits};
use crate::classify::Entry;
use crate::config::{Common, Reader};
use crate::json::Writer;
use crate::template::{Names, Scene, Template};

/// One line per record, in files or on standard output.
#[derive(Debug)]
pub(super) struct Lines {
    common: Common,
    /// `None` is standard output.
    path: Option<Template>,
    date_key: Option<String>,
}

impl Lines {
    pub(super) fn file(common: Common, reader: &Reader<'_>) -> Self {
        let path = Some(reader.template("path", Names::FilePath));
        Self { common, path, date_key: date_key(reader) }
    }

    pub(super) fn stdout(common: Common, reader: &Reader<'_>) -> Self {
        Self { common, path: None, date_key: date_key(reader) }
    }
}

pub(super) fn date_key(reader: &Reader<'_>) -> Option<String> {
    reader.text("date_key").filter(|key| !key.eq_ignore_ascii_case("off"))
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
        scene: &Scene<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        self.path.as_ref().and_then(|path| path.render(entry, scene, out))
    }

    fn encode(&self, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) -> Encoded {
        line(&self.common, self.date_key.as_deref(), entry, out)
    }

    fn request(&self, batch: &Batch) -> Request {
        let mut lines = Vec::with_capacity(batch.wire_len());
        batch.copy_into(&mut lines);
        let outlet = match self.path {
            Some(_) => Outlet::File { path: path_of(batch.target()), lines: lines.into() },
            None => Outlet::Stdout(lines.into()),
        };
        Request { purpose: Purpose::Deliver, outlet }
    }

    fn judge(&self, _: Purpose, _: &Batch, _: &Reply) -> Judgement {
        Judgement::Delivered
    }
}

/// Appends the entry as one line: a record begins with its time.
pub(super) fn line(
    common: &Common,
    date_key: Option<&str>,
    entry: &Entry<'_, '_, '_>,
    out: &mut Vec<u8>,
) -> Encoded {
    let start = out.len();
    let mut writer = Writer::<false>::new(out);
    match (date_key, entry.stop, &common.log_key) {
        (Some(key), None, None) => writer.record(entry.record, |writer| {
            writer.string(key.as_bytes());
            writer.raw(b":\"");
            writer.raw(date(entry).as_bytes());
            writer.raw(b"\"");
            true
        }),
        _ => payload::write(common, entry, &mut writer),
    }
    writer.raw(b"\n");
    Encoded::Whole { size: out.len() - start }
}

fn date(entry: &Entry<'_, '_, '_>) -> String {
    let time = entry.record.time;
    let nanos = i32::try_from(time.nanos).unwrap_or_default();
    jiff::Timestamp::new(time.seconds, nanos).map_or_else(|_| String::new(), |time| time.to_string())
}

fn path_of(target: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(target))
}
