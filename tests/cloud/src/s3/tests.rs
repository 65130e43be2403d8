//! S3 over the wire: objects, conditions, checksums, settings, uploads in parts.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::xml;
use crate::{
    Api, Cloud, Fault,
    testing::{Answer, Call},
};

const MIB: usize = 1024 * 1024;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.s3().create_bucket("logs");
    cloud
}

fn put(key: &str, body: &str) -> Call {
    Call::new("PUT", &format!("/logs/{key}")).body(body)
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, xml::one(&answer.text(), "Code").unwrap_or_default())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn objects_keep_bytes_and_headers() {
    let cloud = ready();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"one\ntwo\n").unwrap();
    let call = put("a%20b.gz", "").body(encoder.finish().unwrap()).header("content-encoding", "gzip");
    let call =
        call.header("x-amz-storage-class", "STANDARD_IA").header("x-amz-server-side-encryption", "aws:kms");
    let call =
        call.header("x-amz-tagging", "team=core").header("x-amz-expected-bucket-owner", "123456789012");
    assert_eq!(call.sign(&cloud, "s3").status, 200);
    let object = &cloud.s3().objects("logs")["a b.gz"];
    assert_eq!(object.headers["x-amz-storage-class"], "STANDARD_IA");
    assert_eq!(
        (object.headers["content-encoding"].as_str(), object.bytes[0], object.writes),
        ("gzip", 0x1f, 1)
    );
    assert_eq!(cloud.s3().lines("logs", "a b.gz"), ["one", "two"]);
    cloud.assert_no_complaints();
}

#[test]
fn the_host_may_name_the_bucket() {
    let cloud = ready();
    let call = Call::new("PUT", "/k").header("host", "logs.s3.us-east-1.amazonaws.com").body("x");
    assert_eq!(call.sign(&cloud, "s3").status, 200);
    assert_eq!(cloud.s3().keys("logs"), ["k"]);
}

#[test]
fn an_existing_object_can_be_spared() {
    let cloud = ready();
    let write = || put("k", "x").header("if-none-match", "*").sign(&cloud, "s3");
    assert_eq!(write().status, 200);
    assert_eq!(code(&write()), refused(412, "PreconditionFailed"));
    assert_eq!(put("k", "y").sign(&cloud, "s3").status, 200);
    assert_eq!(cloud.s3().objects("logs")["k"].writes, 2);
    cloud.assert_no_complaints();
}

#[test]
fn a_bucket_is_where_it_is() {
    let cloud = ready();
    cloud.s3().create_bucket_in("logs", "eu-west-1");
    let reply = put("k", "x").sign(&cloud, "s3");
    assert_eq!(code(&reply), refused(301, "PermanentRedirect"));
    assert_eq!(put("k", "x").region("eu-west-1").sign(&cloud, "s3").status, 200);
    assert_eq!(code(&Call::new("PUT", "/other/k").sign(&cloud, "s3")), refused(404, "NoSuchBucket"));
    let head = Call::new("HEAD", "/logs").region("eu-west-1").try_sign(&cloud, "s3");
    assert!(head.is_ok_and(|head| head.headers["x-amz-bucket-region"] == "eu-west-1"));
    cloud.assert_no_complaints();
}

#[test]
fn settings_are_checked() {
    let cloud = ready();
    let with = |name: &str, value: &str| code(&put("k", "x").header(name, value).sign(&cloud, "s3"));
    assert_eq!(with("x-amz-acl", "private"), refused(400, "AccessControlListNotSupported"));
    assert_eq!(with("x-amz-expected-bucket-owner", "1"), refused(403, "AccessDenied"));
    cloud.assert_no_complaints();
    assert_eq!(with("x-amz-storage-class", "COLD"), refused(400, "InvalidStorageClass"));
    assert_eq!(with("x-amz-server-side-encryption", "DES"), refused(400, "InvalidArgument"));
    assert_eq!(with("x-amz-server-side-encryption-aws-kms-key-id", "k"), refused(400, "InvalidArgument"));
    assert_eq!(with("x-amz-tagging", &"t=v&".repeat(11)), refused(400, "InvalidTag"));
    assert_eq!(cloud.take_complaints().len(), 4);
    cloud.s3().allow_acls("logs");
    assert_eq!(with("x-amz-acl", "private"), refused(200, ""));
}

#[test]
fn checksums_are_verified() {
    let cloud = ready();
    let with = |name: &str, value: &str| code(&put("k", "123456789").header(name, value).sign(&cloud, "s3"));
    assert_eq!(with("x-amz-checksum-crc32", "y/Q5Jg=="), refused(200, ""));
    assert_eq!(with("x-amz-checksum-crc32", "AAAAAA=="), refused(400, "BadDigest"));
    assert_eq!(with("x-amz-sdk-checksum-algorithm", "CRC32"), refused(400, "InvalidRequest"));
    cloud.s3().lock_objects("logs");
    assert_eq!(code(&put("k", "x").sign(&cloud, "s3")), refused(400, "InvalidRequest"));
    assert_eq!(cloud.complaints().len(), 3);
}

