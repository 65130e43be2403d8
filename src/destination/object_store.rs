//! What a destination that keeps objects is, besides being a [`super::Destination`].
//!
//! Pure like the rest: it words requests and reads replies; `upload` decides their order, `deliver` their pace.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{Reply, ReplyAction, Request};

/// Stands for the uuid in an object's name until the object is opened.
pub const UUID_PLACEHOLDER: u8 = 0;

/// How a destination's objects are filled on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolSettings {
    /// The spool's folder; missing folders are created.
    pub dir: PathBuf,
    /// Keeps the files of different destinations apart.
    pub label: String,
    /// Size in bytes, before compression, at which an object is due.
    pub object_size: u64,
    /// Age at which an object is due.
    pub object_age: Duration,
    /// Limit of all files together, in bytes.
    pub limit: u64,
    /// Whether large batches are deflated on disk already; only where objects are gzip.
    pub deflate_batches: bool,
}

/// An object store.
pub trait ObjectStore: fmt::Debug {
    /// How its objects are filled on disk; `None` when each batch is an object.
    fn spool(&self) -> Option<&SpoolSettings>;

    /// How its objects are compressed.
    fn encoding(&self) -> ObjectEncoding;

    /// The request for one step of bringing an object.
    fn request(&self, key: &str, call: &ObjectCall<'_>) -> Request;

    /// What the reply to one step of an upload means.
    fn classify_reply(&self, call: &ObjectCall<'_>, reply: &Reply) -> ReplyAction;

    /// The upload that the reply to [`ObjectCall::Begin`] has begun.
    fn upload_id(&self, reply: &Reply) -> Option<String>;

    /// Changes the region that further requests go to, after [`ReplyAction::WrongRegion`].
    fn set_region(&self, region: &str);
}

/// One step of bringing an object.
#[derive(Debug, Clone, Copy)]
pub enum ObjectCall<'c> {
    /// The whole object at once.
    Put(&'c PartBody),
    /// The beginning of an upload in parts.
    Begin,
    /// One part; numbers begin with 1.
    UploadPart {
        /// Of which upload.
        upload: &'c str,
        /// Its place.
        number: usize,
        /// The part's bytes.
        body: &'c PartBody,
    },
    /// The parts become the object.
    Complete {
        /// Of which upload.
        upload: &'c str,
        /// All of them, in order.
        parts: &'c [UploadedPart],
    },
    /// The parts are thrown away, which would be paid for otherwise.
    Abort {
        /// Of which upload.
        upload: &'c str,
    },
}

/// A part that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPart {
    /// What the service called it.
    pub etag: String,
    /// Digest of its bytes.
    pub sha256: [u8; 32],
}

/// Bytes with their digest, which the signature and the checksum share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartBody {
    /// As they go over the wire.
    pub body: Bytes,
    /// Their digest.
    pub sha256: [u8; 32],
}

impl PartBody {
    /// Digests the bytes: milliseconds for a part of several MiB.
    #[must_use]
    pub fn new(body: Bytes) -> Self {
        let sha256 = Sha256::digest(&body).into();
        Self { body, sha256 }
    }
}

/// How objects are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectEncoding {
    /// Not at all.
    Plain,
    /// RFC 1952
    Gzip,
    /// RFC 8878
    Zstd,
}
