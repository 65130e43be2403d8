//! What a destination that keeps objects offers besides [`super::Destination`].
//!
//! Pure like the rest: it makes requests and classifies replies; `object::upload` decides their order, `delivery` when
//! they are sent.

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
    /// The spool's folder; missing folders are created. `None`: the default place.
    pub dir: Option<PathBuf>,
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

/// A destination that keeps objects.
pub trait ObjectStore: fmt::Debug {
    /// How objects are filled on disk; `None` when each batch is an object.
    fn spool(&self) -> Option<&SpoolSettings>;

    /// How objects are compressed.
    fn encoding(&self) -> ObjectEncoding;

    /// Whether an object may have this key, which a file of the spool names. The error says what is wrong with it.
    ///
    /// # Errors
    /// The key is one that no configuration makes.
    fn check_key(&self, key: &str) -> Result<(), &'static str>;

    /// The request for one step of an upload.
    fn request(&self, key: &str, call: &ObjectCall<'_>) -> Request;

    /// What the reply to one step of an upload means.
    fn classify_reply(&self, call: &ObjectCall<'_>, reply: &Reply) -> ReplyAction;

    /// The upload's id in the reply to [`ObjectCall::Begin`].
    fn upload_id(&self, reply: &Reply) -> Option<String>;

    /// Changes the region that further requests go to, after [`ReplyAction::WrongRegion`].
    fn set_region(&self, region: &str);
}

/// One step of an upload.
#[derive(Debug, Clone, Copy)]
pub enum ObjectCall<'c> {
    /// Uploads the whole object at once.
    Put(&'c PartBody),
    /// Begins an upload in parts.
    Begin,
    /// Uploads one part.
    UploadPart {
        /// The upload's id.
        upload: &'c str,
        /// The part's number, from 1.
        number: usize,
        /// The part's bytes.
        body: &'c PartBody,
    },
    /// Makes the parts an object.
    Complete {
        /// The upload's id.
        upload: &'c str,
        /// All parts, in order.
        parts: &'c [UploadedPart],
    },
    /// Deletes the parts, which would be paid for otherwise.
    Abort {
        /// The upload's id.
        upload: &'c str,
    },
}

/// A part that the service has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPart {
    /// The entity tag that the service returned.
    pub etag: String,
    /// SHA-256 of the part's bytes.
    pub sha256: [u8; 32],
}

/// Bytes with their SHA-256, which the signature and the checksum share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartBody {
    /// The bytes as they are sent.
    pub body: Bytes,
    /// SHA-256 of `body`.
    pub sha256: [u8; 32],
}

impl PartBody {
    /// Hashes the bytes: milliseconds for a part of several MiB.
    #[must_use]
    pub fn new(body: Bytes) -> Self {
        let sha256 = Sha256::digest(&body).into();
        Self { body, sha256 }
    }
}

/// How objects are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectEncoding {
    /// Uncompressed.
    Plain,
    /// RFC 1952
    Gzip,
    /// RFC 8878
    Zstd,
}
