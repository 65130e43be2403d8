//! Chunks → records → requests. For any bytes, the records are those of the chunk, none is lost or duplicated on the
//! way, and every request is one that its service could accept.

#![no_main]

use std::collections::BTreeSet;

use ecs_router::destination::{Destination, Endpoint, HttpRequest};
use ecs_router::encode::batch::Batch;
use ecs_router::input::decode::{self, Tally};
use ecs_router_fuzz::{Router, assert_log_group, assert_log_stream, assert_object_key};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const CONFIGURATION: &str = "
    route.default groups, archive, dog, otel
    classes health
    class.health.match log ^GET /healthz
    groups.type cloudwatch
    groups.log_group /ecs/$(ecs_cluster)/$(class)
    groups.log_stream $(container_name)/$(ecs_task_id)/%Y-%m-%d
    groups.compress off
    archive.type s3
    archive.bucket logs
    archive.key $(class)/$(ecs_task_family)/%Y/%m/%d/$(container_name)/$(uuid).json
    archive.upload_timeout 0
    archive.compress none
    dog.type datadog
    dog.api_key 0123456789abcdef
    dog.service $(container_name)
    dog.tags env:$(env),hour:%H
    dog.compress off
    otel.type otlp
    otel.endpoint http://127.0.0.1:4318
    otel.encoding json
    otel.compress off
";

thread_local!(static ROUTER: Router = Router::from_lines(CONFIGURATION));

fuzz_target!(|chunk: &[u8]| {
    let tally = check_records(chunk);
    ROUTER.with(|router| check_processed(router, chunk, &tally));
});

fn check_records(chunk: &[u8]) -> Tally {
    let mut seen = 0;
    let tally = decode::records(chunk, |record| {
        seen += 1;
        assert!(record.time.nanos < 1_000_000_000);
        let again = decode::fields(record.body);
        // NaN is not equal to itself, but looks the same.
        assert!(again == record.fields || format!("{again:?}") == format!("{:?}", record.fields));
    });
    assert_eq!(tally.records, seen);
    if let Some(fault) = &tally.fault {
        let before = decode::records(&chunk[..fault.offset], |_| {});
        assert_eq!((before.fault, before.skipped_bytes), (None, 0), "what stands before a fault is whole");
        assert!(before.records <= tally.records && before.shapeless <= tally.shapeless);
        assert!(tally.skipped_bytes <= chunk.len());
        assert!(fault.offset < chunk.len());
    }
    tally
}

fn check_processed(router: &Router, chunk: &[u8], tally: &Tally) {
    let processed = router.process(chunk);
    assert_eq!(&processed.tally, tally);
    assert_eq!(processed.dropped, 0);
    let entries: u64 = processed.classes.iter().sum();
    assert!(entries >= tally.records as u64, "a record became nothing");
    let digests: Vec<Vec<u128>> = digests(&processed.batches);
    assert_eq!(digests, self::digests(&router.process(chunk).batches), "a replay would not be known again");
    for (index, batches) in processed.batches.iter().enumerate() {
        let destination = &router.destinations[index];
        check_batches(destination, batches, entries - processed.repeated);
        batches.iter().for_each(|batch| check_request(index, batch, &request(destination, batch)));
    }
}

fn digests(batches: &[Vec<Batch>]) -> Vec<Vec<u128>> {
    batches.iter().map(|batches| batches.iter().map(Batch::digest).collect()).collect()
}

/// Every entry at most once and within the limits; CloudWatch alone may leave out entries, the empty ones.
fn check_batches(destination: &Destination, batches: &[Batch], entries: u64) {
    let limits = destination.limits;
    let mut ordinals = BTreeSet::new();
    for batch in batches {
        let items = &batch.items;
        assert!(!items.is_empty() && items.len() <= limits.records);
        assert!(items.iter().map(|item| item.size).sum::<usize>() <= limits.bytes || items.len() == 1);
        assert!(items.iter().all(|item| ordinals.insert(item.ordinal)), "an entry is there twice");
        if limits.ordered {
            assert!(items.is_sorted_by_key(|item| item.at_ms));
        }
        if let (Some(span), Some(first), Some(last)) = (limits.span_ms, items.first(), items.last()) {
            assert!(last.at_ms.saturating_sub(first.at_ms) <= span);
        }
    }
    assert!(ordinals.iter().all(|ordinal| u64::from(*ordinal) < entries));
    if destination.common.name != "groups" {
        assert_eq!(ordinals.len() as u64, entries);
    }
}

fn request(destination: &Destination, batch: &Batch) -> HttpRequest {
    match destination.request(batch).endpoint {
        Endpoint::Http(request) => request,
        other => panic!("{other:?}"),
    }
}

fn check_request(index: usize, batch: &Batch, request: &HttpRequest) {
    let count = batch.items.len();
    let body = request.body.to_bytes();
    match index {
        0 => check_cloudwatch(batch, &json(&body)),
        1 => {
            let key = batch.target();
            assert_object_key(key);
            assert!((1..=1_024).contains(&key.len()));
            let lines: Vec<&[u8]> = body.split_inclusive(|byte| *byte == b'\n').collect();
            assert_eq!(lines.len(), count);
            lines.into_iter().for_each(|line| assert!(json(line).is_object()));
        }
        2 => {
            let entries = json(&body);
            assert_eq!(entries.as_array().unwrap().len(), count);
            assert!(entries.as_array().unwrap().iter().all(|entry| entry["message"].is_string()));
        }
        _ => {
            let request = json(&body);
            let resources = request["resourceLogs"].as_array().unwrap().iter();
            let scopes = resources.flat_map(|resource| resource["scopeLogs"].as_array().unwrap());
            let records = scopes.map(|scope| scope["logRecords"].as_array().unwrap().len());
            assert_eq!(records.sum::<usize>(), count);
        }
    }
}

fn check_cloudwatch(batch: &Batch, body: &Value) {
    assert_log_group(body["logGroupName"].as_str().unwrap().as_bytes());
    assert_log_stream(body["logStreamName"].as_str().unwrap().as_bytes());
    let events = body["logEvents"].as_array().unwrap();
    assert_eq!(events.len(), batch.items.len());
    for (event, item) in events.iter().zip(batch.items.iter()) {
        let message = event["message"].as_str().unwrap();
        assert!(!message.is_empty() && message.len() + 26 == item.size, "{} {}", message.len(), item.size);
        assert!(event["timestamp"].is_u64());
    }
}

fn json(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(text)))
}
