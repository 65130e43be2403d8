//! Helpers for the tests of all destinations: settings from pairs, batches from JSON records, replies.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use bytes::Bytes;
use serde_json::Value;

use super::{Destination, Encoded, Endpoint, HttpRequest, Purpose, Reply, ReplyAction};
use crate::classify::classes::{Classifier, Entry};
use crate::classify::provenance::{ChunkOrigin, Provenance};
use crate::config::keys::DestinationKind;
use crate::config::{AwsEnvironments, DestinationSettings, KeyReader};
use crate::encode::batch::Batch;
use crate::encode::partition::{BatchItem, Partitions};
use crate::encode::template::RenderContext;

/// Seconds of the first test record.
pub(super) const FIRST_SECOND: u64 = 1_795_000_000;

/// Keys of a destination and their values.
pub(crate) type Keys<'k> = &'k [(&'k str, &'k str)];

/// A destination `d` with these keys, and what was wrong with them.
pub(super) fn configure(kind: DestinationKind, keys: Keys<'_>) -> (Destination, Vec<String>) {
    let map: BTreeMap<String, String> =
        keys.iter().map(|(key, value)| (format!("d.{key}"), (*value).to_owned())).collect();
    let problems = RefCell::new(Vec::new());
    let settings = DestinationSettings { name: "d".to_owned(), kind };
    let destination =
        super::open(&settings, &KeyReader::new(&map, &problems), &AwsEnvironments::in_region("eu-west-1"));
    (destination, problems.into_inner().iter().map(ToString::to_string).collect())
}

/// A destination `d` with these keys, which must be right.
pub(crate) fn open(kind: DestinationKind, keys: Keys<'_>) -> Destination {
    let (destination, problems) = configure(kind, keys);
    assert_eq!(problems, [""; 0]);
    destination
}

/// A chunk of these records, one second apart.
pub(super) fn chunk(records: &[Value]) -> Vec<u8> {
    let entry = |(at, record): (u64, &Value)| rmp_serde::to_vec(&(FIRST_SECOND + at, record)).unwrap();
    (0..).zip(records).flat_map(entry).collect()
}

/// The batches a chunk becomes, and what became of each of its records.
pub(super) fn batches_of(destination: &Destination, chunk: &[u8]) -> (Vec<Batch>, Vec<Encoded>) {
    let mut partitions = Partitions::default();
    let mut outcomes = Vec::new();
    let context = RenderContext { tag: b"app.web", uuid: "U", chunk: "C", task: None, overflow: None };
    crate::input::decode::records(chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        let entry = Entry::new(record, class, class.name(), stop.as_ref());
        let mut target = Vec::new();
        destination.target(&entry, &context, &mut target);
        let partition = partitions.get_or_insert(&target);
        let (place, encoded) = partition.write(0, |out| destination.encode(&entry, &context, out));
        let ordinal = u32::try_from(outcomes.len()).unwrap();
        outcomes.push(encoded);
        if let Encoded::Complete { size } | Encoded::Truncated { size } = encoded {
            let at_ms = record.time.millis();
            partition.push(BatchItem { ordinal, at_ms, start: place.start, end: place.end, size });
        }
    });
    (destination.pack(partitions), outcomes)
}

/// The batches of records that Fluent Bit brings under this tag.
pub(super) fn batches_under(tag: &str, destination: &Destination, records: &[Value]) -> Vec<Batch> {
    let mut partitions = Partitions::default();
    let mut ordinal = 0;
    let context = RenderContext { tag: tag.as_bytes(), ..RenderContext::default() };
    let classifier = Classifier::default();
    crate::input::decode::records(&chunk(records), |record| {
        let provenance = Provenance::new(record, ChunkOrigin::from_tag(tag.as_bytes(), &[]));
        let class = classifier.plain_class(record, &provenance);
        let entry =
            Entry { identity: provenance.identity(), ..Entry::new(record, class, class.name(), None) };
        let mut target = Vec::new();
        destination.target(&entry, &context, &mut target);
        let partition = partitions.get_or_insert(&target);
        let (place, _) = partition.write(0, |out| destination.encode(&entry, &context, out));
        let size = place.len();
        partition.push(BatchItem { ordinal, at_ms: 0, start: place.start, end: place.end, size });
        ordinal += 1;
    });
    destination.pack(partitions)
}

/// The only batch of these records.
pub(crate) fn batch_of(destination: &Destination, records: &[Value]) -> Batch {
    let mut batches = batches_of(destination, &chunk(records)).0;
    assert_eq!(batches.len(), 1);
    batches.remove(0)
}

/// The request for a batch.
pub(super) fn request_of(destination: &Destination, batch: &Batch) -> HttpRequest {
    match destination.request(batch).endpoint {
        Endpoint::Http(request) => request,
        other => panic!("{other:?}"),
    }
}

/// The body of a request, uncompressed.
pub(super) fn body_of(request: &HttpRequest) -> Vec<u8> {
    let mut body = Vec::new();
    match request.headers.get("content-encoding").map(|value| value.to_str().unwrap()) {
        Some("gzip") => {
            flate2::read::GzDecoder::new(&*request.body.to_bytes()).read_to_end(&mut body).unwrap()
        }
        Some("zstd") => {
            zstd::Decoder::new(&*request.body.to_bytes()).unwrap().read_to_end(&mut body).unwrap()
        }
        Some(other) => panic!("{other}"),
        None => return request.body.to_bytes().to_vec(),
    };
    body
}

