//! Replies → actions, of every destination. For any answer of a service or of a proxy before it, the action names records
//! of the batch only, gives a reason of one line, and takes nothing for delivered that is not.
//!
//! The input: a byte for the destination, one for records and purpose, two for the status, header lines, an empty
//! line, and the body.

#![no_main]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use ecs_router::destination::object_store::ObjectCall;
use ecs_router::destination::{Destination, PartBody, Purpose, Reply, ReplyAction, UploadedPart};
use ecs_router::encode::batch::Batch;
use ecs_router_fuzz::{Router, assert_one_line, chunk, line};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const CONFIGURATION: &str = "
    route.default groups, plain, hose, stream, joined, bus, topic, s3, nr, dog, slack, http, fh, otlp, proto, file, stdout
    groups.type cloudwatch
    groups.log_group g
    groups.auto_create_group on
    groups.retention_days 7
    plain.type cloudwatch
    plain.log_group g
    hose.type firehose
    hose.delivery_stream d
    stream.type kinesis
    stream.stream s
    joined.type kinesis
    joined.stream s
    joined.aggregate newline
    bus.type eventbridge
    topic.type sns
    topic.topic_arn arn:aws:sns:us-east-1:111122223333:t
    s3.bucket logs
    s3.upload_timeout 0
    nr.type newrelic
    nr.license_key 0123456789012345678901234567890123456789
    dog.type datadog
    dog.api_key 0123456789abcdef
    slack.webhook_url https://hooks.slack.com/services/T0/B0/x
    http.url https://logs.example.com/ingest
    fh.type firehose_http
    fh.url https://logs.example.com/ingest
    fh.access_key k
    otlp.endpoint http://127.0.0.1:4318
    otlp.encoding json
    proto.type otlp
    proto.endpoint http://127.0.0.1:4318
    proto.encoding protobuf
    file.path /dev/null
";

const STATUSES: [u16; 20] =
    [200, 202, 204, 206, 301, 307, 400, 401, 403, 404, 405, 408, 409, 410, 412, 413, 415, 429, 500, 503];

const OPERATIONS: [&str; 3] = ["CreateLogGroup", "CreateLogStream", "PutRetentionPolicy"];

const MAX_RECORDS: usize = 4;

/// A router, and for each destination its batches of 1 to `MAX_RECORDS` records.
struct Bench {
    router: Router,
    batches: Vec<Vec<Batch>>,
}

thread_local!(static BENCH: Bench = Bench::new());

impl Bench {
    fn new() -> Self {
        let router = Router::from_lines(CONFIGURATION);
        let batches = |records: usize| {
            let chunk = chunk(&vec![json!({"log": "line", "source": "stderr"}); records]);
            router.process(&chunk).batches.into_iter().map(|mut batches| batches.remove(0))
        };
        let mut all = vec![Vec::new(); router.destinations.len()];
        for records in 1..=MAX_RECORDS {
            all.iter_mut().zip(batches(records)).for_each(|(all, batch)| all.push(batch));
        }
        Self { router, batches: all }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(([which, how, a, b], rest)) = data.split_first_chunk() else { return };
    let status = STATUSES.get(usize::from(*a)).copied().unwrap_or(u16::from_be_bytes([*a, *b]));
    let reply = read_reply(status, how & 0x80 != 0, rest);
    BENCH.with(|bench| {
        let index = usize::from(*which) % bench.batches.len();
        let batch = &bench.batches[index][usize::from(how & 3)];
        let destination = &bench.router.destinations[index];
        check_retry_after(&reply);
        let operation = OPERATIONS.get(usize::from(how >> 2 & 15)).filter(|_| index < 2);
        let purpose = operation.map_or(Purpose::Deliver, |operation| Purpose::Prepare(operation));
        let action = destination.classify_reply(purpose, batch, &reply);
        assert_eq!(action, destination.classify_reply(purpose, batch, &reply));
        check(destination, purpose, batch, &reply, action);
        check_store(destination, &reply);
    });
});

