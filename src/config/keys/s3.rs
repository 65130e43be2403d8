//! Keys of S3.

use super::key::KeyForm::{Choice, Duration, Flag, Pairs, Size, Template, Text};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const S3: Scope = Scope::Only(&[DestinationKind::S3]);

/// Storage classes of S3; those of Outposts, Snow and directory buckets are signed and addressed in ways of their own
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>, read 2026-11).
const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

/// Canned ACLs of S3 (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>, read 2026-11).
const CANNED_ACLS: &[&str] = &[
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

pub(super) const KEYS: &[Key] = &[
    key(
        S3,
        "bucket",
        Text,
        "Bucket to write objects to, or the ARN of an access point. Directory buckets are not supported.",
        "my-logs",
    ),
    key(
        S3,
        "key",
        Template,
        "Key of an object. If it has no `$(uuid)`, the plugin adds one before the extension, and it adds the extension of `compress` if it is missing, so that no object ever replaces another.",
        "logs/$(container_name)/%Y-%m-%d/$(uuid).json",
    )
    .default("ecs_router/$(class)/$(container_name)/%Y/%m/%d/%H/$(uuid).json"),
    key(
        S3,
        "timezone",
        Text,
        "Time zone of the dates in `key`, by its IANA name.",
        "Europe/Madrid",
    ).default("UTC"),
    key(S3, "compress", Choice(&["gzip", "zstd", "none"]), "How to compress objects.", "zstd")
        .default("gzip"),
    key(
        S3,
        "content_encoding",
        Choice(&["auto", "off"]),
        "Send compressed objects with `Content-Encoding`. Browsers and SDKs then unpack them by themselves. Tools that also unpack because of `.gz` would unpack twice, and need `off`.",
        "off",
    )
    .default("auto"),
    key(
        S3,
        "total_file_size",
        Size,
        "Upload an object when this much was written to it, before compression.",
        "250M",
    )
    .default("100M"),
    key(
        S3,
        "upload_timeout",
        Duration,
        "Upload an object at this age, whatever its size. `0`: one object per chunk of Fluent Bit and no spool, if you cannot afford to lose the local disk.",
        "5m",
    )
    .default("10m"),
    key(
        S3,
        "spool_dir",
        Text,
        "Folder in which objects are filled before they are uploaded. Whatever is left in it is uploaded at the next start. It must belong to Fluent Bit's user or root. Default: `/var/spool/ecs_router`, or a folder with a random name in `/tmp` if that cannot be created.",
        "/var/spool/ecs_router",
    ),
    key(
        S3,
        "spool_limit",
        Size,
        "Disk space for all objects that are being filled or wait for their upload; with gzip, large batches are stored compressed. At this limit, Fluent Bit keeps the data and retries.",
        "5G",
    )
    .default("1G"),
    key(
        S3,
        "storage_class",
        Choice(STORAGE_CLASSES),
        "Storage class of the objects: STANDARD, REDUCED_REDUNDANCY, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER, DEEP_ARCHIVE or GLACIER_IR.",
        "STANDARD_IA",
    ),
    key(
        S3,
        "sse",
        Choice(&["AES256", "aws:kms", "aws:kms:dsse"]),
        "Server-side encryption. Default: the bucket's setting.",
        "aws:kms",
    ),
    key(
        S3,
        "sse_kms_key_id",
        Text,
        "KMS key for `sse`. Default: the key that AWS manages for S3.",
        "arn:aws:kms:eu-west-1:111122223333:key/1234",
    ),
    key(
        S3,
        "canned_acl",
        Choice(CANNED_ACLS),
        "Canned ACL, for buckets that still have ACLs: private, public-read, public-read-write, authenticated-read, aws-exec-read, bucket-owner-read or bucket-owner-full-control.",
        "bucket-owner-full-control",
    ),
    key(S3, "tags", Pairs, "Tags of the objects, ten at most.", "team=web, env=prod"),
    key(S3, "content_type", Text, "Content type of the objects.", "text/plain").default("application/x-ndjson"),
    key(
        S3,
        "expected_bucket_owner",
        Text,
        "Account that must own the bucket. S3 refuses the upload if another account does.",
        "111122223333",
    ),
    key(
        S3,
        "path_style",
        Flag,
        "Put the bucket's name into the path of the address. The plugin does so by itself if the name cannot be part of a host name.",
        "on",
    )
    .default("off"),
    key(
        S3,
        "if_none_match",
        Flag,
        "Make S3 refuse to overwrite a key, so that an upload whose reply was lost creates no second version of the object. Use `off` for stores that do not know the header: they then write the same object again, with the same content.",
        "off",
    )
    .default("on"),
];
