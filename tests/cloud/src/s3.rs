//! S3: buckets, objects and multipart uploads.
//!
//! Owns the store and single objects. `address` finds bucket and key, `metadata` has the rules for
//! headers, `checksum` those for checksums, `multipart` the uploads in parts. API reference:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/> (read 2026-11). An error inside a 200, as
//! CompleteMultipartUpload may answer it, is scripted: `Fault::aws(200, "InternalError")`.

mod address;
mod checksum;
mod metadata;
mod multipart;
mod query;
mod xml;

use std::collections::BTreeMap;

use bytes::Bytes;
use md5::{Digest, Md5};

pub(crate) use self::address::{api_of, is_meant};
use self::{address::Address, multipart::Upload};
pub use self::{multipart::S3Upload, query::S3};
use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
    route::Api,
    sigv4::Authorization,
};

/// An object as S3 keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Object {
    /// The content, as sent: still compressed if it was.
    pub bytes: Bytes,
    /// The headers that are kept or that decide how it is kept: `content-*`, `cache-control`, `x-amz-*`.
    pub headers: BTreeMap<String, String>,
    /// The entity tag, with its quotes.
    pub etag: String,
    /// Number of parts; 0 if it was put in one piece.
    pub parts: usize,
    /// How often the key was written.
    pub writes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// Where it is; anywhere if absent.
    region: Option<String>,
    acls: bool,
    object_lock: bool,
    objects: BTreeMap<String, S3Object>,
    uploads: BTreeMap<String, Upload>,
}

/// All buckets.
#[derive(Debug, Default)]
pub(crate) struct Store {
    buckets: BTreeMap<String, Bucket>,
    uploads_begun: usize,
}

impl Store {
    pub(crate) fn create_bucket(&mut self, name: &str, region: Option<&str>) {
        self.buckets.entry(name.to_owned()).or_default().region = region.map(str::to_owned);
    }

    /// The bucket, if it is there and the request is signed for its region.
    fn bucket(&mut self, name: &str, request: &Received) -> Result<&mut Bucket, Refusal> {
        let missing = || Refusal::state("NoSuchBucket", "The specified bucket does not exist").status(404);
        let bucket = self.buckets.get_mut(name).ok_or_else(missing)?;
        let signed = request.header("authorization").and_then(|header| Authorization::parse(header).ok());
        match (&bucket.region, signed) {
            (Some(region), Some(signed)) if *region != signed.region => Err(elsewhere(region)),
            _ => Ok(bucket),
        }
    }
}

fn elsewhere(region: &str) -> Refusal {
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send \
                   all future requests to this endpoint.";
    Refusal::state("PermanentRedirect", message).status(301).header("x-amz-bucket-region", region)
}

impl Bucket {
    /// Refuses to write over an object if the request asks for that.
    fn check_precondition(&self, key: &str, request: &Received) -> Result<(), Refusal> {
        match request.header("if-none-match") {
            None => Ok(()),
            Some("*") if self.objects.contains_key(key) => {
                let message = "At least one of the pre-conditions you specified did not hold";
                Err(Refusal::state("PreconditionFailed", message).status(412))
            }
            Some("*") => Ok(()),
            Some(other) => {
                Err(Refusal::broken("NotImplemented", format!("If-None-Match: {other}")).status(501))
            }
        }
    }

    /// Writes an object and counts how often that happened.
    fn write(&mut self, key: &str, mut object: S3Object) {
        object.writes += self.objects.get(key).map_or(0, |old| old.writes);
        self.objects.insert(key.to_owned(), object);
    }
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let address = Address::of(request)?;
    if matches!(request.api, Api::PutObject | Api::UploadPart) && request.header("content-length").is_none() {
        let message = "You must provide the Content-Length HTTP header.";
        return Err(Refusal::broken("MissingContentLength", message).status(411));
    }
    match request.api {
        Api::PutObject => put_object(core, request, &address),
        Api::HeadBucket => head_bucket(core, request, &address),
        Api::HeadObject | Api::GetObject => get_object(core, request, &address),
        _ => multipart::serve(core, request, &address),
    }
}

fn put_object(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    address.check_key()?;
    let mut store = core.s3.lock();
    let bucket = store.bucket(&address.bucket, request)?;
    let headers = metadata::of(request, bucket)?;
    let checked = checksum::check(request)?;
    if bucket.object_lock && checked.is_empty() {
        let message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock \
                       parameters";
        return Err(Refusal::broken("InvalidRequest", message));
    }
    bucket.check_precondition(&address.key, request)?;
    let etag = etag(&request.body);
    let object = S3Object { bytes: request.body.clone(), headers, etag: etag.clone(), parts: 0, writes: 1 };
    bucket.write(&address.key, object);
    Ok(Reply::empty(200).header("etag", &etag))
}

fn head_bucket(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let mut store = core.s3.lock();
    let bucket = store.bucket(&address.bucket, request)?;
    metadata::check_owner(request)?;
    let region = bucket.region.as_deref().unwrap_or("us-east-1");
    Ok(Reply::empty(200).header("x-amz-bucket-region", region))
}

fn get_object(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let mut store = core.s3.lock();
    let bucket = store.bucket(&address.bucket, request)?;
    let missing = || Refusal::state("NoSuchKey", "The specified key does not exist.").status(404);
    let object = bucket.objects.get(&address.key).ok_or_else(missing)?;
    let reply = Reply { body: object.bytes.clone(), ..Reply::empty(200) }.header("etag", &object.etag);
    Ok(object.headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value)))
}

/// The entity tag of content in one piece.
fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(&Md5::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
