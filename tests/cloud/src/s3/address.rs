//! Which bucket, key and operation a request names: by host (`bucket.s3.region.amazonaws.com`) or path.
//!
//! Rules for names: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html> (read 2026-11).

use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::{
    received::Received,
    reply::Refusal,
    route::{self, Api},
};

const MAX_KEY_BYTES: usize = 1_024;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) bucket: String,
    /// Decoded; empty if the request is about the bucket.
    pub(super) key: String,
}

impl Address {
    pub(super) fn of(request: &Received) -> Result<Self, Refusal> {
        let address = Self::parse(request.header("host").unwrap_or_default(), &request.path);
        match is_bucket(&address.bucket) {
            true => Ok(address),
            false => {
                Err(Refusal::broken("InvalidBucketName", format!("`{}` is not a bucket", address.bucket)))
            }
        }
    }

    fn parse(host: &str, path: &str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = match bucket_of_host(host) {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        Self { bucket: decoded(bucket), key: decoded(key) }
    }

    pub(super) fn check_key(&self) -> Result<(), Refusal> {
        match self.key.len() {
            1..=MAX_KEY_BYTES => Ok(()),
            n => Err(Refusal::broken("KeyTooLongError", format!("Your key is too long: {n} bytes"))),
        }
    }
}

fn bucket_of_host(host: &str) -> Option<&str> {
    let end = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    host.get(..end)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn is_bucket(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    let ends_well = !name.starts_with(['.', '-']) && !name.ends_with(['.', '-']);
    (3..=63).contains(&name.len()) && name.chars().all(allowed) && ends_well && !name.contains("..")
}

/// Whether a request is for S3: it is signed for it, or has its host or its headers.
pub(crate) fn is_meant(parts: &Parts) -> bool {
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match header("authorization") {
        "" => bucket_of_host(header("host")).is_some() || parts.headers.contains_key("x-amz-content-sha256"),
        authorization => authorization.contains("/s3/aws4_request"),
    }
}

/// The operation a request for S3 asks for.
pub(crate) fn api_of(parts: &Parts) -> Api {
    let host = parts.headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let of_object = !Address::parse(host, parts.uri.path()).key.is_empty();
    let query = parts.uri.query().unwrap_or_default();
    let has = |name: &str| parameter(query, name).is_some();
    match (parts.method.as_str(), of_object) {
        ("PUT", true) if has("partNumber") && has("uploadId") => Api::UploadPart,
        ("PUT", true) if query.is_empty() || query == "x-id=PutObject" => Api::PutObject,
        ("POST", true) if has("uploads") => Api::CreateMultipartUpload,
        ("POST", true) if has("uploadId") => Api::CompleteMultipartUpload,
        ("DELETE", true) if has("uploadId") => Api::AbortMultipartUpload,
        ("GET", true) if has("uploadId") => Api::ListParts,
        ("GET", false) if has("uploads") => Api::ListMultipartUploads,
        ("GET", true) => Api::GetObject,
        ("HEAD", true) => Api::HeadObject,
        ("HEAD", false) => Api::HeadBucket,
        _ => Api::Unknown,
    }
}

/// A parameter of a query, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    route::form(query.as_bytes()).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_path_name_the_same_object() {
        let expected = Address { bucket: "my-logs".to_owned(), key: "a b/ü.gz".to_owned() };
        assert_eq!(Address::parse("my-logs.s3.eu-west-1.amazonaws.com", "/a%20b/%C3%BC.gz"), expected);
        assert_eq!(Address::parse("127.0.0.1:80", "/my-logs/a%20b/%C3%BC.gz"), expected);
        assert_eq!(Address::parse("a.b.s3-us-west-2.amazonaws.com", "/k").bucket, "a.b");
        assert_eq!(Address::parse("s3.amazonaws.com", "/my-logs").key, "");
    }

    #[test]
    fn bucket_names() {
        assert!(["abc", "my-logs.2026", &"x".repeat(63)].iter().all(|name| is_bucket(name)));
        assert!(
            !["ab", "My-logs", "a_b", ".abc", "abc-", "a..b", &"x".repeat(64)]
                .iter()
                .any(|name| is_bucket(name))
        );
    }

    #[test]
    fn keys_have_a_length() {
        let address = |key: String| Address { bucket: "abc".to_owned(), key };
        assert!(address("ü".repeat(512)).check_key().is_ok());
        assert_eq!(address("ü".repeat(513)).check_key().unwrap_err().code, "KeyTooLongError");
    }
}
