use std::cell::RefCell;
use std::collections::BTreeMap;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::*;
use crate::classify::classes::Classifier;
use crate::config::keys::DestinationKind;
use crate::destination::object_store::UploadedPart;
use crate::destination::{HttpRequest, RetryTiming};
use crate::encode::batch::pack;
use crate::encode::buffer_pool::BufferPool;
use crate::encode::partition::{BatchItem, Partition};

fn read(pairs: &[(&str, &str)]) -> (Destination, Vec<String>) {
    let mut map: BTreeMap<String, String> =
        [("s3.bucket", "my-logs")].into_iter().map(|(k, v)| (k.into(), v.into())).collect();
    map.extend(pairs.iter().map(|(key, value)| (format!("s3.{key}"), (*value).to_owned())));
    let problems = RefCell::new(Vec::new());
    let reader = KeyReader::new(&map, &problems).for_destination("s3", DestinationKind::S3);
    let s3 = open(Common::read("s3", &reader), &reader, &AwsEnvironments::in_region("eu-west-1"));
    drop(map);
    (s3, problems.into_inner().iter().map(ToString::to_string).collect())
}

fn s3(pairs: &[(&str, &str)]) -> Destination {
    let (s3, problems) = read(pairs);
    assert_eq!(problems, [""; 0]);
    s3
}

fn key_of(pairs: &[(&str, &str)], record: &serde_json::Value) -> String {
    let s3 = s3(pairs);
    let chunk = rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
    let mut out = Vec::new();
    crate::input::decode::records(&chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        let entry = Entry::new(record, class, class.name(), stop.as_ref());
        s3.target(
            &entry,
            &RenderContext { tag: b"app.web", uuid: "instance", chunk: "CHUNK", task: None, overflow: None },
            &mut out,
        );
    });
    String::from_utf8(out).unwrap()
}

fn line() -> serde_json::Value {
    serde_json::json!({"source": "stdout", "container_name": "/web", "log": "hello", "ecs_cluster": "prod"})
}

#[test]
fn keys_are_unique_and_end_with_their_extension() {
    let cases: [(&[(&str, &str)], &str); 10] = [
        (&[], "ecs_router/stdout/web/2026/11/18/11/<>.json.gz"),
        (&[("key", "a/$(uuid).json.gz")], "a/<>.json.gz"),
        (&[("key", "a/%Y-%m-%d.json")], "a/2026-11-18-<>.json.gz"),
        (&[("key", "a/%Y.%m.%d")], "a/2026.11.18-<>.gz"),
        (&[("key", "a/$(container_name).ndjson.zst"), ("compress", "zstd")], "a/web-<>.ndjson.zst"),
        (&[("key", "a/$(container_name).log"), ("compress", "none")], "a/web-<>.log"),
        (&[("key", "/a/")], "a/<>.gz"),
        (&[("key", "a.b/c")], "a.b/c-<>.gz"),
        (&[("key", "$(uuid)/%H"), ("timezone", "Asia/Tokyo")], "<>/20.gz"),
        (&[("key", "$(ecs_cluster)/$(tag[1])/$(nothing)")], "prod/web/unknown-<>.gz"),
    ];
    for (pairs, expected) in cases {
        assert_eq!(key_of(pairs, &line()).replace('\0', "<>"), expected, "{pairs:?}");
    }
}

#[test]
fn an_object_per_chunk_has_the_chunks_name() {
    let key = key_of(&[("key", "a/%H.json"), ("upload_timeout", "0")], &line());
    assert_eq!(key, "a/11-CHUNK.json.gz");
}

