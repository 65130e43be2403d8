//! Replies of the services, for every destination.

/// Destinations of the target's configuration.
const DESTINATIONS: u8 = 13;

/// First byte of the status, its position in the target's table; header lines; body.
const REPLIES: &[(u8, &str, &str)] = &[
    (0, "", "{}"),
    (0, "", "ok"),
    (0, "etag: \"d41d8cd9\"\n", ""),
    (
        0,
        "",
        r#"{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":1,"tooNewLogEventStartIndex":2,"expiredLogEventEndIndex":1}}"#,
    ),
    (0, "", r#"{"FailedPutCount":1,"RequestResponses":[{"RecordId":"1"},{"ErrorCode":"InternalFailure"}]}"#),
    (0, "", r#"{"requestId":"00000000-0000-8000-8000-000000000000","timestamp":1}"#),
    (
        0,
        "content-type: application/json\n",
        r#"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"too old"}}"#,
    ),
    (0, "content-type: application/x-protobuf\n", "\n\x07\x08\x01\x12\x03old"),
    (0, "", "<UploadId>u1</UploadId>"),
    (0, "", "<Error><Code>InternalError</Code><Message>try &amp; again</Message></Error>"),
    (1, "", ""),
    (4, "x-amz-bucket-region: eu-west-3\n", "<Error><Code>PermanentRedirect</Code></Error>"),
    (5, "", "<Error><Code>TemporaryRedirect</Code><Endpoint>b.s3-eu-west-3.amazonaws.com</Endpoint></Error>"),
    (
        6,
        "",
        r#"{"__type":"com.amazonaws#ResourceNotFoundException","message":"The log group does not exist"}"#,
    ),
    (6, "x-amzn-errortype: ThrottlingException:http://x\n", "{}"),
    (6, "", r#"{"__type":"ResourceAlreadyExistsException"}"#),
    (6, "", r#"{"__type":"ExpiredTokenException","message":"expired"}"#),
    (6, "", "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>"),
    (6, "", "invalid_payload"),
    (8, "", "<Error><Code>AccessDenied</Code></Error>"),
    (9, "", "no_service"),
    (14, "", ""),
    (15, "", ""),
    (17, "retry-after: 5\n", ""),
    (19, "retry-after: Sun, 06 Nov 1994 08:50:37 GMT\n", "<html>busy</html>"),
];

/// Every reply for every destination.
pub fn all() -> Vec<Vec<u8>> {
    let seed = |destination: u8, (status, headers, body): &(u8, &str, &str)| {
        // A batch of two records, and no preparation.
        let head = [destination, 1 | 15 << 2, *status, 0];
        [head.as_slice(), headers.as_bytes(), b"\n", body.as_bytes()].concat()
    };
    (0..DESTINATIONS).flat_map(|to| REPLIES.iter().map(move |reply| seed(to, reply))).collect()
}
