//! What happens at exit.

use std::time::{Duration, Instant};

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::line;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

fn wait_for_a_request(cloud: &Cloud) {
    let arrived = until(Duration::from_secs(60), || (cloud.attempts(Api::PutLogEvents) > 0).then_some(()));
    arrived.expect("a request on its way");
}

#[test]
fn what_is_under_way_at_exit_is_delivered() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::slow(Duration::from_millis(500))]);
    let router = Router::to(&cloud, &[]);
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| router.bring(&hello()));
        wait_for_a_request(&cloud);
        router.drain();
        assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["hello"]);
        assert_eq!(flush.join().unwrap(), Verdict::Ok);
    });
}

#[test]
fn a_flush_that_cannot_end_does_not_hold_up_the_exit() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::hang()]);
    let router = Router::to(&cloud, &[("exit_timeout", "500ms")]);
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| router.bring(&hello()));
        wait_for_a_request(&cloud);
        let start = Instant::now();
        router.drain();
        assert!(start.elapsed() < Duration::from_millis(4_500), "{:?}", start.elapsed());
        assert_eq!(flush.join().unwrap(), Verdict::Retry);
    });
}

#[test]
fn a_flush_after_the_exit_means_retry_and_asks_nobody() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    router.drain();
    router.drain();
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    assert_eq!(cloud.requests().len(), 0);
}
