//! Nothing is silent: what was read is what arrived, what was let go with a reason, and what was dropped on purpose.

use std::sync::atomic::Ordering::Relaxed;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms};

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

#[test]
fn every_record_is_accounted_for_whatever_happens_to_it() {
    let cloud = ready();
    let router = Router::to(&cloud, &[("route.other", "drop"), ("flush_timeout", "2s")]);
    let now = now_ms();
    let record = |log: &str| line("web", "stdout", log);
    let chunk = Chunk::new()
        .with(now - 30 * 24 * 3_600_000, &record("too old"))
        .with(now, &record("fine"))
        .with(now, &record(""))
        .with(now, &serde_json::json!({"message": "other"}))
        .with(now, &record("poison"))
        .with(now + 24 * 3_600_000, &record("too new"));
    cloud.script(Api::PutLogEvents, [Fault::throttled()]);
    let poisoned = |put: &fake_cloud::Received| put.text().contains("poison");
    cloud.script_where(Api::PutLogEvents, poisoned, Fault::aws(400, "InvalidParameterException"));
    router.bring_until_ok(&chunk, 5);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["fine"]);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_replay_is_not_counted_as_new_records() {
    let cloud = ready();
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let chunk = Chunk::now(&[line("web", "stdout", "hello"), line("web", "stdout", "")]);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    for _ in 0..2 {
        assert_eq!(router.bring(&chunk), Verdict::Retry);
    }
    cloud.clear_script();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(router.metrics().replayed_chunks.load(Relaxed), 2);
    assert_eq!(router.metrics().chunks.load(Relaxed), 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_record_that_is_cut_is_counted_once_however_often_it_is_replayed() {
    let cloud = ready();
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let chunk = Chunk::now(&[line("web", "stdout", &"x".repeat(1_100_000))]);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    assert_eq!(router.counters("cloudwatch").cut, 1);
}
