//! Firehose: only what failed is sent again, streams that do not exist, and credentials that expire.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::intake::{Intake, PASSING, STREAM, chunk_of, cloud, hello, line_of_text, lines_in_base64, names};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::{line, stop};
use test_support::this_test;

pub(super) const INTAKE: Intake = Intake {
    kind: "firehose",
    api: Api::PutRecordBatch,
    keys: &[
        ("firehose.endpoint", "{endpoint}"),
        ("firehose.region", "eu-west-1"),
        ("firehose.delivery_stream", STREAM),
        ("firehose.timeout", "60s"),
    ],
    brought: |request| lines_in_base64(&request.json()["Records"], "Data"),
    arrived: |cloud| cloud.firehose().lines(STREAM).iter().map(|text| line_of_text(text)).collect(),
    refusal: || Fault::aws(400, "InvalidArgumentException"),
    secret: None,
    knows_repeats: false,
    status_decides: false,
    retried: PASSING,
    room: 1,
    cuts: true,
};

fn brought(cloud: &Cloud) -> Vec<Vec<String>> {
    cloud.requests_for(Api::PutRecordBatch).iter().map(INTAKE.brought).collect()
}

#[test]
fn stops_errors_and_lines_arrive_as_lines_of_json() {
    let cloud = cloud();
    let lines = [line("web", "stderr", "it\nbroke"), line("web", "stdout", "grüße")];
    let chunk = [stop(), lines[0].clone(), lines[1].clone()];
    let chunk = chunk.iter().fold(Chunk::new(), |chunk, record| chunk.with(1_795_000_000_125, record));
    assert_eq!(INTAKE.router(&cloud, &[]).bring(&chunk), Verdict::Ok);
    assert!(cloud.firehose().records(STREAM).iter().all(|record| record.ends_with(b"\n")));
    let arrived: Vec<Value> =
        cloud.firehose().lines(STREAM).iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!((&arrived[0]["severity"], &arrived[0]["exit_code"]), (&json!("error"), &json!(137)));
    for (arrived, sent) in arrived[1..].iter().zip(lines) {
        let mut sent = sent;
        sent["date"] = json!("2026-11-18T11:06:40.125Z");
        assert_eq!(*arrived, sent);
    }
    let request = &cloud.requests_for(Api::PutRecordBatch)[0];
    assert_eq!(request.header("x-amz-target"), Some("Firehose_20150804.PutRecordBatch"));
    assert!(request.header("authorization").unwrap().contains("/eu-west-1/firehose/aws4_request"));
    cloud.assert_no_complaints();
}

#[test]
fn only_the_records_that_failed_are_sent_again() {
    let cloud = cloud();
    cloud.script(Api::PutRecordBatch, [Fault::partial([1, 3, 4]), Fault::partial([0, 2])]);
    let router = INTAKE.router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(6))), Verdict::Ok);
    let expected = [vec!["n0", "n1", "n2", "n3", "n4", "n5"], vec!["n1", "n3", "n4"], vec!["n1", "n4"]];
    assert_eq!(brought(&cloud), expected);
    INTAKE.assert_arrived(&cloud, &router, &names(6));
}

#[test]
fn records_that_keep_failing_mean_retry_and_the_replay_brings_them_alone() {
    let cloud = cloud();
    cloud.script(Api::PutRecordBatch, [Fault::partial([2])]);
    INTAKE.script_for(&cloud, "n2", Fault::partial([0]).retry_after(600));
    let router = INTAKE.router(&cloud, &[]);
    let chunk = chunk_of(&names(6));
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!((INTAKE.arrived)(&cloud).len(), 5);
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert!(brought(&cloud)[1..].iter().all(|lines| lines == &["n2"]));
    INTAKE.assert_arrived(&cloud, &router, &names(6));
}

#[test]
fn a_request_of_which_nothing_was_taken_is_sent_again_after_a_pause() {
    let cloud = cloud();
    cloud.script(Api::PutRecordBatch, [Fault::partial(0..6), Fault::partial(0..6)]);
    let router = INTAKE.router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(6))), Verdict::Ok);
    let requests = cloud.requests_for(Api::PutRecordBatch);
    assert_eq!(requests.len(), 3);
    assert!((requests[2].at - requests[1].at).as_millis() >= 100, "the second pause is longer");
    INTAKE.assert_arrived(&cloud, &router, &names(6));
}

#[test]
fn five_hundred_records_fill_a_request() {
    let cloud = cloud();
    let router = INTAKE.router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(1_001))), Verdict::Ok);
    let mut counts: Vec<usize> = brought(&cloud).iter().map(Vec::len).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 500, 500]);
}

/// The line feed counts.
#[test]
fn four_mebibytes_fill_a_request_and_a_record_of_its_exact_limit_stays_whole() {
    let cloud = cloud();
    let lines: Vec<String> = ["a", "b", "c", "d", "e"].map(|name| name.repeat(1_023_999)).to_vec();
    let router = INTAKE.router(&cloud, &[("firehose.log_key", "log")]);
    assert_eq!(router.bring(&chunk_of(&lines)), Verdict::Ok);
    assert_eq!(router.counters("firehose").cut, 0);
    let mut counts: Vec<usize> = brought(&cloud).iter().map(Vec::len).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 4]);
    INTAKE.assert_arrived(&cloud, &router, &lines);
}

#[test]
fn a_missing_stream_means_retry_until_it_exists_and_one_line_that_names_it() {
    let said =
        alone(this_test!("a_missing_stream_means_retry_until_it_exists_and_one_line_that_names_it"), || {
            let cloud = Cloud::start();
            let router = INTAKE.router(&cloud, &[]);
            let chunk = hello();
            for flushes in 1..=3 {
                assert_eq!(router.bring(&chunk), Verdict::Retry);
                assert_eq!(cloud.attempts(Api::PutRecordBatch), flushes, "once per flush");
            }
            cloud.firehose().create_stream(STREAM);
            assert_eq!(router.bring(&chunk), Verdict::Ok);
            INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
        });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("[error]")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("firehose.delivery_stream") && lines[0].contains(STREAM), "{}", lines[0]);
}

#[test]
fn expired_credentials_are_fetched_again_and_nothing_arrives_twice() {
    alone(this_test!("expired_credentials_are_fetched_again_and_nothing_arrives_twice"), || {
        let cloud = cloud();
        environment::of_the_container(&cloud.credentials_uri());
        let router = INTAKE.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&["first".to_owned()])), Verdict::Ok);
        cloud.expire_credentials();
        cloud.accept_credentials("ASIASECOND", "second", Some("token"));
        assert_eq!(router.bring(&chunk_of(&["second".to_owned()])), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), 2);
        INTAKE.assert_arrived(&cloud, &router, &["first".to_owned(), "second".to_owned()]);
    });
}

#[test]
fn a_wrong_secret_means_retry_without_a_storm() {
    let cloud =
        Cloud::builder().credentials("AKIDEXAMPLE", "another secret").create_delivery_streams([STREAM]);
    let cloud = cloud.start();
    let router = INTAKE.router(&cloud, &[("flush_timeout", "2s")]);
    let (verdict, took) = router.timed(&hello());
    assert_eq!(verdict, Verdict::Retry);
    assert!(took.as_secs() < 10, "{took:?}");
    assert!((2..=8).contains(&cloud.attempts(Api::PutRecordBatch)));
    assert!(cloud.take_complaints()[0].contains("InvalidSignatureException"));
}
