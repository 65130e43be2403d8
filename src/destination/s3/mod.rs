//! Amazon S3: objects of NDJSON, filled in the spool or, with `upload_timeout 0`, one per chunk.
//!
//! API: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>, read 2026-11.

mod address;
mod key;
mod reply;
mod request;

use std::path::PathBuf;

use self::address::{Address, Bucket};
use self::key::ObjectKey;
use self::request::ObjectHeaders;
use super::body_compression::{gzip, zstd};
use super::object_store::{ObjectCall, ObjectEncoding, ObjectStore, PartBody, SpoolSettings};
use super::timestamp_field::TimestampField;
use super::{
    Destination, Encoded, Endpoint, NameLimit, Network, NotTaken, Purpose, Reply, ReplyAction, Request,
    Vendor, probe,
};
use crate::classify::classes::Entry;
use crate::config::{AwsEnvironments, Common, Identity, KeyReader, Problem};
use crate::encode::batch::{Batch, Limits};
use crate::encode::template::RenderContext;

/// A batch is what a chunk holds for one object. It is never split: half an object would need a name of its own.
const LIMITS: Limits = Limits { bytes: usize::MAX, records: usize::MAX, span_ms: None, ordered: false };

/// The largest object, from parts of 5 MiB, of which there may be 10,000
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>, read 2026-11).
const MAX_OBJECT_BYTES: u64 = 50_000_000_000;

/// The least `spool_limit`: below it, one busy container would be held up by its own spool.
const MIN_SPOOL_BYTES: u64 = 10_000_000;

/// One S3 destination.
#[derive(Debug)]
struct S3 {
    /// The destination's name, for hints.
    name: String,
    timestamp_field: TimestampField,
    key: ObjectKey,
    encoding: ObjectEncoding,
    address: Address,
    headers: ObjectHeaders,
    spool: Option<SpoolSettings>,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let bucket = Bucket::read(reader);
    let identity = Identity::read(reader, "", bucket.region(), environments);
    let network = Network::read_aws(reader, &identity);
    let encoding = match reader.choice("compress") {
        Some("zstd") => ObjectEncoding::Zstd,
        Some("none") => ObjectEncoding::Plain,
        _ => ObjectEncoding::Gzip,
    };
    let vendor = S3 {
        name: common.name.clone(),
        timestamp_field: TimestampField::read(reader),
        key: ObjectKey::read(reader, encoding),
        encoding,
        spool: read_spool(&common, reader, encoding),
        headers: ObjectHeaders::read(reader, encoding),
        address: Address::read(reader, environments, &identity, bucket),
    };
    Destination {
        name_limit: Some(NameLimit::read(&common.name, reader, &["key"])),
        advice: both_encodings(&common, reader, encoding),
        ..Destination::new(common, LIMITS, Some(network), vendor)
    }
}

impl S3 {
    fn call(&self, key: &str, call: &ObjectCall<'_>) -> Request {
        let request = request::request(&self.address, &self.headers, key, call);
        Request { purpose: Purpose::Deliver, endpoint: Endpoint::Http(request) }
    }

    fn put(&self, batch: &Batch) -> Request {
        let lines = batch.payload();
        let body = match self.encoding {
            ObjectEncoding::Plain => lines.to_bytes(),
            ObjectEncoding::Gzip => gzip(&lines).into(),
            // Should compression fail, plain lines are better than none.
            ObjectEncoding::Zstd => zstd(&lines).map_or_else(|| lines.to_bytes(), Into::into),
        };
        self.call(&String::from_utf8_lossy(batch.target()), &ObjectCall::Put(&PartBody::new(body)))
    }
}

