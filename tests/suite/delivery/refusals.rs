//! Records that the service will never take: counted, and no obstacle to the others.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault, Received};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms};
use test_support::this_test;

const DAY_MS: i64 = 24 * 3_600_000;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud
}

fn numbered(count: usize) -> Chunk {
    let now = now_ms();
    (0..count)
        .fold(Chunk::new(), |chunk, number| chunk.with(now, &line("web", "stdout", &format!("n{number}"))))
}

fn holds(put: &Received, message: &str) -> bool {
    put.json()["logEvents"]
        .as_array()
        .is_some_and(|events| events.iter().any(|event| event["message"] == message))
}

#[test]
fn events_that_are_too_old_or_too_new_are_counted_and_the_others_arrive() {
    let cloud = ready();
    let router = Router::to(&cloud, &[]);
    let now = now_ms();
    let times = [now - 20 * DAY_MS, now - 15 * DAY_MS, now, now + DAY_MS / 2];
    let chunk = times.iter().fold(Chunk::new(), |chunk, time| chunk.with(*time, &line("web", "stdout", "x")));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 1);
    assert_eq!(router.lost("cloudwatch", Reason::TooOld), 2);
    assert_eq!(router.lost("cloudwatch", Reason::TooNew), 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn events_older_than_the_retention_are_counted_as_expired() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("cloudwatch.retention_days", "1")]);
    let now = now_ms();
    let times = [now - 15 * DAY_MS, now - 2 * DAY_MS, now - 2 * DAY_MS, now];
    let chunk = times.iter().fold(Chunk::new(), |chunk, time| chunk.with(*time, &line("web", "stdout", "x")));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(
        (router.lost("cloudwatch", Reason::TooOld), router.lost("cloudwatch", Reason::Expired)),
        (1, 2)
    );
    router.assert_adds_up("cloudwatch");
}

#[test]
fn one_poisoned_record_is_singled_out_and_the_others_arrive() {
    let cloud = ready();
    cloud.script_where(
        Api::PutLogEvents,
        |put| holds(put, "n37"),
        Fault::aws(400, "InvalidParameterException"),
    );
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.bring(&numbered(100)), Verdict::Ok);
    let arrived = cloud.cloudwatch().messages(GROUP, "web");
    let expected: Vec<String> =
        (0..100).filter(|number| *number != 37).map(|number| format!("n{number}")).collect();
    assert_eq!(arrived, expected, "each once, in order");
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1);
    assert!(cloud.attempts(Api::PutLogEvents) <= 16, "halves, not one by one");
    router.assert_adds_up("cloudwatch");
}

#[test]
fn what_is_too_large_is_split_until_it_fits_and_one_event_alone_is_counted() {
    let cloud = ready();
    let too_large = |put: &Received| {
        put.json()["logEvents"].as_array().is_some_and(|events| events.len() > 3) || holds(put, "n5")
    };
    cloud.script_where(Api::PutLogEvents, too_large, Fault::reply(413).body("<html>too large</html>"));
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.bring(&numbered(20)), Verdict::Ok);
    let expected: Vec<String> =
        (0..20).filter(|number| *number != 5).map(|number| format!("n{number}")).collect();
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), expected, "each once, in order");
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_lost_record_is_an_error_in_the_log_that_says_how_many_and_why() {
    let test = this_test!("a_lost_record_is_an_error_in_the_log_that_says_how_many_and_why");
    let said = alone(test, || {
        let cloud = ready();
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(413));
        assert_eq!(Router::to(&cloud, &[]).bring(&numbered(1)), Verdict::Ok);
    });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("[error]")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    for part in ["1 records rejected: PutLogEvents answered 413", "not retried", "route.dead_letter"] {
        assert!(lines[0].contains(part), "{part}: {said}");
    }
}

#[test]
fn nothing_but_poison_ends_too() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::aws(400, "InvalidParameterException"));
    let router = Router::to(&cloud, &[]);
    assert_eq!(router.bring(&numbered(9)), Verdict::Ok);
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 9);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn a_replay_does_not_bring_poison_again() {
    let cloud = ready();
    cloud.script_where(
        Api::PutLogEvents,
        |put| holds(put, "n3"),
        Fault::aws(400, "InvalidParameterException"),
    );
    cloud.script_where(Api::PutLogEvents, |put| holds(put, "n7"), Fault::aws(400, "AccessDeniedException"));
    let router = Router::to(&cloud, &[]);
    let chunk = numbered(8);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    cloud.script_where(
        Api::PutLogEvents,
        |put| holds(put, "n3"),
        Fault::aws(400, "InvalidParameterException"),
    );
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1, "counted once");
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 7);
    router.assert_adds_up("cloudwatch");
}
