//! What S3's replies mean.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, read 2026-11. Errors are XML, and one of
//! them may come with status 200: completing an upload takes so long that S3 sends the status before it knows.

use http::{HeaderName, header};

use super::address::is_label_char;
use crate::destination::aws_error::AwsError;
use crate::destination::object_store::ObjectCall;
use crate::destination::{Reply, ReplyAction, RetryTiming, xml};

const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

pub(super) fn classify(destination: &str, call: &ObjectCall<'_>, reply: &Reply) -> ReplyAction {
    match call {
        ObjectCall::Put(_) => put(destination, reply),
        ObjectCall::Begin => begin(destination, reply),
        ObjectCall::UploadPart { .. } => part(destination, reply),
        ObjectCall::Complete { .. } => complete(destination, reply),
        ObjectCall::Abort { .. } => abort(destination, reply),
    }
}

pub(super) fn put(destination: &str, reply: &Reply) -> ReplyAction {
    const NAME: &str = "PutObject";
    match reply.status {
        200 => delivered_if_etag(reply, NAME),
        // The key holds a uuid of ours, so the object is the one whose reply was lost.
        412 => ReplyAction::Delivered,
        _ => classify_error(destination, reply, NAME),
    }
}

fn begin(destination: &str, reply: &Reply) -> ReplyAction {
    const NAME: &str = "CreateMultipartUpload";
    match reply.status {
        200 if upload_id(reply).is_some() => ReplyAction::Delivered,
        200 => retry_with_backoff(format!("{NAME} answered 200 without an UploadId")),
        _ => classify_error(destination, reply, NAME),
    }
}

/// What the reply to a part means whose upload nobody began: that there is none is as good as a delivery.
pub(super) fn probe(destination: &str, reply: &Reply) -> ReplyAction {
    match element(reply, "Code").as_deref() {
        Some("NoSuchUpload") => ReplyAction::Delivered,
        _ => part(destination, reply),
    }
}

fn part(destination: &str, reply: &Reply) -> ReplyAction {
    const NAME: &str = "UploadPart";
    match reply.status {
        200 => delivered_if_etag(reply, NAME),
        _ => classify_error(destination, reply, NAME),
    }
}

fn complete(destination: &str, reply: &Reply) -> ReplyAction {
    const NAME: &str = "CompleteMultipartUpload";
    match reply.status {
        200 if element(reply, "ETag").is_some() => ReplyAction::Delivered,
        200 => classify_error_in_success(destination, reply, NAME),
        412 => ReplyAction::Delivered,
        // The upload itself is void then and has to begin again.
        409 => retry_next_flush(read_error(reply).describe(NAME)),
        _ => classify_error(destination, reply, NAME),
    }
}

fn abort(destination: &str, reply: &Reply) -> ReplyAction {
    match reply.status {
        200 | 204 | 404 => ReplyAction::Delivered,
        _ => classify_error(destination, reply, "AbortMultipartUpload"),
    }
}

/// Only S3 gives an entity tag; a 200 without one comes from something in between.
fn delivered_if_etag(reply: &Reply, name: &str) -> ReplyAction {
    match reply.header(&header::ETAG) {
        Some(_) => ReplyAction::Delivered,
        None => retry_with_backoff(format!("{name} answered 200 without an ETag")),
    }
}

/// Classifies an error that came with status 200 as if it had come with its proper status.
fn classify_error_in_success(destination: &str, reply: &Reply, name: &str) -> ReplyAction {
    let status = match element(reply, "Code").as_deref() {
        Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall" | "NoSuchUpload") => 400,
        _ => 500,
    };
    classify_error(destination, &Reply { status, ..reply.clone() }, name)
}

fn classify_error(destination: &str, reply: &Reply, name: &str) -> ReplyAction {
    let error = read_error(reply);
    let reason = error.describe(name);
    if let Some(region) = redirect_region(reply, &error.code) {
        return ReplyAction::WrongRegion { region, reason };
    }
    match error.code.as_str() {
        "InvalidArgument" | "KeyTooLongError" => ReplyAction::Rejected { reason },
        "InvalidAccessKeyId" | "InvalidToken" | "TokenRefreshRequired" => ReplyAction::Reauthorize { reason },
        "NotImplemented" => retry_next_flush(format!(
            "{reason}; if the store does not support If-None-Match, write: {destination}.if_none_match off"
        )),
        "NoSuchBucket" => {
            retry_next_flush(format!("{reason}; create the bucket, or correct {destination}.bucket"))
        }
        "InvalidBucketName" => retry_next_flush(format!("{reason}; correct {destination}.bucket")),
        // Regions that an account has to enable answer with no region of the bucket's.
        "IllegalLocationConstraintException" => {
            retry_next_flush(format!("{reason}; correct {destination}.region"))
        }
        // Damaged on the way: the object on disk is intact.
        "BadDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody" => retry_with_backoff(reason),
        _ if reply.status == 409 => retry_with_backoff(reason),
        _ => error.classify_common(reply, name, destination).unwrap_or_else(|| retry_next_flush(reason)),
    }
}

/// The region that the bucket is in, if the reply is a redirect to it.
fn redirect_region(reply: &Reply, code: &str) -> Option<String> {
    let is_redirect = matches!(reply.status, 301 | 302 | 307 | 308)
        || matches!(code, "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect");
    if !is_redirect {
        return None;
    }
    let region = reply
        .header(&BUCKET_REGION)
        .map(str::to_owned)
        .or_else(|| element(reply, "Region"))
        .or_else(|| region_in_endpoint(&element(reply, "Endpoint")?))?;
    // It becomes part of a host name.
    (!region.is_empty() && region.chars().all(is_label_char)).then_some(region)
}

/// `bucket.s3.eu-west-1.amazonaws.com`, also with a dash after `s3`.
fn region_in_endpoint(endpoint: &str) -> Option<String> {
    let (_, rest) = endpoint.rsplit_once("s3.").or_else(|| endpoint.rsplit_once("s3-"))?;
    let region = rest.split_once(".amazonaws.")?.0;
    Some(region.to_owned())
}

fn read_error(reply: &Reply) -> AwsError {
    let text = |name| element(reply, name).unwrap_or_default();
    AwsError::new(text("Code"), text("Message"), reply)
}

pub(super) fn upload_id(reply: &Reply) -> Option<String> {
    element(reply, "UploadId")
}

/// The text of the first element of this name. S3's replies nest no names of interest, so this much reading is enough.
fn element(reply: &Reply, name: &str) -> Option<String> {
    xml::element(&String::from_utf8_lossy(&reply.body), name)
}

fn retry_with_backoff(reason: String) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
}

fn retry_next_flush(reason: String) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }
}
