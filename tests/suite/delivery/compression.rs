//! `compress auto`: which requests are compressed, and an endpoint that does not read gzip.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms};

const LINES: usize = 1_000;

const AUTO: (&str, &str) = ("cloudwatch.compress", "auto");

/// Lines for each of these many containers.
fn chunk(containers: usize) -> Chunk {
    let now = now_ms();
    (0..LINES * containers).fold(Chunk::new(), |chunk, number| {
        let record = line(&format!("c{}", number % containers), "stdout", &format!("GET /orders {number}"));
        chunk.with(now, &record)
    })
}

fn existing(streams: usize) -> Cloud {
    let cloud = Cloud::start();
    (0..streams).for_each(|number| cloud.cloudwatch().create_stream(GROUP, &format!("c{number}")));
    cloud
}

/// Whether each request that brought records was compressed.
fn compressed(cloud: &Cloud) -> Vec<bool> {
    let puts = cloud.requests_for(Api::PutLogEvents);
    puts.iter().map(|put| put.header("content-encoding").is_some()).collect()
}

fn refuse_gzip(cloud: &Cloud, fault: Fault) {
    cloud.script_where(Api::PutLogEvents, |request| request.header("content-encoding").is_some(), fault);
}

#[test]
fn large_requests_are_compressed_and_count_uncompressed() {
    let cloud = existing(1);
    let router = Router::to(&cloud, &[AUTO]);
    assert_eq!(router.bring(&chunk(1)), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), LINES);
    let put = &cloud.requests_for(Api::PutLogEvents)[0];
    assert_eq!(put.header("content-encoding"), Some("gzip"));
    assert!(put.wire_len * 4 < put.body.len(), "{} of {}", put.wire_len, put.body.len());
    let counters = router.counters("cloudwatch");
    assert_eq!(counters.bytes, put.wire_len as u64);
    assert!(counters.billed > put.body.len() as u64 / 3, "what CloudWatch bills is what it stores");
    cloud.assert_no_complaints();
}

#[test]
fn small_requests_are_not_compressed() {
    let cloud = existing(1);
    let router = Router::to(&cloud, &[AUTO]);
    assert_eq!(router.bring(&Chunk::now(&[line("c0", "stdout", "hello")])), Verdict::Ok);
    assert_eq!(compressed(&cloud), [false]);
}

#[test]
fn an_endpoint_that_refuses_gzip_gets_every_record_once_and_no_more_gzip() {
    let serialization = Fault::aws(400, "SerializationException");
    for fault in [serialization, Fault::reply(415), Fault::reply(400), Fault::reply(500)] {
        let cloud = existing(3);
        refuse_gzip(&cloud, fault);
        let router = Router::to(&cloud, &[AUTO, ("cloudwatch.concurrency", "3")]);
        assert_eq!(router.bring(&chunk(3)), Verdict::Ok);
        assert_eq!(router.bring(&chunk(3)), Verdict::Ok);
        for stream in ["c0", "c1", "c2"] {
            assert_eq!(cloud.cloudwatch().messages(GROUP, stream).len(), 2 * LINES, "{stream}");
        }
        let compressed = compressed(&cloud);
        assert!(compressed[0] && !compressed[compressed.len() - 3..].contains(&true), "{compressed:?}");
        assert_eq!(compressed.iter().filter(|one| !**one).count(), 6, "one uncompressed request a batch");
        assert_eq!(router.counters("cloudwatch").delivered, 6 * LINES as u64);
        router.assert_adds_up("cloudwatch");
    }
}

#[test]
fn a_record_that_is_refused_in_either_form_is_found_as_ever() {
    let cloud = existing(1);
    let holds_poison = |request: &fake_cloud::Received| request.text().contains("poison");
    cloud.script_where(Api::PutLogEvents, holds_poison, Fault::aws(400, "InvalidParameterException"));
    let router = Router::to(&cloud, &[AUTO]);
    let chunk = chunk(1).with(now_ms(), &line("c0", "stdout", "poison"));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), LINES);
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1);
    router.assert_adds_up("cloudwatch");
    assert!(compressed(&cloud)[1..].contains(&true), "compression is not to blame");
}
