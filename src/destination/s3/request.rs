//! The HTTP requests of S3's API, and the headers that objects are configured to have.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use percent_encoding::utf8_percent_encode;
use sha2::{Digest as _, Sha256};

use super::address::{Address, ENCODED_IN_QUERY};
use crate::config::KeyReader;
use crate::destination::HttpRequest;
use crate::destination::object_store::{ObjectCall, ObjectEncoding, UploadedPart};

/// The most tags of one object: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>, read 2026-11.
const MAX_TAGS: usize = 10;

/// Headers that are the same for all objects, from the settings.
#[derive(Debug)]
pub(super) struct ObjectHeaders {
    /// Sent with the request that creates an object: storage class, encryption, tags.
    on_create: HeaderMap,
    expected_owner: Option<HeaderValue>,
    if_none_match: bool,
}

impl ObjectHeaders {
    pub(super) fn read(reader: &KeyReader<'_>, encoding: ObjectEncoding) -> Self {
        let sse = reader.choice("sse");
        let kms_key = reader.text("sse_kms_key_id");
        if kms_key.is_some() && !sse.is_some_and(|sse| sse.starts_with("aws:kms")) {
            reader.problem("sse_kms_key_id", "has no effect unless sse is aws:kms or aws:kms:dsse");
        }
        let content_encoding = match encoding {
            _ if reader.choice("content_encoding") == Some("off") => None,
            ObjectEncoding::Plain => None,
            ObjectEncoding::Gzip => Some("gzip"),
            ObjectEncoding::Zstd => Some("zstd"),
        };
        let headers = [
            ("content-type", "content_type", reader.text("content_type")),
            ("content-encoding", "compress", content_encoding.map(str::to_owned)),
            ("x-amz-storage-class", "storage_class", reader.choice("storage_class").map(str::to_owned)),
            ("x-amz-server-side-encryption", "sse", sse.map(str::to_owned)),
            ("x-amz-server-side-encryption-aws-kms-key-id", "sse_kms_key_id", kms_key),
            ("x-amz-acl", "canned_acl", reader.choice("canned_acl").map(str::to_owned)),
            ("x-amz-tagging", "tags", tags(reader)),
        ];
        let mut on_create = HeaderMap::new();
        for (name, key, value) in headers {
            if let Some(value) = value.and_then(|value| header_value(reader, key, &value)) {
                on_create.insert(HeaderName::from_static(name), value);
            }
        }
        let owner = reader.text("expected_bucket_owner");
        if owner.as_ref().is_some_and(|owner| owner.len() != 12 || owner.parse::<u64>().is_err()) {
            reader.problem("expected_bucket_owner", "must be the twelve digits of an AWS account");
        }
        let expected_owner = owner.and_then(|owner| header_value(reader, "expected_bucket_owner", &owner));
        Self { on_create, expected_owner, if_none_match: reader.flag("if_none_match") }
    }
}

fn header_value(reader: &KeyReader<'_>, key: &str, value: &str) -> Option<HeaderValue> {
    let header = HeaderValue::from_str(value).ok();
    if header.is_none() {
        reader.problem(key, format!("'{value}' cannot stand in a header"));
    }
    header
}

fn tags(reader: &KeyReader<'_>) -> Option<String> {
    let tags = reader.pairs("tags");
    if tags.len() > MAX_TAGS {
        reader
            .problem("tags", format!("{} tags are more than the {MAX_TAGS} an object can have", tags.len()));
    }
    let encode = |text: &str| utf8_percent_encode(text, ENCODED_IN_QUERY).to_string();
    let pairs: Vec<_> =
        tags.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

pub(super) fn request(
    address: &Address,
    settings: &ObjectHeaders,
    key: &str,
    call: &ObjectCall<'_>,
) -> HttpRequest {
    let (method, query) = match call {
        ObjectCall::Put(_) => (Method::PUT, String::new()),
        ObjectCall::Begin => (Method::POST, "?uploads=".to_owned()),
        ObjectCall::UploadPart { upload, number, .. } => (
            Method::PUT,
            format!("?partNumber={number}&uploadId={}", utf8_percent_encode(upload, ENCODED_IN_QUERY)),
        ),
        ObjectCall::Complete { upload, .. } => (Method::POST, upload_query(upload)),
        ObjectCall::Abort { upload } => (Method::DELETE, upload_query(upload)),
    };
    let (body, sha256) = body(call);
    let mut headers = headers(settings, call);
    insert(&mut headers, "x-amz-content-sha256", &hex::encode(sha256));
    HttpRequest { method, url: address.url(key) + &query, headers, body: body.into(), sign: Some("s3") }
}

fn upload_query(upload: &str) -> String {
    format!("?uploadId={}", utf8_percent_encode(upload, ENCODED_IN_QUERY))
}

fn body(call: &ObjectCall<'_>) -> (Bytes, [u8; 32]) {
    match call {
        ObjectCall::Put(body) | ObjectCall::UploadPart { body, .. } => (body.body.clone(), body.sha256),
        ObjectCall::Begin | ObjectCall::Abort { .. } => (Bytes::new(), Sha256::digest(b"").into()),
        ObjectCall::Complete { parts, .. } => {
            let body = parts_as_xml(parts);
            let sha256 = Sha256::digest(&body).into();
            (body.into(), sha256)
        }
    }
}

fn headers(settings: &ObjectHeaders, call: &ObjectCall<'_>) -> HeaderMap {
    let mut headers = match call {
        ObjectCall::Put(_) | ObjectCall::Begin => settings.on_create.clone(),
        _ => HeaderMap::new(),
    };
    match call {
        ObjectCall::Put(body) | ObjectCall::UploadPart { body, .. } => {
            insert(&mut headers, "x-amz-checksum-sha256", &base64(&body.sha256));
        }
        ObjectCall::Begin => insert(&mut headers, "x-amz-checksum-algorithm", "SHA256"),
        ObjectCall::Complete { .. } => insert(&mut headers, "content-type", "application/xml"),
        ObjectCall::Abort { .. } => {}
    }
    if settings.if_none_match && matches!(call, ObjectCall::Put(_) | ObjectCall::Complete { .. }) {
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
    }
    if let Some(owner) = &settings.expected_owner {
        headers.insert(HeaderName::from_static("x-amz-expected-bucket-owner"), owner.clone());
    }
    headers
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

fn parts_as_xml(parts: &[UploadedPart]) -> String {
    let mut xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">".to_owned();
    for (position, part) in parts.iter().enumerate() {
        // An entity tag is hexadecimal in quotes, but it is the service's text.
        let etag = part.etag.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        write!(
            xml,
            "<Part><ChecksumSHA256>{}</ChecksumSHA256><ETag>{etag}</ETag><PartNumber>{}</PartNumber></Part>",
            base64(&part.sha256),
            position + 1
        )
        .ok();
    }
    xml + "</CompleteMultipartUpload>"
}

fn base64(bytes: &[u8]) -> String {
    aws_smithy_types::base64::encode(bytes)
}