#[test]
fn refused_keys_are_told_in_the_words_of_s3() {
    let cloud = ready();
    assert_eq!(
        code(&put("k", "x").key("AKIDEXAMPLE", "wrong").sign(&cloud, "s3")),
        refused(403, "SignatureDoesNotMatch")
    );
    cloud.expire_credentials();
    assert_eq!(code(&put("k", "x").sign(&cloud, "s3")), refused(400, "ExpiredToken"));
}

fn begin(cloud: &Cloud) -> String {
    let reply =
        Call::new("POST", "/logs/big?uploads").header("x-amz-storage-class", "GLACIER_IR").sign(cloud, "s3");
    xml::one(&reply.text(), "UploadId").unwrap()
}

fn part(cloud: &Cloud, id: &str, number: usize, bytes: Vec<u8>) -> String {
    let target = format!("/logs/big?partNumber={number}&uploadId={id}");
    Call::new("PUT", &target).body(bytes).sign(cloud, "s3").headers["etag"].clone()
}

fn complete(cloud: &Cloud, id: &str, parts: &[(usize, String)]) -> Answer {
    let parts =
        parts.iter().map(|(n, tag)| format!("<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>"));
    let body = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>());
    Call::new("POST", &format!("/logs/big?uploadId={id}")).body(body).sign(cloud, "s3")
}

#[test]
fn parts_become_an_object() {
    let cloud = ready();
    let id = begin(&cloud);
    let tags = [(1, part(&cloud, &id, 1, vec![b'a'; 5 * MIB])), (2, part(&cloud, &id, 2, b"b".to_vec()))];
    assert_eq!(cloud.s3().uploads("logs")[0].parts[&1], 5 * MIB);
    assert_eq!(complete(&cloud, &id, &tags).status, 200);
    let object = &cloud.s3().objects("logs")["big"];
    assert_eq!((object.bytes.len(), object.parts), (5 * MIB + 1, 2));
    assert_eq!(object.headers["x-amz-storage-class"], "GLACIER_IR");
    assert!(object.etag.ends_with("-2\"") && cloud.s3().uploads("logs").is_empty());
    assert_eq!(code(&complete(&cloud, &id, &tags)), refused(404, "NoSuchUpload"));
    cloud.assert_no_complaints();
}

#[test]
fn parts_have_sizes_numbers_and_tags() {
    let cloud = ready();
    let id = begin(&cloud);
    let tags = [(1, part(&cloud, &id, 1, b"a".to_vec())), (2, part(&cloud, &id, 2, b"b".to_vec()))];
    let swapped = [tags[1].clone(), tags[0].clone()];
    assert_eq!(code(&complete(&cloud, &id, &tags)), refused(400, "EntityTooSmall"));
    assert_eq!(code(&complete(&cloud, &id, &swapped)), refused(400, "InvalidPartOrder"));
    assert_eq!(code(&complete(&cloud, &id, &[(3, tags[0].1.clone())])), refused(400, "InvalidPart"));
    assert_eq!(code(&complete(&cloud, &id, &[])), refused(400, "MalformedXML"));
    let far = Call::new("PUT", &format!("/logs/big?partNumber=10001&uploadId={id}")).sign(&cloud, "s3");
    assert_eq!(code(&far), refused(400, "InvalidArgument"));
    assert_eq!(cloud.take_complaints().len(), 5);

    let listed = Call::new("GET", &format!("/logs/big?uploadId={id}")).sign(&cloud, "s3").text();
    assert_eq!(xml::all(&listed, "Part").len(), 2);
    assert_eq!(Call::new("DELETE", &format!("/logs/big?uploadId={id}")).sign(&cloud, "s3").status, 204);
    let listed = Call::new("GET", "/logs?uploads").sign(&cloud, "s3").text();
    assert!(xml::all(&listed, "Upload").is_empty());
    cloud.assert_no_complaints();
}

#[test]
fn an_upload_with_checksums_wants_them_for_every_part() {
    let cloud = ready();
    let reply =
        Call::new("POST", "/logs/big?uploads").header("x-amz-checksum-algorithm", "CRC32").sign(&cloud, "s3");
    let id = xml::one(&reply.text(), "UploadId").unwrap();
    let target = format!("/logs/big?partNumber=1&uploadId={id}");
    let upload = Call::new("PUT", &target).body("123456789");
    assert_eq!(code(&upload.clone().sign(&cloud, "s3")), refused(400, "InvalidRequest"));
    let tag = upload.header("x-amz-checksum-crc32", "y/Q5Jg==").sign(&cloud, "s3").headers["etag"].clone();
    assert_eq!(code(&complete(&cloud, &id, &[(1, tag.clone())])), refused(400, "InvalidRequest"));
    let named = (1, format!("{tag}</ETag><ChecksumCRC32>y/Q5Jg==</ChecksumCRC32><ETag>"));
    assert_eq!(complete(&cloud, &id, &[named]).status, 200);
}

#[test]
fn an_error_may_come_inside_a_200() {
    let cloud = ready();
    cloud.script(Api::CompleteMultipartUpload, [Fault::aws(200, "InternalError")]);
    let id = begin(&cloud);
    let tag = part(&cloud, &id, 1, b"a".to_vec());
    assert_eq!(code(&complete(&cloud, &id, &[(1, tag.clone())])), refused(200, "InternalError"));
    assert_eq!(code(&complete(&cloud, &id, &[(1, tag)])), refused(200, ""));
}
