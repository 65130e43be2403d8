//! What tests of destinations need: one opened from its keys, batches made of records, replies.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use bytes::Bytes;
use serde_json::Value;

use super::{Destination, Encoded, HttpRequest, Judgement, Outlet, Purpose, Reply};
use crate::batch::{Batch, Item, Lanes};
use crate::classify::{Classifier, Entry};
use crate::config::keys::Kind;
use crate::config::{DestinationSettings, Reader};
use crate::template::Scene;

/// Seconds of the first test record.
pub(super) const FIRST_SECOND: u64 = 1_795_000_000;

/// A destination `d` with these keys, and what is wrong with them.
pub(super) fn open(kind: Kind, keys: &[(&str, &str)]) -> (Box<dyn Destination>, Vec<String>) {
    let map: BTreeMap<String, String> =
        keys.iter().map(|(key, value)| (format!("d.{key}"), (*value).to_owned())).collect();
    let problems = RefCell::new(Vec::new());
    let settings = DestinationSettings { name: "d".to_owned(), kind };
    let destination = super::open(&settings, &Reader::new(&map, &problems), None);
    (destination, problems.into_inner().iter().map(ToString::to_string).collect())
}

/// A chunk of these records, one second apart.
pub(super) fn chunk(records: &[Value]) -> Vec<u8> {
    let entry = |(at, record): (u64, &Value)| rmp_serde::to_vec(&(FIRST_SECOND + at, record)).unwrap();
    (0..).zip(records).flat_map(entry).collect()
}

/// The batches of a chunk, and what became of each record.
pub(super) fn batches(destination: &dyn Destination, chunk: &[u8]) -> (Vec<Batch>, Vec<Encoded>) {
    let (mut lanes, mut outcomes) = (Lanes::default(), Vec::new());
    crate::decode::records(chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        let entry = Entry { record, class, class_name: class.name(), stop: stop.as_ref() };
        let mut target = Vec::new();
        destination.target(&entry, &Scene { tag: b"app.web", uuid: "U" }, &mut target);
        let lane = lanes.of(&target);
        let start = lane.wire.len();
        let encoded = destination.encode(&entry, &mut lane.wire);
        let ordinal = u32::try_from(outcomes.len()).unwrap();
        outcomes.push(encoded);
        if let Encoded::Whole { size } | Encoded::Cut { size } = encoded {
            let at_ms = record.time.millis();
            lane.items.push(Item { ordinal, at_ms, start, end: lane.wire.len(), size });
        }
    });
    (lanes.pack(&destination.limits()), outcomes)
}

/// The request for a batch.
pub(super) fn request(destination: &dyn Destination, batch: &Batch) -> HttpRequest {
    match destination.request(batch).outlet {
        Outlet::Http(request) => request,
        other => panic!("{other:?}"),
    }
}

/// The requests that bring these records.
pub(super) fn requests(destination: &dyn Destination, records: &[Value]) -> Vec<HttpRequest> {
    let batches = batches(destination, &chunk(records)).0;
    batches.iter().map(|batch| request(destination, batch)).collect()
}

/// What this answer to a batch of so many lines means.
pub(super) fn judge(destination: &dyn Destination, lines: usize, reply: &Reply) -> Judgement {
    let line = serde_json::json!({"source": "stdout", "log": "x"});
    let batch = batches(destination, &chunk(&vec![line; lines])).0.remove(0);
    destination.judge(Purpose::Deliver, &batch, reply)
}

pub(super) fn reply(status: u16, body: impl Into<Bytes>) -> Reply {
    Reply { status, body: body.into(), ..Reply::default() }
}

/// The kind of a judgement without its words.
pub(super) fn word(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Later { pace, .. } => format!("{pace:?}"),
        other => format!("{other:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

/// Sends a request to a server of this machine, and answers with the status.
pub(super) fn post(port: u16, path: &str, request: &HttpRequest) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for (name, value) in &request.headers {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    head += &format!("content-length: {}\r\n\r\n", request.body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&request.body).unwrap();
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

/// One fixture.
pub(super) fn event(name: &str) -> Value {
    let file = format!("{}/tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}