#[test]
fn values_cannot_leave_their_prefix_and_long_keys_keep_both_ends() {
    let key = |template: &str, value: &str| {
        let record = serde_json::json!({"source": "stdout", "v": value, "w": "x".repeat(2_000)});
        key_of(&[("key", template)], &record).replace('\0', &"u".repeat(36))
    };
    assert_eq!(key("a/$(v)/b.json", "../../c"), format!("a/_._.._c/b-{}.json.gz", "u".repeat(36)));
    let long = "y".repeat(3_000);
    for template in ["logs/$(v)/$(uuid).json", "logs/$(uuid)/$(v).json", "logs/$(w)/$(uuid)/$(v).json"] {
        let key = key(template, &long);
        assert_eq!(key.len(), 1_024, "{template}");
        assert!(
            key.starts_with("logs/") && key.ends_with(".json.gz") && key.contains(&"u".repeat(36)),
            "{key}"
        );
    }
}

#[test]
fn every_problem_says_what_to_write() {
    let cases = [
        ("key", "a.json.gz", "compress", "zstd", "s3.key: ends with .gz, but compress says otherwise"),
        ("timezone", "Madrid", "", "", "s3.timezone: 'Madrid' is not a time zone"),
        ("bucket", "My_Logs", "", "", "s3.bucket: 'My_Logs' cannot be the name of a bucket"),
        ("bucket", "s3://my-logs/web", "", "", "digits, dots and hyphens; write my-logs"),
        ("bucket", "My-Logs", "", "", "digits, dots and hyphens; write my-logs"),
        (
            "bucket",
            "\"my-logs\"",
            "",
            "",
            "has quotation marks, which become a part of the value; write s3.bucket my-logs",
        ),
        ("endpoint", "localhost:9000", "", "", "s3.endpoint: must begin with https:// or http://"),
        ("sse_kms_key_id", "k", "sse", "AES256", "s3.sse_kms_key_id: has no effect unless sse is aws:kms"),
        ("expected_bucket_owner", "me", "", "", "twelve digits"),
        ("spool_limit", "1M", "", "", "s3.spool_limit: must be at least 10M"),
        ("total_file_size", "60G", "", "", "s3.total_file_size: must be between 1 and 50G"),
        ("spool_dir", "/x", "upload_timeout", "0", "s3.spool_dir: has no effect when upload_timeout is 0"),
        ("tags", "a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1", "", "", "11 tags are more than the 10"),
        ("storage_class", "SNOW", "", "", "s3.storage_class: 'SNOW' is not one of"),
    ];
    for (key, value, other, another, expected) in cases {
        let (_, problems) = read(&[(key, value), (other, another)]);
        assert!(problems.iter().any(|problem| problem.contains(expected)), "{key}: {problems:?}");
        assert!(problems.iter().all(|problem| problem.contains("; ")), "{key}: {problems:?}");
    }
}

