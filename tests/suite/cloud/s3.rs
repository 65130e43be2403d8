//! Objects of the plugin's own making: what was confirmed is in them, line for line.

use ecs_router::Verdict;
use serde_json::{Value, json};

use super::{Moto, bucket};
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::record::line;
use test_support::temp::TempDir;

#[test]
fn what_is_spooled_comes_out_of_the_bucket() {
    let Some(moto) = Moto::start() else { return };
    bucket::create(&moto);
    let folder = TempDir::new();
    let router = router(&moto, &[("s3.spool_dir", folder.path().to_str().unwrap())]);
    let records = records();
    let chunks = records.chunks(400).map(chunk_of);
    chunks.for_each(|chunk| assert_eq!(router.bring(&chunk), Verdict::Ok));
    assert_eq!(bucket::keys(&moto), [""; 0], "nothing is uploaded before its time");
    router.drain();
    assert_eq!(bucket::keys(&moto).len(), 1, "one object for three chunks");
    assert_arrived(&moto, records);
}

#[test]
fn without_a_spool_each_chunk_is_an_object() {
    let Some(moto) = Moto::start() else { return };
    bucket::create(&moto);
    let router = router(&moto, &[("s3.upload_timeout", "0")]);
    let records = records();
    let chunks = records.chunks(600).map(chunk_of);
    chunks.for_each(|chunk| assert_eq!(router.bring(&chunk), Verdict::Ok));
    assert_eq!(bucket::keys(&moto).len(), 2);
    assert_arrived(&moto, records);
}

#[test]
fn a_bucket_that_does_not_exist_means_retry_until_it_does() {
    let Some(moto) = Moto::start() else { return };
    let router = router(&moto, &[("s3.upload_timeout", "0")]);
    let chunk = chunk_of(&[line("web", "stdout", "hello")]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    bucket::create(&moto);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(bucket::lines(&moto).len(), 1);
}

fn router(moto: &Moto, keys: &[(&str, &str)]) -> Router {
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    let usual = [
        ("route.default", "s3"),
        ("s3.region", "us-east-1"),
        ("s3.endpoint", endpoint.as_str()),
        ("s3.path_style", "on"),
        ("s3.bucket", bucket::NAME),
        ("s3.key", "logs/$(container_name)/$(uuid).json"),
        ("s3.compress", "none"),
        ("flush_timeout", "30s"),
        ("exit_timeout", "30s"),
    ];
    Router::with(usual.iter().chain(keys))
}

fn records() -> Vec<Value> {
    let texts = ["quotes \" and \\", "grüße 日本語 👩‍👩‍👧", "two\nlines", "", " "].map(str::to_owned);
    let texts = texts.into_iter().chain((0..1_195).map(|number| format!("n{number}")));
    texts.map(|text| line("web", "stderr", &text)).collect()
}

fn chunk_of(records: &[Value]) -> Chunk {
    records.iter().fold(Chunk::new(), |chunk, record| chunk.with(1_795_000_000_125, record))
}

#[track_caller]
fn assert_arrived(moto: &Moto, records: Vec<Value>) {
    let dated = |mut record: Value| {
        record["date"] = json!("2026-11-18T11:06:40.125Z");
        record.to_string()
    };
    let (mut arrived, mut expected) =
        (bucket::lines(moto), records.into_iter().map(dated).collect::<Vec<_>>());
    arrived.sort_unstable();
    expected.sort_unstable();
    assert_eq!(arrived.len(), expected.len());
    assert_eq!(arrived, expected);
}
