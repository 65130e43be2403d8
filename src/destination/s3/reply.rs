//! What S3's replies mean.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>, read 2026-11. Errors are XML, and one of
//! them may come with status 200: completing an upload takes so long that S3 sends the status before it knows.

use http::{HeaderName, header};

use crate::destination::aws_error::AwsError;
use crate::destination::object_store::ObjectCall;
use crate::destination::{Reply, ReplyAction, RetryTiming};

const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

pub(super) fn classify(call: &ObjectCall<'_>, reply: &Reply) -> ReplyAction {
    match call {
        ObjectCall::Put(_) => put(reply),
        ObjectCall::Begin => begin(reply),
        ObjectCall::UploadPart { .. } => part(reply),
        ObjectCall::Complete { .. } => complete(reply),
        ObjectCall::Abort { .. } => abort(reply),
    }
}

pub(super) fn put(reply: &Reply) -> ReplyAction {
    const NAME: &str = "PutObject";
    match reply.status {
        200 => with_etag(reply, NAME),
        // The key holds a uuid of ours, so the object is the one whose reply was lost.
        412 => ReplyAction::Delivered,
        _ => refused(reply, NAME),
    }
}

fn begin(reply: &Reply) -> ReplyAction {
    const NAME: &str = "CreateMultipartUpload";
    match reply.status {
        200 if upload_id(reply).is_some() => ReplyAction::Delivered,
        200 => soon("CreateMultipartUpload answered 200 without an UploadId".to_owned()),
        _ => refused(reply, NAME),
    }
}

fn part(reply: &Reply) -> ReplyAction {
    const NAME: &str = "UploadPart";
    match reply.status {
        200 => with_etag(reply, NAME),
        _ => refused(reply, NAME),
    }
}

fn complete(reply: &Reply) -> ReplyAction {
    const NAME: &str = "CompleteMultipartUpload";
    match reply.status {
        200 if element(reply, "ETag").is_some() => ReplyAction::Delivered,
        200 => error_within(reply, NAME),
        412 => ReplyAction::Delivered,
        // The upload itself is void then and has to be begun again.
        409 => slow(error(reply).describe(NAME)),
        _ => refused(reply, NAME),
    }
}

fn abort(reply: &Reply) -> ReplyAction {
    match reply.status {
        200 | 204 | 404 => ReplyAction::Delivered,
        _ => refused(reply, "AbortMultipartUpload"),
    }
}

/// Only S3 gives an entity tag; another 200 comes from something in between.
fn with_etag(reply: &Reply, name: &str) -> ReplyAction {
    match reply.header(&header::ETAG) {
        Some(_) => ReplyAction::Delivered,
        None => soon(format!("{name} answered 200 without an ETag")),
    }
}

/// The error a 200 turned out to be, judged as the status it would have had.
fn error_within(reply: &Reply, name: &str) -> ReplyAction {
    let status = match element(reply, "Code").as_deref() {
        Some("InvalidPart" | "InvalidPartOrder" | "EntityTooSmall" | "NoSuchUpload") => 400,
        _ => 500,
    };
    refused(&Reply { status, ..reply.clone() }, name)
}

fn refused(reply: &Reply, name: &str) -> ReplyAction {
    let error = error(reply);
    let reason = error.describe(name);
    if let Some(region) = elsewhere(reply, &error.code) {
        return ReplyAction::WrongRegion { region, reason };
    }
    match error.code.as_str() {
        "InvalidArgument" | "KeyTooLongError" => ReplyAction::Rejected { reason },
        "InvalidAccessKeyId" | "InvalidToken" | "TokenRefreshRequired" => ReplyAction::Reauthorize { reason },
        "NotImplemented" => {
            slow(format!("{reason}; if the store does not know If-None-Match, set if_none_match off"))
        }
        "NoSuchBucket" => slow(format!("{reason}; create the bucket or correct bucket")),
        // Damaged on the way; what is here is whole.
        "BadDigest" | "XAmzContentSHA256Mismatch" | "IncompleteBody" => soon(reason),
        _ if reply.status == 409 => soon(reason),
        _ => error.common_judgement(reply, name).unwrap_or_else(|| slow(reason)),
    }
}

/// Where the bucket is, when the reply is about that.
fn elsewhere(reply: &Reply, code: &str) -> Option<String> {
    let about = matches!(reply.status, 301 | 302 | 307 | 308)
        || matches!(code, "AuthorizationHeaderMalformed" | "PermanentRedirect" | "TemporaryRedirect");
    let named = || reply.header(&BUCKET_REGION).map(str::to_owned).or_else(|| element(reply, "Region"));
    let region = about.then(|| named().or_else(|| region_of(&element(reply, "Endpoint")?)))??;
    // It becomes part of a host name.
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!region.is_empty() && region.chars().all(plain)).then_some(region)
}

/// `bucket.s3.eu-west-1.amazonaws.com`, also with a dash after `s3`.
fn region_of(endpoint: &str) -> Option<String> {
    let (_, rest) = endpoint.rsplit_once("s3.").or_else(|| endpoint.rsplit_once("s3-"))?;
    let region = rest.split_once(".amazonaws.")?.0;
    Some(region.to_owned())
}

fn error(reply: &Reply) -> AwsError {
    let text = |name| element(reply, name).unwrap_or_default();
    AwsError::new(text("Code"), text("Message"), reply)
}

pub(super) fn upload_id(reply: &Reply) -> Option<String> {
    element(reply, "UploadId")
}

/// The text of the first element of this name. S3's replies nest no names of interest, so this much reading is enough.
fn element(reply: &Reply, name: &str) -> Option<String> {
    let body = String::from_utf8_lossy(&reply.body);
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let entities = [("&quot;", "\""), ("&#34;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let text = entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain));
    (!text.is_empty()).then_some(text)
}

fn soon(reason: String) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::Backoff, reason }
}

fn slow(reason: String) -> ReplyAction {
    ReplyAction::Retry { timing: RetryTiming::NextFlush, reason }
}
