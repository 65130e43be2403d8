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
    let errors = [
        (400, "SerializationException"),
        (400, "InvalidSignatureException"),
        (403, "SignatureDoesNotMatch"),
        (400, "UnrecognizedClientException"),
    ];
    let errors = errors.map(|(status, code)| Fault::aws(status, code));
    for fault in errors.into_iter().chain([415, 400, 403, 500, 501].map(Fault::reply)) {
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

/// Credentials that are refused in either form say nothing of compression, and neither does the first batch after them.
#[test]
fn credentials_that_were_refused_do_not_end_compression() {
    for code in ["InvalidSignatureException", "UnrecognizedClientException"] {
        let cloud = existing(1);
        // A compressed one and an uncompressed one, with the credentials of the time.
        cloud.script(Api::PutLogEvents, [Fault::aws(400, code), Fault::aws(400, code)]);
        let router = Router::to(&cloud, &[AUTO]);
        assert_eq!(router.bring(&chunk(1)), Verdict::Ok);
        assert_eq!(router.bring(&chunk(1)), Verdict::Ok);
        assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), 2 * LINES);
        assert_eq!(compressed(&cloud), [true, false, true, true], "{code}");
        router.assert_adds_up("cloudwatch");
    }
}

#[test]
fn a_wrong_secret_costs_one_uncompressed_request_an_attempt() {
    let cloud = Cloud::builder().credentials("AKIDEXAMPLE", "another secret").start();
    cloud.cloudwatch().create_stream(GROUP, "c0");
    let router = Router::to(&cloud, &[AUTO, ("flush_timeout", "2s")]);
    let (verdict, took) = router.timed(&chunk(1));
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    let attempts = cloud.attempts(Api::PutLogEvents);
    assert!((4..=20).contains(&attempts), "{attempts}");
    assert!(cloud.take_complaints().iter().all(|complaint| complaint.contains("InvalidSignatureException")));
    let counters = router.counters("cloudwatch");
    assert!(counters.misconfigured > 0, "said as ever");
    assert_eq!((counters.delivered, counters.waiting_records), (0, LINES as u64));
}

/// A proxy that breaks over gzip, in whichever way: nothing waits for ever, and it is learned after three batches.
#[test]
fn an_endpoint_that_breaks_over_gzip_gets_every_record_and_soon_no_more_gzip() {
    for fault in [Fault::reset(), Fault::reply(502), Fault::reply(503), Fault::reply(404)] {
        let cloud = existing(1);
        refuse_gzip(&cloud, fault);
        let router = Router::to(&cloud, &[AUTO, ("flush_timeout", "3s")]);
        let chunk = chunk(1);
        let brought = |_: &usize| router.bring(&chunk) == Verdict::Ok;
        let delivered = (0..10).filter(brought).count();
        assert!(delivered >= 7, "{delivered} of 10");
        assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), delivered * LINES);
        let compressed = compressed(&cloud);
        assert!(!compressed[compressed.len() - 5..].contains(&true), "{compressed:?}");
        router.assert_adds_up("cloudwatch");
    }
}

/// A network that cuts every second request off says nothing of compression.
#[test]
fn a_flaky_network_does_not_end_compression() {
    let cloud = existing(1);
    let router = Router::to(&cloud, &[AUTO]);
    cloud.script(Api::PutLogEvents, [Fault::reset(), Fault::reset(), Fault::reset()]);
    (0..3).for_each(|_| assert_eq!(router.bring(&chunk(1)), Verdict::Ok));
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), 3 * LINES);
    assert_eq!(compressed(&cloud), [true, false, true, false, true, true]);
    router.assert_adds_up("cloudwatch");
}

/// The one record of its batch: halves would not help it.
#[test]
fn a_long_record_that_is_refused_only_in_gzip_is_not_lost() {
    let cloud = existing(1);
    refuse_gzip(&cloud, Fault::reply(413));
    let router = Router::to(&cloud, &[AUTO]);
    let chunk = Chunk::now(&[line("c0", "stdout", &"GET /orders ".repeat(10_000))]);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "c0").len(), 1);
    router.assert_adds_up("cloudwatch");
}