fn http(request: Request) -> HttpRequest {
    match request.endpoint {
        Endpoint::Http(request) => request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_bucket_stands_in_the_host_where_it_can() {
    let url =
        |pairs: &[(&str, &str)]| http(s3(pairs).store().unwrap().request("a b/+.gz", &ObjectCall::Begin)).url;
    assert_eq!(url(&[]), "https://my-logs.s3.eu-west-1.amazonaws.com/a%20b/%2B.gz?uploads=");
    assert_eq!(
        url(&[("path_style", "on")]),
        "https://s3.eu-west-1.amazonaws.com/my-logs/a%20b/%2B.gz?uploads="
    );
    assert_eq!(url(&[("bucket", "a.dot")]), "https://s3.eu-west-1.amazonaws.com/a.dot/a%20b/%2B.gz?uploads=");
    assert_eq!(
        url(&[("region", "cn-north-1")]),
        "https://my-logs.s3.cn-north-1.amazonaws.com.cn/a%20b/%2B.gz?uploads="
    );
    assert_eq!(
        url(&[("endpoint", "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com/")]),
        "https://my-logs.bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com/a%20b/%2B.gz?uploads="
    );
    assert_eq!(
        url(&[("endpoint", "http://127.0.0.1:9000")]),
        "http://127.0.0.1:9000/my-logs/a%20b/%2B.gz?uploads="
    );
}

const ACCESS_POINT: &str = "arn:aws:s3:us-west-2:111122223333:accesspoint/logs";

#[test]
fn an_access_point_has_a_host_of_its_own_in_the_region_of_its_arn() {
    let request = |pairs: &[(&str, &str)]| {
        let s3 = s3(pairs);
        let region = s3.network.as_ref().unwrap().identity.as_ref().unwrap().region.clone();
        (http(s3.store().unwrap().request("a b", &ObjectCall::Abort { upload: "u" })).url, region)
    };
    let host = "https://logs-111122223333.s3-accesspoint.us-west-2.amazonaws.com";
    for arn in [ACCESS_POINT, "arn:aws:s3:us-west-2:111122223333:accesspoint:logs"] {
        for more in [("bucket", arn), ("region", "us-west-2")] {
            let expected = (format!("{host}/a%20b?uploadId=u"), "us-west-2".to_owned());
            assert_eq!(request(&[("bucket", arn), more]), expected, "{arn} {more:?}");
        }
    }
    let china = "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/logs";
    assert_eq!(
        request(&[("bucket", china)]).0,
        "https://logs-111122223333.s3-accesspoint.cn-north-1.amazonaws.com.cn/a%20b?uploadId=u"
    );
    let endpoint = ("endpoint", "https://accesspoint.vpce-1.s3.us-west-2.vpce.amazonaws.com");
    assert_eq!(
        request(&[("bucket", ACCESS_POINT), endpoint]).0,
        "https://logs-111122223333.accesspoint.vpce-1.s3.us-west-2.vpce.amazonaws.com/a%20b?uploadId=u"
    );
    let alias = "logs-3rb4mphqsqdnknkuqp1d1qcyb7exaeuw2a-s3alias";
    assert!(
        request(&[("bucket", alias)]).0.starts_with(&format!("https://{alias}.s3.eu-west-1.amazonaws.com/"))
    );
}

#[test]
fn buckets_that_cannot_be_written_to_are_told_apart() {
    let directory = "is a directory bucket (S3 Express One Zone), which is not supported";
    let form = "is not the ARN of an access point: arn:aws:s3:<region>:<account>:accesspoint/<name>";
    for (bucket, expected) in [
        ("logs--usw2-az1--x-s3", directory),
        ("logs--usw2-az1--xa-s3", directory),
        ("arn:aws:s3:::logs", "is the ARN of a bucket; write its name alone"),
        (
            "arn:aws:s3::111122223333:accesspoint/m.mrap",
            "is a multi-region access point, which is not supported",
        ),
        ("arn:aws:s3-outposts:us-west-2:111122223333:outpost/op-1/accesspoint/logs", form),
        ("arn:aws:s3express:us-west-2:111122223333:accesspoint/logs--usw2-az1--xa-s3", form),
        ("arn:aws:s3:us-west-2:111122223333:accesspoint/logs/object/k", form),
        ("arn:aws:s3:us-west-2:1111:accesspoint/logs", form),
        ("arn:aws:s3:evil.example.com/:111122223333:accesspoint/logs", form),
        ("arn:aws:s3", form),
    ] {
        let problems = read(&[("bucket", bucket)]).1;
        assert_eq!(problems.len(), 1, "{bucket}: {problems:?}");
        assert!(problems[0].starts_with(&format!("s3.bucket: '{bucket}' {expected}")), "{problems:?}");
    }
    for (key, value, expected) in [
        ("path_style", "on", "s3.path_style: is not possible with an access point; leave it out"),
        (
            "endpoint",
            "http://127.0.0.1:9000",
            "s3.endpoint: is a number, but an access point is a part of a host name; write a host name",
        ),
        (
            "region",
            "eu-west-1",
            "s3.region: is eu-west-1, but the access point is in us-west-2; write us-west-2",
        ),
    ] {
        assert_eq!(read(&[("bucket", ACCESS_POINT), (key, value)]).1, [expected]);
    }
}

#[test]
fn a_store_that_does_not_know_if_none_match_is_not_asked() {
    let body = PartBody::new(bytes::Bytes::from_static(b"hello"));
    for call in [ObjectCall::Put(&body), ObjectCall::Complete { upload: "u", parts: &[] }] {
        for (keys, expected) in [(&[][..], true), (&[("if_none_match", "off")], false)] {
            let request = http(s3(keys).store().unwrap().request("k", &call));
            assert_eq!(request.headers.contains_key("if-none-match"), expected, "{call:?}");
        }
    }
    let ReplyAction::Retry { reason, .. } = reply::put("s3", &reply(501, &[], &error("NotImplemented")))
    else {
        panic!()
    };
    assert!(
        reason.starts_with("PutObject answered 501 NotImplemented")
            && reason.ends_with("write: s3.if_none_match off")
    );
}

#[test]
fn content_encoding_can_be_left_off() {
    let body = PartBody::new(bytes::Bytes::from_static(b"hello"));
    for (compress, content_encoding, expected) in [
        ("gzip", "auto", Some("gzip")),
        ("zstd", "auto", Some("zstd")),
        ("none", "auto", None),
        ("gzip", "off", None),
    ] {
        let s3 = s3(&[("compress", compress), ("content_encoding", content_encoding)]);
        for call in [ObjectCall::Put(&body), ObjectCall::Begin] {
            let request = http(s3.store().unwrap().request("k", &call));
            let sent = request.headers.get("content-encoding").map(|value| value.to_str().unwrap());
            assert_eq!(sent, expected, "{compress} {content_encoding} {call:?}");
        }
    }
}

#[test]
fn a_key_that_ends_in_gz_is_remarked_on_until_the_header_is_decided() {
    let advice = |keys: &[(&str, &str)]| s3(keys).advice.map(|advice| advice.to_string());
    let gz = ("key", "logs/$(uuid).json.gz");
    assert_eq!(
        advice(&[gz]).unwrap(),
        "s3.key: 'logs/$(uuid).json.gz' ends in .gz, and objects have Content-Encoding: gzip as well, so that some \
         tools unpack them twice; write s3.content_encoding off, or auto to keep both"
    );
    for keys in [&[][..], &[("key", "logs/$(uuid).json")], &[gz, ("content_encoding", "auto")]] {
        assert_eq!(advice(keys), None, "{keys:?}");
    }
}

#[test]
fn a_move_changes_the_address() {
    let s3 = s3(&[]);
    s3.store().unwrap().set_region("us-west-2");
    assert_eq!(
        http(s3.store().unwrap().request("k", &ObjectCall::Begin)).url,
        "https://my-logs.s3.us-west-2.amazonaws.com/k?uploads="
    );
}

#[test]
fn every_call_is_worded_as_the_api_says() {
    let s3 = s3(&[
        ("storage_class", "STANDARD_IA"),
        ("sse", "aws:kms"),
        ("sse_kms_key_id", "key-1"),
        ("canned_acl", "private"),
        ("tags", "team=web & co, env=prod"),
        ("expected_bucket_owner", "111122223333"),
    ]);
    let body = PartBody::new(bytes::Bytes::from_static(b"hello"));
    let part = UploadedPart { etag: "\"e<1>\"".into(), sha256: body.sha256 };
    let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let checksum = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    let of_object = [
        "content-encoding: gzip",
        "content-type: application/x-ndjson",
        "x-amz-acl: private",
        "x-amz-server-side-encryption: aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id: key-1",
        "x-amz-storage-class: STANDARD_IA",
        "x-amz-tagging: team=web%20%26%20co&env=prod",
    ];
    let checked = format!("x-amz-checksum-sha256: {checksum}");
    let put = [&of_object[..], &[&checked, "if-none-match: *"]].concat();
    let begin = [&of_object[..], &["x-amz-checksum-algorithm: SHA256"]].concat();
    let cases: [(ObjectCall<'_>, Method, &str, Vec<&str>); 5] = [
        (ObjectCall::Put(&body), Method::PUT, "", put),
        (ObjectCall::Begin, Method::POST, "?uploads=", begin),
        (
            ObjectCall::UploadPart { upload: "u/1", number: 7, body: &body },
            Method::PUT,
            "?partNumber=7&uploadId=u%2F1",
            vec![&checked],
        ),
        (
            ObjectCall::Complete { upload: "u/1", parts: std::slice::from_ref(&part) },
            Method::POST,
            "?uploadId=u%2F1",
            vec!["content-type: application/xml", "if-none-match: *"],
        ),
        (ObjectCall::Abort { upload: "u/1" }, Method::DELETE, "?uploadId=u%2F1", vec![]),
    ];
    for (call, method, query, mut headers) in cases {
        let request = http(s3.store().unwrap().request("k", &call));
        assert_eq!((request.method, request.sign), (method, Some("s3")));
        assert_eq!(request.url, format!("https://my-logs.s3.eu-west-1.amazonaws.com/k{query}"));
        let sha256 = request.headers["x-amz-content-sha256"].to_str().unwrap().to_owned();
        let sent = request.headers.iter().filter(|(name, _)| *name != "x-amz-content-sha256");
        let mut sent: Vec<_> =
            sent.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        sent.sort();
        headers.push("x-amz-expected-bucket-owner: 111122223333");
        headers.sort_unstable();
        assert_eq!(sent, headers, "{call:?}");
        match call {
            ObjectCall::Put(_) | ObjectCall::UploadPart { .. } => {
                assert_eq!((sha256.as_str(), &*request.body.to_bytes()), (digest, &b"hello"[..]))
            }
            ObjectCall::Complete { .. } => assert_eq!(
                String::from_utf8_lossy(&request.body.to_bytes()),
                format!(
                    "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part>\
                     <ChecksumSHA256>{checksum}</ChecksumSHA256><ETag>\"e&lt;1&gt;\"</ETag>\
                     <PartNumber>1</PartNumber></Part></CompleteMultipartUpload>"
                )
            ),
            ObjectCall::Begin | ObjectCall::Abort { .. } => assert!(request.body.is_empty()),
        }
    }
}

#[test]
fn a_chunk_is_one_object_when_there_is_no_spool() {
    let direct = s3(&[("upload_timeout", "0"), ("key", "a/$(uuid).json"), ("compress", "zstd")]);
    assert!(direct.store().unwrap().spool().is_none());
    let mut partition = Partition::new(&b"a/CHUNK.json.zst"[..], &BufferPool::default());
    partition.write(0, |out| out.extend(b"one\ntwo\n"));
    partition.push(BatchItem { ordinal: 0, at_ms: 0, start: 0, end: 8, size: 8 });
    let batch = pack(partition, &direct.limits).remove(0);
    let request = http(direct.request(&batch));
    assert_eq!(request.url, "https://my-logs.s3.eu-west-1.amazonaws.com/a/CHUNK.json.zst");
    assert_eq!(zstd::decode_all(&*request.body.to_bytes()).unwrap(), b"one\ntwo\n");

    let spooled = s3(&[]);
    let request = spooled.request(&batch);
    let lines = b"one\ntwo\n".as_slice().into();
    assert_eq!(request.endpoint, Endpoint::Spool { name: b"a/CHUNK.json.zst".to_vec(), lines });
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Delivered,
    Backoff,
    NextFlush,
    Reauthorize,
    WrongRegion(&'static str),
    Rejected,
}

use Meaning::{Backoff, Delivered, NextFlush, Reauthorize, Rejected, WrongRegion};

fn meaning(action: ReplyAction) -> Meaning {
    match action {
        ReplyAction::Delivered => Delivered,
        ReplyAction::Retry { timing: RetryTiming::Backoff, .. } => Backoff,
        ReplyAction::Retry { timing: RetryTiming::NextFlush, .. } => NextFlush,
        ReplyAction::Reauthorize { .. } => Reauthorize,
        ReplyAction::WrongRegion { region, .. } => WrongRegion(String::leak(region)),
        ReplyAction::Rejected { .. } => Rejected,
        other => panic!("{other:?}"),
    }
}

fn reply(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Reply {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    Reply { status, headers, body: body.to_owned().into(), truncated: false }
}

fn error(code: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>in words</Message></Error>")
}

/// For every call alike: status, code, meaning.
const ERRORS: [(u16, &str, Meaning); 31] = [
    (500, "InternalError", Backoff),
    (502, "", Backoff),
    (503, "SlowDown", Backoff),
    (503, "ServiceUnavailable", Backoff),
    (429, "TooManyRequests", Backoff),
    (408, "", Backoff),
    (400, "RequestTimeout", Backoff),
    (400, "BadDigest", Backoff),
    (400, "XAmzContentSHA256Mismatch", Backoff),
    (400, "IncompleteBody", Backoff),
    (400, "ExpiredToken", Reauthorize),
    (400, "InvalidToken", Reauthorize),
    (400, "TokenRefreshRequired", Reauthorize),
    (403, "InvalidAccessKeyId", Reauthorize),
    (403, "RequestTimeTooSkewed", Reauthorize),
    (403, "SignatureDoesNotMatch", Reauthorize),
    (403, "AccessDenied", NextFlush),
    (403, "AllAccessDisabled", NextFlush),
    (404, "NoSuchBucket", NextFlush),
    (400, "AccessControlListNotSupported", NextFlush),
    (400, "KMS.DisabledException", NextFlush),
    (400, "InvalidStorageClass", NextFlush),
    (501, "NotImplemented", NextFlush),
    (400, "EntityTooLarge", NextFlush),
    (400, "EntityTooSmall", NextFlush),
    (413, "", NextFlush),
    (400, "InvalidArgument", Rejected),
    (400, "KeyTooLongError", Rejected),
    (404, "", NextFlush),
    (301, "PermanentRedirect", NextFlush),
    (418, "", NextFlush),
];

#[test]
fn every_reply_has_its_meaning() {
    let body = PartBody::new(bytes::Bytes::from_static(b""));
    let put = ObjectCall::Put(&body);
    let part = ObjectCall::UploadPart { upload: "u", number: 1, body: &body };
    let complete = ObjectCall::Complete { upload: "u", parts: &[] };
    let abort = ObjectCall::Abort { upload: "u" };
    let etag: &[(&str, &str)] = &[("etag", "\"e\"")];
    let classify = |call: &ObjectCall<'_>, reply: &Reply| meaning(reply::classify("s3", call, reply));
    for (status, code, expected) in ERRORS {
        for call in [&put, &ObjectCall::Begin, &part, &complete] {
            assert_eq!(
                classify(call, &reply(status, etag, &error(code))),
                expected,
                "{call:?} {status} {code}"
            );
        }
    }
    let completed = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>";
    let begun = "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>";
    let part_of = |body: &str| Reply { truncated: true, ..reply(200, etag, body) };
    let rows: [(&ObjectCall<'_>, Reply, Meaning); 23] = [
        (&put, reply(200, etag, ""), Delivered),
        (&put, reply(200, &[], "<html>sign in</html>"), Backoff),
        (&put, reply(412, &[], &error("PreconditionFailed")), Delivered),
        (&put, reply(409, &[], &error("ConditionalRequestConflict")), Backoff),
        (&put, reply(409, &[], &error("OperationAborted")), Backoff),
        (&ObjectCall::Begin, reply(200, &[], begun), Delivered),
        (&ObjectCall::Begin, reply(200, &[], ""), Backoff),
        (&part, reply(200, etag, ""), Delivered),
        (&part, reply(200, &[], ""), Backoff),
        (&part, reply(404, &[], &error("NoSuchUpload")), NextFlush),
        (&complete, reply(200, &[], completed), Delivered),
        (&complete, reply(200, &[], &error("InternalError")), Backoff),
        (&complete, reply(200, &[], &error("SlowDown")), Backoff),
        (&complete, reply(200, &[], &error("InvalidPart")), NextFlush),
        (&complete, reply(200, &[], ""), Backoff),
        (&complete, reply(412, &[], &error("PreconditionFailed")), Delivered),
        (&complete, reply(409, &[], &error("ConditionalRequestConflict")), NextFlush),
        (&put, part_of(""), Delivered),
        (&part, part_of(""), Delivered),
        (&ObjectCall::Begin, part_of("<InitiateMultipartUploadResult><UploadId>u"), Backoff),
        (&complete, part_of("<CompleteMultipartUploadResult><ETag>\"e"), Backoff),
        (&abort, reply(204, &[], ""), Delivered),
        (&abort, reply(404, &[], &error("NoSuchUpload")), Delivered),
    ];
    for (call, reply, expected) in rows {
        assert_eq!(classify(call, &reply), expected, "{call:?} {reply:?}");
    }
    assert_eq!(reply::upload_id(&reply(200, &[], begun)).as_deref(), Some("u&1"));
}

#[test]
fn a_redirect_is_followed_to_a_region_and_nowhere_else() {
    let in_body = |code: &str, more: &str| format!("<Error><Code>{code}</Code>{more}</Error>");
    let region: &[(&str, &str)] = &[("x-amz-bucket-region", "us-west-2")];
    let rows = [
        (reply(301, region, &error("PermanentRedirect")), WrongRegion("us-west-2")),
        (reply(307, region, ""), WrongRegion("us-west-2")),
        (
            reply(400, &[], &in_body("AuthorizationHeaderMalformed", "<Region>eu-south-2</Region>")),
            WrongRegion("eu-south-2"),
        ),
        (
            reply(
                307,
                &[],
                &in_body("TemporaryRedirect", "<Endpoint>b.s3-us-west-1.amazonaws.com</Endpoint>"),
            ),
            WrongRegion("us-west-1"),
        ),
        (
            reply(
                301,
                &[],
                &in_body("PermanentRedirect", "<Endpoint>b.s3.eu-north-1.amazonaws.com</Endpoint>"),
            ),
            WrongRegion("eu-north-1"),
        ),
        (reply(301, &[("x-amz-bucket-region", "evil.example.com/")], ""), NextFlush),
        (reply(301, &[("location", "https://evil.example.com/")], ""), NextFlush),
        // The header is in other replies too and means nothing there.
        (reply(403, region, &error("AccessDenied")), NextFlush),
    ];
    for (reply, expected) in rows {
        assert_eq!(meaning(reply::put("s3", &reply)), expected, "{reply:?}");
    }
}

#[test]
fn a_key_that_no_configuration_makes_is_refused() {
    let s3 = s3(&[("path_style", "on")]);
    let store = s3.store().unwrap();
    let long = "k".repeat(1_025);
    for key in [
        "",
        "/k",
        "..",
        "../k",
        "a/../../other/k",
        "./k",
        "a/.",
        "../../etc/x?acl",
        "a\nb",
        "a\u{9b}b",
        &long,
    ] {
        assert!(store.check_key(key).is_err(), "{key:?}");
    }
    for key in ["k", "logs/a-1.json.gz", "a/..b/c..", "a//b", "é ü", &"k".repeat(1_024)] {
        assert_eq!(store.check_key(key), Ok(()), "{key:?}");
    }
}

#[test]
fn a_key_stays_in_the_path_whatever_stands_in_it() {
    let s3 = s3(&[("path_style", "on"), ("endpoint", "http://127.0.0.1:9000")]);
    let request =
        http(s3.store().unwrap().request("x?acl#f%2e%2e\\&uploads", &ObjectCall::Abort { upload: "u" }));
    assert_eq!(request.url, "http://127.0.0.1:9000/my-logs/x%3Facl%23f%252e%252e%5C%26uploads?uploadId=u");
}