/// A key that the user ended in `.gz` tells readers to unpack, and so does the header.
fn both_encodings(common: &Common, reader: &KeyReader<'_>, encoding: ObjectEncoding) -> Option<Problem> {
    let key = reader.written("key").filter(|key| key.ends_with(".gz"))?;
    let is_decided = encoding != ObjectEncoding::Gzip || reader.written("content_encoding").is_some();
    let name = &common.name;
    let what = format!(
        "'{key}' ends in .gz, and objects have Content-Encoding: gzip as well, so that some tools unpack them twice; \
         write {name}.content_encoding off, or auto to keep both"
    );
    (!is_decided).then(|| Problem { key: format!("{name}.key"), what })
}

/// `None` when `upload_timeout` is 0 and every chunk is uploaded at once.
fn read_spool(common: &Common, reader: &KeyReader<'_>, encoding: ObjectEncoding) -> Option<SpoolSettings> {
    let bucket = reader.text("bucket").unwrap_or_default();
    let settings = SpoolSettings {
        deflate_batches: encoding == ObjectEncoding::Gzip,
        dir: reader.text("spool_dir").map(PathBuf::from),
        label: format!("{}@{bucket}", common.name),
        object_size: reader.size("total_file_size"),
        object_age: reader.duration("upload_timeout"),
        limit: reader.size("spool_limit"),
    };
    if settings.object_age.is_zero() {
        for key in ["spool_dir", "total_file_size", "spool_limit"] {
            if reader.written(key).is_some() {
                reader.problem(key, "has no effect when upload_timeout is 0");
            }
        }
        return None;
    }
    if !(1..=MAX_OBJECT_BYTES).contains(&settings.object_size) {
        reader.problem("total_file_size", "must be between 1 and 50G");
    }
    if settings.limit < MIN_SPOOL_BYTES {
        reader.problem("spool_limit", "must be at least 10M");
    }
    Some(settings)
}

impl Vendor for S3 {
    fn store(&self) -> Option<&dyn ObjectStore> {
        Some(self)
    }

    fn target<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        match self.spool {
            Some(_) => self.key.render(entry, context, out),
            None => self.key.render_for_chunk(entry, context, out),
        }
    }

    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        _: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        self.timestamp_field.write_line(common, entry, out)
    }

    fn billed_bytes(&self, _: &Batch, _: &NotTaken, sent: u64) -> u64 {
        sent
    }

    fn request(&self, batch: &Batch) -> Request {
        if self.spool.is_none() {
            return self.put(batch);
        }
        let endpoint = Endpoint::Spool { name: batch.target().to_vec(), lines: batch.payload() };
        Request { purpose: Purpose::Deliver, endpoint }
    }

    fn classify_reply(&self, common: &Common, _: Purpose, _: &Batch, reply: &Reply) -> ReplyAction {
        match self.spool {
            Some(_) => ReplyAction::Delivered,
            None => reply::put(&common.name, reply),
        }
    }

    /// A part of an upload that nobody began: S3 looks at s3:PutObject first, then finds that there is no such upload.
    fn probe(&self) -> Request {
        let key = String::from_utf8_lossy(&probe::target(self)).into_owned();
        let body = PartBody::new(probe::NAME.into());
        self.call(&key, &ObjectCall::UploadPart { upload: probe::NAME, number: 1, body: &body })
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        reply::probe(&common.name, reply)
    }
}

impl ObjectStore for S3 {
    fn spool(&self) -> Option<&SpoolSettings> {
        self.spool.as_ref()
    }

    fn encoding(&self) -> ObjectEncoding {
        self.encoding
    }

    fn check_key(&self, key: &str) -> Result<(), &'static str> {
        key::check(key)
    }

    fn request(&self, key: &str, call: &ObjectCall<'_>) -> Request {
        self.call(key, call)
    }

    fn classify_reply(&self, call: &ObjectCall<'_>, reply: &Reply) -> ReplyAction {
        reply::classify(&self.name, call, reply)
    }

    fn upload_id(&self, reply: &Reply) -> Option<String> {
        reply::upload_id(reply)
    }

    fn set_region(&self, region: &str) {
        self.address.set_region(region);
    }
}

#[cfg(test)]
mod tests;
