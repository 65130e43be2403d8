//! Multipart uploads: begun, filled, completed or aborted.
//!
//! Limits: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html> (read 2026-11).

use std::collections::BTreeMap;

use bytes::Bytes;
use md5::{Digest, Md5};

use super::{
    Bucket, S3Object,
    address::{Address, parameter},
    checksum, etag, hex, metadata, xml,
};
use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
    route::Api,
};

const MAX_PART_NUMBER: u32 = 10_000;
/// Of every part but the last.
const MIN_PART_BYTES: usize = 5 * 1024 * 1024;

/// An upload that was neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Upload {
    /// The key it will become.
    pub key: String,
    /// Its id.
    pub upload_id: String,
    /// Numbers and sizes of its parts.
    pub parts: BTreeMap<u32, usize>,
}

#[derive(Debug)]
struct Part {
    bytes: Bytes,
    etag: String,
}

#[derive(Debug)]
pub(super) struct Upload {
    pub(super) key: String,
    headers: BTreeMap<String, String>,
    parts: BTreeMap<u32, Part>,
}

impl Upload {
    pub(super) fn public(&self, id: &str) -> S3Upload {
        let parts = self.parts.iter().map(|(number, part)| (*number, part.bytes.len())).collect();
        S3Upload { key: self.key.clone(), upload_id: id.to_owned(), parts }
    }

    /// The algorithm that every part has to be checked with, in lower case.
    fn algorithm(&self) -> Option<String> {
        self.headers.get("x-amz-checksum-algorithm").map(|name| name.to_ascii_lowercase())
    }

    /// Whether the request to complete has to repeat the checksums of the parts.
    fn is_composite(&self) -> bool {
        let full = self.headers.get("x-amz-checksum-type").is_some_and(|kind| kind == "FULL_OBJECT");
        !full && self.algorithm().is_some_and(|name| name != "crc64nvme")
    }
}

pub(super) fn serve(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    match request.api {
        Api::CreateMultipartUpload => create(core, request, address),
        Api::UploadPart => upload_part(core, request, address),
        Api::CompleteMultipartUpload => complete(core, request, address),
        Api::AbortMultipartUpload => abort(core, request, address),
        Api::ListParts => list_parts(core, request, address),
        _ => list_uploads(core, request, address),
    }
}

fn create(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    address.check_key()?;
    let mut store = core.s3.lock();
    store.uploads_begun += 1;
    let id = format!("upload-{}", store.uploads_begun);
    let bucket = store.bucket(&address.bucket, request)?;
    let headers = metadata::of(request, bucket)?;
    let upload = Upload { key: address.key.clone(), headers, parts: BTreeMap::new() };
    bucket.uploads.insert(id.clone(), upload);
    Ok(document(
        "InitiateMultipartUploadResult",
        &[("Bucket", &address.bucket), ("Key", &address.key), ("UploadId", &id)],
    ))
}

fn upload_part(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let number = parameter(&request.query, "partNumber").and_then(|number| number.parse().ok());
    let number = number.filter(|number| (1..=MAX_PART_NUMBER).contains(number)).ok_or_else(|| {
        Refusal::broken("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    })?;
    let checked = checksum::check(request)?;
    let mut store = core.s3.lock();
    let (_, upload) = find(store.bucket(&address.bucket, request)?, request, address)?;
    if let Some(algorithm) = upload.algorithm().filter(|algorithm| !checked.contains(algorithm)) {
        let message = format!(
            "Checksum Type mismatch occurred, expected checksum Type: {algorithm}, actual: {checked:?}"
        );
        return Err(Refusal::broken("InvalidRequest", message));
    }
    let etag = etag(&request.body);
    upload.parts.insert(number, Part { bytes: request.body.clone(), etag: etag.clone() });
    Ok(Reply::empty(200).header("etag", &etag))
}

fn complete(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let mut store = core.s3.lock();
    let bucket = store.bucket(&address.bucket, request)?;
    bucket.check_precondition(&address.key, request)?;
    let (id, upload) = find(bucket, request, address)?;
    let object = assembled(upload, &request.text())?;
    let etag = object.etag.clone();
    bucket.uploads.remove(&id);
    bucket.write(&address.key, object);
    Ok(document(
        "CompleteMultipartUploadResult",
        &[("Bucket", &address.bucket), ("Key", &address.key), ("ETag", &etag)],
    ))
}

/// The object that the parts named in a request make together.
fn assembled(upload: &Upload, body: &str) -> Result<S3Object, Refusal> {
    let named = named_parts(upload, body)?;
    let (last, others) = named.split_last().ok_or_else(|| malformed("no parts"))?;
    if others.iter().any(|part| part.bytes.len() < MIN_PART_BYTES) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(Refusal::broken("EntityTooSmall", message));
    }
    let bytes = others.iter().chain([last]).map(|part| part.bytes.as_ref()).collect::<Vec<_>>().concat();
    let digests = named.iter().flat_map(|part| Md5::digest(&part.bytes)).collect::<Vec<_>>();
    let etag = format!("\"{}-{}\"", hex(&Md5::digest(digests)), named.len());
    Ok(S3Object { bytes: bytes.into(), headers: upload.headers.clone(), etag, parts: named.len(), writes: 1 })
}

fn named_parts<'a>(upload: &'a Upload, body: &str) -> Result<Vec<&'a Part>, Refusal> {
    let mut parts = Vec::new();
    let mut before = 0;
    for element in xml::all(body, "Part") {
        let number = xml::one(element, "PartNumber").and_then(|number| number.parse().ok());
        let number: u32 = number.ok_or_else(|| malformed("a part has no number"))?;
        if number <= before {
            let message =
                "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(Refusal::broken("InvalidPartOrder", message));
        }
        before = number;
        parts.push(named_part(upload, number, element)?);
    }
    Ok(parts)
}