/// The JSON that is sent for these records.
pub(super) fn sent(destination: &Destination, records: &[Value]) -> Value {
    let batch = batch_of(destination, records);
    serde_json::from_slice(&body_of(&request_of(destination, &batch))).unwrap()
}

/// The requests that deliver these records.
pub(super) fn requests(destination: &Destination, records: &[Value]) -> Vec<HttpRequest> {
    let batches = batches_of(destination, &chunk(records)).0;
    batches.iter().map(|batch| request_of(destination, batch)).collect()
}

/// Posts a request to a server on this machine and returns the status.
pub(super) fn post(port: u16, path: &str, request: &HttpRequest) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for (name, value) in &request.headers {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    head += &format!("content-length: {}\r\n\r\n", request.body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body.to_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Every fixture of an ECS event.
pub(super) fn events() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/events");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
}

/// The fixture of this name.
pub(super) fn event(name: &str) -> Value {
    let file = format!("{}/tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

pub(super) fn reply(status: u16, body: impl Into<Bytes>) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

/// The action in one word, so that tables stay readable.
pub(super) fn word(action: &ReplyAction) -> String {
    match action {
        ReplyAction::Retry { timing, .. } => format!("{timing:?}"),
        other => format!("{other:?}").split([' ', '(']).next().unwrap().to_owned(),
    }
}

/// What a reply to a batch of this many records means.
pub(super) fn judged(destination: &Destination, records: usize, reply: &Reply) -> ReplyAction {
    let batch = batch_of(destination, &vec![serde_json::json!({"log": "line"}); records]);
    destination.classify_reply(Purpose::Deliver, &batch, reply)
}

/// EventBridge's event of a task that stopped with exit code 137.
pub(super) fn stopped() -> Value {
    serde_json::json!({
        "version": "0", "id": "e1", "detail-type": "ECS Task State Change", "source": "aws.ecs",
        "account": "111122223333", "time": "2026-11-20T10:00:00Z", "region": "eu-west-1",
        "resources": ["arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd"],
        "detail": {
            "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED", "group": "service:shop", "launchType": "FARGATE", "version": 5,
            "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd",
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:42",
            "startedAt": "2026-11-20T09:00:00Z", "stoppedAt": "2026-11-20T10:00:00Z",
            "containers": [{"name": "web", "image": "shop/web:1.7", "exitCode": 137, "lastStatus": "STOPPED",
                "reason": "OutOfMemoryError: Container killed due to memory usage"}],
        },
    })
}

/// A line of an application's log under FireLens.
pub(super) fn line() -> Value {
    serde_json::json!({
        "source": "stderr", "container_name": "/ecs-web-1", "container_id": "c0ffee", "log": "it \"broke\"",
        "ecs_cluster": "arn:aws:ecs:eu-west-1:1:cluster/prod", "ecs_task_definition": "web:42",
        "ecs_task_arn": "arn:aws:ecs:eu-west-1:1:task/prod/0123abcd",
    })
}

/// Chunks with one record of any text, any other fields, any nesting.
pub(super) fn any_chunk() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    let text = proptest::collection::vec(any::<u8>(), 0..80);
    let names = prop_oneof![
        3 => proptest::sample::select(vec!["log", "message", "source", "timestamp", "service", "entity.name", "status"])
            .prop_map(|name| name.as_bytes().to_vec()),
        2 => proptest::collection::vec(any::<u8>(), 0..300),
    ];
    let leaf = prop_oneof![
        4 => text.prop_map(|text| packed(0xdb, &text)),
        1 => any::<f64>().prop_map(|number| [&[0xcb], number.to_be_bytes().as_slice()].concat()),
        1 => any::<u64>().prop_map(|number| [&[0xcf], number.to_be_bytes().as_slice()].concat()),
        1 => Just(vec![0xc0]),
        1 => Just(vec![0xd4, 5, 0xAB]),
    ];
    let value = leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| container(0x90, &items)),
            proptest::collection::vec(inner, 0..4).prop_map(|values| {
                let pairs: Vec<_> =
                    values.iter().map(|value| [&packed(0xdb, b"k"), value.as_slice()].concat()).collect();
                container(0x80, &pairs)
            }),
        ]
    });
    proptest::collection::vec((names, value), 0..8).prop_map(|fields| {
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| [&packed(0xdb, name), value.as_slice()].concat()).collect();
        [&[0x92, 0xce, 0x6a, 0, 0, 0], container(0x80, &pairs).as_slice()].concat()
    })
}

fn packed(marker: u8, text: &[u8]) -> Vec<u8> {
    [&[marker], u32::try_from(text.len()).unwrap().to_be_bytes().as_slice(), text].concat()
}

fn container(marker: u8, items: &[Vec<u8>]) -> Vec<u8> {
    [vec![marker | u8::try_from(items.len()).unwrap()], items.concat()].concat()
}
