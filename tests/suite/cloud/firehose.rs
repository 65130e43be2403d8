//! A delivery stream into a bucket: what went into the stream is in the bucket's objects.

use ecs_router::Verdict;
use serde_json::{Value, json};

use super::{Moto, bucket};
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::plain_http::aws_call;
use test_support::record::{line, stop};

const STREAM: &str = "ecs-logs";

#[test]
fn what_goes_into_the_stream_comes_out_of_the_bucket() {
    let Some(moto) = Moto::start() else { return };
    create(&moto);
    let texts = ["quotes \" and \\", "grüße 日本語 👩‍👩‍👧", "two\nlines", "", " "].map(str::to_owned);
    let texts = texts.into_iter().chain((0..1_195).map(|number| format!("n{number}")));
    let records: Vec<Value> = texts.map(|text| line("web", "stderr", &text)).collect();
    let chunk = records.iter().fold(Chunk::new(), |chunk, record| chunk.with(1_795_000_000_125, record));
    assert_eq!(router(&moto).bring(&chunk), Verdict::Ok);
    let mut arrived = bucket::lines(&moto);
    let mut expected: Vec<String> = records.into_iter().map(dated).collect();
    arrived.sort_unstable();
    expected.sort_unstable();
    assert_eq!(arrived.len(), expected.len());
    assert_eq!(arrived, expected);
}

#[test]
fn a_stop_comes_out_of_the_bucket_as_its_report() {
    let Some(moto) = Moto::start() else { return };
    create(&moto);
    assert_eq!(router(&moto).bring(&Chunk::now(&[stop()])), Verdict::Ok);
    let report: Value = serde_json::from_str(&bucket::lines(&moto)[0]).unwrap();
    assert_eq!((&report["severity"], &report["exit_code"]), (&json!("error"), &json!(137)));
}

#[test]
fn a_stream_that_does_not_exist_means_retry_until_it_does() {
    let Some(moto) = Moto::start() else { return };
    let router = router(&moto);
    let chunk = Chunk::now(&[line("web", "stdout", "hello")]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    create(&moto);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(bucket::lines(&moto).len(), 1);
}

fn dated(mut record: Value) -> String {
    record["date"] = json!("2026-11-18T11:06:40.125Z");
    record.to_string()
}

fn router(moto: &Moto) -> Router {
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    Router::with(&[
        ("route.default", "firehose"),
        ("firehose.region", "us-east-1"),
        ("firehose.endpoint", &endpoint),
        ("firehose.delivery_stream", STREAM),
        ("flush_timeout", "30s"),
    ])
}

fn create(moto: &Moto) {
    bucket::create(moto);
    let body = json!({
        "DeliveryStreamName": STREAM,
        "DeliveryStreamType": "DirectPut",
        "ExtendedS3DestinationConfiguration": {
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "BucketARN": format!("arn:aws:s3:::{}", bucket::NAME),
            "Prefix": "logs/",
        },
    });
    aws_call(moto.port, "Firehose_20150804.CreateDeliveryStream", &body).unwrap();
}