fn named_part<'a>(upload: &'a Upload, number: u32, element: &str) -> Result<&'a Part, Refusal> {
    let tag = xml::one(element, "ETag").unwrap_or_default();
    let part = upload.parts.get(&number).filter(|part| part.etag.trim_matches('"') == tag.trim_matches('"'));
    let part = part.ok_or_else(|| {
        Refusal::broken(
            "InvalidPart",
            format!("One or more of the specified parts could not be found: {number}"),
        )
    })?;
    match upload.algorithm().filter(|_| upload.is_composite()) {
        Some(algorithm) => check_composite(part, number, &algorithm, element),
        None => Ok(()),
    }?;
    Ok(part)
}

fn check_composite(part: &Part, number: u32, algorithm: &str, element: &str) -> Result<(), Refusal> {
    let claimed = xml::one(element, &format!("Checksum{}", algorithm.to_ascii_uppercase()));
    match claimed {
        Some(claimed) if Some(&claimed) == checksum::of(algorithm, &part.bytes).as_ref() => Ok(()),
        Some(_) => {
            Err(Refusal::broken("InvalidPart", format!("the checksum of part {number} is another one")))
        }
        None => Err(Refusal::broken(
            "InvalidRequest",
            format!(
                "The upload was created using a {algorithm} checksum. The complete request must include the checksum \
                 for each part. It was missing for part {number} in the request."
            ),
        )),
    }
}

fn abort(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let mut store = core.s3.lock();
    let bucket = store.bucket(&address.bucket, request)?;
    let (id, _) = find(bucket, request, address)?;
    bucket.uploads.remove(&id);
    Ok(Reply::empty(204))
}

fn list_parts(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let mut store = core.s3.lock();
    let (id, upload) = find(store.bucket(&address.bucket, request)?, request, address)?;
    let part = |(number, part): (&u32, &Part)| {
        let (number, size) = (number.to_string(), part.bytes.len().to_string());
        let fields = [("PartNumber", &number), ("ETag", &part.etag), ("Size", &size)];
        format!("<Part>{}</Part>", fields.map(|(name, text)| xml::element(name, text)).concat())
    };
    let parts: String = upload.parts.iter().map(part).collect();
    let head = [("Bucket", &address.bucket), ("Key", &address.key), ("UploadId", &id)];
    let head = head.map(|(name, text)| xml::element(name, text)).concat();
    let body = format!("{head}<IsTruncated>false</IsTruncated>{parts}");
    Ok(Reply::new(200, "application/xml", xml::document("ListPartsResult", &body)))
}

fn list_uploads(core: &Core, request: &Received, address: &Address) -> Result<Reply, Refusal> {
    let prefix = parameter(&request.query, "prefix").unwrap_or_default();
    let mut store = core.s3.lock();
    let bucket = store.bucket(&address.bucket, request)?;
    let uploads = bucket.uploads.iter().filter(|(_, upload)| upload.key.starts_with(&prefix));
    let uploads: String = uploads
        .map(|(id, upload)| {
            format!("<Upload>{}{}</Upload>", xml::element("Key", &upload.key), xml::element("UploadId", id))
        })
        .collect();
    let body =
        format!("{}<IsTruncated>false</IsTruncated>{uploads}", xml::element("Bucket", &address.bucket));
    Ok(Reply::new(200, "application/xml", xml::document("ListMultipartUploadsResult", &body)))
}

/// The upload a request names, and its id.
fn find<'a>(
    bucket: &'a mut Bucket,
    request: &Received,
    address: &Address,
) -> Result<(String, &'a mut Upload), Refusal> {
    let id = parameter(&request.query, "uploadId").unwrap_or_default();
    let upload = bucket.uploads.get_mut(&id).filter(|upload| upload.key == address.key);
    let message = "The specified multipart upload does not exist. The upload ID might be invalid, or the multipart \
                   upload might have been aborted or completed.";
    upload.map(|upload| (id, upload)).ok_or_else(|| Refusal::state("NoSuchUpload", message).status(404))
}

fn document(root: &str, fields: &[(&str, &str)]) -> Reply {
    let content: String = fields.iter().map(|(name, text)| xml::element(name, text)).collect();
    Reply::new(200, "application/xml", xml::document(root, &content))
}

fn malformed(detail: &str) -> Refusal {
    Refusal::broken("MalformedXML", format!("The XML you provided was not well-formed: {detail}"))
}
