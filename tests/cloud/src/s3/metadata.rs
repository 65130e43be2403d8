//! The headers that say how an object is kept: which are recorded, and which values S3 takes.
//!
//! Reference: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html> (read 2026-11).

use std::collections::BTreeMap;

use super::Bucket;
use crate::{identity::ACCOUNT, received::Received, reply::Refusal, route};

const STORAGE_CLASSES: [&str; 11] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
    "OUTPOSTS",
    "SNOW",
    "EXPRESS_ONEZONE",
];
const ENCRYPTIONS: [&str; 3] = ["AES256", "aws:kms", "aws:kms:dsse"];
const ACLS: [&str; 7] = [
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];
const MAX_TAGS: usize = 10;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

/// Headers of the request itself, which are not kept.
const OF_THE_REQUEST: [&str; 5] =
    ["x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "content-length", "x-amz-user-agent"];

/// The headers to keep with an object, if S3 takes all of them.
pub(super) fn of(request: &Received, bucket: &Bucket) -> Result<BTreeMap<String, String>, Refusal> {
    check_owner(request)?;
    one_of(request, "x-amz-storage-class", &STORAGE_CLASSES, "InvalidStorageClass")?;
    one_of(request, "x-amz-server-side-encryption", &ENCRYPTIONS, "InvalidArgument")?;
    check_kms(request)?;
    one_of(request, "x-amz-acl", &ACLS, "InvalidArgument")?;
    check_acl(request, bucket)?;
    check_tags(request)?;
    Ok(kept(request))
}

fn kept(request: &Received) -> BTreeMap<String, String> {
    let wanted = |name: &str| {
        let kinds = ["content-", "x-amz-"];
        name == "cache-control"
            || kinds.iter().any(|kind| name.starts_with(kind)) && !OF_THE_REQUEST.contains(&name)
    };
    let headers = request.headers.iter().filter(|(name, _)| wanted(name.as_str()));
    headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

/// Refuses a request that expects somebody else to own the bucket.
pub(super) fn check_owner(request: &Received) -> Result<(), Refusal> {
    match request.header("x-amz-expected-bucket-owner") {
        Some(owner) if owner != ACCOUNT => Err(Refusal::state("AccessDenied", "Access Denied").status(403)),
        _ => Ok(()),
    }
}

fn one_of(request: &Received, header: &str, values: &[&str], code: &str) -> Result<(), Refusal> {
    match request.header(header) {
        Some(value) if !values.contains(&value) => Err(Refusal::broken(code, format!("{header}: {value}"))),
        _ => Ok(()),
    }
}

/// A key id or a bucket key makes sense only with KMS.
fn check_kms(request: &Received) -> Result<(), Refusal> {
    let kms =
        request.header("x-amz-server-side-encryption").is_some_and(|value| value.starts_with("aws:kms"));
    let of_kms =
        ["x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-bucket-key-enabled"];
    match of_kms.iter().find(|name| request.header(name).is_some()) {
        Some(name) if !kms => Err(Refusal::broken("InvalidArgument", format!("{name} without aws:kms"))),
        _ => Ok(()),
    }
}

/// Buckets have no ACLs unless their owner wants them; the one that changes nothing is always taken.
fn check_acl(request: &Received, bucket: &Bucket) -> Result<(), Refusal> {
    match request.header("x-amz-acl") {
        None | Some("bucket-owner-full-control") => Ok(()),
        Some(_) if bucket.acls => Ok(()),
        Some(_) => Err(Refusal::state("AccessControlListNotSupported", "The bucket does not allow ACLs")),
    }
}

fn check_tags(request: &Received) -> Result<(), Refusal> {
    let tags = route::form(request.header("x-amz-tagging").unwrap_or_default().as_bytes());
    let fits = |(key, value): &(String, String)| {
        (1..=MAX_TAG_KEY).contains(&key.chars().count()) && value.chars().count() <= MAX_TAG_VALUE
    };
    match tags.len() <= MAX_TAGS && tags.iter().all(fits) {
        true => Ok(()),
        false => Err(Refusal::broken("InvalidTag", "the tags are too many or too long")),
    }
}