fn read_reply(status: u16, truncated: bool, mut rest: &[u8]) -> Reply {
    let mut headers = HeaderMap::new();
    loop {
        let (header, tail) = line(rest);
        rest = tail;
        let Some(colon) = header.iter().position(|byte| *byte == b':') else { break };
        let name = &header[..colon];
        let value = header[colon + 1..].trim_ascii();
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.insert(name, value);
        }
    }
    Reply { status, headers, body: Bytes::copy_from_slice(rest), truncated }
}

/// The pause that a service asks for can be added to any time.
fn check_retry_after(reply: &Reply) {
    if let Some(pause) = reply.retry_after(SystemTime::UNIX_EPOCH) {
        assert!(pause <= Duration::from_secs(24 * 3_600));
    }
}

fn check(destination: &Destination, purpose: Purpose, batch: &Batch, reply: &Reply, action: ReplyAction) {
    match action {
        ReplyAction::Delivered => assert!(may_be_accepted(destination, purpose, reply), "{reply:?}"),
        ReplyAction::Partial { retry, rejected } => {
            let named = retry.into_iter().chain(rejected.into_iter().flat_map(|(range, _)| range));
            check_positions(named.collect(), batch.items.len());
        }
        ReplyAction::Prepare(requests) => {
            assert!(!requests.is_empty());
            assert!(requests.iter().all(|request| !request.purpose.delivers()));
        }
        ReplyAction::SendInstead(request) => assert!(request.purpose.delivers()),
        ReplyAction::WrongRegion { region, reason } => {
            check_reason(&reason);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!region.is_empty() && region.chars().all(plain), "{region:?}");
        }
        ReplyAction::PartialUnknown { reason, .. }
        | ReplyAction::Retry { reason, .. }
        | ReplyAction::Split { reason }
        | ReplyAction::Reauthorize { reason }
        | ReplyAction::Ignored { reason }
        | ReplyAction::Rejected { reason } => check_reason(&reason),
    }
}

fn check_reason(reason: &str) {
    assert_one_line(reason);
    assert!(reason.len() < 2_000, "{reason}");
}

/// The positions are in the batch, none is there twice, and there is at least one.
fn check_positions(named: Vec<usize>, records: usize) {
    let distinct: BTreeSet<usize> = named.iter().copied().collect();
    assert_eq!(distinct.len(), named.len(), "{named:?}");
    assert!(!named.is_empty() && named.iter().all(|&at| at < records), "{named:?} of {records}");
}

/// Whether the reply may mean success. Local writes cannot be refused; S3 answers 412 for an object that exists; what a
/// preparation makes may exist already.
fn may_be_accepted(destination: &Destination, purpose: Purpose, reply: &Reply) -> bool {
    let is_local = destination.network.is_none();
    let exists = reply.status == 412 && destination.store().is_some();
    is_local || exists || purpose != Purpose::Deliver || (200..300).contains(&reply.status)
}

fn check_store(destination: &Destination, reply: &Reply) {
    let Some(store) = destination.store() else { return };
    let piece = PartBody { body: Bytes::new(), sha256: [0; 32] };
    let parts = [UploadedPart { etag: "e".to_owned(), sha256: [0; 32] }];
    let upload = store.upload_id(reply);
    assert!(upload.as_ref().is_none_or(|upload| !upload.is_empty()));
    let calls = [
        ObjectCall::Put(&piece),
        ObjectCall::Begin,
        ObjectCall::UploadPart { upload: "u", number: 1, body: &piece },
        ObjectCall::Complete { upload: "u", parts: &parts },
        ObjectCall::Abort { upload: "u" },
    ];
    for call in &calls {
        match store.classify_reply(call, reply) {
            ReplyAction::Delivered => {
                assert!(matches!(reply.status, 200 | 204 | 404 | 412), "{}", reply.status);
                assert!(!matches!(call, ObjectCall::Begin) || upload.is_some());
            }
            ReplyAction::Partial { .. }
            | ReplyAction::PartialUnknown { .. }
            | ReplyAction::Prepare(_)
            | ReplyAction::SendInstead(_) => {
                panic!("no action for {call:?}")
            }
            ReplyAction::WrongRegion { reason, .. }
            | ReplyAction::Retry { reason, .. }
            | ReplyAction::Split { reason }
            | ReplyAction::Reauthorize { reason }
            | ReplyAction::Ignored { reason }
            | ReplyAction::Rejected { reason } => check_reason(&reason),
        }
    }
}
